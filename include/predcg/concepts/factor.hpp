#pragma once
#include <predcg/concepts/model_parts.hpp>
#include <predcg/core/quadratic_form.hpp>
#include <predcg/core/real_coordinates.hpp>
#include <predcg/core/window.hpp>

#include <limits>
#include <span>
#include <vector>

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

namespace detail {

/// Knows differences of one site, by itself or from its windows.
template <class F, class X, class Letter>
concept DifferencesKnown = LocalFactor<F, X, Letter> || ChainFactor<F, Letter>;

/// log f(X with X_i := v) - log f(X). Cost without log_density_difference: width^2 letters.
template <class F, class X, class Letter>
    requires DifferencesKnown<F, X, Letter>
double difference_of(const F& part, const X& configuration, Index i, Letter v) {
    if constexpr (LocalFactor<F, X, Letter>) {
        return part.log_density_difference(configuration, i, v);
    } else {
        const Window window = part.window();
        constexpr double impossible = -std::numeric_limits<double>::infinity();
        if (window.width == 1) {
            const double after = part.local_log_density(i, std::span<const Letter>(&v, 1));
            if (after == impossible) return after;  // before may be, too
            return after - part.local_log_density(
                               i, std::span<const Letter>(&configuration[static_cast<std::size_t>(i)], 1));
        }
        const Index n = static_cast<Index>(std::size(configuration));
        const bool is_ring = window.boundary == Boundary::periodic;
        std::vector<Letter> letters;
        double sum = 0.0;
        for (Index back = 0; back < window.width; ++back) {
            const Index first = is_ring ? (i - back + n) % n : i - back;
            if (first < 0) break;
            const auto weight = [&](Letter here) {
                letters.clear();
                for (Index k = 0; k < window.width && (is_ring || first + k < n); ++k)
                    letters.push_back(k == back ? here
                                                : configuration[static_cast<std::size_t>((first + k) % n)]);
                return part.local_log_density(first, std::span<const Letter>(letters));
            };
            const double after = weight(v);
            if (after == impossible) return after;
            sum += after - weight(configuration[static_cast<std::size_t>(i)]);
        }
        return sum;
    }
}

}  // namespace detail

/// Its logarithm is 1/2 X^T A X + b^T X + c, given by quadratic().
template <class F>
concept QuadraticFactor = requires(const F factor) {
    { factor.quadratic() } -> std::convertible_to<QuadraticForm>;
};

/// Has the gradient of its logarithm by X, on R^n: a vector of n numbers, or of the kind that X is.
template <class F, class X>
concept DifferentiableFactor = requires(const F factor, const X& configuration) {
    { factor.log_density_gradient(configuration) } -> GradientLike<X>;
};

namespace detail {
/// Adds the gradient by X to a sum without memory of its own, and returns the log density:
/// `double add_log_density_gradient(const X&, Vector& sum, X& room) const`.
template <class F, class X>
concept AddsGradient = requires(const F factor, const X& configuration, Vector& sum, X& room) {
    { factor.add_log_density_gradient(configuration, sum, room) } -> RealValue;
};

/// Adds the gradient by X to `sum`, and returns the log density. By add_log_density_gradient(X, sum, room),
/// where the factor has it: without memory of its own, `room` is to be overwritten.
template <class F, class X>
double add_log_density_gradient(const F& factor, const X& configuration, Vector& sum, X& room) {
    if constexpr (AddsGradient<F, X>) {
        return factor.add_log_density_gradient(configuration, sum, room);
    } else {
        const double value = factor.log_density(configuration);
        add_coordinates(sum, 1.0, factor.log_density_gradient(configuration));
        return value;
    }
}
}  // namespace detail

}  // namespace predcg
