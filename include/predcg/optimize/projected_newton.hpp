#pragma once
#include <predcg/core/expansion.hpp>
#include <predcg/core/linalg.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
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
    double size = 1.0;
    for (Index k = 0; k < gradient.size(); ++k) size = std::max(size, std::abs(information(k, k)));
    for (double ridge = 0.0;; ridge = ridge == 0.0 ? 1e-10 * size : 10.0 * ridge) {
        Matrix shifted = information;
        for (Index k = 0; k < gradient.size(); ++k) shifted(k, k) += ridge;
        const linalg::Cholesky factor(std::move(shifted));
        if (factor.ok() || !std::isfinite(ridge)) return factor.solve(gradient);
    }
}

/// Maximises f over z_k >= lower_k by damped Newton steps on the free coordinates (Bertsekas, SIAM J.
/// Control Optim. 20 (1982) 221). `f(z)` returns none where z is not admissible. Ends when a step's
/// largest component is <= tolerance, after `iterations`, or when nothing rises.
[[gnu::cold]] inline Vector projected_newton(Vector z, const Vector& lower,
                                             const std::function<std::optional<Expansion>(const Vector&)>& f,
                                             Index iterations = 50, double tolerance = 1e-11,
                                             double max_step = 3.0) {
    std::optional<Expansion> here = f(z);
    for (Index k = 0; here && k < iterations; ++k) {
        const std::vector<Index> free = free_coordinates(z, here->gradient, lower);
        Matrix information = linalg::selected(here->hessian, free);
        information *= -1.0;
        Vector step = linalg::scattered(ascent_step(information, linalg::selected(here->gradient, free)),
                                        free, z.size());
        const double length = linalg::largest(step);
        if (!(length > tolerance)) break;
        const double longest = std::min(1.0, max_step / length);
        const double slack = 1e-14 * std::max(1.0, std::abs(here->value));
        bool accepted = false;
        for (double t = longest; t > 1e-10 * longest && !accepted; t *= 0.5) {
            Vector candidate = linalg::moved(z, t, step, lower);
            std::optional<Expansion> there = f(candidate);
            double promised = 0.0;
            for (Index j = 0; j < z.size(); ++j) promised += here->gradient[j] * (candidate[j] - z[j]);
            if (there && there->value >= here->value + 1e-4 * promised - slack) {  // Armijo
                z = std::move(candidate);
                here = std::move(there);
                accepted = true;
            }
        }
        if (!accepted) break;
    }
    return z;
}

}  // namespace predcg
