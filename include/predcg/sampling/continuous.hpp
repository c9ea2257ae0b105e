#pragma once
// Kernels on R^n.
#include <predcg/concepts/sampler.hpp>
#include <predcg/core/error.hpp>
#include <predcg/core/random.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

namespace predcg {

namespace detail {

/// Log density and gradient of a target on R^n. A Gaussian's quadratic form is made once.
template <Target T>
class ContinuousView {
public:
    explicit ContinuousView(const T& target) : target_(&target) {
        if constexpr (GaussianTarget<T>) form_ = QuadraticForm(target.quadratic());
    }

    double log_density(const Vector& X) const {
        double value = 0.0;
        if constexpr (GaussianTarget<T>)
            value = form_(X);
        else
            value = target_->log_density(X);
        return std::isnan(value) ? -std::numeric_limits<double>::infinity() : value;
    }

    Vector gradient(const Vector& X) const requires GaussianTarget<T> || DifferentiableTarget<T> {
        if constexpr (GaussianTarget<T>)
            return form_.gradient(X);
        else
            return target_->log_density_gradient(X);
    }

private:
    const T* target_;
    QuadraticForm form_;
};

/// Running variances of every coordinate (Welford), for a diagonal metric.
class RunningVariance {
public:
    void add(const Vector& X) {
        if (count_ == 0) mean_ = scatter_ = Vector::Zero(X.size());
        ++count_;
        for (Index k = 0; k < X.size(); ++k) {
            const double difference = X[k] - mean_[k];
            mean_[k] += difference / static_cast<double>(count_);
            scatter_[k] += difference * (X[k] - mean_[k]);
        }
    }

    Index count() const { return count_; }

    /// Drawn a little towards 1e-3, as in Stan: a window may be short.
    Vector variance() const {
        Vector v = scatter_;
        const double n = static_cast<double>(count_);
        for (double& x : v) x = (n / (n + 5.0)) * x / std::max(n - 1.0, 1.0) + 1e-3 * 5.0 / (n + 5.0);
        return v;
    }

private:
    Index count_ = 0;
    Vector mean_, scatter_;
};

}  // namespace detail

/// Random-walk Metropolis on R^n: X + step sd z, z ~ N(0, 1). During warm-up the step is tuned to
/// target_accept by Robbins-Monro on its logarithm, and sd follows the chain's own spread.
/// Roberts, Gelman, Gilks, Ann. Appl. Probab. 7 (1997) 110; Andrieu, Thoms, Stat. Comput. 18 (2008) 343.
struct RandomWalk {
    double step = 0.0;  ///< initial; 0: 2.4 / sqrt(n)
    double target_accept = 0.3;

    struct State {
        double log_step = std::numeric_limits<double>::quiet_NaN();
        Vector sd;
        detail::RunningVariance spread{};
        Index moves = 0;
    };

    template <Target T>
    detail::ContinuousView<T> prepare(const T& target) const {
        return detail::ContinuousView<T>(target);
    }

    template <Target T, RandomBits R>
    void advance(const T& target, Vector& X, State& state, R& rng) const {
        advance_prepared(prepare(target), X, state, rng);
    }

    template <class Prepared, RandomBits R>
    void advance_prepared(const Prepared& target, Vector& X, State& state, R& rng) const {
        move(target, X, state, rng);
    }

    template <class Prepared, RandomBits R>
    void adapt_prepared(const Prepared& target, Vector& X, State& state, R& rng) const {
        const double accept = move(target, X, state, rng);
        ++state.moves;
        // The gain stops falling: a target that changes, as in EM, is followed.
        const double gain = std::pow(static_cast<double>(std::min<Index>(state.moves, 200)), -0.6);
        state.log_step += gain * (accept - target_accept);
        state.spread.add(X);
        if (state.moves >= 50 && state.moves % 25 == 0) {
            Vector sd = state.spread.variance();
            for (double& x : sd) x = std::sqrt(x);
            if (state.sd.sum() > 0.0) state.log_step += std::log(state.sd.sum() / sd.sum());
            state.sd = std::move(sd);
        }
    }

private:
    /// Probability of acceptance.
    template <class Prepared, RandomBits R>
    double move(const Prepared& target, Vector& X, State& state, R& rng) const {
        if (std::isnan(state.log_step)) {
            state.log_step = std::log(step > 0.0 ? step : 2.4 / std::sqrt(static_cast<double>(X.size())));
            state.sd = Vector::Ones(X.size());
        }
        const Vector z = standard_normal_vector(rng, X.size());
        Vector proposal = X;
        for (Index k = 0; k < X.size(); ++k) proposal[k] += std::exp(state.log_step) * state.sd[k] * z[k];
        const double accept = std::exp(std::min(0.0, target.log_density(proposal) - target.log_density(X)));
        if (uniform(rng) < accept) X = std::move(proposal);
        return accept;
    }
};

/// Hamiltonian Monte Carlo on R^n, with leapfrog steps, a diagonal metric and a path of random length. The
/// warm-up tunes the step to target_accept by dual averaging (Hoffman, Gelman, JMLR 15 (2014) 1593, sec.
/// 3.2) and the metric from the chain's variances in windows that double. Neal, "MCMC using Hamiltonian
/// dynamics" (2011). Needs log_density_gradient(X) or a Gaussian target. Cost: path / step gradients.
struct Hamiltonian {
    double path = 2.0;  ///< mean length of a trajectory, in standard deviations
    double target_accept = 0.8;
    Index max_steps = 256;

    struct State {
        double log_step = std::numeric_limits<double>::quiet_NaN();
        double log_step_mean = 0.0, shortfall = 0.0, anchor = 0.0;  // dual averaging
        // Windows end after 30, 70, 150, 310, ... moves: no usual warm-up stops right after one.
        Index moves = 0, window = 20, window_end = 30;
        Index tuned = 0;  // moves of warm-up in all
        Vector variance;
        detail::RunningVariance spread{};
    };

    template <Target T>
    detail::ContinuousView<T> prepare(const T& target) const {
        static_assert(GaussianTarget<T> || DifferentiableTarget<T>,
                      "predcg: Hamiltonian needs the gradient of the target in X: energy_gradient in the "
                      "potential and log_density_gradient in the map's likelihood, or quadratic forms");
        return detail::ContinuousView<T>(target);
    }

    template <Target T, RandomBits R>
    void advance(const T& target, Vector& X, State& state, R& rng) const {
        advance_prepared(prepare(target), X, state, rng);
    }

    template <class Prepared, RandomBits R>
    void advance_prepared(const Prepared& target, Vector& X, State& state, R& rng) const {
        if (std::isnan(state.log_step)) begin(target, X, state, rng);
        const double step = std::exp(state.tuned > 0 ? state.log_step_mean : state.log_step);
        move(target, X, state, step, rng);
    }

    template <class Prepared, RandomBits R>
    void adapt_prepared(const Prepared& target, Vector& X, State& state, R& rng) const {
        if (std::isnan(state.log_step)) begin(target, X, state, rng);
        const double accept = move(target, X, state, std::exp(state.log_step), rng);
        ++state.tuned;
        dual_average(state, accept);
        state.spread.add(X);
        if (state.tuned == state.window_end) {
            state.variance = state.spread.variance();
            state.spread = {};
            state.window *= 2;
            state.window_end += state.window;
            state.log_step = std::nan("");  // the scale of a step has changed
            begin(target, X, state, rng);
        }
    }

private:
    /// A first step: doubled or halved until the acceptance of one leapfrog step crosses one half.
    template <class Prepared, RandomBits R>
    void begin(const Prepared& target, const Vector& X, State& state, R& rng) const {
        if (state.variance.size() == 0) state.variance = Vector::Ones(X.size());
        double step = 1.0;
        int direction = 0;
        for (int tries = 0; tries < 50; ++tries) {
            Vector there = X;
            const bool high = trajectory(target, there, state, step, 1, rng) > std::log(0.5);
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
    template <class Prepared, RandomBits R>
    double move(const Prepared& target, Vector& X, const State& state, double step, R& rng) const {
        const double length = path * (0.5 + uniform(rng));
        const auto steps =
            static_cast<Index>(std::clamp(std::ceil(length / step), 1.0, static_cast<double>(max_steps)));
        Vector there = X;
        const double accept = std::exp(std::min(0.0, trajectory(target, there, state, step, steps, rng)));
        if (uniform(rng) < accept) X = std::move(there);
        return accept;
    }

    /// Leapfrog with fresh momenta p ~ N(0, 1 / variance); returns minus the energy error.
    template <class Prepared, RandomBits R>
    static double trajectory(const Prepared& target, Vector& X, const State& state, double step, Index steps,
                             R& rng) {
        Vector p = standard_normal_vector(rng, X.size());
        double before = target.log_density(X);
        for (Index k = 0; k < p.size(); ++k) {
            before -= 0.5 * p[k] * p[k];
            p[k] /= std::sqrt(state.variance[k]);
        }
        Vector gradient = target.gradient(X);
        for (Index s = 0; s < steps; ++s) {
            for (Index k = 0; k < p.size(); ++k) {
                p[k] += 0.5 * step * gradient[k];
                X[k] += step * state.variance[k] * p[k];
            }
            gradient = target.gradient(X);
            for (Index k = 0; k < p.size(); ++k) p[k] += 0.5 * step * gradient[k];
        }
        double after = target.log_density(X);
        for (Index k = 0; k < p.size(); ++k) after -= 0.5 * state.variance[k] * p[k] * p[k];
        const double change = after - before;
        return std::isnan(change) ? -std::numeric_limits<double>::infinity() : change;
    }
};

}  // namespace predcg
