// How many players the paths of a tree ask.
#pragma once

#include "forest.hpp"

#include <algorithm>

namespace mxt {

// The same below a node whose path has asked `count` players, each as often as `asked` says.
inline int most_players(const Forest& forest, int node, std::vector<int>& asked, int count) {
    if (forest.leaf(node)) return count;
    const int now = count + (asked[forest.player[node]]++ == 0);
    const int most = std::max(most_players(forest, forest.left[node], asked, now),
                              most_players(forest, forest.right[node], asked, now));
    asked[forest.player[node]]--;
    return most;
}

// The most that one path of a tree asks.
inline int most_players(const Forest& forest, int root) {
    std::vector<int> asked(forest.players, 0);
    return most_players(forest, root, asked, 0);
}

}  // namespace mxt
