#pragma once
#include <predcg/concepts/optimizer.hpp>
#include <predcg/core/linalg.hpp>
#include <predcg/optimize/step.hpp>

namespace predcg {

/// Newton's step information^-1 gradient where the information is positive definite; none elsewhere.
///
/// With exact engines the information is the observed one (Louis 1982), so convergence is quadratic;
/// a fit is converged when the largest component of the step is <= step_tolerance in the coordinates
/// z = (beta theta_c / s_c, eta / s_m). Steps longer than max_step are shortened to it, keeping their
/// direction.
struct Newton {
    double step_tolerance = 1e-9;
    double max_step = 3.0;

    /// Steps are those of the quadratic that the derivatives describe, where they are not shortened.
    static constexpr bool is_quadratic = true;

    struct State {};

    double tolerance() const { return step_tolerance; }

    std::optional<Vector> step(State&, const Vector&, const Vector& gradient,
                               const Matrix& information) const {
        const linalg::Cholesky factor(information);
        if (!factor.ok()) return std::nullopt;
        return shortened(factor.solve(gradient), max_step);
    }
};

}  // namespace predcg
