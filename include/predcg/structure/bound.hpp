#pragma once
#include <predcg/concepts/target.hpp>
#include <predcg/structure/potential_operations.hpp>

#include <utility>

namespace predcg {

/// A coarse potential at fixed parameters: a parameter-free potential with the same structure.
///
/// A view: the potential must outlive it.
template <CoarsePotential U>
class Bound {
public:
    Bound(const U& potential, Vector theta) : potential_(&potential), theta_(std::move(theta)) {
        require_equal(theta_.size(), potential.parameter_count(), "Bound", "length of theta",
                      "the number of parameters");
    }

    decltype(auto) space() const { return potential_->space(); }
    const Vector& theta() const { return theta_; }

    double energy(const configuration_t<space_t<U>>& X) const {
        return predcg::energy(*potential_, X, theta_);
    }

    Window window() const
        requires ChainCoarsePotential<U>
    {
        return potential_->window();
    }

    template <class Letter>
        requires ChainCoarsePotential<U>
    double local_energy(Index i, std::span<const Letter> w) const {
        return predcg::local_energy(*potential_, i, w, theta_);
    }

    bool translation_invariant() const { return is_translation_invariant(*potential_); }

    template <class X, class Letter>
        requires HasCoarseEnergyDifference<U, X, Letter>
    double energy_difference(const X& configuration, Index i, Letter v) const {
        return potential_->energy_difference(configuration, i, v, theta_);
    }

    template <class X>
        requires HasCoarseEnergyGradient<U, X>
    auto energy_gradient(const X& configuration) const -> Vector {
        return potential_->energy_gradient(configuration, theta_);
    }

    QuadraticForm quadratic() const
        requires QuadraticCoarsePotential<U>
    {
        return potential_->quadratic(theta_);
    }

private:
    const U* potential_;
    Vector theta_;
};

}  // namespace predcg
