// The canonical bytes of the cells of a column, as mxt.datasets.fingerprint defines them.
#pragma once

#include "arrow.hpp"

#include <cstddef>
#include <cstdint>

namespace mxt {

class Cells {  // of one column; a view of the array
  public:
    // Throws invalid_argument for a type without canonical bytes. Rows of a struct start at its own offset.
    Cells(const ArrowSchema& schema, const ArrowArray& array, int64_t offset);

    // Adds to each row's room the most bytes that its cell may take.
    void add_room(int64_t first, int64_t count, size_t* room) const;

    // Writes each row's cell where it points to, and moves that behind it.
    void write(int64_t first, int64_t count, uint8_t** at) const;

  private:
    enum class Kind {
        Null, Bool,
        Int8, Int16, Int32, Int64, UInt8, UInt16, UInt32, UInt64,
        Float, Double, Time,
        Text, LargeText, Bytes, LargeBytes
    };

    static Kind kind_of(const char* format);

    template <typename T>
    const T* values() const {
        return static_cast<const T*>(values_);
    }

    bool missing(int64_t row) const { return present_ && !(present_[row >> 3] >> (row & 7) & 1); }

    template <typename Content>
    void each(char tag, int64_t first, int64_t count, uint8_t** at, Content content) const;
    template <typename T>
    void write_numbers(char tag, int64_t first, int64_t count, uint8_t** at) const;
    template <typename T>
    void write_doubles(int64_t first, int64_t count, uint8_t** at) const;
    template <typename Offset>
    void write_contents(char tag, int64_t first, int64_t count, uint8_t** at) const;
    template <typename Offset>
    void add_contents(int64_t first, int64_t count, size_t* room) const;

    Kind kind_;
    int64_t offset_;
    const uint8_t* present_ = nullptr;
    const void* values_ = nullptr;  // of contents, their offsets
    const uint8_t* contents_ = nullptr;
};

}  // namespace mxt
