// What Python sees: the digests of a batch's rows.
#include "arrow.hpp"
#include "cells.hpp"
#include "sha256.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

namespace nb = nanobind;
using namespace nb::literals;

namespace mxt {
namespace {

using Out = nb::ndarray<uint8_t, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

constexpr int64_t PART = 64;  // rows whose bytes are held at a time; even

template <typename T>
const T& pointed(const nb::capsule& capsule, const char* name) {
    const void* const found = PyCapsule_GetPointer(capsule.ptr(), name);
    if (!found) throw nb::python_error();
    return *static_cast<const T*>(found);
}

Compress compress_of(const std::string& name) {
    static const std::vector<Unit> units = available_units();
    for (const Unit& unit : units)
        if (name.empty() || unit.name == name) return unit.compress;
    throw std::invalid_argument("this machine has no unit " + name);
}

class Rows {  // the bytes of some rows, one row behind the other
  public:
    void fill(const std::vector<Cells>& columns, int64_t first, int64_t count) {
        std::fill_n(room_, PART, LEAST_PADDING + BLOCK_BYTES);
        for (const Cells& cells : columns) cells.add_room(first, count, room_);
        size_t total = 0;
        for (int64_t k = 0; k < count; ++k) total += room_[k];
        if (bytes_.size() < total) bytes_.resize(total);
        uint8_t* next = bytes_.data();
        for (int64_t k = 0; k < count; next += room_[k++]) from_[k] = end_[k] = next;
        for (const Cells& cells : columns) cells.write(first, count, end_);
    }

    void digest(Compress compress, int64_t count, uint8_t* out) {
        for (int64_t k = 0; k < count; k += 2) {
            const bool two = k + 1 < count;
            State one = START, other = START;
            const size_t blocks = padded(k), others = two ? padded(k + 1) : 0;
            compress(one, from_[k], blocks, other, two ? from_[k + 1] : nullptr, others);
            write_digest(one, out + k * DIGEST_BYTES);
            if (two) write_digest(other, out + (k + 1) * DIGEST_BYTES);
        }
    }

  private:
    size_t padded(int64_t k) { return pad(from_[k], static_cast<size_t>(end_[k] - from_[k])); }

    std::vector<uint8_t> bytes_;
    size_t room_[PART];
    uint8_t* from_[PART];
    uint8_t* end_[PART];
};

// The capsules own what they point to; this reads it while they live.
void digests(const nb::capsule& schema_capsule, const nb::capsule& array_capsule, const Out& out,
             const std::string& unit) {
    const auto& schema = pointed<ArrowSchema>(schema_capsule, "arrow_schema");
    const auto& array = pointed<ArrowArray>(array_capsule, "arrow_array");
    if (static_cast<int64_t>(out.shape(0)) != array.length || out.shape(1) != DIGEST_BYTES)
        throw std::invalid_argument("room for 32 bytes a row is needed");
    const Compress compress = compress_of(unit);
    const nb::gil_scoped_release release;
    std::vector<Cells> columns;
    for (int64_t k = 0; k < array.n_children; ++k)
        columns.emplace_back(*schema.children[k], *array.children[k], array.offset);
    Rows rows;
    for (int64_t first = 0; first < array.length; first += PART) {
        const int64_t count = std::min(PART, array.length - first);
        rows.fill(columns, first, count);
        rows.digest(compress, count, out.data() + first * static_cast<int64_t>(DIGEST_BYTES));
    }
}

std::vector<std::string> units() {
    std::vector<std::string> names;
    for (const Unit& unit : available_units()) names.push_back(unit.name);
    return names;
}

nb::bytes sha256(const nb::bytes& message, const std::string& unit) {
    std::vector<uint8_t> padded(message.size() + LEAST_PADDING + BLOCK_BYTES);
    std::copy_n(message.c_str(), message.size(), padded.data());
    const size_t blocks = pad(padded.data(), message.size());
    State state = START, none = START;
    compress_of(unit)(state, padded.data(), blocks, none, nullptr, 0);
    uint8_t found[DIGEST_BYTES];
    write_digest(state, found);
    return nb::bytes(found, DIGEST_BYTES);
}

}  // namespace
}  // namespace mxt

NB_MODULE(_rows, m) {
    m.def("digests", &mxt::digests, "schema"_a, "array"_a, "out"_a, "unit"_a = "",
          "Write the SHA-256 of each row's canonical bytes to `out`, shape (rows, 32). The batch comes as "
          "the capsules of the Arrow C data interface, its columns in the order of their names.");
    m.def("units", &mxt::units, "What this machine can compute SHA-256 with, the best first.");
    m.def("sha256", &mxt::sha256, "message"_a, "unit"_a = "", "The digest of one message.");
}
