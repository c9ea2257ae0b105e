#pragma once
#include <predcg/concepts/configuration_space.hpp>
#include <predcg/concepts/factor.hpp>

#include <array>
#include <utility>

namespace predcg {

/// An unnormalised density on a configuration space. p_f, p_c, q(X|x) and, later, a posterior of
/// parameters are targets; engines and samplers see nothing else.
template <class T>
concept Target = requires(const T t) {
    t.space();
    requires ConfigurationSpace<space_t<T>>;
} && requires(const T t, const configuration_t<space_t<T>>& X) {
    { t.log_density(X) } -> RealValue;  // up to a constant; -infinity where X is forbidden
};

/// A target on a finite space: its states can be counted and visited.
template <class T>
concept FiniteTarget = Target<T> && FiniteSpace<space_t<T>>;

/// Knows log pi(X with X_i := v) - log pi(X) cheaply: single-site kernels.
template <class T>
concept LocalTarget = FiniteTarget<T> && LocalFactor<T, configuration_t<space_t<T>>, letter_t<space_t<T>>>;

/// log pi(X) = sum_i local_log_density(i, w_i) over the windows of a chain, with weights that may depend on
/// the site (not fields only): transfer matrices. Optional: translation_invariant() -> bool, true where the
/// weight of a full window does not depend on i; engines then work once for all sites.
template <class T>
concept ChainTarget = FiniteTarget<T> && ChainFactor<T, letter_t<space_t<T>>>;

/// log pi(X) is a quadratic form; its A must be negative definite: Gaussian engine.
template <class T>
concept GaussianTarget = Target<T> && QuadraticFactor<T>;

/// A target on R^n with the gradient of its log density: Hamiltonian Monte Carlo.
template <class T>
concept DifferentiableTarget = Target<T> && DifferentiableFactor<T, configuration_t<space_t<T>>>;

/// Knows both at once on R^n: `std::pair<double, Vector> log_density_and_gradient(const Vector& X) const`.
template <class T>
concept HasDensityAndGradient = requires(const T t, const Vector& X) {
    { t.log_density_and_gradient(X) } -> std::convertible_to<std::pair<double, Vector>>;
};

/// A configuration of n particles in space that is held while one particle after the other is moved:
///
///     Index size() const;                                    // n
///     void take(const X& configuration);                     // holds it; cheap where it is held already
///     double energy_difference(Index i, const Point& step);  // U with particle i moved, less U
///     void accept();                                         // makes the move that was asked about last
///     void give(X& configuration) const;                     // writes what it holds
template <class M, class X>
concept ParticleMoves = requires(M held, const M& same, const X& from, X& to, Index i) {
    { same.size() } -> std::convertible_to<Index>;
    held.take(from);
    { held.energy_difference(i, std::array<double, 3>{}) } -> RealValue;
    held.accept();
    same.give(to);
};

/// Has particle_moves(), which knows what the move of one particle changes at the cost of its neighbours.
template <class U>
concept MovesParticles = requires(const U u) {
    u.space();
    { u.particle_moves() } -> ParticleMoves<configuration_t<space_t<U>>>;
};

/// A target exp(-beta U) of particles in space: beta(), and particle_moves() of U. Kernels that move one
/// particle.
template <class T>
concept ParticleTarget = Target<T> && MovesParticles<T> && requires(const T t) {
    { t.beta() } -> RealValue;
};

}  // namespace predcg
