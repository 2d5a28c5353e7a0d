#include "background.hpp"

#include "parallel.hpp"
#include "predict.hpp"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <unordered_map>

namespace mxt {
namespace {

constexpr size_t GROUP_TREES = 8;          // whose values are summed before they become doubles
constexpr int64_t PART = 32768;            // most rows that a thread takes at a time
constexpr int64_t PART_NUMBERS = 1 << 21;  // most sums that it holds, unless there are very many players
constexpr int64_t FEW = 128;               // rows, below which tables are not thought of
constexpr int64_t FEW_PAIRS = 15000;       // nor below so many pairs with rows of the background,
constexpr int64_t ALONE = 16;              // each with as many more, since the walk of one pair costs more alone
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

Background::Background(const Kernels& kernels, const Forest& forest, const Codes& rows, const Background* other,
                       int64_t most_entries, int threads)
    : forest_(forest), rows_(rows), groups_((forest.roots.size() + GROUP_TREES - 1) / GROUP_TREES),
      most_entries_(most_entries) {
    make_groups(kernels, other, most_entries / 8, threads);
    int most_asked = 1;
    for (Group& group : groups_) {
        std::vector<int32_t> columns(forest.players, -1);
        double largest = 0;
        for (Tree& tree : group.trees) {
            largest += tree.largest;
            most_asked = std::max(most_asked, tree.trail().most_asked);
            for (const int32_t player : tree.trail().players) {
                if (columns[player] < 0) {
                    columns[player] = static_cast<int32_t>(group.players.size());
                    group.players.push_back(player);
                }
                tree.columns.push_back(columns[player]);
            }
            trees_.push_back({&group, &tree});
        }
        int size = 0;  // of the largest values and of the number of rows together, as a power of two
        std::frexp(largest, &size);
        size += std::bit_width(static_cast<uint64_t>(rows.rows));
        group.exponent = std::min(63 - SPARE_BITS - size, 1074);
        most_players_ = std::max(most_players_, static_cast<int64_t>(group.players.size()));
    }
    weights_ = Weights(most_asked);
}

void Background::make_groups(const Kernels& kernels, const Background* other, int64_t most_words, int threads) {
    std::unordered_map<int32_t, std::shared_ptr<const Shape>> known;
    if (other)
        for (size_t i = 0; i < other->trees_.size(); i++)
            known[other->forest_.roots[i]] = other->trees_[i].second->shape;
    for (size_t i = 0; i < forest_.roots.size(); i++) groups_[i / GROUP_TREES].trees.emplace_back();
    std::atomic<int64_t> held{0};
    parallel(static_cast<int64_t>(forest_.roots.size()), threads, [&](int64_t i) {
        const auto found = known.find(forest_.roots[i]);
        Tree& tree = groups_[i / GROUP_TREES].trees[i % GROUP_TREES];
        tree.shape = found == known.end() ? make_shape(kernels, forest_.roots[i], most_words, held)
                                          : found->second;
        for (const Branch& branch : tree.trail().branches)
            if (branch.test < 0) tree.largest = std::max(tree.largest, std::fabs(forest_.value[branch.node]));
    });
}

std::shared_ptr<const Background::Shape> Background::make_shape(const Kernels& kernels, int32_t root,
                                                                int64_t most_words,
                                                                std::atomic<int64_t>& held) const {
    const auto shape = std::make_shared<Shape>();
    shape->trail = make_trail(forest_, root);
    const int64_t wanted = static_cast<int64_t>(shape->trail.masks()) * ((rows_.rows + 63) / 64);
    if (rows_.rows <= SLICE && (held += wanted) <= most_words)
        shape->answers = answers(kernels, shape->trail, rows_.rows);
    return shape;
}

std::vector<uint64_t> Background::answers(const Kernels& kernels, const Trail& trail, int64_t rows) const {
    const int64_t words = (rows + 63) / 64;
    std::vector<uint64_t> found(trail.masks() * words);
    kernels.answer_tests(trail, forest_.sets, rows_, 0, rows, found.data(), words);
    return found;
}

Background::Cuts Background::cut_trees(const Kernels& kernels, int64_t rows, double price, int threads) const {
    Cuts cuts(trees_.size());
    parallel(static_cast<int64_t>(trees_.size()), threads, [&](int64_t i) {
        const Shape& shape = *trees_[i].second->shape;
        std::vector<uint64_t> made;
        if (!shape.kept()) made = answers(kernels, shape.trail, std::min(rows_.rows, SLICE));
        const uint64_t* known = shape.kept() ? shape.kept() : made.data();
        cuts[i] = std::make_shared<Cut>(cut_tree(shape.trail, known, rows_.rows, rows, price));
    });
    return cuts;
}

// Chooses which tables to keep: those that save most for their size, of all trees together.
void Background::choose_kept(const Kernels& kernels, int threads) {
    double price = 0;
    for (int64_t entries = most_entries_ + 1; entries > most_entries_; price = price == 0 ? LEAST_PRICE : 2 * price) {
        all_ = price == 0;
        kept_.clear();
        entries = 0;
        for (std::shared_ptr<const Cut>& cut : cut_trees(kernels, MANY, price, threads)) {
            entries += cut->entries;
            kept_.push_back({std::move(cut), nullptr});
        }
    }
}

// As far as they pay for all rows so far.
void Background::fill_kept(const Kernels& kernels, int threads) {
    std::vector<int64_t> wanted;
    for (size_t i = 0; i < kept_.size(); i++)
        if (!kept_[i].tables && !kept_[i].cut->units.empty() && kept_[i].cut->pays(seen_))
            wanted.push_back(static_cast<int64_t>(i));
    parallel(static_cast<int64_t>(wanted.size()), threads, [&](int64_t i) {
        const auto [group, tree] = trees_[wanted[i]];
        Way& way = kept_[wanted[i]];
        auto tables = std::make_shared<Tables>();
        tables->batches = plan_batches(forest_, tree->trail(), *way.cut);
        for (TableBatch& batch : tables->batches) {
            Aligned<int64_t>& numbers = tables->filled.emplace_back(batch.entries);
            kernels.fill_tables(batch, weights_, group->exponent, forest_.sets, rows_, numbers.data);
            for (TableUnit& unit : batch.units) unit.leaves = {};
        }
        way.tables = std::move(tables);
    });
}

// How to explain `rows` rows by each tree, of which a thread takes a `part` at a time.
Background::Ways Background::prepare(const Kernels& kernels, int64_t rows, int64_t part, int threads) {
    const std::lock_guard<std::mutex> lock(guard_);
    seen_ += rows;
    if (seen_ < FEW || seen_ * (rows_.rows + ALONE) < FEW_PAIRS) return Ways(trees_.size());
    if (kept_.empty()) choose_kept(kernels, threads);
    fill_kept(kernels, threads);
    Ways ways = kept_;
    const int64_t shared = std::bit_floor(static_cast<uint64_t>(part));
    const auto filled = [](const Way& way) { return way.tables || way.cut->units.empty(); };
    const bool settled = all_ && std::all_of(ways.begin(), ways.end(), filled);
    if (shared >= FEW && !settled && !cuts_.contains(shared)) cuts_[shared] = cut_trees(kernels, shared, 0, threads);
    for (size_t i = 0; i < ways.size(); i++) {
        Way& way = ways[i];
        if (shared < FEW || (all_ && filled(way))) {
            if (!way.tables) way.cut = nullptr;
            continue;
        }
        const std::shared_ptr<const Cut>& anew = cuts_[shared][i];
        if (!way.tables || anew->cost(part) + anew->fill < way.cut->cost(part)) way = {anew, nullptr};
    }
    return ways;
}

Walk Background::walk(const Group& group, const Tree& tree, const Cut* cut, const double* slopes) const {
    const uint8_t* walked = cut ? cut->walked.data() : nullptr;
    const int exponent = slopes ? 0 : group.exponent;
    return {forest_, tree.trail(),       weights_,            rows_, exponent,
            walked,  tree.shape->kept(), tree.columns.data(), slopes};
}

// By tables that are kept, or filled for these rows alone; what is left by the walk.
void Background::add_tree(const Kernels& kernels, const Group& group, const Tree& tree, const Way& way,
                          const Codes& codes, int64_t first, int64_t last, int64_t* phi, int64_t stride) const {
    const auto look_up = [&](const TableBatch& batch, const int64_t* numbers) {
        kernels.look_up_tables(batch, numbers, tree.columns.data(), forest_.sets, codes, first, last, phi, stride);
    };
    if (way.tables) {
        for (size_t i = 0; i < way.tables->batches.size(); i++)
            look_up(way.tables->batches[i], way.tables->filled[i].data);
    } else if (way.cut && !way.cut->units.empty()) {
        Aligned<int64_t> numbers(BATCH_ENTRIES);
        for (const TableBatch& batch : plan_batches(forest_, tree.trail(), *way.cut)) {
            kernels.fill_tables(batch, weights_, group.exponent, forest_.sets, rows_, numbers.data);
            look_up(batch, numbers.data);
        }
    }
    if (!way.cut || way.cut->any_walked())
        kernels.walk_values(walk(group, tree, way.cut.get(), nullptr), codes, first, last, phi, stride);
}

void Background::add_values(const Kernels& kernels, const Codes& codes, int threads, double* out, int64_t stride) {
    const int64_t most = std::min(PART, PART_NUMBERS / most_players_);
    const Ways ways = prepare(kernels, codes.rows, part_size(codes.rows, most, threads), threads);
    by_parts(codes.rows, most, threads, [&](int64_t first, int64_t last) {
        const int64_t width = padded(last - first);
        Aligned<int64_t> phi(most_players_ * width);
        const Way* way = ways.data();
        for (const Group& group : groups_) {
            const auto players = static_cast<int64_t>(group.players.size());
            std::fill_n(phi.data, players * width, 0);
            for (const Tree& tree : group.trees)
                add_tree(kernels, group, tree, *way++, codes, first, last, phi.data, width);
            const double mean = 1 / static_cast<double>(rows_.rows), unit = std::ldexp(1.0, -group.exponent);
            for (int64_t p = 0; p < players; p++) {
                double* to = out + group.players[p] * stride + first;
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
        for (const Group& group : groups_) {
            const auto players = static_cast<int64_t>(group.players.size());
            std::fill_n(phi.data, players * (players - 1) / 2 * width, 0);
            for (const Tree& tree : group.trees)
                kernels.walk_pairs(walk(group, tree, nullptr, nullptr), codes, first, last, phi.data, width);
            const double mean = 1 / static_cast<double>(rows_.rows), unit = std::ldexp(1.0, -group.exponent);
            for (int64_t high = 1, pair = 0; high < players; high++)
                for (int64_t low = 0; low < high; low++, pair++) {
                    const int64_t one = group.players[high], other = group.players[low];
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
    const int64_t most = std::min(PART_NUMBERS / std::max(rows_.rows, most_players_), PART);
    by_parts(codes.rows, most, threads, [&](int64_t first, int64_t last) {
        const int64_t width = padded(last - first);
        std::vector<double> slopes((last - first) * rows_.rows);
        for (int64_t r = first; r < last; r++)
            for (int64_t z = 0; z < rows_.rows; z++)
                slopes[(r - first) * rows_.rows + z] = logistic_slope(base + margins[r], base + known[z]);
        Aligned<double> phi(most_players_ * width);
        for (const Group& group : groups_) {
            const auto players = static_cast<int64_t>(group.players.size());
            std::fill_n(phi.data, players * width, 0.0);
            for (const Tree& tree : group.trees)
                kernels.walk_slopes(walk(group, tree, nullptr, slopes.data()), codes, first, last, phi.data, width);
            for (int64_t p = 0; p < players; p++)
                for (int64_t r = 0; r < last - first; r++)
                    out[group.players[p] * stride + first + r] +=
                        phi.data[p * width + r] / static_cast<double>(rows_.rows);
        }
    });
}

}  // namespace mxt
