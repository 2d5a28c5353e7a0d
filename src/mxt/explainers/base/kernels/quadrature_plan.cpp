#include "gauss.hpp"
#include "parallel.hpp"
#include "paths.hpp"
#include "quadrature.hpp"

#include <algorithm>
#include <stdexcept>

namespace mxt {

namespace {

// Which of 16 patterns have a bit set.
constexpr uint16_t PATTERNS[UNIT_BITS] = {0xaaaa, 0xcccc, 0xf0f0, 0xff00};

struct Mask {  // rows that pass a test, or fail it, or what a number made of both says
    int32_t number = -1;
    bool inverted = false;
};

struct Asked {  // a player on the path
    Mask mask;
    double share = 1;
    bool before() const { return mask.number >= 0; }
};

// How an edge changes the product of the f's (k) and its player's weight (e), by whether the row passed the
// player's tests before and passes them now: 11 or 10; had it failed before, k is the share and e is 0.
struct Edge {
    double k11, k10, e11, e10;
    Edge(double before, double share, double t) {
        const double after = before * share, old = before * (1 - t) + t, now = after * (1 - t) + t;
        k11 = now / old;
        k10 = after * (1 - t) / old;
        e11 = (1 - after) / now - (1 - before) / old;
        e10 = -1 / (1 - t) - (1 - before) / old;
    }
};

// Of each node of the forest.
struct Notes {
    std::vector<int> size;  // inner nodes of its subtree
    std::vector<int> test;  // number of its test in the tree
};

class Planner {
  public:
    Planner(const Forest& forest, Notes& notes, std::vector<double>& constants)
        : forest_(forest), size_(notes.size), test_of_(notes.test), constants_(constants), path_(forest.players) {}

    Program plan(int root) {
        program_ = Program{};
        measure(root);
        program_.points = std::max(1, (most_players(forest_, root) + 1) / 2);
        if (program_.points > MOST_POINTS) throw std::length_error("a path of the tree asks too many columns");
        nodes_.resize(program_.points);
        program_.weights = reserve(program_.points);
        gauss_legendre(program_.points, nodes_.data(), &constants_[program_.weights]);
        if (is_unit(root)) {
            Op op{};
            op.step = Step::WHOLE;
            add_unit(op, root);
        } else if (!forest_.leaf(root)) {
            walk(root, 0, 0);
        }
        return std::move(program_);
    }

  private:
    const Forest& forest_;
    std::vector<int> &size_, &test_of_;
    std::vector<double>& constants_;
    std::vector<Asked> path_;
    std::vector<double> nodes_, scratch_;
    Program program_;

    int measure(int node) {
        if (forest_.leaf(node)) return 0;
        test_of_[node] = static_cast<int>(program_.tests.size());
        program_.tests.push_back(forest_.tests[node]);
        return size_[node] = 1 + measure(forest_.left[node]) + measure(forest_.right[node]);
    }

    int64_t reserve(int64_t count) {
        const int64_t start = (static_cast<int64_t>(constants_.size()) + 7) / 8 * 8;
        constants_.resize(start + count, 0.0);
        return start;
    }

    void inner_nodes(int node, std::vector<int>& found) const {
        if (forest_.leaf(node)) return;
        found.push_back(node);
        inner_nodes(forest_.left[node], found);
        inner_nodes(forest_.right[node], found);
    }

    // The players that nodes ask, each once, in the order of the nodes.
    std::vector<int> players(const std::vector<int>& nodes) const {
        std::vector<int> found;
        for (const int node : nodes)
            if (std::find(found.begin(), found.end(), forest_.player[node]) == found.end())
                found.push_back(forest_.player[node]);
        return found;
    }

    // A unit takes a bit for each test, and one for each of its players that the path has asked.
    bool is_unit(int node) const {
        if (forest_.leaf(node) || size_[node] > UNIT_BITS) return false;
        std::vector<int> nodes;
        inner_nodes(node, nodes);
        const std::vector<int> found = players(nodes);
        return size_[node] + std::count_if(found.begin(), found.end(),
                                           [&](int player) { return path_[player].before(); }) <= UNIT_BITS;
    }

    int32_t add_mask(Mask first, Mask second) {
        program_.both.push_back({first.number, second.number, first.inverted, second.inverted});
        return static_cast<int32_t>(program_.tests.size() + program_.both.size()) - 1;
    }

    // The steps of a subtree whose C is at `level`, and whose sum of leaves is to be at `sum`; deep side first.
    void walk(int node, int level, int sum) {
        program_.levels = std::max(program_.levels, level + 1);
        program_.sums = std::max(program_.sums, sum + 1);
        const bool swapped = size_[forest_.right[node]] > size_[forest_.left[node]];
        follow(node, swapped, level, sum, false);
        follow(node, !swapped, level, sum, true);
    }

    void follow(int node, bool right, int level, int sum, bool add) {
        const int child = right ? forest_.right[node] : forest_.left[node], player = forest_.player[node];
        const bool leaf = forest_.leaf(child);
        const Asked asked = path_[player];
        Mask taken{test_of_[node], right};
        Op op{};
        op.add = add;
        op.repeated = asked.before();
        op.player = player;
        op.source = level;
        op.target = sum;
        op.level = level + 1;
        op.now = taken.number;
        if (op.repeated) {
            op.before = asked.mask.inverted ? add_mask(asked.mask, asked.mask) : asked.mask.number;
            op.now = add_mask(asked.mask, taken);
            taken = {op.now, false};
        }
        add_constants(op, asked.share, child, taken.inverted);
        path_[player] = {taken, asked.share * forest_.share[child]};
        if (leaf) {
            op.step = Step::LEAF;
            program_.ops.push_back(op);
        } else if (is_unit(child)) {
            op.step = Step::UNIT;
            add_unit(op, child);
        } else {
            op.step = Step::DOWN;
            program_.ops.push_back(op);
            walk(child, level + 1, add ? sum + 1 : sum);
            op.step = Step::UP;
            op.source = add ? sum + 1 : sum;
            program_.ops.push_back(op);
        }
        path_[player] = asked;
    }

    // For each point what C is multiplied by, and the effect on the player, where the mask is set and where it
    // is not; last the factor of rows that failed the player's tests above. A leaf's value is multiplied in.
    void add_constants(Op& op, double before, int child, bool swapped) {
        const bool leaf = forest_.leaf(child);
        const double share = forest_.share[child], value = leaf ? forest_.value[child] : 1;
        op.edge = reserve(4 * program_.points + 1);
        for (int q = 0; q < program_.points; q++) {
            const Edge e(before, share, nodes_[q]);
            double* c = &constants_[op.edge + 4 * q];
            c[swapped] = e.k11 * value;
            c[!swapped] = e.k10 * value;
            c[2 + swapped] = leaf ? e.k11 * value * e.e11 : e.e11;
            c[2 + !swapped] = leaf ? e.k10 * value * e.e10 : e.e10;
        }
        constants_[op.edge + 4 * program_.points] = share * value;
    }

    struct Passed {
        uint16_t patterns;  // in which the row passes the player's tests so far
        double share;
    };
    struct Unit {
        std::vector<int> nodes, players;
        int64_t tables;
        int width, patterns;
    };

    // Tables of a unit, for each point and pattern: what C must be multiplied by to give the sum of its leaves,
    // then the same times the effect on each player.
    void add_unit(Op& op, int root) {
        Unit unit;
        inner_nodes(root, unit.nodes);
        unit.players = players(unit.nodes);
        std::vector<Passed> passed;
        Bits bits{{-1, -1, -1, -1}};
        int count = 0;
        for (const int node : unit.nodes) bits.mask[count++] = test_of_[node];
        for (const int player : unit.players) {
            const Asked& asked = path_[player];
            op.unit_player[op.players++] = player;
            passed.push_back({0xffff, asked.share});
            if (!asked.before()) continue;
            passed.back().patterns = asked.mask.inverted ? ~PATTERNS[count] : PATTERNS[count];
            bits.mask[count++] = asked.mask.number;
        }
        op.wide = count > 3;
        op.unit = static_cast<int32_t>(program_.units.size());
        program_.units.push_back(bits);
        unit.patterns = 1 << count;
        unit.width = op.wide ? 16 : 8;
        op.tables = unit.tables = reserve(static_cast<int64_t>(unit.width) * program_.points * (1 + op.players));
        const int64_t part = static_cast<int64_t>(16) * program_.points;
        scratch_.resize(std::max<size_t>(scratch_.size(), (1 + UNIT_BITS) * part * (UNIT_BITS + 1)));
        std::fill_n(scratch_.begin(), part, 1.0);
        std::fill_n(scratch_.begin() + part, part * op.players, 0.0);
        fill(unit, root, 0, passed);
        program_.ops.push_back(op);
    }

    void fill(const Unit& unit, int node, int depth, const std::vector<Passed>& passed) {
        const int points = program_.points;
        const int64_t part = static_cast<int64_t>(16) * points, whole = (1 + UNIT_BITS) * part;
        const double* state = &scratch_[depth * whole];
        if (forest_.leaf(node)) return settle(unit, node, state);
        const auto place = std::find(unit.nodes.begin(), unit.nodes.end(), node) - unit.nodes.begin();
        const auto j = std::find(unit.players.begin(), unit.players.end(), forest_.player[node]) - unit.players.begin();
        for (const bool right : {false, true}) {
            const int child = right ? forest_.right[node] : forest_.left[node];
            const double share = forest_.share[child];
            const uint16_t taken = right ? static_cast<uint16_t>(~PATTERNS[place]) : PATTERNS[place];
            double* next = &scratch_[(depth + 1) * whole];
            std::copy_n(state, whole, next);
            for (int q = 0; q < points; q++) {
                const Edge e(passed[j].share, share, nodes_[q]);
                for (int p = 0; p < unit.patterns; p++) {
                    const bool before = passed[j].patterns >> p & 1, now = before && (taken >> p & 1);
                    next[q * 16 + p] *= now ? e.k11 : before ? e.k10 : share;
                    next[(1 + j) * part + q * 16 + p] += now ? e.e11 : before ? e.e10 : 0;
                }
            }
            std::vector<Passed> after = passed;
            after[j] = {static_cast<uint16_t>(passed[j].patterns & taken), passed[j].share * share};
            fill(unit, child, depth + 1, after);
        }
    }

    void settle(const Unit& unit, int leaf, const double* state) {
        const int count = static_cast<int>(unit.players.size());
        const int64_t part = static_cast<int64_t>(16) * program_.points;
        for (int q = 0; q < program_.points; q++)
            for (int p = 0; p < unit.patterns; p++) {
                double* table = &constants_[unit.tables + static_cast<int64_t>(q) * (1 + count) * unit.width + p];
                const double sum = state[q * 16 + p] * forest_.value[leaf];
                table[0] += sum;
                for (int j = 1; j <= count; j++) table[j * unit.width] += sum * state[j * part + q * 16 + p];
            }
    }
};

}  // namespace

Quadrature plan_quadrature(const Forest& forest, int threads) {
    Quadrature plan;
    const int64_t trees = static_cast<int64_t>(forest.roots.size());
    std::vector<std::vector<double>> constants(trees);
    Notes notes{std::vector<int>(forest.left.size(), 0), std::vector<int>(forest.left.size(), -1)};
    plan.programs.resize(trees);
    parallel(trees, threads, [&](int64_t tree) {
        plan.programs[tree] = Planner(forest, notes, constants[tree]).plan(forest.roots[tree]);
    });
    int64_t size = 0;
    for (int64_t tree = 0; tree < trees; tree++) {
        plan.programs[tree].constants = size;
        size += (static_cast<int64_t>(constants[tree].size()) + 7) / 8 * 8;
    }
    plan.constants = Aligned<double>(size);
    for (int64_t tree = 0; tree < trees; tree++)
        std::copy(constants[tree].begin(), constants[tree].end(), plan.constants.data + plan.programs[tree].constants);
    plan.sets = forest.sets;
    plan.players = forest.players;
    return plan;
}

}  // namespace mxt
