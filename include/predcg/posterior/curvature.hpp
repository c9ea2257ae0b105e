#pragma once
// Gradient and Hessian of log-likelihood and log posterior, exact or by Monte Carlo with errors.
#include <predcg/concepts/probabilistic_map.hpp>
#include <predcg/learning/blocks.hpp>
#include <predcg/learning/learning_problem.hpp>
#include <predcg/learning/prepared_data.hpp>
#include <predcg/statistics/running_moments.hpp>

#include <limits>
#include <optional>
#include <type_traits>
#include <utility>

namespace predcg {

/// Settings of curvature.
struct CurvatureSettings {
    Index repeats = 16;  ///< independent evaluations with a sampling engine, whose spread gives the errors
    std::uint64_t seed = 1;
};

/// Value and derivatives at a point, in the coordinates (theta_c, eta), and their standard errors (zero from
/// exact engines).
struct Curvature {
    std::optional<double> log_likelihood{};  ///< where the engine knows it
    Vector gradient;                         ///< of the log-likelihood
    Matrix complete;                         ///< sum_i E_i[-Hessian of l_i], of the complete data
    Matrix missing;                          ///< sum_i Cov_i[gradient of l_i], what not seeing X costs
    Vector gradient_error;                   ///< Standard error of the gradient.
    /// Standard error of this information, entry by entry.
    Matrix complete_error, missing_error, observed_error;

    double log_prior = 0.0;    ///< Logarithm of the prior density.
    Vector prior_gradient;     ///< Gradient of the log prior.
    Matrix prior_information;  ///< minus the Hessian of the log prior

    /// Minus the Hessian of the log-likelihood (Louis, J. R. Stat. Soc. B 44 (1982) 226).
    Matrix observed() const { return complete - missing; }
    /// Gradient of the log posterior.
    Vector posterior_gradient() const { return gradient + prior_gradient; }
    /// Minus the Hessian of the log posterior.
    Matrix posterior_information() const { return observed() + prior_information; }
};

namespace detail {

/// Log prior density of z, with derivatives in (theta_c, eta).
template <class Problem>
void add_prior_curvature(const Problem& problem, const Parameters& at, Curvature& curvature) {
    const Coordinates& c = problem.coordinates();
    const Vector z = c.z(at);
    const auto& coarse = problem.prior().coarse;
    const auto& map = problem.prior().map;
    curvature.log_prior = problem.log_prior(z);
    curvature.prior_gradient = linalg::joined(coarse.gradient(c.coarse_part(z)), map.gradient(c.map_part(z)));
    curvature.prior_information = Matrix::Zero(c.size(), c.size());
    curvature.prior_information.topLeftCorner(c.coarse_count(), c.coarse_count()) =
        -coarse.hessian(c.coarse_part(z));
    curvature.prior_information.bottomRightCorner(c.map_count(), c.map_count()) = -map.hessian(c.map_part(z));
    curvature.prior_gradient.array() *= c.factor().array();
    curvature.prior_information.array() *= (c.factor() * c.factor().transpose()).array();
}

}  // namespace detail

/// Derivatives of log-likelihood and log posterior at any parameters, through the learner's own engines: one
/// evaluation where they are exact, else the mean of `repeats` independent ones, new chains each time.
/// Throws ArgumentError for repeats < 2 or parameters of another model.
template <class Learner, class AnyData>
Curvature curvature(const Learner& learner, const AnyData& any_data, double beta, const Parameters& at,
                    const CurvatureSettings& settings = {}) {
    require_range(settings.repeats, 2, std::numeric_limits<Index>::max(), "curvature", "repeats");
    const auto problem = detail::problem_of(learner, any_data, beta);
    constexpr bool exact = std::remove_const_t<decltype(problem)>::is_exact;
    statistics::RunningMoments<Vector> gradient;
    statistics::RunningMoments<Matrix> complete, missing, observed;
    Curvature result;
    for (Index r = 0; r < (exact ? 1 : settings.repeats); ++r) {
        auto state = problem.state(at, settings.seed, Purpose::curvature_latent, Purpose::curvature_coarse);
        state.begin(static_cast<std::uint32_t>(r));
        const auto e = problem.evaluate(state);
        if constexpr (exact) result.log_likelihood = e.log_likelihood;
        gradient.add(e.gradient);
        complete.add(e.complete);
        missing.add(e.missing);
        observed.add(e.observed());
    }
    const auto error = []<class V>(const statistics::RunningMoments<V>& of) {
        return exact ? V(V::Zero(of.mean().rows(), of.mean().cols())) : of.standard_error();
    };
    result.gradient = gradient.mean();
    result.complete = complete.mean();
    result.missing = missing.mean();
    result.gradient_error = error(gradient);
    result.complete_error = error(complete);
    result.missing_error = error(missing);
    result.observed_error = error(observed);
    detail::add_prior_curvature(problem, at, result);
    return result;
}

/// Gradient g and information I (minus a Hessian) in (theta_c, eta) carried to (theta_c, t), t the map's
/// natural parameters (theta_cf):
///     dg/dt_k = g_k / t_k',   I_kl -> (I_kl + delta_kl g_k t_k'' / t_k') / (t_k' t_l').
/// An information on a density of eta stays that density's: no Jacobian is added.
template <NaturalMap Map>
std::pair<Vector, Matrix> in_natural_parameters(const Map& map, const Parameters& at, Vector gradient,
                                                Matrix information) {
    const detail::Blocks g(gradient, at.theta.size());
    const detail::Blocks of_information(information, at.theta.size());
    Vector slopes = Vector::Ones(gradient.size());
    for (Index k = 0; k < at.eta.size(); ++k) {
        const NaturalParameter t = map.natural(k, at.eta[k]);
        of_information.map(k, k) += g.map(k) * t.curvature / t.slope;
        detail::Blocks(slopes, at.theta.size()).map(k) = t.slope;
    }
    for (Index l = 0; l < slopes.size(); ++l) {
        gradient[l] /= slopes[l];
        information.row(l) /= slopes[l];
        information.col(l) /= slopes[l];
    }
    return {std::move(gradient), std::move(information)};
}

}  // namespace predcg
