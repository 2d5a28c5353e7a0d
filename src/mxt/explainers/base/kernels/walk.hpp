// A walk down one tree with many rows at once, each against those background rows that are left for it.
#pragma once

#include "shapley.hpp"
#include "trail.hpp"

namespace mxt {

struct Walk {
    const Forest& forest;
    const Trail& trail;
    const Weights& weights;
    const Codes& background;
    int exponent;             // of the power of two that leaf values are multiplied by
    const uint8_t* walked;    // for each branch, whether a leaf below it is asked for; null where all are
    const uint64_t* answers;  // of the background to the trail's masks, where they are kept; or null
    const int32_t* columns;   // where values of each of the tree's players go
    const double* slopes;     // row, background row: how much their pair counts; null where all count alike
};

}  // namespace mxt
