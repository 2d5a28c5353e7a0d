// Shapley values against a background, by tables: the background's rows are counted once, so their number is nearly free.
//
// For one background row z, a leaf adds to player i what it adds with the path's shares r_j replaced by c_j, which
// says whether z passes all of j's tests; the value is the mean over the background. A unit is a subtree whose
// tests, with one bit for each player that the path has asked, make a pattern of a few bits. The histogram of
// the background's patterns is transformed, one player after the other, into what each pattern of an
// explained row gets: 2 d 2^d steps for each point and leaf of d players, in place of one step for each pair of
// rows (Yates's algorithm on the kernel b t + c (1 - t); values: Lundberg et al. 2020, algorithm 3).
#pragma once

#include "forest.hpp"

namespace mxt {

constexpr int TABLE_BITS = 8;         // units are made as large as this where they can be
constexpr int MOST_TABLE_BITS = 16;    // and may be as large as this where a path asks so many players
constexpr int64_t MOST_ENTRIES = 1 << 23;  // of one tree's tables
constexpr int64_t KEPT_ENTRIES = 1 << 26;  // of all trees' tables: more are made anew for each table explained

struct TableUnit {
    std::vector<int32_t> masks, players;
    int64_t tables;  // a table of 2^masks entries for each player
};

struct TableProgram {  // one tree
    std::vector<Test> tests;
    std::vector<Both> both;
    std::vector<TableUnit> units;
    std::vector<double> tables;
};

struct Tables {
    std::vector<TableProgram> programs;
    Sets sets;
    int players = 0;
};

// Trees by number, in groups whose tables may be held at once; the others are left to `evaluate_pairs`.
struct TableGroups {
    std::vector<std::vector<int32_t>> groups;
    std::vector<int32_t> others;
};
TableGroups group_tables(const Forest& forest);

// The tables of the trees with those numbers.
Tables plan_tables(const Forest& forest, const std::vector<int32_t>& trees, const Codes& background, int threads);

}  // namespace mxt
