#pragma once
// One site a molecule, as a deterministic map.
#include <predcg/concepts/deterministic_map.hpp>
#include <predcg/geometry/whole_molecules.hpp>

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace predcg {

/// X_r = sum_i m_i x_{r i} / sum_i m_i over the m sites of molecule r, in nm: n sites become n / m, molecules
/// of the same m sites one after the other.
///
/// A molecule must be whole: its centre is that of the places as they stand, not of images. Either data are
/// whole already (WholeMolecules), or the map makes them so, in a box that does not change. Centres keep the
/// image of their molecules and may lie outside the box; energies by nearest images do not mind, and
/// PeriodicSpace::wrapped brings them back. Costs O(n).
class CentreOfMass {
public:
    using fine_type = Points;
    using coarse_type = Points;

    /// Of whole molecules, with the masses of the sites of one, in any unit. Throws ArgumentError for no
    /// masses, and for ones that are not positive.
    explicit CentreOfMass(std::vector<double> masses) : masses_(std::move(masses)) {
        require(!masses_.empty(), "CentreOfMass", "number of masses", 0, "an integer >= 1");
        for (const double mass : masses_) require_positive(mass, "CentreOfMass", "mass");
    }

    /// Of molecules that the box may have cut: they are made whole first. Throws ArgumentError as above, and
    /// for a triclinic box.
    CentreOfMass(std::vector<double> masses, WholeMolecules whole, const Box& box)
        : CentreOfMass(std::move(masses)) {
        static_cast<void>(MinimumImage(box));
        whole_ = std::pair(std::move(whole), box);
    }

    /// Sites of one molecule.
    Index sites_per_molecule() const { return static_cast<Index>(masses_.size()); }

    /// Throws ArgumentError for a number of sites that is no multiple of those of a molecule, and for places
    /// that are not finite.
    Points operator()(const Points& x) const {
        for (const Point& site : x)
            for (const double coordinate : site) require_finite(coordinate, "CentreOfMass", "coordinate");
        return centres_of_mass(whole_ ? whole_->first(x, whole_->second) : x, masses_);
    }

private:
    std::vector<double> masses_;
    std::optional<std::pair<WholeMolecules, Box>> whole_{};
};

}  // namespace predcg
