#pragma once
// What is counted in chains of rotational states.
#include <predcg/geometry/observables.hpp>
#include <predcg/models/rotamers/chain.hpp>

#include <cmath>

namespace predcg::rotamers {

/// The state whose angle, of 180, 60 and -60 degrees, is nearest to a dihedral angle.
inline Letter nearest_state(double phi) {
    constexpr double third = 2.0943951023931955;  // 120 degrees
    const double inside = std::remainder(phi, 3.0 * third);
    return std::abs(inside) > third ? trans : inside > 0.0 ? gauche_plus : gauche_minus;
}

/// Number of gauche states of a chain molecule, of neighbours g+g+ and g-g-, and of neighbours g+g- and g-g+,
/// states being the nearest ones: the same of a trajectory and of what a model draws, and not quite those
/// of the hidden states. Takes whole molecules of four sites or more.
class GaucheCounts {
public:
    /// Of an unbranched chain. Throws ArgumentError for sites < 4.
    explicit GaucheCounts(Index sites) : dihedrals_(DihedralAngles::chain(sites)) {}

    /// Number of values.
    Index size() const { return 3; }

    /// N_gauche, N_same, N_opposite.
    template <ReadableCoordinates X>
    Vector operator()(const X& configuration) const {
        Vector counts = Vector::Zero(3);
        Letter before = trans;
        const Vector angles = dihedrals_(configuration);
        for (const double phi : angles) {
            const Letter state = nearest_state(phi);
            if (state != trans) {
                counts[0] += 1.0;
                if (before != trans) counts[before == state ? 1 : 2] += 1.0;
            }
            before = state;
        }
        return counts;
    }

private:
    DihedralAngles dihedrals_;
};

}  // namespace predcg::rotamers
