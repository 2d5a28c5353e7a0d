#include "tables.hpp"

#include <algorithm>
#include <bit>

namespace mxt {
namespace {

// Nanoseconds on one core of an AMD EPYC with AVX-512. They choose between ways to the same numbers.
constexpr double PASS_BY = 0.03;  // a branch that none of 64 rows reaches, for each of them
constexpr double BRANCH = 0.6;    // one that some of them reach
constexpr double LEAF = 2.0;      // a leaf that some of them reach
constexpr double LEFT = 3.0;      // a leaf for which background rows are left
constexpr double PAIR = 0.7;      // each of these rows
constexpr double CROWD = 2.5;     // background rows that are left where any are, as long as they are few
constexpr double UNIT = 0.4;      // a unit of tables, for a row
constexpr double BIT = 0.06;      // each bit of its pattern
constexpr double NEAR = 0.7;      // a line in the first cache, in the second, and beyond
constexpr double FAR = 1.6;
constexpr double FURTHER = 3.0;
constexpr int64_t NEAR_BYTES = 1 << 15, FAR_BYTES = 1 << 19;
constexpr double FILLED = 1000;   // to prepare each leaf of a unit
constexpr double NUMBER = 0.23;   // and to fill in a number of the table for it
constexpr double COUNT = 0.3;     // to count a bit of a background row's pattern

struct Cost {
    double best, walk;
    int tests;
};

class Cutter {
  public:
    Cutter(const Trail& trail, const uint64_t* answers, int64_t background_rows, int64_t explained, double price)
        : trail_(trail), answers_(answers), explained_(static_cast<double>(explained)), price_(price),
          rows_(background_rows), seen_(std::min(background_rows, SLICE)), words_((seen_ + 63) / 64),
          passing_(trail.most_asked + 1, 1.0), unit_(trail.branches.size(), 0) {}

    Cut cut() {
        const Cost whole = cost(0, 1.0);
        Cut found;
        found.walk = whole.walk;
        found.walked.assign(trail_.branches.size(), 0);
        gather(0, found);
        found.look_up = whole.best - found.fill / explained_ - price_ * static_cast<double>(found.entries);
        return found;
    }

  private:
    const Trail& trail_;
    const uint64_t* answers_;
    double explained_, price_;
    int64_t rows_, seen_, words_;
    std::vector<double> passing_;  // share of pairs of rows of which one passes, for each slot
    std::vector<uint8_t> unit_;

    // As if the rows to explain were like the background's, and players did not depend on each other.
    double passing(const Branch& branch) const {
        int64_t passed = 0;
        for (int64_t w = 0; w < words_; w++) {
            const uint64_t all = w + 1 < words_ || seen_ % 64 == 0 ? ~uint64_t{0} : (uint64_t{1} << seen_ % 64) - 1;
            passed += std::popcount((answers_[branch.mask * words_ + w] ^ (branch.inverted ? ~uint64_t{0} : 0)) & all);
        }
        const double failed = 1 - static_cast<double>(passed) / static_cast<double>(seen_);
        return 1 - failed * failed;
    }

    Cost cost(int32_t number, double share) {
        const Branch& branch = trail_.branches[number];
        Cost found{0, 0, 0};
        const double pairs = share * static_cast<double>(rows_), left = pairs / (pairs + CROWD);
        const double reached = std::min(1.0, 64 * left);
        if (trail_.leaf(number)) {
            found.best = found.walk = branch.asked ? PASS_BY + reached * LEAF + left * LEFT + pairs * PAIR : 0;
        } else {
            found.best = found.walk = PASS_BY + reached * BRANCH;
            found.tests = 1;
            for (const int32_t child : {trail_.left(number), trail_.right(number)}) {
                const Branch& below = trail_.branches[child];
                const double before = passing_[below.slot], now = passing(below);
                passing_[below.slot] = now;
                const double others = below.fresh ? share : before > 0 ? share / before : 0;
                const Cost part = cost(child, others * now);
                passing_[below.slot] = below.fresh ? 1.0 : before;
                found.best += part.best;
                found.walk += part.walk;
                found.tests += part.tests;
            }
        }
        consider(number, found);
        return found;
    }

    void consider(int32_t number, Cost& found) {
        const Branch& branch = trail_.branches[number];
        const int bits = branch.asked + found.tests;
        if (bits > MOST_TABLE_BITS || bits == 0) return;
        const int64_t lines = (players(number) + LINE - 1) / LINE, entries = (lines * LINE) << bits;
        const double once = fill(bits, lines, found.tests), each = look_up(bits, lines, entries);
        const double all = each + once / explained_ + price_ * static_cast<double>(entries);
        if (all >= found.best) return;
        found.best = all;
        unit_[number] = 1;
    }

    double look_up(int bits, int64_t lines, int64_t entries) const {
        const int64_t bytes = entries * 8;
        const double line = bytes <= NEAR_BYTES ? NEAR : bytes <= FAR_BYTES ? FAR : FURTHER;
        return UNIT + BIT * bits + static_cast<double>(lines) * line;
    }

    double fill(int bits, int64_t lines, int tests) const {
        const auto numbers = static_cast<double>((1 + lines) * LINE << bits);
        return (FILLED + NUMBER * numbers) * (tests + 1) + COUNT * bits * static_cast<double>(rows_);
    }

    // Of the path to a branch and all below it.
    int64_t players(int32_t number) const {
        std::vector<int32_t> fresh;
        for (int32_t i = number + 1; i < trail_.branches[number].next; i++)
            if (trail_.branches[i].fresh) fresh.push_back(trail_.branches[i].player);
        std::sort(fresh.begin(), fresh.end());
        return trail_.branches[number].asked + (std::unique(fresh.begin(), fresh.end()) - fresh.begin());
    }

    bool gather(int32_t number, Cut& found) {
        if (unit_[number]) {
            const int32_t end = trail_.branches[number].next;
            const int tests = (end - number - 1) / 2, bits = trail_.branches[number].asked + tests;
            found.units.push_back(number);
            const int64_t lines = (players(number) + LINE - 1) / LINE;
            found.fill += fill(bits, lines, tests);
            found.entries += (lines * LINE) << bits;
            return false;
        }
        bool walked = trail_.leaf(number) && trail_.branches[number].asked > 0;
        if (!trail_.leaf(number)) {
            walked = gather(trail_.left(number), found);
            walked |= gather(trail_.right(number), found);
        }
        found.walked[number] = walked;
        return walked;
    }
};

}  // namespace

Cut cut_tree(const Trail& trail, const uint64_t* answers, int64_t background_rows, int64_t rows, double price) {
    return Cutter(trail, answers, background_rows, rows, price).cut();
}

}  // namespace mxt
