#pragma once
// What kernels on R^n share: a target as they see it, and the spread of a chain.
#include <predcg/concepts/sampler.hpp>
#include <predcg/core/space.hpp>
#include <predcg/statistics/running_moments.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <utility>

namespace predcg {

namespace detail {

/// Log density and gradient at a point.
struct DensityPoint {
    Vector X;
    double log_density = 0.0;
    Vector gradient;
};

/// Log density and gradient of a target on R^n. A Gaussian's quadratic form is made once. Remembers one
/// point: for one chain at a time.
template <Target T>
class ContinuousView {
public:
    explicit ContinuousView(const T& target) : target_(&target) {
        if constexpr (GaussianTarget<T>) form_ = QuadraticForm(target.quadratic());
    }

    double log_density(const Vector& X) const {
        double value = 0.0;
        if constexpr (GaussianTarget<T>)
            value = form_(X);
        else
            value = target_->log_density(X);
        return std::isnan(value) ? -std::numeric_limits<double>::infinity() : value;
    }

    Vector gradient(const Vector& X) const
        requires GaussianTarget<T> || DifferentiableTarget<T>
    {
        if constexpr (GaussianTarget<T>)
            return form_.gradient(X);
        else
            return target_->log_density_gradient(X);
    }

    /// Both at once, where the target can (log_density_and_gradient(X), a pair).
    DensityPoint at(Vector X) const
        requires GaussianTarget<T> || DifferentiableTarget<T>
    {
        if constexpr (!GaussianTarget<T> && requires { target_->log_density_and_gradient(X); }) {
            auto [value, slope] = target_->log_density_and_gradient(X);
            if (std::isnan(value)) value = -std::numeric_limits<double>::infinity();
            return {std::move(X), value, std::move(slope)};
        } else {
            const double value = log_density(X);
            Vector slope = gradient(X);
            return {std::move(X), value, std::move(slope)};
        }
    }

    /// The point where a chain stands: not computed again if it was remembered there.
    DensityPoint current(const Vector& X) const {
        if (!std::equal(here_.X.begin(), here_.X.end(), X.begin(), X.end())) here_ = at(X);
        return here_;
    }
    void remember(DensityPoint point) const { here_ = std::move(point); }

    /// Walls of the space, where it has some.
    std::span<const Wall> walls() const {
        if constexpr (requires { target_->space().walls(); })
            return target_->space().walls();
        else
            return {};
    }

private:
    const T* target_;
    QuadraticForm form_;
    mutable DensityPoint here_;
};

/// Variance of every coordinate, for a diagonal metric; drawn a little towards 1e-3, as in Stan: a window may
/// be short.
inline Vector metric_variance(const RunningMoments<Vector>& window) {
    Vector v = window.scatter();
    const double n = static_cast<double>(window.count());
    for (double& x : v) x = (n / (n + 5.0)) * x / std::max(n - 1.0, 1.0) + 1e-3 * 5.0 / (n + 5.0);
    return v;
}

}  // namespace detail

}  // namespace predcg
