#pragma once
// Dihedral angles given rotational states.
#include <predcg/maps/von_mises_map.hpp>
#include <predcg/models/rotamers/chain.hpp>

#include <numbers>
#include <vector>

namespace predcg::rotamers {

/// Dihedral angles (radians, trans = pi) around those of their states,
///     t: von Mises(pi, kappa_t),  g+-: von Mises(+-phi_g, kappa_g),  eta = (log_kappa_t, log_kappa_g,
///     phi_g).
/// Its weak_prior(): log kappa ~ N(2, 1.5^2), phi_g ~ N(1.2, 0.3^2) restricted to (0, pi). (g+, g-, phi_g)
/// and (g-, g+, -phi_g) are the same density: that phi_g > 0 says which is which.
template <class Fine = Vector>
VonMisesMap<Fine, std::vector<Letter>> von_mises_map() {
    return VonMisesMap<Fine, std::vector<Letter>>(VonMises(
        {.letters = {{.concentration = 0, .offset = std::numbers::pi},
                     {.concentration = 1, .sign = 1.0},
                     {.concentration = 1, .sign = -1.0}},
         .concentrations = {{.name = "log_kappa_t", .mean = 2.0, .sd = 1.5},
                            {.name = "log_kappa_g", .mean = 2.0, .sd = 1.5}},
         .angles = {{.name = "phi_g", .mean = 1.2, .sd = 0.3, .lower = 0.0, .upper = std::numbers::pi}}}));
}

}  // namespace predcg::rotamers
