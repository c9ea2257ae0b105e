#pragma once
// What correlated draws are worth: integrated autocorrelation time, effective sample size, and the Monte
// Carlo standard errors that follow from it. What needs ranks or quantiles is in diagnostics.hpp.
// Draws, and what S, N and M are: chain_draws.hpp.
//
// Geyer 1992: "Practical Markov chain Monte Carlo", Statist. Sci. 7, 473.
// Sokal 1997: "Monte Carlo methods in statistical mechanics", in Functional Integration, Plenum, 131.
// Vehtari et al. 2021: Vehtari, Gelman, Simpson, Carpenter, Bürkner, "Rank-normalization, folding, and
// localization: an improved R-hat for assessing convergence of MCMC", Bayesian Anal. 16, 667;
// equations as numbered in arXiv:1903.08008.
#include <predcg/core/error.hpp>
#include <predcg/core/linalg.hpp>
#include <predcg/core/types.hpp>
#include <predcg/statistics/chain_draws.hpp>
#include <predcg/statistics/moments.hpp>

#include <algorithm>
#include <cmath>

namespace predcg::detail {

/// Draws less their mean: of the chain, or of all chains together.
class CentredChains {
public:
    explicit CentredChains(const statistics::ChainDraws& draws) : draws_(draws), means_(draws.cols()) {
        for (Index m = 0; m < draws.cols(); ++m) {
            means_[m] = statistics::mean(linalg::column_of(draws_, m));
            for (Index n = 0; n < draws.rows(); ++n) draws_(n, m) -= means_[m];
        }
    }
    CentredChains(const statistics::ChainDraws& draws, double common_mean) : draws_(draws) {
        for (Index m = 0; m < draws.cols(); ++m)
            for (Index n = 0; n < draws.rows(); ++n) draws_(n, m) -= common_mean;
    }

    /// c_t = 1/S sum_m sum_{n < N-t} x_{n,m} x_{n+t,m}: the "biased" estimate, as Geyer 1992 advises. O(S).
    double autocovariance(Index lag) const {
        const Index pairs = draws_.rows() - lag;
        double sum = 0.0;
        for (Index m = 0; m < draws_.cols(); ++m) {
            const double* x = linalg::column(draws_, m);
            sum += linalg::dot(x, x + lag, pairs);
        }
        return sum / static_cast<double>(draws_.size());
    }

    /// The means of the chains.
    const Vector& means() const { return means_; }

private:
    Matrix draws_;
    Vector means_;
};

/// S draws are worth at most S log10 S independent ones: the bound of Stan and of posterior, without which
/// antithetic chains could be worth infinitely many.
inline double smallest_autocorrelation_time(double draws) { return 1.0 / std::log10(draws); }

/// The effective sample size of chains as they are; see effective_sample_size for the formulas.
inline double effective_sample_size(const Matrix& chains) {
    if (!vary(chains)) return undefined;
    const Index length = chains.rows();
    const CentredChains x(chains);
    const double c0 = x.autocovariance(0), n = static_cast<double>(length);
    const double within = c0 * n / (n - 1.0);
    const double var_plus = c0 + (chains.cols() > 1 ? statistics::variance(x.means()) : 0.0);   // (3)
    const auto rho = [&](Index t) { return 1.0 - (within - x.autocovariance(t)) / var_plus; };  // (10)

    Index t = 0;
    double even = 1.0, pair = 1.0 + rho(1), smallest = pair, sum = 0.0;
    while (pair > 0.0 && t + 5 < length) {  // initial positive sequence, made monotone
        smallest = std::min(smallest, pair);
        sum += smallest;
        t += 2;
        even = rho(t);
        pair = even + rho(t + 1);
    }
    // The lag after the last pair counts half: less variance for antithetic chains.
    double tau = -1.0 + 2.0 * sum + (pair < 0.0 ? std::max(even, 0.0) : even);
    if (length < 6) tau = -1.0 + 2.0 * pair;  // too short for a second pair
    const double draws = static_cast<double>(chains.size());
    return draws / std::max(tau, smallest_autocorrelation_time(draws));
}

}  // namespace predcg::detail

namespace predcg::statistics {

/// Integrated autocorrelation time tau: the mean of S draws has the variance of S / tau independent ones.
///
///     tau(W) = 1 + 2 sum_{t=1}^{W} c_t / c_0,    W the smallest with W >= factor max(1, tau(W))
///
/// Sokal 1997, section 3 (his tau_int is tau / 2). Autocovariances c_t are averaged over chains, about the
/// mean of all draws: chains that have not met count as correlated. Lags go up to N / 2.
///
/// About 1 for independent draws, with a relative standard error of about sqrt(2 (2 W + 1) / S): to be
/// trusted where N is 50 tau or more. Never below 1 / log10 S; for short or antithetic chains
/// monotone_autocorrelation_time is better, as it sums pairs of lags. 1 for equal draws, whose mean has no
/// error; NaN if a draw is not finite.
///
/// Cost O(S W): no autocovariance beyond the window is computed.
/// Throws ArgumentError for no draws, or a factor that is not finite and > 0.
inline double integrated_autocorrelation_time(const ChainDraws& draws, double window_factor = 5.0) {
    detail::require_draws(draws, 1, "integrated_autocorrelation_time");
    require_positive(window_factor, "integrated_autocorrelation_time", "window_factor");
    if (!detail::all_finite(draws)) return detail::undefined;
    if (detail::all_equal(draws)) return 1.0;
    const detail::CentredChains x(draws, mean(draws));
    const double c0 = x.autocovariance(0);
    double tau = 1.0;
    for (Index t = 1; t <= draws.rows() / 2; ++t) {
        tau += 2.0 * x.autocovariance(t) / c0;
        if (static_cast<double>(t) >= window_factor * std::max(1.0, tau)) break;
    }
    const double size = static_cast<double>(draws.size());
    return std::max(tau, std::min(1.0, detail::smallest_autocorrelation_time(size)));
}

/// The same time from pairs of lags, for short or antithetic chains: the initial monotone sequence, as in
/// effective_sample_size, of the chains as they are. Of 50 independent draws it is too small by about 10 %,
/// where the window is by 30 %. Never below 1 / log10 S, so that errors of strongly antithetic chains are too
/// large. 1 for equal draws; NaN if a draw is not finite; below 4 iterations integrated_autocorrelation_time.
/// Cost and exceptions as there.
inline double monotone_autocorrelation_time(const ChainDraws& draws) {
    if (draws.rows() < 4 || !detail::vary(draws)) return integrated_autocorrelation_time(draws);
    return static_cast<double>(draws.size()) / detail::effective_sample_size(draws);
}

/// Standard error of the mean of N correlated numbers, sqrt(C(W) / N):
///
///     C(W) = (Gamma_0 + 2 sum_{t=1}^W Gamma_t) (1 + 3 (2 W + 1) / N)
///
/// with the autocovariances Gamma_t about the mean of the numbers, and W the first lag at which the rest of
/// an exponential decay is less than the noise of C: Wolff, Comput. Phys. Commun. 156 (2004) 143, with S
/// = 1.5. One (2 W + 1) / N makes up for the mean's own error, which the autocovariances lack (his eq. 49).
/// Two more make deviations in units of the error, which is uncertain itself by sqrt((W + 1/2) / N), have
/// variance 1 to first order, as nu / (nu - 2) does for Student's t. At least that of tau = 1 / log10 N. 0
/// for equal numbers, NaN for less than two or if one is not finite. Cost O(N W).
[[gnu::cold]] inline double error_of_mean(const Vector& numbers) {
    const Index N = numbers.size();
    if (N < 2 || !detail::all_finite(numbers)) return detail::undefined;
    if (detail::all_equal(numbers)) return 0.0;
    const detail::CentredChains x(numbers);
    const double size = static_cast<double>(N), c0 = x.autocovariance(0);
    double C = c0;
    Index W = 0;
    while (2 * (W + 1) < N) {
        ++W;
        C += 2.0 * x.autocovariance(W) * size / static_cast<double>(N - W);
        const double ratio = C / c0;  // 2 tau_int in Wolff's words
        if (ratio < 1.0 && W % 2 == 1)
            continue;  // alternating numbers: lags in pairs, as the next is positive
        const double decay = ratio > 1.0 ? 1.5 / std::log((ratio + 1.0) / (ratio - 1.0)) : 1e-6;
        const double w = static_cast<double>(W);
        if (std::exp(-w / decay) < decay / std::sqrt(w * size)) break;
    }
    C = std::max(C, c0 * detail::smallest_autocorrelation_time(std::max(size, 10.0)));
    return std::sqrt(C * (1.0 + 3.0 * (2.0 * static_cast<double>(W) + 1.0) / size) / size);
}

/// Effective sample size for the mean: S / tau, from the halves of the chains.
///
///     rho_t = 1 - (W - mean_m c_{t,m}) / var+,   var+ = (N-1)/N W + B/N    Vehtari et al. 2021 (3), (10)
///     tau = -1 + 2 sum_{k<K} P_k + max(rho_{2K}, 0),   P_k = min(P_{k-1}, rho_{2k} + rho_{2k+1})
///
/// with c_{t,m} the autocovariances of a half-chain about its mean, W and B the variances within and between
/// half-chains, and K the first pair that is not positive, or the last: the initial monotone sequence, Geyer
/// 1992, section 3.3. At most S log10 S.
///
/// Equals ess_basic of the R package posterior 1.4, but for half-chains of less than 6 draws, where
/// tau = 1 + 2 rho_1, and for chains that alternate perfectly, which have S log10 S.
/// NaN for equal draws, or if a draw is not finite.
///
/// Cost O(S K). Throws ArgumentError for less than 4 iterations or no chain.
inline double effective_sample_size(const ChainDraws& draws) {
    detail::require_draws(draws, 4, "effective_sample_size");
    if (!detail::vary(draws)) return detail::undefined;
    return detail::effective_sample_size(detail::split_chains(draws));
}

/// Monte Carlo standard error of the mean of all draws: sd / sqrt(effective_sample_size).
/// NaN, cost and exceptions as there.
inline double mcse_mean(const ChainDraws& draws) {
    detail::require_draws(draws, 4, "mcse_mean");
    return std::sqrt(variance(draws) / effective_sample_size(draws));
}

/// Monte Carlo standard error of the standard deviation of all draws, normal or not:
///
///     mcse_sd^2 = (m_4 - m_2^2) / (4 m_2 ESS),   m_k = mean of d^k,   ESS that of d^2,   d = x - mean,
///
/// Kenney and Keeping, "Mathematics of statistics" II (1951), p. 141, as in posterior 1.4.
/// NaN for equal draws, if a draw is not finite, or if all are equally far from their mean. Cost and
/// exceptions of effective_sample_size.
inline double mcse_sd(const ChainDraws& draws) {
    detail::require_draws(draws, 4, "mcse_sd");
    if (!detail::vary(draws)) return detail::undefined;
    const double centre = mean(draws), size = static_cast<double>(draws.size());
    Matrix squares(draws.rows(), draws.cols());
    double second = 0.0, fourth = 0.0;
    for (Index m = 0; m < draws.cols(); ++m)
        for (Index n = 0; n < draws.rows(); ++n) {
            const double d = draws(n, m) - centre;
            squares(n, m) = d * d;
            second += d * d / size;
            fourth += d * d * d * d / size;
        }
    return std::sqrt((fourth - second * second) / (4.0 * second * effective_sample_size(squares)));
}

}  // namespace predcg::statistics
