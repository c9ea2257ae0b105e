#pragma once
#include <predcg/concepts/configuration_space.hpp>
#include <predcg/core/quadratic_form.hpp>
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

/// dU/dx on R^n: Hamiltonian Monte Carlo.
template <class U, class X>
concept HasEnergyGradient = requires(const U u, const X& x) {
    { u.energy_gradient(x) } -> VectorLike;
};

/// U(x) = 1/2 x^T A x + b^T x + c: opens the Gaussian engine.
template <class U>
concept QuadraticPotential = FinePotential<U> && requires(const U u) {
    { u.quadratic() } -> std::convertible_to<QuadraticForm>;
};

}  // namespace predcg
