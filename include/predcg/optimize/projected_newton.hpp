#pragma once
#include <predcg/core/expansion.hpp>
#include <predcg/core/linalg.hpp>
#include <predcg/optimize/line_search.hpp>
#include <predcg/optimize/step.hpp>

#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace predcg::detail {

/// Coordinates that may move: all but those at their lower bound with the gradient pointing out.
inline std::vector<Index> free_coordinates(const Vector& z, const Vector& gradient, const Vector& lower) {
    std::vector<Index> free;
    for (Index k = 0; k < z.size(); ++k)
        if (z[k] > lower[k] || gradient[k] > 0.0) free.push_back(k);
    return free;
}

/// Maximises f over z_k >= lower_k by damped Newton steps on the free coordinates (Bertsekas, SIAM J.
/// Control Optim. 20 (1982) 221). `f(z)` returns none where z is not admissible. Ends when a step's
/// largest component is <= tolerance, after `iterations`, or when nothing rises.
[[gnu::cold]] inline Vector projected_newton(Vector z, const Vector& lower,
                                             const std::function<std::optional<Expansion>(const Vector&)>& f,
                                             Index iterations = 50, double tolerance = 1e-11,
                                             double max_step = 3.0) {
    struct Trial : Expansion {
        Vector z;
    };
    const auto point_at = [&f](const Vector& at) -> std::optional<Trial> {
        std::optional<Expansion> e = f(at);
        if (!e) return std::nullopt;
        return Trial{std::move(*e), at};
    };
    std::optional<Trial> first = point_at(z);
    if (!first) return z;
    Trial& here = *first;
    for (Index k = 0; k < iterations; ++k) {
        const std::vector<Index> free = free_coordinates(here.z, here.gradient, lower);
        Matrix information = linalg::selected(here.hessian, free);
        linalg::multiply(information, -1.0);
        const Vector step = linalg::scattered(ascent_step(information, linalg::selected(here.gradient, free)),
                                              free, z.size());
        if (!(linalg::largest(step) > tolerance)) break;
        std::optional<Trial> next =
            line_search(here, step, lower, point_at,
                        {.longest = step_fraction(step, max_step), .shortest = 1e-10, .slack = 1e-14});
        if (!next) break;
        here = std::move(*next);
    }
    return std::move(here.z);
}

}  // namespace predcg::detail
