// What all walks down a tree have in common: rows, the background rows left for each, and what a path has asked.
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

constexpr int64_t BLOCK = 8192;          // most rows that walk together
constexpr int64_t LEFT_WORDS = 1 << 14;  // most words of background rows left for them at a level of the tree
constexpr int64_t ALL_WORDS = 1 << 20;   // and at all levels, unless 64 rows have more
constexpr int MOST_GROUPS = 4;           // of eight players of a path, for which there is code of its own
constexpr int ALL_GROUPS = 128;          // that a path may ask: trees of 1,000 levels are the deepest

class Walker {
  public:
    // For `rows` rows in all.
    Walker(const Walk& walk, int64_t rows, int64_t background_rows, const uint64_t* known)
        : walk_(walk), trail_(walk.trail), words_((background_rows + 63) / 64),
          most_groups_((trail_.most_asked + 7) / 8), block_(block_of(rows)), known_(known),
          left_(static_cast<size_t>(trail_.levels + 1) * words_ * block_),
          some_(static_cast<size_t>(trail_.levels + 1) * block_ / 64), every_(words_, ~uint64_t{0}),
          path_(trail_.most_asked + 1, 0), passed_(static_cast<size_t>(most_groups_) * block_),
          failed_(static_cast<size_t>(most_groups_) * words_ * 64), few_(words_ * 64), many_(words_ * 64),
          alike_(words_ * 64), first_(words_) {
        if (background_rows % 64) every_.back() = (uint64_t{1} << background_rows % 64) - 1;
    }
    virtual ~Walker() = default;

    int64_t block() const { return block_; }

    // Rows whose answers to the trail's masks are `masks`, words for `block` rows each; no more than these.
    void walk(const uint64_t* masks, int64_t rows) {
        masks_ = masks;
        row_words_ = (rows + 63) / 64;
        for (int64_t w = 0; w < words_; w++) std::fill_n(left_.data + w * block_, row_words_ * 64, every_[w]);
        for (int64_t w = 0; w < row_words_; w++)
            some_[w] = rows - w * 64 >= 64 ? ~uint64_t{0} : (uint64_t{1} << rows % 64) - 1;
        below(0, 0);
    }

  protected:
    const Walk& walk_;
    const Trail& trail_;
    const int64_t words_;
    const int most_groups_;
    const int64_t block_;
    int64_t row_words_ = 0;

    // A leaf that some rows reach, a bit each; `left` holds words of background rows, `block` of each.
    virtual void leaf(const Branch& branch, const uint64_t* left, const uint64_t* some) = 0;

    // All leaves below a branch that is the first to ask a player, and below its sibling, were reached.
    virtual void leave(const Branch&, const uint64_t*) {}

    // Calls work(row) for each of some rows.
    template <typename F>
    void for_each(const uint64_t* some, F work) const {
        for (int64_t w = 0; w < row_words_; w++)
            for (uint64_t bits = some[w]; bits; bits &= bits - 1) work(w * 64 + std::countr_zero(bits));
    }

    // For a group of eight slots, the players that a row passes, or that a background row fails, a bit each.
    uint8_t passed(int group, int64_t row) const { return passed_.data[group * block_ + row]; }
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

    void spread_answers(const Branch& branch, int groups, const uint64_t* some) {
        for (int64_t w = 0; w < row_words_; w++)
            for (int g = 0; some[w] && g < groups; g++) std::memset(passed_.data + g * block_ + w * 64, 0, 64);
        std::memset(failed_.data, 0, groups * words_ * 64);
        if (groups <= MOST_GROUPS) std::memset(few_.data, 0, words_ * 64);
        else std::memset(many_.data, 0, words_ * 64 * sizeof(uint16_t));
        for (int slot = 0; slot < branch.asked; slot++) {
            const Branch& asking = trail_.branches[path_[slot]];
            const auto bit = static_cast<uint8_t>(1 << slot % 8);
            for (int64_t w = 0; w < row_words_; w++)
                if (some[w]) spread(passing(asking, w), bit, passed_.data + slot / 8 * block_ + w * 64);
            for (int64_t w = 0; w < words_; w++) {
                const uint64_t fails = ~knowing(asking, w);
                spread(fails, bit, failed_.data + (slot / 8 * words_ + w) * 64);
                if (groups <= MOST_GROUPS) spread(fails, uint8_t{1}, few_.data + w * 64);
                else spread(fails, uint16_t{1}, many_.data + w * 64);
            }
        }
    }

    // Background rows that fail the same players count as one; without a search, each as itself.
    void find_alike(int groups, bool search) {
        first_ = every_;
        searched_ = search;
        if (!search) return;
        std::fill_n(alike_.data, words_ * 64, 1);
        if (seen_.empty()) seen_.resize(std::bit_ceil<size_t>(words_ * 128));
        const size_t last = seen_.size() - 1;
        leaves_++;
        for (int64_t z = 0; z < words_ * 64; z++) {
            if (!(every_[z / 64] >> z % 64 & 1)) continue;
            uint64_t fails = 0;
            for (int g = 0; g < groups; g++) fails |= static_cast<uint64_t>(*failed(g, z)) << 8 * g;
            size_t at = (fails * 0x9e3779b97f4a7c15u >> 40) & last;
            while (seen_[at].leaf == leaves_ && seen_[at].fails != fails) at = (at + 1) & last;
            if (seen_[at].leaf != leaves_) {
                seen_[at] = {fails, leaves_, z};
            } else {
                alike_.data[seen_[at].first]++;
                first_[z / 64] &= ~(uint64_t{1} << z % 64);
            }
        }
    }
    // For a background row that is the first of its like, how many there are; and a word of such rows.
    int64_t alike(int64_t row) const { return searched_ ? alike_.data[row] : 1; }
    uint64_t first_alike(int64_t word) const { return first_[word]; }

    int32_t player(int slot) const { return trail_.branches[path_[slot]].player; }

  private:
    const uint64_t *known_, *masks_ = nullptr;
    struct Seen {
        uint64_t fails = 0;
        int64_t leaf = 0, first = 0;
    };

    Aligned<uint64_t> left_;      // level, word of background rows, row
    std::vector<uint64_t> some_;  // level, word of rows: those for which any are left
    std::vector<uint64_t> every_;
    std::vector<int32_t> path_;  // for each slot the last branch that asked it
    Aligned<uint8_t> passed_, failed_, few_;
    Aligned<uint16_t> many_;
    Aligned<int32_t> alike_;
    std::vector<uint64_t> first_;
    std::vector<Seen> seen_;  // background rows by the hash of what they fail
    int64_t leaves_ = 0;
    bool searched_ = false;

    int64_t block_of(int64_t rows) const {
        const int64_t held = std::min(LEFT_WORDS, ALL_WORDS / (trail_.levels + 1)) / words_ / 64 * 64;
        return std::min({BLOCK, std::max(held, int64_t{64}), (rows + 63) / 64 * 64});
    }

    uint64_t passing(const Branch& branch, int64_t word) const {
        return masks_[branch.mask * (block_ / 64) + word] ^ (branch.inverted ? ~uint64_t{0} : 0);
    }
    uint64_t knowing(const Branch& branch, int64_t word) const {
        return known_[branch.mask * words_ + word] ^ (branch.inverted ? ~uint64_t{0} : 0);
    }
    uint64_t* left(int level) { return left_.data + level * words_ * block_; }
    uint64_t* some(int level) { return some_.data() + level * (block_ / 64); }

    void below(int32_t number, int level) {
        if (trail_.leaf(number)) {
            if (trail_.branches[number].asked) leaf(trail_.branches[number], left(level), some(level));
            return;
        }
        for (const int32_t child : {trail_.left(number), trail_.right(number)}) {
            if (walk_.walked && !walk_.walked[child]) continue;
            const Branch& branch = trail_.branches[child];
            const int32_t before = path_[branch.slot];
            path_[branch.slot] = child;
            if (take(branch, level)) below(child, level + 1);
            path_[branch.slot] = before;
        }
        const Branch& first = trail_.branches[trail_.left(number)];
        if (first.fresh) leave(first, some(level));
    }

    // For each row the background rows that pass a branch, or need not because it does; says whether there are any.
    bool take(const Branch& branch, int level) {
        uint64_t any = 0;
        for (int64_t w = 0; w < row_words_; w++) {
            const uint64_t rows = some(level)[w];
            some(level + 1)[w] = rows & take(branch, w, rows, left(level) + w * 64, left(level + 1) + w * 64);
            any |= some(level + 1)[w];
        }
        return any != 0;
    }

    // The same for some of 64 rows, a bit each.
    uint64_t take(const Branch& branch, int64_t word, uint64_t rows, const uint64_t* from, uint64_t* to) const {
        const uint64_t passed = passing(branch, word);
        const int64_t lanes = (std::bit_width(rows) + LANES - 1) / LANES;
        uint64_t found = 0;
#if defined(MXT_AVX512)
        for (int64_t lane = 0; lane < lanes; lane++) {
            const auto misses = static_cast<__mmask8>(~passed >> lane * LANES);
            __m512i any = _mm512_setzero_si512();
            for (int64_t w = 0; w < words_; w++) {
                const __m512i known = _mm512_set1_epi64(static_cast<int64_t>(knowing(branch, w)));
                const __m512i v = _mm512_load_si512(from + w * block_ + lane * LANES);
                const __m512i stay = _mm512_mask_and_epi64(v, misses, v, known);
                _mm512_store_si512(to + w * block_ + lane * LANES, stay);
                any = _mm512_or_si512(any, stay);
            }
            found |= static_cast<uint64_t>(_mm512_test_epi64_mask(any, any)) << lane * LANES;
        }
#else
        uint64_t need_not[64], any[64] = {};
        for (int64_t r = 0; r < 64; r++) need_not[r] = -(passed >> r & 1);
        for (int64_t w = 0; w < words_; w++) {
            const uint64_t known = knowing(branch, w);
            for (int64_t r = 0; r < lanes * LANES; r++) {
                to[w * block_ + r] = from[w * block_ + r] & (known | need_not[r]);
                any[r] |= to[w * block_ + r];
            }
        }
        for (int64_t r = 0; r < lanes * LANES; r++) found |= static_cast<uint64_t>(any[r] != 0) << r;
#endif
        return found;
    }
};

}  // namespace MXT_ISA
}  // namespace mxt
