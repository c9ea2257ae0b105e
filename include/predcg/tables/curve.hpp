#pragma once
// Functions of one variable, from a table.
#include <predcg/core/error.hpp>
#include <predcg/core/types.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace predcg {

/// A function at one place, with its first two derivatives.
struct CurvePoint {
    double value = 0.0;      ///< f(x)
    double slope = 0.0;      ///< f'(x)
    double curvature = 0.0;  ///< f''(x)
};

/// A function f of one variable by its values and slopes at points: between two of them the cubic that has
/// the values and slopes of both (Hermite), with error h^4 max|f''''| / 384 if the slopes are exact. Before
/// the first point and after the last it goes on as the parabola with the value, the slope and the curvature
/// there. f and f' are continuous; f'' jumps at the points unless the slopes are those of a spline.
class Curve {
public:
    /// Throws ArgumentError unless there are two points or more, all numbers are finite, and x increases.
    Curve(Vector x, Vector values, Vector slopes)
        : x_(std::move(x)), f_(std::move(values)), d_(std::move(slopes)) {
        check(x_, f_);
        require_equal(d_.size(), x_.size(), "Curve", "number of slopes", "as many as points");
        for (const double slope : d_) require_finite(slope, "Curve", "slope");
    }

    /// The cubic spline through values alone: f'' is continuous. The slope at either end is that of the cubic
    /// through the four points there. Throws as the constructor does. O(n).
    static Curve spline(Vector x, Vector values) {
        check(x, values);
        const double first = end_slope(x, values, 0, 1), last = end_slope(x, values, x.size() - 1, -1);
        return clamped(std::move(x), std::move(values), first, last);
    }

    /// The cubic spline with the given slopes at its ends. Throws as the constructor does. O(n).
    static Curve clamped(Vector x, Vector values, double first_slope, double last_slope) {
        check(x, values);
        Vector slopes = spline_slopes(x, values, first_slope, last_slope);
        return Curve(std::move(x), std::move(values), std::move(slopes));
    }

    /// f at x. O(log n).
    CurvePoint at(double x) const {
        if (x < x_[0] || x > x_[x_.size() - 1]) {
            const Index end = x < x_[0] ? 0 : x_.size() - 1;
            CurvePoint p = inside(end == 0 ? 0 : end - 1, x_[end]);
            const double t = x - x_[end];
            return {p.value + t * (p.slope + 0.5 * t * p.curvature), p.slope + t * p.curvature, p.curvature};
        }
        const double* const begin = x_.data();
        const Index found = std::upper_bound(begin, begin + x_.size(), x) - begin;
        return inside(std::clamp(found - 1, Index{0}, x_.size() - 2), x);
    }
    /// f(x).
    double operator()(double x) const { return at(x).value; }

    const Vector& x() const { return x_; }             ///< the points
    const Vector& values() const { return f_; }        ///< f there
    const Vector& slopes() const { return d_; }        ///< f' there
    double first() const { return x_[0]; }             ///< the first point
    double last() const { return x_[x_.size() - 1]; }  ///< the last point

private:
    static void check(const Vector& x, const Vector& values) {
        require(x.size() >= 2, "Curve", "number of points", x.size(), "an integer >= 2");
        require_equal(values.size(), x.size(), "Curve", "number of values", "as many as points");
        for (Index i = 0; i < x.size(); ++i) {
            require_finite(x[i], "Curve", "point");
            require_finite(values[i], "Curve", "value");
            require(i == 0 || x[i] > x[i - 1], "Curve", "point", x[i], "more than the point before it");
        }
    }

    /// On interval i.
    CurvePoint inside(Index i, double x) const {
        const double h = x_[i + 1] - x_[i], t = (x - x_[i]) / h;
        const double rise = (f_[i + 1] - f_[i]) / h;  // f = f_i + h t (d_i + t (a + t b))
        const double a = 3.0 * rise - 2.0 * d_[i] - d_[i + 1], b = d_[i] + d_[i + 1] - 2.0 * rise;
        return {f_[i] + h * t * (d_[i] + t * (a + t * b)), d_[i] + t * (2.0 * a + 3.0 * b * t),
                (2.0 * a + 6.0 * b * t) / h};
    }

    /// f' at an end from up to four points, by divided differences.
    static double end_slope(const Vector& x, const Vector& f, Index end, Index step) {
        const Index count = std::min(Index{4}, x.size());
        std::array<double, 4> at{}, difference{};
        for (Index i = 0; i < count; ++i) {
            const auto k = static_cast<std::size_t>(i);
            at[k] = x[end + step * i];
            difference[k] = f[end + step * i];
        }
        double slope = 0.0, product = 1.0;
        for (std::size_t order = 1; order < static_cast<std::size_t>(count); ++order) {
            for (std::size_t i = static_cast<std::size_t>(count) - 1; i >= order; --i)
                difference[i] = (difference[i] - difference[i - 1]) / (at[i] - at[i - order]);
            slope += difference[order] * product;
            product *= at[0] - at[order];
        }
        return slope;
    }

    /// Of the tridiagonal equations that make f'' continuous, by elimination: they are diagonally dominant.
    static Vector spline_slopes(const Vector& x, const Vector& f, double first, double last) {
        const Index n = x.size();
        Vector slopes(n), upper(n);
        slopes[0] = first;
        upper[0] = 0.0;
        for (Index i = 1; i < n - 1; ++i) {
            const double left = 1.0 / (x[i] - x[i - 1]), right = 1.0 / (x[i + 1] - x[i]);
            const double pivot = 2.0 * (left + right) - left * upper[i - 1];
            const double wanted = 3.0 * (left * left * (f[i] - f[i - 1]) + right * right * (f[i + 1] - f[i]));
            upper[i] = right / pivot;
            slopes[i] = (wanted - left * slopes[i - 1]) / pivot;
        }
        slopes[n - 1] = last;
        for (Index i = n - 2; i > 0; --i) slopes[i] -= upper[i] * slopes[i + 1];
        return slopes;
    }

    Vector x_, f_, d_;
};

}  // namespace predcg
