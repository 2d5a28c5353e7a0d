// What leaves give to the rows that reach them in a walk. Compiled once for each vector unit.
#include "walker.hpp"

namespace mxt {
namespace MXT_ISA {
namespace {

constexpr int64_t MANY = 128;  // rows that reach a leaf, for which it pays to look for background rows that are alike

// A walk counts in whole numbers, or in doubles where background rows do not count alike.
inline void round_to(double x, int64_t& to) { to = std::llrint(x); }
inline void round_to(double x, double& to) { to = x; }

// What a leaf is worth, by how many players the explained row misses and the background's fails; made when needed.
template <typename N>
class LeafWeights {
  public:
    LeafWeights(const Weights& weights, int most)
        : weights_(weights), size_(most + 1), made_(size_), win_(size_ * size_), loss_(size_ * size_) {}

    void start(double value, int asked) {
        value_ = value;
        asked_ = asked;
        std::fill_n(made_.begin(), asked + 1, 0);
    }
    void make(int misses) {
        if (made_[misses]) return;
        made_[misses] = 1;
        for (int fails = 0; fails <= asked_ - misses; fails++) {
            round_to(mxt::win(weights_, value_, fails, misses), win_.data[misses * size_ + fails]);
            round_to(mxt::loss(weights_, value_, fails, misses), loss_.data[misses * size_ + fails]);
        }
    }
    const N* win(int misses) const { return win_.data + misses * size_; }
    const N* loss(int misses) const { return loss_.data + misses * size_; }

  private:
    const Weights& weights_;
    size_t size_;
    std::vector<uint8_t> made_;
    Aligned<N> win_, loss_;
    double value_ = 0;
    int asked_ = 0;
};

template <typename N>
class ValueWalker : public Walker {
  public:
    ValueWalker(const Walk& walk, int64_t rows, int64_t first_known, int64_t background_rows, const uint64_t* known)
        : Walker(walk, rows, background_rows, known), first_known_(first_known),
          weights_(walk.weights, trail_.most_asked), sums_(static_cast<size_t>(block_) * most_groups_ * LANES),
          answers_(static_cast<size_t>(block_) * most_groups_ * LANES) {
        std::fill_n(sums_.data, sums_.size, N{0});
    }

    // Where values go, a column of `stride` rows for each player; `row` is the first of the slopes.
    void start(N* phi, int64_t stride, int64_t row) {
        phi_ = phi;
        stride_ = stride;
        if (walk_.slopes) slopes_ = walk_.slopes + row * walk_.background.rows + first_known_;
    }

  private:
    struct Place {
        uint64_t pattern = 0;
        uint32_t leaf = 0, answer = 0;  // the first leaf has the number 1
    };

    int64_t first_known_;
    LeafWeights<N> weights_;
    Aligned<N> sums_;     // row, slot: what the path's players got since they were first asked
    Aligned<N> answers_;  // of one leaf: pattern of passed players, slot
    std::vector<Place> places_;  // of patterns, by their hash
    uint32_t leaf_ = 0;
    bool many_ = false;  // rows reach the leaf, so that some may pass the same players
    N* phi_ = nullptr;
    int64_t stride_ = 0;
    const double* slopes_ = nullptr;

    void leaf(const Branch& branch, const uint64_t* left, const uint64_t* some) override {
        const int groups = (branch.asked + 7) / 8;
        spread_answers(branch, groups, some);
        int64_t rows = 0;
        for (int64_t w = 0; w < row_words_; w++) rows += std::popcount(some[w]);
        many_ = std::is_same_v<N, int64_t> && groups <= MOST_GROUPS && rows > MANY;
        find_alike(groups, many_);
        weights_.start(std::ldexp(walk_.forest.value[branch.node], walk_.exponent), branch.asked);
        if (many_ && ++leaf_ == 1) places_.assign(2 * std::bit_ceil<size_t>(block_), Place{});
        switch (groups) {
            case 1: return add_rows<1>(branch, groups, left, some);
            case 2: return add_rows<2>(branch, groups, left, some);
            case 3: return add_rows<3>(branch, groups, left, some);
            case 4: return add_rows<4>(branch, groups, left, some);
            default: return add_rows<0>(branch, groups, left, some);
        }
    }

    void leave(const Branch& branch, const uint64_t* some) override {
        const int64_t width = most_groups_ * LANES;
        N *to = phi_ + walk_.columns[branch.player] * stride_, *from = sums_.data + branch.slot;
        for_each(some, [&](int64_t r) {
            to[r] += from[r * width];
            from[r * width] = 0;
        });
    }

    // Rows that pass the same players of the path get the same, unless background rows count otherwise for each.
    template <int GROUPS>
    void add_rows(const Branch& branch, int groups, const uint64_t* left, const uint64_t* some) {
        const int count = GROUPS ? GROUPS : groups;
        uint32_t answers = 0;
        for_each(some, [&](int64_t r) {
            uint32_t answer = answers;
            if (many_) answer = find(pattern<GROUPS>(r), branch.asked, answers);
            N* found = answers_.data + answer * count * LANES;
            if (answer == answers) {
                make_answer<GROUPS>(branch, count, left + r, r, found);
                if (many_) answers++;
            }
            N* sums = sums_.data + r * most_groups_ * LANES;
            for (int g = 0; g < count; g++)
                store(sums + g * LANES, add(load(sums + g * LANES), load(found + g * LANES)));
        });
    }

    template <int GROUPS>
    uint64_t pattern(int64_t row) const {
        uint64_t found = 0;
        for (int g = 0; g < GROUPS; g++) found |= static_cast<uint64_t>(passed(g, row)) << 8 * g;
        return found;
    }

    // The number of the answer for a pattern, which is `next` if there is none yet.
    uint32_t find(uint64_t pattern, int asked, uint32_t next) {
        const size_t last = places_.size() - 1;
        size_t at = (asked <= std::bit_width(last) ? pattern : pattern * 0x9e3779b97f4a7c15u >> 40) & last;
        while (places_[at].leaf == leaf_ && places_[at].pattern != pattern) at = (at + 1) & last;
        if (places_[at].leaf == leaf_) return places_[at].answer;
        places_[at] = {pattern, leaf_, next};
        return next;
    }

    template <int GROUPS>
    void make_answer(const Branch& branch, int groups, const uint64_t* left, int64_t row, N* answer) {
        using V = decltype(all(N{}));
        V won[GROUPS ? GROUPS : ALL_GROUPS];
        const int misses = count_missed(branch, groups, row);
        weights_.make(misses);
        for (int g = 0; g < groups; g++) won[g] = all(N{0});
        const N lost = against<GROUPS>(left, row, groups, misses, won);
        for (int g = 0; g < groups; g++) {
            const uint8_t losers = missed(branch, g, row);
            store(answer + g * LANES, add(won[g], kept(mask(&losers), all(-lost))));
        }
    }

    // One row against the background rows left for it: what each player wins that they fail, and each other loses.
    template <int GROUPS, typename V>
    N against(const uint64_t* left, int64_t row, int groups, int misses, V* won) const {
        const N *win = weights_.win(misses), *loss = weights_.loss(misses);
        const int count = GROUPS ? GROUPS : groups;
        N lost = 0;
        int64_t rows = 0;
        for (int64_t w = 0; w < words_; w++) rows += std::popcount(left[w * block_] & first_alike(w));
        int64_t word = 0;
        for (uint64_t some = left[0] & first_alike(0); rows; rows--, some &= some - 1) {
            while (!some) {
                word++;
                some = left[word * block_] & first_alike(word);
            }
            const int64_t z = word * 64 + std::countr_zero(some);
            const int fails = count_failed<GROUPS>(z);
            N gain = win[fails], cost = loss[fails];
            if constexpr (std::is_same_v<N, double>) {
                gain *= slopes_[row * walk_.background.rows + z];
                cost *= slopes_[row * walk_.background.rows + z];
            } else {
                gain *= alike(z);
                cost *= alike(z);
            }
            lost += cost;
            for (int g = 0; g < count; g++) won[g] = add(won[g], kept(mask(failed(g, z)), all(gain)));
        }
        return lost;
    }
};

// Interactions: half of what each two players of a path get that both present, both absent, or one of each matter.
class PairWalker : public Walker {
  public:
    PairWalker(const Walk& walk, int64_t rows, int64_t, int64_t background_rows, const uint64_t* known)
        : Walker(walk, rows, background_rows, known),
          won_(static_cast<size_t>(most_groups_) * LANES * (most_groups_ * LANES + 1)) {}

    // Where they go, a column of `stride` rows for each two columns of players.
    void start(int64_t* phi, int64_t stride, int64_t) {
        phi_ = phi;
        stride_ = stride;
    }

  private:
    Aligned<int64_t> won_;  // slot, slot; and a last row for what one wins while another loses
    std::vector<int64_t> both_win_, one_wins_, both_lose_;
    int64_t* phi_ = nullptr;
    int64_t stride_ = 0;

    void leaf(const Branch& branch, const uint64_t* left, const uint64_t* some) override {
        if (branch.asked < 2) return;
        const int groups = (branch.asked + 7) / 8;
        spread_answers(branch, groups, some);
        for_each(some, [&](int64_t r) {
            if (groups <= MOST_GROUPS) add_row<1>(branch, groups, left + r, r);
            else add_row<0>(branch, groups, left + r, r);
        });
    }

    void weigh(const Branch& branch, int misses) {
        const double value = 0.5 * std::ldexp(walk_.forest.value[branch.node], walk_.exponent);
        for (std::vector<int64_t>* weights : {&both_win_, &one_wins_, &both_lose_})
            weights->assign(branch.asked + 1, 0);
        for (int fails = 0; fails <= branch.asked - misses; fails++) {
            if (fails > 1) both_win_[fails] = std::llrint(value * walk_.weights(fails - 2, misses));
            if (fails && misses) one_wins_[fails] = std::llrint(value * walk_.weights(fails - 1, misses - 1));
            if (misses > 1) both_lose_[fails] = std::llrint(value * walk_.weights(fails, misses - 2));
        }
    }

    template <int GROUPS>
    void add_row(const Branch& branch, int groups, const uint64_t* left, int64_t row) {
        const int64_t width = most_groups_ * LANES;
        weigh(branch, count_missed(branch, groups, row));
        std::fill_n(won_.data, (branch.asked + 1) * width, 0);
        int64_t lost = 0;
        for (int64_t w = 0; w < words_; w++)
            for (uint64_t some = left[w * block_]; some; some &= some - 1) {
                const int64_t z = w * 64 + std::countr_zero(some);
                const int fails = count_failed<GROUPS>(z);
                lost += both_lose_[fails];
                add_where(groups, z, one_wins_[fails], won_.data + branch.asked * width);
                for (int g = 0; g < groups; g++)
                    for (unsigned bits = *failed(g, z); bits; bits &= bits - 1)
                        add_where(groups, z, both_win_[fails], won_.data + (g * 8 + std::countr_zero(bits)) * width);
            }
        for (int i = 1; i < branch.asked; i++)
            for (int j = 0; j < i; j++) {
                const bool one = passed(i / 8, row) >> i % 8 & 1, other = passed(j / 8, row) >> j % 8 & 1;
                const int64_t* mixed = won_.data + branch.asked * width;
                int64_t found = one ? won_.data[i * width + j] : lost;
                if (one != other) found = -mixed[one ? i : j];
                const auto [low, high] = std::minmax({walk_.columns[player(i)], walk_.columns[player(j)]});
                phi_[(static_cast<int64_t>(high) * (high - 1) / 2 + low) * stride_ + row] += found;
            }
    }

    // Adds to the players that a background row fails.
    void add_where(int groups, int64_t z, int64_t number, int64_t* sums) const {
        for (int g = 0; g < groups; g++)
            store(sums + g * LANES, add(load(sums + g * LANES), kept(mask(failed(g, z)), all(number))));
    }
};

}  // namespace

// Which rows pass each of the trail's masks: `words` words of them for each.
void answer_tests(const Trail& trail, const Sets& sets, const Codes& codes, int64_t first, int64_t rows,
                  uint64_t* masks, int64_t words) {
    make_masks(trail.tests, sets, codes, first, rows, masks, words);
    combine_masks(trail.both, trail.tests.size(), rows, masks, words);
}

namespace {

template <typename W, typename N>
void walk_rows(const Walk& walk, const Codes& codes, int64_t first, int64_t last, N* phi, int64_t stride) {
    const Trail& trail = walk.trail;
    std::vector<uint64_t> known, masks;
    for (int64_t from = 0; from < walk.background.rows; from += SLICE) {
        const int64_t count = std::min(SLICE, walk.background.rows - from), words = (count + 63) / 64;
        if (!walk.answers) {
            known.resize(trail.masks() * words);
            answer_tests(trail, walk.forest.sets, walk.background, from, count, known.data(), words);
        }
        W walker(walk, last - first, from, count, walk.answers ? walk.answers : known.data());
        const int64_t block = walker.block();
        masks.resize(trail.masks() * (block / 64));
        for (int64_t start = first; start < last; start += block) {
            const int64_t rows = std::min(block, last - start);
            answer_tests(trail, walk.forest.sets, codes, start, rows, masks.data(), block / 64);
            walker.start(phi + start - first, stride, start - first);
            walker.walk(masks.data(), rows);
        }
    }
}

}  // namespace

void walk_values(const Walk& walk, const Codes& codes, int64_t first, int64_t last, int64_t* phi, int64_t stride) {
    walk_rows<ValueWalker<int64_t>>(walk, codes, first, last, phi, stride);
}

void walk_slopes(const Walk& walk, const Codes& codes, int64_t first, int64_t last, double* phi, int64_t stride) {
    walk_rows<ValueWalker<double>>(walk, codes, first, last, phi, stride);
}

void walk_pairs(const Walk& walk, const Codes& codes, int64_t first, int64_t last, int64_t* phi, int64_t stride) {
    walk_rows<PairWalker>(walk, codes, first, last, phi, stride);
}

}  // namespace MXT_ISA
}  // namespace mxt
