#pragma once
// The modified Bessel function of order 0, by its logarithm.
#include <predcg/core/compiler.hpp>

#include <cmath>
#include <numbers>

namespace predcg {

/// log I_0 at kappa and its first two derivatives by kappa: A = I_1/I_0 and A' = 1 - A/kappa - A^2.
struct LogBessel {
    double value = 0.0;      ///< log I_0
    double slope = 0.0;      ///< A
    double curvature = 0.5;  ///< A'
};

/// log I_0(kappa) for kappa >= 0, without overflow: value and slope to a few units in the last place, the
/// curvature to 1e-12 of itself. The power series below 25, else the asymptotic one, whose smallest term is
/// exp(-2 kappa) (Abramowitz and Stegun 9.6.12, 9.7.1).
[[gnu::cold]] inline LogBessel log_bessel_i0(double kappa) {
    if (kappa < 25.0) {
        // I_0 - 1 = sum_k q^k / k!^2 and 2 I_1 / kappa = sum_k q^k / (k! (k+1)!), q = kappa^2 / 4.
        const double q = 0.25 * kappa * kappa;
        double term = 1.0, above_one = 0.0, ratio = 1.0;
        for (double k = 1.0; term > 1e-18 * ratio; ++k) {
            term *= q / (k * k);
            above_one += term;
            ratio += term / (k + 1.0);
        }
        const double A = 0.5 * kappa * ratio / (1.0 + above_one);
        return {std::log1p(above_one), A, 1.0 - 0.5 * ratio / (1.0 + above_one) - A * A};
    }
    // I_0 = exp(kappa) P(y) / sqrt(2 pi kappa), P = sum_k c_k y^k, y = 1/kappa, c_k = c_{k-1} (2k-1)^2 /
    // (8k).
    const double y = 1.0 / kappa;
    double term = 1.0, P = 1.0, first = 0.0, second = 0.0;  // of y P' and y^2 P''
    for (double k = 1.0; term > 1e-18 && k < 2.0 * kappa; ++k) {
        term *= y * (2.0 * k - 1.0) * (2.0 * k - 1.0) / (8.0 * k);
        P += term;
        first += k * term;
        second += k * (k - 1.0) * term;
    }
    const double of_first = first / P;
    return {kappa - 0.5 * std::log(2.0 * std::numbers::pi * kappa) + std::log(P), 1.0 - y * (0.5 + of_first),
            y * y * (0.5 + second / P + 2.0 * of_first - of_first * of_first)};
}

}  // namespace predcg
