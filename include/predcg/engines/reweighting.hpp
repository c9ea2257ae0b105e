#pragma once
// Expectations under any target from draws of another one.
#include <predcg/concepts/expectation_engine.hpp>
#include <predcg/concepts/target.hpp>
#include <predcg/core/error.hpp>
#include <predcg/core/moments.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

namespace predcg {

/// Expectations and log Z of targets pi near a reference pi_0, from draws X_m of the reference:
///
///     w_m = pi(X_m) / pi_0(X_m),   E[s] = sum_m w_m s(X_m) / sum_m w_m,   log Z - log Z_0 = log mean_m w_m.
///
/// log_partition is that difference. It is as good as the draws, and as far as they reach: of the M draws
/// (sum w)^2 / (M sum w^2) are in effect, share(target), and where that is below `least_share` log_partition
/// is infinite, so that a fit's line search turns back. Geyer, Thompson, J. R. Stat. Soc. B 54 (1992) 657.
/// The draws are shared by copies. An evaluation costs M log densities, and M p^2 for covariances.
template <class X>
class Reweighting {
public:
    template <class T>
    using State = NoState;

    /// Draws of a reference. Throws ArgumentError for fewer than two of them, and a share outside [0, 1).
    template <Target T>
    Reweighting(std::vector<X> draws, const T& reference, double least_share = 0.05)
        : least_share_(least_share) {
        require_range(static_cast<Index>(draws.size()), 2, std::numeric_limits<Index>::max(), "Reweighting",
                      "number of draws");
        require(least_share >= 0.0 && least_share < 1.0, "Reweighting", "least_share", least_share,
                "a number in [0, 1)");
        std::vector<double> log_densities;
        log_densities.reserve(draws.size());
        for (const X& draw : draws) log_densities.push_back(reference.log_density(draw));
        draws_ = std::make_shared<const Draws>(std::move(draws), std::move(log_densities));
    }

    const std::vector<X>& draws() const { return draws_->first; }  ///< of the reference

    /// The share of draws in effect, from 1 / M to 1.
    template <Target T>
    double share(const T& target) const {
        return weights(target).share;
    }

    template <Target T>
    double log_partition(const T& target) const {
        return weights(target).log_partition;
    }

    /// Mean and covariance of a statistic, and log_partition. No standard errors: draws may be correlated.
    template <Target T, Statistic<X> S>
    Moments expect(const T& target, const S& statistic, NoState&, const StreamKey&) const {
        const Weights all = weights(target);
        const Index d = statistic.size();
        std::vector<double> values, factors;  // draw after draw, and weights that sum to 1
        Moments moments{Vector::Zero(d), Matrix::Zero(d, d), Vector::Zero(d), all.log_partition};
        double sum = 0.0;
        for (std::size_t m = 0; m < draws().size(); ++m) {
            if (!(all.log[m] > -40.0)) continue;
            factors.push_back(std::exp(all.log[m]));
            sum += factors.back();
            const auto& value = statistic(draws()[m]);
            for (Index k = 0; k < d; ++k) values.push_back(value[k]);
        }
        for (double& factor : factors) factor /= sum;
        add_moments(values.data(), factors.data(), static_cast<Index>(factors.size()), moments);
        return moments;
    }

private:
    using Draws = std::pair<std::vector<X>, std::vector<double>>;
    struct Weights {
        std::vector<double> log;  ///< less the largest
        double log_partition = 0.0, share = 0.0;
    };

    /// Mean, then the covariance about it, eight draws side by side. Not inlined: callers that are cold are
    /// compiled for size, and this is where time goes.
    [[gnu::noinline, gnu::hot]] static void add_moments(const double* values, const double* factors,
                                                        Index count, Moments& moments) {
        const Index d = moments.mean.size();
        double* const mean = moments.mean.data();
        for (Index m = 0; m < count; ++m)
            for (Index k = 0; k < d; ++k) mean[k] += factors[m] * values[m * d + k];
        constexpr Index lanes = 8;
        std::vector<double> block(static_cast<std::size_t>(d * lanes));  // one component after the other
        for (Index first = 0; first < count; first += lanes) {
            const Index here = std::min(lanes, count - first);
            for (Index k = 0; k < d; ++k)
                for (Index l = 0; l < lanes; ++l)
                    block[static_cast<std::size_t>(k * lanes + l)] =
                        l < here ? std::sqrt(factors[first + l]) * (values[(first + l) * d + k] - mean[k])
                                 : 0.0;
            for (Index k = 0; k < d; ++k) {
                const double* const a = block.data() + k * lanes;
                double* const column = moments.covariance.data() + k * d;
                for (Index i = 0; i <= k; ++i) {
                    const double* const b = block.data() + i * lanes;
                    double even = 0.0, odd = 0.0;
                    for (Index l = 0; l < lanes; l += 2) {
                        even += a[l] * b[l];
                        odd += a[l + 1] * b[l + 1];
                    }
                    column[i] += even + odd;
                }
            }
        }
        for (Index k = 0; k < d; ++k)
            for (Index i = 0; i < k; ++i) moments.covariance(k, i) = moments.covariance(i, k);
    }

    template <Target T>
    [[gnu::noinline, gnu::hot]] Weights weights(const T& target) const {
        Weights all;
        const std::size_t count = draws().size();
        all.log.resize(count);
        double top = -std::numeric_limits<double>::infinity();
        for (std::size_t m = 0; m < count; ++m) {
            all.log[m] = target.log_density(draws()[m]) - draws_->second[m];
            top = std::max(top, all.log[m]);
        }
        double sum = 0.0, square = 0.0;
        for (double& x : all.log) {
            x -= top;
            const double w = std::exp(x);
            sum += w;
            square += w * w;
        }
        const auto n = static_cast<double>(count);
        all.share = std::isfinite(top) ? sum * sum / (n * square) : 0.0;
        all.log_partition =
            all.share >= least_share_ ? top + std::log(sum / n) : std::numeric_limits<double>::infinity();
        return all;
    }

    double least_share_;
    std::shared_ptr<const Draws> draws_;
};

}  // namespace predcg
