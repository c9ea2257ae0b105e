#pragma once
// Chains of draws whose correlations are known.
#include <predcg/core/types.hpp>

#include "diagnostics_by_hand.hpp"

#include <cmath>
#include <random>

namespace support {

/// Stationary Gaussian chains x_{n+1} = phi x_n + sqrt(1 - phi^2) e_n of mean 0 and variance 1:
/// rho_t = phi^t, tau = (1 + phi) / (1 - phi).
template <class R>
predcg::Matrix gaussian_chains(R& rng, predcg::Index iterations, predcg::Index chains, double phi) {
    std::normal_distribution<double> normal;
    predcg::Matrix draws(iterations, chains);
    for (predcg::Index m = 0; m < chains; ++m) {
        double x = normal(rng);
        for (predcg::Index n = 0; n < iterations; ++n) {
            draws(n, m) = x;
            x = phi * x + std::sqrt(1.0 - phi * phi) * normal(rng);
        }
    }
    return draws;
}

/// The nearest multiples of 2^-20: sums and differences of a few of them are exact.
inline predcg::Matrix rounded(predcg::Matrix draws) {
    for (predcg::Index k = 0; k < draws.size(); ++k)
        draws.data()[k] = std::ldexp(std::round(std::ldexp(draws.data()[k], 20)), -20);
    return draws;
}

inline by_hand::Chains by_hand_chains(const predcg::Matrix& draws) {
    by_hand::Chains chains;
    for (predcg::Index m = 0; m < draws.cols(); ++m)
        chains.emplace_back(draws.col(m).data(), draws.col(m).data() + draws.rows());
    return chains;
}

}  // namespace support
