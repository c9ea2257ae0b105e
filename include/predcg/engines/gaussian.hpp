#pragma once
#include <predcg/concepts/expectation_engine.hpp>
#include <predcg/core/error.hpp>
#include <predcg/core/linalg.hpp>

#include <Eigen/Cholesky>

#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

namespace predcg {

namespace detail {
/// A Gaussian from its quadratic log density. A template, so that Eigen's factorisation is only compiled
/// where it is used.
template <class M = Matrix>
struct GaussianFactor {
    explicit GaussianFactor(const QuadraticForm& log_density)
        : factor(M(linalg::scaled(log_density.A, -1.0))), mean(factor.solve(log_density.b)) {
        const Vector diagonal = factor.matrixLLT().diagonal();
        double log_det = 0.0;
        for (const double pivot : diagonal) log_det += 2.0 * std::log(pivot);
        log_partition = 0.5 * static_cast<double>(mean.size()) * std::log(2.0 * std::numbers::pi) -
                        0.5 * log_det + 0.5 * linalg::dot(log_density.b, mean) + log_density.c;
        // A pivot that is rounding of the diagonal it came from is zero.
        const double rounding =
            16.0 * static_cast<double>(mean.size()) * std::numeric_limits<double>::epsilon();
        bool singular = factor.info() != Eigen::Success || !std::isfinite(log_partition);
        for (Index k = 0; k < mean.size(); ++k)
            singular |= !(diagonal[k] * diagonal[k] > -rounding * log_density.A(k, k));
        if (singular)
            throw NumericalError("GaussianEngine: the precision matrix is not positive definite, so the "
                                 "density has no integral (stiffness too weak or negative?)");
    }

    Matrix covariance() const { return factor.solve(M::Identity(mean.size(), mean.size())); }

    Eigen::LLT<M> factor;
    Vector mean;
    double log_partition = 0.0;
};

/// Its type depends on the target's, so that nothing of Eigen's is instantiated for who only reads this
/// header.
template <GaussianTarget T>
auto gaussian_factor(const T& target) {
    return GaussianFactor<>(target.quadratic());
}
}  // namespace detail

/// Exact engine for targets whose log density is a quadratic form and statistics that are quadratic forms.
///
/// With log pi = -1/2 X^T P X + b^T X + c: mean P^-1 b, covariance P^-1,
/// log Z = n/2 log 2 pi - 1/2 log det P + 1/2 b^T P^-1 b + c; for f = 1/2 X^T A X + a^T X + c,
/// E f = 1/2 tr(A P^-1) + f(mean), Cov(f, g) = 1/2 tr(A P^-1 B P^-1) + (A m + a)^T P^-1 (B m + b)
/// (Mathai and Provost, "Quadratic Forms in Random Variables", 1992, ch. 3). Cost O(d n^3).
/// Throws NumericalError where the precision P is not positive definite: the target has no integral. A call
/// that would hold more than `memory_limit` bytes of n x n matrices is refused by CostError before any work.
struct GaussianEngine {
    double memory_limit = 2e9;  ///< bytes of matrices

    template <class T>
    using State = NoState;

    template <GaussianTarget T>
    double log_partition(const T& target) const {
        require_matrices(target, 2.0, "GaussianEngine::log_partition");
        return detail::gaussian_factor(target).log_partition;
    }

    /// Mean and covariance of a statistic, and log_partition.
    template <GaussianTarget T, QuadraticStatistic S>
    Moments expect(const T& target, const S& statistic, NoState&, const StreamKey&) const {
        return expect(target, statistic);
    }

    template <GaussianTarget T, QuadraticStatistic S>
    Moments expect(const T& target, const S& statistic) const {
        require_matrices(target, 5.0 + static_cast<double>(statistic.size()), "GaussianEngine::expect");
        const auto gaussian = detail::gaussian_factor(target);
        const Index d = statistic.size(), n = gaussian.mean.size();
        const auto covariance = gaussian.covariance();
        Moments m{Vector(d), Matrix(d, d), Vector::Zero(d), gaussian.log_partition};
        std::vector<Matrix> spread;          // A_k P^-1
        std::vector<Vector> slope, carried;  // A_k mean + a_k, and P^-1 times it
        for (Index k = 0; k < d; ++k) {
            const auto f = statistic.quadratic(k);
            spread.push_back(f.A * covariance);
            slope.push_back(f.A * gaussian.mean + f.b);
            carried.push_back(covariance * slope.back());
            m.mean[k] = f(gaussian.mean);
            for (Index i = 0; i < n; ++i) m.mean[k] += 0.5 * spread.back()(i, i);
        }
        for (Index k = 0; k < d; ++k)
            for (Index l = 0; l <= k; ++l) {
                const auto row = static_cast<std::size_t>(k), column = static_cast<std::size_t>(l);
                m.covariance(k, l) = m.covariance(l, k) =
                    0.5 * linalg::trace_of_product(spread[row], spread[column]) +
                    linalg::dot(slope[row], carried[column]);
            }
        return m;
    }

    template <GaussianTarget T>
    SiteMoments site_moments(const T& target, int order) const {
        require_matrices(target, order < 2 ? 2.0 : 5.0, "GaussianEngine::site_moments");
        const auto gaussian = detail::gaussian_factor(target);
        if (order < 2) return {gaussian.mean, {}};
        return {gaussian.mean, linalg::second_moments(gaussian.covariance(), gaussian.mean)};
    }

    /// Independent draws mean + L^-T z with P = L L^T.
    template <class M = Matrix>
    class ConfigurationSampler {
    public:
        /// Factors the form. Throws NumericalError unless it is negative definite.
        explicit ConfigurationSampler(const QuadraticForm& log_density) : gaussian_(log_density) {}

        template <RandomBits R>
        Vector draw(R& rng) const {
            const Vector z = standard_normal_vector(rng, gaussian_.mean.size());
            return gaussian_.mean + gaussian_.factor.matrixU().solve(z);
        }

    private:
        detail::GaussianFactor<M> gaussian_;
    };

    template <GaussianTarget T>
    ConfigurationSampler<> sampler(const T& target) const {
        require_matrices(target, 2.0, "GaussianEngine::sampler");
        return ConfigurationSampler<>(target.quadratic());
    }

private:
    /// For so many matrices n x n at a time.
    template <class T>
    void require_matrices(const T& target, double count, const char* function) const {
        const auto n = static_cast<double>(target.space().size());
        if (const double bytes = 8.0 * count * n * n; !(bytes <= memory_limit))
            throw CostError(function, bytes, memory_limit, "bytes",
                            "its matrices are dense; raise GaussianEngine::memory_limit");
    }
};

}  // namespace predcg
