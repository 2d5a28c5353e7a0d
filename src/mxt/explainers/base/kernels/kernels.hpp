// The kernels as each vector unit compiles them, and the choice between those.
#pragma once

#include "quadrature.hpp"
#include "tables.hpp"
#include "walk.hpp"

#include <string>
#include <vector>

namespace mxt {

#define MXT_DECLARE_KERNELS(unit)                                                                                      \
    namespace unit {                                                                                                   \
    void evaluate_quadrature(const Quadrature&, const Codes&, int64_t, int64_t, double*, int64_t);                     \
    void evaluate_interactions(const Forest&, const Codes&, int64_t, int64_t, double*, int64_t);                       \
    void answer_tests(const Trail&, const Sets&, const Codes&, int64_t, int64_t, uint64_t*, int64_t);                  \
    void fill_tables(const TableBatch&, const Weights&, int, const Sets&, const Codes&, int64_t*);                  \
    void look_up_tables(const TableBatch&, const int64_t*, const int32_t*, const Sets&, const Codes&, int64_t,         \
                        int64_t, int64_t*, int64_t);                                                                   \
    void walk_values(const Walk&, const Codes&, int64_t, int64_t, int64_t*, int64_t);                                  \
    void walk_slopes(const Walk&, const Codes&, int64_t, int64_t, double*, int64_t);                                   \
    void walk_pairs(const Walk&, const Codes&, int64_t, int64_t, int64_t*, int64_t);                                   \
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
    decltype(&portable::evaluate_interactions) interactions;
    decltype(&portable::answer_tests) answer_tests;
    decltype(&portable::fill_tables) fill_tables;
    decltype(&portable::look_up_tables) look_up_tables;
    decltype(&portable::walk_values) walk_values;
    decltype(&portable::walk_slopes) walk_slopes;
    decltype(&portable::walk_pairs) walk_pairs;
};

#define MXT_KERNELS(unit)                                                                                 \
    {#unit,             unit::evaluate_quadrature, unit::evaluate_interactions, unit::answer_tests,       \
     unit::fill_tables, unit::look_up_tables,      unit::walk_values,           unit::walk_slopes,        \
     unit::walk_pairs}

// Those that this machine can run, the fastest first.
inline std::vector<Kernels> available_kernels() {
    std::vector<Kernels> found;
#if defined(MXT_X86)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        found.push_back(MXT_KERNELS(avx512));
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) found.push_back(MXT_KERNELS(avx2));
#endif
    found.push_back(MXT_KERNELS(portable));
    return found;
}
#undef MXT_KERNELS

}  // namespace mxt
