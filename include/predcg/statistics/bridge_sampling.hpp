#pragma once
// Ratios of normalising constants by bridge sampling.
#include <predcg/core/error.hpp>
#include <predcg/statistics/autocorrelation.hpp>
#include <predcg/statistics/moments.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace predcg::statistics {

/// Settings of bridge sampling.
struct BridgeSettings {
    Index iterations = 1000;
    double tolerance = 1e-10;  ///< of log r, from one iteration to the next
};

/// log r, r = int p(z) dz, from log p - log g at draws of p and of g.
struct BridgeEstimate {
    double log_ratio = 0.0;
    double standard_error = 0.0;  ///< of log_ratio
    Index iterations = 0;
    bool converged = false;  ///< False: the limit of iterations was reached first.
};

/// r = int p(z) dz of an unnormalised density p, by a normalised density g that overlaps with it. From
/// l = p/g at draws of p (S1 of them, rows iterations, columns chains) and at S2 independent draws of g,
///     r <- [1/S2 sum_g l / (s1 l + s2 r)] / [1/S1 sum_p 1 / (s1 l + s2 r)],   s1 = n / (n + S2), s2 = 1 -
///     s1,
/// until it stays: the bridge of least variance (X.-L. Meng, W. H. Wong, Stat. Sin. 6 (1996) 831; Q. F.
/// Gronau et al., J. Math. Psychol. 81 (2017) 80). n is what the draws of p are worth (effective sample
/// size).
///
/// The standard error is that of S. Fruehwirth-Schnatter, Econom. J. 7 (2004) 143: with f1 = p/(s1 p + s2 r
/// g) at draws of g, f2 = r g/(s1 p + s2 r g) at draws of p,
///     se^2 = var(f1) / (S2 mean(f1)^2) + mcse(f2)^2 / mean(f2)^2,
/// mcse with the autocorrelation of the chains. Arguments are logarithms, -infinity where p = 0.
///
/// Throws ArgumentError for less than 4 iterations, no chain, or less than 2 draws of g; NumericalError where
/// a ratio is NaN or +infinity, or -infinity at a draw of p. Cost O(S1 + S2) an iteration.
inline BridgeEstimate bridge_sampling(const ChainDraws& of_p, const Vector& of_g, double effective,
                                      const BridgeSettings& settings = {}) {
    detail::require_draws(of_p, 4, "bridge_sampling");
    require(of_g.size() >= 2, "bridge_sampling", "number of draws of g", of_g.size(), "at least 2");
    require_positive(effective, "bridge_sampling", "effective");
    require(settings.iterations >= 1, "bridge_sampling", "iterations", settings.iterations,
            "an integer >= 1");
    bool defined = detail::all_finite(of_p);
    for (const double l : of_g) defined &= l < std::numeric_limits<double>::infinity();
    if (!defined) throw NumericalError("bridge_sampling: a ratio of densities is not finite");

    // All in units of the median ratio, so that nothing overflows.
    std::vector<double> order(of_p.size());
    const Matrix draws = of_p;
    std::copy(draws.data(), draws.data() + draws.size(), order.begin());
    std::nth_element(order.begin(), order.begin() + static_cast<Index>(order.size() / 2), order.end());
    const double unit = order[order.size() / 2];
    const double size_g = static_cast<double>(of_g.size());
    const double s1 = effective / (effective + size_g), s2 = 1.0 - s1;

    BridgeEstimate estimate;
    Matrix f2(draws.rows(), draws.cols());
    Vector f1(of_g.size());
    // l / (s1 l + s2 r) and r / (s1 l + s2 r), l = exp(x): each a function of x - log r alone.
    const auto evaluate = [&](double log_r) {
        for (Index k = 0; k < of_g.size(); ++k) f1[k] = 1.0 / (s1 + s2 * std::exp(log_r - (of_g[k] - unit)));
        for (Index k = 0; k < draws.size(); ++k)
            f2.data()[k] = 1.0 / (s2 + s1 * std::exp(draws.data()[k] - unit - log_r));
    };
    double log_r = 0.0;
    while (estimate.iterations < settings.iterations && !estimate.converged) {
        evaluate(log_r);
        const double step = std::log(mean(f1)) - std::log(mean(f2));
        if (!std::isfinite(step)) throw NumericalError("bridge_sampling: the two densities do not overlap");
        log_r += step;
        ++estimate.iterations;
        estimate.converged = std::abs(step) <= settings.tolerance;
    }
    evaluate(log_r);
    estimate.log_ratio = unit + log_r;
    const double error_g = variance(f1) / (size_g * mean(f1) * mean(f1));
    const double error_p = detail::vary(f2) ? std::pow(mcse_mean(f2) / mean(f2), 2) : 0.0;
    estimate.standard_error = std::sqrt(error_g + error_p);
    return estimate;
}

}  // namespace predcg::statistics
