#pragma once
#include <predcg/kernels/hamiltonian.hpp>
#include <predcg/kernels/kernel_run.hpp>
#include <predcg/posterior/chains.hpp>
#include <predcg/posterior/log_posterior.hpp>
#include <predcg/posterior/posterior.hpp>
#include <predcg/structure/affine_target.hpp>

#include <cmath>
#include <type_traits>
#include <utility>

namespace predcg {

namespace detail {
/// A normal point, wider than the target, mirrored into the walls; nearer to the centre if there is no
/// density.
template <Target T, RandomBits R>
Vector dispersed_start(const T& target, double dispersion, R& rng) {
    for (int attempt = 0; attempt < 100; ++attempt, dispersion *= 0.9) {
        Vector u = target.space().mirrored(dispersion * standard_normal_vector(rng, target.space().size()));
        if (std::isfinite(target.log_density(u))) return u;
    }
    return Vector::Zero(target.space().size());
}
}  // namespace detail

/// Draws from the posterior of (theta_c, eta) by Hamiltonian Monte Carlo: several chains from over-dispersed
/// starts around the mode of `fit`, in coordinates scaled by the information there, mirrored at the bounds
/// of the prior. Needs exact engines and proper priors.
///
/// Learner: an EMCoarseGrainer or RelativeEntropy. Data: any range of configurations, or what learner.prepare
/// made of them (with weights). The result is flagged (reliable, remarks) unless every parameter has
/// rank-normalised split R-hat and bulk and tail effective sample sizes within the settings (Vehtari et al.,
/// Bayesian Anal. 16 (2021) 667). Cost: about 4 gradients of LogPosterior a move. Throws ArgumentError for
/// bad settings or improper priors. Schoeberl, Zabaras, Koutsourelakis, J. Comput. Phys. 333 (2017) 49,
/// sec. 2.4 (there by Laplace).
template <class Learner, class AnyData>
auto full_posterior(const Learner& learner, const AnyData& any_data, const Estimate& fit,
                    const ChainSettings& settings = {},
                    const Hamiltonian& kernel = {.path = 1.6, .target_accept = 0.8}) {
    constexpr const char* name = "full_posterior";
    detail::require_chains(settings, name);
    const Index warm_up = settings.warm_up.value_or(300), thinning = settings.thinning.value_or(1);
    detail::require_same_model(fit, learner.coarse(), learner.map(), name);
    const auto problem = detail::problem_of(learner, any_data, fit.beta);
    detail::require_proper(problem.prior_is_proper(), name);
    const LogPosterior posterior(problem);
    const Coordinates& c = problem.coordinates();
    const Vector mode = c.z(fit.parameters);
    const AffineTarget target(posterior, mode, detail::whitening(problem.point(mode).posterior_information));
    using T = std::remove_const_t<decltype(target)>;
    const auto stops = [&] { return detail::stops(problem.data(), settings.stop); };
    const auto run = [&](Index chain, Index length, auto&& keep) {
        Philox4x32 rng = make_stream(settings.seed, Purpose::posterior, static_cast<std::uint64_t>(chain));
        Vector u = detail::dispersed_start(target, settings.dispersion, rng);
        detail::KernelRun<Hamiltonian, T> moves(kernel, target);
        Hamiltonian::State state{};
        for (Index k = 0; k < warm_up && !stops(); ++k) moves.warm_up(u, state, rng);
        for (Index k = 0; k < length && !stops(); ++k) {
            for (Index j = 0; j < thinning; ++j) moves.advance(u, state, rng);
            keep(c.parameters(target.original(u)));
        }
        return state.accepted / static_cast<double>(length * thinning);
    };
    return Posterior(detail::run_chains(PosteriorMethod::full, fit, problem.data(), settings, name, run),
                     learner.coarse(), learner.map(), learner.engine());
}

}  // namespace predcg
