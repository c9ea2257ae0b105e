#pragma once
// What the data say for a model as a whole: BIC, and the Laplace approximation of the evidence.
#include <predcg/posterior/laplace.hpp>

#include <cmath>
#include <limits>
#include <numbers>
#include <optional>
#include <string>
#include <vector>

namespace predcg {

/// log p(data | model) = log int p(data | z) p(z) dz, z = (beta theta_c / s_c, eta / s_m): of the
/// configurations themselves, so that models of one data set are comparable whatever their level.
struct Evidence {
    std::optional<double> log_evidence;  ///< absent where the method fails: see remarks
    double standard_error = 0.0;         ///< from sampling; 0 of the Laplace approximation
    double pareto_k =
        std::numeric_limits<double>::quiet_NaN();  ///< of the Laplace approximation, against the posterior
    bool reliable = true;
    std::vector<std::string> remarks{};  ///< what is wrong, if it is not
};

/// Schwarz's criterion (G. Schwarz, Ann. Stat. 6 (1978) 461):
///     BIC = -2 log p(data | theta_c, eta) + d log N,
/// at the fit's parameters, d of them (theta_c and eta). N is the number of data, one for a configuration
/// (the sum of weights), not the number of sites: configurations are what is independent. Smaller is better;
/// -BIC/2 is the log evidence up to terms that do not grow with N. At a mode under a prior it is a little
/// larger than at the maximum of the likelihood.
inline double bic(const ExactEstimate& fit) {
    const double d = static_cast<double>(fit.parameters.theta.size() + fit.parameters.eta.size());
    return -2.0 * fit.log_likelihood + d * std::log(fit.data_count);
}

namespace detail {

/// log Phi(x), by its asymptotic series far below.
inline double log_normal_cdf(double x) {
    if (x > -20.0) return std::log(0.5 * std::erfc(-x / std::numbers::sqrt2));
    const double y = 1.0 / (x * x);
    return -0.5 * x * x - std::log(-x * std::sqrt(2.0 * std::numbers::pi)) + std::log1p(-y + 3.0 * y * y);
}

/// The integral of the normal that has a log density's value v, gradient g and information I at z, over
/// z_k >= lower_k: with Sigma = I^-1 and apex a = z + Sigma g,
///     v + 1/2 g^T Sigma g + d/2 log 2 pi - 1/2 log det I + sum_k log Phi((a_k - lower_k) / Sigma_kk^1/2).
/// The last sum, each coordinate's own mass, is exact for one bound, and where the bounded coordinates are
/// independent. g = 0 at a mode inside; at a mode on a bound the density falls from it with slope g. Absent
/// where I is not positive definite.
inline std::optional<double> laplace_integral(const LearningPoint& at, const std::vector<Wall>& walls) {
    const Vector& z = at.z;
    const Index d = z.size();
    const linalg::SymmetricEigen eigen(at.posterior_information);
    if (!(eigen.values[0] > 0.0)) return std::nullopt;
    const Matrix root = inverse_root(at.posterior_information);
    const Vector shift = linalg::applied(root, linalg::applied_transposed(root, at.gradient));
    double value = at.value + 0.5 * linalg::dot(at.gradient, shift) +
                   0.5 * static_cast<double>(d) * std::log(2.0 * std::numbers::pi);
    for (const double information : eigen.values) value -= 0.5 * std::log(information);
    for (const Wall& wall : walls)
        value += log_normal_cdf(wall.distance(z + shift) /
                                linalg::norm(linalg::applied_transposed(root, wall.normal)));
    return value;
}

}  // namespace detail

/// The Laplace approximation of the evidence: the integral of the normal in z = (beta theta_c / s_c, eta /
/// s_m) that has value, slope and curvature (observed information, Louis 1982) of the log posterior at the
/// mode, cut at the bounds of the prior (detail::laplace_integral; MacKay, Neural Comput. 4 (1992) 415).
///
/// At a mode inside the bounds it is laplace_joint's approximation; at one on a bound that one has its centre
/// there and no slope. A mode that has a flip (learning/labels.hpp) counts with it. Either way it carries
/// that one's Pareto k: above the limit, or where the information is not positive definite, it is absent,
/// reliable is false, and remarks say "not Gaussian". Of a model without parameters it is the likelihood.
/// Cost and exceptions of laplace_joint.
template <class Learner, class AnyData>
Evidence laplace_evidence(const Learner& learner, const AnyData& any_data, const ExactEstimate& fit,
                          const LaplaceSettings& settings = {}) {
    const auto problem = detail::problem_of(learner, any_data, fit.beta);
    Evidence evidence;
    if (fit.parameters.theta.size() + fit.parameters.eta.size() == 0) {
        evidence.log_evidence = fit.log_likelihood;
        return evidence;
    }
    const PosteriorResult joint = laplace_joint(learner, problem.data(), fit, settings);
    evidence.reliable = joint.reliable;
    evidence.remarks = joint.remarks;
    if (joint.pareto_k) evidence.pareto_k = *joint.pareto_k;
    if (!joint.reliable) return evidence;
    const Vector mode = problem.coordinates().z(fit.parameters);
    evidence.log_evidence =
        detail::laplace_integral(problem.point(mode), LogPosterior(problem).space().walls());
    const auto other = flipped(learner.coarse(), learner.map(), fit.parameters);
    if (other && evidence.log_evidence) {
        // The mode's flip, with what the prior says of it; not where the map forgets X, and both are one.
        const Vector there = problem.coordinates().z(*other), away = there - mode;
        if (linalg::dot(away, linalg::applied(problem.point(mode).posterior_information, away)) > 16.0)
            *evidence.log_evidence +=
                std::log1p(std::exp(problem.log_prior(there) - problem.log_prior(mode)));
    }
    return evidence;
}

}  // namespace predcg
