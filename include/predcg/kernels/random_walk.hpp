#pragma once
#include <predcg/core/linalg.hpp>
#include <predcg/kernels/continuous_view.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace predcg {

/// Random-walk Metropolis on R^n: X + step sd z, z ~ N(0, 1). During warm-up the step is tuned to
/// target_accept by Robbins-Monro on its logarithm, and sd, at first the scales() of the space or ones,
/// follows the chain's own spread. Roberts, Gelman, Gilks, Ann. Appl. Probab. 7 (1997) 110; Andrieu, Thoms,
/// Stat. Comput. 18 (2008) 343.
struct RandomWalk {
    double step = 0.0;  ///< initial; 0: 2.4 / sqrt(n)
    double target_accept = 0.3;

    /// What is tuned, and where the tuning stands.
    struct State {
        double log_step = std::numeric_limits<double>::quiet_NaN();
        Vector sd;
        statistics::RunningMoments<Vector> spread{};
        Index moves = 0;

        /// To be saved (core/bytes.hpp).
        template <class Self, class Visit>
        static void members(Self& self, Visit&& visit) {
            visit(self.log_step, self.sd, self.spread, self.moves);
        }
    };

    template <detail::ContinuousTarget T>
    detail::ContinuousView<T> setup(const T& target) const {
        return detail::ContinuousView<T>(target);
    }

    template <detail::ContinuousTarget T, RandomBits R>
    void advance(const T& target, configuration_t<space_t<T>>& X, State& state, R& rng) const {
        advance_with(setup(target), X, state, rng);
    }

    template <class Setup, class X, RandomBits R>
    void advance_with(const Setup& target, X& at, State& state, R& rng) const {
        move(target, at, state, rng);
    }

    template <class Setup, class X, RandomBits R>
    void adapt_with(const Setup& target, X& at, State& state, R& rng) const {
        const double accept = move(target, at, state, rng);
        ++state.moves;
        // The gain stops falling: a target that changes, as in EM, is followed.
        const double gain = std::pow(static_cast<double>(std::min<Index>(state.moves, 200)), -0.6);
        state.log_step += gain * (accept - target_accept);
        state.spread.add(target.current(at).X);
        if (state.moves >= 50 && state.moves % 25 == 0) {
            Vector sd = detail::metric_variance(state.spread, target.scales(state.sd.size()));
            for (double& x : sd) x = std::sqrt(x);
            const double before = linalg::sum(state.sd);
            if (before > 0.0) state.log_step += std::log(before / linalg::sum(sd));
            state.sd = std::move(sd);
        }
    }

private:
    /// Probability of acceptance.
    template <class Setup, class X, RandomBits R>
    double move(const Setup& target, X& at, State& state, R& rng) const {
        const auto& here = target.current(at);
        const Index n = here.X.size();
        if (std::isnan(state.log_step)) {
            state.log_step = std::log(step > 0.0 ? step : 2.4 / std::sqrt(static_cast<double>(n)));
            state.sd = target.scales(n);
        }
        Vector& proposal = target.trial().X;
        proposal.resize(n);
        fill_standard_normal(rng, proposal);
        for (Index k = 0; k < n; ++k)
            proposal[k] = here.X[k] + std::exp(state.log_step) * state.sd[k] * proposal[k];
        target.trial().log_density = target.log_density(proposal);
        const double accept = std::exp(std::min(0.0, target.trial().log_density - here.log_density));
        if (uniform(rng) < accept) target.accept(at);
        return accept;
    }
};

}  // namespace predcg
