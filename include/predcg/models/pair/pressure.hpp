#pragma once
// Pressure of particles with a pair potential.
#include <predcg/concepts/observable.hpp>
#include <predcg/geometry/box.hpp>
#include <predcg/models/pair/pair_function.hpp>
#include <predcg/models/pair/pair_sums.hpp>

#include <utility>

namespace predcg::pair {

/// 1 kJ/(mol nm^3) in bar: 10^30 / N_A Pa, N_A = 6.02214076e23.
inline constexpr double bar_per_kj_mol_nm3 = 16.605390671738466;

/// Pressure of one configuration of n particles in a box of volume V, by the virial,
///
///     p(X) = n / (beta V) - 1 / (3 V) sum_{i<j} r_ij u'(r_ij),
///
/// whose mean is the pressure -dF/dV of p_c = exp(-beta U) / Z at this volume, with u held fixed (M. P.
/// Allen, D. J. Tildesley, Computer Simulation of Liquids, 2nd ed. (2017), sec. 2.4). In units of energy per
/// nm^3, times `unit`: bar for energies in kJ/mol with unit = bar_per_kj_mol_nm3.
///
/// u is 0 from its cut-off on, and continuous there, as a PairFunction is: this is the whole pressure of that
/// potential, and no tail is to be added. It is no estimate for a potential that was cut from a longer one.
/// For a coarse potential u, learnt at one density, it leaves out how u itself changes with the volume.
///
/// Costs all pairs, O(n^2).
template <PairFunction U>
class Pressure {
public:
    /// beta in 1 / energy. Throws ArgumentError for a triclinic box, one that does not repeat along all
    /// edges or is narrower than two cut-offs, and for beta that is not positive.
    Pressure(U u, const Box& box, double beta, double unit = 1.0)
        : u_(std::move(u)), image_(box), volume_(box.volume()), beta_(beta), unit_(unit) {
        for (const double length : image_.lengths())
            require(length > 0.0, "pair::Pressure", "length of an edge", length, "a number > 0");
        detail::require_cutoff(u_.cutoff(), image_, "pair::Pressure");
        require_positive(beta, "pair::Pressure", "beta");
        require_positive(unit, "pair::Pressure", "unit");
    }

    /// p(X).
    template <ReadableCoordinates X>
    double operator()(const X& configuration) const {
        const auto& x = predcg::detail::points_of(configuration, "pair::Pressure");
        double virial = 0.0;
        detail::each_distance(x, image_, u_.cutoff(), [&](double r) { virial += r * u_.pair_slope(r); });
        return unit_ * (static_cast<double>(x.size()) / beta_ - virial / 3.0) / volume_;
    }

private:
    U u_;
    MinimumImage image_;
    double volume_, beta_, unit_;
};

}  // namespace predcg::pair
