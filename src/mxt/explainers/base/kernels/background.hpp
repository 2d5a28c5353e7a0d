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
// What eight trees give is summed in whole numbers, multiples of a power of two that is far below what doubles tell
// apart. Such sums are the same in any order, so both engines give the same bits, and which of them works where is
// a matter of cost alone.
#pragma once

#include "kernels.hpp"

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

namespace mxt {

class Background {
  public:
    // Keeps tables of `most_entries` numbers at most, and an eighth of that of the background's answers to tests.
    // What `other` has on the same trees, against the same rows, is shared: forests that differ in leaves alone.
    Background(const Kernels& kernels, const Forest& forest, const Codes& rows, const Background* other,
               int64_t most_entries, int threads);

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

        const uint64_t* kept() const { return answers.empty() ? nullptr : answers.data(); }
    };
    struct Tree {
        std::shared_ptr<const Shape> shape;
        std::vector<int32_t> columns;  // for each player of the tree, its place among those of the group
        double largest = 0;            // value of a leaf, by size

        const Trail& trail() const { return shape->trail; }
    };
    struct Group {  // of trees, whose values are summed before they become doubles
        std::vector<Tree> trees;
        std::vector<int32_t> players;
        int exponent = 0;  // of the power of two that values are multiplied by
    };
    struct Way {  // to explain many rows by one tree
        std::shared_ptr<const Cut> cut;        // null if all is left to the walk
        std::shared_ptr<const Tables> tables;  // null if they are not kept
    };
    using Ways = std::vector<Way>;  // a group after the other
    using Cuts = std::vector<std::shared_ptr<const Cut>>;

    const Forest& forest_;
    Codes rows_;
    std::vector<Group> groups_;
    std::vector<std::pair<const Group*, const Tree*>> trees_;
    int64_t most_players_ = 1;  // of a group
    Weights weights_{1};
    int64_t most_entries_;
    int64_t seen_ = 0;              // rows explained so far
    Ways kept_;                     // made once there are rows enough for tables
    bool all_ = false;              // whether there is room for all tables that many rows would pay for
    std::map<int64_t, Cuts> cuts_;  // by how many rows share what it costs to fill tables
    std::mutex guard_;              // of the four above

    void make_groups(const Kernels& kernels, const Background* other, int64_t most_words, int threads);
    std::shared_ptr<const Shape> make_shape(const Kernels& kernels, int32_t root, int64_t most_words,
                                            std::atomic<int64_t>& held) const;
    std::vector<uint64_t> answers(const Kernels& kernels, const Trail& trail, int64_t rows) const;
    Cuts cut_trees(const Kernels& kernels, int64_t rows, double price, int threads) const;
    void choose_kept(const Kernels& kernels, int threads);
    void fill_kept(const Kernels& kernels, int threads);
    Ways prepare(const Kernels& kernels, int64_t rows, int64_t part, int threads);
    Walk walk(const Group& group, const Tree& tree, const Cut* cut, const double* slopes) const;
    void add_tree(const Kernels& kernels, const Group& group, const Tree& tree, const Way& way, const Codes& codes,
                  int64_t first, int64_t last, int64_t* phi, int64_t stride) const;
};

}  // namespace mxt
