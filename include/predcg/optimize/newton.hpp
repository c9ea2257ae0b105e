#pragma once
#include <predcg/concepts/optimizer.hpp>
#include <predcg/core/linalg.hpp>
#include <predcg/optimize/step.hpp>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

namespace predcg {

/// Newton's step information^-1 gradient where the information is positive definite; none elsewhere, where an
/// exact fit asks for indefinite_step.
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

    /// Where the information is not positive definite: with its eigenvalues relative to the information of
    /// the complete data,
    ///     information v_k = lambda_k complete v_k,   v_k . complete v_l = delta_kl,
    /// the step
    ///     sum_k v_k (v_k . gradient) / max(|lambda_k|, 0.01),
    /// which leads away from saddles (Dauphin et al., Adv. Neural Inf. Process. Syst. 27 (2014) 2933). 1 in
    /// the place of every |lambda_k| would be an EM step, which crawls where little is seen of X. None where
    /// the complete data leave a direction open, or where the step is short: a saddle is no end of a fit.
    [[gnu::cold]] std::optional<Vector> indefinite_step(Vector gradient, Matrix information,
                                                        const Matrix& complete) const {
        const linalg::Cholesky metric(complete);
        if (!metric.ok()) return std::nullopt;
        for (int side = 0; side < 2; ++side) {  // L^-1 information L^-T
            for (Index k = 0; k < information.cols(); ++k) metric.solve_lower(linalg::column(information, k));
            information = linalg::transposed(information);
        }
        metric.solve_lower(gradient.data());
        const linalg::SymmetricEigen eigen(std::move(information));
        Vector step = Vector::Zero(gradient.size());
        for (Index k = 0; k < step.size(); ++k) {
            const Vector v = linalg::column_of(eigen.vectors, k);
            linalg::add(step, v, linalg::dot(v, gradient) / std::max(std::abs(eigen.values[k]), 0.01));
        }
        metric.solve_upper(step.data());
        if (!(linalg::largest(step) > step_tolerance)) return std::nullopt;
        return shortened(std::move(step), max_step);
    }
};

}  // namespace predcg
