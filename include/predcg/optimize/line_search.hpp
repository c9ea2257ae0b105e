#pragma once
#include <predcg/core/linalg.hpp>

#include <algorithm>
#include <cmath>
#include <optional>

namespace predcg {

/// Settings of the line search.
struct LineSearchSettings {
    double longest = 1.0;    ///< the first t
    double shortest = 1e-9;  ///< t / longest where the search gives up
    double rise = 1e-4;    ///< fraction of the rise promised by the gradient; 0: any point that does not fall
    double slack = 1e-13;  ///< for rounding, relative to max(1, |f|)
};

/// The first of z = from.z + t step, t = longest, longest / 2, ... > shortest longest, that rises enough:
///     f(z) >= f(from) + rise gradient . (z - from.z) - slack max(1, |f(from)|)
/// (L. Armijo, Pac. J. Math. 16 (1966) 1). Every z is raised to the lower bounds (Bertsekas, SIAM J. Control
/// Optim. 20 (1982) 221). A Point has .z, .value and .gradient; point_at(z) makes one, or none where f has no
/// value. None if no point rises enough. Cost: one point_at for each t.
template <class Point, class PointAt>
std::optional<Point> line_search(const Point& from, const Vector& step, const Vector& lower,
                                 PointAt&& point_at, const LineSearchSettings& settings = {}) {
    const double slack = settings.slack * std::max(1.0, std::abs(from.value));
    for (double t = settings.longest; t > settings.shortest * settings.longest; t *= 0.5) {
        std::optional<Point> there = point_at(linalg::moved(from.z, t, step, lower));
        if (!there) continue;
        double promised = 0.0;
        for (Index k = 0; k < step.size(); ++k) promised += from.gradient[k] * (there->z[k] - from.z[k]);
        if (there->value >= from.value + settings.rise * promised - slack) return there;
    }
    return std::nullopt;
}

}  // namespace predcg
