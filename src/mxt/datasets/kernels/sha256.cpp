// SHA-256 on any processor, and which units this one has.
#include "sha256.hpp"

#include <bit>
#include <cstring>

#if defined(MXT_SHA_NI)
#include <cpuid.h>
#endif

namespace mxt {
namespace {

uint32_t big_endian(const uint8_t* bytes) {
    return uint32_t{bytes[0]} << 24 | uint32_t{bytes[1]} << 16 | uint32_t{bytes[2]} << 8 | bytes[3];
}

// Section 6.2.2.
void compress_block(State& state, const uint8_t* block) {
    uint32_t w[64];
    for (int t = 0; t < 16; ++t) w[t] = big_endian(block + 4 * t);
    for (int t = 16; t < 64; ++t) {
        const uint32_t s0 = std::rotr(w[t - 15], 7) ^ std::rotr(w[t - 15], 18) ^ (w[t - 15] >> 3);
        const uint32_t s1 = std::rotr(w[t - 2], 17) ^ std::rotr(w[t - 2], 19) ^ (w[t - 2] >> 10);
        w[t] = s1 + w[t - 7] + s0 + w[t - 16];
    }
    auto [a, b, c, d, e, f, g, h] = state;
    for (int t = 0; t < 64; ++t) {
        const uint32_t sum1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
        const uint32_t t1 = h + sum1 + ((e & f) ^ (~e & g)) + ROUND[t] + w[t];
        const uint32_t sum0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
        const uint32_t t2 = sum0 + ((a & b) ^ (a & c) ^ (b & c));
        h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
    }
    const State added = {a, b, c, d, e, f, g, h};
    for (size_t place = 0; place < state.size(); ++place) state[place] += added[place];
}

#if defined(MXT_SHA_NI)
bool has_sha_ni() {  // leaf 1: SSSE3 and SSE4.1; leaf 7: SHA
    unsigned a = 0, b = 0, c = 0, d = 0;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c >> 9 & 1) || !(c >> 19 & 1)) return false;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b >> 29 & 1);
}
#endif

}  // namespace

void compress_portable(State& one, const uint8_t* one_blocks, size_t one_count, State& other,
                       const uint8_t* other_blocks, size_t other_count) {
    for (size_t k = 0; k < one_count; ++k) compress_block(one, one_blocks + k * BLOCK_BYTES);
    for (size_t k = 0; k < other_count; ++k) compress_block(other, other_blocks + k * BLOCK_BYTES);
}

std::vector<Unit> available_units() {
    std::vector<Unit> units;
#if defined(MXT_SHA_NI)
    if (has_sha_ni()) units.push_back({"sha_ni", compress_sha_ni});
#endif
    units.push_back({"portable", compress_portable});
    return units;
}

size_t pad(uint8_t* message, size_t bytes) {
    const size_t blocks = (bytes + LEAST_PADDING + BLOCK_BYTES - 1) / BLOCK_BYTES;
    uint8_t* const end = message + blocks * BLOCK_BYTES;
    std::memset(message + bytes, 0, static_cast<size_t>(end - message) - bytes);
    message[bytes] = 0x80;
    const uint64_t bits = uint64_t{bytes} * 8;
    for (int k = 0; k < 8; ++k) end[-1 - k] = static_cast<uint8_t>(bits >> (8 * k));
    return blocks;
}

void write_digest(const State& state, uint8_t* out) {
    for (const uint32_t word : state)
        for (int shift = 24; shift >= 0; shift -= 8) *out++ = static_cast<uint8_t>(word >> shift);
}

}  // namespace mxt
