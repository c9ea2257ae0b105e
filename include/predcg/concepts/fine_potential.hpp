#pragma once
#include <predcg/concepts/configuration_space.hpp>
#include <predcg/core/quadratic_form.hpp>
#include <predcg/core/real_coordinates.hpp>
#include <predcg/core/window.hpp>

#include <span>

namespace predcg {

/// A potential energy U(x) without free parameters.
///
///     struct MyFineModel {
///         MySpace space() const;
///         double energy(const MySpace::configuration_type& x) const;   // the user's energy unit
///     };
template <class U>
concept FinePotential =
    std::copyable<U> &&  // kept by value in the grainer
    requires(const U u) {
        u.space();
        requires ConfigurationSpace<std::remove_cvref_t<decltype(u.space())>>;
    } && requires(const U u, const configuration_t<std::remove_cvref_t<decltype(u.space())>>& x) {
        { u.energy(x) } -> RealValue;  // the Boltzmann density needs it
    };

/// Stands for the fine model where only samples of it are known.
template <class Configuration>
struct SamplesOnly {
    using configuration_type = Configuration;
};

// Optional structure of a parameter-free potential.

/// U(x) = sum_i local_energy(i, w_i), see core/window.hpp: opens the transfer matrix.
template <class U>
concept ChainPotential = FinePotential<U> && FiniteSpace<space_t<U>> && HasWindow<U> &&
                         requires(const U u, Index i, std::span<const letter_t<space_t<U>>> w) {
                             { u.local_energy(i, w) } -> RealValue;
                         };

/// U(x with x_i := v) - U(x), cheaper than two energies: opens single-site samplers.
template <class U>
concept HasEnergyDifference =
    FinePotential<U> && FiniteSpace<space_t<U>> &&
    requires(const U u, const configuration_t<space_t<U>>& x, Index i, letter_t<space_t<U>> v) {
        { u.energy_difference(x, i, v) } -> RealValue;
    };

namespace detail {
/// energy_and_gradient(x, gradient) -> U(x): overwrites `gradient`, which is of the kind that x is.
template <class U, class X, class... Theta>
concept HasEnergyAndGradient = requires(const U u, const X& x, const Theta&... theta, X& gradient) {
    { u.energy_and_gradient(x, theta..., gradient) } -> RealValue;
};
template <class U, class X, class... Theta>
concept HasGradientAlone = requires(const U u, const X& x, const Theta&... theta) {
    { u.energy_gradient(x, theta...) } -> GradientLike<X>;
};
}  // namespace detail

/// dU/dx on R^n, as a vector of n numbers or of the kind that x is: Hamiltonian Monte Carlo. By
/// energy_gradient(x), or with the energy in one go by energy_and_gradient(x, gradient) -> U(x), which
/// overwrites `gradient`, a configuration.
template <class U, class X>
concept HasEnergyGradient = detail::HasGradientAlone<U, X> || detail::HasEnergyAndGradient<U, X>;

namespace detail {
/// Adds weight dU/dx to `sum`, and returns U(x).
template <class U, class X>
double add_energy_gradient(const U& u, double weight, const X& x, Vector& sum, X& room) {
    if constexpr (HasEnergyAndGradient<U, X>) {
        const double energy = u.energy_and_gradient(x, room);
        add_coordinates(sum, weight, room);
        return energy;
    } else {
        const double energy = u.energy(x);
        add_coordinates(sum, weight, u.energy_gradient(x));
        return energy;
    }
}

/// dU/dx as a vector.
template <class U, class X, class... Theta>
Vector energy_gradient_vector(const U& u, const X& x, const Theta&... theta) {
    Vector sum = Vector::Zero(coordinate_count(x));
    if constexpr (HasEnergyAndGradient<U, X, Theta...>) {
        X gradient = x;
        u.energy_and_gradient(x, theta..., gradient);
        add_coordinates(sum, 1.0, gradient);
    } else {
        add_coordinates(sum, 1.0, u.energy_gradient(x, theta...));
    }
    return sum;
}
}  // namespace detail

/// U(x) = 1/2 x^T A x + b^T x + c: opens the Gaussian engine.
template <class U>
concept QuadraticPotential = FinePotential<U> && requires(const U u) {
    { u.quadratic() } -> std::convertible_to<QuadraticForm>;
};

}  // namespace predcg
