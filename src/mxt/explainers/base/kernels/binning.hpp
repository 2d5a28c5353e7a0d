// From the numbers of a table to codes: which of a column's split values a number lies between.
//
// What a library does to a number before it compares it is settled here, once a cell: rounding to float32,
// what counts as missing, which categories are known. From then on a test compares small integers.
#pragma once

#include "forest.hpp"

#include <optional>
#include <span>

namespace mxt {

enum class Missing : uint8_t { NAN_ONLY, ZERO_TOO, NOTHING };

struct Column {
    std::vector<double> edges;        // split values, ascending; or
    std::vector<int64_t> categories;  // category codes that some split names, ascending
    std::optional<std::vector<int64_t>> known;  // category codes that are not missing, ascending; or all
    bool categorical = false;
    Missing missing = Missing::NAN_ONLY;
};

struct Values {  // a column of a table
    const void* data;
    int64_t step;  // bytes between rows
    bool single;   // float32, not float64
};

class Binning {
  public:
    Binning(std::vector<Column> columns, bool single);
    int width() const { return width_; }
    size_t columns() const { return columns_.size(); }

    // The codes of `rows` rows into `codes`, `stride` apart for each column. Returns for each column how many
    // values are infinite.
    std::vector<int64_t> bin(std::span<const Values> values, int64_t rows, void* codes, int64_t stride,
                             int threads) const;

  private:
    std::vector<Column> columns_;
    bool single_;
    int width_;

    template <typename T>
    int64_t bin_column(const Column& column, const Values& values, int64_t first, int64_t last, T* codes) const;
};

}  // namespace mxt
