#pragma once
#include <predcg/concepts/probabilistic_map.hpp>
#include <predcg/core/small_dense.hpp>

#include <cmath>
#include <optional>
#include <utility>
#include <vector>

namespace predcg {

/// Coordinates that may move: all but those at their lower bound with the gradient pointing out.
inline std::vector<Index> free_coordinates(const Vector& z, const Vector& gradient, const Vector& lower) {
    std::vector<Index> free;
    for (Index k = 0; k < z.size(); ++k)
        if (z[k] > lower[k] || gradient[k] > 0.0) free.push_back(k);
    return free;
}

/// An ascent direction: information^-1 gradient, with a multiple of the identity added where the
/// information is not positive definite.
inline Vector ascent_step(const Matrix& information, const Vector& gradient) {
    const double size = information.size() > 0 ? information.diagonal().cwiseAbs().maxCoeff() : 0.0;
    for (double ridge = 0.0;; ridge = ridge == 0.0 ? 1e-10 * (1.0 + size) : 10.0 * ridge) {
        Matrix shifted = information;
        shifted.diagonal().array() += ridge;
        const SmallCholesky factor(std::move(shifted));
        if (factor.ok() || !std::isfinite(ridge)) return factor.solve(gradient);
    }
}

/// Maximises f over z_k >= lower_k by damped Newton steps on the free coordinates (Bertsekas, SIAM J.
/// Control Optim. 20 (1982) 221). `f(z)` returns std::optional<Expansion>, none where z is not admissible.
/// Ends when a step's largest component is <= tolerance, after `iterations`, or when nothing rises.
template <class F>
Vector projected_newton(Vector z, const Vector& lower, F&& f, Index iterations = 50, double tolerance = 1e-11,
                        double max_step = 3.0) {
    std::optional<Expansion> here = f(z);
    for (Index k = 0; here && k < iterations; ++k) {
        const std::vector<Index> free = free_coordinates(z, here->gradient, lower);
        if (free.empty()) break;
        Vector step = Vector::Zero(z.size());
        step(free) = ascent_step(-here->hessian(free, free), here->gradient(free));
        const double length = step.cwiseAbs().maxCoeff();
        if (!(length > tolerance)) break;
        if (length > max_step) step *= max_step / length;
        const double slack = 1e-14 * std::max(1.0, std::abs(here->value));
        bool accepted = false;
        for (double t = 1.0; t > 1e-10 && !accepted; t *= 0.5) {
            const Vector candidate = (z + t * step).cwiseMax(lower);
            std::optional<Expansion> there = f(candidate);
            if (there && there->value >= here->value - slack) {
                z = candidate;
                here = std::move(there);
                accepted = true;
            }
        }
        if (!accepted) break;
    }
    return z;
}

}  // namespace predcg
