// Which rows pass each test, a bit a row.
#pragma once

#include "quadrature.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#if defined(MXT_AVX512) || defined(MXT_AVX2)
#include <immintrin.h>
#endif

namespace mxt {
namespace MXT_ISA {

// Bits of 64 rows from their codes, by whether each passes `test`.
template <typename T, typename F>
inline uint64_t gather_bits(const T* codes, int64_t rows, F test) {
    uint64_t bits = 0;
    for (int64_t r = 0; r < rows; r++) bits |= static_cast<uint64_t>(test(codes[r])) << r;
    return bits;
}

template <typename T>
inline uint64_t at_most(const T* codes, T cut, bool missing_left) {
    constexpr T missing = std::numeric_limits<T>::max();
#if defined(MXT_AVX512)
    if constexpr (sizeof(T) == 1) {
        const __m512i v = _mm512_loadu_si512(codes);
        uint64_t bits = _mm512_cmple_epu8_mask(v, _mm512_set1_epi8(static_cast<char>(cut)));
        if (missing_left) bits |= _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8(-1));
        return bits;
    } else if constexpr (sizeof(T) == 2) {
        uint64_t bits = 0;
        for (int half = 0; half < 2; half++) {
            const __m512i v = _mm512_loadu_si512(codes + 32 * half);
            uint64_t part = _mm512_cmple_epu16_mask(v, _mm512_set1_epi16(static_cast<short>(cut)));
            if (missing_left) part |= _mm512_cmpeq_epi16_mask(v, _mm512_set1_epi16(-1));
            bits |= part << 32 * half;
        }
        return bits;
    }
#elif defined(MXT_AVX2)
    if constexpr (sizeof(T) == 1) {
        uint64_t bits = 0;
        const __m256i top = _mm256_set1_epi8(static_cast<char>(cut));
        for (int half = 0; half < 2; half++) {
            const __m256i v = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(codes + 32 * half));
            __m256i passed = _mm256_cmpeq_epi8(_mm256_min_epu8(v, top), v);
            if (missing_left) passed = _mm256_or_si256(passed, _mm256_cmpeq_epi8(v, _mm256_set1_epi8(-1)));
            bits |= static_cast<uint64_t>(static_cast<uint32_t>(_mm256_movemask_epi8(passed))) << 32 * half;
        }
        return bits;
    } else if constexpr (sizeof(T) == 2) {
        uint64_t bits = 0;
        const __m256i top = _mm256_set1_epi16(static_cast<short>(cut)), gone = _mm256_set1_epi16(-1);
        for (int half = 0; half < 2; half++) {
            __m256i passed[2];
            for (int i = 0; i < 2; i++) {
                const __m256i v =
                    _mm256_loadu_si256(reinterpret_cast<const __m256i*>(codes + 32 * half + 16 * i));
                passed[i] = _mm256_cmpeq_epi16(_mm256_min_epu16(v, top), v);
                if (missing_left) passed[i] = _mm256_or_si256(passed[i], _mm256_cmpeq_epi16(v, gone));
            }
            const __m256i packed =
                _mm256_permute4x64_epi64(_mm256_packs_epi16(passed[0], passed[1]), _MM_SHUFFLE(3, 1, 2, 0));
            bits |= static_cast<uint64_t>(static_cast<uint32_t>(_mm256_movemask_epi8(packed))) << 32 * half;
        }
        return bits;
    }
#endif
    return gather_bits(codes, 64, [&](T code) { return code <= cut || (missing_left && code == missing); });
}

// 64 rows at a time; codes are padded, so that the last 64 may be read whole.
template <typename T>
void make_masks_of(const std::vector<Test>& tests, const Sets& sets,
                   const Codes& codes, int64_t start, int64_t rows, uint64_t* masks, int64_t words) {
    constexpr T missing = std::numeric_limits<T>::max();
    for (size_t i = 0; i < tests.size(); i++) {
        const Test& test = tests[i];
        const T* column = static_cast<const T*>(codes.data) + test.column * codes.stride + start;
        for (int64_t r = 0; r < rows; r += 64) {
            uint64_t bits;
            if (test.set < 0) {
                bits = at_most<T>(column + r, static_cast<T>(test.cut), test.missing_left);
            } else {
                const std::vector<uint64_t>& set = sets[test.set];
                bits = gather_bits(column + r, 64, [&](T code) -> bool {
                    if (code == missing) return test.missing_left;
                    return code / 64 < set.size() && (set[code / 64] >> code % 64 & 1);
                });
            }
            masks[i * words + r / 64] = bits;
        }
    }
}

inline void make_masks(const std::vector<Test>& tests, const Sets& sets,
                       const Codes& codes, int64_t start, int64_t rows, uint64_t* masks, int64_t words) {
    if (codes.width == 1) return make_masks_of<uint8_t>(tests, sets, codes, start, rows, masks, words);
    if (codes.width == 2) return make_masks_of<uint16_t>(tests, sets, codes, start, rows, masks, words);
    make_masks_of<uint32_t>(tests, sets, codes, start, rows, masks, words);
}

inline void combine_masks(const std::vector<Both>& both, size_t tests, int64_t rows, uint64_t* masks,
                          int64_t words) {
    for (size_t i = 0; i < both.size(); i++) {
        const uint64_t first = both[i].first_inverted ? ~uint64_t{0} : 0;
        const uint64_t second = both[i].second_inverted ? ~uint64_t{0} : 0;
        const uint64_t *a = masks + both[i].first * words, *b = masks + both[i].second * words;
        uint64_t* target = masks + (tests + i) * words;
        for (int64_t r = 0; r * 64 < rows; r++) target[r] = (a[r] ^ first) & (b[r] ^ second);
    }
}

// Adds `value` to each of 64 places whose bit is set.
inline void spread(uint64_t bits, uint8_t value, uint8_t* places) {
#if defined(MXT_AVX512)
    const __m512i v = _mm512_loadu_si512(places);
    _mm512_storeu_si512(places, _mm512_mask_add_epi8(v, bits, v, _mm512_set1_epi8(static_cast<char>(value))));
#else
    for (int i = 0; i < 8; i++) {
        // Eight bits to eight bytes: copy them to each byte, keep bit i in byte i, and make that a 1.
        uint64_t eight = (bits >> 8 * i & 0xff) * 0x0101010101010101u & 0x8040201008040201u;
        eight = ((eight + 0x7f7f7f7f7f7f7f7fu) | eight) >> 7 & 0x0101010101010101u;
        uint64_t before;
        std::memcpy(&before, places + 8 * i, 8);
        before += eight * value;
        std::memcpy(places + 8 * i, &before, 8);
    }
#endif
}

inline void spread(uint64_t bits, uint16_t value, uint16_t* places) {
#if defined(MXT_AVX512)
    for (int half = 0; half < 2; half++) {
        const __m512i v = _mm512_loadu_si512(places + 32 * half);
        const auto chosen = static_cast<__mmask32>(bits >> 32 * half);
        const __m512i step = _mm512_set1_epi16(static_cast<short>(value));
        _mm512_storeu_si512(places + 32 * half, _mm512_mask_add_epi16(v, chosen, v, step));
    }
#else
    uint8_t ones[64] = {};
    spread(bits, uint8_t{1}, ones);
    for (int i = 0; i < 64; i++) places[i] = static_cast<uint16_t>(places[i] + ones[i] * value);
#endif
}

// For each stretch of 64 rows and each unit, the pattern of each row's answers.
inline void make_patterns(const std::vector<Bits>& units, int64_t rows, const uint64_t* masks, int64_t words,
                          uint8_t* patterns) {
    std::memset(patterns, 0, (rows + 63) / 64 * units.size() * 64);
    for (int64_t r = 0; r * 64 < rows; r++)
        for (const Bits& unit : units) {
            for (int i = 0; i < UNIT_BITS && unit.mask[i] >= 0; i++)
                spread(masks[unit.mask[i] * words + r], static_cast<uint8_t>(1 << i), patterns);
            patterns += 64;
        }
}

}  // namespace MXT_ISA
}  // namespace mxt
