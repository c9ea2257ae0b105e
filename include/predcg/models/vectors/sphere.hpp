#pragma once
// Unit vectors of space as letters, by a rule of quadrature with equal weights.
#include <predcg/models/letters/coarse_chain.hpp>

#include <array>
#include <cmath>
#include <numbers>
#include <vector>

namespace predcg::vectors {

namespace detail {
/// Heights and vectors at each height of the rule of q vectors: Chebyshev's quadrature with equal weights
/// times the trapezoid rule. Exact for polynomials of degree m - 1, m vectors at a height.
template <std::size_t Q>
std::vector<double> heights() {
    static_assert(Q == 8 || Q == 24 || Q == 48 || Q == 90,
                  "predcg: there are rules of 8, 24, 48 and 90 vectors");
    std::vector<double> z;
    const auto both = [&](double height) {
        z.push_back(-height);
        z.push_back(height);
    };
    if constexpr (Q == 8) both(0.57735026918962576);
    if constexpr (Q == 24)
        for (const double height : {0.18759247408507990, 0.79465447229176612}) both(height);
    if constexpr (Q == 48)
        for (const double height : {0.26663540151670472, 0.42251865376111153, 0.86624681810782059})
            both(height);
    if constexpr (Q == 90) {
        z.push_back(0.0);
        for (const double height :
             {0.16790618421480394, 0.52876178305787999, 0.60101865538023807, 0.91158930772843447})
            both(height);
    }
    return z;
}
}  // namespace detail

/// q unit vectors of space that average polynomials of a degree as the whole sphere does, each with the same
/// weight: q = 8 to degree 3, 24 to 5, 48 to 7, 90 to 9.
template <std::size_t Q>
std::array<std::array<double, 3>, Q> sphere_vectors() {
    const auto z = detail::heights<Q>();
    const std::size_t around = Q / z.size();
    std::array<std::array<double, 3>, Q> vectors{};
    for (std::size_t a = 0; a < Q; ++a) {
        const double height = z[a / around], radius = std::sqrt(1.0 - height * height),
                     phi = 2.0 * std::numbers::pi * static_cast<double>(a % around) /
                           static_cast<double>(around);
        vectors[a] = {radius * std::cos(phi), radius * std::sin(phi), height};
    }
    return vectors;
}

/// Tables of these vectors: pairs X . Y, fields X_x, X_y and X_z.
template <std::size_t Q>
letters::Tables sphere_tables() {
    constexpr auto q = static_cast<Index>(Q);
    const auto X = sphere_vectors<Q>();
    letters::Tables t{Matrix::Zero(q, q), Matrix(q, 3), "pair", {"field_x", "field_y", "field_z"}};
    for (Index a = 0; a < q; ++a)
        for (Index c = 0; c < 3; ++c) {
            t.fields(a, c) = X[static_cast<std::size_t>(a)][static_cast<std::size_t>(c)];
            for (Index b = 0; b <= a; ++b) {
                t.pair(a, b) += t.fields(a, c) * t.fields(b, c);
                t.pair(b, a) = t.pair(a, b);
            }
        }
    return t;
}

/// Coarse chain of unit vectors of space, O(3):
///     U_c = - sum_c theta_c sum_i X_i,c - sum_k theta_k sum_i X_i . X_{i+k},   c = x, y, z,
/// by a rule of q = 8, 24, 48 or 90 vectors. It errs by a term of the order of the degree behind the rule's
/// in each bond's exponent: at beta theta_1 = 1 log Z of a ring of 4 errs by 4e-7 for 48 vectors, 1e-9 for
/// 90, at 3 by 2e-3 and 6e-5. Sums over letters are means over the sphere times q. Costs of a transfer
/// matrix: q^2 at a site, q^3 on rings.
template <std::size_t Q, Index Sites = dynamic>
letters::CoarseChain<Q, Sites> sphere_chain(letters::CoarseChainSettings settings = {}) {
    if constexpr (Sites != dynamic) settings.sites = Sites;
    return {settings, sphere_tables<Q>()};
}

}  // namespace predcg::vectors
