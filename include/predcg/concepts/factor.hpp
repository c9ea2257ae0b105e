#pragma once
#include <predcg/concepts/model_parts.hpp>
#include <predcg/core/quadratic_form.hpp>
#include <predcg/core/real_coordinates.hpp>
#include <predcg/core/window.hpp>

#include <span>

namespace predcg {

/// A function of X that multiplies a target, such as a likelihood: log_density(X), and no space of its own.
template <class F, class X>
concept Factor = requires(const F factor, const X& configuration) {
    { factor.log_density(configuration) } -> RealValue;
};

// Optional structure, the same for targets.

template <class F, class Letter>
concept ChainFactor = HasWindow<F> && requires(const F factor, Index i, std::span<const Letter> w) {
    { factor.local_log_density(i, w) } -> RealValue;
};

template <class F, class X, class Letter>
concept LocalFactor = requires(const F factor, const X& configuration, Index i, Letter v) {
    { factor.log_density_difference(configuration, i, v) } -> RealValue;
};

template <class F>
concept QuadraticFactor = requires(const F factor) {
    { factor.quadratic() } -> std::convertible_to<QuadraticForm>;
};

/// The gradient is a vector of n numbers, or of the kind that X is.
template <class F, class X>
concept DifferentiableFactor = requires(const F factor, const X& configuration) {
    { factor.log_density_gradient(configuration) } -> GradientLike;
};

namespace detail {
/// Adds the gradient by X to `sum`, and returns the log density. By add_log_density_gradient(X, sum, room),
/// where the factor has it: without memory of its own, `room` is to be overwritten.
template <class F, class X>
double add_log_density_gradient(const F& factor, const X& configuration, Vector& sum, X& room) {
    if constexpr (requires { factor.add_log_density_gradient(configuration, sum, room); }) {
        return factor.add_log_density_gradient(configuration, sum, room);
    } else {
        const double value = factor.log_density(configuration);
        add_coordinates(sum, 1.0, factor.log_density_gradient(configuration));
        return value;
    }
}
}  // namespace detail

}  // namespace predcg
