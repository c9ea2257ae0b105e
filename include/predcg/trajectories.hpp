#pragma once
// Molecules: trajectories of GROMACS and LAMMPS, geometry, observables of configurations in space. Beside
// predcg.hpp.
#include <predcg/geometry/box.hpp>
#include <predcg/geometry/centre_of_mass.hpp>
#include <predcg/geometry/internal_coordinates.hpp>
#include <predcg/geometry/observables.hpp>
#include <predcg/geometry/periodic_space.hpp>
#include <predcg/geometry/radial_distribution.hpp>
#include <predcg/geometry/rigid_molecules.hpp>
#include <predcg/geometry/tetrahedral_order.hpp>
#include <predcg/geometry/whole_molecules.hpp>
#include <predcg/trajectories/trajectory.hpp>
