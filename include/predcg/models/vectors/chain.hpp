#pragma once
// Unit vectors as letters: clock models, and plane vectors by quadrature.
#include <predcg/models/letters/coarse_chain.hpp>

#include <cmath>
#include <numbers>

namespace predcg::vectors {

using letters::CoarseChainSettings;
using letters::Letter;

/// Tables of unit vectors at the angles 2 pi a / q: pairs cos(phi_a - phi_b), fields cos phi and sin phi.
template <std::size_t Q>
letters::Tables circle_tables() {
    constexpr auto q = static_cast<Index>(Q);
    letters::Tables t{Matrix(q, q), Matrix(q, 2), "pair", {"field_cos", "field_sin"}};
    const auto angle = [](Index a) {
        return 2.0 * std::numbers::pi * static_cast<double>(a) / static_cast<double>(Q);
    };
    for (Index a = 0; a < q; ++a) {
        t.fields(a, 0) = std::cos(angle(a));
        t.fields(a, 1) = std::sin(angle(a));
        for (Index b = 0; b < q; ++b) t.pair(a, b) = std::cos(angle(a > b ? a - b : b - a));
    }
    return t;
}

/// Coarse chain of unit vectors X_i at the angles 2 pi a / q, a = 0..q-1 (clock model):
///     U_c = - theta_cos sum_i cos phi_i - theta_sin sum_i sin phi_i - sum_k theta_k sum_i X_i . X_{i+k}.
/// Many letters are plane vectors, O(2): the trapezoid rule, whose error falls faster than any power of 1/q,
/// like I_q(K) at a site with exponents up to K. Sums over letters are integrals over dphi/2pi times q.
template <std::size_t Q, Index Sites = dynamic>
letters::CoarseChain<Q, Sites> circle_chain(CoarseChainSettings settings = {}) {
    if constexpr (Sites != dynamic) settings.sites = Sites;
    return {settings, circle_tables<Q>()};
}

}  // namespace predcg::vectors
