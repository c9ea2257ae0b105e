#pragma once
// Derivatives of an energy, by its parameters and by X, that the user does not write.
#include <predcg/concepts/coarse_potential.hpp>
#include <predcg/core/dual.hpp>

#include <algorithm>
#include <concepts>
#include <type_traits>
#include <utility>

namespace predcg {

/// The scalars that energies are differentiated with: by theta once, ...
using Dual = DualNumber<4, 1>;
/// ... by theta twice, ...
using Dual2 = DualNumber<4, 2>;
/// ... and by X.
using StateDual = DualNumber<8, 1>;

namespace detail {

template <class S>
VectorOf<S> lifted_vector(const Vector& theta) {
    VectorOf<S> constants(theta.size());
    for (Index k = 0; k < theta.size(); ++k) constants[k] = S(theta[k]);
    return constants;
}

/// X with other scalars, all of them constants.
template <class S, class X>
    requires requires(const X& x) { with_scalar<S>(x); }
auto lifted(const X& x, const Vector& coordinates) {
    auto constants = with_scalar<S>(x);
    const double* next = coordinates.data();
    const auto set = [&](S& number) { number = S(*next++); };
    each_number(constants, set);
    return constants;
}
template <class S, class X>
using lifted_t = decltype(lifted<S>(std::declval<const X&>(), std::declval<const Vector&>()));

/// Derivatives of f(theta) by theta, in chunks: at most p / 4 + 1 calls.
template <class F>
Vector dual_gradient(const Vector& theta, F&& f) {
    constexpr Index chunk = Dual::directions;
    auto at = lifted_vector<Dual>(theta);
    Vector gradient(theta.size());
    for (Index first = 0; first < theta.size(); first += chunk) {
        const Index end = std::min(first + chunk, theta.size());
        for (Index k = first; k < end; ++k) at[k] = Dual::variable(theta[k], static_cast<int>(k - first));
        const Dual value = f(std::as_const(at));
        for (Index k = first; k < end; ++k) {
            gradient[k] = value.derivative(static_cast<int>(k - first));
            at[k] = Dual(theta[k]);
        }
    }
    return gradient;
}

/// Second derivatives: one call for up to four parameters, else one for every two pairs of them.
template <class F>
Matrix dual_hessian(const Vector& theta, F&& f) {
    constexpr Index chunk = Dual2::directions;
    const Index p = theta.size();
    auto at = lifted_vector<Dual2>(theta);
    Matrix hessian = Matrix::Zero(p, p);
    const auto blocks = [&](std::initializer_list<Index> which) {
        int direction = 0;
        for (const Index k : which)
            if (k < p) at[k] = Dual2::variable(theta[k], direction++);
        const Dual2 value = f(std::as_const(at));
        int row = 0;
        for (const Index k : which) {
            if (k >= p) continue;
            int column = 0;
            for (const Index l : which)
                if (l < p) hessian(k, l) = value.second_derivative(row, column++);
            ++row;
            at[k] = Dual2(theta[k]);
        }
    };
    if (p <= chunk) {
        if (p > 0) blocks({0, 1, 2, 3});
    } else {
        for (Index first = 0; first < p; first += 2)
            for (Index other = first + 2; other < p; other += 2) blocks({first, first + 1, other, other + 1});
    }
    return hessian;
}

// An energy may have a scalar of X and one of theta, or one for both: what is no variable is then made of
// constants. Asked for are types alone, for Eigen's conversions fail where they are made.
template <class P, class S, class X, class... Theta>
concept HasEnergyOf = requires(const P& p, const X& x, const Theta&... theta) {
    { p.energy(x, theta...) } -> std::same_as<S>;
};
template <class P, class X, class S>
concept HasEnergyOfLifted =
    requires { typename lifted_t<S, X>; } && HasEnergyOf<P, S, lifted_t<S, X>, VectorOf<S>>;
template <class P, class X, class S>
concept HasEnergyOfTheta = HasEnergyOf<P, S, X, VectorOf<S>> || HasEnergyOfLifted<P, X, S>;
template <class P, class X, class... Theta>
concept HasEnergyOfState = requires { typename lifted_t<StateDual, X>; } &&
                           (HasEnergyOf<P, StateDual, lifted_t<StateDual, X>, Theta...> ||
                            // One scalar for both: not where X alone may keep its own, as Eigen's conversions
                            // are unconstrained.
                            (sizeof...(Theta) == 1 && HasEnergyOfLifted<P, X, StateDual> &&
                             !HasEnergyOf<P, StateDual, X, VectorOf<StateDual>>));

template <class P, class X, class S>
S energy_of_theta(const P& p, const X& x, const VectorOf<S>& theta) {
    if constexpr (HasEnergyOf<P, S, X, VectorOf<S>>)
        return p.energy(x, theta);
    else
        return p.energy(lifted<S>(x, coordinates_of(x)), theta);
}
template <class P, class X, class... Theta>
StateDual energy_of_state(const P& p, const X& x, const Theta&... theta) {
    if constexpr (HasEnergyOf<P, StateDual, X, Theta...>)
        return p.energy(x, theta...);
    else
        return p.energy(x, lifted_vector<StateDual>(theta)...);
}

/// Calls take(k, dU/dX_k) for all coordinates, and returns the energy.
template <class P, class X, class Take, class... Theta>
double dual_state_gradient(const P& p, const X& x, Take&& take, const Theta&... theta) {
    constexpr int chunk = StateDual::directions;
    const Vector coordinates = coordinates_of(x);
    auto at = lifted<StateDual>(x, coordinates);
    double energy = 0.0;
    for (Index first = 0; first == 0 || first < coordinates.size(); first += chunk) {
        Index k = 0;
        const auto seed = [&](StateDual& number) {
            const Index direction = k - first;
            if (direction >= -chunk && direction < 0) number = StateDual(coordinates[k]);
            if (direction >= 0 && direction < chunk)
                number = StateDual::variable(coordinates[k], static_cast<int>(direction));
            ++k;
        };
        each_number(at, seed);
        const StateDual value = energy_of_state(p, std::as_const(at), theta...);
        for (int d = 0; d < chunk && first + d < coordinates.size(); ++d)
            take(first + d, value.derivative(d));
        energy = value.value();
    }
    return energy;
}

template <class P, class T>
concept HasLocalEnergyOf =
    requires(const P p, Index i, std::span<const letter_t<space_t<P>>> w, const VectorOf<T>& theta) {
        { p.local_energy(i, w, theta) } -> std::same_as<T>;
    };

/// P with the derivatives of local_energy by theta.
template <class P>
class LocalAutoDiff : public P {
public:
    explicit LocalAutoDiff(P potential) : P(std::move(potential)) {}

    template <class Letter>
    Vector local_parameter_gradient(Index i, std::span<const Letter> w, const Vector& theta) const {
        const P& potential = *this;
        return dual_gradient(theta, [&](const auto& at) { return potential.local_energy(i, w, at); });
    }
    template <class Letter>
        requires HasLocalEnergyOf<P, Dual2>
    Matrix local_parameter_hessian(Index i, std::span<const Letter> w, const Vector& theta) const {
        const P& potential = *this;
        return dual_hessian(theta, [&](const auto& at) { return potential.local_energy(i, w, at); });
    }
};

template <class P>
struct WithLocalAutoDiff {
    using type = P;
};
template <class P>
    requires HasLocalEnergyOf<P, Dual>
struct WithLocalAutoDiff<P> {
    using type = LocalAutoDiff<P>;
};

}  // namespace detail

/// A coarse potential with parameter_gradient and parameter_hessian from an energy that is templated on the
/// scalar of theta and returns it:
///     template <class T> T energy(const X&, const VectorOf<T>& theta) const;
/// (and, for chains, local_energy(i, w, theta) in the same form), or on one scalar of theta and of X:
///     template <class T> T energy(const std::vector<std::array<T, 3>>& X, const VectorOf<T>& theta) const;
/// Everything else the potential has stays. Exact to rounding. Cost: p / 4 energies with four derivatives
/// each, and one energy with second ones for up to four parameters, p^2 / 8 for more.
template <class P>
class AutoDiffPotential : public detail::WithLocalAutoDiff<P>::type {
    using Base = typename detail::WithLocalAutoDiff<P>::type;
    using Configuration = configuration_t<space_t<P>>;

    static_assert(
        detail::HasEnergyOfTheta<P, Configuration, Dual>,
        "predcg: with_autodiff needs energy(X, theta) to be for any scalar of theta and to return it "
        "(template <class T> T energy(const X&, const VectorOf<T>&) const)");

public:
    /// Keeps the potential.
    explicit AutoDiffPotential(P potential) : Base(std::move(potential)) {}

    using Base::energy;
    double energy(const Configuration& X, const Vector& theta) const { return Base::energy(X, theta); }

    Vector parameter_gradient(const Configuration& X, const Vector& theta) const {
        const Base& potential = *this;
        return detail::dual_gradient(
            theta, [&](const auto& at) { return detail::energy_of_theta(potential, X, at); });
    }
    Matrix parameter_hessian(const Configuration& X, const Vector& theta) const {
        const Base& potential = *this;
        return detail::dual_hessian(
            theta, [&](const auto& at) { return detail::energy_of_theta(potential, X, at); });
    }
};

/// A potential with dU/dX on R^n, from an energy that is templated on the scalar of X: energy(x) of a fine
/// potential, energy(X, theta) of a coarse one. X is of any type whose scalar can be another one: Eigen's
/// matrices, std::vector and std::array of doubles or of each other, and what RealCoordinates says
/// (core/real_coordinates.hpp). The energy returns the scalar of X, and may be templated on that of theta
/// besides. Everything else the potential has stays. Cost: n / 8 energies with eight derivatives each.
template <class P>
class StateAutoDiffPotential : public P {
public:
    /// Keeps the potential.
    explicit StateAutoDiffPotential(P potential) : P(std::move(potential)) {}

    /// Derivative of the energy by X.
    template <class X, class... Theta>
        requires detail::HasEnergyOfState<P, X, Theta...> || detail::HasGradientAlone<P, X, Theta...>
    auto energy_gradient(const X& x, const Theta&... theta) const -> Vector {
        if constexpr (detail::HasEnergyOfState<P, X, Theta...>) {
            Vector gradient(coordinate_count(x));
            detail::dual_state_gradient(
                potential(), x, [&](Index k, double slope) { gradient[k] = slope; }, theta...);
            return gradient;
        } else {
            return detail::energy_gradient_vector(potential(), x, theta...);
        }
    }

    template <class X>
        requires detail::HasEnergyOfState<P, X> || detail::HasEnergyAndGradient<P, X>
    double energy_and_gradient(const X& x, X& gradient) const {
        return both(x, gradient);
    }
    template <class X>
        requires detail::HasEnergyOfState<P, X, Vector> || detail::HasEnergyAndGradient<P, X, Vector>
    double energy_and_gradient(const X& x, const Vector& theta, X& gradient) const {
        return both(x, gradient, theta);
    }

private:
    const P& potential() const { return *this; }

    template <class X, class... Theta>
    double both(const X& x, X& gradient, const Theta&... theta) const {
        if constexpr (detail::HasEnergyOfState<P, X, Theta...>) {
            Vector slopes(coordinate_count(x));
            const double energy = detail::dual_state_gradient(
                potential(), x, [&](Index k, double slope) { slopes[k] = slope; }, theta...);
            gradient = x;
            set_coordinates(gradient, slopes);
            return energy;
        } else {
            return potential().energy_and_gradient(x, theta..., gradient);
        }
    }
};

/// A potential with the gradient by X, from one whose energy takes any scalar in X.
template <class P>
StateAutoDiffPotential<P> with_state_autodiff(P potential) {
    return StateAutoDiffPotential<P>(std::move(potential));
}

/// A potential with the derivatives that its energy is written for: a fine one by x, a coarse one by theta,
/// and by X, where the scalar of X is a template argument, too, and the potential has no such derivative.
template <class P>
auto with_autodiff(P potential) {
    using X = configuration_t<space_t<P>>;
    if constexpr (detail::HasEnergyOfState<P, X>)
        return with_state_autodiff(std::move(potential));
    else if constexpr (detail::HasEnergyOfState<P, X, Vector> && !HasCoarseEnergyGradient<P, X>)
        return AutoDiffPotential<StateAutoDiffPotential<P>>(with_state_autodiff(std::move(potential)));
    else
        return AutoDiffPotential<P>(std::move(potential));
}

}  // namespace predcg
