// Small subtrees as tables of what each pattern of passed tests gets against a background.
//
// A unit is a subtree whose tests, with one bit for each player that the path has asked, make a pattern of a few
// bits. The background's patterns are counted; for a leaf of d players, sums over the subsets of players that fail
// (Yates's algorithm) tell for each of the 2^d patterns of an explained row how many background rows are left, by
// how many players they fail. A line of the table holds what all players of the unit get, side by side.
#pragma once

#include "shapley.hpp"
#include "trail.hpp"

namespace mxt {

constexpr int MOST_TABLE_BITS = 13;
constexpr int64_t BATCH_ENTRIES = 1 << 19;  // of tables that are filled and looked up together: 4 MB
constexpr int64_t SLICE = 4096;             // most background rows that are looked at together
constexpr int LINE = 8;                     // numbers side by side in a table

// Which subtrees are looked up in tables, and what it costs: in nanoseconds, to fill once and for each row.
struct Cut {
    std::vector<int32_t> units;   // branches of the trail
    std::vector<uint8_t> walked;  // for each branch, whether leaves below it are left to the walk
    double walk = 0;              // without tables
    double look_up = 0;           // with them, and the walk for what is left
    double fill = 0;
    int64_t entries = 0;

    bool any_walked() const { return !walked.empty() && walked[0]; }
    double cost(int64_t rows) const { return static_cast<double>(rows) * look_up; }
    bool pays(int64_t rows) const { return cost(rows) + fill < static_cast<double>(rows) * walk; }
};

// What is cheapest if `rows` rows are explained, and each number in a table costs a row a `price`. `answers` are those
// of the background's first rows, up to a slice of them, to the trail's masks.
Cut cut_tree(const Trail& trail, const uint64_t* answers, int64_t background_rows, int64_t rows, double price);

struct TableLeaf {
    double value;
    std::vector<int32_t> places;    // of its players among the unit's, ascending
    std::vector<uint32_t> on, off;  // bits of the unit that each of them needs set, and needs clear
};

struct TableUnit {
    std::vector<int32_t> masks;    // one for each bit of the pattern
    std::vector<int32_t> players;  // among those of the tree
    std::vector<TableLeaf> leaves;
    int64_t start = 0;  // of the table

    int64_t lines() const { return (static_cast<int64_t>(players.size()) + LINE - 1) / LINE; }
    int64_t entries() const { return (lines() * LINE) << masks.size(); }
};

struct TableBatch {
    std::vector<Test> tests;
    std::vector<Both> both;
    std::vector<TableUnit> units;
    int64_t entries = 0;
};

struct Tables {
    std::vector<TableBatch> batches;
    std::vector<Aligned<int64_t>> filled;  // one for each batch
};

std::vector<TableBatch> plan_batches(const Forest& forest, const Trail& trail, const Cut& cut);

}  // namespace mxt
