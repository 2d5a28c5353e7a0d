// SHA-256 by the SHA extensions of x86 (Intel SDM, SHA256RNDS2, SHA256MSG1, SHA256MSG2).
#include "sha256.hpp"

#include <immintrin.h>

#include <utility>

namespace mxt {
namespace {

// The instructions hold a, b, e, f in one register and c, d, g, h in the other.
struct Lane {
    __m128i abef, cdgh;
    __m128i w[4];  // the last sixteen words of the schedule

    explicit Lane(const State& state) {
        const __m128i dcba = _mm_loadu_si128(reinterpret_cast<const __m128i*>(state.data()));
        const __m128i hgfe = _mm_loadu_si128(reinterpret_cast<const __m128i*>(state.data() + 4));
        const __m128i cdab = _mm_shuffle_epi32(dcba, 0xB1);
        const __m128i efgh = _mm_shuffle_epi32(hgfe, 0x1B);
        abef = _mm_alignr_epi8(cdab, efgh, 8);
        cdgh = _mm_blend_epi16(efgh, cdab, 0xF0);
    }

    void store(State& state) const {
        const __m128i feba = _mm_shuffle_epi32(abef, 0x1B);
        const __m128i dchg = _mm_shuffle_epi32(cdgh, 0xB1);
        _mm_storeu_si128(reinterpret_cast<__m128i*>(state.data()), _mm_blend_epi16(feba, dchg, 0xF0));
        _mm_storeu_si128(reinterpret_cast<__m128i*>(state.data() + 4), _mm_alignr_epi8(dchg, feba, 8));
    }

    void load(const uint8_t* block) {
        const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0bLL, 0x0405060700010203LL);
        for (int k = 0; k < 4; ++k)
            w[k] = _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(block) + k), swap);
    }

    // Four rounds with the words of one register; then the words that come sixteen later take their place.
    void rounds(int four) {
        const __m128i words = w[four % 4];
        __m128i keyed = _mm_add_epi32(words, _mm_load_si128(reinterpret_cast<const __m128i*>(ROUND) + four));
        cdgh = _mm_sha256rnds2_epu32(cdgh, abef, keyed);
        keyed = _mm_shuffle_epi32(keyed, 0x0E);
        abef = _mm_sha256rnds2_epu32(abef, cdgh, keyed);
        if (four >= 12) return;
        const __m128i last = w[(four + 3) % 4];
        const __m128i seventh = _mm_alignr_epi8(last, w[(four + 2) % 4], 4);
        const __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(words, w[(four + 1) % 4]), seventh);
        w[four % 4] = _mm_sha256msg2_epu32(sum, last);
    }
};

template <int LANES>
void compress_blocks(State* const (&states)[LANES], const uint8_t* (&blocks)[LANES], size_t count) {
    for (size_t k = 0; k < count; ++k) {
        [&]<size_t... I>(std::index_sequence<I...>) {
            Lane lanes[LANES] = {Lane(*states[I])...};
            for (int lane = 0; lane < LANES; ++lane) lanes[lane].load(blocks[lane] + k * BLOCK_BYTES);
#pragma GCC unroll 16
            for (int four = 0; four < 16; ++four)
#pragma GCC unroll 2
                for (int lane = 0; lane < LANES; ++lane) lanes[lane].rounds(four);
            for (int lane = 0; lane < LANES; ++lane) {
                const Lane before(*states[lane]);
                lanes[lane].abef = _mm_add_epi32(lanes[lane].abef, before.abef);
                lanes[lane].cdgh = _mm_add_epi32(lanes[lane].cdgh, before.cdgh);
                lanes[lane].store(*states[lane]);
            }
        }(std::make_index_sequence<LANES>{});
    }
    for (const uint8_t*& each : blocks) each += count * BLOCK_BYTES;
}

}  // namespace

void compress_sha_ni(State& one, const uint8_t* one_blocks, size_t one_count, State& other,
                     const uint8_t* other_blocks, size_t other_count) {
    const size_t both = one_count < other_count ? one_count : other_count;
    const uint8_t* pair[2] = {one_blocks, other_blocks};
    compress_blocks<2>({&one, &other}, pair, both);
    const uint8_t* rest[1] = {pair[0]};
    compress_blocks<1>({&one}, rest, one_count - both);
    rest[0] = pair[1];
    compress_blocks<1>({&other}, rest, other_count - both);
}

}  // namespace mxt
