#define MXT_ISA portable
#include "tables.hpp"

#include "gauss.hpp"
#include "masks.hpp"
#include "parallel.hpp"

#include <algorithm>

namespace mxt {
namespace {

struct Asked {
    int32_t mask = -1;  // number of a mask, or -1 where the path has not asked the player
    bool inverted = false;
};

struct Leaf {
    double value;
    std::vector<int> slots;           // its players, as places in the unit's
    std::vector<uint32_t> on, off;  // bits of the unit that each of them needs set, and needs clear
};

struct Unit {
    TableUnit told;
    std::vector<Leaf> leaves;
};

class Planner {
  public:
    Planner(const Forest& forest, TableProgram& program)
        : forest_(forest), program_(program), path_(forest.players) {}

    std::vector<Unit> plan(int root) {
        measure(root);
        if (!forest_.leaf(root)) walk(root);
        return std::move(units_);
    }

    // Whether some path asks more players than a table has bits for; the units are then of no use.
    bool too_wide() const { return too_wide_; }

  private:
    const Forest& forest_;
    TableProgram& program_;
    std::vector<Asked> path_;
    std::vector<int32_t> asked_;  // players on the path, in order
    std::vector<std::pair<int, int>> size_and_test_;
    std::vector<int> place_;
    std::vector<Unit> units_;
    int first_ = 0;
    bool too_wide_ = false;

    // Nodes of one tree lie in one stretch of the forest's arrays.
    void measure(int root) {
        int low = root, high = root;
        std::vector<int> stack{root};
        while (!stack.empty()) {
            const int node = stack.back();
            stack.pop_back();
            low = std::min(low, node);
            high = std::max(high, node);
            if (forest_.leaf(node)) continue;
            stack.push_back(forest_.left[node]);
            stack.push_back(forest_.right[node]);
        }
        first_ = low;
        size_and_test_.assign(high - low + 1, {0, -1});
        count(root);
    }

    int count(int node) {
        if (forest_.leaf(node)) return 0;
        auto& noted = size_and_test_[node - first_];
        noted.second = static_cast<int>(program_.tests.size());
        program_.tests.push_back(forest_.tests[node]);
        const int size = 1 + count(forest_.left[node]) + count(forest_.right[node]);
        return size_and_test_[node - first_].first = size;
    }

    int size(int node) const { return size_and_test_[node - first_].first; }
    int test(int node) const { return size_and_test_[node - first_].second; }

    void walk(int node) {
        too_wide_ = too_wide_ || asked_.size() > MOST_TABLE_BITS;
        if (too_wide_) return;
        if (forest_.leaf(node) || static_cast<int>(asked_.size()) + size(node) <= TABLE_BITS) return add_unit(node);
        const int player = forest_.player[node];
        for (const bool right : {false, true}) {
            const Asked before = path_[player];
            Asked now{test(node), right};
            if (before.mask >= 0) {
                program_.both.push_back({before.mask, now.mask, before.inverted, now.inverted});
                now = {static_cast<int32_t>(program_.tests.size() + program_.both.size()) - 1, false};
            } else {
                asked_.push_back(player);
            }
            path_[player] = now;
            walk(right ? forest_.right[node] : forest_.left[node]);
            path_[player] = before;
            if (before.mask < 0) asked_.pop_back();
        }
    }

    void add_unit(int root) {
        Unit unit;
        std::vector<uint32_t> on, off;
        for (const int player : asked_) {
            const uint32_t bit = 1u << unit.told.masks.size();
            unit.told.players.push_back(player);
            unit.told.masks.push_back(path_[player].mask);
            on.push_back(path_[player].inverted ? 0 : bit);
            off.push_back(path_[player].inverted ? bit : 0);
        }
        gather(unit, root, on, off);
        units_.push_back(std::move(unit));
    }

    void gather(Unit& unit, int node, const std::vector<uint32_t>& on, const std::vector<uint32_t>& off) {
        if (forest_.leaf(node)) {
            Leaf leaf{forest_.value[node], {}, {}, {}};
            for (size_t j = 0; j < on.size(); j++) {
                if (!on[j] && !off[j]) continue;
                leaf.slots.push_back(static_cast<int>(j));
                leaf.on.push_back(on[j]);
                leaf.off.push_back(off[j]);
            }
            unit.leaves.push_back(std::move(leaf));
            return;
        }
        auto& players = unit.told.players;
        const auto found = std::find(players.begin(), players.end(), forest_.player[node]);
        const size_t slot = found - players.begin();
        if (found == players.end()) players.push_back(forest_.player[node]);
        const uint32_t bit = 1u << unit.told.masks.size();
        unit.told.masks.push_back(test(node));
        for (const bool right : {false, true}) {
            std::vector<uint32_t> with = on, without = off;
            with.resize(std::max(with.size(), slot + 1), 0);
            without.resize(with.size(), 0);
            (right ? without : with)[slot] |= bit;
            gather(unit, right ? forest_.right[node] : forest_.left[node], with, without);
        }
    }
};

// What each pattern of an explained row gets from one leaf, into the unit's tables.
class Filler {
  public:
    void fill(const Unit& unit, const std::vector<double>& histogram, double* tables) {
        for (const Leaf& leaf : unit.leaves)
            if (!leaf.slots.empty()) add_leaf(unit, leaf, histogram, tables);
    }

  private:
    std::vector<double> counts_, sums_, values_, nodes_, weights_;
    std::vector<uint32_t> patterns_;  // of the leaf's players, for each pattern of the unit

    void add_leaf(const Unit& unit, const Leaf& leaf, const std::vector<double>& histogram, double* tables) {
        const int d = static_cast<int>(leaf.slots.size()), points = std::max(1, (d + 1) / 2);
        const uint32_t size = 1u << d, patterns = static_cast<uint32_t>(histogram.size());
        counts_.assign(size, 0.0);
        patterns_.resize(patterns);
        for (uint32_t p = 0; p < patterns; p++) {
            uint32_t passed = 0;
            for (int j = 0; j < d; j++)
                passed |= static_cast<uint32_t>((p & leaf.on[j]) == leaf.on[j] && !(p & leaf.off[j])) << j;
            patterns_[p] = passed;
            counts_[passed] += histogram[p];
        }
        nodes_.resize(points);
        weights_.resize(points);
        gauss_legendre(points, nodes_.data(), weights_.data());
        values_.assign(static_cast<size_t>(d) * size, 0.0);
        for (int q = 0; q < points; q++) add_point(leaf.value * weights_[q], nodes_[q], d);
        for (int j = 0; j < d; j++) {
            double* table = tables + static_cast<int64_t>(leaf.slots[j]) * patterns;
            for (uint32_t p = 0; p < patterns; p++) table[p] += values_[static_cast<size_t>(j) * size + patterns_[p]];
        }
    }

    // With A0 and A1 the sums over background rows that fail and pass player j's tests, all other players
    // transformed: G(b = 0) = (1 - t) A1 and G(b = 1) = t A0 + A1, and j gets -A1 if b = 0, else A0.
    void add_point(double weight, double t, int d) {
        const uint32_t size = 1u << d;
        sums_.resize(size);
        for (uint32_t i = 0; i < size; i++) sums_[i] = counts_[i] * weight;
        for (int j = 0; j < d; j++)
            for (uint32_t i = 0; i < size; i++) {
                if (i >> j & 1) continue;
                const double failed = sums_[i], passed = sums_[i | 1u << j];
                sums_[i] = (1 - t) * passed;
                sums_[i | 1u << j] = t * failed + passed;
            }
        for (int j = 0; j < d; j++) {
            double* values = &values_[static_cast<size_t>(j) * size];
            for (uint32_t i = 0; i < size; i++) {
                if (i >> j & 1) continue;
                const double passed = sums_[i] / (1 - t);
                values[i] -= passed;
                values[i | 1u << j] += (sums_[i | 1u << j] - passed) / t;
            }
        }
    }
};

void plan_tree(const Forest& forest, int root, const Codes& background, TableProgram& program) {
    std::vector<Unit> units = Planner(forest, program).plan(root);
    const int64_t rows = background.rows, words = (rows + 63) / 64;
    std::vector<uint64_t> masks((program.tests.size() + program.both.size()) * words);
    portable::make_masks(program.tests, forest.sets, background, 0, rows, masks.data(), words);
    portable::combine_masks(program.both, program.tests.size(), rows, masks.data(), words);
    Filler filler;
    std::vector<double> histogram;
    for (Unit& unit : units) {
        histogram.assign(size_t{1} << unit.told.masks.size(), 0.0);
        for (int64_t r = 0; r < rows; r++) {
            uint32_t pattern = 0;
            for (size_t i = 0; i < unit.told.masks.size(); i++)
                pattern |= static_cast<uint32_t>(masks[unit.told.masks[i] * words + r / 64] >> r % 64 & 1) << i;
            histogram[pattern] += 1;
        }
        for (double& count : histogram) count /= static_cast<double>(rows);
        unit.told.tables = static_cast<int64_t>(program.tables.size());
        program.tables.resize(program.tables.size() + histogram.size() * unit.told.players.size(), 0.0);
        filler.fill(unit, histogram, &program.tables[unit.told.tables]);
        program.units.push_back(std::move(unit.told));
    }
}

}  // namespace

TableGroups group_tables(const Forest& forest) {
    TableGroups found;
    int64_t held = 0;
    for (int32_t tree = 0; tree < static_cast<int32_t>(forest.roots.size()); tree++) {
        TableProgram program;
        int64_t entries = 0;
        Planner planner(forest, program);
        for (const Unit& unit : planner.plan(forest.roots[tree]))
            entries += static_cast<int64_t>(unit.told.players.size()) << unit.told.masks.size();
        if (planner.too_wide() || entries > MOST_ENTRIES) {
            found.others.push_back(tree);
            continue;
        }
        if (found.groups.empty() || held + entries > KEPT_ENTRIES) {
            found.groups.emplace_back();
            held = 0;
        }
        found.groups.back().push_back(tree);
        held += entries;
    }
    return found;
}

Tables plan_tables(const Forest& forest, const std::vector<int32_t>& trees, const Codes& background, int threads) {
    Tables plan;
    plan.programs.resize(trees.size());
    parallel(static_cast<int64_t>(trees.size()), threads, [&](int64_t i) {
        plan_tree(forest, forest.roots[trees[i]], background, plan.programs[i]);
    });
    plan.sets = forest.sets;
    plan.players = forest.players;
    return plan;
}

}  // namespace mxt
