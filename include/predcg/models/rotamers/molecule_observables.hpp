#pragma once
// What is counted in molecules, by the nearest rotational states.
#include <predcg/geometry/observables.hpp>
#include <predcg/models/rotamers/observables.hpp>

#include <cmath>
#include <vector>

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

    /// N_gauche, N_same, N_opposite: Counts of the nearest states.
    template <ReadableCoordinates X>
    Vector operator()(const X& configuration) const {
        const Vector angles = dihedrals_(configuration);
        std::vector<Letter> states;
        for (const double phi : angles) states.push_back(nearest_state(phi));
        return Counts{}(states);
    }

private:
    DihedralAngles dihedrals_;
};

/// Mean bond angle, in radians, of inner angles with 0, 1 and 2 gauche states beside them (nearest states),
/// over a data set: a statistic for predictive_checks, that tells whether angles open where the chain turns.
/// NaN where a data set has no such angle.
class AnglesBesideGauche {
public:
    /// Of an unbranched chain. Throws ArgumentError for sites < 5.
    explicit AnglesBesideGauche(Index sites)
        : angles_(BondAngles::chain(sites)), dihedrals_(DihedralAngles::chain(sites)) {
        require(sites >= 5, "AnglesBesideGauche", "sites", sites, "an integer >= 5");
    }

    /// Of any range of whole molecules.
    template <class Data>
    Vector mean(const Data& data) const {
        Vector sum = Vector::Zero(3), count = Vector::Zero(3);
        for (const auto& x : data) {
            const Vector theta = angles_(x), phi = dihedrals_(x);
            for (Index i = 1; i + 1 < theta.size(); ++i) {
                const Index beside = (nearest_state(phi[i - 1]) != trans) + (nearest_state(phi[i]) != trans);
                sum[beside] += theta[i];
                count[beside] += 1.0;
            }
        }
        return sum.cwiseQuotient(count);
    }

private:
    BondAngles angles_;
    DihedralAngles dihedrals_;
};

}  // namespace predcg::rotamers
