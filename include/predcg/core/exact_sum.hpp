#pragma once
// Sums of doubles that do not depend on the order of the terms.
#include <predcg/core/compiler.hpp>

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

namespace predcg {

/// A sum of doubles without rounding, as one long integer: word k counts 2^(32 k - 1074). Sums of parts are
/// sums of words, so that parts that are formed in any order or in several processes give the same bytes.
/// Up to 2^30 terms altogether.
/// R. M. Neal, "Fast exact summation using small and large superaccumulators", arXiv:1505.05571 (the small
/// one, with words of 32 bits and room for carries); U. Kulisch, Computing 91 (2011) 397.
class ExactSum {
    static constexpr std::size_t digits = 68;  // of 32 bits, from 2^-1074 to 2^1024 and carries
    enum Special : std::size_t { nan = digits, infinity, minus_infinity, count };

public:
    static constexpr std::size_t word_count = count;  ///< Number of 64-bit words.

    void add(double term) {
        if (!std::isfinite(term)) {
            ++words_[std::isnan(term) ? nan : term > 0.0 ? infinity : minus_infinity];
            return;
        }
        const auto bits = std::bit_cast<std::uint64_t>(term);
        const std::uint64_t exponent = (bits >> 52) & 0x7ff, fraction = bits & ((std::uint64_t{1} << 52) - 1);
        const std::uint64_t mantissa = exponent == 0 ? fraction : fraction | std::uint64_t{1} << 52;
        const std::uint64_t place = exponent == 0 ? 0 : exponent - 1;  // of its lowest bit
        const std::uint64_t shift = place % 32;
        const std::uint64_t low = mantissa << shift;  // 64 of up to 84 bits
        const std::uint64_t high = shift == 0 ? 0 : mantissa >> (64 - shift);
        const std::int64_t sign = term < 0.0 ? -1 : 1;
        std::int64_t* const word = words_.data() + place / 32;
        word[0] += sign * static_cast<std::int64_t>(low & 0xffffffff);
        word[1] += sign * static_cast<std::int64_t>(low >> 32);
        word[2] += sign * static_cast<std::int64_t>(high);
    }

    /// All that a sum is; sums are added word by word.
    std::span<std::int64_t, word_count> words() { return words_; }

    /// The sum, rounded once (to even; twice where the result is subnormal). NaN with a NaN or with
    /// infinities of both signs among the terms.
    double value() const {
        if (words_[nan] > 0 || (words_[infinity] > 0 && words_[minus_infinity] > 0))
            return std::numeric_limits<double>::quiet_NaN();
        if (words_[infinity] > 0) return std::numeric_limits<double>::infinity();
        if (words_[minus_infinity] > 0) return -std::numeric_limits<double>::infinity();
        std::array<std::int64_t, digits> word;
        for (std::size_t k = 0; k < digits; ++k) word[k] = words_[k];
        carry(word);
        const bool negative = word.back() < 0;
        if (negative) {
            for (std::int64_t& w : word) w = -w;
            carry(word);
        }
        std::size_t top = digits;
        while (top > 0 && word[top - 1] == 0) --top;
        if (top == 0) return 0.0;
        const auto at = [&](std::size_t below) {  // the word so far below the top one
            return top > below ? static_cast<std::uint64_t>(word[top - 1 - below]) : 0;
        };
        std::uint64_t head = at(0) << 32 | at(1);
        const std::uint64_t tail = at(2) << 32 | at(3);
        const int shift = std::countl_zero(head);
        bool more = tail << shift != 0;
        if (shift > 0) head = head << shift | tail >> (64 - shift);
        for (std::size_t below = 4; below < top; ++below) more = more || at(below) != 0;
        head |= static_cast<std::uint64_t>(more);  // not half-way where anything follows
        const int exponent = 32 * (static_cast<int>(top) - 2) - 1074 - shift;
        const double magnitude = std::ldexp(static_cast<double>(head), exponent);
        return negative ? -magnitude : magnitude;
    }

private:
    /// The same number with all words but the highest from 0 to 2^32 - 1.
    static void carry(std::array<std::int64_t, digits>& word) {
        for (std::size_t k = 0; k + 1 < digits; ++k) {
            word[k + 1] += word[k] >> 32;
            word[k] &= 0xffffffff;
        }
    }

    std::array<std::int64_t, word_count> words_{};
};

}  // namespace predcg
