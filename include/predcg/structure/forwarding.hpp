#pragma once
// What functions of X that are made of parts have because their parts have it: window, neighbours and
// translation invariance, and all that a potential at other parameters has (terms of a window, differences of
// one site, gradients, quadratic forms, moves of a particle). Where an adaptor makes another number of them
// (a sum of two, a factor, the chain rule), it writes the formula itself.
// tests/unit/structure_forwarding_test.cpp holds the table.
#include <predcg/concepts/factor.hpp>
#include <predcg/core/neighbours.hpp>
#include <predcg/structure/potential_operations.hpp>

#include <type_traits>
#include <utility>

namespace predcg::detail {

/// A function of one part, kept by value (Held = Part) or referred to (Held = const Part*).
template <class Held>
class OfPart {
public:
    using Part = std::remove_cv_t<std::remove_pointer_t<Held>>;

    Window window() const
        requires HasWindow<Part>
    {
        return part().window();
    }
    NeighbourList neighbours() const
        requires HasNeighbours<Part>
    {
        return part().neighbours();
    }
    bool translation_invariant() const { return is_translation_invariant(part()); }

protected:
    explicit OfPart(Held held) : held_(std::move(held)) {}

    const Part& part() const {
        if constexpr (std::is_pointer_v<Held>)
            return *held_;
        else
            return held_;
    }

private:
    Held held_;
};

/// A potential at fixed theta. A view: the potential must outlive it.
template <class U>
class AtTheta : public OfPart<const U*> {
protected:
    AtTheta(const U& potential, Vector theta) : OfPart<const U*>(&potential), theta_(std::move(theta)) {}

    const Vector& all() const { return theta_; }

    Vector theta_;
};

/// A potential that is its part U at other parameters: U(X, all(theta...)), where Base knows all(theta...)
/// and Theta are those that the potential is asked at: none where they are fixed, else a Vector. It has of U
/// what is a function of X and of these: members of the same names, with the same meaning.
template <class Base, class... Theta>
class OfPotential : public Base {
    using U = typename Base::Part;

public:
    decltype(auto) space() const { return this->part().space(); }

    double energy(const configuration_t<space_t<U>>& X, const Theta&... theta) const {
        return predcg::energy(this->part(), X, this->all(theta...));
    }
    template <class Letter>
        requires ChainCoarsePotential<U>
    double local_energy(Index i, std::span<const Letter> w, const Theta&... theta) const {
        return predcg::local_energy(this->part(), i, w, this->all(theta...));
    }
    template <class X, class Letter>
        requires HasCoarseEnergyDifference<U, X, Letter>
    double energy_difference(const X& configuration, Index i, Letter v, const Theta&... theta) const {
        return this->part().energy_difference(configuration, i, v, this->all(theta...));
    }
    Vector energy_gradient(const configuration_t<space_t<U>>& X, const Theta&... theta) const
        requires HasCoarseEnergyGradient<U, configuration_t<space_t<U>>>
    {
        return energy_gradient_vector(this->part(), X, this->all(theta...));
    }
    double energy_and_gradient(const configuration_t<space_t<U>>& X, const Theta&... theta,
                               configuration_t<space_t<U>>& gradient) const
        requires HasEnergyAndGradient<U, configuration_t<space_t<U>>, Vector>
    {
        return this->part().energy_and_gradient(X, this->all(theta...), gradient);
    }
    double energy_laplacian(const configuration_t<space_t<U>>& X, const Theta&... theta) const
        requires HasEnergyLaplacian<U>
    {
        return this->part().energy_laplacian(X, this->all(theta...));
    }
    /// What U gives may refer to U, not to theta.
    auto particle_moves(const Theta&... theta) const
        requires HasCoarseParticleMoves<U>
    {
        return this->part().particle_moves(this->all(theta...));
    }
    QuadraticForm quadratic(const Theta&... theta) const
        requires QuadraticCoarsePotential<U>
    {
        return this->part().quadratic(this->all(theta...));
    }

protected:
    using Base::Base;
};

/// A function of two parts. Its window holds both windows; boundaries that differ are an ArgumentError.
template <class A, class B>
class OfParts {
public:
    Window window() const
        requires HasWindow<A> && HasWindow<B>
    {
        return window_;
    }
    bool translation_invariant() const {
        return is_translation_invariant(first_) && is_translation_invariant(second_);
    }

protected:
    OfParts(A first, B second) : first_(std::move(first)), second_(std::move(second)) {
        if constexpr (HasWindow<A> && HasWindow<B>)
            window_ = common_window(first_.window(), second_.window());
    }

    A first_;
    B second_;

private:
    Window window_{};
};

}  // namespace predcg::detail
