#include "tables.hpp"

#include <algorithm>

namespace mxt {
namespace {

// The masks that the units of a batch need, numbered anew.
class Masks {
  public:
    Masks(const Trail& trail) : trail_(trail), found_(trail.masks(), -1) {}

    // Adds a mask of the trail and those that it is made of.
    void need(int32_t mask) {
        if (found_[mask] >= 0) return;
        found_[mask] = 0;
        const auto tests = static_cast<int32_t>(trail_.tests.size());
        (mask < tests ? tests_ : both_).push_back(mask);
        if (mask < tests) return;
        need(trail_.both[mask - tests].first);
        need(trail_.both[mask - tests].second);
    }

    // Gives the batch its masks, and its units' masks their numbers.
    void settle(TableBatch& batch) {
        std::sort(both_.begin(), both_.end());  // what a mask is made of comes before it
        for (size_t i = 0; i < tests_.size(); i++) {
            batch.tests.push_back(trail_.tests[tests_[i]]);
            found_[tests_[i]] = static_cast<int32_t>(i);
        }
        for (size_t i = 0; i < both_.size(); i++) {
            Both both = trail_.both[both_[i] - trail_.tests.size()];
            both.first = found_[both.first];
            both.second = found_[both.second];
            batch.both.push_back(both);
            found_[both_[i]] = static_cast<int32_t>(tests_.size() + i);
        }
        for (TableUnit& unit : batch.units)
            for (int32_t& mask : unit.masks) mask = found_[mask];
        for (const std::vector<int32_t>* used : {&tests_, &both_})
            for (const int32_t mask : *used) found_[mask] = -1;
        tests_.clear();
        both_.clear();
    }

  private:
    const Trail& trail_;
    std::vector<int32_t> found_, tests_, both_;
};

class Planner {
  public:
    Planner(const Forest& forest, const Trail& trail, const Cut& cut)
        : forest_(forest), trail_(trail), cut_(cut), masks_(trail), path_(trail.most_asked + 1, 0) {}

    std::vector<TableBatch> plan() {
        walk(0);
        if (!batches_.empty()) masks_.settle(batches_.back());
        return std::move(batches_);
    }

  private:
    const Forest& forest_;
    const Trail& trail_;
    const Cut& cut_;
    Masks masks_;
    std::vector<int32_t> path_;  // for each slot the last branch that asked it
    std::vector<TableBatch> batches_;
    size_t next_ = 0;  // unit of the cut

    void walk(int32_t number) {
        if (next_ == cut_.units.size() || cut_.units[next_] >= trail_.branches[number].next) return;
        if (cut_.units[next_] == number) {
            next_++;
            return add(number);
        }
        for (const int32_t child : {trail_.left(number), trail_.right(number)}) {
            const Branch& branch = trail_.branches[child];
            const int32_t before = path_[branch.slot];
            path_[branch.slot] = child;
            walk(child);
            path_[branch.slot] = before;
        }
    }

    void add(int32_t root) {
        TableUnit unit;
        std::vector<uint32_t> on, off;
        for (int32_t slot = 0; slot < trail_.branches[root].asked; slot++) {
            const Branch& branch = trail_.branches[path_[slot]];
            const uint32_t bit = 1u << unit.masks.size();
            unit.players.push_back(branch.player);
            unit.masks.push_back(branch.mask);
            on.push_back(branch.inverted ? 0 : bit);
            off.push_back(branch.inverted ? bit : 0);
        }
        gather(unit, root, on, off);
        if (batches_.empty() || batches_.back().entries + unit.entries() > BATCH_ENTRIES) {
            if (!batches_.empty()) masks_.settle(batches_.back());
            batches_.emplace_back();
        }
        for (const int32_t mask : unit.masks) masks_.need(mask);
        unit.start = batches_.back().entries;
        batches_.back().entries += unit.entries();
        batches_.back().units.push_back(std::move(unit));
    }

    void gather(TableUnit& unit, int32_t number, const std::vector<uint32_t>& on, const std::vector<uint32_t>& off) {
        if (trail_.leaf(number)) {
            TableLeaf leaf{forest_.value[trail_.branches[number].node], {}, {}, {}};
            for (size_t place = 0; place < on.size(); place++) {
                if (!on[place] && !off[place]) continue;
                leaf.places.push_back(static_cast<int32_t>(place));
                leaf.on.push_back(on[place]);
                leaf.off.push_back(off[place]);
            }
            unit.leaves.push_back(std::move(leaf));
            return;
        }
        const uint32_t bit = 1u << unit.masks.size();
        unit.masks.push_back(trail_.branches[number].test);
        const int32_t player = trail_.branches[trail_.left(number)].player;
        const size_t place = std::find(unit.players.begin(), unit.players.end(), player) - unit.players.begin();
        if (place == unit.players.size()) unit.players.push_back(player);
        for (const bool right : {false, true}) {
            std::vector<uint32_t> with = on, without = off;
            with.resize(std::max(with.size(), place + 1), 0);
            without.resize(with.size(), 0);
            (right ? without : with)[place] |= bit;
            gather(unit, right ? trail_.right(number) : trail_.left(number), with, without);
        }
    }
};

}  // namespace

std::vector<TableBatch> plan_batches(const Forest& forest, const Trail& trail, const Cut& cut) {
    return Planner(forest, trail, cut).plan();
}

}  // namespace mxt
