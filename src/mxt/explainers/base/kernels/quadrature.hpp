// Path-dependent Shapley values by Gauss-Legendre quadrature: each tree as a list of steps to play for many rows.
//
// A leaf of value v whose path asks the players P adds to player i the integral over t from 0 to 1 of
// v (b_i - r_i) times the product over the other players j of f_j(t) = r_j (1 - t) + b_j t, where b_j says
// whether the row passes all of j's tests on the path, and r_j is the share of the training weight that does.
// The integrand is a polynomial of degree |P| - 1, so ceil(|P| / 2) points give it exactly. Walking down, C is
// the product of the f's so far at each point; walking up, H is the sum of the leaves below, v included.
// Source: Lundberg et al. 2020, doi:10.1038/s42256-019-0138-9, for the values; the integral is Owen's
// multilinear extension, doi:10.1287/mnsc.18.5.64.
//
// An edge multiplies C by one of two constants, three where its player was asked before on the path, so a mask
// chooses; a bottom subtree of a few tests is a table of at most sixteen entries for each point, which the
// answers to its tests look up. No branch and no division is left for each row.
#pragma once

#include "forest.hpp"

namespace mxt {

constexpr int UNIT_BITS = 4;
constexpr int FIXED_POINTS = 10;  // rules of up to so many points have a kernel of their own
constexpr int MOST_POINTS = 128;

enum class Step : uint8_t {
    DOWN,   // C below an edge from C above it
    UP,     // what the edge's player gets from H below it
    LEAF,   // DOWN and UP of an edge to a leaf
    UNIT,   // DOWN and UP of an edge to a unit, with all that lies in the unit
    WHOLE,  // a unit that is a whole tree
};

struct Op {
    Step step;
    bool add;       // to the target, or set it
    bool repeated;  // the path has asked the edge's player before
    bool wide;      // tables of 16 entries, not 8
    int8_t players;
    int32_t player, source, target, level;
    int32_t now, before;         // masks: rows that chose the first constant; that passed the player's tests above
    int32_t unit;
    int32_t unit_player[UNIT_BITS];
    int64_t edge, tables;        // constants
};

struct Bits {  // the masks that make a unit's pattern, or -1
    int32_t mask[UNIT_BITS];
};

struct Program {  // one tree
    std::vector<Op> ops;
    std::vector<Test> tests;
    std::vector<Both> both;  // what a player asked more than once has passed; numbered on from the tests
    std::vector<Bits> units;
    int points = 1, levels = 1, sums = 1;
    int64_t constants = 0;  // where the tree's constants start
    int64_t weights = 0;
};

struct Quadrature {
    std::vector<Program> programs;
    Aligned<double> constants{0};
    Sets sets;
    int players = 0;
};

Quadrature plan_quadrature(const Forest& forest, int threads);

}  // namespace mxt
