// A tree as the branches of a walk from the root down, each with what its path has asked so far.
#pragma once

#include "forest.hpp"

namespace mxt {

struct Branch {
    int32_t node;    // of the forest
    int32_t next;    // the first branch that is not below this one
    int32_t test;    // what the branch itself asks; -1 at leaves
    int32_t mask;    // says of each row whether it passes all that the path asked this player: a test, or one of both
    int32_t slot;    // the player's place among those of the path
    int32_t player;  // and among those of the tree
    int32_t asked;   // players on the path
    bool inverted;   // a row passes where the mask's bit is clear
    bool fresh;      // the path did not ask the player before
};

struct Trail {
    std::vector<Test> tests;
    std::vector<Both> both;
    std::vector<Branch> branches;       // the left before the right; nobody was asked before the first
    std::vector<int32_t> players;  // that the tree asks
    int most_asked = 0;            // on a path
    int levels = 0;

    bool leaf(int32_t branch) const { return branches[branch].test < 0; }
    int32_t left(int32_t branch) const { return branch + 1; }
    int32_t right(int32_t branch) const { return branches[branch + 1].next; }
    size_t masks() const { return tests.size() + both.size(); }
};

Trail make_trail(const Forest& forest, int32_t root);

}  // namespace mxt
