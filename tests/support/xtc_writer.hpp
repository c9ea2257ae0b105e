#pragma once
// Frames of XTC files, written bit by bit: the other way round than the library reads them.
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace support {

/// Positions times the precision.
using XtcSites = std::vector<std::array<std::int32_t, 3>>;

struct XtcHead {
    int magic = 1995;
    int step = 0;
    float time = 0.0f;
    std::array<float, 9> box{};
    float precision = 1000.0f;
};

class XtcWriter {
public:
    std::string bytes;

    void integer(std::int64_t value) {
        for (int shift = 24; shift >= 0; shift -= 8)
            bytes.push_back(static_cast<char>(static_cast<unsigned char>(value >> shift)));
    }
    void real(float value) { integer(std::bit_cast<std::int32_t>(value)); }

    void head(const XtcHead& head, std::int64_t atoms) {
        integer(head.magic);
        integer(atoms);
        integer(head.step);
        real(head.time);
        for (const float length : head.box) real(length);
        integer(atoms);
    }

    /// Up to nine atoms: as they are.
    void plain(const XtcHead& given, const std::vector<std::array<float, 3>>& x) {
        head(given, static_cast<std::int64_t>(x.size()));
        for (const auto& site : x)
            for (const float c : site) real(c);
    }

    /// Ten atoms and more. The writer is free to choose runs of small differences and how many bits they
    /// have, and chooses them at random among what is possible, or none.
    void packed(const XtcHead& given, const XtcSites& x, std::mt19937_64& rng, int bits_of_small,
                bool with_runs = true) {
        std::array<std::int32_t, 3> least = x[0], most = x[0];
        for (const auto& site : x)
            for (std::size_t c = 0; c < 3; ++c) {
                least[c] = std::min(least[c], site[c]);
                most[c] = std::max(most[c], site[c]);
            }
        head(given, static_cast<std::int64_t>(x.size()));
        real(given.precision);
        for (const auto c : least) integer(c);
        for (const auto c : most) integer(c);
        integer(bits_of_small);
        bits_.clear();
        used_ = 0;
        std::array<std::uint64_t, 3> ranges{};
        bool apart = false;
        for (std::size_t c = 0; c < 3; ++c) {
            ranges[c] = static_cast<std::uint64_t>(std::int64_t{most[c]} - least[c] + 1);
            apart = apart || ranges[c] > 0xffffff;
        }
        std::size_t run_before = 0;
        for (std::size_t i = 0; i < x.size();) {
            const std::int64_t range = small_range(bits_of_small);
            std::size_t run = with_runs ? std::min<std::size_t>(rng() % 10, x.size() - i - 1) : 0;
            const auto difference = [&](std::size_t k) {  // of the k-th small site
                const auto& site = x[k == 0 ? i : i + k + 1];
                const auto& from = x[k == 0 ? i + 1 : k == 1 ? i : i + k];
                std::array<std::int64_t, 3> d{};
                for (std::size_t c = 0; c < 3; ++c) d[c] = std::int64_t{site[c]} - from[c] + range / 2;
                return d;
            };
            for (std::size_t k = 0; k < run; ++k)
                for (const std::int64_t d : difference(k))
                    if (d < 0 || d >= range) run = std::min(run, k);
            const auto& large = x[run > 0 ? i + 1 : i];
            std::array<std::uint64_t, 3> above{};
            for (std::size_t c = 0; c < 3; ++c)
                above[c] = static_cast<std::uint64_t>(std::int64_t{large[c]} - least[c]);
            if (apart)
                for (std::size_t c = 0; c < 3; ++c)
                    put(static_cast<unsigned>(std::bit_width(ranges[c])), above[c]);
            else
                put_three(bits_of_product(ranges), ranges, above);
            int change = static_cast<int>(rng() % 3) - 1;
            if (bits_of_small + change < 9 || bits_of_small + change > 72 || !with_runs) change = 0;
            const bool says = change != 0 || run != run_before;
            put(1, says ? 1 : 0);
            if (says) put(5, 3 * run + static_cast<std::size_t>(change + 1));
            for (std::size_t k = 0; k < run; ++k) {
                const auto d = difference(k);
                const auto r = static_cast<std::uint64_t>(range);
                put_three(static_cast<unsigned>(bits_of_small), {r, r, r},
                          {static_cast<std::uint64_t>(d[0]), static_cast<std::uint64_t>(d[1]),
                           static_cast<std::uint64_t>(d[2])});
            }
            run_before = run;
            bits_of_small += change;
            i += 1 + run;
        }
        if (given.magic == 2023) integer(0);
        integer(static_cast<std::int64_t>(bits_.size()));
        bytes += bits_;
        bytes.append((4 - bits_.size() % 4) % 4, '\0');
    }

private:
    __extension__ using Wide = unsigned __int128;

    /// 2^(bits/3) rounded down, but for three values.
    static std::int64_t small_range(int bits) {
        if (bits == 37) return 5060;
        auto root = static_cast<std::int64_t>(std::cbrt(std::ldexp(1.0, bits))) - 1;
        while (Wide(root + 1) * Wide(root + 1) * Wide(root + 1) <= Wide(1) << bits) ++root;
        return bits == 57 || bits == 69 ? root - 1 : root;
    }

    static unsigned bits_of_product(const std::array<std::uint64_t, 3>& ranges) {
        const Wide product = Wide(ranges[0]) * ranges[1] * ranges[2];
        unsigned bits = 0;
        while (product >> bits != 0) ++bits;
        return bits;
    }

    void put(unsigned count, std::uint64_t value) {
        for (unsigned k = count; k-- > 0;) {
            if (used_ == 0) bits_.push_back('\0');
            if (value >> k & 1)
                bits_.back() = static_cast<char>(static_cast<unsigned char>(bits_.back()) | 0x80u >> used_);
            used_ = (used_ + 1) % 8;
        }
    }

    void put_three(unsigned count, const std::array<std::uint64_t, 3>& ranges,
                   const std::array<std::uint64_t, 3>& values) {
        Wide value = (Wide(values[0]) * ranges[1] + values[1]) * ranges[2] + values[2];
        for (; count > 8; count -= 8, value >>= 8) put(8, static_cast<std::uint64_t>(value & 0xff));
        put(count, static_cast<std::uint64_t>(value));
    }

    std::string bits_{};
    unsigned used_ = 0;
};

}  // namespace support
