#pragma once
// Numbers that carry their derivatives.
#include <predcg/core/real_coordinates.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <ostream>

namespace predcg {

/// A number with its derivatives along N directions, first ones (order 1) or first and second ones (order 2).
/// Of fixed size: nothing is asked of the heap. What is computed with it has the derivatives by the chain
/// rule, exact to rounding. It has + - * /, comparisons (of values), and exp, expm1, log, log1p, log10, sqrt,
/// cbrt, pow, sin, cos, tan, asin, acos, atan, atan2, sinh, cosh, tanh, hypot, erf, erfc, abs, fabs, min,
/// max, isfinite, isnan, which are found where they are called without std:: (`using std::exp; exp(x)`).
/// Eigen's matrices take it.
template <int N, int order>
class DualNumber {
    static_assert(N >= 1 && (order == 1 || order == 2),
                  "predcg: a dual number has one direction or more and derivatives of order 1 or 2");
    static constexpr std::size_t n = static_cast<std::size_t>(N), seconds = order == 2 ? n * (n + 1) / 2 : 0;

public:
    static constexpr int directions = N;  ///< derivatives by so many variables

    constexpr DualNumber() = default;
    /// A constant.
    constexpr DualNumber(double value) : value_(value) {}  // NOLINT(google-explicit-constructor)
    /// The variable whose direction is k.
    static constexpr DualNumber variable(double value, int k) {
        DualNumber x(value);
        x.first_[static_cast<std::size_t>(k)] = 1.0;
        return x;
    }

    /// The number itself, its derivative in direction k, and the second one in directions k and l.
    double value() const { return value_; }
    double derivative(int k) const { return first_[static_cast<std::size_t>(k)]; }
    double second_derivative(int k, int l) const
        requires(order == 2)
    {
        const auto high = static_cast<std::size_t>(k > l ? k : l),
                   low = static_cast<std::size_t>(k > l ? l : k);
        return second_[high * (high + 1) / 2 + low];
    }

    DualNumber& operator+=(const DualNumber& b) { return *this = *this + b; }
    DualNumber& operator-=(const DualNumber& b) { return *this = *this - b; }
    DualNumber& operator*=(const DualNumber& b) { return *this = *this * b; }
    DualNumber& operator/=(const DualNumber& b) { return *this = *this / b; }

    friend DualNumber operator+(const DualNumber& a) { return a; }
    friend DualNumber operator-(const DualNumber& a) { return a * -1.0; }
    friend DualNumber operator+(const DualNumber& a, const DualNumber& b) {
        DualNumber r(a.value_ + b.value_);
        for (std::size_t k = 0; k < n; ++k) r.first_[k] = a.first_[k] + b.first_[k];
        for (std::size_t k = 0; k < seconds; ++k) r.second_[k] = a.second_[k] + b.second_[k];
        return r;
    }
    friend DualNumber operator-(const DualNumber& a, const DualNumber& b) {
        DualNumber r(a.value_ - b.value_);
        for (std::size_t k = 0; k < n; ++k) r.first_[k] = a.first_[k] - b.first_[k];
        for (std::size_t k = 0; k < seconds; ++k) r.second_[k] = a.second_[k] - b.second_[k];
        return r;
    }
    friend DualNumber operator*(const DualNumber& a, const DualNumber& b) {
        DualNumber r(a.value_ * b.value_);
        for (std::size_t k = 0; k < n; ++k) r.first_[k] = b.value_ * a.first_[k] + a.value_ * b.first_[k];
        r.each_second([&](std::size_t at, std::size_t k, std::size_t l) {
            return b.value_ * a.second_[at] + a.value_ * b.second_[at] + a.first_[k] * b.first_[l] +
                   a.first_[l] * b.first_[k];
        });
        return r;
    }
    friend DualNumber operator/(const DualNumber& a, const DualNumber& b) {
        const double inverse = 1.0 / b.value_;
        DualNumber r(a.value_ / b.value_);
        for (std::size_t k = 0; k < n; ++k) r.first_[k] = (a.first_[k] - r.value_ * b.first_[k]) * inverse;
        r.each_second([&](std::size_t at, std::size_t k, std::size_t l) {
            return (a.second_[at] - r.value_ * b.second_[at] - r.first_[k] * b.first_[l] -
                    r.first_[l] * b.first_[k]) *
                   inverse;
        });
        return r;
    }

    friend DualNumber operator+(DualNumber a, double b) { return a.value_ += b, a; }
    friend DualNumber operator+(double a, DualNumber b) { return b.value_ += a, b; }
    friend DualNumber operator-(DualNumber a, double b) { return a.value_ -= b, a; }
    friend DualNumber operator-(double a, const DualNumber& b) { return a + -b; }
    friend DualNumber operator*(DualNumber a, double b) {
        a.value_ *= b;
        for (double& d : a.first_) d *= b;
        for (double& d : a.second_) d *= b;
        return a;
    }
    friend DualNumber operator*(double a, const DualNumber& b) { return b * a; }
    friend DualNumber operator/(const DualNumber& a, double b) {
        DualNumber r = a * (1.0 / b);
        r.value_ = a.value_ / b;
        return r;
    }
    friend DualNumber operator/(double a, const DualNumber& b) {
        const double f = a / b.value_, slope = -f / b.value_;
        return b.chain(f, slope, -2.0 * slope / b.value_);
    }

    friend bool operator==(const DualNumber& a, const DualNumber& b) { return a.value_ == b.value_; }
    friend bool operator!=(const DualNumber& a, const DualNumber& b) { return a.value_ != b.value_; }
    friend bool operator<(const DualNumber& a, const DualNumber& b) { return a.value_ < b.value_; }
    friend bool operator>(const DualNumber& a, const DualNumber& b) { return a.value_ > b.value_; }
    friend bool operator<=(const DualNumber& a, const DualNumber& b) { return a.value_ <= b.value_; }
    friend bool operator>=(const DualNumber& a, const DualNumber& b) { return a.value_ >= b.value_; }
    friend bool isfinite(const DualNumber& x) { return std::isfinite(x.value_); }
    friend bool isnan(const DualNumber& x) { return std::isnan(x.value_); }
    friend std::ostream& operator<<(std::ostream& out, const DualNumber& x) { return out << x.value_; }

    friend DualNumber exp(const DualNumber& x) {
        const double f = std::exp(x.value_);
        return x.chain(f, f, f);
    }
    friend DualNumber expm1(const DualNumber& x) {
        const double slope = std::exp(x.value_);
        return x.chain(std::expm1(x.value_), slope, slope);
    }
    friend DualNumber log(const DualNumber& x) {
        const double slope = 1.0 / x.value_;
        return x.chain(std::log(x.value_), slope, -slope * slope);
    }
    friend DualNumber log1p(const DualNumber& x) {
        const double slope = 1.0 / (1.0 + x.value_);
        return x.chain(std::log1p(x.value_), slope, -slope * slope);
    }
    friend DualNumber log10(const DualNumber& x) {
        const double slope = std::numbers::log10e / x.value_;
        return x.chain(std::log10(x.value_), slope, -slope / x.value_);
    }
    friend DualNumber sqrt(const DualNumber& x) {
        const double f = std::sqrt(x.value_), slope = 0.5 / f;
        return x.chain(f, slope, -0.5 * slope / x.value_);
    }
    friend DualNumber cbrt(const DualNumber& x) {
        const double f = std::cbrt(x.value_), slope = 1.0 / (3.0 * f * f);
        return x.chain(f, slope, -2.0 / 3.0 * slope / x.value_);
    }
    friend DualNumber sin(const DualNumber& x) {
        const double f = std::sin(x.value_);
        return x.chain(f, std::cos(x.value_), -f);
    }
    friend DualNumber cos(const DualNumber& x) {
        const double f = std::cos(x.value_);
        return x.chain(f, -std::sin(x.value_), -f);
    }
    friend DualNumber tan(const DualNumber& x) {
        const double f = std::tan(x.value_), slope = 1.0 + f * f;
        return x.chain(f, slope, 2.0 * f * slope);
    }
    friend DualNumber asin(const DualNumber& x) {
        const double slope = 1.0 / std::sqrt(1.0 - x.value_ * x.value_);
        return x.chain(std::asin(x.value_), slope, x.value_ * slope * slope * slope);
    }
    friend DualNumber acos(const DualNumber& x) {
        const double slope = -1.0 / std::sqrt(1.0 - x.value_ * x.value_);
        return x.chain(std::acos(x.value_), slope, x.value_ * slope * slope * slope);
    }
    friend DualNumber atan(const DualNumber& x) {
        const double slope = 1.0 / (1.0 + x.value_ * x.value_);
        return x.chain(std::atan(x.value_), slope, -2.0 * x.value_ * slope * slope);
    }
    friend DualNumber sinh(const DualNumber& x) {
        const double f = std::sinh(x.value_);
        return x.chain(f, std::cosh(x.value_), f);
    }
    friend DualNumber cosh(const DualNumber& x) {
        const double f = std::cosh(x.value_);
        return x.chain(f, std::sinh(x.value_), f);
    }
    friend DualNumber tanh(const DualNumber& x) {
        const double f = std::tanh(x.value_), slope = 1.0 - f * f;
        return x.chain(f, slope, -2.0 * f * slope);
    }
    friend DualNumber erf(const DualNumber& x) {
        const double slope = 2.0 * std::numbers::inv_sqrtpi * std::exp(-x.value_ * x.value_);
        return x.chain(std::erf(x.value_), slope, -2.0 * x.value_ * slope);
    }
    friend DualNumber erfc(const DualNumber& x) {
        const double slope = -2.0 * std::numbers::inv_sqrtpi * std::exp(-x.value_ * x.value_);
        return x.chain(std::erfc(x.value_), slope, -2.0 * x.value_ * slope);
    }
    friend DualNumber abs(const DualNumber& x) { return x.value_ < 0.0 ? -x : x; }
    friend DualNumber fabs(const DualNumber& x) { return abs(x); }
    friend DualNumber min(const DualNumber& a, const DualNumber& b) { return b.value_ < a.value_ ? b : a; }
    friend DualNumber max(const DualNumber& a, const DualNumber& b) { return a.value_ < b.value_ ? b : a; }

    friend DualNumber pow(const DualNumber& x, double exponent) {
        const double f = std::pow(x.value_, exponent);
        return x.chain(f, power_slope(f, x.value_, exponent),
                       power_bend(std::pow(x.value_, exponent - 1.0), x.value_, exponent));
    }
    friend DualNumber pow(double base, const DualNumber& x) {
        const double f = std::pow(base, x.value_), log = base > 0.0 ? std::log(base) : 0.0;
        return x.chain(f, log * f, log * log * f);
    }
    friend DualNumber pow(const DualNumber& a, const DualNumber& b) {
        const double f = std::pow(a.value_, b.value_), log = a.value_ > 0.0 ? std::log(a.value_) : 0.0;
        const double below = std::pow(a.value_, b.value_ - 1.0);
        return chain(a, b, f, power_slope(f, a.value_, b.value_), f * log,
                     power_bend(below, a.value_, b.value_), below * (1.0 + b.value_ * log), f * log * log);
    }
    friend DualNumber atan2(const DualNumber& y, const DualNumber& x) {
        const double squared = x.value_ * x.value_ + y.value_ * y.value_;
        const double by_y = x.value_ / squared, by_x = -y.value_ / squared;
        return chain(y, x, std::atan2(y.value_, x.value_), by_y, by_x, 2.0 * by_x * by_y,
                     by_x * by_x - by_y * by_y, -2.0 * by_x * by_y);
    }
    friend DualNumber hypot(const DualNumber& a, const DualNumber& b) {
        const double f = std::hypot(a.value_, b.value_), by_a = a.value_ / f, by_b = b.value_ / f;
        return chain(a, b, f, by_a, by_b, by_b * by_b / f, -by_a * by_b / f, by_a * by_a / f);
    }

private:
    /// second(k, l) for l <= k.
    template <class F>
    void each_second(F&& f) {
        if constexpr (order == 2) {
            std::size_t at = 0;
            for (std::size_t k = 0; k < n; ++k)
                for (std::size_t l = 0; l <= k; ++l, ++at) second_[at] = f(at, k, l);
        }
    }

    /// 0 where nothing depends on the variable, however steep the function is.
    static double times(double slope, double d) { return d == 0.0 ? 0.0 : slope * d; }

    /// f(x) from its value and derivatives.
    DualNumber chain(double f, double slope, double bend) const {
        DualNumber r(f);
        for (std::size_t k = 0; k < n; ++k) r.first_[k] = times(slope, first_[k]);
        r.each_second([&](std::size_t at, std::size_t k, std::size_t l) {
            return times(slope, second_[at]) + times(bend, first_[k] * first_[l]);
        });
        return r;
    }
    /// f(a, b), likewise.
    static DualNumber chain(const DualNumber& a, const DualNumber& b, double f, double by_a, double by_b,
                            double by_aa, double by_ab, double by_bb) {
        DualNumber r(f);
        for (std::size_t k = 0; k < n; ++k) r.first_[k] = times(by_a, a.first_[k]) + times(by_b, b.first_[k]);
        r.each_second([&](std::size_t at, std::size_t k, std::size_t l) {
            return times(by_a, a.second_[at]) + times(by_b, b.second_[at]) +
                   times(by_aa, a.first_[k] * a.first_[l]) +
                   times(by_ab, a.first_[k] * b.first_[l] + a.first_[l] * b.first_[k]) +
                   times(by_bb, b.first_[k] * b.first_[l]);
        });
        return r;
    }

    /// d x^c / dx, given x^c.
    static double power_slope(double power, double x, double c) {
        if (c == 0.0) return 0.0;
        return x != 0.0 ? c * power / x : c * std::pow(x, c - 1.0);
    }

    /// d2 x^c / dx2, given x^(c-1).
    static double power_bend(double below, double x, double c) {
        return c == 0.0 || c == 1.0 ? 0.0 : c * power_slope(below, x, c - 1.0);
    }

    double value_ = 0.0;
    std::array<double, n> first_{};
    std::array<double, seconds> second_{};
};

namespace detail {
template <int N, int order>
inline constexpr bool is_number<DualNumber<N, order>> = true;
}  // namespace detail

}  // namespace predcg

/// @cond
template <int N, int order>
struct Eigen::NumTraits<predcg::DualNumber<N, order>> : Eigen::NumTraits<double> {
    using Real = predcg::DualNumber<N, order>;
    using NonInteger = Real;
    using Nested = Real;
    using Literal = Real;
    enum { RequireInitialization = 1, ReadCost = N, AddCost = 2 * N, MulCost = 4 * N };
};
template <int N, int order, class Operation>
struct Eigen::ScalarBinaryOpTraits<predcg::DualNumber<N, order>, double, Operation> {
    using ReturnType = predcg::DualNumber<N, order>;
};
template <int N, int order, class Operation>
struct Eigen::ScalarBinaryOpTraits<double, predcg::DualNumber<N, order>, Operation> {
    using ReturnType = predcg::DualNumber<N, order>;
};
/// @endcond
