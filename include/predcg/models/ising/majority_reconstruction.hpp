#pragma once
#include <predcg/concepts/probabilistic_map.hpp>
#include <predcg/core/moments.hpp>
#include <predcg/models/ising/block_sums.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace predcg::ising {

/// Settings of ising::majority_reconstruction.
struct ReconstructionSettings {
    Index level = 2;  ///< l_c, fine sites for each coarse site
};

/// The way back from MajorityMap: blocks independent given X, and every x_r whose majority is X_r equally
/// likely; one that ties has w times that probability (never for an odd level). No parameters.
/// With k of the l_c spins of a block equal to X_r:  p(x_r|X_r) = w^[2k = l_c] / Z  for 2k >= l_c, else 0,
///     Z = 1/2 (2^l_c - C) + w C,  C = (l_c over l_c/2).
template <class Fine = std::vector<Spin>, class Coarse = std::vector<Spin>>
class MajorityReconstruction {
public:
    using fine_type = Fine;
    using coarse_type = Coarse;

    /// Throws ArgumentError for a level that is not 1 to 32767 or a tie weight that is not a finite number >
    /// 0.
    MajorityReconstruction(Index level, double tie_weight) : level_(level), log_tie_(std::log(tie_weight)) {
        detail::require_level(level, "ising::MajorityReconstruction");
        require_positive(tie_weight, "ising::MajorityReconstruction", "tie_weight");
        // P(k), k = fewest .. level, from logs of C(level, k), largest first.
        const Index fewest = (level + 1) / 2;
        double choose = 0.0;  // log C(level, level)
        std::vector<double> log_weights;
        for (Index k = level; k >= fewest; --k) {
            log_weights.push_back(choose + (2 * k == level ? log_tie_ : 0.0));
            choose += std::log(static_cast<double>(k)) - std::log(static_cast<double>(level - k + 1));
        }
        double largest = log_weights.front(), sum = 0.0;
        for (const double w : log_weights) largest = std::max(largest, w);
        for (const double w : log_weights) sum += std::exp(w - largest);
        log_z_ = largest + std::log(sum);
        for (std::size_t j = 0; j < log_weights.size(); ++j) {
            const double p = std::exp(log_weights[j] - log_z_);
            const double h = static_cast<double>(level - 2 * static_cast<Index>(j)),
                         l = static_cast<double>(level);
            probabilities_.push_back(p);
            mean_ += p * h / l;
            if (level > 1) pair_ += p * (h * h - l) / (l * (l - 1.0));
        }
    }

    Index level() const { return level_; }
    Index parameter_count() const { return 0; }

    /// E[x_rs | X_r = 1], 1/3 at level 2 with w = 1.
    double copy() const { return mean_; }

    template <class X>
    BlockSums prepare(const X& x) const {
        return block_sums(x, level_, "ising::MajorityReconstruction::prepare");
    }
    Index coarse_size(const BlockSums& blocks) const { return static_cast<Index>(blocks.sums.size()); }

    /// p(x | .) as a factor in X; log density -infinity where X is not the majority. A view.
    class Likelihood {
    public:
        /// Of the block sums of a datum.
        Likelihood(const BlockSums& blocks, double log_z, double log_tie)
            : blocks_(&blocks), log_z_(log_z), log_tie_(log_tie) {}

        template <class X>
        double log_density(const X& configuration) const {
            double sum = 0.0;
            for (std::size_t r = 0; r < blocks_->sums.size(); ++r)
                sum += weight(r, static_cast<int>(configuration[r]));
            return sum;
        }

        Window window() const { return {}; }
        double local_log_density(Index i, std::span<const Spin> w) const {
            return weight(static_cast<std::size_t>(i), static_cast<int>(w[0]));
        }

    private:
        double weight(std::size_t r, int spin) const {
            const int h = blocks_->sums[r] * spin;
            return h < 0 ? -std::numeric_limits<double>::infinity() : (h == 0 ? log_tie_ : 0.0) - log_z_;
        }

        const BlockSums* blocks_;
        double log_z_, log_tie_;
    };

    Likelihood likelihood(const BlockSums& blocks, const Vector&) const { return {blocks, log_z_, log_tie_}; }

    template <RandomBits R>
    Fine sample(const Coarse& X, const Vector&, R& rng) const {
        Fine x{};
        const auto l = static_cast<std::size_t>(level_);
        const std::size_t n = static_cast<std::size_t>(X.size()) * l;
        if constexpr (Resizable<Fine>) x.resize(n);
        for (std::size_t r = 0; r < static_cast<std::size_t>(X.size()); ++r) {
            std::size_t unlike = 0;  // spins of the block that differ from X_r
            for (double u = uniform(rng); unlike + 1 < probabilities_.size() && u >= probabilities_[unlike];
                 ++unlike)
                u -= probabilities_[unlike];
            for (std::size_t s = 0; s < l; ++s) {  // every set of so many sites equally likely
                const bool differs =
                    uniform_index(rng, static_cast<Index>(l - s)) < static_cast<Index>(unlike);
                unlike -= differs ? 1 : 0;
                x[r * l + s] = differs ? static_cast<Spin>(-X[r]) : static_cast<Spin>(X[r]);
            }
        }
        return x;
    }

    /// Fine moments from the coarse ones: E x_i = t E X_r; E x_i x_j = t^2 E X_r X_s in different blocks, and
    /// a constant in the same one.
    SiteMoments fine_moments(const SiteMoments& coarse, const Vector&) const {
        const Index n = coarse.mean.size() * level_;
        SiteMoments fine{Vector(n), {}};
        for (Index i = 0; i < n; ++i) fine.mean[i] = mean_ * coarse.mean[i / level_];
        if (coarse.second.size() == 0) return fine;
        fine.second = detail::block_second_moments(coarse.second, level_, mean_, pair_);
        return fine;
    }

    /// Coarse sites so far apart at most, of fine sites at most `lags` apart.
    Index coarse_lags(Index lags) const { return (lags + level_ - 1) / level_; }

private:
    Index level_;
    double log_tie_, log_z_ = 0.0;
    std::vector<double> probabilities_;  ///< that 0, 1, ... spins of a block differ from X_r
    double mean_ = 0.0;                  ///< E[x_rs | X_r = 1]
    double pair_ = 0.0;                  ///< E[x_rs x_rs'], s != s'
};

/// The source's: uniform over all block configurations that X_r can come from, ties like others.
inline MajorityReconstruction<> uniform_reconstruction(ReconstructionSettings settings = {}) {
    return {settings.level, 1.0};
}

/// A tied block belongs half to each X_r. Of all reconstructions this one is what relative entropy with
/// S_map assumes: p(x|X) = q(X|x) / sum_x q(X|x).
inline MajorityReconstruction<> tie_weighted_reconstruction(ReconstructionSettings settings = {}) {
    return {settings.level, 0.5};
}

}  // namespace predcg::ising
