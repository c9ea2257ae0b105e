#pragma once
// Particles with a known pair energy.
#include <predcg/geometry/periodic_space.hpp>
#include <predcg/models/pair/moving_pairs.hpp>
#include <predcg/models/pair/pair_sums.hpp>

#include <utility>

namespace predcg::pair {

/// A liquid of particles in a periodic box with a known pair energy u, U(x) = sum_{i<j} u(r_ij): a fine
/// potential, from which configurations are drawn (concept FinePotential).
template <PairFunction U>
class Liquid {
public:
    /// Throws ArgumentError for a cut-off beyond half the shortest edge.
    Liquid(U u, PeriodicSpace<Points> space) : u_(std::move(u)), space_(std::move(space)) {
        detail::require_cutoff(u_.cutoff(), space_.image(), "pair::Liquid");
    }

    const PeriodicSpace<Points>& space() const { return space_; }
    const U& pair_function() const { return u_; }  ///< u
    double energy(const Points& x) const { return pair::energy(u_, space_, x); }
    /// U and dU/dx.
    double energy_and_gradient(const Points& x, Points& gradient) const {
        return pair::energy_and_gradient(u_, space_, x, gradient);
    }
    /// For kernels that move one particle at a time (concept MovesParticles).
    MovingPairs<Direct<U>> particle_moves() const { return {Direct<U>{u_}, space_}; }

private:
    U u_;
    PeriodicSpace<Points> space_;
};

}  // namespace predcg::pair
