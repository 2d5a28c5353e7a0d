#include "binning.hpp"

#include "parallel.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mxt {
namespace {

constexpr int64_t ROWS = 1024;      // of a column, binned at a time; the other columns of these rows follow
constexpr double TINY = 1e-35f;     // what LightGBM takes for zero
constexpr double LARGEST = 9e15;  // category code that a double still tells from its neighbours

// How many of the values are below x, without a branch that depends on x.
int64_t below(const std::vector<double>& values, double x) {
    const double* start = values.data();
    for (size_t length = values.size(); length > 0;) {
        const size_t half = length / 2;
        const bool further = start[half] < x;
        start = further ? start + half + 1 : start;
        length = further ? length - half - 1 : half;
    }
    return start - values.data();
}

bool holds(const std::vector<int64_t>& sorted, int64_t value) {
    return std::binary_search(sorted.begin(), sorted.end(), value);
}

}  // namespace

Binning::Binning(std::vector<Column> columns, bool single) : columns_(std::move(columns)), single_(single) {
    size_t most = 0;
    for (const Column& column : columns_) most = std::max({most, column.edges.size(), column.categories.size()});
    width_ = most < 0xff ? 1 : most < 0xffff ? 2 : 4;
}

template <typename T>
int64_t Binning::bin_column(const Column& column, const Values& values, int64_t first, int64_t last,
                            T* codes) const {
    constexpr T missing = std::numeric_limits<T>::max();
    int64_t infinite = 0;
    for (int64_t r = first; r < last; r++) {
        const char* cell = static_cast<const char*>(values.data) + r * values.step;
        double x = values.single ? *reinterpret_cast<const float*>(cell) : *reinterpret_cast<const double*>(cell);
        if (single_) x = static_cast<float>(x);
        infinite += std::isinf(x);
        if (std::isnan(x) && column.missing == Missing::NOTHING && !column.categorical) x = 0;
        if (std::isnan(x) || (column.missing == Missing::ZERO_TOO && std::fabs(x) <= TINY)) {
            codes[r] = missing;
        } else if (!column.categorical) {
            codes[r] = static_cast<T>(below(column.edges, x));
        } else {
            const int64_t code = std::fabs(x) < LARGEST ? static_cast<int64_t>(x) : -1;
            const auto found = std::lower_bound(column.categories.begin(), column.categories.end(), code);
            const bool named = found != column.categories.end() && *found == code;
            codes[r] = static_cast<T>(named ? found - column.categories.begin() : column.categories.size());
            if (column.known && !holds(*column.known, code)) codes[r] = missing;
        }
    }
    return infinite;
}

std::vector<int64_t> Binning::bin(std::span<const Values> values, int64_t rows, void* codes, int64_t stride,
                                  int threads) const {
    const int64_t parts = (rows + ROWS - 1) / ROWS, columns = static_cast<int64_t>(columns_.size());
    std::vector<int64_t> infinite(parts * columns, 0), sums(columns, 0);
    parallel(parts * columns, threads, [&](int64_t i) {
        const int64_t column = i % columns, first = i / columns * ROWS, last = std::min(rows, first + ROWS);
        const auto run = [&](auto code) {
            using T = decltype(code);
            return bin_column(columns_[column], values[column], first, last, static_cast<T*>(codes) + column * stride);
        };
        infinite[i] = width_ == 1 ? run(uint8_t{}) : width_ == 2 ? run(uint16_t{}) : run(uint32_t{});
    });
    for (int64_t i = 0; i < parts * columns; i++) sums[i % columns] += infinite[i];
    return sums;
}

}  // namespace mxt
