#pragma once
// Derivatives with respect to theta that the user does not write. Not part of predcg.hpp: it needs Eigen's
// unsupported AutoDiff module.
#include <predcg/concepts/coarse_potential.hpp>

#include <unsupported/Eigen/AutoDiff>

#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace predcg {

/// Scalars of first and second order: derivatives with respect to a vector of parameters.
using Dual = Eigen::AutoDiffScalar<Vector>;
/// A number with first and second derivatives by the parameters.
using Dual2 = Eigen::AutoDiffScalar<Eigen::Matrix<Dual, Eigen::Dynamic, 1>>;

namespace detail {

inline VectorOf<Dual> seed_dual(const Vector& theta) {
    VectorOf<Dual> seeded(theta.size());
    for (Index k = 0; k < theta.size(); ++k)
        seeded[k] = Dual(theta[k], static_cast<int>(theta.size()), static_cast<int>(k));
    return seeded;
}

inline VectorOf<Dual2> seed_dual2(const Vector& theta) {
    const Index p = theta.size();
    const VectorOf<Dual> values = seed_dual(theta);
    VectorOf<Dual2> seeded(p);
    for (Index k = 0; k < p; ++k) {
        seeded[k].value() = values[k];
        seeded[k].derivatives().resize(p);
        for (Index l = 0; l < p; ++l) seeded[k].derivatives()[l] = Dual(k == l ? 1.0 : 0.0, Vector::Zero(p));
    }
    return seeded;
}

/// A value that does not depend on theta has empty derivatives.
inline Vector gradient_of(const Dual& value, Index p) {
    return value.derivatives().size() == p ? Vector(value.derivatives()) : Vector::Zero(p);
}

inline Matrix hessian_of(const Dual2& value, Index p) {
    Matrix hessian = Matrix::Zero(p, p);
    if (value.derivatives().size() == p)
        for (Index k = 0; k < p; ++k) hessian.row(k) = gradient_of(value.derivatives()[k], p).transpose();
    return 0.5 * (hessian + hessian.transpose());
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
        return gradient_of(P::local_energy(i, w, seed_dual(theta)), theta.size());
    }
    template <class Letter>
        requires HasLocalEnergyOf<P, Dual2>
    Matrix local_parameter_hessian(Index i, std::span<const Letter> w, const Vector& theta) const {
        return hessian_of(P::local_energy(i, w, seed_dual2(theta)), theta.size());
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

template <class P, class... Theta>
concept HasEnergyOfDual = requires(const P p, const VectorOf<Dual>& x, const Theta&... theta) {
    { p.energy(x, theta...) } -> std::same_as<Dual>;
};

}  // namespace detail

/// A coarse potential with parameter_gradient and parameter_hessian from a templated energy
///     template <class T> T energy(const X&, const Eigen::Matrix<T, Eigen::Dynamic, 1>& theta) const;
/// (and, for chains, local_energy(i, w, theta) in the same form), by Eigen's forward differentiation.
/// Everything else the potential has stays. Exact to rounding; cost p and p^2 energies.
template <class P>
class AutoDiffPotential : public detail::WithLocalAutoDiff<P>::type {
    using Base = typename detail::WithLocalAutoDiff<P>::type;
    using Configuration = configuration_t<space_t<P>>;

    template <class T>
    static constexpr bool declared =
        std::is_same_v<decltype(std::declval<const P&>().energy(std::declval<const Configuration&>(),
                                                                std::declval<const VectorOf<T>&>())),
                       T>;
    static_assert(declared<Dual>,
                  "predcg: with_autodiff needs energy(X, theta) to declare its return type as the scalar of "
                  "theta (template <class T> T energy(const X&, const Eigen::Matrix<T, -1, 1>&) const); "
                  "auto would return an expression that refers to dead temporaries");

public:
    /// Keeps the potential.
    explicit AutoDiffPotential(P potential) : Base(std::move(potential)) {}

    using Base::energy;
    double energy(const Configuration& X, const Vector& theta) const { return Base::energy(X, theta); }

    Vector parameter_gradient(const Configuration& X, const Vector& theta) const {
        return detail::gradient_of(Base::energy(X, detail::seed_dual(theta)), theta.size());
    }
    Matrix parameter_hessian(const Configuration& X, const Vector& theta) const {
        return detail::hessian_of(Base::energy(X, detail::seed_dual2(theta)), theta.size());
    }
};

/// A potential with derivatives by its parameters, from one with energy(X, theta) for any scalar.
template <class P>
AutoDiffPotential<P> with_autodiff(P potential) {
    return AutoDiffPotential<P>(std::move(potential));
}

/// A potential with energy_gradient, dU/dX on R^n, from an energy that is templated on the scalar T of X and
/// returns T: energy(x) of a fine potential, energy(X, theta) of a coarse one, with x or X an
/// Eigen::Matrix<T, Eigen::Dynamic, 1>. By Eigen's forward differentiation, at the cost of n energies.
/// Everything else the potential has stays.
template <class P>
class StateAutoDiffPotential : public P {
public:
    /// Keeps the potential.
    explicit StateAutoDiffPotential(P potential) : P(std::move(potential)) {}

    /// Derivative of the energy by X.
    template <class X, class... Theta>
        requires detail::HasEnergyOfDual<P, Theta...> ||
                 requires(const P p, const X& x, const Theta&... theta) { p.energy_gradient(x, theta...); }
    auto energy_gradient(const X& x, const Theta&... theta) const -> Vector {
        if constexpr (detail::HasEnergyOfDual<P, Theta...>)
            return detail::gradient_of(P::energy(detail::seed_dual(x), theta...), x.size());
        else
            return P::energy_gradient(x, theta...);
    }
};

/// A potential with the gradient by X, from one whose energy takes any scalar in X.
template <class P>
StateAutoDiffPotential<P> with_state_autodiff(P potential) {
    return StateAutoDiffPotential<P>(std::move(potential));
}

}  // namespace predcg
