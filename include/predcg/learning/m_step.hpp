#pragma once
// The two halves of an exact M-step: they do not depend on each other. Coordinates as in Coordinates.
#include <predcg/core/error.hpp>
#include <predcg/core/linalg.hpp>
#include <predcg/learning/expected_statistics.hpp>
#include <predcg/learning/likelihood_expansion.hpp>
#include <predcg/learning/map_in_learning.hpp>
#include <predcg/optimize/projected_newton.hpp>
#include <predcg/optimize/step.hpp>
#include <predcg/priors/priors.hpp>
#include <predcg/structure/potential_operations.hpp>

#include <cmath>
#include <optional>
#include <utility>
#include <vector>

namespace predcg::detail {

/// argmax over eta of sum_i E_i log p_cf(x_i|X, eta) + log prior(eta / s): in closed form where map and prior
/// have one and s is 1, else by Newton from the present eta.
template <class Map, class MapPrior>
[[gnu::cold]] Vector maximise_map(const Map& map, const MapPrior& prior, const ExpectedStatistics& statistics,
                                  const Vector& scales, const Vector& eta) {
    if (eta.size() == 0) return eta;
    if (linalg::all_ones(scales))
        if (auto best = map_maximiser(map, statistics.map, statistics.count, prior)) return *best;
    const Vector lower = Vector::Constant(eta.size(), lower_bound(prior));
    const auto expansion = [&](const Vector& z) -> std::optional<Expansion> {
        Expansion e = map_expansion(map, statistics.map, statistics.count, linalg::times(z, scales));
        for (Index l = 0; l < z.size(); ++l) {
            e.gradient[l] *= scales[l];
            for (Index k = 0; k < z.size(); ++k) e.hessian(k, l) *= scales[k] * scales[l];
        }
        e.value += prior.log_density(z);
        linalg::add(e.gradient, prior.gradient(z));
        linalg::add(e.hessian, Matrix(prior.hessian(z)));
        if (!std::isfinite(e.value)) return std::nullopt;
        return e;
    };
    return linalg::times(projected_newton(linalg::over(eta, scales), lower, expansion), scales);
}

/// argmax over theta of -beta theta . sum_i E_i[f] - N log Z_c(theta) + log prior(beta theta / s), concave
/// for a potential linear in theta. `moments(theta)` gives p_c there (CoarseMoments), or throws
/// NumericalError.
template <LinearCoarsePotential U, class CoarsePrior, class CoarseMomentsAt>
[[gnu::cold]] Vector maximise_coarse(const U& potential, const CoarsePrior& prior,
                                     const ExpectedStatistics& statistics, const Vector& scales,
                                     const Vector& theta, double beta, CoarseMomentsAt&& moments) {
    const Vector lower = Vector::Constant(theta.size(), lower_bound(prior));
    const Vector factor = linalg::over(Vector::Constant(scales.size(), beta), scales);
    const auto expansion = [&](const Vector& z) -> std::optional<Expansion> {
        const Vector at = linalg::over(z, factor);
        if (!is_admissible(potential, at)) return std::nullopt;
        CoarseMoments c;
        try {
            c = moments(at);
        } catch (const NumericalError&) {
            return std::nullopt;  // no density there
        }
        const double N = statistics.count;
        Expansion e{prior.log_density(z) - N * c.gradient.log_partition.value(), prior.gradient(z),
                    prior.hessian(z)};
        for (Index l = 0; l < z.size(); ++l) {
            e.value -= z[l] * (scales[l] * statistics.coarse[l]);
            e.gradient[l] += scales[l] * (N * c.gradient.mean[l] - statistics.coarse[l]);
            for (Index k = 0; k < z.size(); ++k)
                e.hessian(k, l) -= N * c.gradient.covariance(k, l) * (scales[k] * scales[l]);
        }
        if (!std::isfinite(e.value)) return std::nullopt;
        return e;
    };
    return linalg::over(projected_newton(linalg::times(theta, factor), lower, expansion), factor);
}

/// One Newton step with the complete-data information, for a potential that is not linear in theta
/// (generalised EM: Lange, J. R. Stat. Soc. B 57 (1995) 425). No component of z moves by more than max_step.
/// The caller sees to it that the step rises.
template <class CoarsePrior>
[[gnu::cold]] Vector step_coarse(const CoarsePrior& prior, const ExpectedStatistics& statistics,
                                 const CoarseMoments& c, const Vector& scales, const Vector& theta,
                                 double beta, double max_step) {
    const double N = statistics.count;
    const Vector factor = linalg::over(Vector::Constant(scales.size(), beta), scales);
    const Vector z = linalg::times(theta, factor), lower = Vector::Constant(theta.size(), lower_bound(prior));
    Vector gradient = prior.gradient(z);
    Matrix information = prior.hessian(z);
    for (Index l = 0; l < z.size(); ++l) {
        gradient[l] += scales[l] * (N * c.gradient.mean[l] - statistics.coarse[l]);
        for (Index k = 0; k < z.size(); ++k)
            information(k, l) = ((statistics.coarse_hessian(k, l) - N * c.hessian(k, l)) / beta +
                                 N * c.gradient.covariance(k, l)) *
                                    (scales[k] * scales[l]) -
                                information(k, l);
    }
    const std::vector<Index> free = free_coordinates(z, gradient, lower);
    const Vector step = ascent_step(linalg::selected(information, free), linalg::selected(gradient, free));
    const double t = step_fraction(step, max_step);
    return linalg::over(linalg::moved(z, t, linalg::scattered(step, free, z.size()), lower), factor);
}

}  // namespace predcg::detail
