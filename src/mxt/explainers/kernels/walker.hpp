// What all walks down a tree have in common: 64 rows, the background rows left for each, and what a path has asked.
#pragma once

#include "masks.hpp"
#include "tables.hpp"
#include "vector.hpp"
#include "walk.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace mxt {
namespace MXT_ISA {

constexpr int64_t WALK_CHUNK = 512;  // rows whose tests are answered at once
constexpr int64_t BLOCK = 64;        // rows that walk together
constexpr int MOST_GROUPS = 4;       // of eight players of a path, for which there is code of its own
constexpr int ALL_GROUPS = 128;      // of as many players as a path may ask: trees of 1,000 levels are the deepest

class Walker {
  public:
    Walker(const Walk& walk, int64_t background_rows, const uint64_t* known)
        : walk_(walk), trail_(walk.trail), words_((background_rows + 63) / 64), most_groups_((trail_.most_asked + 7) / 8),
          known_(known), left_(static_cast<size_t>(trail_.levels + 1) * words_ * BLOCK), every_(words_, ~uint64_t{0}),
          path_(trail_.most_asked + 1, 0), passed_(static_cast<size_t>(most_groups_) * BLOCK),
          failed_(static_cast<size_t>(most_groups_) * words_ * 64), few_(words_ * 64), many_(words_ * 64) {
        if (background_rows % 64) every_.back() = (uint64_t{1} << background_rows % 64) - 1;
    }
    virtual ~Walker() = default;

    // Rows from `row` on of a chunk, whose answers are `masks`; at most 64.
    void walk(const uint64_t* masks, int64_t row, int64_t rows) {
        masks_ = masks + row / 64;
        lanes_ = (rows + LANES - 1) / LANES;
        for (int64_t w = 0; w < words_; w++) std::fill_n(left_.data + w * BLOCK, BLOCK, every_[w]);
        below(0, 0, rows == BLOCK ? ~uint64_t{0} : (uint64_t{1} << rows) - 1);
    }

  protected:
    const Walk& walk_;
    const Trail& trail_;
    const int64_t words_;
    const int most_groups_;

    // A leaf that some rows reach; `left` holds words of background rows, 64 of each.
    virtual void leaf(const Branch& branch, const uint64_t* left, uint64_t rows) = 0;

    // All leaves below a branch that is the first to ask a player, and below its sibling, were reached.
    virtual void leave(const Branch&, uint64_t) {}

    // For a group of eight slots, the players that a row passes, or that a background row fails, a bit each.
    uint8_t passed(int group, int64_t row) const { return passed_.data[group * BLOCK + row]; }
    const uint8_t* failed(int group, int64_t row) const { return failed_.data + group * words_ * 64 + row; }

    uint8_t missed(const Branch& branch, int group, int64_t row) const {
        const int asked = branch.asked - group * 8;
        return static_cast<uint8_t>(~passed(group, row) & (asked >= 8 ? 0xff : (1 << asked) - 1));
    }
    int count_missed(const Branch& branch, int groups, int64_t row) const {
        int count = branch.asked;
        for (int g = 0; g < groups; g++) count -= std::popcount(passed(g, row));
        return count;
    }

    // How many players a background row fails.
    template <int GROUPS>
    int count_failed(int64_t row) const {
        if constexpr (GROUPS > 0) return few_.data[row];
        else return many_.data[row];
    }

    void spread_answers(const Branch& branch, int groups) {
        std::memset(passed_.data, 0, groups * BLOCK);
        std::memset(failed_.data, 0, groups * words_ * 64);
        std::memset(few_.data, 0, words_ * 64);
        std::memset(many_.data, 0, words_ * 64 * sizeof(uint16_t));
        for (int slot = 0; slot < branch.asked; slot++) {
            const Branch& asking = trail_.branches[path_[slot]];
            const auto bit = static_cast<uint8_t>(1 << slot % 8);
            spread(passing(asking), bit, passed_.data + slot / 8 * BLOCK);
            for (int64_t w = 0; w < words_; w++) {
                const uint64_t fails = ~knowing(asking, w);
                spread(fails, bit, failed_.data + (slot / 8 * words_ + w) * 64);
                if (groups <= MOST_GROUPS) spread(fails, uint8_t{1}, few_.data + w * 64);
                else spread(fails, uint16_t{1}, many_.data + w * 64);
            }
        }
    }

    int32_t player(int slot) const { return trail_.branches[path_[slot]].player; }

  private:
    const uint64_t *known_, *masks_ = nullptr;
    Aligned<uint64_t> left_;  // level, word, row
    std::vector<uint64_t> every_;
    std::vector<int32_t> path_;  // for each slot the last branch that asked it
    Aligned<uint8_t> passed_, failed_, few_;
    Aligned<uint16_t> many_;
    int64_t lanes_ = 0;

    uint64_t passing(const Branch& branch) const {
        return masks_[branch.mask * (WALK_CHUNK / 64)] ^ (branch.inverted ? ~uint64_t{0} : 0);
    }
    uint64_t knowing(const Branch& branch, int64_t word) const {
        return known_[branch.mask * words_ + word] ^ (branch.inverted ? ~uint64_t{0} : 0);
    }
    uint64_t* left(int level) { return left_.data + level * words_ * BLOCK; }

    void below(int32_t number, int level, uint64_t rows) {
        if (trail_.leaf(number)) {
            if (trail_.branches[number].asked) leaf(trail_.branches[number], left(level), rows);
            return;
        }
        for (const int32_t child : {trail_.left(number), trail_.right(number)}) {
            if (walk_.walked && !walk_.walked[child]) continue;
            const Branch& branch = trail_.branches[child];
            const int32_t before = path_[branch.slot];
            path_[branch.slot] = child;
            const uint64_t some = take(branch, left(level), left(level + 1)) & rows;
            if (some) below(child, level + 1, some);
            path_[branch.slot] = before;
        }
        const Branch& first = trail_.branches[trail_.left(number)];
        if (first.fresh) leave(first, rows);
    }

    // For each row the background rows that pass a branch, or need not because it does; says for which there are any.
    uint64_t take(const Branch& branch, const uint64_t* from, uint64_t* to) const {
        const uint64_t passed = passing(branch);
        uint64_t some = 0;
#if defined(MXT_AVX512)
        for (int64_t lane = 0; lane < lanes_; lane++) {
            const auto misses = static_cast<__mmask8>(~passed >> lane * LANES);
            __m512i any = _mm512_setzero_si512();
            for (int64_t w = 0; w < words_; w++) {
                const __m512i known = _mm512_set1_epi64(static_cast<int64_t>(knowing(branch, w)));
                const __m512i v = _mm512_load_si512(from + w * BLOCK + lane * LANES);
                const __m512i stay = _mm512_mask_and_epi64(v, misses, v, known);
                _mm512_store_si512(to + w * BLOCK + lane * LANES, stay);
                any = _mm512_or_si512(any, stay);
            }
            some |= static_cast<uint64_t>(_mm512_test_epi64_mask(any, any)) << lane * LANES;
        }
#else
        uint64_t need_not[BLOCK], any[BLOCK] = {};
        for (int64_t r = 0; r < lanes_ * LANES; r++) need_not[r] = -(passed >> r & 1);
        for (int64_t w = 0; w < words_; w++) {
            const uint64_t known = knowing(branch, w);
            for (int64_t r = 0; r < lanes_ * LANES; r++) {
                to[w * BLOCK + r] = from[w * BLOCK + r] & (known | need_not[r]);
                any[r] |= to[w * BLOCK + r];
            }
        }
        for (int64_t r = 0; r < lanes_ * LANES; r++) some |= static_cast<uint64_t>(any[r] != 0) << r;
#endif
        return some;
    }
};

}  // namespace MXT_ISA
}  // namespace mxt
