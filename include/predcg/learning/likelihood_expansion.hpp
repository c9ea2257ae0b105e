#pragma once
#include <predcg/concepts/expectation_engine.hpp>
#include <predcg/engines/batch.hpp>
#include <predcg/learning/expected_statistics.hpp>
#include <predcg/learning/learning_map.hpp>

#include <utility>

namespace predcg {

/// Log-likelihood of the data around a point, in the coordinates (theta_c, eta).
struct LikelihoodExpansion {
    double log_likelihood = 0.0;
    Vector gradient;
    Matrix complete;  ///< sum_i E_i[-Hessian of l_i], l_i the complete-data log-likelihood of datum i
    Matrix missing;   ///< sum_i Cov_i[gradient of l_i]

    /// Minus the Hessian of the log-likelihood, by Louis' identity (T. A. Louis, J. R. Stat. Soc. B 44
    /// (1982) 226): complete - missing.
    Matrix observed() const {
        Matrix o = complete;
        o -= missing;
        return o;
    }
};

/// p_c at a point: moments of dU_c/dtheta and the mean of d2U_c/dtheta2.
struct CoarseMoments {
    Moments gradient;
    Matrix hessian;
};

namespace detail {
/// D, the derivative of the complete-data score by (G, T): -beta for G, the map's own slope for T.
template <ProbabilisticMap M>
[[gnu::cold]] Matrix score_slope(const M& map, Index p, Index t, const Vector& eta, double beta) {
    Matrix slope = Matrix::Zero(p + eta.size(), p + t);
    for (Index l = 0; l < p; ++l) slope(l, l) = -beta;
    for (Index j = 0; j < t && eta.size() > 0; ++j) {  // the score is linear in (T, count)
        Vector e = Vector::Zero(t);
        e[j] = 1.0;
        const Expansion unit = map_expansion(map, e, 0.0, eta);
        for (Index k = 0; k < eta.size(); ++k) slope(p + k, p + j) = unit.gradient[k];
    }
    return slope;
}
}  // namespace detail

/// Log-likelihood and gradient alone, in the coordinates (theta_c, eta), from the means that the E-step left
/// and p_c at the same point:
///     dL/dtheta = beta (N <G>_c - sum_i E_i G),             G = dU_c/dtheta;
/// dL/deta from the map.
template <ProbabilisticMap M>
std::pair<double, Vector> likelihood_gradient(const M& map, const ExpectedStatistics& statistics,
                                              const MeanSums& coarse, const Vector& eta, double beta) {
    const Index p = statistics.coarse.size();
    const double N = statistics.count;
    Vector gradient(p + eta.size());
    for (Index l = 0; l < p; ++l) gradient[l] = beta * (N * coarse.mean[l] - statistics.coarse[l]);
    if (eta.size() > 0) {
        const Expansion score = detail::map_expansion(map, statistics.map, N, eta);
        for (Index l = 0; l < eta.size(); ++l) gradient[p + l] = score.gradient[l];
    }
    const bool known = statistics.log_evidence && coarse.log_partition;
    return {known ? *statistics.log_evidence - N * *coarse.log_partition : 0.0, std::move(gradient)};
}

/// The expansion from what the E-step left and p_c at the same point (method of Louis):
///     dL/dtheta = beta (N <G>_c - sum_i E_i G),             G = dU_c/dtheta
///     complete_theta = beta sum_i E_i[d2U] - beta N <d2U>_c + beta^2 N Cov_c(G)
/// dL/deta and complete_eta from the map; missing = D sum_i Cov_i[(G, T)] D^T with D the derivative of
/// the complete-data score by (G, T), -beta for G and the map's own slope for T.
template <ProbabilisticMap M>
[[gnu::cold]] LikelihoodExpansion expand_likelihood(const M& map, const ExpectedStatistics& statistics,
                                                    const CoarseMoments& coarse, const Vector& eta,
                                                    double beta) {
    const Index p = statistics.coarse.size(), m = eta.size(), t = statistics.map.size();
    const double N = statistics.count;
    LikelihoodExpansion e{0.0, Vector(p + m), Matrix::Zero(p + m, p + m), Matrix::Zero(p + m, p + m)};
    if (statistics.log_evidence && coarse.gradient.log_partition)
        e.log_likelihood = *statistics.log_evidence - N * *coarse.gradient.log_partition;
    const Matrix slope = detail::score_slope(map, p, t, eta, beta);
    for (Index l = 0; l < p; ++l) {
        e.gradient[l] = beta * (N * coarse.gradient.mean[l] - statistics.coarse[l]);
        for (Index k = 0; k < p; ++k)
            e.complete(k, l) = beta * (statistics.coarse_hessian(k, l) - N * coarse.hessian(k, l)) +
                               beta * beta * N * coarse.gradient.covariance(k, l);
    }
    if (m > 0) {
        const Expansion score = detail::map_expansion(map, statistics.map, N, eta);
        for (Index l = 0; l < m; ++l) {
            e.gradient[p + l] = score.gradient[l];
            for (Index k = 0; k < m; ++k) e.complete(p + k, p + l) = -score.hessian(k, l);
        }
    }
    for (Index l = 0; l < p + m; ++l)
        for (Index k = 0; k < p + m; ++k)
            for (Index j = 0; j < p + t; ++j)
                for (Index i = 0; i < p + t; ++i)
                    e.missing(k, l) += slope(k, i) * statistics.covariance(i, j) * slope(l, j);
    return e;
}

}  // namespace predcg
