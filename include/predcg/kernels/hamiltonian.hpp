#pragma once
#include <predcg/kernels/continuous_view.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <utility>

namespace predcg {

namespace detail {

/// X += time velocity, mirrored at walls: the momentum p = velocity / variance is reflected in the metric
/// (Afshar, Domke, NeurIPS 2015; volume-preserving and reversible). False after too many reflections.
inline bool drift(Vector& X, Vector& p, const Vector& variance, double time, std::span<const Wall> walls) {
    if (walls.empty()) {
        for (Index k = 0; k < X.size(); ++k) X[k] += time * variance[k] * p[k];
        return true;
    }
    for (int reflections = 0; reflections < 64; ++reflections) {
        double first = time;
        const Wall* hit = nullptr;
        for (const Wall& wall : walls) {
            double speed = 0.0;
            for (Index k = 0; k < X.size(); ++k) speed += wall.normal[k] * variance[k] * p[k];
            if (!(speed < 0.0)) continue;
            const double when = std::max(0.0, wall.distance(X)) / -speed;
            if (when < first) {
                first = when;
                hit = &wall;
            }
        }
        for (Index k = 0; k < X.size(); ++k) X[k] += first * variance[k] * p[k];
        if (!hit) return true;
        time -= first;
        double towards = 0.0, size = 0.0;
        for (Index k = 0; k < X.size(); ++k) {
            towards += hit->normal[k] * variance[k] * p[k];
            size += hit->normal[k] * variance[k] * hit->normal[k];
        }
        for (Index k = 0; k < X.size(); ++k) p[k] -= 2.0 * towards / size * hit->normal[k];
    }
    return false;
}

}  // namespace detail

/// Hamiltonian Monte Carlo on R^n, with leapfrog steps, a diagonal metric and a path of random length. The
/// warm-up tunes the step to target_accept by dual averaging (Hoffman, Gelman, JMLR 15 (2014) 1593, sec.
/// 3.2) and the metric, at first the squares of the space's scales() or ones, from the chain's variances in
/// windows that double. Neal, "MCMC using Hamiltonian
/// dynamics" (2011). Trajectories are mirrored at the walls of the space, where it has some. Needs
/// log_density_gradient(X) or a Gaussian target. Cost: path / step gradients.
struct Hamiltonian {
    double path = 2.0;  ///< mean length of a trajectory, in standard deviations
    double target_accept = 0.8;
    Index max_steps = 256;  ///< Limit on the gradients of one trajectory.

    /// What is tuned, and where the tuning stands.
    struct State {
        double log_step = std::numeric_limits<double>::quiet_NaN();
        double log_step_mean = 0.0, shortfall = 0.0, anchor = 0.0;  ///< Where dual averaging stands.
        // Windows end after 30, 70, 150, 310, ... moves: no usual warm-up stops right after one.
        /// Moves, and the windows in which variances are taken.
        Index moves = 0, window = 20, window_end = 30;
        Index tuned = 0;  ///< Moves of warm-up in all.
        Vector variance;  ///< Of each coordinate: the metric.
        statistics::RunningMoments<Vector> spread{};
        double accepted = 0.0;  ///< Sum of the probabilities of acceptance after warm-up

        /// To be saved (core/bytes.hpp).
        template <class Self, class Visit>
        static void members(Self& self, Visit&& visit) {
            visit(self.log_step, self.log_step_mean, self.shortfall, self.anchor, self.moves, self.window,
                  self.window_end, self.tuned, self.variance, self.spread, self.accepted);
        }
    };

    template <detail::ContinuousTarget T>
    detail::ContinuousView<T> setup(const T& target) const {
        static_assert(GaussianTarget<T> || DifferentiableTarget<T>,
                      "predcg: Hamiltonian needs the gradient of the target in X: energy_gradient in the "
                      "potential and log_density_gradient in the map's likelihood, or quadratic forms");
        return detail::ContinuousView<T>(target);
    }

    template <detail::ContinuousTarget T, RandomBits R>
    void advance(const T& target, configuration_t<space_t<T>>& X, State& state, R& rng) const {
        advance_with(setup(target), X, state, rng);
    }

    template <class Setup, class X, RandomBits R>
    void advance_with(const Setup& target, X& at, State& state, R& rng) const {
        if (std::isnan(state.log_step)) begin(target, at, state, rng);
        const double step = std::exp(state.tuned > 0 ? state.log_step_mean : state.log_step);
        state.accepted += move(target, at, state, step, rng);
    }

    template <class Setup, class X, RandomBits R>
    void adapt_with(const Setup& target, X& at, State& state, R& rng) const {
        if (std::isnan(state.log_step)) begin(target, at, state, rng);
        const double accept = move(target, at, state, std::exp(state.log_step), rng);
        ++state.tuned;
        dual_average(state, accept);
        state.spread.add(target.current(at).X);
        if (state.tuned == state.window_end) {
            state.variance = detail::metric_variance(state.spread, target.scales(state.variance.size()));
            state.spread = {};
            state.window *= 2;
            state.window_end += state.window;
            state.log_step = std::nan("");  // the scale of a step has changed
            begin(target, at, state, rng);
        }
    }

private:
    /// A first step: doubled or halved until the acceptance of one leapfrog step crosses one half.
    template <class Setup, class X, RandomBits R>
    void begin(const Setup& target, const X& at, State& state, R& rng) const {
        if (state.variance.size() == 0) {
            state.variance = target.scales(target.current(at).X.size());
            for (double& v : state.variance) v *= v;
        }
        double step = 1.0;
        int direction = 0;
        for (int tries = 0; tries < 50; ++tries) {
            const bool high = trajectory(target, at, state, step, 1, rng) > std::log(0.5);
            if (direction == 0) direction = high ? 1 : -1;
            if (high != (direction > 0)) break;
            step *= direction > 0 ? 2.0 : 0.5;
        }
        state.log_step = state.log_step_mean = std::log(step);
        state.anchor = std::log(10.0 * step);
        state.shortfall = 0.0;
        state.moves = 0;
    }

    void dual_average(State& state, double accept) const {
        constexpr double gamma = 0.05, t0 = 10.0, kappa = 0.75;
        state.moves = std::min<Index>(state.moves + 1, 100);  // goes on learning: targets change in EM
        const double m = static_cast<double>(state.moves);
        state.shortfall += (target_accept - accept - state.shortfall) / (m + t0);
        state.log_step = state.anchor - std::sqrt(m) / gamma * state.shortfall;
        const double weight = std::pow(m, -kappa);
        state.log_step_mean = weight * state.log_step + (1.0 - weight) * state.log_step_mean;
    }

    /// Moves X by a trajectory, or not; returns the probability of acceptance.
    template <class Setup, class X, RandomBits R>
    double move(const Setup& target, X& at, const State& state, double step, R& rng) const {
        const double length = path * (0.5 + uniform(rng));
        const auto steps =
            static_cast<Index>(std::clamp(std::ceil(length / step), 1.0, static_cast<double>(max_steps)));
        const double accept = std::exp(std::min(0.0, trajectory(target, at, state, step, steps, rng)));
        if (uniform(rng) < accept) target.accept(at);
        return accept;
    }

    /// Leapfrog with fresh momenta p ~ N(0, 1 / variance), to target.trial(); returns minus the energy error.
    template <class Setup, class X, RandomBits R>
    static double trajectory(const Setup& target, const X& from, const State& state, double step, Index steps,
                             R& rng) {
        constexpr double outside = -std::numeric_limits<double>::infinity();
        detail::DensityPoint& at = target.trial();
        at = target.current(from);
        Vector& p = target.momentum();
        p.resize(at.X.size());
        fill_standard_normal(rng, p);
        double before = at.log_density;
        for (Index k = 0; k < p.size(); ++k) {
            before -= 0.5 * p[k] * p[k];
            p[k] /= std::sqrt(state.variance[k]);
        }
        for (Index s = 0; s < steps; ++s) {
            for (Index k = 0; k < p.size(); ++k) p[k] += 0.5 * step * at.gradient[k];
            if (!detail::drift(at.X, p, state.variance, step, target.walls())) return outside;
            target.evaluate(at);
            if (!std::isfinite(at.log_density)) return outside;
            for (Index k = 0; k < p.size(); ++k) p[k] += 0.5 * step * at.gradient[k];
        }
        double after = at.log_density;
        for (Index k = 0; k < p.size(); ++k) after -= 0.5 * state.variance[k] * p[k] * p[k];
        const double change = after - before;
        return std::isnan(change) ? outside : change;
    }
};

}  // namespace predcg
