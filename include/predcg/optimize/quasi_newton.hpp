#pragma once
#include <predcg/concepts/optimizer.hpp>
#include <predcg/core/linalg.hpp>
#include <predcg/optimize/step.hpp>

namespace predcg {

/// Newton's step with an information B that is learnt from the gradients: it begins with the one given and is
/// then updated by
///     B += y y^T / y.d - B d d^T B / d.B d,   d = point - last point, y = last gradient - gradient,
/// where y.d > 0 (BFGS). For engines whose information is not the objective's curvature (MeanField), where
/// Newton's steps with it converge linearly. Where the one given is not positive definite there is no step at
/// first, and B begins with y.y / y.d from the next point on. Steps longer than max_step are shortened,
/// keeping their direction. Nocedal, Wright, "Numerical Optimization" (2006), sec. 6.1.
struct QuasiNewton {
    double step_tolerance = 1e-9;  ///< largest component of the step of a converged fit
    double max_step = 3.0;

    /// The point before, and the information gathered so far.
    struct State {
        Vector point, gradient;  ///< of the step before
        Matrix information;      ///< B; empty before it is positive definite

        /// To be saved (core/bytes.hpp).
        template <class Self, class Visit>
        static void members(Self& self, Visit&& visit) {
            visit(self.point, self.gradient, self.information);
        }
    };

    double tolerance() const { return step_tolerance; }

    std::optional<Vector> step(State& state, const Vector& point, const Vector& gradient,
                               const Matrix& information) const {
        if (state.point.size() != point.size()) state = {};
        Matrix& B = state.information;
        if (B.size() == 0 && linalg::Cholesky(information).ok()) B = information;
        if (state.point.size() == point.size()) update(B, point - state.point, state.gradient - gradient);
        state.point = point;
        state.gradient = gradient;
        if (B.size() == 0 && point.size() > 0) return std::nullopt;
        const linalg::Cholesky factor(B);
        std::optional<Vector> step;
        if (factor.ok()) step = shortened(factor.solve(gradient), max_step);
        if (!step) B.resize(0, 0);
        return step;
    }

private:
    static void update(Matrix& B, const Vector& d, const Vector& y) {
        const double rise = linalg::dot(y, d);
        if (!(rise > 1e-10 * linalg::norm(d) * linalg::norm(y))) return;  // no curvature to learn from
        if (B.size() == 0) B = linalg::squared_norm(y) / rise * Matrix::Identity(d.size(), d.size());
        const Vector Bd = linalg::applied(B, d);
        const double scale = linalg::dot(d, Bd);
        for (Index l = 0; l < d.size(); ++l)
            for (Index k = 0; k < d.size(); ++k) B(k, l) += y[k] * y[l] / rise - Bd[k] * Bd[l] / scale;
    }
};

}  // namespace predcg
