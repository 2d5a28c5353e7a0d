// The kernels as each vector unit compiles them, and the choice between those.
#pragma once

#include "quadrature.hpp"
#include "tables.hpp"

#include <string>
#include <vector>

namespace mxt {

#define MXT_DECLARE_KERNELS(unit)                                                                                  \
    namespace unit {                                                                                               \
    void evaluate_quadrature(const Quadrature&, const Codes&, int64_t, int64_t, double*, int64_t);                \
    void evaluate_tables(const Tables&, const Codes&, int64_t, int64_t, double*, int64_t);                         \
    void evaluate_interactions(const Forest&, const Codes&, int64_t, int64_t, double*, int64_t);                   \
    }

MXT_DECLARE_KERNELS(portable)
#if defined(MXT_X86)
MXT_DECLARE_KERNELS(avx2)
MXT_DECLARE_KERNELS(avx512)
#endif
#undef MXT_DECLARE_KERNELS

struct Kernels {
    std::string name;
    decltype(&portable::evaluate_quadrature) quadrature;
    decltype(&portable::evaluate_tables) tables;
    decltype(&portable::evaluate_interactions) interactions;
};

// Those that this machine can run, the fastest first.
inline std::vector<Kernels> available_kernels() {
    std::vector<Kernels> found;
#if defined(MXT_X86)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        found.push_back({"avx512", avx512::evaluate_quadrature, avx512::evaluate_tables, avx512::evaluate_interactions});
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        found.push_back({"avx2", avx2::evaluate_quadrature, avx2::evaluate_tables, avx2::evaluate_interactions});
#endif
    found.push_back({"portable", portable::evaluate_quadrature, portable::evaluate_tables, portable::evaluate_interactions});
    return found;
}

}  // namespace mxt
