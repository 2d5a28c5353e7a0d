// Eight doubles or whole numbers side by side on whatever vector unit the file is compiled for.
//
// Every operation rounds once and in the same way on each of them, so results are the same bits everywhere.
#pragma once

#include <cmath>
#include <cstdint>
#include <utility>

#if defined(MXT_AVX512) || defined(MXT_AVX2)
#include <immintrin.h>
#endif

namespace mxt {
namespace MXT_ISA {

constexpr int LANES = 8;

#if defined(MXT_AVX512)

using Vec = __m512d;
using Mask = __mmask8;
using Index = __m512i;

inline Vec load(const double* p) { return _mm512_load_pd(p); }
inline void store(double* p, Vec v) { _mm512_store_pd(p, v); }
inline Vec all(double x) { return _mm512_set1_pd(x); }
inline Vec add(Vec a, Vec b) { return _mm512_add_pd(a, b); }
inline Vec mul(Vec a, Vec b) { return _mm512_mul_pd(a, b); }
inline Vec fma(Vec a, Vec b, Vec c) { return _mm512_fmadd_pd(a, b, c); }
inline Mask mask(const uint8_t* p) { return *p; }
inline Vec choose(Mask m, Vec yes, Vec no) { return _mm512_mask_blend_pd(m, no, yes); }
inline Vec kept(Mask m, Vec v) { return _mm512_maskz_mov_pd(m, v); }
inline Index index(const uint8_t* p) {
    return _mm512_cvtepu8_epi64(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)));
}

using Ints = __m512i;
inline Ints load(const int64_t* p) { return _mm512_load_si512(p); }
inline void store(int64_t* p, Ints v) { _mm512_store_si512(p, v); }
inline Ints all(int64_t x) { return _mm512_set1_epi64(x); }
inline Ints add(Ints a, Ints b) { return _mm512_add_epi64(a, b); }
inline Ints subtract(Ints a, Ints b) { return _mm512_sub_epi64(a, b); }
inline Ints kept(Mask m, Ints v) { return _mm512_maskz_mov_epi64(m, v); }
inline Ints choose(Mask m, Ints yes, Ints no) { return _mm512_mask_blend_epi64(m, no, yes); }
inline Ints load(const uint32_t* p) {
    return _mm512_cvtepu32_epi64(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
}
// The second factor fits in 32 bits.
inline Ints multiply(Ints a, Ints b) {
    const Ints high = _mm512_mul_epu32(_mm512_srli_epi64(a, 32), b);
    return _mm512_add_epi64(_mm512_mul_epu32(a, b), _mm512_slli_epi64(high, 32));
}
// Each number from the place whose number differs in one bit.
template <int BIT>
inline Ints flip(Ints v) {
    if constexpr (BIT == 2) return _mm512_shuffle_i64x2(v, v, _MM_SHUFFLE(1, 0, 3, 2));
    else return _mm512_permutex_epi64(v, BIT ? _MM_SHUFFLE(1, 0, 3, 2) : _MM_SHUFFLE(2, 3, 0, 1));
}
inline void transpose(Ints (&v)[8]) {
    Ints pairs[8], fours[8];
    for (int i = 0; i < 8; i += 2) {
        pairs[i] = _mm512_unpacklo_epi64(v[i], v[i + 1]);
        pairs[i + 1] = _mm512_unpackhi_epi64(v[i], v[i + 1]);
    }
    for (int i = 0; i < 8; i += 4)
        for (int j = 0; j < 2; j++) {
            fours[i + j] = _mm512_shuffle_i64x2(pairs[i + j], pairs[i + j + 2], 0x88);
            fours[i + j + 2] = _mm512_shuffle_i64x2(pairs[i + j], pairs[i + j + 2], 0xdd);
        }
    for (int j = 0; j < 4; j++) {
        v[j] = _mm512_shuffle_i64x2(fours[j], fours[j + 4], 0x88);
        v[j + 4] = _mm512_shuffle_i64x2(fours[j], fours[j + 4], 0xdd);
    }
}

struct Table8 {
    Vec low;
    explicit Table8(const double* p) : low(load(p)) {}
    Vec at(Index i) const { return _mm512_permutexvar_pd(i, low); }
};
struct Table16 {
    Vec low, high;
    explicit Table16(const double* p) : low(load(p)), high(load(p + 8)) {}
    Vec at(Index i) const { return _mm512_permutex2var_pd(low, i, high); }
};

#elif defined(MXT_AVX2)

struct Vec {
    __m256d lo, hi;
};
struct Mask {
    __m256d lo, hi;
};
struct Index {  // for each half: which pair of a quarter table, and the two bits that choose the quarter
    __m256i lo, hi;
    __m256d lo4, hi4, lo8, hi8;
};

inline Vec load(const double* p) { return {_mm256_load_pd(p), _mm256_load_pd(p + 4)}; }
inline void store(double* p, Vec v) {
    _mm256_store_pd(p, v.lo);
    _mm256_store_pd(p + 4, v.hi);
}
inline Vec all(double x) { return {_mm256_set1_pd(x), _mm256_set1_pd(x)}; }
inline Vec add(Vec a, Vec b) { return {_mm256_add_pd(a.lo, b.lo), _mm256_add_pd(a.hi, b.hi)}; }
inline Vec mul(Vec a, Vec b) { return {_mm256_mul_pd(a.lo, b.lo), _mm256_mul_pd(a.hi, b.hi)}; }
inline Vec fma(Vec a, Vec b, Vec c) {
    return {_mm256_fmadd_pd(a.lo, b.lo, c.lo), _mm256_fmadd_pd(a.hi, b.hi, c.hi)};
}
inline Mask mask(const uint8_t* p) {
    const __m256i v = _mm256_set1_epi64x(*p);
    const __m256i lo = _mm256_setr_epi64x(1, 2, 4, 8), hi = _mm256_setr_epi64x(16, 32, 64, 128);
    return {_mm256_castsi256_pd(_mm256_cmpeq_epi64(_mm256_and_si256(v, lo), lo)),
            _mm256_castsi256_pd(_mm256_cmpeq_epi64(_mm256_and_si256(v, hi), hi))};
}
inline Vec choose(Mask m, Vec yes, Vec no) {
    return {_mm256_blendv_pd(no.lo, yes.lo, m.lo), _mm256_blendv_pd(no.hi, yes.hi, m.hi)};
}
inline Vec kept(Mask m, Vec v) { return {_mm256_and_pd(m.lo, v.lo), _mm256_and_pd(m.hi, v.hi)}; }

struct Ints {
    __m256i lo, hi;
};
inline Ints load(const int64_t* p) {
    const auto* q = reinterpret_cast<const __m256i*>(p);
    return {_mm256_load_si256(q), _mm256_load_si256(q + 1)};
}
inline void store(int64_t* p, Ints v) {
    auto* q = reinterpret_cast<__m256i*>(p);
    _mm256_store_si256(q, v.lo);
    _mm256_store_si256(q + 1, v.hi);
}
inline Ints all(int64_t x) { return {_mm256_set1_epi64x(x), _mm256_set1_epi64x(x)}; }
inline Ints add(Ints a, Ints b) { return {_mm256_add_epi64(a.lo, b.lo), _mm256_add_epi64(a.hi, b.hi)}; }
inline Ints subtract(Ints a, Ints b) { return {_mm256_sub_epi64(a.lo, b.lo), _mm256_sub_epi64(a.hi, b.hi)}; }
inline Ints kept(Mask m, Ints v) {
    return {_mm256_and_si256(_mm256_castpd_si256(m.lo), v.lo), _mm256_and_si256(_mm256_castpd_si256(m.hi), v.hi)};
}
inline Ints choose(Mask m, Ints yes, Ints no) {
    return {_mm256_blendv_epi8(no.lo, yes.lo, _mm256_castpd_si256(m.lo)),
            _mm256_blendv_epi8(no.hi, yes.hi, _mm256_castpd_si256(m.hi))};
}
inline Ints load(const uint32_t* p) {
    const auto* q = reinterpret_cast<const __m128i*>(p);
    return {_mm256_cvtepu32_epi64(_mm_loadu_si128(q)), _mm256_cvtepu32_epi64(_mm_loadu_si128(q + 1))};
}
inline __m256i multiply(__m256i a, __m256i b) {
    const __m256i high = _mm256_mul_epu32(_mm256_srli_epi64(a, 32), b);
    return _mm256_add_epi64(_mm256_mul_epu32(a, b), _mm256_slli_epi64(high, 32));
}
// The second factor fits in 32 bits.
inline Ints multiply(Ints a, Ints b) { return {multiply(a.lo, b.lo), multiply(a.hi, b.hi)}; }
// Each number from the place whose number differs in one bit.
template <int BIT>
inline Ints flip(Ints v) {
    constexpr int ORDER = BIT ? _MM_SHUFFLE(1, 0, 3, 2) : _MM_SHUFFLE(2, 3, 0, 1);
    if constexpr (BIT == 2) return {v.hi, v.lo};
    else return {_mm256_permute4x64_epi64(v.lo, ORDER), _mm256_permute4x64_epi64(v.hi, ORDER)};
}
inline void transpose(__m256i& a, __m256i& b, __m256i& c, __m256i& d) {
    const __m256i ab = _mm256_unpacklo_epi64(a, b), AB = _mm256_unpackhi_epi64(a, b);
    const __m256i cd = _mm256_unpacklo_epi64(c, d), CD = _mm256_unpackhi_epi64(c, d);
    a = _mm256_permute2x128_si256(ab, cd, 0x20);
    b = _mm256_permute2x128_si256(AB, CD, 0x20);
    c = _mm256_permute2x128_si256(ab, cd, 0x31);
    d = _mm256_permute2x128_si256(AB, CD, 0x31);
}
inline void transpose(Ints (&v)[8]) {
    for (int i = 0; i < 8; i += 4) {
        transpose(v[i].lo, v[i + 1].lo, v[i + 2].lo, v[i + 3].lo);
        transpose(v[i].hi, v[i + 1].hi, v[i + 2].hi, v[i + 3].hi);
    }
    for (int i = 0; i < 4; i++) std::swap(v[i].hi, v[i + 4].lo);
}

inline Index index(const uint8_t* p) {
    const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(p));
    const __m256i one = _mm256_set1_epi64x(1LL << 32);  // the odd half of a pair of 32-bit words
    const auto words = [&](__m256i v) {
        return _mm256_add_epi64(one, _mm256_add_epi64(_mm256_slli_epi64(v, 1), _mm256_slli_epi64(v, 33)));
    };
    const auto bit = [](__m256i v, int place) { return _mm256_castsi256_pd(_mm256_slli_epi64(v, 63 - place)); };
    const __m256i lo = _mm256_cvtepu8_epi64(bytes), hi = _mm256_cvtepu8_epi64(_mm_srli_si128(bytes, 4));
    return {words(lo), words(hi), bit(lo, 2), bit(hi, 2), bit(lo, 3), bit(hi, 3)};
}
struct Table8 {
    Vec low;
    explicit Table8(const double* p) : low(load(p)) {}
    static __m256d four(__m256d table, __m256i i) {
        return _mm256_castps_pd(_mm256_permutevar8x32_ps(_mm256_castpd_ps(table), i));
    }
    Vec at(const Index& i) const {
        return {_mm256_blendv_pd(four(low.lo, i.lo), four(low.hi, i.lo), i.lo4),
                _mm256_blendv_pd(four(low.lo, i.hi), four(low.hi, i.hi), i.hi4)};
    }
};
struct Table16 {
    Table8 low, high;
    explicit Table16(const double* p) : low(p), high(p + 8) {}
    Vec at(const Index& i) const {
        const Vec a = low.at(i), b = high.at(i);
        return {_mm256_blendv_pd(a.lo, b.lo, i.lo8), _mm256_blendv_pd(a.hi, b.hi, i.hi8)};
    }
};

#else

template <typename T>
struct Eight {
    T lane[LANES];
};
using Vec = Eight<double>;
using Ints = Eight<int64_t>;
using Mask = uint8_t;
struct Index {
    int lane[LANES];
};

template <typename T, typename F>
inline Eight<T> each(F f) {
    Eight<T> v;
    for (int i = 0; i < LANES; i++) v.lane[i] = f(i);
    return v;
}
template <typename T>
inline Eight<T> load(const T* p) {
    return each<T>([&](int i) { return p[i]; });
}
inline Ints load(const uint32_t* p) {
    return each<int64_t>([&](int i) { return p[i]; });
}
template <typename T>
inline void store(T* p, Eight<T> v) {
    for (int i = 0; i < LANES; i++) p[i] = v.lane[i];
}
template <typename T>
inline Eight<T> all(T x) {
    return each<T>([&](int) { return x; });
}
template <typename T>
inline Eight<T> add(Eight<T> a, Eight<T> b) {
    return each<T>([&](int i) { return a.lane[i] + b.lane[i]; });
}
inline Ints subtract(Ints a, Ints b) {
    return each<int64_t>([&](int i) { return a.lane[i] - b.lane[i]; });
}
inline Vec mul(Vec a, Vec b) {
    return each<double>([&](int i) { return a.lane[i] * b.lane[i]; });
}
// The second factor fits in 32 bits.
inline Ints multiply(Ints a, Ints b) {
    return each<int64_t>([&](int i) { return a.lane[i] * b.lane[i]; });
}
inline Vec fma(Vec a, Vec b, Vec c) {
    return each<double>([&](int i) { return std::fma(a.lane[i], b.lane[i], c.lane[i]); });
}
inline Mask mask(const uint8_t* p) { return *p; }
template <typename T>
inline Eight<T> choose(Mask m, Eight<T> yes, Eight<T> no) {
    return each<T>([&](int i) { return m >> i & 1 ? yes.lane[i] : no.lane[i]; });
}
template <typename T>
inline Eight<T> kept(Mask m, Eight<T> v) {
    return each<T>([&](int i) { return m >> i & 1 ? v.lane[i] : T{0}; });
}
// Each number from the place whose number differs in one bit.
template <int BIT>
inline Ints flip(Ints v) {
    return each<int64_t>([&](int i) { return v.lane[i ^ (1 << BIT)]; });
}
inline void transpose(Ints (&v)[8]) {
    for (int i = 0; i < LANES; i++)
        for (int j = 0; j < i; j++) std::swap(v[i].lane[j], v[j].lane[i]);
}
inline Index index(const uint8_t* p) {
    Index v;
    for (int i = 0; i < LANES; i++) v.lane[i] = p[i];
    return v;
}
struct Table8 {
    const double* entries;
    explicit Table8(const double* p) : entries(p) {}
    Vec at(const Index& i) const {
        return each<double>([&](int j) { return entries[i.lane[j]]; });
    }
};
using Table16 = Table8;

#endif

}  // namespace MXT_ISA
}  // namespace mxt
