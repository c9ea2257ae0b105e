#pragma once
// Several numbers that are computed side by side.
#include <predcg/core/types.hpp>
#include <predcg/core/vector_types.hpp>

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <utility>

namespace predcg::detail {

/// So many lanes fill the vectors of today's processors.
inline constexpr Index lane_count = 8;

/// Numbers side by side, one a lane.
struct alignas(lane_count * sizeof(double)) Lanes {
    static constexpr Index width = static_cast<Index>(vector_width);
    static constexpr Index parts = lane_count / width;

    VectorOfDoubles part[parts];

    // Copies part by part: a copy by other pieces than those that were stored has to wait for the store.
    Lanes() = default;
    Lanes(const Lanes& b) { *this = b; }
    Lanes& operator=(const Lanes& b) {  // NOLINT(bugprone-unhandled-self-assignment): parts onto themselves
        for (Index k = 0; k < parts; ++k) part[k] = b.part[k];
        return *this;
    }

    static Lanes of(double value) {
        Lanes p;
        for (VectorOfDoubles& all : p.part) all = value - VectorOfDoubles{};
        return p;
    }
    /// Whole numbers from 0 to 127.
    static Lanes of_bytes(const signed char* bytes) {
        Lanes p;
        for (VectorOfDoubles& some : p.part) {
            some = doubles_of_bytes(bytes);
            bytes += width;
        }
        return p;
    }
    /// from[begins[0]], from[begins[step]], ...
    template <Index step>
    static Lanes gathered(const double* from, const std::uint32_t* begins) {
        Lanes p;
        for (Index k = 0; k < parts; ++k)
            p.part[k] = gathered_part<step>(from, begins + k * width * step,
                                            std::make_integer_sequence<Index, width>());
        return p;
    }
    /// The same, and what stands behind each of them: both by one load.
    template <Index step>
    static std::pair<Lanes, Lanes> gathered_pairs(const double* from, const std::uint32_t* begins) {
        std::pair<Lanes, Lanes> p;
        for (Index k = 0; k < parts; ++k)
            load_pairs<step>(from, begins + k * width * step, p.first.part[k], p.second.part[k]);
        return p;
    }
    double& operator[](Index lane) { return reinterpret_cast<double*>(part)[lane]; }
    double operator[](Index lane) const { return reinterpret_cast<const double*>(part)[lane]; }

    Lanes& operator+=(const Lanes& b) {
        for (Index k = 0; k < parts; ++k) part[k] += b.part[k];
        return *this;
    }
    Lanes& operator-=(const Lanes& b) {
        for (Index k = 0; k < parts; ++k) part[k] -= b.part[k];
        return *this;
    }
    Lanes& operator*=(const Lanes& b) {
        for (Index k = 0; k < parts; ++k) part[k] *= b.part[k];
        return *this;
    }
    friend Lanes operator+(const Lanes& a, const Lanes& b) {
        Lanes p;
        for (Index k = 0; k < parts; ++k) p.part[k] = a.part[k] + b.part[k];
        return p;
    }
    friend Lanes operator-(const Lanes& a, const Lanes& b) {
        Lanes p;
        for (Index k = 0; k < parts; ++k) p.part[k] = a.part[k] - b.part[k];
        return p;
    }
    friend Lanes operator*(const Lanes& a, const Lanes& b) {
        Lanes p;
        for (Index k = 0; k < parts; ++k) p.part[k] = a.part[k] * b.part[k];
        return p;
    }
    friend Lanes operator*(double a, const Lanes& b) {
        Lanes p;
        for (Index k = 0; k < parts; ++k) p.part[k] = a * b.part[k];
        return p;
    }
    friend Lanes operator+(double a, const Lanes& b) {
        Lanes p;
        for (Index k = 0; k < parts; ++k) p.part[k] = a + b.part[k];
        return p;
    }

    /// The larger number of each two.
    static Lanes larger(const Lanes& a, const Lanes& b) {
        Lanes p;
        for (Index k = 0; k < parts; ++k) p.part[k] = a.part[k] < b.part[k] ? b.part[k] : a.part[k];
        return p;
    }
    /// 0 in all lanes but the first so many.
    void keep_first(Index count) {
        static constexpr auto from_here = [] {
            std::array<double, 2 * lane_count> numbers{};
            for (Index lane = 0; lane < lane_count; ++lane) numbers[static_cast<std::size_t>(lane)] = 1.0;
            return numbers;
        }();
        for (Index k = 0; k < parts; ++k) {
            VectorOfDoubles kept;
            std::memcpy(&kept, from_here.data() + lane_count - count + k * width, sizeof kept);
            part[k] = kept != 0.0 ? part[k] : VectorOfDoubles{};
        }
    }
    /// 1/x of numbers >= 0; of 0 something large and finite.
    Lanes inverse() const {
        Lanes p;
        for (Index k = 0; k < parts; ++k) p.part[k] = 1.0 / (part[k] + std::numeric_limits<double>::min());
        return p;
    }
    /// 1/x of numbers >= 0, and 0 of 0.
    Lanes inverse_or_zero() const {
        Lanes p;
        for (Index l = 0; l < lane_count; ++l) p[l] = (*this)[l] > 0.0 ? 1.0 / (*this)[l] : 0.0;
        return p;
    }
    /// exp(x) of numbers from -700 to 700, to 1e-15 of it; below, exp(-700).
    Lanes exp() const {
        constexpr double coefficients[] = {
            1.0 / 39916800.0, 1.0 / 3628800.0, 1.0 / 362880.0, 1.0 / 40320.0, 1.0 / 5040.0, 1.0 / 720.0,
            1.0 / 120.0,      1.0 / 24.0,      1.0 / 6.0,      1.0 / 2.0,     1.0,          1.0};
        // 2^k exp(r), |r| <= log(2) / 2; k stands in the last bits of k + 1.5 2^52, and log(2) is two
        // numbers.
        Lanes result;
        for (Index k = 0; k < parts; ++k) {
            const VectorOfDoubles least = -700.0 - VectorOfDoubles{};
            const VectorOfDoubles x = part[k] < least ? least : part[k];
            const VectorOfDoubles shifted = x * 0x1.71547652b82fep+0 + 0x1.8p52;
            // Taken back by way of its bits, as -fassociative-math would leave out sum and difference.
            const BitsOfDoubles whole =
                std::bit_cast<BitsOfDoubles>(shifted) - (std::uint64_t{1} << 51) + 2048;
            const VectorOfDoubles power = std::bit_cast<VectorOfDoubles>(whole) - (0x1p52 + 2048.0);
            const VectorOfDoubles r = (x - power * 0x1.62e42fefa3800p-1) - power * 0x1.ef35793c76730p-45;
            VectorOfDoubles sum = 1.0 / 479001600.0 - VectorOfDoubles{};
            for (const double coefficient : coefficients) sum = sum * r + coefficient;
            const BitsOfDoubles scale =
                (std::bit_cast<BitsOfDoubles>(shifted) << 52) + (std::uint64_t{1023} << 52);
            result.part[k] = sum * std::bit_cast<VectorOfDoubles>(scale);
        }
        return result;
    }
    Lanes log() const {
        Lanes p;
        for (Index l = 0; l < lane_count; ++l) p[l] = std::log((*this)[l]);
        return p;
    }
    /// The first lane first.
    double sum() const {
        double s = (*this)[0];
        for (Index l = 1; l < lane_count; ++l) s += (*this)[l];
        return s;
    }

private:
    template <Index step, Index... K>
    static VectorOfDoubles gathered_part(const double* from, const std::uint32_t* begins,
                                         std::integer_sequence<Index, K...>) {
        return VectorOfDoubles{from[begins[K * step]]...};
    }
};

}  // namespace predcg::detail
