#pragma once
#include <predcg/concepts/optimizer.hpp>
#include <predcg/core/small_dense.hpp>

namespace predcg {

/// Newton's step with an information that is learnt from the gradients: it begins with the one given and is
/// then updated by
///     B += y y^T / y.d - B d d^T B / d.B d,   d = point - last point, y = last gradient - gradient,
/// where y.d > 0 (BFGS). For engines whose information is not the objective's curvature (MeanField), where
/// Newton's steps with it converge linearly. No step where the information given first is not positive
/// definite; the next one then begins anew. Steps longer than max_step are shortened, keeping their
/// direction. Nocedal, Wright, "Numerical Optimization" (2006), sec. 6.1.
struct QuasiNewton {
    double step_tolerance = 1e-9;  ///< largest component of the step of a converged fit
    double max_step = 3.0;

    struct State {
        Vector point, gradient;
        Matrix information;
    };

    double tolerance() const { return step_tolerance; }

    std::optional<Vector> step(State& state, const Vector& point, const Vector& gradient,
                               const Matrix& information) const {
        if (state.point.size() != point.size())
            state.information = information;
        else
            update(state.information, point - state.point, state.gradient - gradient);
        state.point = point;
        state.gradient = gradient;
        const SmallCholesky factor(state.information);
        Vector step = factor.ok() ? factor.solve(gradient) : Vector();
        const double length = largest(step);
        if (!factor.ok() || !(length < 1e100)) {
            state = {};
            return std::nullopt;
        }
        if (length > max_step) step *= max_step / length;
        return step;
    }

private:
    static void update(Matrix& information, const Vector& d, const Vector& y) {
        const double rise = y.dot(d);
        if (!(rise > 1e-10 * d.norm() * y.norm())) return;  // no curvature to learn from
        const Vector Bd = information.lazyProduct(d);
        const double scale = d.dot(Bd);
        for (Index l = 0; l < d.size(); ++l)
            for (Index k = 0; k < d.size(); ++k)
                information(k, l) += y[k] * y[l] / rise - Bd[k] * Bd[l] / scale;
    }
};

}  // namespace predcg
