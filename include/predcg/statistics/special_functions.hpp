#pragma once
// Probabilities and quantiles of the normal, beta and gamma distributions. Those of Boost.Math take a
// compiler longer than Eigen/Core does, in every file that has diagnostics.

#include <predcg/core/compiler.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace predcg::detail {

/// z with P(Z <= z) = p, 0 < p < 1, to 1e-14 of z, about p = 1/2 to 1e-16: Abramowitz and Stegun 26.2.23,
/// which is right to 4.5e-4, and two steps of Halley's method.
inline double normal_quantile(double p) {
    const double tail = std::min(p, 1.0 - p), t = std::sqrt(-2.0 * std::log(tail));
    double z = t - (2.515517 + t * (0.802853 + t * 0.010328)) /
                       (1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
    for (int step = 0; step < 2; ++step) {
        const double excess = 0.5 * std::erfc(z / std::numbers::sqrt2) - tail;
        const double newton =
            excess * std::exp(0.5 * z * z) / (std::numbers::inv_sqrtpi / std::numbers::sqrt2);
        z += newton / (1.0 - 0.5 * newton * z);
    }
    return p < 0.5 ? -z : z;
}

/// P(X <= x) of a beta variable for x below its mean or so: the continued fraction of Numerical Recipes,
/// section 6.4.
[[gnu::cold]] inline double beta_fraction(double a, double b, double x) {
    const double front = std::exp(a * std::log(x) + b * std::log1p(-x) + std::lgamma(a + b) - std::lgamma(a) -
                                  std::lgamma(b)) /
                         a;
    constexpr double smallest = std::numeric_limits<double>::min();
    const auto kept = [](double value) { return std::abs(value) < smallest ? smallest : value; };
    double c = 1.0, d = 1.0 / kept(1.0 - (a + b) * x / (a + 1.0)), fraction = d;
    for (double m = 1.0; m < 1e5; ++m) {
        const double even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        const double odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        double change = 1.0;
        for (const double term : {even, odd}) {
            d = 1.0 / kept(1.0 + term * d);
            c = kept(1.0 + term / c);
            change = c * d;
            fraction *= change;
        }
        if (std::abs(change - 1.0) < 1e-16) break;
    }
    return front * fraction;
}

/// P(X <= x) of a beta variable, a, b > 0, to 1e-11 for a, b up to 1e4.
[[gnu::cold]] inline double beta_probability(double a, double b, double x) {
    if (!(x > 0.0)) return 0.0;
    if (!(x < 1.0)) return 1.0;
    return x > (a + 1.0) / (a + b + 2.0) ? 1.0 - beta_fraction(b, a, 1.0 - x) : beta_fraction(a, b, x);
}

/// x with P(X <= x) = p of a beta variable, by halving: the probability rises with x.
[[gnu::cold]] inline double beta_quantile(double a, double b, double p) {
    if (!(p < 1.0)) return 1.0;
    double low = 0.0, high = 1.0;
    for (;;) {
        const double middle = 0.5 * (low + high);
        if (!(low < middle && middle < high)) return middle;
        (beta_probability(a, b, middle) < p ? low : high) = middle;
    }
}

/// P(X > x) of a gamma variable of shape a > 0 and scale 1: series and continued fraction of Numerical
/// Recipes, section 6.2.
[[gnu::cold]] inline double gamma_tail(double a, double x) {
    if (!(x > 0.0)) return 1.0;
    const double front = std::exp(a * std::log(x) - x - std::lgamma(a));
    if (x < a + 1.0) {
        double term = 1.0 / a, sum = term;
        for (double n = a + 1.0; term > 1e-17 * sum; ++n) sum += term *= x / n;
        return 1.0 - front * sum;
    }
    double b = x + 1.0 - a, c = std::numeric_limits<double>::max(), d = 1.0 / b, fraction = d;
    for (double n = 1.0; n < 1e5; ++n) {
        b += 2.0;
        const double term = -n * (n - a);
        d = 1.0 / (term * d + b);
        c = b + term / c;
        fraction *= c * d;
        if (std::abs(c * d - 1.0) < 1e-16) break;
    }
    return front * fraction;
}

}  // namespace predcg::detail
