#pragma once
#include <predcg/concepts/expectation_engine.hpp>
#include <predcg/core/error.hpp>

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
        : factor(M(-log_density.A)), mean(factor.solve(log_density.b)) {
        const Vector diagonal = factor.matrixLLT().diagonal();
        const double log_det = 2.0 * diagonal.array().log().sum();
        log_partition = 0.5 * static_cast<double>(mean.size()) * std::log(2.0 * std::numbers::pi) -
                        0.5 * log_det + 0.5 * log_density.b.dot(mean) + log_density.c;
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
}  // namespace detail

/// Exact engine for targets whose log density is a quadratic form and statistics that are quadratic forms.
///
/// With log pi = -1/2 X^T P X + b^T X + c: mean P^-1 b, covariance P^-1,
/// log Z = n/2 log 2 pi - 1/2 log det P + 1/2 b^T P^-1 b + c; for f = 1/2 X^T A X + a^T X + c,
/// E f = 1/2 tr(A P^-1) + f(mean), Cov(f, g) = 1/2 tr(A P^-1 B P^-1) + (A m + a)^T P^-1 (B m + b)
/// (Mathai and Provost, "Quadratic Forms in Random Variables", 1992, ch. 3). Cost O(d n^3).
/// Throws NumericalError where the precision P is not positive definite: the target has no integral.
struct GaussianEngine {
    template <class T>
    using state = NoState;

    template <GaussianTarget T>
    double log_partition(const T& target) const {
        return detail::GaussianFactor<>(target.quadratic()).log_partition;
    }

    /// Mean and covariance of a statistic, and log_partition.
    template <GaussianTarget T, QuadraticStatistic S>
    Moments expect(const T& target, const S& statistic, NoState&, const StreamKey&) const {
        return expect(target, statistic);
    }

    template <GaussianTarget T, QuadraticStatistic S>
    Moments expect(const T& target, const S& statistic) const {
        const detail::GaussianFactor<> gaussian(target.quadratic());
        const Index d = statistic.size(), n = gaussian.mean.size();
        const Matrix covariance = gaussian.covariance();
        Moments m{Vector(d), Matrix(d, d), Vector::Zero(d), gaussian.log_partition};
        std::vector<Matrix> spread;  // A_k P^-1
        Matrix slope(n, d);          // A_k mean + a_k
        for (Index k = 0; k < d; ++k) {
            const QuadraticForm f = statistic.quadratic(k);
            spread.push_back(f.A * covariance);
            slope.col(k) = f.A * gaussian.mean + f.b;
            m.mean[k] = 0.5 * spread.back().trace() + f(gaussian.mean);
        }
        const Matrix carried = covariance * slope;
        for (Index k = 0; k < d; ++k)
            for (Index l = 0; l <= k; ++l) {
                const auto& A = spread[static_cast<std::size_t>(k)];
                const auto& B = spread[static_cast<std::size_t>(l)];
                m.covariance(k, l) = m.covariance(l, k) =
                    0.5 * A.cwiseProduct(B.transpose()).sum() + slope.col(k).dot(carried.col(l));
            }
        return m;
    }

    template <GaussianTarget T>
    SiteMoments site_moments(const T& target, int order) const {
        const detail::GaussianFactor<> gaussian(target.quadratic());
        if (order < 2) return {gaussian.mean, {}};
        return {gaussian.mean, gaussian.covariance() + gaussian.mean * gaussian.mean.transpose()};
    }

    /// Independent draws mean + L^-T z with P = L L^T.
    template <class M = Matrix>
    class ConfigurationSampler {
    public:
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
        return ConfigurationSampler<>(target.quadratic());
    }
};

}  // namespace predcg
