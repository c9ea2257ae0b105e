#pragma once
// What the checks of user types share: a list of findings, and derivatives by differences.
#include <predcg/core/error.hpp>
#include <predcg/core/random.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace predcg {

/// What a check found wrong, a sentence each; empty: nothing.
using Findings = std::vector<std::string>;

namespace detail {

/// Collects findings: the first of each kind, for a formula that is wrong is wrong almost everywhere.
class FindingList {
public:
    void add(const std::string& what, const std::string& sentence) {
        if (seen_.insert(what).second) findings_.push_back(what + " " + sentence);
    }

    /// |value - expected| <= tolerance max(1, |expected|, scale).
    void close(const std::string& what, double value, const std::string& reference, double expected,
               double tolerance, double scale = 1.0) {
        if (value == expected) return;  // infinities, too
        if (!(std::abs(value - expected) <= tolerance * std::max({1.0, std::abs(expected), scale})))
            add(what, "is " + to_text(value) + ", but " + reference + " gives " + to_text(expected));
    }

    /// The same for every component; `what` gets its number.
    void close(const std::string& what, const Vector& value, const std::string& reference,
               const Vector& expected, double tolerance, double scale = 1.0) {
        if (!same_shape(what, value, expected)) return;
        for (Index k = 0; k < value.size(); ++k)
            close(what + "[" + to_text(k) + "]", value[k], reference, expected[k], tolerance, scale);
    }
    void close(const std::string& what, const Matrix& value, const std::string& reference,
               const Matrix& expected, double tolerance, double scale = 1.0) {
        if (!same_shape(what, value, expected)) return;
        for (Index l = 0; l < value.cols(); ++l)
            for (Index k = 0; k < value.rows(); ++k)
                close(what + "(" + to_text(k) + ", " + to_text(l) + ")", value(k, l), reference,
                      expected(k, l), tolerance, scale);
    }

    static double zero_like(double) { return 0.0; }
    static Vector zero_like(const Vector& v) { return Vector::Zero(v.size()); }
    static Matrix zero_like(const Matrix& m) { return Matrix::Zero(m.rows(), m.cols()); }

    bool same_shape(const std::string&, double, double) { return true; }
    bool same_shape(const std::string& what, const Matrix& value, const Matrix& expected) {
        return length(what + ", rows of which", value.rows(), expected.rows()) &&
               length(what + ", columns of which", value.cols(), expected.cols());
    }
    bool same_shape(const std::string& what, const Vector& value, const Vector& expected) {
        return length(what, value.size(), expected.size());
    }

    bool length(const std::string& what, Index value, Index expected) {
        if (value != expected) add(what, "has length " + to_text(value) + ", expected " + to_text(expected));
        return value == expected;
    }

    /// False where an energy is no number, which is a finding unless it is +infinity: a forbidden
    /// configuration.
    bool energy(const std::string& what, double value) {
        if (!(value > -std::numeric_limits<double>::infinity())) add(what, "is " + to_text(value));
        return std::isfinite(value);
    }

    /// A finding where numbers of type V lose what a double holds.
    template <class V>
    void precise(const std::string& what) {
        using Number = std::remove_cvref_t<V>;
        if constexpr (std::is_integral_v<Number>)
            add(what, "returns an integer, which cuts off what lies behind the point; return double");
        else if constexpr (std::is_same_v<Number, float>)
            add(what, "returns a float, which has 7 digits; return double");
    }

    Findings take() { return std::move(findings_); }

private:
    Findings findings_;
    std::set<std::string> seen_;
};

/// df/dtheta_k by central differences of fourth order: error about 1e-11 of f for functions that vary over
/// distances of order max(1, |theta_k|).
template <class F>
auto difference(F&& f, const Vector& theta, Index k) {
    const double step = 1e-3 * std::max(1.0, std::abs(theta[k]));
    const auto along = [&](double multiple) {
        Vector there = theta;
        there[k] += multiple * step;
        return f(std::as_const(there));
    };
    using Value = decltype(along(1.0));
    return Value((8.0 * (along(1.0) - along(-1.0)) - (along(2.0) - along(-2.0))) / (12.0 * step));
}

/// Tolerances: of values that are sums of the same terms, and of derivatives against differences.
inline constexpr double sum_tolerance = 1e-10, difference_tolerance = 1e-7;

}  // namespace detail
}  // namespace predcg
