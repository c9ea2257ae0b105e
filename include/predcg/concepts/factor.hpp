#pragma once
#include <predcg/concepts/model_parts.hpp>
#include <predcg/core/quadratic_form.hpp>
#include <predcg/core/window.hpp>

#include <span>

namespace predcg {

/// A function of X that multiplies a target, such as a likelihood: log_density(X), and no space of its own.
template <class F, class X>
concept Factor = requires(const F factor, const X& configuration) {
    { factor.log_density(configuration) } -> RealValue;
};

// Optional structure, the same for targets.

/// A sum over the windows of a chain: window() and local_log_density(i, w), w the letters of the i-th window.
template <class F, class Letter>
concept ChainFactor = HasWindow<F> && requires(const F factor, Index i, std::span<const Letter> w) {
    { factor.local_log_density(i, w) } -> RealValue;
};

/// Knows log_density(X with X_i := v) - log_density(X), cheaper than two densities.
template <class F, class X, class Letter>
concept LocalFactor = requires(const F factor, const X& configuration, Index i, Letter v) {
    { factor.log_density_difference(configuration, i, v) } -> RealValue;
};

/// Its logarithm is 1/2 X^T A X + b^T X + c, given by quadratic().
template <class F>
concept QuadraticFactor = requires(const F factor) {
    { factor.quadratic() } -> std::convertible_to<QuadraticForm>;
};

/// Has the gradient of its logarithm by X, on R^n.
template <class F, class X>
concept DifferentiableFactor = requires(const F factor, const X& configuration) {
    { factor.log_density_gradient(configuration) } -> VectorLike;
};

}  // namespace predcg
