#pragma once
// Exact mean squares of end-to-end distance and radius of gyration of a chain of rotational states.
#include <predcg/chains/shape.hpp>
#include <predcg/concepts/target.hpp>
#include <predcg/core/error.hpp>
#include <predcg/models/rotamers/geometry.hpp>
#include <predcg/models/rotamers/molecule_map.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <vector>

namespace predcg::rotamers {

/// Averages of a dihedral angle in one state.
struct TurnMoments {
    double cosine = 0.0;  ///< E[cos phi]
    double sine = 0.0;    ///< E[sin phi]
};

/// Mean squares over conformations, in nm^2.
struct ChainDimensions {
    Index bonds = 0;                  ///< n
    double squared_end_to_end = 0.0;  ///< <R_ee^2>
    double squared_gyration = 0.0;    ///< <R_g^2>, all masses equal
    double squared_length = 0.0;      ///< <b^2>

    /// C_n = <R_ee^2> / (n <b^2>).
    double characteristic_ratio() const {
        return squared_end_to_end / (static_cast<double>(bonds) * squared_length);
    }
};

namespace detail {

/// What is known of the sites 0..k of a chain, averaged and times a weight, in the frame of the last bond:
/// x along it, y in the plane of it and the one before, z = x cross y. Linear: weights add up.
struct Walk {
    double weight = 0.0;
    Eigen::Vector3d to_last = Eigen::Vector3d::Zero();      // from site 0 to site k
    double squared_to_last = 0.0;                           // its square
    Eigen::Vector3d all_to_last = Eigen::Vector3d::Zero();  // the same of all sites before k, summed
    double squared_all_to_last = 0.0;
    double pairs = 0.0;  // squared distances of all pairs, summed

    void add(double factor, const Walk& other) {
        weight += factor * other.weight;
        to_last += factor * other.to_last;
        squared_to_last += factor * other.squared_to_last;
        all_to_last += factor * other.all_to_last;
        squared_all_to_last += factor * other.squared_all_to_last;
        pairs += factor * other.pairs;
    }
    void divide(double by) {
        Walk scaled;
        scaled.add(1.0 / by, *this);
        *this = scaled;
    }

    /// One bond more, behind an angle and a dihedral that are independent of all before. `sites`: k + 1.
    Walk next(Index sites, const LinkMoments& link, const TurnMoments& turn) const {
        // Components in the frame of the new bond from those in the old one.
        Eigen::Matrix3d into;
        into << -link.cosine, link.sine * turn.cosine, link.sine * turn.sine,  //
            -link.sine, -link.cosine * turn.cosine, -link.cosine * turn.sine,  //
            0.0, -turn.sine, turn.cosine;
        const auto carried = [&](const Eigen::Vector3d& v) {
            Eigen::Vector3d w;
            for (Index i = 0; i < 3; ++i) w[i] = into(i, 0) * v[0] + into(i, 1) * v[1] + into(i, 2) * v[2];
            return w;
        };
        const auto count = static_cast<double>(sites);
        Walk after;
        after.weight = weight;
        after.to_last = carried(to_last);
        after.squared_to_last =
            squared_to_last + 2.0 * link.length * after.to_last[0] + link.squared_length * weight;
        after.all_to_last = carried(all_to_last);
        after.squared_all_to_last = squared_all_to_last + 2.0 * link.length * after.all_to_last[0] +
                                    count * link.squared_length * weight;
        after.to_last[0] += link.length * weight;
        after.all_to_last[0] += count * link.length * weight;
        after.pairs = pairs + after.squared_all_to_last;
        return after;
    }
};

}  // namespace detail

/// Mean squares of a chain of m + 3 sites whose m dihedral angles are independent given their letters, of
/// averages `turns`, one for each letter, and whose letters have the density `states`, an open ChainTarget;
/// lengths and angles are independent of all, of averages `link`. Exact: given the letters every bond turns
/// independently of those before, so that averages of vectors and their squares are carried from bond to bond
/// by matrices, and a transfer matrix sums over the letters. The generator matrices of Flory, Statistical
/// Mechanics of Chain Molecules (1969) ch. IV; Flory, Macromolecules 7 (1974) 381.
///
/// Cost O(m q^w), w the width of the target's window. Throws ArgumentError for a ring, and for another number
/// of turns than letters; NumericalError where every configuration is forbidden.
template <ChainTarget T>
ChainDimensions chain_dimensions(const T& states, const std::vector<TurnMoments>& turns,
                                 const LinkMoments& link) {
    constexpr auto function = "chain_dimensions";
    const predcg::detail::ChainShape shape =
        predcg::detail::chain_shape(states.space(), states.window(), function);
    require(!shape.periodic, function, "boundary", "periodic", "open");
    require_equal(static_cast<Index>(turns.size()), shape.letters, function, "number of turns",
                  "the number of letters");
    detail::Walk bond;
    bond.weight = 1.0;
    bond = bond.next(1, link, {});          // from site 0 alone
    bond = bond.next(2, link, {1.0, 0.0});  // in any plane
    std::vector<detail::Walk> walks(static_cast<std::size_t>(shape.states), bond), after;
    predcg::detail::WindowLetters<letter_t<space_t<T>>> letters;
    std::vector<double> log_weights(static_cast<std::size_t>(shape.codes()));
    for (Index i = 0; i < shape.sites; ++i) {
        const Index step = shape.code_step(i);
        double largest = -HUGE_VAL;
        predcg::detail::windows_of(shape, states.space(), i, letters, [&](Index code, auto window) {
            const double log_weight = states.local_log_density(i, window);
            log_weights[static_cast<std::size_t>(code)] = log_weight;
            largest = std::max(largest, log_weight);
        });
        after.assign(walks.size(), {});
        for (Index code = 0; code < shape.codes() && largest > -HUGE_VAL; code += step) {
            // The window's first letter is that of this dihedral, and is not needed any more.
            const detail::Walk& before = walks[static_cast<std::size_t>(code / shape.letters)];
            if (before.weight == 0.0) continue;
            after[static_cast<std::size_t>(code % shape.states)].add(
                std::exp(log_weights[static_cast<std::size_t>(code)] - largest),
                before.next(i + 3, link, turns[static_cast<std::size_t>(code / shape.states)]));
        }
        double total = 0.0;
        for (const detail::Walk& walk : after) total += walk.weight;
        if (!(total > 0.0 && std::isfinite(total)))
            throw NumericalError("chain_dimensions: every configuration is forbidden, or weights underflow");
        for (detail::Walk& walk : after) walk.divide(total);
        walks.swap(after);
    }
    detail::Walk sum;
    for (const detail::Walk& walk : walks) sum.add(1.0, walk);
    const Index sites = shape.sites + 3;
    return {sites - 1, sum.squared_to_last, sum.pairs / static_cast<double>(sites * sites),
            link.squared_length};
}

/// The same of the molecules that a map makes from states of that density, at parameters eta of the map; the
/// density of a dihedral angle says its averages, density().mean_direction(letter, eta) as VonMises does.
/// Throws ArgumentError as above and as ChainGeometry::moments.
template <ChainTarget T, class States>
ChainDimensions chain_dimensions(const T& states, const MoleculeMap<States>& map, const Vector& eta) {
    const Vector own = map.state_part(eta);
    std::vector<TurnMoments> turns;
    for (Index a = 0; a < map.states().density().letters(); ++a) {
        const Vector direction = map.states().density().mean_direction(a, own);
        turns.push_back({direction[0], direction[1]});
    }
    return chain_dimensions(states, turns, map.geometry().moments(map.geometry_part(eta)));
}

}  // namespace predcg::rotamers
