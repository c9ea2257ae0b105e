#pragma once
#include <predcg/core/compiler.hpp>

#include <type_traits>
#include <utility>

namespace predcg {

/// Two engines where one is asked for: `latent` for q(X|x), datum by datum, `coarse` for p_c. Examples:
/// different sample sizes, or samples of q with an exact p_c.
template <class Latent, class Coarse>
struct EngineRoles {
    Latent latent;  ///< The engine for q(X given x).
    Coarse coarse;
};
/// The types of the engines follow.
template <class Latent, class Coarse>
EngineRoles(Latent, Coarse) -> EngineRoles<Latent, Coarse>;

/// What knows X: a factor that is zero for all X but one has observed(), a configuration.
template <class F>
concept ObservedFactor = requires(const F factor) { factor.observed(); };

namespace detail {

/// Whether an engine is two, one for each role.
template <class E>
inline constexpr bool has_roles = false;
/// EngineRoles is.
template <class Latent, class Coarse>
inline constexpr bool has_roles<EngineRoles<Latent, Coarse>> = true;

/// The engine for q(X|x): itself, unless it has roles.
template <class E>
const auto& latent_engine(const E& engine) {
    if constexpr (has_roles<E>)
        return engine.latent;
    else
        return engine;
}

/// The engine for p_c: itself, unless it has roles.
template <class E>
const auto& coarse_engine(const E& engine) {
    if constexpr (has_roles<E>)
        return engine.coarse;
    else
        return engine;
}

/// The engine for q(X given x): the only one, or that of its role.
template <class E>
using latent_engine_t = std::remove_cvref_t<decltype(latent_engine(std::declval<const E&>()))>;
/// The engine for p_c: the only one, or that of its role.
template <class E>
using coarse_engine_t = std::remove_cvref_t<decltype(coarse_engine(std::declval<const E&>()))>;

}  // namespace detail

}  // namespace predcg
