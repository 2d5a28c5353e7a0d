// Interactions along the trees' own paths, leaf by leaf, for eight rows at a time.
//
// With f_k and e_k = (b_k - r_k) / f_k as for the values, a leaf of value v adds half of the integral of
// v e_i e_j times the product of all f_k to each ordered pair of its players. The diagonal is what of a player's
// value its pairs leave over (Lundberg et al. 2020, doi:10.1038/s42256-019-0138-9, equations 15 and 16).
#include "gauss.hpp"
#include "masks.hpp"
#include "paths.hpp"
#include "vector.hpp"

#include <algorithm>

namespace mxt {
namespace MXT_ISA {
namespace {

constexpr int64_t CHUNK = 256;  // rows whose tests are answered at once

struct Asked {
    int player;
    double share;
    uint8_t passed;
};

class Walker {
  public:
    Walker(const Forest& forest, const std::vector<int>& test_of, const uint64_t* masks, int players)
        : forest_(forest), test_of_(test_of), masks_(masks), place_(players, -1) {}

    void start(int points, int64_t vector, double* phi) {
        points_ = points;
        vector_ = vector;
        phi_ = phi;
        nodes_.resize(points);
        weights_.resize(points);
        gauss_legendre(points, nodes_.data(), weights_.data());
    }

    void walk(int node) {
        if (forest_.leaf(node)) return leaf(forest_.value[node]);
        const auto* bytes = reinterpret_cast<const uint8_t*>(masks_ + test_of_[node] * (CHUNK / 64));
        const uint8_t left = bytes[vector_];
        const int player = forest_.player[node];
        const bool fresh = place_[player] < 0;
        if (fresh) {
            place_[player] = static_cast<int>(path_.size());
            path_.push_back({player, 1.0, 0xff});
        }
        const Asked before = path_[place_[player]];
        for (const bool right : {false, true}) {
            const int child = right ? forest_.right[node] : forest_.left[node];
            const auto taken = static_cast<uint8_t>(right ? ~left : left);
            path_[place_[player]] = {player, before.share * forest_.share[child],
                                     static_cast<uint8_t>(before.passed & taken)};
            walk(child);
        }
        path_[place_[player]] = before;
        if (fresh) {
            path_.pop_back();
            place_[player] = -1;
        }
    }

  private:
    const Forest& forest_;
    const std::vector<int>& test_of_;
    const uint64_t* masks_;
    std::vector<int> place_;
    std::vector<Asked> path_;
    std::vector<double> nodes_, weights_;
    int points_ = 1;
    int64_t vector_ = 0;
    double* phi_ = nullptr;

    void leaf(double value) {
        const int count = static_cast<int>(path_.size());
        if (count < 2) return;
        Aligned<double> effects(static_cast<size_t>(count) * points_ * LANES), products(points_ * LANES);
        for (int q = 0; q < points_; q++) {
            Vec product = all(0.5 * value * weights_[q]);
            const double t = nodes_[q];
            for (int k = 0; k < count; k++) {
                const double r = path_[k].share, passed = r * (1 - t) + t;
                const Mask m = mask(&path_[k].passed);
                product = mul(product, choose(m, all(passed), all(r * (1 - t))));
                store(effects.data + (k * points_ + q) * LANES, choose(m, all((1 - r) / passed), all(-1 / (1 - t))));
            }
            store(products.data + q * LANES, product);
        }
        for (int i = 0; i < count; i++)
            for (int j = 0; j < i; j++) {
                Vec sum = all(0.0);
                for (int q = 0; q < points_; q++)
                    sum = fma(mul(load(products.data + q * LANES), load(effects.data + (i * points_ + q) * LANES)),
                              load(effects.data + (j * points_ + q) * LANES), sum);
                const auto [low, high] = std::minmax(path_[i].player, path_[j].player);
                double* place = phi_ + (static_cast<int64_t>(high) * (high - 1) / 2 + low) * LANES;
                store(place, add(load(place), sum));
            }
    }
};

void number_tests(const Forest& forest, int node, std::vector<int>& test_of, std::vector<Test>& tests) {
    if (forest.leaf(node)) return;
    test_of[node] = static_cast<int>(tests.size());
    tests.push_back(forest.tests[node]);
    number_tests(forest, forest.left[node], test_of, tests);
    number_tests(forest, forest.right[node], test_of, tests);
}

}  // namespace

// Adds each pair's interaction to both of its columns, for rows from `first` on.
void evaluate_interactions(const Forest& forest, const Codes& codes, int64_t first, int64_t last, double* out,
                           int64_t stride) {
    const int players = forest.players;
    const int64_t pairs = static_cast<int64_t>(players) * (players - 1) / 2;
    std::vector<int> test_of(forest.left.size(), -1);
    Aligned<double> phi(pairs * CHUNK);
    for (int64_t start = first; start < last; start += CHUNK) {
        const int64_t rows = std::min(CHUNK, last - start);
        std::fill_n(phi.data, pairs * CHUNK, 0.0);
        for (const int32_t root : forest.roots) {
            std::vector<Test> tests;
            number_tests(forest, root, test_of, tests);
            std::vector<uint64_t> masks(tests.size() * (CHUNK / 64));
            make_masks(tests, forest.sets, codes, start, rows, masks.data(), CHUNK / 64);
            Walker walker(forest, test_of, masks.data(), players);
            const int points = std::max(1, most_players(forest, root) / 2);
            for (int64_t v = 0; v * LANES < rows; v++) {
                walker.start(points, v, phi.data + v * pairs * LANES);
                walker.walk(root);
            }
        }
        for (int high = 0; high < players; high++)
            for (int low = 0; low < high; low++)
                for (int64_t r = 0; r < rows; r++) {
                    const int64_t pair = static_cast<int64_t>(high) * (high - 1) / 2 + low;
                    const double value = phi.data[(r / LANES * pairs + pair) * LANES + r % LANES];
                    out[(static_cast<int64_t>(low) * players + high) * stride + start + r] += value;
                    out[(static_cast<int64_t>(high) * players + low) * stride + start + r] += value;
                }
    }
}

}  // namespace MXT_ISA
}  // namespace mxt
