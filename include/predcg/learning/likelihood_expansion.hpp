#pragma once
// Log-likelihood and its derivatives from what an E-step left, by Louis' identity.
#include <predcg/core/error.hpp>
#include <predcg/core/expansion.hpp>
#include <predcg/core/linalg.hpp>
#include <predcg/core/moments.hpp>
#include <predcg/learning/blocks.hpp>
#include <predcg/learning/expected_statistics.hpp>
#include <predcg/learning/map_in_learning.hpp>

#include <utility>

namespace predcg {

/// Derivatives of the log-likelihood of the data at a point, in the coordinates (theta_c, eta).
struct LikelihoodDerivatives {
    Vector gradient;
    Matrix complete;  ///< sum_i E_i[-Hessian of l_i], l_i the complete-data log-likelihood of datum i
    Matrix missing;   ///< sum_i Cov_i[gradient of l_i], what not seeing X costs
    Matrix scored{};  ///< complete as p_c expects it: beta^2 N Cov_c(G) for theta_c

    /// Minus the Hessian of the log-likelihood, by Louis' identity (T. A. Louis, J. R. Stat. Soc. B 44
    /// (1982) 226): complete - missing.
    Matrix observed() const {
        Matrix o = complete;
        linalg::add(o, missing, -1.0);
        return o;
    }
};

/// The same with the value, which engines know that know log Z.
struct LikelihoodExpansion : LikelihoodDerivatives {
    double log_likelihood = 0.0;
};

/// p_c at a point: moments of G = dU_c/dtheta, and the mean of d2U_c/dtheta2.
struct CoarseMoments {
    Moments gradient;
    Matrix hessian;
};

namespace detail {

/// D, the derivative of the complete-data score by (G, T): -beta for G, the map's own slope for T; of a
/// ScoredMap by (G, S), 1 for S.
template <class M>
[[gnu::cold]] Matrix score_slope(const M& map, Index p, Index t, const Vector& eta, double beta) {
    const Index statistics = ScoredMap<M> ? eta.size() : t;
    Matrix slope = Matrix::Zero(p + eta.size(), p + statistics);
    const Blocks D(slope, p);
    for (Index l = 0; l < p; ++l) D.coarse(l, l) = -beta;
    if constexpr (ScoredMap<M>) {
        for (Index k = 0; k < eta.size(); ++k) D.map(k, k) = 1.0;
        return slope;
    }
    for (Index j = 0; j < t && eta.size() > 0; ++j) {  // the score is linear in (T, count)
        Vector e = Vector::Zero(t);
        e[j] = 1.0;
        const Expansion unit = map_expansion(map, e, 0.0, eta);
        for (Index k = 0; k < eta.size(); ++k) D.map(k, j) = unit.gradient[k];
    }
    return slope;
}

/// dL/dtheta = beta (N <G>_c - sum_i E_i G), dL/deta from the map: from the sums of the E-step and the mean
/// of G under p_c.
template <class M>
Vector likelihood_gradient(const M& map, const ExpectedStatistics& statistics, const Vector& coarse_mean,
                           const Vector& eta, double beta) {
    const Index p = statistics.coarse.size();
    Vector gradient(p + eta.size());
    const Blocks slope(gradient, p);
    for (Index l = 0; l < p; ++l)
        slope.coarse(l) = beta * (statistics.count * coarse_mean[l] - statistics.coarse[l]);
    if (statistics.score.size() > 0) {
        for (Index l = 0; l < eta.size(); ++l) slope.map(l) = statistics.score[l];
    } else if (eta.size() > 0) {
        const Expansion score = map_expansion(map, statistics.map, statistics.count, eta);
        for (Index l = 0; l < eta.size(); ++l) slope.map(l) = score.gradient[l];
    }
    return gradient;
}

/// sum_i log Z(q_i) - N log Z(p_c), of an engine that knows log Z. Throws ArgumentError where it did not say.
[[gnu::cold]] inline double log_likelihood_of(const ExpectedStatistics& statistics,
                                              const std::optional<double>& log_z_coarse) {
    if (!statistics.log_evidence || !log_z_coarse)
        argument_error("LearningProblem", "log_partition of the moments that the engine gave", "absent",
                       "log Z, as it has log_partition(target)");
    return *statistics.log_evidence - statistics.count * *log_z_coarse;
}

}  // namespace detail

/// The derivatives from what the E-step left and p_c at the same point (method of Louis; docs/method.md,
/// "Blocks of the information"):
///     complete_theta = beta sum_i E_i[d2U] - beta N <d2U>_c + beta^2 N Cov_c(G)
/// complete_eta from the map; missing = D sum_i Cov_i[(G, T)] D^T with D the derivative of the complete-data
/// score by (G, T), -beta for G and the map's own slope for T.
template <class M>
[[gnu::cold]] LikelihoodDerivatives expand_likelihood(const M& map, const ExpectedStatistics& statistics,
                                                      const CoarseMoments& coarse, const Vector& eta,
                                                      double beta) {
    const Index p = statistics.coarse.size(), m = eta.size(), t = statistics.map.size();
    const double N = statistics.count;
    LikelihoodDerivatives e{
        detail::likelihood_gradient(map, statistics, coarse.gradient.mean, eta, beta),
        Matrix::Zero(p + m, p + m),
        linalg::sandwich(detail::score_slope(map, p, t, eta, beta), statistics.covariance)};
    const detail::Blocks complete(e.complete, p);
    if (m > 0) {
        const Expansion score = detail::map_expansion(map, statistics.map, N, eta);
        for (Index l = 0; l < m; ++l)
            for (Index k = 0; k < m; ++k) complete.map(k, l) = -score.hessian(k, l);
    }
    e.scored = e.complete;
    for (Index l = 0; l < p; ++l)
        for (Index k = 0; k < p; ++k) {
            const double scored = beta * beta * N * coarse.gradient.covariance(k, l);
            detail::Blocks(e.scored, p).coarse(k, l) = scored;
            complete.coarse(k, l) =
                beta * (statistics.coarse_hessian(k, l) - N * coarse.hessian(k, l)) + scored;
        }
    return e;
}

}  // namespace predcg
