#pragma once
#include <predcg/concepts/optimizer.hpp>
#include <predcg/core/linalg.hpp>
#include <predcg/optimize/gains.hpp>
#include <predcg/optimize/step.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace predcg {

/// Newton with noise: theta^{t+1} = theta^t + gain_t I^-1 gradient, with the information averaged over the
/// last 1 / forgetting iterations or so and steps no longer than max_step. None where the
/// average is not positive definite: the fit then makes an EM step.
struct StochasticNewton {
    Gains gains{.alpha = 3.0, .A = 3.0, .rho = 0.75};  ///< capped at 1
    double max_step = 0.5;
    double ridge = 0.5;        ///< relative to the mean information, divided by sqrt(t + 1)
    double forgetting = 0.05;  ///< Weight of the newest information in the average.
    double step_tolerance = 1e-9;

    /// Where the gains stand, and the averaged information.
    struct State {
        Index t = 0;
        Matrix information;  ///< The average.
    };

    double tolerance() const { return step_tolerance; }

    std::optional<Vector> step(State& state, const Vector&, const Vector& gradient,
                               const Matrix& information) const {
        const double weight = std::max(1.0 / (static_cast<double>(state.t) + 1.0), forgetting);
        if (state.information.size() != information.size())
            state.information = information;
        else
            state.information += weight * (information - state.information);
        const double gain = std::min(1.0, gains(state.t++));
        // Early averages are noisy: a ridge that fades keeps them from looking flat.
        Matrix shifted = state.information;
        double trace = 0.0;
        for (Index k = 0; k < shifted.rows(); ++k) trace += std::abs(shifted(k, k));
        const double n = static_cast<double>(std::max<Index>(shifted.rows(), 1));
        for (Index k = 0; k < shifted.rows(); ++k)
            shifted(k, k) += ridge * trace / (n * std::sqrt(static_cast<double>(state.t)));
        const linalg::Cholesky factor(std::move(shifted));
        if (!factor.ok()) return std::nullopt;
        Vector step = factor.solve(gradient);
        step *= gain * step_fraction(step, max_step);
        return step;
    }
};

}  // namespace predcg
