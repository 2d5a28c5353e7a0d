#define MXT_ISA portable
#include "background.hpp"

#include "masks.hpp"
#include "parallel.hpp"
#include "predict.hpp"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <optional>
#include <unordered_map>

namespace mxt {
namespace {

constexpr int64_t PART = 32768;            // most rows that a thread takes at a time
constexpr int64_t PART_NUMBERS = 1 << 21;  // most sums that it holds, unless there are very many players
constexpr int64_t FEW = 128;               // rows, below which tables are not thought of
constexpr int64_t SOME = 512;              // and below which no others are thought of than those that are kept
constexpr int64_t MANY = 16384;            // rows, as if so many came where it is not known how many will
constexpr double LEAST_PRICE = 1e-5;       // of a number in a table, in nanoseconds for a row
constexpr int SPARE_BITS = 4;              // sums of whole numbers keep clear of their largest by so much

int64_t padded(int64_t rows) { return (rows + 63) / 64 * 64; }

double logistic(double margin) { return 1 / (1 + std::exp(-margin)); }

// From a difference of margins to one of probabilities, along the line between them.
double logistic_slope(double one, double other) {
    const double chance = logistic(one);
    return std::fabs(one - other) < 1e-9 ? chance * (1 - chance) : (chance - logistic(other)) / (one - other);
}

}  // namespace

Background::Background(const Forest& forest, const Codes& rows, const Background* other, int64_t most_entries,
                       int threads)
    : forest_(forest), rows_(rows), trees_(forest.roots.size()), most_entries_(most_entries), prepared_(trees_.size()) {
    make_shapes(other, most_entries / 8, threads);
    int most_asked = 1;
    for (Tree& tree : trees_) {
        most_asked = std::max(most_asked, tree.trail().most_asked);
        most_players_ = std::max(most_players_, static_cast<int64_t>(tree.trail().players.size()));
        for (const Branch& branch : tree.trail().branches)
            if (branch.test < 0) tree.largest = std::max(tree.largest, std::fabs(forest.value[branch.node]));
        int size = 0;  // of the largest value and of the number of rows together, as a power of two
        std::frexp(tree.largest, &size);
        size += std::bit_width(static_cast<uint64_t>(rows.rows));
        tree.exponent = std::min(63 - SPARE_BITS - size, 1074);
    }
    weights_ = Weights(most_asked);
}

void Background::make_shapes(const Background* other, int64_t most_words, int threads) {
    std::unordered_map<int32_t, std::shared_ptr<const Shape>> known;
    if (other)
        for (size_t i = 0; i < other->trees_.size(); i++) known[other->forest_.roots[i]] = other->trees_[i].shape;
    const int64_t words = (rows_.rows + 63) / 64;
    std::atomic<int64_t> held{0};
    parallel(static_cast<int64_t>(trees_.size()), threads, [&](int64_t i) {
        const auto found = known.find(forest_.roots[i]);
        if (found != known.end()) {
            trees_[i].shape = found->second;
            return;
        }
        const auto shape = std::make_shared<Shape>();
        shape->trail = make_trail(forest_, forest_.roots[i]);
        const Trail& trail = shape->trail;
        const int64_t wanted = static_cast<int64_t>(trail.masks()) * words;
        if (rows_.rows <= SLICE && (held += wanted) <= most_words) {
            shape->answers.resize(wanted);
            portable::make_masks(trail.tests, forest_.sets, rows_, 0, rows_.rows, shape->answers.data(), words);
            portable::combine_masks(trail.both, trail.tests.size(), rows_.rows, shape->answers.data(), words);
        }
        trees_[i].shape = shape;
    });
}

// Chooses which tables to keep: those that save most for their size, of all trees together.
void Background::cut_trees(int threads) {
    cut_ = true;
    int64_t entries = 0;
    for (double price = 0; price == 0 || entries > most_entries_; price = price == 0 ? LEAST_PRICE : 2 * price) {
        parallel(static_cast<int64_t>(trees_.size()), threads, [&](int64_t i) {
            prepared_[i].all = price == 0;
            prepared_[i].cut = std::make_shared<Cut>(cut_tree(forest_, trees_[i].trail(), rows_, MANY, price));
        });
        entries = 0;
        for (const Prepared& prepared : prepared_) entries += prepared.cut->entries;
    }
}

// Fills the tables that are to be kept, as far as they pay for all rows so far.
std::vector<Background::Prepared> Background::prepare(const Kernels& kernels, int64_t rows, int threads) {
    const std::lock_guard<std::mutex> lock(guard_);
    seen_ += rows;
    if (seen_ < FEW) return prepared_;
    if (!cut_) cut_trees(threads);
    std::vector<int64_t> wanted;
    for (int64_t i = 0; i < static_cast<int64_t>(trees_.size()); i++) {
        const Cut& cut = *prepared_[i].cut;
        if (prepared_[i].tables || cut.units.empty() || !cut.pays(seen_)) continue;
        wanted.push_back(i);
    }
    parallel(static_cast<int64_t>(wanted.size()), threads, [&](int64_t i) {
        const Tree& tree = trees_[wanted[i]];
        auto tables = std::make_shared<Tables>();
        tables->batches = plan_batches(forest_, tree.trail(), *prepared_[wanted[i]].cut);
        for (TableBatch& batch : tables->batches) {
            Aligned<int64_t>& numbers = tables->filled.emplace_back(batch.entries);
            kernels.fill_tables(batch, weights_, tree.exponent, forest_.sets, rows_, numbers.data);
            for (TableUnit& unit : batch.units) unit.leaves.clear();
        }
        prepared_[wanted[i]].tables = std::move(tables);
    });
    return prepared_;
}

Walk Background::walk(const Tree& tree, const uint8_t* walked, const double* slopes, bool rounded) const {
    return {forest_, tree.trail(), weights_, rows_, rounded ? tree.exponent : 0, walked,
            tree.shape->answers.empty() ? nullptr : tree.shape->answers.data(), slopes};
}

// By tables that are kept, or by others where filling those pays for these rows alone; the rest by the walk.
void Background::add_tree(const Kernels& kernels, const Tree& tree, const Prepared& prepared, const Codes& codes,
                          int64_t first, int64_t last, int64_t* phi, int64_t stride) const {
    const int64_t rows = last - first;
    std::optional<Cut> anew;
    if (rows >= FEW && !(prepared.tables && (prepared.all || rows < SOME)))
        anew = cut_tree(forest_, tree.trail(), rows_, rows, 0);
    if (prepared.tables && (!anew || prepared.cut->cost(rows) <= anew->cost(rows) + anew->fill)) {
        for (size_t i = 0; i < prepared.tables->batches.size(); i++)
            kernels.look_up_tables(prepared.tables->batches[i], prepared.tables->filled[i].data, forest_.sets, codes,
                                   first, last, phi, stride);
        return add_walked(kernels, tree, prepared.cut.get(), codes, first, last, phi, stride);
    }
    if (!anew) return add_walked(kernels, tree, nullptr, codes, first, last, phi, stride);
    for (const TableBatch& batch : plan_batches(forest_, tree.trail(), *anew)) {
        Aligned<int64_t> numbers(batch.entries);
        kernels.fill_tables(batch, weights_, tree.exponent, forest_.sets, rows_, numbers.data);
        kernels.look_up_tables(batch, numbers.data, forest_.sets, codes, first, last, phi, stride);
    }
    add_walked(kernels, tree, &*anew, codes, first, last, phi, stride);
}

// What a cut leaves to the walk, or all of a tree.
void Background::add_walked(const Kernels& kernels, const Tree& tree, const Cut* cut, const Codes& codes,
                            int64_t first, int64_t last, int64_t* phi, int64_t stride) const {
    if (cut && !cut->any_walked()) return;
    kernels.walk_values(walk(tree, cut ? cut->walked.data() : nullptr, nullptr, true), codes, first, last, phi, stride);
}

void Background::add_values(const Kernels& kernels, const Codes& codes, int threads, double* out, int64_t stride) {
    const std::vector<Prepared> prepared = prepare(kernels, codes.rows, threads);
    by_parts(codes.rows, std::min(PART, PART_NUMBERS / most_players_), threads, [&](int64_t first, int64_t last) {
        const int64_t width = padded(last - first);
        Aligned<int64_t> phi(most_players_ * width);
        for (size_t i = 0; i < trees_.size(); i++) {
            const Tree& tree = trees_[i];
            const auto players = static_cast<int64_t>(tree.trail().players.size());
            if (players == 0 || tree.largest == 0) continue;
            std::fill_n(phi.data, players * width, 0);
            add_tree(kernels, tree, prepared[i], codes, first, last, phi.data, width);
            const double mean = 1 / static_cast<double>(rows_.rows), unit = std::ldexp(1.0, -tree.exponent);
            for (int64_t p = 0; p < players; p++) {
                double* to = out + tree.trail().players[p] * stride + first;
                for (int64_t r = 0; r < last - first; r++)
                    to[r] += static_cast<double>(phi.data[p * width + r]) * mean * unit;
            }
        }
    });
}

void Background::add_interactions(const Kernels& kernels, const Codes& codes, int threads, double* out,
                                  int64_t stride) const {
    const int64_t most_pairs = std::max(most_players_ * (most_players_ - 1) / 2, int64_t{1});
    by_parts(codes.rows, PART_NUMBERS / most_pairs, threads, [&](int64_t first, int64_t last) {
        const int64_t width = padded(last - first);
        Aligned<int64_t> phi(most_pairs * width);
        for (const Tree& tree : trees_) {
            const auto players = static_cast<int64_t>(tree.trail().players.size());
            if (players < 2 || tree.largest == 0) continue;
            std::fill_n(phi.data, players * (players - 1) / 2 * width, 0);
            kernels.walk_pairs(walk(tree, nullptr, nullptr, true), codes, first, last, phi.data, width);
            const double mean = 1 / static_cast<double>(rows_.rows), unit = std::ldexp(1.0, -tree.exponent);
            for (int64_t high = 1, pair = 0; high < players; high++)
                for (int64_t low = 0; low < high; low++, pair++) {
                    const int64_t one = tree.trail().players[high], other = tree.trail().players[low];
                    double* to = out + (one * forest_.players + other) * stride + first;
                    double* mirrored = out + (other * forest_.players + one) * stride + first;
                    for (int64_t r = 0; r < last - first; r++) {
                        const double found = static_cast<double>(phi.data[pair * width + r]) * mean * unit;
                        to[r] += found;
                        mirrored[r] += found;
                    }
                }
        }
    });
}

void Background::add_chances(const Kernels& kernels, const Codes& codes, double base, int threads, double* out,
                             int64_t stride) const {
    std::vector<double> margins(codes.rows), known(rows_.rows);
    predict(forest_, codes, threads, margins.data());
    predict(forest_, rows_, threads, known.data());
    by_parts(codes.rows, std::min(PART_NUMBERS / rows_.rows, PART), threads, [&](int64_t first, int64_t last) {
        const int64_t width = padded(last - first);
        std::vector<double> slopes((last - first) * rows_.rows);
        for (int64_t r = first; r < last; r++)
            for (int64_t z = 0; z < rows_.rows; z++)
                slopes[(r - first) * rows_.rows + z] = logistic_slope(base + margins[r], base + known[z]);
        Aligned<double> phi(most_players_ * width);
        for (const Tree& tree : trees_) {
            const auto players = static_cast<int64_t>(tree.trail().players.size());
            std::fill_n(phi.data, players * width, 0.0);
            if (!players) continue;
            kernels.walk_slopes(walk(tree, nullptr, slopes.data(), false), codes, first, last, phi.data, width);
            for (int64_t p = 0; p < players; p++)
                for (int64_t r = 0; r < last - first; r++)
                    out[tree.trail().players[p] * stride + first + r] +=
                        phi.data[p * width + r] / static_cast<double>(rows_.rows);
        }
    });
}

}  // namespace mxt
