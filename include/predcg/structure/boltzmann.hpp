#pragma once
#include <predcg/concepts/target.hpp>
#include <predcg/structure/bound.hpp>
#include <predcg/structure/forwarding.hpp>

#include <utility>

namespace predcg {

/// The target exp(-beta U(X)), unnormalised, of a parameter-free potential (a fine potential, or a coarse
/// one Bound to its parameters). beta in the inverse of the energy unit. It has whatever structure the
/// potential has and adds none.
template <FinePotential U>
class Boltzmann : public detail::OfPart<U> {
public:
    /// exp(-beta U): keeps the potential by value.
    Boltzmann(U potential, double beta) : detail::OfPart<U>(std::move(potential)), beta_(beta) {
        require_positive(beta, "Boltzmann", "beta");
    }

    decltype(auto) space() const { return potential().space(); }
    double beta() const { return beta_; }
    const U& potential() const { return this->part(); }

    double log_density(const configuration_t<space_t<U>>& X) const { return -beta_ * potential().energy(X); }

    template <class Letter>
        requires ChainPotential<U>
    double local_log_density(Index i, std::span<const Letter> w) const {
        return -beta_ * potential().local_energy(i, w);
    }
    template <class X, class Letter>
        requires HasEnergyDifference<U>
    double log_density_difference(const X& configuration, Index i, Letter v) const {
        return -beta_ * potential().energy_difference(configuration, i, v);
    }
    template <class X>
        requires HasEnergyGradient<U, X>
    auto log_density_gradient(const X& configuration) const -> Vector {
        Vector slope = detail::energy_gradient_vector(potential(), configuration);
        linalg::multiply(slope, -beta_);
        return slope;
    }
    template <class X>
        requires HasEnergyGradient<U, X>
    double add_log_density_gradient(const X& configuration, Vector& sum, X& room) const {
        return -beta_ * detail::add_energy_gradient(potential(), -beta_, configuration, sum, room);
    }
    auto particle_moves() const
        requires MovesParticles<U>
    {
        return potential().particle_moves();
    }
    QuadraticForm quadratic() const
        requires QuadraticPotential<U>
    {
        return -beta_ * QuadraticForm(potential().quadratic());
    }

private:
    double beta_;
};

/// p_c(X | theta), unnormalised. A view: the potential must outlive it.
template <CoarsePotential U>
Boltzmann<Bound<U>> boltzmann(const U& potential, const Vector& theta, double beta) {
    return {Bound<U>(potential, theta), beta};
}

}  // namespace predcg
