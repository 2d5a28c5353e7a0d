#include "predict.hpp"

#include "parallel.hpp"

#include <algorithm>

namespace mxt {
namespace {

constexpr int64_t ROWS = 64;  // that a thread takes at a time

template <typename T>
bool goes_left(const Forest& forest, int node, const T* row, int64_t stride) {
    const Test& test = forest.tests[node];
    const T code = row[test.column * stride];
    if (code == static_cast<T>(~T{0})) return test.missing_left;
    if (test.set < 0) return code <= static_cast<T>(test.cut);
    const std::vector<uint64_t>& set = forest.sets[test.set];
    return code / 64 < set.size() && (set[code / 64] >> code % 64 & 1);
}

template <typename T>
double leaf_value(const Forest& forest, int node, const T* row, int64_t stride) {
    while (!forest.leaf(node)) node = goes_left(forest, node, row, stride) ? forest.left[node] : forest.right[node];
    return forest.value[node];
}

template <typename T>
void predict_codes(const Forest& forest, const Codes& codes, int threads, double* out) {
    const T* rows = static_cast<const T*>(codes.data);
    parallel((codes.rows + ROWS - 1) / ROWS, threads, [&](int64_t part) {
        for (int64_t r = part * ROWS; r < std::min(codes.rows, (part + 1) * ROWS); r++) {
            double sum = 0;
            for (const int32_t root : forest.roots) sum += leaf_value(forest, root, rows + r, codes.stride);
            out[r] = sum;
        }
    });
}

}  // namespace

void predict(const Forest& forest, const Codes& codes, int threads, double* out) {
    if (codes.width == 1) return predict_codes<uint8_t>(forest, codes, threads, out);
    if (codes.width == 2) return predict_codes<uint16_t>(forest, codes, threads, out);
    predict_codes<uint32_t>(forest, codes, threads, out);
}

}  // namespace mxt
