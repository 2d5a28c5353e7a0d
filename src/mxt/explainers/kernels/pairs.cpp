#include "pairs.hpp"

#include "parallel.hpp"
#include "paths.hpp"

#include <algorithm>
#include <cmath>

namespace mxt {
namespace {

constexpr int64_t ROWS = 64;  // explained by a thread at a time

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

// a! b! / (a + b + 1)!, for a + b up to the number of players.
class Weights {
  public:
    explicit Weights(int players) : size_(players + 1), weights_(size_ * size_, 0.0) {
        for (size_t a = 0; a < size_; a++)
            for (size_t b = 0; a + b < size_; b++)
                weights_[a * size_ + b] = a ? weights_[(a - 1) * size_ + b] * static_cast<double>(a) / static_cast<double>(a + b + 1)
                                            : 1.0 / static_cast<double>(b + 1);
    }
    double operator()(size_t a, size_t b) const { return weights_[a * size_ + b]; }

  private:
    size_t size_;
    std::vector<double> weights_;
};

// One row against one row of the background.
template <typename T>
class Pair {
  public:
    Pair(const Forest& forest, const Weights& weights, bool interactions)
        : forest_(forest), weights_(weights), interactions_(interactions), side_(forest.players, 0),
          values(static_cast<size_t>(forest.players) * (interactions ? forest.players : 1), 0.0) {}

  private:
    const Forest& forest_;
    const Weights& weights_;
    bool interactions_;
    std::vector<int8_t> side_;  // 1 where the player must be present, -1 where absent
    std::vector<int> present_, absent_;
    const T *x_ = nullptr, *z_ = nullptr;
    int64_t x_stride_ = 0, z_stride_ = 0;

    struct Sums {
        double present, absent;  // what each player on that side of the path is owed
    };

    Sums leaf(double value) {
        const size_t a = present_.size(), b = absent_.size();
        if (interactions_) add_interactions(value);
        return {a ? value * weights_(a - 1, b) : 0, b ? value * weights_(a, b - 1) : 0};
    }

    void add_interactions(double value) {
        const size_t a = present_.size(), b = absent_.size();
        for (const auto& [first, sign] : {std::pair{&present_, 1}, std::pair{&absent_, -1}})
            for (const auto& [second, other] : {std::pair{&present_, 1}, std::pair{&absent_, -1}}) {
                const size_t less_a = (sign > 0) + (other > 0), less_b = 2 - less_a;
                if (a < less_a || b < less_b) continue;
                const double share = 0.5 * sign * other * value * weights_(a - less_a, b - less_b);
                for (const int i : *first)
                    for (const int j : *second)
                        if (i != j) values[static_cast<size_t>(i) * forest_.players + j] += share;
            }
    }

    Sums walk(int node) {
        if (forest_.leaf(node)) return leaf(forest_.value[node]);
        const int player = forest_.player[node];
        const int8_t side = side_[player];
        const auto x_child = [&] { return goes_left(forest_, node, x_, x_stride_) ? forest_.left[node] : forest_.right[node]; };
        const auto z_child = [&] { return goes_left(forest_, node, z_, z_stride_) ? forest_.left[node] : forest_.right[node]; };
        if (side > 0) return walk(x_child());
        if (side < 0) return walk(z_child());
        const int with = x_child(), without = z_child();
        if (with == without) return walk(with);
        side_[player] = 1;
        present_.push_back(player);
        const Sums one = walk(with);
        present_.pop_back();
        side_[player] = -1;
        absent_.push_back(player);
        const Sums other = walk(without);
        absent_.pop_back();
        side_[player] = 0;
        values[static_cast<size_t>(player) * (interactions_ ? forest_.players + 1 : 1)] += one.present - other.absent;
        return {one.present + other.present, one.absent + other.absent};
    }

  public:
    std::vector<double> values;

    void explain(int root, const T* x, int64_t x_stride, const T* z, int64_t z_stride) {
        x_ = x;
        z_ = z;
        x_stride_ = x_stride;
        z_stride_ = z_stride;
        walk(root);
    }
};

double logistic(double margin) { return 1 / (1 + std::exp(-margin)); }

// From a difference of margins to one of probabilities, along the line between them.
double logistic_slope(double one, double other) {
    const double chance = logistic(one);
    return std::fabs(one - other) < 1e-9 ? chance * (1 - chance) : (chance - logistic(other)) / (one - other);
}

template <typename T>
void pairs_of(const Forest& forest, const std::vector<int32_t>& trees, const Codes& codes, const Codes& background,
              Pairs options, int threads, double* out, int64_t stride) {
    const T *rows = static_cast<const T*>(codes.data), *known = static_cast<const T*>(background.data);
    int most = 0;
    for (const int32_t tree : trees) most = std::max(most, most_players(forest, forest.roots[tree]));
    const Weights weights(most);
    std::vector<double> margins(background.rows, options.base);
    for (int64_t z = 0; options.logistic && z < background.rows; z++)
        for (const int32_t tree : trees) margins[z] += leaf_value(forest, forest.roots[tree], known + z, background.stride);
    parallel((codes.rows + ROWS - 1) / ROWS, threads, [&](int64_t part) {
        Pair<T> pair(forest, weights, options.interactions);
        std::vector<double> sums(pair.values.size());
        for (int64_t r = part * ROWS; r < std::min(codes.rows, (part + 1) * ROWS); r++) {
            double margin = options.base;
            for (const int32_t tree : trees)
                if (options.logistic) margin += leaf_value(forest, forest.roots[tree], rows + r, codes.stride);
            std::fill(sums.begin(), sums.end(), 0.0);
            for (int64_t z = 0; z < background.rows; z++) {
                std::fill(pair.values.begin(), pair.values.end(), 0.0);
                for (const int32_t tree : trees)
                    pair.explain(forest.roots[tree], rows + r, codes.stride, known + z, background.stride);
                const double scale = options.logistic ? logistic_slope(margin, margins[z]) : 1;
                for (size_t i = 0; i < sums.size(); i++) sums[i] += scale * pair.values[i];
            }
            for (size_t i = 0; i < sums.size(); i++)
                out[i * stride + r] += sums[i] / static_cast<double>(background.rows);
        }
    });
}

template <typename F>
auto by_width(const Codes& codes, F work) {
    if (codes.width == 1) return work(uint8_t{});
    if (codes.width == 2) return work(uint16_t{});
    return work(uint32_t{});
}

}  // namespace

void evaluate_pairs(const Forest& forest, const std::vector<int32_t>& trees, const Codes& codes,
                    const Codes& background, Pairs options, int threads, double* out, int64_t stride) {
    by_width(codes, [&](auto code) {
        pairs_of<decltype(code)>(forest, trees, codes, background, options, threads, out, stride);
    });
}

void predict(const Forest& forest, const Codes& codes, int threads, double* out) {
    by_width(codes, [&](auto code) {
        using T = decltype(code);
        const T* rows = static_cast<const T*>(codes.data);
        parallel((codes.rows + ROWS - 1) / ROWS, threads, [&](int64_t part) {
            for (int64_t r = part * ROWS; r < std::min(codes.rows, (part + 1) * ROWS); r++) {
                double sum = 0;
                for (const int32_t root : forest.roots) sum += leaf_value(forest, root, rows + r, codes.stride);
                out[r] = sum;
            }
        });
    });
}

}  // namespace mxt
