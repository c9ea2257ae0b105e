#pragma once
// What kernels on R^n share: a target as they see it, and the spread of a chain.
#include <predcg/concepts/passed_over.hpp>
#include <predcg/concepts/sampler.hpp>
#include <predcg/core/real_coordinates.hpp>
#include <predcg/core/space.hpp>
#include <predcg/statistics/running_moments.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace predcg::detail {

/// Log density and gradient at a point.
struct DensityPoint {
    Vector X;
    double log_density = 0.0;
    Vector gradient;
};

/// A target on R^n, whose configurations may be of any type (core/real_coordinates.hpp), by coordinates. A
/// Gaussian's quadratic form is made once. Remembers where a chain stands, and has room for where it goes:
/// for one chain at a time.
template <Target T>
class ContinuousView {
    using Configuration = configuration_t<space_t<T>>;
    static constexpr bool is_vector = std::is_same_v<Configuration, Vector>;

public:
    explicit ContinuousView(const T& target) : target_(&target) {
        static_assert(!WrongDensityAndGradient<T>,
                      "predcg: log_density_and_gradient(X) of the target would be passed over: it takes a "
                      "predcg::Vector, and returns std::pair<double, predcg::Vector>");
        static_assert(
            !WrongAddsGradient<T, Configuration>,
            "predcg: add_log_density_gradient(X, sum, room) of the target would be passed over: it takes "
            "a configuration, a predcg::Vector to be added to and a configuration to be overwritten, "
            "and returns double");
        [[maybe_unused]] constexpr bool asked = SpaceParts<space_t<T>>::asked;
        if constexpr (GaussianTarget<T>) form_ = QuadraticForm(target.quadratic());
        if constexpr (HasWalls<space_t<T>>) {
            const auto& space = target.space();  // may be a value
            const auto& walls = space.walls();
            for (const Wall& wall : walls) walls_.push_back(Wall(wall));
        }
    }

    /// At coordinates of a configuration like the last that was `current`.
    double log_density(const Vector& X) const {
        double value = 0.0;
        if constexpr (GaussianTarget<T>)
            value = form_(X);
        else
            value = target_->log_density(configuration(X));
        return number(value);
    }

    /// Log density and gradient at at.X, likewise. Both at once, where the target can
    /// (log_density_and_gradient(X), a pair).
    void evaluate(DensityPoint& at) const
        requires GaussianTarget<T> || DifferentiableTarget<T>
    {
        if constexpr (GaussianTarget<T>) {
            at.log_density = number(form_(at.X));
            at.gradient = form_.gradient(at.X);
        } else if constexpr (HasDensityAndGradient<T>) {
            auto [value, slope] = target_->log_density_and_gradient(at.X);
            at.log_density = number(value);
            at.gradient = std::move(slope);
        } else {
            at.gradient.setZero(at.X.size());
            const Configuration& X = configuration(at.X);
            if constexpr (is_vector) room_ = at.X;
            at.log_density = number(add_log_density_gradient(*target_, X, at.gradient, *room_));
        }
    }

    /// The point where a chain stands: not computed again if it was remembered there.
    const DensityPoint& current(const Configuration& X) const {
        if constexpr (!is_vector) configuration_ = room_ = X;
        read_coordinates(X, trial_.X);
        if (!std::equal(here_.X.begin(), here_.X.end(), trial_.X.begin(), trial_.X.end())) {
            here_.X = trial_.X;
            if constexpr (GaussianTarget<T> || DifferentiableTarget<T>)
                evaluate(here_);
            else
                here_.log_density = log_density(here_.X);
        }
        return here_;
    }

    /// Room for the point that is to be tried.
    DensityPoint& trial() const { return trial_; }
    Vector& momentum() const { return momentum_; }

    /// X goes where the trial is.
    void accept(Configuration& X) const {
        std::swap(here_, trial_);
        set_coordinates(X, here_.X);
    }

    /// Walls of the space, where it has some.
    std::span<const Wall> walls() const { return walls_; }

    /// Typical sizes of the coordinates, for a chain that begins: scales() of the space, where it has some,
    /// else ones.
    Vector scales(Index n) const {
        if constexpr (HasScales<space_t<T>>) {
            Vector own = target_->space().scales();
            require_equal(own.size(), n, "kernel", "length of the space's scales()",
                          "the number of coordinates");
            return own;
        } else {
            return Vector::Ones(n);
        }
    }

private:
    static double number(double log_density) {
        return std::isnan(log_density) ? -std::numeric_limits<double>::infinity() : log_density;
    }

    const Configuration& configuration(const Vector& X) const {
        if constexpr (is_vector) {
            return X;
        } else {
            set_coordinates(*configuration_, X);
            return *configuration_;
        }
    }

    const T* target_;
    QuadraticForm form_;
    std::vector<Wall> walls_;
    mutable DensityPoint here_, trial_;
    mutable Vector momentum_;
    mutable std::optional<Configuration> configuration_{}, room_{};
};

/// What a kernel on R^n moves. Letters that are real numbers are no coordinates.
template <class T>
concept ContinuousTarget =
    Target<T> && RealConfiguration<configuration_t<space_t<T>>> && !FiniteSpace<space_t<T>>;

/// Variance of every coordinate, for a diagonal metric; drawn a little towards 1e-3 of the scale's square, as
/// in Stan: a window may be short.
inline Vector metric_variance(const statistics::RunningMoments<Vector>& window, const Vector& scales) {
    Vector v = window.scatter();
    const double n = static_cast<double>(window.count());
    for (Index k = 0; k < v.size(); ++k)
        v[k] =
            (n / (n + 5.0)) * v[k] / std::max(n - 1.0, 1.0) + 1e-3 * 5.0 / (n + 5.0) * scales[k] * scales[k];
    return v;
}

}  // namespace predcg::detail
