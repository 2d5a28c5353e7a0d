// Looks the explained rows' patterns up in the tables of a background. Compiled once for each vector unit.
#include "masks.hpp"
#include "tables.hpp"
#include "vector.hpp"

#include <algorithm>

namespace mxt {
namespace MXT_ISA {
namespace {

constexpr int64_t CHUNK = 2048;  // rows whose tests are answered at once

// The pattern of each row's answers to the unit's masks.
void make_pattern(const std::vector<int32_t>& masks, const uint64_t* bits, int64_t rows, uint16_t* pattern) {
    for (int64_t r = 0; r * 64 < rows; r++) {
        uint16_t* place = pattern + r * 64;
        std::memset(place, 0, 64 * sizeof(uint16_t));
        for (size_t i = 0; i < masks.size(); i++)
            spread(bits[masks[i] * (CHUNK / 64) + r], static_cast<uint16_t>(1 << i), place);
    }
}

}  // namespace

void evaluate_tables(const Tables& plan, const Codes& codes, int64_t first, int64_t last, double* out,
                     int64_t stride) {
    size_t masks_held = 1;
    for (const TableProgram& p : plan.programs) masks_held = std::max(masks_held, p.tests.size() + p.both.size());
    Aligned<uint64_t> masks(masks_held * (CHUNK / 64));
    Aligned<uint16_t> pattern(CHUNK);
    Aligned<double> phi(static_cast<size_t>(CHUNK) * plan.players);
    for (int64_t start = first; start < last; start += CHUNK) {
        const int64_t rows = std::min(CHUNK, last - start);
        std::fill_n(phi.data, static_cast<size_t>(CHUNK) * plan.players, 0.0);
        for (const TableProgram& program : plan.programs) {
            make_masks(program.tests, plan.sets, codes, start, rows, masks.data, CHUNK / 64);
            combine_masks(program.both, program.tests.size(), rows, masks.data, CHUNK / 64);
            for (const TableUnit& unit : program.units) {
                make_pattern(unit.masks, masks.data, rows, pattern.data);
                for (size_t j = 0; j < unit.players.size(); j++) {
                    const double* table = &program.tables[unit.tables + (static_cast<int64_t>(j) << unit.masks.size())];
                    add_entries(table, pattern.data, rows, phi.data + unit.players[j] * CHUNK);
                }
            }
        }
        for (int p = 0; p < plan.players; p++)
            for (int64_t r = 0; r < rows; r++) out[p * stride + start + r] += phi.data[p * CHUNK + r];
    }
}

}  // namespace MXT_ISA
}  // namespace mxt
