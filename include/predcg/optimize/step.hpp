#pragma once
// What optimizers' steps have in common.
#include <predcg/core/linalg.hpp>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

namespace predcg {

/// An ascent direction: information^-1 gradient, with a multiple of the identity added where the
/// information is not positive definite.
inline Vector ascent_step(const Matrix& information, const Vector& gradient) {
    double size = 1.0;
    for (Index k = 0; k < gradient.size(); ++k) size = std::max(size, std::abs(information(k, k)));
    for (double ridge = 0.0;; ridge = ridge == 0.0 ? 1e-10 * size : 10.0 * ridge) {
        Matrix shifted = information;
        for (Index k = 0; k < gradient.size(); ++k) shifted(k, k) += ridge;
        const linalg::Cholesky factor(std::move(shifted));
        if (factor.ok() || !std::isfinite(ridge)) return factor.solve(gradient);
    }
}

/// The largest t <= 1 with t |step_k| <= max_step for all k.
inline double step_fraction(const Vector& step, double max_step) {
    const double length = linalg::largest(step);
    return length > max_step ? max_step / length : 1.0;
}

/// The step, shortened in its direction until no component is larger than max_step. None for a step so long
/// that the system it solves is numerically singular.
inline std::optional<Vector> shortened(Vector step, double max_step) {
    if (!(linalg::largest(step) < 1e100)) return std::nullopt;
    linalg::multiply(step, step_fraction(step, max_step));
    return step;
}

}  // namespace predcg
