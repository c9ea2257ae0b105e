#pragma once
#include <predcg/models/letters/coarse_chain.hpp>

namespace predcg::potts {

using letters::CoarseChainSettings;
using letters::Letter;

/// Tables of letters that are equal or not: pairs [a == b], a field for every letter but letter 0, from which
/// the others are counted (a field on all letters alike changes no density).
template <std::size_t Q>
letters::Tables tables() {
    static_assert(Q >= 2, "predcg: a Potts chain has two letters or more");
    constexpr auto q = static_cast<Index>(Q);
    letters::Tables t{Matrix::Zero(q, q), Matrix::Zero(q, q - 1), "equal", {}};
    for (Index a = 0; a < q; ++a) t.pair(a, a) = 1.0;
    for (Index a = 1; a < q; ++a) {
        t.fields(a, a - 1) = 1.0;
        t.field_names.push_back("field_" + to_text(a));
    }
    return t;
}

/// Coarse Potts chain of letters 0..q-1:
///     U_c = - sum_{a=1..q-1} theta_field_a sum_i [X_i == a] - sum_{k=1..L_c} theta_equal_k sum_i [X_i ==
///     X_{i+k}].
/// Potts, Proc. Camb. Phil. Soc. 48 (1952) 106.
template <std::size_t Q, Index Sites = dynamic>
letters::CoarseChain<Q, Sites> coarse_chain(CoarseChainSettings settings = {}) {
    if constexpr (Sites != dynamic) settings.sites = Sites;
    return {settings, tables<Q>()};
}

/// Fine Potts chain: the same energy at known parameters, fields first.
template <std::size_t Q, Index Sites = dynamic>
letters::FineChain<Q, Sites> chain(CoarseChainSettings settings, Vector theta) {
    return {coarse_chain<Q, Sites>(settings), std::move(theta)};
}

}  // namespace predcg::potts
