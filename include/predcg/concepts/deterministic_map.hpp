#pragma once
#include <predcg/concepts/configuration_space.hpp>
#include <predcg/core/site_letters.hpp>

#include <concepts>
#include <type_traits>
#include <utility>

namespace predcg {

/// X = xi(x): how a fine configuration is coarse-grained where X is no latent variable.
///
///     struct MyMap {
///         using fine_type = ...;  using coarse_type = ...;
///         coarse_type operator()(const fine_type& x) const;           // either the one X of x,
///         SiteLetters<Letter> operator()(const fine_type& x) const;   // or letters, where there can be ties
///         double log_preimages(const coarse_type& X) const;           // optional: log of the number of x
///     };                                                              // with xi(x) = X, tied ones in part
template <class M>
concept DeterministicMap = std::copyable<M> && requires {
    typename M::fine_type;    // what data are
    typename M::coarse_type;  // must be the coarse space's configuration
} && requires(const M map, const typename M::fine_type& x) {
    map(x);
    requires std::same_as<std::remove_cvref_t<decltype(map(x))>, typename M::coarse_type> ||
                 detail::is_site_letters<std::remove_cvref_t<decltype(map(x))>>;
};

/// What a map says of one datum: its coarse_type, or SiteLetters.
template <DeterministicMap M>
using image_t =
    std::remove_cvref_t<decltype(std::declval<const M&>()(std::declval<const typename M::fine_type&>()))>;

/// Knows log Omega(X), the number of x that are mapped to X: `double log_preimages(const coarse_type&)
/// const`.
template <class M>
concept HasPreimages = DeterministicMap<M> && requires(const M map, const typename M::coarse_type& X) {
    { map.log_preimages(X) } -> RealValue;
};

}  // namespace predcg
