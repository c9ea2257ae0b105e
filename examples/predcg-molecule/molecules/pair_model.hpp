#pragma once
// What a learnt pair potential is a potential of.
#include "molecules/chain_data.hpp"
#include "molecules/pair_table.hpp"

#include <predcg/geometry/rigid_molecules.hpp>
#include <predcg/models/pair/spline_potential.hpp>

#include <string>
#include <vector>

namespace cli::molecules {

/// One site at the centre of mass of each molecule, in a box that does not change. Lengths in nm, energies in
/// kJ/mol.
struct PairModel {
    predcg::pair::SplineSettings spline{};
    Index molecules = 0;
    predcg::Point edges{};  ///< of the box
    double temperature = 300.0;
    std::vector<double> masses{};  ///< of the sites of a molecule
    predcg::Points sites{};        ///< of a rigid molecule, for the way back

    double beta() const { return 1.0 / (boltzmann_constant * temperature); }
    predcg::Box box() const { return predcg::Box::orthorhombic(edges[0], edges[1], edges[2]); }
    predcg::pair::SplinePotential potential() const { return {spline, {molecules, box()}}; }
    predcg::RigidMolecules rigid() const { return {sites, masses}; }
    /// r_0, ..., cut-off.
    predcg::Vector knots() const {
        return predcg::Vector::LinSpaced(spline.intervals + 1, spline.core, spline.cutoff);
    }
};

}  // namespace cli::molecules
