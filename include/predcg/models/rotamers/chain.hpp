#pragma once
// Chains of rotational states: trans and gauche (P. J. Flory, Statistical Mechanics of Chain Molecules,
// 1969).
#include <predcg/models/letters/coarse_chain.hpp>

#include <string>
#include <utility>
#include <vector>

namespace predcg::rotamers {

using letters::Letter;

inline constexpr Letter trans = 0;         ///< Dihedral near pi.
inline constexpr Letter gauche_plus = 1;   ///< Dihedral near +pi/3.
inline constexpr Letter gauche_minus = 2;  ///< Dihedral near -pi/3.

/// Sites and terms of a chain.
struct CoarseChainSettings {
    Index sites = 7;                 ///< dihedrals: three fewer than backbone sites
    bool same = true;                ///< E_same
    bool opposite = true;            ///< E_opposite
    bool second_neighbours = false;  ///< E_same_2 and E_opposite_2
};

namespace detail {
/// 1 where two letters are gauche and equal (same), or gauche and unequal.
inline Matrix pair_table(bool same) {
    Matrix g = Matrix::Zero(3, 3);
    for (const Letter a : {gauche_plus, gauche_minus})
        for (const Letter b : {gauche_plus, gauche_minus}) g(a, b) = (a == b) == same ? 1.0 : 0.0;
    return g;
}
}  // namespace detail

/// Open chain of states t, g+ and g- with energies above all-trans,
///     U_c = E_gauche N(g) + E_same N(g+g+, g-g-) + E_opposite N(g+g-, g-g+)
///           [+ E_same_2 and E_opposite_2 times the same of second neighbours],
/// in the user's unit (kJ/mol with beta in mol/kJ). Flory's statistical weights are sigma = exp(-beta
/// E_gauche), psi = exp(-beta E_same), omega = exp(-beta E_opposite). Which terms there are is the model:
/// without same and opposite states are independent. g+ and g- are alike to the chain. Throws ArgumentError
/// for sites that are too few for the terms: 1, 2 or 3.
template <Index Sites = dynamic>
letters::CoarseChain<3, Sites> chain(CoarseChainSettings settings = {}) {
    if constexpr (Sites != dynamic) settings.sites = Sites;
    letters::Terms terms;
    // The chain's terms are energies with a minus sign.
    terms.sites = {{"E_gauche", Vector{{0.0, -1.0, -1.0}}}};
    const auto add = [&](bool wanted, const char* name, bool same, Index lag) {
        if (wanted) terms.pairs.push_back({name, -detail::pair_table(same), lag});
    };
    add(settings.same, "E_same", true, 1);
    add(settings.opposite, "E_opposite", false, 1);
    add(settings.second_neighbours, "E_same_2", true, 2);
    add(settings.second_neighbours, "E_opposite_2", false, 2);
    return {settings.sites, Boundary::open, std::move(terms)};
}

}  // namespace predcg::rotamers
