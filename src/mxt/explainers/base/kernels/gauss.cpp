#include "gauss.hpp"

#include <cmath>

namespace mxt {

void gauss_legendre(int points, double* nodes, double* weights) {
    const double pi = 3.14159265358979323846;
    for (int i = 0; i < points; i++) {
        double z = std::cos(pi * (i + 0.75) / (points + 0.5)), slope = 1;
        for (int step = 0; step < 50; step++) {
            double before = 1, value = z;
            for (int k = 2; k <= points; k++) {
                const double next = ((2 * k - 1) * z * value - (k - 1) * before) / k;
                before = value;
                value = next;
            }
            slope = points * (z * value - before) / (z * z - 1);
            const double moved = z - value / slope;
            if (std::fabs(moved - z) < 1e-17) break;
            z = moved;
        }
        nodes[i] = 0.5 * (z + 1);
        weights[i] = 1 / ((1 - z * z) * slope * slope);
    }
}

}  // namespace mxt
