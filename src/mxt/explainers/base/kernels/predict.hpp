// The scores of trees.
#pragma once

#include "forest.hpp"

namespace mxt {

// The sum of the leaves that each row reaches.
void predict(const Forest& forest, const Codes& codes, int threads, double* out);

}  // namespace mxt
