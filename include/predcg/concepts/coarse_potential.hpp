#pragma once
#include <predcg/concepts/fine_potential.hpp>
#include <predcg/concepts/model_parts.hpp>
#include <predcg/concepts/target.hpp>
#include <predcg/core/two_valued_terms.hpp>

#include <vector>

namespace predcg {

/// What every coarse potential U_c(X, theta) has: a space and a number of parameters.
template <class U>
concept ParametricPotential = std::copyable<U> &&  // kept by value in grainer and fit
                              requires(const U u) {
                                  u.space();
                                  requires ConfigurationSpace<space_t<U>>;
                                  { u.parameter_count() } -> std::convertible_to<Index>;  // length of theta
                              };

/// U_c(X, theta) = theta . features(X) + base_energy(X): features are dU_c/dtheta; base_energy, the part
/// without theta, is optional (zero if absent). Opens the exact M-step.
template <class U>
concept LinearCoarsePotential =
    ParametricPotential<U> && requires(const U u, const configuration_t<space_t<U>>& X) {
        { u.features(X) } -> VectorLike;
    };

/// Has energy(X, theta), U_c in the units of 1/beta.
template <class U>
concept HasEnergy =
    ParametricPotential<U> && requires(const U u, const configuration_t<space_t<U>>& X, const Vector& theta) {
        { u.energy(X, theta) } -> RealValue;
    };

/// A coarse potential: energy(X, theta), or features(X) with the optional base_energy(X).
///
///     struct MyCoarsePotential {
///         MySpace space() const;
///         Index parameter_count() const;
///         double energy(const X&, const Vector& theta) const;          // either this
///         Vector features(const X&) const;                             // or this,
///         double base_energy(const X&) const;                          // with this if it is not zero
///     };
template <class U>
concept CoarsePotential = LinearCoarsePotential<U> || HasEnergy<U>;

/// dU_c/dtheta given by hand or by with_autodiff. (Never plain "gradient": samplers need dU/dX.)
template <class U>
concept HasParameterGradient =
    HasEnergy<U> && requires(const U u, const configuration_t<space_t<U>>& X, const Vector& theta) {
        { u.parameter_gradient(X, theta) } -> VectorLike;
    };

/// d2U_c/dtheta2; where it is absent, central differences of the gradient stand in.
template <class U>
concept HasParameterHessian = HasParameterGradient<U> &&
                              requires(const U u, const configuration_t<space_t<U>>& X, const Vector& theta) {
                                  { u.parameter_hessian(X, theta) } -> MatrixLike;
                              };

/// A coarse potential whose parameters can be learnt.
template <class U>
concept LearnablePotential = LinearCoarsePotential<U> || HasParameterGradient<U>;

// Optional structure.

namespace detail {
template <class U>
concept HasBaseEnergy = requires(const U u, const configuration_t<space_t<U>>& X) {
    { u.base_energy(X) } -> RealValue;
};
template <class U>
concept HasLocalFeatures =
    LinearCoarsePotential<U> && requires(const U u, Index i, std::span<const letter_t<space_t<U>>> w) {
        { u.local_features(i, w) } -> VectorLike;
    };
template <class U>
concept HasLocalBaseEnergy = requires(const U u, Index i, std::span<const letter_t<space_t<U>>> w) {
    { u.local_base_energy(i, w) } -> RealValue;
};
template <class U>
concept HasLocalEnergy =
    requires(const U u, Index i, std::span<const letter_t<space_t<U>>> w, const Vector& theta) {
        { u.local_energy(i, w, theta) } -> RealValue;
    };
template <class U>
concept HasLocalParameterGradient =
    HasLocalEnergy<U> &&
    requires(const U u, Index i, std::span<const letter_t<space_t<U>>> w, const Vector& theta) {
        { u.local_parameter_gradient(i, w, theta) } -> VectorLike;
    };
template <class U>
concept HasLocalParameterHessian =
    HasLocalParameterGradient<U> &&
    requires(const U u, Index i, std::span<const letter_t<space_t<U>>> w, const Vector& theta) {
        { u.local_parameter_hessian(i, w, theta) } -> MatrixLike;
    };
}  // namespace detail

/// A sum over the windows of a chain (core/window.hpp): window() with local_features(i, w) and, where
/// base_energy is not zero, local_base_energy(i, w); or with local_energy(i, w, theta) and
/// local_parameter_gradient(i, w, theta). Opens the transfer matrix.
template <class U>
concept ChainCoarsePotential = CoarsePotential<U> && FiniteSpace<space_t<U>> && HasWindow<U> &&
                               (detail::HasLocalFeatures<U> || detail::HasLocalEnergy<U>);

/// U_c(X, theta) = 1/2 X^T A X + b^T X + c for every theta: opens the Gaussian engine.
template <class U>
concept QuadraticCoarsePotential = CoarsePotential<U> && requires(const U u, const Vector& theta, Index k) {
    { u.quadratic(theta) } -> std::convertible_to<QuadraticForm>;      // the energy
    { u.feature_quadratic(k) } -> std::convertible_to<QuadraticForm>;  // feature k
};

/// U_c(X with X_i := v, theta) - U_c(X, theta), cheaper than two energies: single-site samplers.
template <class U, class X, class Letter>
concept HasCoarseEnergyDifference =
    requires(const U u, const X& configuration, Index i, Letter v, const Vector& theta) {
        { u.energy_difference(configuration, i, v, theta) } -> RealValue;
    };

/// dU_c/dX at (X, theta) on R^n: Hamiltonian Monte Carlo. By energy_gradient(X, theta), a vector of n numbers
/// or of the kind that X is, or by energy_and_gradient(X, theta, gradient) -> U_c, which overwrites
/// `gradient`, a configuration.
template <class U, class X>
concept HasCoarseEnergyGradient =
    detail::HasGradientAlone<U, X, Vector> || detail::HasEnergyAndGradient<U, X, Vector>;

namespace detail {
/// Has energy_laplacian(X, theta) = sum_k d^2 U_c / dX_k^2, a number.
template <class U>
concept HasEnergyLaplacian = requires(const U u, const configuration_t<space_t<U>>& X, const Vector& theta) {
    { u.energy_laplacian(X, theta) } -> RealValue;
};
/// Has particle_moves(theta), which knows what the move of one particle changes (ParticleMoves).
template <class U>
concept HasCoarseParticleMoves = requires(const U u, const Vector& theta) {
    { u.particle_moves(theta) } -> ParticleMoves<configuration_t<space_t<U>>>;
};
}  // namespace detail

/// Has features that are sums of two-valued terms, and lists them: iterative Boltzmann inversion.
template <class U>
concept HasTwoValuedTerms = requires(const U u) {
    { u.two_valued_terms() } -> std::convertible_to<std::vector<TwoValuedTerms>>;
};

}  // namespace predcg
