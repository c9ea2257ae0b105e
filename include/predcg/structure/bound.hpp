#pragma once
#include <predcg/structure/forwarding.hpp>
#include <predcg/structure/potential_operations.hpp>

#include <utility>

namespace predcg {

/// A coarse potential at fixed parameters: a parameter-free potential with the same structure.
///
/// A view: the potential must outlive it.
template <CoarsePotential U>
class Bound : public detail::AtTheta<U> {
    using Base = detail::AtTheta<U>;
    using Base::part, Base::theta_;

public:
    /// U(., theta) as a potential without parameters; refers to U.
    Bound(const U& potential, Vector theta) : Base(potential, std::move(theta)) {
        require_equal(theta_.size(), potential.parameter_count(), "Bound", "length of theta",
                      "the number of parameters");
    }

    decltype(auto) space() const { return part().space(); }
    const Vector& theta() const { return theta_; }

    double energy(const configuration_t<space_t<U>>& X) const { return predcg::energy(part(), X, theta_); }

    template <class Letter>
        requires ChainCoarsePotential<U>
    double local_energy(Index i, std::span<const Letter> w) const {
        return predcg::local_energy(part(), i, w, theta_);
    }
    template <class X, class Letter>
        requires HasCoarseEnergyDifference<U, X, Letter>
    double energy_difference(const X& configuration, Index i, Letter v) const {
        return part().energy_difference(configuration, i, v, theta_);
    }
    template <class X>
        requires HasCoarseEnergyGradient<U, X>
    auto energy_gradient(const X& configuration) const -> Vector {
        return detail::energy_gradient_vector(part(), configuration, theta_);
    }
    template <class X>
        requires detail::HasEnergyAndGradient<U, X, Vector>
    double energy_and_gradient(const X& configuration, X& gradient) const {
        return part().energy_and_gradient(configuration, theta_, gradient);
    }
    auto particle_moves() const
        requires detail::HasCoarseParticleMoves<U>
    {
        return part().particle_moves(theta_);
    }
    QuadraticForm quadratic() const
        requires QuadraticCoarsePotential<U>
    {
        return part().quadratic(theta_);
    }
};

}  // namespace predcg
