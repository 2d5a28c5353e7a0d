// Fills tables and looks rows up in them. Compiled once for each vector unit.
#include "masks.hpp"
#include "tables.hpp"
#include "vector.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace mxt {
namespace MXT_ISA {
namespace {

constexpr int64_t CHUNK = 2048;  // rows whose tests are answered at once

// The pattern of each row's answers to the unit's masks, `words` of 64 rows.
void make_pattern(const std::vector<int32_t>& masks, const uint64_t* bits, int64_t stride, int64_t words,
                  uint16_t* pattern) {
    for (int64_t r = 0; r < words; r++) {
        uint16_t* place = pattern + r * 64;
        std::memset(place, 0, 64 * sizeof(uint16_t));
        for (size_t i = 0; i < masks.size(); i++)
            spread(bits[masks[i] * stride + r], static_cast<uint16_t>(1 << i), place);
    }
}

// What each pattern of an explained row gets from one leaf, added to the unit's table.
class Filler {
  public:
    Filler(const Weights& weights, int exponent) : weights_(weights), exponent_(exponent) {}

    // `counts` says how many background rows have each pattern of the unit.
    void add(const TableUnit& unit, const TableLeaf& leaf, const std::vector<uint32_t>& counts, int64_t* table) {
        if (leaf.places.empty()) return;
        asked_ = static_cast<int>(leaf.places.size());
        bits_ = std::max(asked_, 3);
        translate(leaf, counts);
        weigh(std::ldexp(leaf.value, exponent_));
        add_levels();
        lines_.resize(LINE << bits_);
        const auto patterns = static_cast<int64_t>(counts.size());
        for (int64_t line = 0; line < unit.lines(); line++) {
            make_lines(leaf, line);
            for (int64_t p = 0; p < patterns; p++) {
                int64_t* to = table + (line * patterns + p) * LINE;
                store(to, mxt::MXT_ISA::add(load(to), load(lines_.data() + passed_[p] * LINE)));
            }
        }
    }

  private:
    struct Numbers {  // aligned, and as many as were ever needed
        Aligned<int64_t> held{0};
        void resize(int64_t count) {
            if (static_cast<int64_t>(held.size) < count) held = Aligned<int64_t>(count);
        }
        int64_t* data() { return held.data; }
        int64_t& operator[](int64_t i) { return held.data[i]; }
    };

    const Weights& weights_;
    int exponent_;
    int asked_ = 0, bits_ = 0;
    std::vector<uint16_t> passed_;  // players of the leaf, for each pattern of the unit
    struct Fails {
        size_t players;
        uint32_t rows;
    };
    std::vector<std::vector<Fails>> levels_;  // background rows by the players that they fail, by how many these are
    std::vector<uint32_t> fails_;   // for each set of players, how many background rows fail just these
    std::vector<uint32_t> counts_;  // level, set of players
    Numbers wins_, other_wins_, losses_;  // as the weights, summed over background rows that are left
    Numbers win_, loss_;                  // weights, by how many the explained row misses and the background's fails
    Numbers lane_weights_, lines_;

    void translate(const TableLeaf& leaf, const std::vector<uint32_t>& counts) {
        const size_t size = size_t{1} << bits_;
        passed_.assign(counts.size(), static_cast<uint16_t>(size - (size_t{1} << asked_)));
        for (int j = 0; j < asked_; j++) {
            const auto on = static_cast<uint16_t>(leaf.on[j]), off = static_cast<uint16_t>(leaf.off[j]);
            for (size_t p = 0; p < counts.size(); p++) {
                const auto pattern = static_cast<uint16_t>(p);
                const bool passes = ((pattern & on) == on) & ((pattern & off) == 0);
                passed_[p] = static_cast<uint16_t>(passed_[p] | passes << j);
            }
        }
        fails_.assign(size, 0);
        for (size_t p = 0; p < counts.size(); p++)
            if (counts[p]) fails_[~size_t{passed_[p]} & (size - 1)] += counts[p];
        if (static_cast<int>(levels_.size()) <= asked_) levels_.resize(asked_ + 1);
        for (std::vector<Fails>& level : levels_) level.clear();
        for (size_t players = 0; players < size; players++)
            if (fails_[players]) levels_[std::popcount(players)].push_back({players, fails_[players]});
        for (Numbers* sums : {&wins_, &other_wins_, &losses_}) sums->resize(static_cast<int64_t>(size));
    }

    // Rounded as the walk rounds them.
    void weigh(double value) {
        const int64_t wide = asked_ + 1;
        win_.resize(wide * wide);
        loss_.resize(wide * wide);
        for (int misses = 0; misses <= asked_; misses++)
            for (int fails = 0; fails <= asked_; fails++) {
                const bool possible = fails + misses <= asked_;
                win_[misses * wide + fails] = possible ? std::llrint(win(weights_, value, fails, misses)) : 0;
                loss_[misses * wide + fails] = possible ? std::llrint(loss(weights_, value, fails, misses)) : 0;
            }
    }

    // For each set of players, the background rows that fail so many players, all of them in the set.
    void count_level(int failed, uint32_t* level) const {
        const size_t size = size_t{1} << bits_;
        std::fill_n(level, size, 0);
        for (const Fails& fails : levels_[failed])  // the first three players here, the others eight sets at a time
            for (size_t lane = fails.players % LINE; lane < LINE; lane = (lane + 1) | fails.players % LINE)
                level[fails.players / LINE * LINE + lane] += fails.rows;
        for (int bit = 3; bit < bits_; bit++)
            for (size_t start = 0; start < size; start += size_t{2} << bit) {
                const uint32_t* from = level + start;
                uint32_t* to = level + start + (size_t{1} << bit);
                for (size_t p = 0; p < size_t{1} << bit; p += LINE)
                    for (int lane = 0; lane < LINE; lane++) to[p + lane] += from[p + lane];
            }
    }

    // Weights for eight patterns that differ in their last three bits, by how many bits are set before those.
    void weigh_lanes(int failed, int64_t* win, int64_t* other_win, int64_t* loss) {
        const int wide = asked_ + 1;
        for (int before = 0; before <= bits_ - 3; before++)
            for (unsigned lane = 0; lane < LINE; lane++) {
                const int missed = bits_ - before - std::popcount(lane), place = before * LINE + static_cast<int>(lane);
                win[place] = missed <= asked_ ? win_[missed * wide + failed] : 0;
                other_win[place] = missed && missed - 1 <= asked_ ? win_[(missed - 1) * wide + failed] : 0;
                loss[place] = missed <= asked_ ? loss_[missed * wide + failed] : 0;
            }
    }

    void add_levels() {
        const int64_t size = int64_t{1} << bits_, width = (bits_ - 2) * LINE;
        counts_.resize(static_cast<size_t>(size * (asked_ + 1)));
        lane_weights_.resize(3 * width * (asked_ + 1));
        int levels = 0;
        for (int failed = 0; failed <= asked_; failed++) {
            if (levels_[failed].empty()) continue;
            int64_t* weights = lane_weights_.data() + 3 * width * levels;
            weigh_lanes(failed, weights, weights + width, weights + 2 * width);
            count_level(failed, counts_.data() + size * levels++);
        }
        for (int64_t p = 0; p < size; p += LINE) {
            const int64_t* weights = lane_weights_.data() + std::popcount(static_cast<uint64_t>(p)) * LINE;
            Ints win = all(int64_t{0}), other_win = win, loss = win;
            for (int level = 0; level < levels; level++, weights += 3 * width) {
                const Ints rows = load(counts_.data() + size * level + p);
                win = mxt::MXT_ISA::add(win, multiply(load(weights), rows));
                other_win = mxt::MXT_ISA::add(other_win, multiply(load(weights + width), rows));
                loss = mxt::MXT_ISA::add(loss, multiply(load(weights + 2 * width), rows));
            }
            store(wins_.data() + p, win);
            store(other_wins_.data() + p, other_win);
            store(losses_.data() + p, loss);
        }
    }

    // Where a player passes, it gets what background rows are worth that are left with it, but not without it.
    void make_lines(const TableLeaf& leaf, int64_t line) {
        int players[LINE];
        std::fill_n(players, LINE, -1);
        for (int j = 0; j < asked_; j++)
            if (leaf.places[j] / LINE == line) players[leaf.places[j] % LINE] = j;
        for (int64_t p = 0; p < int64_t{1} << bits_; p += LINE) {
            const Ints nothing = all(int64_t{0}), all_left = load(wins_.data() + p);
            const Ints none = subtract(nothing, load(losses_.data() + p));
            Ints columns[LINE];
            for (int i = 0; i < LINE; i++)
                columns[i] = players[i] < 0 ? nothing : column(players[i], p, none, all_left);
            transpose(columns);
            for (int i = 0; i < LINE; i++) store(lines_.data() + (p + i) * LINE, columns[i]);
        }
    }

    Ints column(int player, int64_t p, Ints none, Ints all_left) {
        static constexpr uint8_t ODD[3] = {0xaa, 0xcc, 0xf0};
        const int64_t bit = int64_t{1} << player;
        if (player >= 3) return p & bit ? subtract(all_left, load(other_wins_.data() + (p ^ bit))) : none;
        const Ints others = load(other_wins_.data() + p);
        const Ints without = player == 0 ? flip<0>(others) : player == 1 ? flip<1>(others) : flip<2>(others);
        return choose(mask(&ODD[player]), subtract(all_left, without), none);
    }
};

// Adds to the columns of a unit's players, eight rows at a time.
void add_lines(const TableUnit& unit, const int64_t* table, const int32_t* places, const uint16_t* pattern,
               int64_t rows, int64_t* phi, int64_t stride) {
    const auto players = static_cast<int64_t>(unit.players.size());
    for (int64_t line = 0; line < unit.lines(); line++, table += LINE << unit.masks.size()) {
        const int64_t count = std::min<int64_t>(LINE, players - line * LINE);
        int64_t* columns[LINE];
        for (int64_t j = 0; j < count; j++) columns[j] = phi + places[unit.players[line * LINE + j]] * stride;
        for (int64_t r = 0; r < rows; r += LANES) {
            Ints found[LANES];
            for (int i = 0; i < LANES; i++) found[i] = load(table + pattern[r + i] * LINE);
            transpose(found);
            for (int64_t j = 0; j < count; j++) store(columns[j] + r, add(load(columns[j] + r), found[j]));
        }
    }
}

}  // namespace

void fill_tables(const TableBatch& batch, const Weights& weights, int exponent, const Sets& sets,
                 const Codes& background, int64_t* tables) {
    const size_t masks = batch.tests.size() + batch.both.size();
    std::vector<uint64_t> bits(masks * (SLICE / 64));
    std::vector<std::vector<uint32_t>> counts(batch.units.size());
    for (size_t i = 0; i < counts.size(); i++) counts[i].assign(size_t{1} << batch.units[i].masks.size(), 0);
    Aligned<uint16_t> pattern(SLICE);
    for (int64_t first = 0; first < background.rows; first += SLICE) {
        const int64_t rows = std::min(SLICE, background.rows - first), words = (rows + 63) / 64;
        make_masks(batch.tests, sets, background, first, rows, bits.data(), words);
        combine_masks(batch.both, batch.tests.size(), rows, bits.data(), words);
        for (size_t i = 0; i < counts.size(); i++) {
            make_pattern(batch.units[i].masks, bits.data(), words, words, pattern.data);
            for (int64_t r = 0; r < rows; r++) counts[i][pattern.data[r]]++;
        }
    }
    std::fill_n(tables, batch.entries, 0);
    Filler filler(weights, exponent);
    for (size_t i = 0; i < counts.size(); i++)
        for (const TableLeaf& leaf : batch.units[i].leaves)
            filler.add(batch.units[i], leaf, counts[i], tables + batch.units[i].start);
}

void look_up_tables(const TableBatch& batch, const int64_t* tables, const int32_t* columns, const Sets& sets,
                    const Codes& codes, int64_t first, int64_t last, int64_t* phi, int64_t stride) {
    Aligned<uint64_t> bits((batch.tests.size() + batch.both.size()) * (CHUNK / 64));
    Aligned<uint16_t> pattern(CHUNK);
    for (int64_t start = first; start < last; start += CHUNK) {
        const int64_t rows = std::min(CHUNK, last - start);
        make_masks(batch.tests, sets, codes, start, rows, bits.data, CHUNK / 64);
        combine_masks(batch.both, batch.tests.size(), rows, bits.data, CHUNK / 64);
        for (const TableUnit& unit : batch.units) {
            make_pattern(unit.masks, bits.data, CHUNK / 64, (rows + 63) / 64, pattern.data);
            add_lines(unit, tables + unit.start, columns, pattern.data, rows, phi + start - first, stride);
        }
    }
}

}  // namespace MXT_ISA
}  // namespace mxt
