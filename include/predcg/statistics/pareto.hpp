#pragma once
#include <predcg/core/error.hpp>
#include <predcg/core/types.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace predcg::statistics {

/// A generalised Pareto distribution of exceedances, density (1/s) (1 + k x/s)^(-1/k - 1), x > 0.
struct GeneralisedPareto {
    double k = 0.0;      ///< shape; moments of order below 1/k exist
    double scale = 1.0;  ///< sigma of the distribution.

    /// The p-quantile.
    double quantile(double p) const {
        return std::abs(k) < 1e-12 ? -scale * std::log1p(-p) : scale * std::expm1(-k * std::log1p(-p)) / k;
    }
};

/// Fits exceedances, sorted ascending and > 0, by the empirical Bayes estimate of Zhang and Stephens,
/// Technometrics 51 (2009) 316, with the shape drawn towards 1/2 by ten observations as in Vehtari et al.,
/// J. Mach. Learn. Res. 25 (2024) 72. Throws ArgumentError for less than 5. Cost O(n sqrt n).
inline GeneralisedPareto fit_generalised_pareto(const std::vector<double>& x) {
    require_range(static_cast<Index>(x.size()), 5, std::numeric_limits<Index>::max(),
                  "fit_generalised_pareto", "number of exceedances");
    const double n = static_cast<double>(x.size());
    const auto candidates = static_cast<std::size_t>(30.0 + std::floor(std::sqrt(n)));
    const double quarter = x[static_cast<std::size_t>(std::floor(n / 4.0 + 0.5)) - 1];
    std::vector<double> theta(candidates), log_likelihood(candidates);
    const auto mean_log = [&](double t) {
        double sum = 0.0;
        for (const double value : x) sum += std::log1p(-t * value);
        return sum / n;
    };
    for (std::size_t j = 0; j < candidates; ++j) {
        theta[j] = 1.0 / x.back() +
                   (1.0 - std::sqrt(static_cast<double>(candidates) / (static_cast<double>(j) + 0.5))) /
                       (3.0 * quarter);
        const double k = mean_log(theta[j]);
        log_likelihood[j] = n * (std::log(-theta[j] / k) - k - 1.0);
    }
    const double top = *std::max_element(log_likelihood.begin(), log_likelihood.end());
    double weight = 0.0, mean = 0.0;
    for (std::size_t j = 0; j < candidates; ++j) {
        const double w = std::exp(log_likelihood[j] - top);
        weight += w;
        mean += w * theta[j];
    }
    mean /= weight;
    const double k = mean_log(mean);
    return {(n * k + 5.0) / (n + 10.0), -k / mean};
}

/// Log importance ratios with their upper tail replaced by expected order statistics of a generalised Pareto
/// distribution, and its shape.
struct SmoothedRatios {
    std::vector<double> log_weights;  ///< normalised: their exponentials sum to 1
    /// Shape of the tail: above 0.7 averages are unreliable.
    double pareto_k = std::numeric_limits<double>::quiet_NaN();
};

/// Pareto-smoothed importance sampling (Vehtari, Simpson, Gelman, Yao, Gabry, J. Mach. Learn. Res. 25 (2024)
/// 72; docs/method.md, "Pareto k"): the min(S/5, 3 sqrt S) largest of S ratios are smoothed. pareto_k < 0.7:
/// averages with these weights can be trusted; above, the proposal misses what matters. +infinity where
/// ratios are infinite or all -infinity; -infinity where the largest differ by less than a millionth, by
/// rounding perhaps. Throws ArgumentError for less than 25 ratios. Cost O(S log S).
inline SmoothedRatios pareto_smooth(std::vector<double> log_ratios) {
    const std::size_t S = log_ratios.size();
    require_range(static_cast<Index>(S), 25, std::numeric_limits<Index>::max(), "pareto_smooth",
                  "number of ratios");
    SmoothedRatios result;
    const double top = *std::max_element(log_ratios.begin(), log_ratios.end());
    bool undefined = !std::isfinite(top);
    for (const double r : log_ratios) undefined |= std::isnan(r);
    if (undefined) {
        result.pareto_k = std::numeric_limits<double>::infinity();
        result.log_weights.assign(S, -std::log(static_cast<double>(S)));
        return result;
    }
    for (double& r : log_ratios) r -= top;
    std::vector<std::size_t> order(S);
    for (std::size_t k = 0; k < S; ++k) order[k] = k;
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return log_ratios[a] < log_ratios[b] || (log_ratios[a] == log_ratios[b] && a < b);
    });
    const auto tail = static_cast<std::size_t>(
        std::ceil(std::min(0.2 * static_cast<double>(S), 3.0 * std::sqrt(static_cast<double>(S)))));
    const double cutoff = std::exp(log_ratios[order[S - tail - 1]]);
    std::vector<double> exceedances;
    for (std::size_t k = S - tail; k < S; ++k) {
        const double exceedance = std::exp(log_ratios[order[k]]) - cutoff;
        if (exceedance > 0.0) exceedances.push_back(exceedance);
    }
    if (exceedances.size() < 5 || 1.0 - cutoff < 1e-6) {
        // (nearly) equal ratios, or a few that are all there is
        result.pareto_k = (cutoff > 0.5 ? -1.0 : 1.0) * std::numeric_limits<double>::infinity();
    } else {
        const GeneralisedPareto fitted = fit_generalised_pareto(exceedances);
        result.pareto_k = fitted.k;
        if (exceedances.size() == tail)
            for (std::size_t k = 0; k < tail; ++k) {
                const double p = (static_cast<double>(k) + 0.5) / static_cast<double>(tail);
                log_ratios[order[S - tail + k]] = std::min(0.0, std::log(cutoff + fitted.quantile(p)));
            }
    }
    double sum = 0.0;
    for (const double r : log_ratios) sum += std::exp(r);
    for (double& r : log_ratios) r -= std::log(sum);
    result.log_weights = std::move(log_ratios);
    return result;
}

}  // namespace predcg::statistics
