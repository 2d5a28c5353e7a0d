#include "cells.hpp"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace mxt {
namespace {

constexpr size_t HEAD = 5;         // a tag, and the length in four bytes
constexpr size_t MOST_FIXED = 25;  // a head and the longest number, -9223372036854775808
constexpr uint64_t ONE_NAN = 0x7ff8000000000000;

void write_little(uint8_t* out, uint64_t value, int bytes) {
    for (int k = 0; k < bytes; ++k) out[k] = static_cast<uint8_t>(value >> (8 * k));
}

}  // namespace

Cells::Kind Cells::kind_of(const char* format) {
    static constexpr std::pair<std::string_view, Kind> kinds[] = {
        {"n", Kind::Null},   {"b", Kind::Bool},    {"c", Kind::Int8},   {"s", Kind::Int16},
        {"i", Kind::Int32},  {"l", Kind::Int64},   {"C", Kind::UInt8},  {"S", Kind::UInt16},
        {"I", Kind::UInt32}, {"L", Kind::UInt64},  {"f", Kind::Float},  {"g", Kind::Double},
        {"u", Kind::Text},   {"U", Kind::LargeText}, {"z", Kind::Bytes}, {"Z", Kind::LargeBytes}};
    const std::string_view given(format);
    if (given.starts_with("tsu:")) return Kind::Time;
    for (const auto& [name, kind] : kinds)
        if (name == given) return kind;
    throw std::invalid_argument("no canonical bytes for the Arrow format " + std::string(given));
}

Cells::Cells(const ArrowSchema& schema, const ArrowArray& array, int64_t offset)
    : kind_(kind_of(schema.format)), offset_(array.offset + offset) {
    if (schema.dictionary) throw std::invalid_argument("dictionaries are to be decoded first");
    if (kind_ == Kind::Null) return;
    if (array.null_count != 0) present_ = static_cast<const uint8_t*>(array.buffers[0]);
    values_ = array.buffers[1];
    if (array.n_buffers > 2) contents_ = static_cast<const uint8_t*>(array.buffers[2]);
}

template <typename Content>
void Cells::each(char tag, int64_t first, int64_t count, uint8_t** at, Content content) const {
    for (int64_t k = 0; k < count; ++k) {
        const int64_t row = offset_ + first + k;
        if (missing(row)) {
            *at[k]++ = 'n';
            continue;
        }
        const size_t bytes = content(at[k] + HEAD, row);
        at[k][0] = static_cast<uint8_t>(tag);
        write_little(at[k] + 1, bytes, 4);
        at[k] += HEAD + bytes;
    }
}

template <typename T>
void Cells::write_numbers(char tag, int64_t first, int64_t count, uint8_t** at) const {
    each(tag, first, count, at, [numbers = values<T>()](uint8_t* out, int64_t row) {
        char* const text = reinterpret_cast<char*>(out);
        return static_cast<size_t>(std::to_chars(text, text + MOST_FIXED - HEAD, numbers[row]).ptr - text);
    });
}

template <typename T>
void Cells::write_doubles(int64_t first, int64_t count, uint8_t** at) const {
    each('f', first, count, at, [numbers = values<T>()](uint8_t* out, int64_t row) {
        const double number = numbers[row];
        write_little(out, std::isnan(number) ? ONE_NAN : std::bit_cast<uint64_t>(number), 8);
        return size_t{8};
    });
}

template <typename Offset>
void Cells::write_contents(char tag, int64_t first, int64_t count, uint8_t** at) const {
    each(tag, first, count, at, [this, ends = values<Offset>()](uint8_t* out, int64_t row) {
        const auto bytes = static_cast<size_t>(ends[row + 1] - ends[row]);
        if (bytes) std::memcpy(out, contents_ + ends[row], bytes);
        return bytes;
    });
}

template <typename Offset>
void Cells::add_contents(int64_t first, int64_t count, size_t* room) const {
    const Offset* const ends = values<Offset>() + offset_ + first;
    for (int64_t k = 0; k < count; ++k) {
        if (ends[k + 1] - ends[k] > std::numeric_limits<int32_t>::max())
            throw std::invalid_argument("a cell is longer than 2 GiB");
        room[k] += HEAD + static_cast<size_t>(ends[k + 1] - ends[k]);
    }
}

void Cells::add_room(int64_t first, int64_t count, size_t* room) const {
    switch (kind_) {
        case Kind::Text:
        case Kind::Bytes: return add_contents<int32_t>(first, count, room);
        case Kind::LargeText:
        case Kind::LargeBytes: return add_contents<int64_t>(first, count, room);
        default:
            for (int64_t k = 0; k < count; ++k) room[k] += MOST_FIXED;
    }
}

void Cells::write(int64_t first, int64_t count, uint8_t** at) const {
    switch (kind_) {
        case Kind::Null:
            for (int64_t k = 0; k < count; ++k) *at[k]++ = 'n';
            return;
        case Kind::Bool:
            return each('b', first, count, at, [bits = values<uint8_t>()](uint8_t* out, int64_t row) {
                const std::string_view text = bits[row >> 3] >> (row & 7) & 1 ? "true" : "false";
                std::memcpy(out, text.data(), text.size());
                return text.size();
            });
        case Kind::Int8: return write_numbers<int8_t>('i', first, count, at);
        case Kind::Int16: return write_numbers<int16_t>('i', first, count, at);
        case Kind::Int32: return write_numbers<int32_t>('i', first, count, at);
        case Kind::Int64: return write_numbers<int64_t>('i', first, count, at);
        case Kind::UInt8: return write_numbers<uint8_t>('i', first, count, at);
        case Kind::UInt16: return write_numbers<uint16_t>('i', first, count, at);
        case Kind::UInt32: return write_numbers<uint32_t>('i', first, count, at);
        case Kind::UInt64: return write_numbers<uint64_t>('i', first, count, at);
        case Kind::Time: return write_numbers<int64_t>('t', first, count, at);
        case Kind::Float: return write_doubles<float>(first, count, at);
        case Kind::Double: return write_doubles<double>(first, count, at);
        case Kind::Text: return write_contents<int32_t>('s', first, count, at);
        case Kind::LargeText: return write_contents<int64_t>('s', first, count, at);
        case Kind::Bytes: return write_contents<int32_t>('x', first, count, at);
        case Kind::LargeBytes: return write_contents<int64_t>('x', first, count, at);
    }
}

}  // namespace mxt
