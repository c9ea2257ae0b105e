#pragma once
// Several numbers that are computed side by side.
#include <predcg/core/types.hpp>
#include <predcg/core/vector_types.hpp>

#include <cmath>
#include <limits>
#include <type_traits>

namespace predcg::detail {

/// So many lanes fill the vectors of today's processors.
inline constexpr Index lane_count = 8;

/// L numbers, one a lane.
template <Index L>
struct alignas(L * sizeof(double)) Pack {
    static constexpr Index all = static_cast<Index>(vector_width);
    static constexpr Index width = L % all == 0 ? all : 1;
    struct Wide {  // as a template argument a vector would lose what makes it one
        using type = VectorOfDoubles;
    };
    struct Single {
        using type = double;
    };
    using Part = typename std::conditional_t<width == all, Wide, Single>::type;
    static constexpr Index parts = L / width;

    Part part[parts];

    // Copies part by part: a copy by other pieces than those that were stored has to wait for the store.
    Pack() = default;
    Pack(const Pack& b) { *this = b; }
    Pack& operator=(const Pack& b) {
        for (Index k = 0; k < parts; ++k) part[k] = b.part[k];
        return *this;
    }

    static Pack of(double value) {
        Pack p;
        for (Index k = 0; k < parts; ++k) p.part[k] = value - Part{};
        return p;
    }
    double& operator[](Index lane) { return reinterpret_cast<double*>(part)[lane]; }
    double operator[](Index lane) const { return reinterpret_cast<const double*>(part)[lane]; }

    Pack& operator+=(const Pack& b) {
        for (Index k = 0; k < parts; ++k) part[k] += b.part[k];
        return *this;
    }
    Pack& operator-=(const Pack& b) {
        for (Index k = 0; k < parts; ++k) part[k] -= b.part[k];
        return *this;
    }
    Pack& operator*=(const Pack& b) {
        for (Index k = 0; k < parts; ++k) part[k] *= b.part[k];
        return *this;
    }
    friend Pack operator+(const Pack& a, const Pack& b) {
        Pack p;
        for (Index k = 0; k < parts; ++k) p.part[k] = a.part[k] + b.part[k];
        return p;
    }
    friend Pack operator-(const Pack& a, const Pack& b) {
        Pack p;
        for (Index k = 0; k < parts; ++k) p.part[k] = a.part[k] - b.part[k];
        return p;
    }
    friend Pack operator*(const Pack& a, const Pack& b) {
        Pack p;
        for (Index k = 0; k < parts; ++k) p.part[k] = a.part[k] * b.part[k];
        return p;
    }
    friend Pack operator*(double a, const Pack& b) {
        Pack p;
        for (Index k = 0; k < parts; ++k) p.part[k] = a * b.part[k];
        return p;
    }
    friend Pack operator+(double a, const Pack& b) {
        Pack p;
        for (Index k = 0; k < parts; ++k) p.part[k] = a + b.part[k];
        return p;
    }

    /// 1/x of numbers >= 0; of 0 something large and finite.
    Pack inverse() const {
        Pack p;
        for (Index k = 0; k < parts; ++k) p.part[k] = 1.0 / (part[k] + std::numeric_limits<double>::min());
        return p;
    }
    /// 1/x of numbers >= 0, and 0 of 0.
    Pack inverse_or_zero() const {
        Pack p;
        for (Index l = 0; l < L; ++l) p[l] = (*this)[l] > 0.0 ? 1.0 / (*this)[l] : 0.0;
        return p;
    }
    Pack log() const {
        Pack p;
        for (Index l = 0; l < L; ++l) p[l] = std::log((*this)[l]);
        return p;
    }
    /// The first lane first.
    double sum() const {
        double s = (*this)[0];
        for (Index l = 1; l < L; ++l) s += (*this)[l];
        return s;
    }
};

}  // namespace predcg::detail
