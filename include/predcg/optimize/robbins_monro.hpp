#pragma once
#include <predcg/concepts/optimizer.hpp>
#include <predcg/core/error.hpp>
#include <predcg/core/linalg.hpp>

#include <cmath>

namespace predcg {

/// Gains alpha_t = alpha / (t + A)^rho, 1/2 < rho <= 1, t = 0, 1, ...
struct Gains {
    double alpha = 2.0;
    double A = 10.0;
    double rho = 0.75;

    /// Throws ArgumentError for alpha <= 0, A <= 0 or rho outside (1/2, 1].
    double operator()(Index t) const {
        require_positive(alpha, "Gains", "alpha");
        require_positive(A, "Gains", "A");
        require(rho > 0.5 && rho <= 1.0, "Gains", "rho", rho, "1/2 < rho <= 1");
        return alpha / std::pow(static_cast<double>(t) + A, rho);
    }
};

/// theta^{t+1} = theta^t + alpha_t gradient, the gradient being that of one datum on average and theta in
/// units of 1 / beta; the map's parameters take their M-step. Robbins, Monro, Ann. Math. Stat. 22 (1951)
/// 400. Iterates are averaged afterwards: Polyak, Juditsky, SIAM J. Control Optim. 30 (1992) 838.
struct RobbinsMonro {
    Gains gains{};
    double step_tolerance = 1e-9;  ///< with exact engines

    struct State {
        Index t = 0;
    };
    /// The fit gives the optimizer the coarse parameters alone.
    static constexpr bool closed_form_map = true;

    double tolerance() const { return step_tolerance; }

    std::optional<Vector> step(State& state, const Vector&, const Vector& gradient, const Matrix&) const {
        return Vector(gains(state.t++) * gradient);
    }
};

/// Newton with noise: theta^{t+1} = theta^t + gain_t I^-1 gradient, with the information averaged over the
/// last 1 / forgetting iterations or so and steps no longer than max_step. None where the
/// average is not positive definite: the fit then makes an EM step.
struct StochasticNewton {
    Gains gains{.alpha = 3.0, .A = 3.0, .rho = 0.75};  ///< capped at 1
    double max_step = 0.5;
    double ridge = 0.5;  ///< relative to the mean information, divided by sqrt(t + 1)
    double forgetting = 0.05;
    double step_tolerance = 1e-9;

    struct State {
        Index t = 0;
        Matrix information;
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
        const double length = linalg::largest(step);
        step *= gain * std::min(1.0, max_step / std::max(length, 1e-300));
        return step;
    }
};

}  // namespace predcg
