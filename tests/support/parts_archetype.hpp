#pragma once
// A coarse potential that has any choice of the optional parts, all of them right, and the question which
// parts a potential has.
#include <predcg/concepts/coarse_potential.hpp>
#include <predcg/concepts/target.hpp>
#include <predcg/core/neighbours.hpp>
#include <predcg/core/random.hpp>
#include <predcg/structure/autodiff.hpp>

#include <array>
#include <concepts>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace support {

using predcg::Index, predcg::Matrix, predcg::Vector, predcg::VectorOf;

/// R^4 and three letters a site at once, so that every structure is defined.
struct NumberSpace {
    using configuration_type = Vector;
    Index size() const { return 4; }
    std::array<double, 3> values() const { return {-1.0, 0.5, 2.0}; }
    template <class R>
    Vector random(R& rng) const {
        return predcg::standard_normal_vector(rng, 4);
    }
};

enum Part : unsigned {
    features,
    base,
    energy,
    gradient,
    hessian,  // of the whole
    window,
    local_features,
    local_energy,
    local_gradient,
    local_hessian,
    invariance,  // of windows
    difference,
    state_gradient,
    quadratic,
    two_valued,
    neighbours,
    both,       // energy and gradient by X in one go
    laplacian,  // second derivatives by X
    moves,      // of one particle; here a number each
    flipping,   // other structure
    admissible,
    names,
    start,
    scales,  // what models say of themselves
    dual_energy,
    dual_state,
    dual_local,  // energies of other scalars: of theta, of X, of theta in a window
    part_count
};

constexpr unsigned only(auto... parts) { return ((1u << parts) | ... | 0u); }
constexpr unsigned all_parts = (1u << part_count) - 1;

/// Holds a configuration, of which each number is a particle on a line.
template <class Energy>
struct Moves {
    Energy energy;  // of X
    Vector held = Vector::Zero(4), moved = held;

    Index size() const { return held.size(); }
    void take(const Vector& X) { held = X; }
    double energy_difference(Index i, const std::array<double, 3>& step) {
        moved = held;
        moved[i] += step[0];
        return energy(moved) - energy(held);
    }
    void accept() { held = moved; }
    void give(Vector& X) const { X = held; }
};
template <class Energy>
Moves(Energy) -> Moves<Energy>;

/// U = theta_0 sum_i X_i X_{i+1} + t sum_i X_i + c sum_i X_i^2 on a ring; t = theta_1 with features, else
/// theta_0 theta_1; c = 0.3 with base, else 0.
template <unsigned parts>
struct Parts {
    static constexpr bool has(Part part) { return (parts >> part & 1u) != 0; }
    static constexpr double c = has(base) ? 0.3 : 0.0;
    static constexpr Index n = 4;

    template <class T>
    static T t(const VectorOf<T>& theta) {
        if constexpr (has(support::features))
            return theta[1];
        else
            return T(theta[0] * theta[1]);
    }
    static double next(const Vector& X, Index i) { return X[(i + 1) % n]; }
    static double before(const Vector& X, Index i) { return X[(i + n - 1) % n]; }
    static Vector sums(double pairs, double sites, const Vector& theta) {
        return has(support::features) ? Vector{{pairs, sites}}
                                      : Vector{{pairs + theta[1] * sites, theta[0] * sites}};
    }
    static Matrix second(double sites) { return Matrix{{0.0, sites}, {sites, 0.0}}; }
    static double pairs(const Vector& X) {
        double sum = 0.0;
        for (Index i = 0; i < n; ++i) sum += X[i] * next(X, i);
        return sum;
    }
    static double whole(const Vector& X, const Vector& theta) {
        return theta[0] * pairs(X) + t(theta) * X.sum() + c * X.squaredNorm();
    }
    template <class S, class T>
    using Scalar = std::conditional_t<std::is_same_v<T, double>, S, T>;

    NumberSpace space() const { return {}; }
    Index parameter_count() const { return 2; }

    Vector features(const Vector& X) const
        requires(has(support::features))
    {
        return sums(pairs(X), X.sum(), X);
    }
    double base_energy(const Vector& X) const
        requires(has(base))
    {
        return c * X.squaredNorm();
    }
    template <class S, class T>
        requires(has(support::energy) && (std::is_same_v<T, double> || has(dual_energy)) &&
                 (std::is_same_v<S, double> || has(dual_state)))
    Scalar<S, T> energy(const VectorOf<S>& X, const VectorOf<T>& theta) const {
        S pairs = X[0] * X[n - 1], sites = X[0], squares = X[0] * X[0];
        for (Index i = 1; i < n; ++i) {
            pairs += X[i] * X[i - 1];
            sites += X[i];
            squares += X[i] * X[i];
        }
        Scalar<S, T> u = theta[0] * pairs;
        u += t(theta) * sites;
        u += Scalar<S, T>(c * squares);
        return u;
    }
    Vector parameter_gradient(const Vector& X, const Vector& theta) const
        requires(has(gradient))
    {
        return sums(pairs(X), X.sum(), theta);
    }
    Matrix parameter_hessian(const Vector& X, const Vector&) const
        requires(has(hessian))
    {
        return has(support::features) ? Matrix(Matrix::Zero(2, 2)) : second(X.sum());
    }

    predcg::Window window() const
        requires(has(support::window))
    {
        return {2, predcg::Boundary::periodic};
    }
    bool translation_invariant() const
        requires(has(invariance))
    {
        return true;
    }
    Vector local_features(Index, std::span<const double> w) const
        requires(has(support::local_features))
    {
        return sums(w[0] * w[1], w[0], {});
    }
    double local_base_energy(Index, std::span<const double> w) const
        requires(has(base))
    {
        return c * w[0] * w[0];
    }
    template <class T>
        requires(has(support::local_energy) && (std::is_same_v<T, double> || has(dual_local)))
    T local_energy(Index, std::span<const double> w, const VectorOf<T>& theta) const {
        T u = theta[0] * (w[0] * w[1]);
        u += t(theta) * w[0];
        u += T(c * w[0] * w[0]);
        return u;
    }
    Vector local_parameter_gradient(Index, std::span<const double> w, const Vector& theta) const
        requires(has(local_gradient))
    {
        return sums(w[0] * w[1], w[0], theta);
    }
    Matrix local_parameter_hessian(Index, std::span<const double> w, const Vector&) const
        requires(has(local_hessian))
    {
        return has(support::features) ? Matrix(Matrix::Zero(2, 2)) : second(w[0]);
    }

    double energy_difference(const Vector& X, Index i, double v, const Vector& theta) const
        requires(has(difference))
    {
        return (v - X[i]) * (theta[0] * (next(X, i) + before(X, i)) + t(theta) + c * (v + X[i]));
    }
    Vector energy_gradient(const Vector& X, const Vector& theta) const
        requires(has(state_gradient))
    {
        Vector slope(n);
        for (Index i = 0; i < n; ++i)
            slope[i] = theta[0] * (next(X, i) + before(X, i)) + t(theta) + 2.0 * c * X[i];
        return slope;
    }
    double energy_and_gradient(const Vector& X, const Vector& theta, Vector& slope) const
        requires(has(both))
    {
        slope.resize(n);
        for (Index i = 0; i < n; ++i)
            slope[i] = theta[0] * (next(X, i) + before(X, i)) + t(theta) + 2.0 * c * X[i];
        return whole(X, theta);
    }
    double energy_laplacian(const Vector&, const Vector&) const
        requires(has(laplacian))
    {
        return 2.0 * c * n;
    }
    predcg::NeighbourList neighbours() const
        requires(has(support::neighbours))
    {
        return predcg::chain_neighbours({2, predcg::Boundary::periodic}, n);
    }
    auto particle_moves(const Vector& theta) const
        requires(has(moves))
    {
        return Moves{[theta](const Vector& X) { return whole(X, theta); }};
    }
    Vector flipped(const Vector& theta) const
        requires(has(flipping))
    {
        return Vector{{theta[0], -theta[1]}};
    }
    predcg::QuadraticForm quadratic(const Vector& theta) const
        requires(has(support::quadratic))
    {
        auto form = predcg::QuadraticForm::zero(n);
        for (Index i = 0; i < n; ++i) {
            form.A(i, i) = 2.0 * c;
            form.A(i, (i + 1) % n) = form.A((i + 1) % n, i) = theta[0];
            form.b[i] = t(theta);
        }
        return form;
    }
    predcg::QuadraticForm feature_quadratic(Index k) const
        requires(has(support::quadratic))
    {
        auto form = predcg::QuadraticForm::zero(n);
        for (Index i = 0; i < n; ++i)
            if (k == 1)
                form.b[i] = 1.0;
            else
                form.A(i, (i + 1) % n) = form.A((i + 1) % n, i) = 1.0;
        return form;
    }
    std::vector<predcg::TwoValuedTerms> two_valued_terms() const
        requires(has(two_valued))
    {
        return {{.feature = 0, .count = 4.0}, {.feature = 1, .count = 8.0}};
    }

    bool admissible(const Vector& theta) const
        requires(has(support::admissible))
    {
        return theta[1] > -10.0;
    }
    std::vector<std::string> parameter_names() const
        requires(has(names))
    {
        return {"pair", "site"};
    }
    Vector start() const
        requires(has(support::start))
    {
        return Vector{{0.1, 0.2}};
    }
    Vector scales() const
        requires(has(support::scales))
    {
        return Vector{{3.0, 4.0}};
    }
};

/// The parts that a potential has, as the library's concepts see them. Local terms need a window.
template <class U>
constexpr unsigned parts_of() {
    using namespace predcg;
    unsigned found = 0;
    const auto note = [&found](Part part, bool is_there) { found |= is_there ? 1u << part : 0u; };
    note(features, LinearCoarsePotential<U>);
    note(base, predcg::detail::HasBaseEnergy<U> && predcg::detail::HasLocalBaseEnergy<U>);
    note(energy, HasEnergy<U>);
    note(gradient, HasParameterGradient<U>);
    note(hessian, HasParameterHessian<U>);
    note(window, HasWindow<U>);
    note(local_features, HasWindow<U> && predcg::detail::HasLocalFeatures<U>);
    note(local_energy, HasWindow<U> && predcg::detail::HasLocalEnergy<U>);
    note(local_gradient, HasWindow<U> && predcg::detail::HasLocalParameterGradient<U>);
    note(local_hessian, HasWindow<U> && predcg::detail::HasLocalParameterHessian<U>);
    note(difference, HasCoarseEnergyDifference<U, Vector, double>);
    note(state_gradient, predcg::detail::HasGradientAlone<U, Vector, Vector>);
    note(both, predcg::detail::HasEnergyAndGradient<U, Vector, Vector>);
    note(laplacian, predcg::detail::HasEnergyLaplacian<U>);
    note(neighbours, HasNeighbours<U>);
    note(moves, predcg::detail::HasCoarseParticleMoves<U>);
    note(flipping, HasFlip<U>);
    note(quadratic, QuadraticCoarsePotential<U>);
    note(two_valued, HasTwoValuedTerms<U>);
    note(admissible, HasAdmissible<U>);
    note(names, HasParameterNames<U>);
    note(start, HasStart<U>);
    note(scales, HasScales<U>);
    note(
        dual_energy, requires(const U u, const Vector& X, const VectorOf<Dual>& theta) {
            { u.energy(X, theta) } -> std::same_as<Dual>;
        });
    note(dual_state, predcg::detail::HasEnergyOfState<U, Vector, Vector>);
    note(dual_local, HasWindow<U> && predcg::detail::HasLocalEnergyOf<U, Dual>);
    return found;
}

}  // namespace support
