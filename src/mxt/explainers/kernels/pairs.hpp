// Shapley values and interactions of pairs of rows: an explained row against each row of a background in turn.
//
// A row x and a background row z walk a tree together. Where they part, the test's player must be present to
// follow x and absent to follow z, and stays so further down. A leaf of value v reached with a players present
// and b absent gives each present player v (a-1)! b! / (a+b)!, and takes v a! (b-1)! / (a+b)! from each absent
// one (Lundberg et al. 2020, doi:10.1038/s42256-019-0138-9, algorithm 3). It serves trees too deep for
// tables, interactions, and a link that must be applied to each pair.
#pragma once

#include "forest.hpp"

namespace mxt {

struct Pairs {
    bool interactions;  // out holds players x players columns, not players
    bool logistic;      // each pair's values are scaled from the margin's difference to the probability's
    double base;        // margin before any tree, for the link
};

// Adds to `out`, a column of `stride` rows for each player or pair of players, the mean over the background.
void evaluate_pairs(const Forest& forest, const std::vector<int32_t>& trees, const Codes& codes,
                    const Codes& background, Pairs options, int threads, double* out, int64_t stride);

// The sum of the leaves that each row reaches.
void predict(const Forest& forest, const Codes& codes, int threads, double* out);

}  // namespace mxt
