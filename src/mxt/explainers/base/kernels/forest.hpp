// One output of a tree ensemble whose splits are settled on codes, as flat arrays.
#pragma once

#include <cstdint>
#include <cstddef>
#include <memory>
#include <new>
#include <utility>
#include <vector>

namespace mxt {

// What a node asks of the code in its column. A set is a bit for each code; the highest code is "missing".
struct Test {
    int32_t column;
    int32_t cut;  // goes left if code <= cut, when set < 0
    int32_t set;  // goes left if the code's bit is set, when set >= 0
    bool missing_left;
};

using Sets = std::vector<std::vector<uint64_t>>;

struct Forest {
    std::vector<int32_t> roots, left, right, player;
    std::vector<Test> tests;    // one a node; unused at leaves
    std::vector<double> share;  // training weight of a node, as a share of its parent's
    std::vector<double> value;  // at leaves
    Sets sets;
    int players = 0;

    bool leaf(int32_t node) const { return left[node] < 0; }
};

// Rows that pass one mask and another, or fail it.
struct Both {
    int32_t first, second;
    bool first_inverted, second_inverted;
};

// Codes of all rows, a row of the array for each column; the type is the smallest that holds every code.
struct Codes {
    const void* data;
    int64_t stride;  // rows between columns
    int64_t rows;
    int width;  // bytes of a code: 1, 2 or 4
};

// Memory on a boundary of 64 bytes, as vector loads and stores need it.
template <typename T>
struct Aligned {
    T* data = nullptr;
    size_t size = 0;
    explicit Aligned(size_t count)
        : data(static_cast<T*>(::operator new(sizeof(T) * (count + 1), std::align_val_t{64}))), size(count) {}
    Aligned(const Aligned&) = delete;
    Aligned& operator=(const Aligned&) = delete;
    Aligned& operator=(Aligned&& other) noexcept {
        std::swap(data, other.data);
        std::swap(size, other.size);
        return *this;
    }
    Aligned(Aligned&& other) noexcept : data(other.data), size(other.size) { other.data = nullptr; }
    ~Aligned() {
        if (data) ::operator delete(data, std::align_val_t{64});
    }
};

}  // namespace mxt
