#pragma once
// How Monte Carlo numbers are compared with exact ones without false alarms.
#include "chance.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

namespace support {

/// Signed root of the deviance of `hits` in `tries` trials of probability p. Where the usual z-score is a
/// standard normal, so is this; but its tails are bounded for every p and number of trials:
///     P(|z| >= t) <= 2 exp(-t^2/2)    (Chernoff).
inline double frequency_z(double hits, double tries, double p) {
    p = std::clamp(p, 0.0, 1.0);  // exact probabilities carry rounding errors
    const double a = hits / tries;
    const auto term = [](double x, double y) {
        if (x <= 0.0) return 0.0;
        return y > 0.0 ? x * std::log(x / y) : std::numeric_limits<double>::infinity();
    };
    const double divergence = term(a, p) + term(1.0 - a, 1.0 - p);
    return std::copysign(std::sqrt(2.0 * tries * std::max(0.0, divergence)), a - p);
}

/// Largest |frequency_z| that passes: a false alarm has probability < 2 exp(-7^2/2) < 5e-11 a comparison.
inline constexpr ChanceLimit frequency_limit{7.0, 5e-11};

/// sup |F_n - F| sqrt(n) of draws against a continuous distribution function. By Dvoretzky, Kiefer,
/// Wolfowitz and Massart it exceeds t with probability <= 2 exp(-2 t^2): < 5e-11 for t = 3.5.
template <class Distribution>
double kolmogorov(std::vector<double> draws, Distribution&& F) {
    std::sort(draws.begin(), draws.end());
    const double n = static_cast<double>(draws.size());
    double largest = 0.0;
    for (std::size_t k = 0; k < draws.size(); ++k) {
        const double exact = F(draws[k]), below = static_cast<double>(k) / n;
        largest = std::max({largest, exact - below, below + 1.0 / n - exact});
    }
    return largest * std::sqrt(n);
}
inline constexpr ChanceLimit kolmogorov_limit{3.5, 5e-11};

}  // namespace support
