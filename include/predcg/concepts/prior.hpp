#pragma once
#include <predcg/core/types.hpp>

#include <concepts>
#include <vector>

namespace predcg {

/// A density of one block of parameters in unconstrained coordinates z: z = beta theta_c / s_c for the coarse
/// potential, z = eta / s_m for the map.
///
///     double log_density(const Vector& z) const;    // -infinity outside the support
///     Vector gradient(const Vector& z) const;       // of log_density, inside the support
///     Matrix hessian(const Vector& z) const;
///     bool proper() const;                          // integrates to one
///     double lower_bound() const;                   // optional: support is z_k >= lower_bound()
///     P selected(const std::vector<Index>&) const;  // optional: of some z_k; else all z_k are alike
template <class P>
concept BlockPrior = std::copyable<P> && requires(const P prior, const Vector& z) {
    { prior.log_density(z) } -> RealValue;
    { prior.gradient(z) } -> VectorLike;
    { prior.hessian(z) } -> MatrixLike;
    { prior.proper() } -> std::convertible_to<bool>;
};

/// Its support is z_k >= lower_bound(): `double lower_bound() const`.
template <class P>
concept HasLowerBound = requires(const P prior) {
    { prior.lower_bound() } -> RealValue;
};

/// Says which prior some of the z_k have: `P selected(const std::vector<Index>& places) const`.
template <class P>
concept SelectsPlaces = requires(const P prior, const std::vector<Index>& places) {
    { prior.selected(places) } -> std::convertible_to<P>;
};

/// A density of z = (beta theta_c / s_c, eta / s_m) together: `coarse` and `map` blocks that are independent.
template <class P>
concept Prior = std::copyable<P> && requires(const P prior) {
    prior.coarse;
    requires BlockPrior<std::remove_cvref_t<decltype(prior.coarse)>>;
    prior.map;
    requires BlockPrior<std::remove_cvref_t<decltype(prior.map)>>;
};

}  // namespace predcg
