// Shapley values against a background: what a row gets is the mean over the background's rows of what it gets
// against each.
//
// Against one row z of the background, a leaf of value v counts where each player of its path is passed by the
// explained row or by z. Of the w players that the explained row fails and the u that z fails, each of the u gets
// v (u - 1)! w! / (u + w)!, and each of the w loses v u! (w - 1)! / (u + w)! (Lundberg et al. 2020,
// doi:10.1038/s42256-019-0138-9, algorithm 3). At a leaf, w depends on the explained row alone and u on z alone, so
// all that must be found is which z are left. Two engines do it:
//
// - The walk (walk_kernel.cpp) goes down a tree with 64 rows at once, each with the set of background rows that are
//   left for it, as bits, and leaves out what no pair of rows reaches. It needs no preparation.
// - Tables (tables_kernel.cpp) hold, for a small subtree, what each pattern of passed tests gets. They take time to
//   fill, and hardly any to look up.
//
// What a tree gives is summed in whole numbers, multiples of a power of two that is far below what doubles tell
// apart. Such sums are the same in any order, so both engines give the same bits, and which of them works where is
// a matter of cost alone.
#pragma once

#include "kernels.hpp"

#include <memory>
#include <mutex>

namespace mxt {

class Background {
  public:
    // Keeps tables of `most_entries` numbers at most, and an eighth of that of the background's answers to tests.
    // What `other` has on the same trees, against the same rows, is shared: forests that differ in leaves alone.
    Background(const Forest& forest, const Codes& rows, const Background* other, int64_t most_entries, int threads);

    // Adds values to `out`, a column of `stride` rows for each player.
    void add_values(const Kernels& kernels, const Codes& codes, int threads, double* out, int64_t stride);

    // Adds each pair's interaction to both of its columns of `out`, one for each two players.
    void add_interactions(const Kernels& kernels, const Codes& codes, int threads, double* out, int64_t stride) const;

    // Adds values in which each pair of rows counts by the logistic's slope between its scores; `base` is the score
    // before any tree.
    void add_chances(const Kernels& kernels, const Codes& codes, double base, int threads, double* out,
                     int64_t stride) const;

  private:
    struct Shape {
        Trail trail;
        std::vector<uint64_t> answers;  // of the background to the trail's masks, if kept
    };
    struct Tree {
        std::shared_ptr<const Shape> shape;
        double largest = 0;  // value of a leaf, by size
        int exponent = 0;    // of the power of two that values are multiplied by

        const Trail& trail() const { return shape->trail; }
    };
    struct Prepared {  // for one tree; what is there once is not changed again
        std::shared_ptr<const Cut> cut;        // for many rows; made once there are enough for tables
        std::shared_ptr<const Tables> tables;  // if kept
        bool all = false;                      // whether there is room for all tables that many rows would pay for
    };

    const Forest& forest_;
    Codes rows_;
    std::vector<Tree> trees_;
    int64_t most_players_ = 1;  // that a tree asks
    Weights weights_{1};
    int64_t most_entries_;
    int64_t seen_ = 0;  // rows explained so far
    bool cut_ = false;  // whether it was chosen which tables are to be kept
    std::vector<Prepared> prepared_;
    std::mutex guard_;  // of the three above

    void cut_trees(int threads);
    std::vector<Prepared> prepare(const Kernels& kernels, int64_t rows, int threads);
    void make_shapes(const Background* other, int64_t most_words, int threads);
    Walk walk(const Tree& tree, const uint8_t* walked, const double* slopes, bool rounded) const;
    void add_tree(const Kernels& kernels, const Tree& tree, const Prepared& prepared, const Codes& codes,
                  int64_t first, int64_t last, int64_t* phi, int64_t stride) const;
    void add_walked(const Kernels& kernels, const Tree& tree, const Cut* cut, const Codes& codes, int64_t first,
                    int64_t last, int64_t* phi, int64_t stride) const;
};

}  // namespace mxt
