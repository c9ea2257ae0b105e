#pragma once
#include <predcg/core/linalg.hpp>
#include <predcg/kernels/continuous_view.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace predcg {

/// Random-walk Metropolis on R^n: X + step sd z, z ~ N(0, 1). During warm-up the step is tuned to
/// target_accept by Robbins-Monro on its logarithm, and sd follows the chain's own spread.
/// Roberts, Gelman, Gilks, Ann. Appl. Probab. 7 (1997) 110; Andrieu, Thoms, Stat. Comput. 18 (2008) 343.
struct RandomWalk {
    double step = 0.0;  ///< initial; 0: 2.4 / sqrt(n)
    double target_accept = 0.3;

    struct State {
        double log_step = std::numeric_limits<double>::quiet_NaN();
        Vector sd;
        RunningMoments<Vector> spread{};
        Index moves = 0;
    };

    template <Target T>
    detail::ContinuousView<T> setup(const T& target) const {
        return detail::ContinuousView<T>(target);
    }

    template <Target T, RandomBits R>
    void advance(const T& target, Vector& X, State& state, R& rng) const {
        advance_with(setup(target), X, state, rng);
    }

    template <class Setup, RandomBits R>
    void advance_with(const Setup& target, Vector& X, State& state, R& rng) const {
        move(target, X, state, rng);
    }

    template <class Setup, RandomBits R>
    void adapt_with(const Setup& target, Vector& X, State& state, R& rng) const {
        const double accept = move(target, X, state, rng);
        ++state.moves;
        // The gain stops falling: a target that changes, as in EM, is followed.
        const double gain = std::pow(static_cast<double>(std::min<Index>(state.moves, 200)), -0.6);
        state.log_step += gain * (accept - target_accept);
        state.spread.add(X);
        if (state.moves >= 50 && state.moves % 25 == 0) {
            Vector sd = detail::metric_variance(state.spread);
            for (double& x : sd) x = std::sqrt(x);
            const double before = linalg::sum(state.sd);
            if (before > 0.0) state.log_step += std::log(before / linalg::sum(sd));
            state.sd = std::move(sd);
        }
    }

private:
    /// Probability of acceptance.
    template <class Setup, RandomBits R>
    double move(const Setup& target, Vector& X, State& state, R& rng) const {
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

}  // namespace predcg
