// Plays the steps of a quadrature plan for a stretch of rows. Compiled once for each vector unit.
#include "masks.hpp"
#include "quadrature.hpp"
#include "vector.hpp"

#include <algorithm>

namespace mxt {
namespace MXT_ISA {
namespace {

constexpr int64_t CHUNK = 1024;  // rows whose tests are answered at once
constexpr int BLOCKS = 8;        // vectors of rows that take each step together
#if defined(MXT_AVX2)
constexpr int GROUP = 2;  // of them that share a constant; each takes two of sixteen registers
#else
constexpr int GROUP = 8;
#endif

// What the steps of one tree read and write for one block of rows.
struct Work {
    const double* constants;
    const uint8_t* masks;     // mask, vector: a bit for each row
    const uint8_t* patterns;  // unit, row
    double *products, *sums;  // C and H: level, point, vector, lane
    double* phi;              // vector, player, lane
    int players;

    Mask rows(int number, int vector) const { return mask(masks + number * (CHUNK / LANES) + vector); }
    Index pattern(int unit, int vector) const { return index(patterns + (unit * BLOCKS + vector) * LANES); }
    double* product(int level, int point, int points, int vector) const {
        return products + (static_cast<int64_t>(level * points + point) * BLOCKS + vector) * LANES;
    }
    double* sum(int level, int point, int points, int vector) const {
        return sums + (static_cast<int64_t>(level * points + point) * BLOCKS + vector) * LANES;
    }
    double* value(int player, int vector) const {
        return phi + (static_cast<int64_t>(vector) * players + player) * LANES;
    }
};

// The masks of an edge for a few vectors, and its constant for each.
template <bool REPEATED>
struct Choice {
    Mask now[GROUP], before[GROUP];
    Choice(const Op& op, const Work& w, int first) {
        for (int i = 0; i < GROUP; i++) {
            now[i] = w.rows(op.now, first + i);
            if (REPEATED) before[i] = w.rows(op.before, first + i);
        }
    }
    Vec factor(int i, Vec yes, Vec no, Vec share) const {
        return choose(now[i], yes, REPEATED ? choose(before[i], no, share) : no);
    }
    Vec effect(int i, Vec yes, Vec no) const { return choose(now[i], yes, no); }
    void add_value(const Op& op, const Work& w, int first, const Vec* effects) const {
        for (int i = 0; i < GROUP; i++) {
            double* place = w.value(op.player, first + i);
            store(place, add(load(place), REPEATED ? kept(before[i], effects[i]) : effects[i]));
        }
    }
};

template <int FIXED, bool REPEATED>
void down(const Op& op, const Work& w, int points) {
    const int count = FIXED ? FIXED : points;
    const double* c = w.constants + op.edge;
    const Vec share = all(c[4 * count]);
    for (int first = 0; first < BLOCKS; first += GROUP) {
        const Choice<REPEATED> choice(op, w, first);
        for (int q = 0; q < count; q++) {
            const Vec yes = all(c[4 * q]), no = all(c[4 * q + 1]);
            for (int i = 0; i < GROUP; i++)
                store(w.product(op.level, q, count, first + i),
                      mul(load(w.product(op.source, q, count, first + i)), choice.factor(i, yes, no, share)));
        }
    }
}

template <int FIXED, bool REPEATED, bool ADD>
void up(const Op& op, const Work& w, int points) {
    const int count = FIXED ? FIXED : points;
    const double* c = w.constants + op.edge;
    for (int first = 0; first < BLOCKS; first += GROUP) {
        const Choice<REPEATED> choice(op, w, first);
        Vec effects[GROUP];
        for (int i = 0; i < GROUP; i++) effects[i] = all(0.0);
        for (int q = 0; q < count; q++) {
            const Vec yes = all(c[4 * q + 2]), no = all(c[4 * q + 3]);
            for (int i = 0; i < GROUP; i++) {
                const Vec sum = load(w.sum(op.source, q, count, first + i));
                double* target = w.sum(op.target, q, count, first + i);
                effects[i] = fma(sum, choice.effect(i, yes, no), effects[i]);
                if (ADD) store(target, add(load(target), sum));
            }
        }
        choice.add_value(op, w, first, effects);
    }
}

template <int FIXED, bool REPEATED, bool ADD>
void leaf(const Op& op, const Work& w, int points) {
    const int count = FIXED ? FIXED : points;
    const double* c = w.constants + op.edge;
    const Vec share = all(c[4 * count]);
    for (int first = 0; first < BLOCKS; first += GROUP) {
        const Choice<REPEATED> choice(op, w, first);
        Vec effects[GROUP];
        for (int i = 0; i < GROUP; i++) effects[i] = all(0.0);
        for (int q = 0; q < count; q++) {
            const Vec yes = all(c[4 * q]), no = all(c[4 * q + 1]);
            const Vec with = all(c[4 * q + 2]), without = all(c[4 * q + 3]);
            for (int i = 0; i < GROUP; i++) {
                const Vec product = load(w.product(op.source, q, count, first + i));
                const Vec factor = choice.factor(i, yes, no, share);
                double* target = w.sum(op.target, q, count, first + i);
                effects[i] = fma(product, choice.effect(i, with, without), effects[i]);
                store(target, ADD ? fma(product, factor, load(target)) : mul(product, factor));
            }
        }
        choice.add_value(op, w, first, effects);
    }
}

template <bool WIDE>
struct Table;
template <>
struct Table<false> : Table8 {
    using Table8::Table8;
    static constexpr int WIDTH = 8;
};
template <>
struct Table<true> : Table16 {
    using Table16::Table16;
    static constexpr int WIDTH = 16;
};

// What a unit adds to the values of its players.
template <int FIXED, bool WIDE>
inline void unit_values(const Op& op, const Work& w, int points, int first, const Index* where, const Vec* products) {
    const int count = FIXED ? FIXED : points, stride = (1 + op.players) * Table<WIDE>::WIDTH;
    const double* tables = w.constants + op.tables;
    for (int j = 0; j < op.players; j++) {
        tables += Table<WIDE>::WIDTH;
        Vec effects[GROUP];
        for (int i = 0; i < GROUP; i++) effects[i] = all(0.0);
        for (int q = 0; q < count; q++) {
            const Table<WIDE> table(tables + q * stride);
            for (int i = 0; i < GROUP; i++)
                effects[i] = fma(products[q * GROUP + i], table.at(where[i]), effects[i]);
        }
        for (int i = 0; i < GROUP; i++) {
            double* place = w.value(op.unit_player[j], first + i);
            store(place, add(load(place), effects[i]));
        }
    }
}

template <int FIXED, bool WIDE, bool REPEATED, bool ADD>
void unit(const Op& op, const Work& w, int points) {
    const int count = FIXED ? FIXED : points, stride = (1 + op.players) * Table<WIDE>::WIDTH;
    const double *c = w.constants + op.edge, *tables = w.constants + op.tables;
    const Vec share = all(c[4 * count]);
    for (int first = 0; first < BLOCKS; first += GROUP) {
        const Choice<REPEATED> choice(op, w, first);
        Index where[GROUP];
        Vec effects[GROUP], products[(FIXED ? FIXED : MOST_POINTS) * GROUP];
        for (int i = 0; i < GROUP; i++) {
            where[i] = w.pattern(op.unit, first + i);
            effects[i] = all(0.0);
        }
        for (int q = 0; q < count; q++) {
            const Vec yes = all(c[4 * q]), no = all(c[4 * q + 1]);
            const Vec with = all(c[4 * q + 2]), without = all(c[4 * q + 3]);
            const Table<WIDE> table(tables + q * stride);
            for (int i = 0; i < GROUP; i++) {
                const Vec product =
                    mul(load(w.product(op.source, q, count, first + i)), choice.factor(i, yes, no, share));
                products[q * GROUP + i] = product;
                const Vec sum = mul(product, table.at(where[i]));
                double* target = w.sum(op.target, q, count, first + i);
                effects[i] = fma(sum, choice.effect(i, with, without), effects[i]);
                store(target, ADD ? add(load(target), sum) : sum);
            }
        }
        choice.add_value(op, w, first, effects);
        unit_values<FIXED, WIDE>(op, w, points, first, where, products);
    }
}

template <int FIXED, bool WIDE>
void whole(const Op& op, const Work& w, int points) {
    const int count = FIXED ? FIXED : points;
    for (int first = 0; first < BLOCKS; first += GROUP) {
        Index where[GROUP];
        Vec products[(FIXED ? FIXED : MOST_POINTS) * GROUP];
        for (int i = 0; i < GROUP; i++) where[i] = w.pattern(op.unit, first + i);
        for (int q = 0; q < count; q++)
            for (int i = 0; i < GROUP; i++) products[q * GROUP + i] = load(w.product(0, q, count, first + i));
        unit_values<FIXED, WIDE>(op, w, points, first, where, products);
    }
}

// Calls the kernel whose last template arguments are these facts of the step.
template <int FIXED>
void step(const Op& op, const Work& w, int points) {
    switch (op.step) {
        case Step::DOWN:
            return op.repeated ? down<FIXED, true>(op, w, points) : down<FIXED, false>(op, w, points);
        case Step::UP:
            if (op.repeated) return op.add ? up<FIXED, true, true>(op, w, points) : up<FIXED, true, false>(op, w, points);
            return op.add ? up<FIXED, false, true>(op, w, points) : up<FIXED, false, false>(op, w, points);
        case Step::LEAF:
            if (op.repeated)
                return op.add ? leaf<FIXED, true, true>(op, w, points) : leaf<FIXED, true, false>(op, w, points);
            return op.add ? leaf<FIXED, false, true>(op, w, points) : leaf<FIXED, false, false>(op, w, points);
        case Step::UNIT:
            switch (op.wide * 4 + op.repeated * 2 + op.add) {
                case 0: return unit<FIXED, false, false, false>(op, w, points);
                case 1: return unit<FIXED, false, false, true>(op, w, points);
                case 2: return unit<FIXED, false, true, false>(op, w, points);
                case 3: return unit<FIXED, false, true, true>(op, w, points);
                case 4: return unit<FIXED, true, false, false>(op, w, points);
                case 5: return unit<FIXED, true, false, true>(op, w, points);
                case 6: return unit<FIXED, true, true, false>(op, w, points);
                default: return unit<FIXED, true, true, true>(op, w, points);
            }
        case Step::WHOLE:
            return op.wide ? whole<FIXED, true>(op, w, points) : whole<FIXED, false>(op, w, points);
    }
}

template <int FIXED>
void play(const Program& program, const Work& w) {
    const int points = FIXED ? FIXED : program.points;
    for (int q = 0; q < points; q++)
        for (int i = 0; i < BLOCKS; i++) store(w.product(0, q, points, i), all(w.constants[program.weights + q]));
    for (const Op& op : program.ops) step<FIXED>(op, w, points);
}

using Play = void (*)(const Program&, const Work&);
constexpr Play PLAYS[FIXED_POINTS + 1] = {play<0>, play<1>, play<2>, play<3>, play<4>, play<5>,
                                          play<6>, play<7>, play<8>, play<9>, play<10>};

}  // namespace

void evaluate_quadrature(const Quadrature& plan, const Codes& codes, int64_t first, int64_t last, double* out,
                         int64_t stride) {
    size_t masks_held = 1, state = 1, units = 1;
    for (const Program& p : plan.programs) {
        masks_held = std::max(masks_held, p.tests.size() + p.both.size());
        units = std::max(units, p.units.size());
        state = std::max<size_t>(state, static_cast<size_t>(std::max(p.levels, p.sums)) * p.points);
    }
    Aligned<double> products(state * BLOCKS * LANES), sums(state * BLOCKS * LANES);
    Aligned<double> phi(static_cast<size_t>(CHUNK) * plan.players);
    Aligned<uint64_t> masks(masks_held * (CHUNK / 64));
    Aligned<uint8_t> patterns(units * CHUNK);
    for (int64_t start = first; start < last; start += CHUNK) {
        const int64_t rows = std::min(CHUNK, last - start), vectors = (rows + LANES - 1) / LANES;
        std::fill_n(phi.data, static_cast<size_t>(CHUNK) * plan.players, 0.0);
        for (const Program& program : plan.programs) {
            make_masks(program.tests, plan.sets, codes, start, rows, masks.data, CHUNK / 64);
            combine_masks(program.both, program.tests.size(), rows, masks.data, CHUNK / 64);
            make_patterns(program.units, rows, masks.data, CHUNK / 64, patterns.data);
            const Play play_it = PLAYS[program.points <= FIXED_POINTS ? program.points : 0];
            for (int64_t v = 0; v < vectors; v += BLOCKS) {
                const Work work{plan.constants.data + program.constants,
                                reinterpret_cast<const uint8_t*>(masks.data) + v,
                                patterns.data + v * LANES * static_cast<int64_t>(program.units.size()),
                                products.data,
                                sums.data,
                                phi.data + v * plan.players * LANES,
                                plan.players};
                play_it(program, work);
            }
        }
        for (int p = 0; p < plan.players; p++)
            for (int64_t r = 0; r < rows; r++)
                out[p * stride + start + r] += phi.data[(r / LANES * plan.players + p) * LANES + r % LANES];
    }
}

}  // namespace MXT_ISA
}  // namespace mxt
