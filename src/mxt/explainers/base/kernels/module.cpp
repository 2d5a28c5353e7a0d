// What Python sees: binning, and one class for the trees of one output.
#include "background.hpp"
#include "binning.hpp"
#include "parallel.hpp"
#include "predict.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>

#include <memory>
#include <optional>
#include <stdexcept>

namespace nb = nanobind;
using namespace nb::literals;

namespace mxt {
namespace {

template <typename T>
using Array = nb::ndarray<const T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Out = nb::ndarray<double, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using CodeArray = nb::ndarray<nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using ValueColumn = nb::ndarray<nb::ro, nb::ndim<1>, nb::device::cpu>;

constexpr int64_t PADDING = 64;  // codes that kernels may read past the last row
constexpr int64_t PART = 2048;   // most rows a thread takes at a time

template <typename T>
std::vector<T> vector(const Array<T>& array) {
    return {array.data(), array.data() + array.size()};
}

// Codes as Python made room for them: rows of the array are columns of the table, padded.
Codes view(const CodeArray& array, int64_t rows) {
    const int64_t stride = static_cast<int64_t>(array.shape(1));
    if (rows + PADDING > stride) throw std::invalid_argument("codes need 64 places after the last row");
    return {array.data(), stride, rows, static_cast<int>(array.itemsize())};
}

const Kernels& kernels(const std::string& name) {
    static const std::vector<Kernels> found = available_kernels();
    for (const Kernels& each : found)
        if (name.empty() || each.name == name) return each;
    throw std::invalid_argument("this machine has no vector unit " + name);
}

class Trees {  // of one output
  public:
    explicit Trees(Forest forest) : forest_(std::move(forest)) {}

    // Throws length_error where a path asks more players than the quadrature has points for.
    void plan(int threads) {
        const nb::gil_scoped_release release;
        quadrature_ = std::make_unique<Quadrature>(plan_quadrature(forest_, threads));
    }

    // Tables against the background that are kept hold `most_entries` numbers at most. `other` may be trees with
    // the same background that differ in their leaves alone.
    void set_background(const CodeArray& codes, int64_t rows, int64_t most_entries, int threads, const Trees* other) {
        const Codes given = view(codes, rows);
        background_owner_ = codes;
        const nb::gil_scoped_release release;
        const Background* shared = other ? other->background_.get() : nullptr;
        background_ = std::make_unique<Background>(kernels(""), forest_, given, shared, most_entries, threads);
    }

    // Adds values along the trees' own paths to `out`, of shape (players, rows).
    void add_values(const CodeArray& codes, int64_t rows, Out out, int threads, const std::string& unit) {
        const Codes given = view(codes, rows);
        const int64_t stride = check(out, rows, forest_.players);
        const Kernels& chosen = kernels(unit);
        if (!quadrature_) throw std::logic_error("values along paths need a plan");
        const nb::gil_scoped_release release;
        by_parts(given.rows, PART, threads, [&](int64_t first, int64_t last) {
            chosen.quadrature(*quadrature_, given, first, last, out.data(), stride);
        });
    }

    // Adds values against the background to `out`, of shape (players, rows).
    void add_background_values(const CodeArray& codes, int64_t rows, Out out, int threads, const std::string& unit) {
        const Codes given = view(codes, rows);
        const int64_t stride = check(out, rows, forest_.players);
        const Kernels& chosen = kernels(unit);
        const nb::gil_scoped_release release;
        background().add_values(chosen, given, threads, out.data(), stride);
    }

    // Adds interactions off the diagonal, along the trees' own paths, to `out`, of shape (players^2, rows).
    void add_interactions(const CodeArray& codes, int64_t rows, Out out, int threads, const std::string& unit) {
        const Codes given = view(codes, rows);
        const int64_t stride = check(out, rows, static_cast<int64_t>(forest_.players) * forest_.players);
        const Kernels& chosen = kernels(unit);
        const nb::gil_scoped_release release;
        by_parts(given.rows, PART, threads, [&](int64_t first, int64_t last) {
            chosen.interactions(forest_, given, first, last, out.data(), stride);
        });
    }

    // The same against the background.
    void add_background_interactions(const CodeArray& codes, int64_t rows, Out out, int threads,
                                     const std::string& unit) {
        const Codes given = view(codes, rows);
        const int64_t stride = check(out, rows, static_cast<int64_t>(forest_.players) * forest_.players);
        const Kernels& chosen = kernels(unit);
        const nb::gil_scoped_release release;
        background().add_interactions(chosen, given, threads, out.data(), stride);
    }

    // Adds values against the background through the logistic link, pair by pair, to `out` of shape (players, rows).
    void add_chances(const CodeArray& codes, int64_t rows, Out out, int threads, double base, const std::string& unit) {
        const Codes given = view(codes, rows);
        const int64_t stride = check(out, rows, forest_.players);
        const Kernels& chosen = kernels(unit);
        const nb::gil_scoped_release release;
        background().add_chances(chosen, given, base, threads, out.data(), stride);
    }

    // The sum of the leaves that each row reaches, into `out`, of shape (1, rows).
    void predict(const CodeArray& codes, int64_t rows, Out out, int threads) const {
        const Codes given = view(codes, rows);
        check(out, rows, 1);
        const nb::gil_scoped_release release;
        mxt::predict(forest_, given, threads, out.data());
    }

  private:
    Forest forest_;
    std::unique_ptr<Quadrature> quadrature_;
    std::unique_ptr<Background> background_;
    std::optional<CodeArray> background_owner_;

    Background& background() {
        if (!background_) throw std::logic_error("values against a background need one");
        return *background_;
    }

    static int64_t check(const Out& out, int64_t rows, int64_t columns) {
        if (static_cast<int64_t>(out.shape(0)) != columns || static_cast<int64_t>(out.shape(1)) != rows)
            throw std::invalid_argument("the output has another shape");
        return static_cast<int64_t>(out.shape(1));
    }
};

std::unique_ptr<Trees> make_trees(const Array<int32_t>& roots, const Array<int32_t>& left, const Array<int32_t>& right,
                                  const Array<int32_t>& column, const Array<int32_t>& player, const Array<int32_t>& cut,
                                  const Array<int32_t>& set, const Array<uint8_t>& missing_left,
                                  const Array<double>& share, const Array<double>& value,
                                  const std::vector<std::vector<int64_t>>& sets, int players) {
    Forest forest;
    forest.roots = vector(roots);
    forest.left = vector(left);
    forest.right = vector(right);
    forest.player = vector(player);
    forest.share = vector(share);
    forest.value = vector(value);
    forest.players = players;
    forest.tests.reserve(left.size());
    for (size_t i = 0; i < left.size(); i++)
        forest.tests.push_back({column.data()[i], cut.data()[i], set.data()[i], missing_left.data()[i] != 0});
    for (const std::vector<int64_t>& members : sets) {
        std::vector<uint64_t>& bits = forest.sets.emplace_back();
        for (const int64_t code : members) {
            bits.resize(std::max<size_t>(bits.size(), code / 64 + 1), 0);
            bits[code / 64] |= uint64_t{1} << code % 64;
        }
    }
    return std::make_unique<Trees>(std::move(forest));
}

// The codes of a table's columns into `codes`; how many values of each column are infinite.
std::vector<int64_t> bin(const Binning& binning, const std::vector<ValueColumn>& columns, int64_t rows,
                         CodeArray codes, int threads) {
    if (columns.size() != binning.columns() || codes.shape(0) != binning.columns())
        throw std::invalid_argument("the table has another number of columns");
    view(codes, rows);
    std::vector<Values> values;
    for (const ValueColumn& column : columns) {
        const bool single = column.dtype() == nb::dtype<float>();
        if (!single && column.dtype() != nb::dtype<double>()) throw std::invalid_argument("columns must be floats");
        if (static_cast<int64_t>(column.shape(0)) < rows) throw std::invalid_argument("a column is too short");
        values.push_back({column.data(), column.stride(0) * static_cast<int64_t>(column.itemsize()), single});
    }
    const nb::gil_scoped_release release;
    return binning.bin(values, rows, codes.data(), static_cast<int64_t>(codes.shape(1)), threads);
}

}  // namespace
}  // namespace mxt

NB_MODULE(_kernels, m) {
    using namespace mxt;
    nb::enum_<Missing>(m, "Missing")
        .value("NAN_ONLY", Missing::NAN_ONLY)
        .value("ZERO_TOO", Missing::ZERO_TOO)
        .value("NOTHING", Missing::NOTHING);
    nb::class_<Column>(m, "Column")
        .def("__init__",
             [](Column* self, std::vector<double> edges, std::vector<int64_t> categories,
                std::optional<std::vector<int64_t>> known, bool categorical, Missing missing) {
                 new (self) Column{std::move(edges), std::move(categories), std::move(known), categorical, missing};
             },
             "edges"_a, "categories"_a, "known"_a.none(), "categorical"_a, "missing"_a);
    nb::class_<Binning>(m, "Binning")
        .def(nb::init<std::vector<Column>, bool>(), "columns"_a, "single"_a)
        .def_prop_ro("width", &Binning::width)
        .def("bin", &bin, "columns"_a, "rows"_a, "codes"_a, "threads"_a);
    nb::class_<Trees>(m, "Trees")
        .def(nb::new_(&make_trees), "roots"_a, "left"_a, "right"_a, "column"_a, "player"_a, "cut"_a, "set"_a,
             "missing_left"_a, "share"_a, "value"_a, "sets"_a, "players"_a)
        .def("plan", &Trees::plan, "threads"_a)
        .def("set_background", &Trees::set_background, "codes"_a, "rows"_a, "most_entries"_a, "threads"_a,
             "other"_a.none() = nb::none())
        .def("add_values", &Trees::add_values, "codes"_a, "rows"_a, "out"_a, "threads"_a, "unit"_a = "")
        .def("add_background_values", &Trees::add_background_values, "codes"_a, "rows"_a, "out"_a, "threads"_a,
             "unit"_a = "")
        .def("add_interactions", &Trees::add_interactions, "codes"_a, "rows"_a, "out"_a, "threads"_a, "unit"_a = "")
        .def("add_background_interactions", &Trees::add_background_interactions, "codes"_a, "rows"_a, "out"_a,
             "threads"_a, "unit"_a = "")
        .def("add_chances", &Trees::add_chances, "codes"_a, "rows"_a, "out"_a, "threads"_a, "base"_a, "unit"_a = "")
        .def("predict", &Trees::predict, "codes"_a, "rows"_a, "out"_a, "threads"_a);
    m.def("vector_units", [] {
        std::vector<std::string> names;
        for (const Kernels& each : available_kernels()) names.push_back(each.name);
        return names;
    });
}
