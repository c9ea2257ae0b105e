#pragma once
// Molecules from rotational states: dihedral angles given the states, lengths and angles of their own.
#include <predcg/concepts/model_parts.hpp>
#include <predcg/concepts/probabilistic_map.hpp>
#include <predcg/core/linalg.hpp>
#include <predcg/geometry/internal_coordinates.hpp>
#include <predcg/models/rotamers/geometry.hpp>

#include <string>
#include <utility>
#include <vector>

namespace predcg::rotamers {

/// Cartesian configurations of an unbranched chain from the states of its m dihedral angles,
///     p(x | X, eta) = p(phi | X, eta_states) p(b, theta; eta_geometry) / |dx / d(b, theta, phi)|,
/// m + 3 sites: phi drawn by a map of states to dihedral angles, b and theta by a ChainGeometry, the sites
/// put in place by ZMatrix::chain (site 0 at the origin, site 1 on the x axis, site 2 in the plane of x and
/// y: observables of shape do not see it). The density has no factor of the Cartesian volume in b, theta,
/// phi, and what |dx / d(b, theta, phi)| is stands at ZMatrix::log_jacobian.
///
/// A FineSampler: lengths and angles are independent of X, so that nothing about X is to be learnt from
/// them, and their posterior is one of its own (GeometryPosterior), put beside the other by
/// with_independent(). eta: the map's parameters, then the geometry's. Cost of a draw O(m).
template <FineSampler States>
class MoleculeMap {
public:
    using fine_type = Points;
    using coarse_type = typename States::coarse_type;

    /// Of a map from states to m dihedral angles (a range of numbers).
    MoleculeMap(States states, ChainGeometry geometry) : states_(std::move(states)), geometry_(geometry) {}

    /// The map from states to dihedral angles.
    const States& states() const { return states_; }
    const ChainGeometry& geometry() const { return geometry_; }

    Index parameter_count() const { return state_parameters() + geometry_.parameter_count(); }
    std::vector<std::string> parameter_names() const {
        std::vector<std::string> names = names_of(states_, "eta_");
        for (std::string& name : geometry_.parameter_names()) names.push_back(std::move(name));
        return names;
    }

    /// The part of eta that belongs to the states' map.
    Vector state_part(const Vector& eta) const { return linalg::part(eta, 0, state_parameters()); }
    /// The part of eta that belongs to lengths and angles.
    Vector geometry_part(const Vector& eta) const {
        return linalg::part(eta, state_parameters(), geometry_.parameter_count());
    }

    /// A molecule. Throws ArgumentError for eta of another length, and as ChainGeometry::draw.
    template <RandomBits R>
    Points sample(const coarse_type& X, const Vector& eta, R& rng) const {
        require_equal(eta.size(), parameter_count(), "MoleculeMap::sample", "length of eta");
        const auto phi = states_.sample(X, state_part(eta), rng);
        const auto m = static_cast<Index>(phi.size());
        InternalCoordinates q = geometry_.draw(m + 3, geometry_part(eta), rng);
        q.dihedrals.resize(m);
        std::copy(phi.begin(), phi.end(), q.dihedrals.begin());
        return ZMatrix::chain(m + 3).cartesian(q);
    }

private:
    Index state_parameters() const { return states_.parameter_count(); }

    States states_;
    ChainGeometry geometry_;
};

}  // namespace predcg::rotamers
