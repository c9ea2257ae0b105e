#pragma once
#include <predcg/core/parallel.hpp>
#include <predcg/kernels/hamiltonian.hpp>
#include <predcg/kernels/kernel_run.hpp>
#include <predcg/posterior/log_posterior.hpp>
#include <predcg/posterior/posterior.hpp>
#include <predcg/structure/affine_target.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stop_token>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace predcg {

struct FullPosteriorSettings {
    Index draws = 4000;  ///< kept, of all chains together; rounded up to equal chains
    Index chains = 4;
    Index warm_up = 300;          ///< moves of each chain before the first draw that is kept
    double dispersion = 2.0;      ///< of the starts, in standard deviations at the mode
    double largest_r_hat = 1.01;  ///< beyond it, or with fewer effective draws a chain than
    double smallest_ess = 100.0;  ///< this, the result is flagged as not reliable
    Hamiltonian kernel{.path = 1.6, .target_accept = 0.8};
    std::uint64_t seed = 1;
    Index threads = 1;  ///< chains at work at the same time; results do not depend on it
    std::stop_token stop{};
};

namespace detail {

/// Coordinates in which a posterior is about standard normal near a point: columns are eigenvectors of the
/// information over the square root of their eigenvalues, by their size and no less than the prior's.
inline Matrix whitening(const Matrix& information) {
    const linalg::SymmetricEigen eigen(information);
    Matrix scale = eigen.vectors;
    for (Index k = 0; k < scale.cols(); ++k)
        scale.col(k) /= std::sqrt(std::max(std::abs(eigen.values[k]), identified_from));
    return scale;
}

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

/// Diagnostics of every parameter, and what they say.
inline void diagnose_draws(PosteriorResult& result, double largest_r_hat, double smallest_ess) {
    const std::vector<std::string> names = result.names();
    for (Index k = 0; k < result.parameter_count(); ++k) {
        const Diagnostics d = diagnose(result.by_chain(result.draws.row(k)));
        const std::string& name = names[static_cast<std::size_t>(k)];
        const double enough = smallest_ess * static_cast<double>(result.chains);
        if (!(d.r_hat < largest_r_hat))
            result.remarks.push_back("R-hat of " + name + " is " + to_text(d.r_hat) +
                                     ": the chains do not agree; more warm-up or draws");
        if (!(std::min(d.ess_bulk, d.ess_tail) > enough))
            result.remarks.push_back("effective sample size of " + name + " is " +
                                     to_text(std::floor(std::min(d.ess_bulk, d.ess_tail))) + ", less than " +
                                     to_text(enough) + ": more draws");
        result.diagnostics.push_back(d);
    }
    result.reliable = result.remarks.empty();
}

}  // namespace detail

/// Draws from the posterior of (theta_c, eta) by Hamiltonian Monte Carlo: several chains from over-dispersed
/// starts around the mode of `fit`, in coordinates scaled by the information there, mirrored at the bounds
/// of the prior. Needs exact engines and proper priors.
///
/// Data: any range of configurations, or what grainer.prepare made of them (with weights).
/// The result is flagged (reliable, remarks) unless every parameter has rank-normalised split R-hat and bulk
/// and tail effective sample sizes within the settings (Vehtari et al., Bayesian Anal. 16 (2021) 667).
/// Cost: about 4 gradients of LogPosterior a move. Throws ArgumentError for bad settings or improper priors.
/// Schoeberl, Zabaras, Koutsourelakis, J. Comput. Phys. 333 (2017) 49, sec. 2.4 (there by Laplace).
template <class Grainer, class AnyData>
auto full_posterior(const Grainer& grainer, const AnyData& any_data, const FitResult& fit,
                    const FullPosteriorSettings& settings = {}) {
    constexpr Index many = std::numeric_limits<Index>::max();
    require_range(settings.chains, 1, many, "full_posterior", "chains");
    require_range(settings.draws, 4 * settings.chains, many, "full_posterior", "draws", "at least 4 a chain");
    require_range(settings.warm_up, 0, many, "full_posterior", "warm_up");
    require_positive(settings.dispersion, "full_posterior", "dispersion");
    detail::require_same_model(fit, grainer.coarse(), grainer.map(), "full_posterior");
    const auto& data = detail::as_prepared(grainer, any_data, fit.beta);
    const LogPosterior<Grainer> posterior(grainer, data);
    detail::require_proper(posterior.prior_is_proper(), "full_posterior");

    const Vector mode = posterior.z_of(fit.parameters);
    const AffineTarget target(posterior, mode, detail::whitening(posterior.expansion(mode).information));
    using T = std::remove_const_t<decltype(target)>;
    const Index length = (settings.draws + settings.chains - 1) / settings.chains, size = mode.size();
    PosteriorResult result;
    result.fit = fit;
    result.fit.data_count = data.count;
    result.seed = settings.seed;
    result.chains = settings.chains;
    result.draws.resize(size, length * settings.chains);
    Vector acceptance = Vector::Zero(settings.chains);
    parallel_for(settings.chains, settings.threads, [&](Index chain) {
        Philox4x32 rng = make_stream(settings.seed, Purpose::posterior, static_cast<std::uint64_t>(chain));
        Vector u = detail::dispersed_start(target, settings.dispersion, rng);
        detail::KernelRun<Hamiltonian, T> run(settings.kernel, target);
        Hamiltonian::State state{};
        for (Index k = 0; k < settings.warm_up && !settings.stop.stop_requested(); ++k)
            run.warm_up(u, state, rng);
        for (Index k = 0; k < length && !settings.stop.stop_requested(); ++k) {
            run.advance(u, state, rng);
            const Parameters at = posterior.parameters_of(target.original(u));
            result.draws.col(chain * length + k) << at.theta, at.eta;
        }
        acceptance[chain] = state.accepted / static_cast<double>(length);
    });
    if (settings.stop.stop_requested()) throw Stopped("full_posterior");
    result.acceptance = acceptance.mean();
    detail::summarise(result);
    detail::diagnose_draws(result, settings.largest_r_hat, settings.smallest_ess);
    return Posterior(std::move(result), grainer.coarse(), grainer.map(), grainer.engine());
}

}  // namespace predcg
