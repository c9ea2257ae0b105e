#pragma once
// Gradient and Hessian of log-likelihood and log posterior, exact or by Monte Carlo with errors.
#include <predcg/concepts/probabilistic_map.hpp>
#include <predcg/learning/fit_coordinates.hpp>
#include <predcg/learning/prepared_data.hpp>
#include <predcg/statistics/moments.hpp>

#include <cmath>
#include <limits>
#include <utility>

namespace predcg {

struct CurvatureSettings {
    Index repeats = 16;  ///< independent evaluations with a sampling engine, whose spread gives the errors
    std::uint64_t seed = 1;
};

/// Value and derivatives at a point, in the coordinates (theta_c, eta), and their standard errors (zero from
/// exact engines; log_likelihood is NaN where the engine does not know it).
struct Curvature {
    double log_likelihood = 0.0;
    Vector gradient;  ///< of the log-likelihood
    Matrix complete;  ///< sum_i E_i[-Hessian of l_i], of the complete data
    Matrix missing;   ///< sum_i Cov_i[gradient of l_i], what not seeing X costs
    Vector gradient_error;
    Matrix complete_error, missing_error, observed_error;

    double log_prior = 0.0;
    Vector prior_gradient;
    Matrix prior_information;  ///< minus the Hessian of the log prior

    /// Minus the Hessian of the log-likelihood (Louis, J. R. Stat. Soc. B 44 (1982) 226).
    Matrix observed() const { return complete - missing; }
    Vector posterior_gradient() const { return gradient + prior_gradient; }
    /// Minus the Hessian of the log posterior.
    Matrix posterior_information() const { return observed() + prior_information; }
};

namespace detail {

/// Log prior density of z = (beta theta_c, eta), with derivatives in (theta_c, eta).
template <class Grainer>
void add_prior_curvature(const Grainer& grainer, double beta, const Parameters& at, Curvature& curvature) {
    const Index p = at.theta.size(), m = at.eta.size();
    const auto& coarse = grainer.prior().coarse;
    const auto& map = grainer.prior().map;
    const Vector z = beta * at.theta;
    curvature.log_prior = coarse.log_density(z) + map.log_density(at.eta);
    curvature.prior_gradient.resize(p + m);
    curvature.prior_gradient << beta * coarse.gradient(z), map.gradient(at.eta);
    curvature.prior_information = Matrix::Zero(p + m, p + m);
    curvature.prior_information.topLeftCorner(p, p) = -beta * beta * coarse.hessian(z);
    curvature.prior_information.bottomRightCorner(m, m) = -map.hessian(at.eta);
}

}  // namespace detail

/// Derivatives of log-likelihood and log posterior at any parameters, through the grainer's own engines: one
/// evaluation where they are exact, else the mean of `repeats` independent ones, new chains each time.
/// Throws ArgumentError for repeats < 2 or parameters of another model.
template <class Grainer, class AnyData>
Curvature curvature(const Grainer& grainer, const AnyData& any_data, double beta, const Parameters& at,
                    const CurvatureSettings& settings = {}) {
    require_range(settings.repeats, 2, std::numeric_limits<Index>::max(), "curvature", "repeats");
    const auto& data = detail::as_prepared(grainer, any_data, beta);
    constexpr std::uint32_t iteration = 0x40000000;  // streams apart from those of fits
    RunningMoments<double> value;
    RunningMoments<Vector> gradient;
    RunningMoments<Matrix> complete, missing, observed;
    for (Index r = 0; r < (Grainer::is_exact ? 1 : settings.repeats); ++r) {
        const LikelihoodExpansion e =
            grainer.evaluate(data, at, settings.seed, iteration + static_cast<std::uint32_t>(r));
        value.add(e.log_likelihood);
        gradient.add(e.gradient);
        complete.add(e.complete);
        missing.add(e.missing);
        observed.add(e.observed());
    }
    const auto error = []<class V>(const RunningMoments<V>& of) {
        return Grainer::is_exact ? V(V::Zero(of.mean().rows(), of.mean().cols())) : of.standard_error();
    };
    Curvature result;
    result.log_likelihood = Grainer::is_exact ? value.mean() : std::numeric_limits<double>::quiet_NaN();
    result.gradient = gradient.mean();
    result.complete = complete.mean();
    result.missing = missing.mean();
    result.gradient_error = error(gradient);
    result.complete_error = error(complete);
    result.missing_error = error(missing);
    result.observed_error = error(observed);
    detail::add_prior_curvature(grainer, beta, at, result);
    return result;
}

/// Gradient g and information I (minus a Hessian) in (theta_c, eta) carried to (theta_c, t), t the map's
/// natural parameters (theta_cf):
///     dg/dt_k = g_k / t_k',   I_kl -> (I_kl + delta_kl g_k t_k'' / t_k') / (t_k' t_l').
/// An information on a density of eta stays that density's: no Jacobian is added.
template <NaturalMap Map>
std::pair<Vector, Matrix> in_natural_parameters(const Map& map, const Parameters& at, Vector gradient,
                                                Matrix information) {
    const Index p = at.theta.size();
    for (Index k = 0; k < at.eta.size(); ++k) {
        const NaturalParameter t = map.natural(k, at.eta[k]);
        information(p + k, p + k) += gradient[p + k] * t.curvature / t.slope;
        information.row(p + k) /= t.slope;
        information.col(p + k) /= t.slope;
        gradient[p + k] /= t.slope;
    }
    return {std::move(gradient), std::move(information)};
}

}  // namespace predcg
