#pragma once
// GROMACS's compressed trajectories.
#include <predcg/trajectories/input.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace predcg::detail {

// A frame is a head of big-endian numbers (XDR, RFC 4506) and the positions: floats of up to nine atoms, else
// integers, positions times a precision, packed in bits (F. van Hoesel's 3dfcoord). A site is either "large",
// three numbers from 0 to the range of the frame, or "small", three differences to a site nearby. Three
// numbers a, b, c below A, B, C are the one number (a B + b) C + c, its bytes from the lowest to the highest.
// A large site may be followed by a run of small ones; the first of them and the large site stand in the file
// in each other's place, which suits water.

/// Numbers of values that a small difference has, by the number of bits of three of them. Below 9 there is
/// none.
inline constexpr std::array<std::uint32_t, 73> xtc_small_range{
    0,       0,       0,       0,       0,        0,        0,       0,       0,       8,       10,
    12,      16,      20,      25,      32,       40,       50,      64,      80,      101,     128,
    161,     203,     256,     322,     406,      512,      645,     812,     1024,    1290,    1625,
    2048,    2580,    3250,    4096,    5060,     6501,     8192,    10321,   13003,   16384,   20642,
    26007,   32768,   41285,   52015,   65536,    82570,    104031,  131072,  165140,  208063,  262144,
    330280,  416127,  524287,  660561,  832255,   1048576,  1321122, 1664510, 2097152, 2642245, 3329021,
    4194304, 5284491, 6658042, 8388607, 10568983, 13316085, 16777216};
inline constexpr int xtc_first_range = 9;

/// Bits from the highest of the first byte on.
class XtcBits {
public:
    /// The bytes are followed by 16 more that do not count.
    XtcBits(const unsigned char* bytes, std::size_t count) : bytes_(bytes), bits_(8 * count) {}

    /// The next `count` <= 32 bits as a number. False if there are not so many.
    bool number(unsigned count, std::uint32_t& to) {
        if (count > bits_ - at_) return false;
        to = count == 0 ? 0 : static_cast<std::uint32_t>(window() >> (64 - count));
        at_ += count;
        return true;
    }

    /// Three numbers that share `count` <= 72 bits. False if the bits are not there or the first number is
    /// not below its range.
    bool three(unsigned count, const std::array<std::uint32_t, 3>& ranges, std::array<std::int64_t, 3>& to) {
        if (count > bits_ - at_) return false;
        if (count >= 64) return three_wide(count, ranges, to);
        const std::uint64_t next = window();
        at_ += count;
        const unsigned whole = count / 8 * 8, rest = count % 8;
        std::uint64_t value = reversed(next) & ((std::uint64_t{1} << whole) - 1);
        if (rest > 0) value |= (next << whole) >> (64 - rest) << whole;
        to[2] = static_cast<std::int64_t>(value % ranges[2]);
        value /= ranges[2];
        to[1] = static_cast<std::int64_t>(value % ranges[1]);
        value /= ranges[1];
        to[0] = static_cast<std::int64_t>(value);
        return value < ranges[0];
    }

    /// Bytes that were begun.
    std::size_t bytes_used() const { return (at_ + 7) / 8; }

private:
    static std::uint64_t reversed(std::uint64_t word) { return __builtin_bswap64(word); }

    /// The next 64 bits.
    std::uint64_t window() const {
        const unsigned char* from = bytes_ + at_ / 8;
        std::uint64_t word = 0;
        std::memcpy(&word, from, 8);
        if constexpr (std::endian::native == std::endian::little) word = reversed(word);
        const unsigned shift = at_ % 8;
        return shift == 0 ? word : word << shift | std::uint64_t{from[8]} >> (8 - shift);
    }

    bool three_wide(unsigned count, const std::array<std::uint32_t, 3>& ranges,
                    std::array<std::int64_t, 3>& to) {
        std::array<std::uint32_t, 3> limbs{};
        for (unsigned k = 0; 8 * k < count; ++k) {
            std::uint32_t byte = 0;
            number(std::min(8u, count - 8 * k), byte);
            limbs[k / 4] |= byte << (8 * (k % 4));
        }
        for (std::size_t part = 2; part > 0; --part) {
            std::uint64_t rest = 0;
            for (std::size_t k = 3; k-- > 0;) {
                rest = rest << 32 | limbs[k];
                limbs[k] = static_cast<std::uint32_t>(rest / ranges[part]);
                rest %= ranges[part];
            }
            to[part] = static_cast<std::int64_t>(rest);
        }
        to[0] = limbs[0];
        return limbs[2] == 0 && limbs[1] == 0 && limbs[0] < ranges[0];
    }

    const unsigned char* bytes_;
    std::size_t bits_, at_ = 0;
};

/// Number of bits of the product.
inline unsigned xtc_bits_of(const std::array<std::uint32_t, 3>& ranges) {
    std::array<std::uint32_t, 3> product{1, 0, 0};
    for (const std::uint32_t factor : ranges) {
        std::uint64_t carry = 0;
        for (std::uint32_t& limb : product) {
            carry += std::uint64_t{limb} * factor;
            limb = static_cast<std::uint32_t>(carry);
            carry >>= 32;
        }
    }
    for (unsigned k = 3; k-- > 0;)
        if (product[k] != 0) return 32 * k + static_cast<unsigned>(std::bit_width(product[k]));
    return 0;
}

/// Reads frames of an XTC file.
class XtcFrames {
public:
    bool next(TrajectoryInput& in, Frame& frame) {
        if (in.at_end()) return false;
        const std::uint64_t start = in.offset();
        in.take(head_, 4, "head of a frame");
        const std::int32_t magic = integer(0);
        if (magic != 1995 && magic != 2023)
            in.fail(start, "first number of a frame", std::to_string(magic),
                    "1995 or 2023, those of XTC files");
        in.take(head_, 52, "head of a frame");
        const Index atoms = in.checked_atoms(integer(0), start + 4);
        frame.names.clear();
        frame.molecules.clear();
        frame.step = integer(4);
        frame.time = real(in, start + 4, 8);
        const double unit = in.settings().length_in_nm > 0.0 ? in.settings().length_in_nm : 1.0;
        for (std::size_t k = 0; k < 9; ++k)
            frame.box.edges[k / 3][k % 3] = unit * real(in, start + 4, 12 + 4 * k);
        if (integer(48) != atoms)
            in.fail(start + 52, "number of positions", std::to_string(integer(48)),
                    std::to_string(atoms) + ", the number of atoms");
        if (atoms <= 9)
            plain(in, frame, atoms, unit);
        else
            packed(in, frame, atoms, magic == 2023, unit);
        return true;
    }

private:
    using Three = std::array<std::int64_t, 3>;

    std::uint32_t word(std::size_t at) const {
        return std::uint32_t{head_[at]} << 24 | std::uint32_t{head_[at + 1]} << 16 |
               std::uint32_t{head_[at + 2]} << 8 | std::uint32_t{head_[at + 3]};
    }
    std::int32_t integer(std::size_t at) const { return static_cast<std::int32_t>(word(at)); }
    /// The float at a place of the head that begins at a byte of the file.
    float real(const TrajectoryInput& in, std::uint64_t start, std::size_t at) const {
        const float value = std::bit_cast<float>(word(at));
        if (!std::isfinite(value)) in.fail(start + at, "a number", to_text(value), "a finite number");
        return value;
    }

    void plain(TrajectoryInput& in, Frame& frame, Index atoms, double unit) {
        const std::uint64_t start = in.offset();
        in.take(head_, static_cast<std::size_t>(12 * atoms), "positions");
        frame.positions.resize(static_cast<std::size_t>(atoms));
        for (std::size_t i = 0; i < frame.positions.size(); ++i)
            for (std::size_t c = 0; c < 3; ++c)
                frame.positions[i][c] = unit * real(in, start, 12 * i + 4 * c);
    }

    void packed(TrajectoryInput& in, Frame& frame, Index atoms, bool long_count, double unit) {
        const std::uint64_t start = in.offset();
        in.take(head_, long_count ? 40 : 36, "head of packed positions");
        const float precision = real(in, start, 0);
        if (!(precision > 0.0f)) in.fail(start, "precision", to_text(precision), "a number > 0");
        std::array<std::int32_t, 3> least{}, most{};
        std::array<std::uint32_t, 3> ranges{};
        for (std::size_t c = 0; c < 3; ++c) {
            least[c] = integer(4 + 4 * c);
            most[c] = integer(16 + 4 * c);
            const std::int64_t range = std::int64_t{most[c]} - least[c] + 1;
            if (range < 1 || range > 0xffffffff)
                in.fail(start + 4, "range of positions", std::to_string(range), "1 to 2^32 - 1");
            ranges[c] = static_cast<std::uint32_t>(range);
        }
        int bits_of_small = integer(28);
        require_small(in, start + 28, bits_of_small);
        const std::int64_t count =
            long_count ? std::int64_t{integer(32)} * 0x100000000 + word(36) : std::int64_t{integer(32)};
        if (count < 0 || count > in.settings().most_bytes)
            in.fail(start + 32, "number of bytes", std::to_string(count),
                    "0 to " + std::to_string(in.settings().most_bytes) + ", ReadSettings::most_bytes");
        if (atoms / 8 > count)  // an atom has a bit or more
            in.fail(start + 32, "number of bytes", std::to_string(count),
                    "an eighth of the number of atoms, " + std::to_string(atoms) + ", or more");
        const std::uint64_t data = in.offset();
        const auto bytes = static_cast<std::size_t>(count);
        in.take(packed_, (bytes + 3) / 4 * 4, "packed positions");
        packed_.resize(packed_.size() + 16);
        XtcBits bits(packed_.data(), bytes);
        const auto damaged = [&](const char* what) {
            in.fail(data + bits.bytes_used(), "packed positions", what, "what GROMACS writes");
        };

        const bool apart = *std::max_element(ranges.begin(), ranges.end()) > 0xffffff;
        const unsigned bits_of_large = apart ? 0 : xtc_bits_of(ranges);
        frame.positions.resize(static_cast<std::size_t>(atoms));
        Point* next = frame.positions.data();
        const float inverse = static_cast<float>(1.0 / static_cast<double>(precision));
        const auto write = [&](const Three& site) {
            for (std::size_t c = 0; c < 3; ++c)
                (*next)[c] = unit * static_cast<double>(static_cast<float>(site[c]) * inverse);
            ++next;
        };
        unsigned run = 0;
        for (Index i = 0; i < atoms;) {
            Three large{};
            if (apart) {
                for (std::size_t c = 0; c < 3; ++c) {
                    std::uint32_t value = 0;
                    if (!bits.number(static_cast<unsigned>(std::bit_width(ranges[c])), value) ||
                        value >= ranges[c])
                        damaged("a position out of range, or cut short");
                    large[c] = value;
                }
            } else if (!bits.three(bits_of_large, ranges, large)) {
                damaged("a position out of range, or cut short");
            }
            for (std::size_t c = 0; c < 3; ++c) large[c] += least[c];
            int change = 0;
            std::uint32_t flag = 0;
            if (!bits.number(1, flag)) damaged("cut short");
            if (flag != 0) {
                std::uint32_t code = 0;
                if (!bits.number(5, code)) damaged("cut short");
                change = static_cast<int>(code % 3) - 1;
                run = code / 3;
            }
            if (static_cast<Index>(run) >= atoms - i) damaged("a run of more atoms than there are");
            if (run == 0) write(large);
            const std::uint32_t range = xtc_small_range[static_cast<std::size_t>(bits_of_small)];
            Three before = large;
            for (unsigned k = 0; k < run; ++k) {
                Three small{};
                if (!bits.three(static_cast<unsigned>(bits_of_small), {range, range, range}, small))
                    damaged("a difference out of range, or cut short");
                for (std::size_t c = 0; c < 3; ++c) {
                    small[c] += before[c] - static_cast<std::int64_t>(range / 2);
                    if (small[c] < least[c] || small[c] > most[c]) damaged("a position out of range");
                }
                write(small);
                if (k == 0) write(large);
                before = small;
            }
            i += 1 + static_cast<Index>(run);
            bits_of_small += change;
            if (i < atoms) require_small(in, data + bits.bytes_used(), bits_of_small);
        }
    }

    static void require_small(const TrajectoryInput& in, std::uint64_t at, int bits) {
        if (bits < xtc_first_range || bits >= static_cast<int>(xtc_small_range.size()))
            in.fail(at, "bits of a small difference", std::to_string(bits), "9 to 72");
    }

    std::vector<unsigned char> head_{}, packed_{};
};

}  // namespace predcg::detail
