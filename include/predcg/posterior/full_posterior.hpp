#pragma once
#include <predcg/kernels/hamiltonian.hpp>
#include <predcg/posterior/chains.hpp>
#include <predcg/posterior/jumps.hpp>
#include <predcg/posterior/log_posterior.hpp>
#include <predcg/posterior/posterior.hpp>
#include <predcg/statistics/moment_accumulator.hpp>
#include <predcg/structure/affine_target.hpp>

#include <algorithm>
#include <cmath>
#include <type_traits>
#include <utility>

namespace predcg {

namespace detail {
/// A normal point, wider than the target, mirrored into the walls; nearer to the centre if there is no
/// density.
template <Target T, RandomBits R>
[[gnu::cold]] Vector dispersed_start(const T& target, double dispersion, R& rng) {
    for (int attempt = 0; attempt < 100; ++attempt, dispersion *= 0.9) {
        Vector u = target.space().mirrored(
            linalg::scaled(standard_normal_vector(rng, target.space().size()), dispersion));
        if (std::isfinite(target.log_density(u))) return u;
    }
    return Vector::Zero(target.space().size());
}

/// A move by a trajectory is followed by so many jumps.
inline constexpr Index jumps_a_move = 2;
/// Standard deviation of jumps about what a chain has seen, relative to that.
inline constexpr double jump_width = 1.25;

/// A target in coordinates of a chain's own, the densities that jumps are drawn from, and where it stands.
template <Target T>
struct ChainCoordinates {
    T target;
    NormalMixture jumps;
    Vector u;

    /// A trajectory, and Metropolis moves that draw from the jumps, whatever u.
    template <RandomBits R>
    [[gnu::cold]] void move(const Hamiltonian& kernel, bool tune, const ContinuousView<T>& view,
                            Hamiltonian::State& state, R& rng) {
        tune ? kernel.adapt_with(view, u, state, rng) : kernel.advance_with(view, u, state, rng);
        for (Index k = 0; k < jumps_a_move; ++k) {
            const Vector there = jumps.draw(rng);
            const double change = target.log_density(there) - view.current(u).log_density +
                                  jumps.log_density(u) - jumps.log_density(there);
            if (std::log(uniform(rng)) < change) u = there;
        }
    }

    /// Takes coordinates in which what was seen, `count` draws, has mean 0 and covariance 1. The covariance
    /// is drawn towards 1 as if five draws more had shown it.
    [[gnu::cold]] void learn_from(const statistics::MomentAccumulator& seen, Index count) {
        constexpr double trust = 5.0;
        if (count == 0) return;
        const double share = static_cast<double>(count) / (static_cast<double>(count) + trust);
        const Moments moments = seen.moments();
        Matrix covariance = linalg::scaled(moments.covariance, share);
        for (Index k = 0; k < u.size(); ++k) covariance(k, k) += 1.0 - share;
        linalg::SymmetricEigen eigen(std::move(covariance));
        for (double& value : eigen.values) value = std::sqrt(value);
        u = NormalMixture::along_axes(eigen.vectors, u, moments.mean, eigen.values);
        jumps = jumps.seen_from(moments.mean, eigen.vectors, eigen.values);
        for (Index l = 0; l < u.size(); ++l)
            for (Index k = 0; k < u.size(); ++k) eigen.vectors(k, l) *= eigen.values[l];
        target = target.seen_from(moments.mean, eigen.vectors);
    }
};
/// One chain of full_posterior: two phases of warm-up that learn coordinates, one that tunes, and the draws.
template <Target T>
struct FullChain {
    ChainCoordinates<T> at;
    Philox4x32 rng;
    Index phase = 0, moves = 0;  // of this phase
    Hamiltonian::State kernel_state{};
    statistics::MomentAccumulator seen{at.u.size()};
    Index seen_count = 0;

    /// The index of the phase of draws, the last.
    static constexpr Index drawing = 3;

    /// To be saved, all that changes.
    template <class Visit>
    void each_member(Visit&& visit) {
        Vector centre = at.target.centre();
        Matrix scale = at.target.scale();
        visit(centre, scale, at.jumps, at.u, rng, phase, moves, kernel_state, seen, seen_count);
        at.target = at.target.with(std::move(centre), std::move(scale));
    }

    /// Returns the mean acceptance of the moves between draws. draw(at) is called after every `thinning`
    /// moves of them.
    template <class Stops, class Draw>
    [[gnu::cold]] double run(const Hamiltonian& kernel, Index warm_up, Index thinning, ChainRecord& record,
                             Stops&& stops, Draw&& draw) {
        const Index learning[2] = {warm_up / 8, warm_up / 5};
        const Index phases[] = {learning[0], learning[1], warm_up - learning[0] - learning[1],
                                record.length() * thinning};
        each_member([&](auto&... values) { record.restore(values...); });
        bool stopped = false;
        const auto save = [&] { each_member([&](const auto&... values) { record.save(values...); }); };
        for (;;) {
            const auto view = kernel.setup(at.target);
            while (moves < phases[phase] &&
                   !(moves % (phase == drawing ? thinning : 1) == 0 && (stopped = stops()))) {
                if (record.is_due()) save();
                at.move(kernel, phase < drawing, view, kernel_state, rng);
                ++moves;
                if (phase < 2 && moves > phases[phase] / 3) {
                    seen.add(0.0, at.u);
                    ++seen_count;
                }
                if (phase == drawing && moves % thinning == 0) draw(at);
            }
            if (stopped || phase == drawing) break;
            if (phase < 2) at.learn_from(seen, seen_count);
            if (phase < 2) kernel_state = {};  // what the third phase tunes is for the draws
            seen = statistics::MomentAccumulator(at.u.size());
            seen_count = moves = 0;
            if (++phase == 2) add_round(at.jumps, at.u.size(), jump_width);
        }
        save();
        return kernel_state.accepted / static_cast<double>(std::max<Index>(record.count(), 1) * thinning);
    }
};
}  // namespace detail

/// Draws from the posterior of (theta_c, eta) by Hamiltonian Monte Carlo: several chains from over-dispersed
/// starts around the mode of `fit`, in coordinates scaled by the information there and then, twice in a
/// chain's warm-up, by the covariance of its draws; mirrored at the bounds of the prior. Needs exact engines
/// and proper priors.
///
/// Learner: an EMCoarseGrainer or RelativeEntropy. Data: any range of configurations, or what learner.prepare
/// made of them (with weights). The result is flagged (reliable, remarks) unless every parameter has
/// rank-normalised split R-hat and bulk and tail effective sample sizes within the settings (Vehtari et al.,
/// Bayesian Anal. 16 (2021) 667). Cost of a move: two to eight gradients of LogPosterior, the more the more
/// it bends, and two log densities. Throws ArgumentError for bad settings or improper priors. Schoeberl,
/// Zabaras, Koutsourelakis, J. Comput. Phys. 333 (2017) 49, sec. 2.4 (there by Laplace).
template <class Learner, class AnyData>
[[gnu::cold]] auto full_posterior(const Learner& learner, const AnyData& any_data, const Estimate& fit,
                                  const ChainSettings& settings = {},
                                  const Hamiltonian& kernel = {.path = 1.0, .target_accept = 0.8}) {
    constexpr const char* name = "full_posterior";
    detail::require_chains(settings, name);
    const Index warm_up = settings.warm_up.value_or(300), thinning = settings.thinning.value_or(1);
    detail::require_same_model(fit, learner.coarse(), learner.map(), name);
    const auto problem = detail::problem_of(learner, any_data, fit.beta);
    detail::require_proper(problem.prior_is_proper(), name);
    const LogPosterior posterior(problem);
    const Coordinates& c = problem.coordinates();
    const Vector mode = c.z(fit.parameters);
    const Matrix scale = detail::whitening(problem.point(mode).posterior_information);
    const AffineTarget at_mode(posterior, mode, scale);
    using T = std::remove_const_t<decltype(at_mode)>;
    detail::NormalMixture about_mode;
    detail::add_round(about_mode, mode.size(), 1.0);
    detail::add_prior(about_mode, problem, mode, scale);
    detail::add_maxima(about_mode, problem, fit, mode, scale);
    const auto stops = [&] { return detail::stops(problem.data(), settings.stop); };
    const auto run = [&](detail::ChainRecord& record) {
        Philox4x32 rng =
            make_stream(settings.seed, Purpose::posterior, static_cast<std::uint64_t>(record.chain()));
        Vector start = detail::dispersed_start(at_mode, settings.dispersion.value_or(2.0), rng);
        detail::FullChain<T> chain{{at_mode, about_mode, std::move(start)}, rng};
        return chain.run(kernel, warm_up, thinning, record, stops, [&](const auto& at) {
            record.keep(with_label_of(fit.parameters.eta, learner.coarse(), learner.map(),
                                      c.parameters(at.target.original(at.u))));
        });
    };
    return Posterior(detail::run_chains(PosteriorMethod::full, fit, problem.data(), settings, name, run),
                     learner.coarse(), learner.map(), learner.engine());
}

}  // namespace predcg
