#include "trail.hpp"

#include <algorithm>

namespace mxt {
namespace {

constexpr int32_t BOTH = 1 << 30;  // masks of two are numbered from here until the number of tests is known

class Maker {
  public:
    explicit Maker(const Forest& forest)
        : forest_(forest), on_path_(forest.players, -1), in_tree_(forest.players, -1) {}

    Trail make(int32_t root) {
        trail_.branches.push_back({root, 0, -1, -1, -1, -1, 0, false, false});
        walk(0, 0);
        const auto tests = static_cast<int32_t>(trail_.tests.size());
        const auto settle = [&](int32_t& mask) { mask = mask >= BOTH ? mask - BOTH + tests : mask; };
        for (Branch& branch : trail_.branches) settle(branch.mask);
        for (Both& both : trail_.both) settle(both.first);
        return std::move(trail_);
    }

  private:
    const Forest& forest_;
    Trail trail_;
    std::vector<int32_t> on_path_;  // for each player the last branch that asked it, or -1
    std::vector<int32_t> in_tree_;  // and its place among those of the tree, or -1

    void walk(int32_t branch, int level) {
        const int32_t node = trail_.branches[branch].node;
        trail_.levels = std::max(trail_.levels, level);
        trail_.most_asked = std::max(trail_.most_asked, static_cast<int>(trail_.branches[branch].asked));
        if (!forest_.leaf(node)) {
            trail_.branches[branch].test = static_cast<int32_t>(trail_.tests.size());
            trail_.tests.push_back(forest_.tests[node]);
            for (const bool right : {false, true}) take(branch, right, level);
        }
        trail_.branches[branch].next = static_cast<int32_t>(trail_.branches.size());
    }

    void take(int32_t from, bool right, int level) {
        const Branch parent = trail_.branches[from];
        const int32_t player = forest_.player[parent.node], before = on_path_[player];
        if (in_tree_[player] < 0) {
            in_tree_[player] = static_cast<int32_t>(trail_.players.size());
            trail_.players.push_back(player);
        }
        const int32_t number = static_cast<int32_t>(trail_.branches.size());
        Branch branch{right ? forest_.right[parent.node] : forest_.left[parent.node],
                  0, -1, parent.test, parent.asked, in_tree_[player], parent.asked + 1, right, true};
        if (before >= 0) {
            const Branch& asked = trail_.branches[before];
            branch.mask = BOTH + static_cast<int32_t>(trail_.both.size());
            branch.slot = asked.slot;
            branch.asked = parent.asked;
            branch.inverted = branch.fresh = false;
            trail_.both.push_back({asked.mask, parent.test, asked.inverted, right});
        }
        trail_.branches.push_back(branch);
        on_path_[player] = number;
        walk(number, level + 1);
        on_path_[player] = before;
    }
};

}  // namespace

Trail make_trail(const Forest& forest, int32_t root) { return Maker(forest).make(root); }

}  // namespace mxt
