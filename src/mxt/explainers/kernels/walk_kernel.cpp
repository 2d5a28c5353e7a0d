// What leaves give to the rows that reach them in a walk. Compiled once for each vector unit.
#include "walker.hpp"

namespace mxt {
namespace MXT_ISA {
namespace {

inline Ints alike(int64_t x) { return all(x); }
inline Vec alike(double x) { return all(x); }

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
    void make(int missed) {
        if (made_[missed]) return;
        made_[missed] = 1;
        N *win = &win_[missed * size_], *loss = &loss_[missed * size_];
        for (int failed = 0; failed <= asked_ - missed; failed++) {
            round_to(failed ? value_ * weights_(failed - 1, missed) : 0.0, win[failed]);
            round_to(missed ? value_ * weights_(failed, missed - 1) : 0.0, loss[failed]);
        }
    }
    const N* win(int missed) const { return &win_[missed * size_]; }
    const N* loss(int missed) const { return &loss_[missed * size_]; }

  private:
    const Weights& weights_;
    size_t size_;
    std::vector<uint8_t> made_;
    std::vector<N> win_, loss_;
    double value_ = 0;
    int asked_ = 0;
};

template <typename N>
class ValueWalker : public Walker {
  public:
    ValueWalker(const Walk& walk, int64_t first_known, int64_t background_rows, const uint64_t* known)
        : Walker(walk, background_rows, known), first_known_(first_known), weights_(walk.weights, trail_.most_asked),
          sums_(static_cast<size_t>(BLOCK) * most_groups_ * LANES) {
        std::fill_n(sums_.data, sums_.size, N{0});
    }

    // Where values go, a column of `stride` rows for each player; `row` is the first of the slopes.
    void start(N* phi, int64_t stride, int64_t row) {
        phi_ = phi;
        stride_ = stride;
        if (walk_.slopes) slopes_ = walk_.slopes + row * walk_.background.rows + first_known_;
    }

  private:
    int64_t first_known_;
    LeafWeights<N> weights_;
    Aligned<N> sums_;  // row, slot: what the path's players got since they were first asked
    N* phi_ = nullptr;
    int64_t stride_ = 0;
    const double* slopes_ = nullptr;

    void leaf(const Branch& branch, const uint64_t* left, uint64_t rows) override {
        const int groups = (branch.asked + 7) / 8;
        spread_answers(branch, groups);
        weights_.start(walk_.forest.value[branch.node] * walk_.scale, branch.asked);
        switch (groups) {
            case 1: return add_rows<1>(branch, groups, left, rows);
            case 2: return add_rows<2>(branch, groups, left, rows);
            case 3: return add_rows<3>(branch, groups, left, rows);
            case 4: return add_rows<4>(branch, groups, left, rows);
            default: return add_rows<0>(branch, groups, left, rows);
        }
    }

    void leave(const Branch& branch, uint64_t rows) override {
        const int64_t width = most_groups_ * LANES;
        N *to = phi_ + branch.player * stride_, *from = sums_.data + branch.slot;
        for (; rows; rows &= rows - 1) {
            const int r = std::countr_zero(rows);
            to[r] += from[r * width];
            from[r * width] = 0;
        }
    }

    template <int GROUPS>
    void add_rows(const Branch& branch, int groups, const uint64_t* left, uint64_t rows) {
        using V = decltype(alike(N{}));
        const int count = GROUPS ? GROUPS : groups;
        V won[GROUPS ? GROUPS : ALL_GROUPS];
        for (; rows; rows &= rows - 1) {
            const int r = std::countr_zero(rows);
            const int misses = count_missed(branch, count, r);
            weights_.make(misses);
            for (int g = 0; g < count; g++) won[g] = alike(N{0});
            const N lost = against<GROUPS>(left + r, r, count, misses, won);
            for (int g = 0; g < count; g++) {
                const uint8_t losers = missed(branch, g, r);
                N* sums = sums_.data + (static_cast<int64_t>(r) * most_groups_ + g) * LANES;
                store(sums, add(load(sums), add(won[g], kept(mask(&losers), alike(-lost)))));
            }
        }
    }

    // One row against the background rows left for it: what each player wins that they fail, and each other loses.
    template <int GROUPS, typename V>
    N against(const uint64_t* left, int row, int groups, int misses, V* won) const {
        const N *win = weights_.win(misses), *loss = weights_.loss(misses);
        const int count = GROUPS ? GROUPS : groups;
        N lost = 0;
        for (int64_t w = 0; w < words_; w++)
            for (uint64_t some = left[w * BLOCK]; some; some &= some - 1) {
                const int64_t z = w * 64 + std::countr_zero(some);
                const int fails = count_failed<GROUPS>(z);
                N gain = win[fails], cost = loss[fails];
                if constexpr (std::is_same_v<N, double>) {
                    gain *= slopes_[row * walk_.background.rows + z];
                    cost *= slopes_[row * walk_.background.rows + z];
                }
                lost += cost;
                for (int g = 0; g < count; g++) won[g] = add(won[g], kept(mask(failed(g, z)), alike(gain)));
            }
        return lost;
    }
};

// Interactions: half of what each two players of a path get that both present, both absent, or one of each matter.
class PairWalker : public Walker {
  public:
    PairWalker(const Walk& walk, int64_t, int64_t background_rows, const uint64_t* known)
        : Walker(walk, background_rows, known), won_(static_cast<size_t>(most_groups_) * LANES * (most_groups_ * LANES + 1)) {}

    // Where they go, a column of `stride` rows for each two players of the tree.
    void start(int64_t* phi, int64_t stride, int64_t) {
        phi_ = phi;
        stride_ = stride;
    }

  private:
    Aligned<int64_t> won_;  // slot, slot; and a last row for what one wins while another loses
    std::vector<int64_t> both_win_, one_wins_, both_lose_;
    int64_t* phi_ = nullptr;
    int64_t stride_ = 0;

    void leaf(const Branch& branch, const uint64_t* left, uint64_t rows) override {
        if (branch.asked < 2) return;
        const int groups = (branch.asked + 7) / 8;
        spread_answers(branch, groups);
        for (; rows; rows &= rows - 1) {
            const int r = std::countr_zero(rows);
            if (groups <= MOST_GROUPS) add_row<1>(branch, groups, left + r, r);
            else add_row<0>(branch, groups, left + r, r);
        }
    }

    void weigh(const Branch& branch, int misses) {
        const double value = 0.5 * walk_.forest.value[branch.node] * walk_.scale;
        for (std::vector<int64_t>* weights : {&both_win_, &one_wins_, &both_lose_}) weights->assign(branch.asked + 1, 0);
        for (int fails = 0; fails <= branch.asked - misses; fails++) {
            if (fails > 1) both_win_[fails] = std::llrint(value * walk_.weights(fails - 2, misses));
            if (fails && misses) one_wins_[fails] = std::llrint(value * walk_.weights(fails - 1, misses - 1));
            if (misses > 1) both_lose_[fails] = std::llrint(value * walk_.weights(fails, misses - 2));
        }
    }

    template <int GROUPS>
    void add_row(const Branch& branch, int groups, const uint64_t* left, int row) {
        const int64_t width = most_groups_ * LANES;
        weigh(branch, count_missed(branch, groups, row));
        std::fill_n(won_.data, (branch.asked + 1) * width, 0);
        int64_t lost = 0;
        for (int64_t w = 0; w < words_; w++)
            for (uint64_t some = left[w * BLOCK]; some; some &= some - 1) {
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
                const int64_t found = one && other ? won_.data[i * width + j] : !one && !other ? lost : -mixed[one ? i : j];
                const auto [low, high] = std::minmax({player(i), player(j)});
                phi_[(static_cast<int64_t>(high) * (high - 1) / 2 + low) * stride_ + row] += found;
            }
    }

    // Adds to the players that a background row fails.
    void add_where(int groups, int64_t z, int64_t number, int64_t* sums) const {
        for (int g = 0; g < groups; g++)
            store(sums + g * LANES, add(load(sums + g * LANES), kept(mask(failed(g, z)), all(number))));
    }
};

template <typename W, typename N>
void walk_rows(const Walk& walk, const Codes& codes, int64_t first, int64_t last, N* phi, int64_t stride) {
    const Trail& trail = walk.trail;
    std::vector<uint64_t> known, masks(trail.masks() * (WALK_CHUNK / 64));
    for (int64_t from = 0; from < walk.background.rows; from += SLICE) {
        const int64_t count = std::min(SLICE, walk.background.rows - from), words = (count + 63) / 64;
        if (!walk.answers) {
            known.resize(trail.masks() * words);
            make_masks(trail.tests, walk.forest.sets, walk.background, from, count, known.data(), words);
            combine_masks(trail.both, trail.tests.size(), count, known.data(), words);
        }
        W walker(walk, from, count, walk.answers ? walk.answers : known.data());
        for (int64_t start = first; start < last; start += WALK_CHUNK) {
            const int64_t rows = std::min(WALK_CHUNK, last - start);
            make_masks(trail.tests, walk.forest.sets, codes, start, rows, masks.data(), WALK_CHUNK / 64);
            combine_masks(trail.both, trail.tests.size(), rows, masks.data(), WALK_CHUNK / 64);
            for (int64_t row = 0; row < rows; row += BLOCK) {
                walker.start(phi + start - first + row, stride, start - first + row);
                walker.walk(masks.data(), row, std::min(BLOCK, rows - row));
            }
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
