#pragma once
#include <predcg/core/parallel.hpp>
#include <predcg/kernels/hamiltonian.hpp>
#include <predcg/posterior/chains.hpp>
#include <predcg/posterior/jumps.hpp>
#include <predcg/posterior/log_posterior.hpp>
#include <predcg/posterior/posterior.hpp>
#include <predcg/statistics/moment_accumulator.hpp>
#include <predcg/structure/affine_target.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

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

/// What moves of a chain are: so many jumps each, and each `period` moves a trajectory before them.
struct MoveCycle {
    Index jumps = 2, period = 1;

    /// Before a chain has moved: the fewer trajectories, where the densities of the jumps were fitted.
    static MoveCycle first(const JumpDensities& to) { return to.is_fitted() ? MoveCycle{2, 8} : MoveCycle{}; }
    /// For jumps of which a part `taken` is taken. A trajectory in each move where it is less than 0.4, or
    /// 0.1 of densities that were fitted; else in one of 16, and as many jumps, at most four, as leave a
    /// chain where it is in at most 0.15 of the moves. Of densities that fit roughly, which rarely lead out
    /// of what they leave out, 32 in moves that are drawn: each costs little beside a trajectory.
    [[gnu::cold]] static MoveCycle of(double taken, const JumpDensities& to, bool is_drawing) {
        if (taken < (to.is_fitted() ? 0.1 : 0.4)) return {};
        if (to.is_rough() && is_drawing) return {32, 16};
        const double all_refused = 1.0 - taken;
        Index jumps = 2;
        for (double stays = all_refused * all_refused; jumps < 4 && stays > 0.15; ++jumps)
            stays *= all_refused;
        return {jumps, 16};
    }

    /// To be saved (core/bytes.hpp).
    template <class Self, class Visit>
    static void members(Self& self, Visit&& visit) {
        visit(self.jumps, self.period);
    }
};
/// Standard deviation of jumps about what a chain has seen, relative to that.
inline constexpr double jump_width = 1.25;

/// A target in coordinates of a chain's own, the densities that jumps are drawn from, and where it stands.
template <Target T>
struct ChainCoordinates {
    T target;
    JumpDensities to;  ///< where jumps lead
    Vector u;
    double log_density = 0.0, log_jump = 0.0;  ///< of target and jumps at u, after the first trajectory
    std::vector<Vector> places{};              ///< that were proposed
    Vector densities{}, log_jumps{};           ///< of the target and of jumps there
    Vector log_uniforms{};                     ///< what is to be less for a jump
    Index next = 0;                            ///< among the places

    template <RandomBits R>
    [[gnu::cold]] void trajectory(const Hamiltonian& kernel, bool tune, const ContinuousView<T>& view,
                                  Hamiltonian::State& state, R& rng) {
        tune ? kernel.adapt_with(view, u, state, rng) : kernel.advance_with(view, u, state, rng);
        log_density = view.current(u).log_density;
        log_jump = to.mixture.log_density(u);
    }

    /// Places to jump to, so many, and what decides: they do not depend on where a chain stands.
    template <RandomBits R>
    [[gnu::cold]] void propose(Index count, R& rng) {
        places.clear();
        log_uniforms.resize(count);
        for (double& log_uniform : log_uniforms) {
            places.push_back(to.mixture.draw(rng));
            log_uniform = std::log(uniform(rng));
        }
        densities = target.log_densities(places);
        log_jumps = to.mixture.log_densities(places);
        next = 0;
    }

    bool has_no_place() const { return next == std::ssize(places); }

    /// A Metropolis move to the next of these places, whatever u. Returns whether it was taken.
    [[gnu::cold]] bool jump() {
        const Index there = next++;
        if (!(log_uniforms[there] < densities[there] - log_density + log_jump - log_jumps[there]))
            return false;
        u = places[static_cast<std::size_t>(there)];
        log_density = densities[there];
        log_jump = log_jumps[there];
        return true;
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
        to.mixture = to.mixture.seen_from(moments.mean, eigen.vectors, eigen.values);
        for (Index l = 0; l < u.size(); ++l)
            for (Index k = 0; k < u.size(); ++k) eigen.vectors(k, l) *= eigen.values[l];
        target = target.seen_from(moments.mean, eigen.vectors);
    }
};
/// One chain of full_posterior: two phases of warm-up that learn coordinates, one that tunes, and the draws.
/// What moves are in a phase follows from the jumps of the one before.
template <Target T>
struct FullChain {
    ChainCoordinates<T> at;
    Philox4x32 rng;
    bool may_begin = true;  // else it goes on from where it was saved, or not at all
    Index phase = 0, moves = 0, trajectories = 0, taken = 0;  // of this phase
    MoveCycle cycle = MoveCycle::first(at.to);
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
        visit(centre, scale, at.to, at.u, at.log_density, at.log_jump, rng, phase, moves, trajectories, taken,
              cycle, kernel_state, seen, seen_count);
        at.target = at.target.with(std::move(centre), std::move(scale));
    }

    /// Returns the mean acceptance of the trajectories between draws. draw(at) is called after every
    /// `thinning` moves of them.
    template <class Stops, class Draw>
    [[gnu::cold]] double run(const Hamiltonian& kernel, Index warm_up, Index thinning, ChainRecord& record,
                             Stops&& stops, Draw&& draw) {
        const Index learning[2] = {warm_up / 8, warm_up / 5};
        const Index phases[] = {learning[0], learning[1], warm_up - learning[0] - learning[1],
                                record.length() * thinning};
        bool stopped = false, is_there = false;
        each_member([&](auto&... values) { is_there = record.restore(values...); });
        if (!is_there && !may_begin) return 0.0;
        const auto save = [&] { each_member([&](const auto&... values) { record.save(values...); }); };
        for (;;) {
            const auto view = kernel.setup(at.target);
            while (moves < phases[phase] && !(at.has_no_place() && (stopped = stops()))) {
                if (at.has_no_place()) {  // places are not saved
                    if (record.is_due()) save();
                    const Index of_cycle = moves % cycle.period;
                    if (of_cycle == 0) {
                        at.trajectory(kernel, phase < drawing, view, kernel_state, rng);
                        ++trajectories;
                    }
                    at.propose(cycle.jumps * std::min(cycle.period - of_cycle, phases[phase] - moves), rng);
                }
                for (Index k = 0; k < cycle.jumps; ++k) taken += at.jump() ? 1 : 0;
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
            ++phase;
            if (moves > 0)
                cycle = MoveCycle::of(static_cast<double>(taken) / static_cast<double>(moves * cycle.jumps),
                                      at.to, phase == drawing);
            seen_count = moves = trajectories = taken = 0;
            if (phase == 2 && !at.to.is_fitted()) add_round(at.to.mixture, at.u.size(), jump_width);
        }
        save();
        return kernel_state.accepted / static_cast<double>(std::max<Index>(trajectories, 1));
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
/// Bayesian Anal. 16 (2021) 667). Cost of a move: two to four log densities of LogPosterior, 32 where it is
/// hard to fit, side by side where the engine can, and, where jumps are seldom taken, two to eight gradients,
/// the more the more it bends; else of every sixteenth move; and up to 16 000 log densities for the densities
/// that jumps are drawn from. Throws ArgumentError for bad settings or improper priors. Schoeberl, Zabaras,
/// Koutsourelakis, J. Comput. Phys. 333 (2017) 49, sec. 2.4 (there by Laplace).
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
    detail::add_maxima(about_mode, problem, fit, at_mode);
    const std::size_t maxima = about_mode.size();
    detail::add_prior(about_mode, problem, mode, scale);
    Philox4x32 fitting = make_stream(StreamKey{settings.seed, Purpose::posterior, 0, 1});
    const auto stops = [&] { return detail::stops(problem.data(), settings.stop); };
    const auto nowhere = -std::numeric_limits<double>::infinity();
    bool was_stopped = false;  // and what was fitted is not what it would be
    const auto values_of = [&](const std::vector<Vector>& points) {
        Vector values = Vector::Constant(std::ssize(points), nowhere);
        const bool is_spread = bool(problem.data().spread);
        constexpr Index together = 32;  // on one thread
        const auto take = [&](Index part) {
            const Index first = part * together, count = std::min(together, values.size() - first);
            const auto begin = points.begin() + static_cast<std::ptrdiff_t>(first);
            if (!is_spread && settings.stop.stop_requested()) return;
            const Vector some = at_mode.log_densities({begin, begin + static_cast<std::ptrdiff_t>(count)});
            std::copy(some.begin(), some.end(), values.data() + first);
        };
        const Index parts = (values.size() + together - 1) / together;
        if (is_spread)  // all processes evaluate the same points at a time
            for (Index k = 0; k < parts; ++k) take(k);
        else
            parallel_for(parts, take);
        was_stopped = stops();
        if (was_stopped) values.setConstant(nowhere);
        return values;
    };
    const detail::JumpDensities jumps =
        detail::fitted_jumps(about_mode, maxima, mode.size(), fitting, values_of);
    const auto run = [&](detail::ChainRecord& record) {
        Philox4x32 rng =
            make_stream(settings.seed, Purpose::posterior, static_cast<std::uint64_t>(record.chain()));
        Vector start = detail::dispersed_start(at_mode, settings.dispersion.value_or(2.0), rng);
        detail::FullChain<T> chain{{at_mode, jumps, std::move(start)}, rng, !was_stopped};
        return chain.run(kernel, warm_up, thinning, record, stops, [&](const auto& at) {
            record.keep(with_label_of(fit.parameters.eta, learner.coarse(), learner.map(),
                                      c.parameters(at.target.original(at.u))));
        });
    };
    return Posterior(detail::run_chains(PosteriorMethod::full, fit, problem.data(), settings, name, run),
                     learner.coarse(), learner.map(), learner.engine());
}

}  // namespace predcg
