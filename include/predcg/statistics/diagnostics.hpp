#pragma once
// Convergence diagnostics of several chains: R-hat, bulk and tail effective sample size, errors of quantiles.
// Sources and conventions as in autocorrelation.hpp.
#include <predcg/core/linalg.hpp>
#include <predcg/core/types.hpp>
#include <predcg/statistics/autocorrelation.hpp>
#include <predcg/statistics/quantile.hpp>
#include <predcg/statistics/ranks.hpp>
#include <predcg/statistics/special_functions.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace predcg::detail {

/// z = Phi^-1((r - 3/8) / (S + 1/4)) with the rank r of a draw among all, the average one among equals.
/// Vehtari et al. 2021 (14).
inline Matrix normal_scores(const Matrix& chains) {
    const Vector ranks =
        statistics::average_ranks(linalg::vector_of(chains.data(), static_cast<std::size_t>(chains.size())));
    Matrix scores(chains.rows(), chains.cols());
    for (Index k = 0; k < ranks.size(); ++k) {
        const double p = (ranks[k] - 0.375) / (static_cast<double>(ranks.size()) + 0.25);
        scores.data()[k] = normal_quantile(p);
    }
    return scores;
}

/// |x - median|: Vehtari et al. 2021 (15).
inline Matrix folded(const statistics::ChainDraws& draws) {
    const std::vector<double> x = sorted(draws);
    const double median = 0.5 * (x[(x.size() - 1) / 2] + x[x.size() / 2]);
    Matrix distance(draws.rows(), draws.cols());
    for (Index m = 0; m < draws.cols(); ++m)
        for (Index n = 0; n < draws.rows(); ++n) distance(n, m) = std::abs(draws(n, m) - median);
    return distance;
}

/// R-hat of chains as they are: Vehtari et al. 2021 (1) to (4).
inline double r_hat(const Matrix& chains) {
    if (!vary(chains)) return undefined;
    const double n = static_cast<double>(chains.rows());
    Vector means(chains.cols());
    double within = 0.0;
    for (Index m = 0; m < chains.cols(); ++m) {
        const Vector chain = linalg::column_of(chains, m);
        means[m] = statistics::mean(chain);
        within += statistics::variance(chain) / static_cast<double>(chains.cols());
    }
    return std::sqrt((n - 1.0) / n + statistics::variance(means) / within);
}

}  // namespace predcg::detail

namespace predcg::statistics {

/// R-hat of half-chains: sqrt(var+ / W), the spread of all draws over the spread within a chain.
///
///     var+ = (N-1)/N W + B/N,   W = mean_m s_m^2,   B = N var_m(mean of chain m)
///
/// Vehtari et al. 2021 (1) to (4). About 1 where the chains agree, each with itself and with the others.
/// Blind to chains that differ in spread alone, or have heavy tails: see rank_normalised_split_r_hat.
/// NaN for equal draws, or if a draw is not finite; infinite if chains never moved but differ.
///
/// Cost O(S). Throws ArgumentError for less than 4 iterations or no chain.
inline double split_r_hat(const ChainDraws& draws) {
    detail::require_draws(draws, 4, "split_r_hat");
    if (!detail::vary(draws)) return detail::undefined;
    return detail::r_hat(detail::split_chains(draws));
}

/// The larger of two split R-hat: of the normal scores of the draws, and of those of the folded |x - median|.
///
///     z = Phi^-1((r - 3/8) / (S + 1/4)),   r the rank among all draws       Vehtari et al. 2021 (14), (15)
///
/// The first sees chains that differ in place, the second in spread; monotone maps of x leave the first as it
/// is. Vehtari et al. advise to use samples with a value < 1.01, of at least 4 chains.
/// If only one of the two is defined - two values that lie equally far from the median - it is that one. NaN
/// for equal draws, or if a draw is not finite.
///
/// Cost O(S log S). Throws ArgumentError for less than 4 iterations or no chain.
inline double rank_normalised_split_r_hat(const ChainDraws& draws) {
    detail::require_draws(draws, 4, "rank_normalised_split_r_hat");
    if (!detail::vary(draws)) return detail::undefined;
    const auto scores = [](const ChainDraws& x) { return detail::normal_scores(detail::split_chains(x)); };
    return std::fmax(detail::r_hat(scores(draws)), detail::r_hat(scores(detail::folded(draws))));
}

/// Effective sample size of the normal scores: defined for any distribution of the draws, and the same for
/// monotone maps of them. Vehtari et al. 2021, section 4.1. They advise at least 100 for each chain, for
/// R-hat and the sample sizes to be trusted. NaN for equal draws, or if a draw is not finite.
///
/// Cost O(S (log S + K)), K as in effective_sample_size.
/// Throws ArgumentError for less than 4 iterations or no chain.
inline double bulk_effective_sample_size(const ChainDraws& draws) {
    detail::require_draws(draws, 4, "bulk_effective_sample_size");
    if (!detail::vary(draws)) return detail::undefined;
    return detail::effective_sample_size(detail::normal_scores(detail::split_chains(draws)));
}

/// Effective sample size for the p-quantile: that of the indicators x <= quantile. Vehtari et al. 2021,
/// section 4.3. NaN for equal draws, if a draw is not finite, or if the indicators are equal: no draw lies
/// above the quantile where the largest value has a frequency > 1 - p.
///
/// Cost of bulk_effective_sample_size.
/// Throws ArgumentError for less than 4 iterations, no chain, or p outside (0, 1).
inline double quantile_effective_sample_size(const ChainDraws& draws, double p) {
    detail::require_draws(draws, 4, "quantile_effective_sample_size");
    detail::require_probability(p, "quantile_effective_sample_size");
    if (!detail::vary(draws)) return detail::undefined;
    // The quantile is that of R, linear between the draws around place (S - 1) p; none lies between q and it.
    const double q =
        detail::sorted(draws)[static_cast<std::size_t>(p * static_cast<double>(draws.size() - 1))];
    Matrix below(draws.rows(), draws.cols());
    for (Index m = 0; m < draws.cols(); ++m)
        for (Index n = 0; n < draws.rows(); ++n) below(n, m) = draws(n, m) <= q ? 1.0 : 0.0;
    return detail::effective_sample_size(detail::split_chains(below));
}

/// The smaller of the effective sample sizes for the 5 % and the 95 % quantile. If only one of the two is
/// defined, as for discrete draws whose largest value is frequent, it is that one; NaN if neither is.
///
/// Cost and exceptions of bulk_effective_sample_size.
inline double tail_effective_sample_size(const ChainDraws& draws) {
    detail::require_draws(draws, 4, "tail_effective_sample_size");
    return std::fmin(quantile_effective_sample_size(draws, 0.05),
                     quantile_effective_sample_size(draws, 0.95));
}

/// Monte Carlo standard error of the p-quantile: half the distance of the draws with the ranks S a and S b.
/// (a, b) is the central interval of Beta(p ESS + 1, (1 - p) ESS + 1) with the probability of +-1 standard
/// deviation of a normal variable, ESS that of the quantile. Vehtari et al. 2021, section 4.4.
///
/// NaN, cost and exceptions of quantile_effective_sample_size.
inline double mcse_quantile(const ChainDraws& draws, double p) {
    detail::require_draws(draws, 4, "mcse_quantile");
    detail::require_probability(p, "mcse_quantile");
    const double ess = quantile_effective_sample_size(draws, p);
    if (std::isnan(ess)) return ess;
    constexpr double tail = 0.15865525393145705;  // Phi(-1)
    const double alpha = p * ess + 1.0, beta = (1.0 - p) * ess + 1.0;
    const std::vector<double> x = detail::sorted(draws);
    const double size = static_cast<double>(x.size());
    const double first = std::max(std::floor(size * detail::beta_quantile(alpha, beta, tail)), 1.0);
    const double last = std::min(std::ceil(size * detail::beta_quantile(alpha, beta, 1.0 - tail)), size);
    return 0.5 * (x[static_cast<std::size_t>(last) - 1] - x[static_cast<std::size_t>(first) - 1]);
}

/// What a table of results says about one number.
struct Diagnostics {
    double mean, sd;            ///< of all draws
    double mcse_mean;           ///< Monte Carlo standard error of the mean
    double r_hat;               ///< rank_normalised_split_r_hat
    double ess_bulk, ess_tail;  ///< effective sample size, of ranks, and of the 5 % and 95 % quantiles
};

/// All of it at once. Equal draws have a mean, sd = 0, and NaN elsewhere; if a draw is not finite, all is
/// NaN.
///
/// Cost O(S (log S + K)), K as in effective_sample_size.
/// Throws ArgumentError for less than 4 iterations or no chain.
[[gnu::cold]] inline Diagnostics diagnose(const ChainDraws& draws) {
    detail::require_draws(draws, 4, "diagnose");
    const bool finite = detail::all_finite(draws);
    return {.mean = finite ? mean(draws) : detail::undefined,
            .sd = finite ? std::sqrt(variance(draws)) : detail::undefined,
            .mcse_mean = mcse_mean(draws),
            .r_hat = rank_normalised_split_r_hat(draws),
            .ess_bulk = bulk_effective_sample_size(draws),
            .ess_tail = tail_effective_sample_size(draws)};
}

}  // namespace predcg::statistics
