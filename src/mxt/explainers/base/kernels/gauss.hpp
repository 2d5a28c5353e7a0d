// The Gauss-Legendre rule, exact for polynomials of degree 2 * points - 1.
//
// Nodes are zeros of a Legendre polynomial, found by Newton's steps from Tricomi's estimate, as in Press et al.,
// Numerical Recipes, section 4.6.
#pragma once

namespace mxt {

// Nodes and weights on [0, 1].
void gauss_legendre(int points, double* nodes, double* weights);

}  // namespace mxt
