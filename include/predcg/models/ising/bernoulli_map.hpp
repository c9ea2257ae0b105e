#pragma once
#include <predcg/concepts/probabilistic_map.hpp>
#include <predcg/core/logistic.hpp>
#include <predcg/core/moments.hpp>
#include <predcg/models/ising/block_sums.hpp>
#include <predcg/priors/priors.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <type_traits>
#include <vector>

namespace predcg::ising {

/// Settings of ising::bernoulli_map.
struct BernoulliMapSettings {
    Index level = 2;  ///< l_c, fine sites for each coarse site
};

/// Independent fine spins that copy their coarse spin with probability theta_cf = logistic(eta):
///     p_cf(x|X, eta) = prod_r prod_s theta_cf^((1 + x_rs X_r)/2) (1 - theta_cf)^((1 - x_rs X_r)/2),
/// block r = fine sites r l_c .. r l_c + l_c - 1; eta = logit theta_cf, its one parameter.
/// In X it is a site-dependent field: log p_cf = sum_r (eta/2) h_r X_r + const.
/// Schoeberl, Zabaras, Koutsourelakis, J. Comput. Phys. 333 (2017) 49, sec. 3.1.
template <class Fine = std::vector<Spin>, class Coarse = std::vector<Spin>>
class BernoulliMap {
public:
    using fine_type = Fine;
    using coarse_type = Coarse;

    /// Throws ArgumentError for a level that is not 1 to 32767.
    explicit BernoulliMap(BernoulliMapSettings settings) : level_(settings.level) {
        detail::require_level(level_, "ising::bernoulli_map");
    }

    Index level() const { return level_; }
    Index parameter_count() const { return 1; }
    std::vector<std::string> parameter_names() const { return {"logit_theta_cf"}; }
    Vector start() const { return Vector::Ones(1); }

    /// Probability that a fine spin equals its coarse one, logistic(eta_0).
    static double theta_cf(const Vector& eta) { return logistic(eta[0]); }

    std::vector<std::string> natural_names() const { return {"theta_cf"}; }
    NaturalParameter natural(Index, double eta) const {
        const double p = logistic(eta), q = logistic(-eta);
        return {p, p * q, p * q * (q - p)};
    }
    /// logit, of a value clipped to [1e-15, 1 - 1e-15].
    double unconstrained(Index, double theta) const {
        const double p = std::clamp(theta, 1e-15, 1.0 - 1e-15);
        return std::log(p) - std::log1p(-p);
    }

    /// Block sums of any container of spins with size() and []; throws ArgumentError if the level does not
    /// divide the number of sites or a value is not -1 or +1.
    template <class X>
    BlockSums prepare(const X& x) const {
        return block_sums(x, level_, "ising::BernoulliMap::prepare");
    }

    /// Of -1 and +1: under letter 0 the density would not be normalised. (logistic_map takes it.)
    static constexpr bool takes(double letter) { return letter == 1.0 || letter == -1.0; }

    /// Number of coarse sites a prepared datum belongs to.
    Index coarse_size(const BlockSums& blocks) const { return static_cast<Index>(blocks.sums.size()); }

    /// p_cf(x | ., eta) as a factor in X. A view of the block sums.
    class Likelihood {
    public:
        /// Of the block sums of a datum, at eta.
        Likelihood(const BlockSums& blocks, double eta) : blocks_(&blocks), eta_(eta) {}

        template <class X>
        double log_density(const X& configuration) const {
            const double at_each = constant();
            double sum = 0.0;
            for (std::size_t r = 0; r < blocks_->sums.size(); ++r)
                sum += 0.5 * eta_ * blocks_->sums[r] * static_cast<double>(configuration[r]) + at_each;
            return sum;
        }

        Window window() const { return {}; }
        /// The block sum, counted from -l_c.
        Index site_class(Index i) const { return class_of(*blocks_, i); }
        Index class_count() const { return 2 * blocks_->level + 1; }

        double local_log_density(Index i, std::span<const Spin> w) const {
            return 0.5 * eta_ * blocks_->sums[static_cast<std::size_t>(i)] * static_cast<double>(w[0]) +
                   constant();
        }

        template <class X>
        double log_density_difference(const X& configuration, Index i, Spin v) const {
            const auto r = static_cast<std::size_t>(i);
            return 0.5 * eta_ * blocks_->sums[r] *
                   (static_cast<double>(v) - static_cast<double>(configuration[r]));
        }

    private:
        /// Of every site. Computed when it is asked for: batches ask once for each class of sites.
        double constant() const {
            return -0.5 * static_cast<double>(blocks_->level) * (log1p_exp(eta_) + log1p_exp(-eta_));
        }

        const BlockSums* blocks_;
        double eta_;
    };

    Likelihood likelihood(const BlockSums& blocks, const Vector& eta) const { return {blocks, eta[0]}; }

    /// (number of fine spins equal to their coarse spin, number unequal). A view of the block sums.
    class Agreement {
    public:
        /// Refers to the block sums.
        explicit Agreement(const BlockSums& blocks) : blocks_(&blocks) {}

        Index size() const { return 2; }

        template <class X>
        Eigen::Vector2d operator()(const X& configuration) const {
            int product = 0;
            for (std::size_t r = 0; r < blocks_->sums.size(); ++r)
                product += blocks_->sums[r] * static_cast<int>(configuration[r]);
            return counts(static_cast<int>(blocks_->sums.size()), product);
        }

        Window window() const { return {}; }
        Index site_class(Index i) const { return class_of(*blocks_, i); }
        Index class_count() const { return 2 * blocks_->level + 1; }

        Eigen::Vector2d local(Index i, std::span<const Spin> w) const {
            return counts(1, blocks_->sums[static_cast<std::size_t>(i)] * static_cast<int>(w[0]));
        }

    private:
        /// Of so many blocks, from sum_r h_r X_r.
        Eigen::Vector2d counts(int blocks, int product) const {
            const double sites = static_cast<double>(blocks_->level) * blocks;
            return {0.5 * (sites + product), 0.5 * (sites - product)};
        }

        const BlockSums* blocks_;
    };

    Agreement sufficient_statistic(const BlockSums& blocks) const { return Agreement(blocks); }

    /// T_0 log theta_cf + T_1 log(1 - theta_cf).
    Expansion expected_log_density(const Vector& T, double, const Vector& eta) const {
        const double p = logistic(eta[0]), q = logistic(-eta[0]);
        return {-T[0] * log1p_exp(-eta[0]) - T[1] * log1p_exp(eta[0]),
                Vector::Constant(1, T[0] * q - T[1] * p), Matrix::Constant(1, 1, -(T[0] + T[1]) * p * q)};
    }

    /// theta_cf = (T_0 + a) / (T_0 + T_1 + a + b), for a flat prior (a = b = 0) and LogitBeta(a, b). None
    /// for other priors, or where the maximum lies at infinity.
    template <class MapPrior>
    std::optional<Vector> maximiser(const Vector& T, double, const MapPrior& prior) const {
        double like = T[0], unlike = T[1];
        if constexpr (std::is_same_v<MapPrior, LogitBeta>) {
            like += prior.a;
            unlike += prior.b;
        } else if constexpr (!std::is_same_v<MapPrior, Flat>) {
            return std::nullopt;
        }
        if (!(like > 0.0 && unlike > 0.0)) return std::nullopt;
        return Vector::Constant(1, std::log(like / unlike));
    }

    template <RandomBits R>
    Fine sample(const Coarse& X, const Vector& eta, R& rng) const {
        const double p = theta_cf(eta);
        Fine x{};
        const std::size_t n = X.size() * static_cast<std::size_t>(level_);
        if constexpr (Resizable<Fine>) x.resize(n);
        for (std::size_t i = 0; i < n; ++i) {
            const auto spin = X[i / static_cast<std::size_t>(level_)];
            x[i] = uniform(rng) < p ? spin : static_cast<Spin>(-spin);
        }
        return x;
    }

    /// Fine moments from the coarse ones: E x_i = t E X_r, E x_i x_j = t^2 E X_r X_s for i != j, with
    /// t = 2 theta_cf - 1.
    ///
    /// From a band of coarse ones a band of as many lags times the level.
    SiteMoments fine_moments(const SiteMoments& coarse, const Vector& eta) const {
        const double t = std::tanh(0.5 * eta[0]);
        const Index n = coarse.mean.size() * level_;
        SiteMoments fine{Vector(n), {}};
        for (Index i = 0; i < n; ++i) fine.mean[i] = t * coarse.mean[i / level_];
        if (coarse.second.size() == 0) return fine;
        fine.second = detail::block_second_moments(coarse.second, level_, t, t * t);
        return fine;
    }

    /// Coarse sites so far apart at most, of fine sites at most `lags` apart.
    Index coarse_lags(Index lags) const { return (lags + level_ - 1) / level_; }

private:
    static Index class_of(const BlockSums& blocks, Index i) {
        return blocks.sums[static_cast<std::size_t>(i)] + blocks.level;
    }

    Index level_;
};

/// The map of these settings.
inline BernoulliMap<> bernoulli_map(BernoulliMapSettings settings = {}) { return BernoulliMap<>(settings); }

/// The map between chains whose sizes are fixed at compile time.
template <Index FineSites, Index CoarseSites>
auto bernoulli_map() {
    static_assert(FineSites % CoarseSites == 0, "predcg: the coarse sites must divide the fine sites");
    return BernoulliMap<configuration_t<SpinSpace<FineSites>>, configuration_t<SpinSpace<CoarseSites>>>(
        {.level = FineSites / CoarseSites});
}

}  // namespace predcg::ising
