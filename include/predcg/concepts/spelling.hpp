#pragma once
// What goes wrong in types that nearly meet a concept: members that are not const, integers for energies,
// vectors of another kind. A concept only says that it does not hold, and an optional member that does not
// fit is passed over.
#include <predcg/concepts/coarse_potential.hpp>
#include <predcg/concepts/fine_potential.hpp>
#include <predcg/concepts/probabilistic_map.hpp>
#include <predcg/core/moments.hpp>
#include <predcg/core/neighbours.hpp>
#include <predcg/core/random.hpp>

#include <array>
#include <type_traits>

namespace predcg::detail {

/// The configuration type of a space, which the space() of T gives; void where there is none.
template <class T>
auto configuration_of() {
    if constexpr (requires(T& t) { typename std::remove_cvref_t<decltype(t.space())>::configuration_type; })
        return std::type_identity<
            typename std::remove_cvref_t<decltype(std::declval<T&>().space())>::configuration_type>{};
    else
        return std::type_identity<void>{};
}
template <class T>
using configuration_of_t = typename decltype(configuration_of<T>())::type;

/// The letter of a configuration, as far as it can be told from it.
template <class X>
auto letter_of() {
    if constexpr (requires(const X& x) { x[std::size_t{}]; })
        return std::type_identity<std::remove_cvref_t<decltype(std::declval<const X&>()[std::size_t{}])>>{};
    else
        return std::type_identity<void*>{};
}
template <class X>
using letter_of_t = typename decltype(letter_of<X>())::type;

/// Which members can be called on a T, const or not. A: arguments that come after X, i or w, theta or none.
template <class T, class X, class... A>
constexpr auto members_of_potential() {
    using W = std::span<const letter_of_t<X>>;
    return std::array{requires(T & t){t.space();
}
, requires(T& t) { t.window(); }, requires(T& t) { t.neighbours(); },
    requires(T& t) { t.translation_invariant(); },
    requires(T& t, const X& x, const A&... a) { t.energy(x, a...); },
    requires(T& t, const X& x, Index i, letter_of_t<X> v, const A&... a) {
        t.energy_difference(x, i, v, a...);
    }, requires(T& t, const X& x, const A&... a) { t.energy_gradient(x, a...); },
    requires(T& t, const X& x, const A&... a, X& gradient) { t.energy_and_gradient(x, a..., gradient); },
    requires(T& t, const X& x, const A&... a) { t.energy_laplacian(x, a...); },
    requires(T& t, Index i, W w, const A&... a) { t.local_energy(i, w, a...); },
    requires(T& t) { t.neighbours(); }, requires(T& t, const A&... a) { t.particle_moves(a...); },
    requires(T& t, const A&... a) { t.quadratic(a...); }
};  // namespace predcg::detail
}
template <class T, class X>
constexpr auto members_with_parameters() {
    using W = std::span<const letter_of_t<X>>;
    return std::array{requires(T & t){t.parameter_count();
}
, requires(T& t) { t.parameter_names(); },
    requires(T& t) {
        { t.start() } -> VectorLike;
    },
    requires(T& t) {
        { t.scales() } -> VectorLike;
    }, requires(T& t, const Vector& theta) { t.admissible(theta); },
    requires(T& t, const Vector& theta) { t.flipped(theta); }, requires(T& t) { t.two_valued_terms(); },
    requires(T& t, const X& x) { t.features(x); }, requires(T& t, const X& x) { t.base_energy(x); },
    requires(T& t, const X& x, const Vector& theta) { t.parameter_gradient(x, theta); },
    requires(T& t, const X& x, const Vector& theta) { t.parameter_hessian(x, theta); },
    requires(T& t, Index i, W w) { t.local_features(i, w); },
    requires(T& t, Index i, W w) { t.local_base_energy(i, w); },
    requires(T& t, Index i, W w, const Vector& theta) { t.local_parameter_gradient(i, w, theta); },
    requires(T& t, Index i, W w, const Vector& theta) { t.local_parameter_hessian(i, w, theta); },
    requires(T& t, Index k) { t.feature_quadratic(k); }
}
;
}

/// Whether all members that can be called can be called on a const object.
template <class U>
constexpr bool fine_members_are_const() {
    using X = configuration_of_t<U>;
    if constexpr (std::is_void_v<X>)
        return true;  // the concept says what is missing
    else
        return members_of_potential<U, X>() == members_of_potential<const U, X>();
}
template <class U>
constexpr bool coarse_members_are_const() {
    using X = configuration_of_t<U>;
    if constexpr (std::is_void_v<X>)
        return true;
    else
        return members_of_potential<U, X, Vector>() == members_of_potential<const U, X, Vector>() &&
               members_with_parameters<U, X>() == members_with_parameters<const U, X>();
}

/// P: the prior of the map's parameters, for a maximiser that is written for some priors only.
template <class M, class Fine, class Coarse, class P>
constexpr auto members_of_map() {
    return std::array{requires(M & m){m.parameter_count();
}
, requires(M& m) { m.parameter_names(); },
    requires(M& m) {
        { m.start() } -> VectorLike;
    },
    requires(M& m) {
        { m.scales() } -> VectorLike;
    }, requires(M& m, const Fine& x) { m.prepare(x); },
    requires(M& m, const Fine& x, const Vector& eta) { m.likelihood(prepare(m, x), eta); },
    requires(M& m, const Fine& x) { m.sufficient_statistic(prepare(m, x)); },
    requires(M& m, const Fine& x) { m.coarse_size(prepare(m, x)); },
    requires(M& m, const Vector& T, double n, const Vector& eta) { m.expected_log_density(T, n, eta); },
    requires(M& m, const Coarse& X, const Vector& eta, Philox4x32& rng) { m.sample(X, eta, rng); },
    requires(M& m, letter_of_t<Coarse> letter) { m.takes(letter); },
    requires(M& m, const Vector& T, double n, const P& prior) { m.maximiser(T, n, prior); },
    requires(M& m, const Fine& x, const Vector& eta) { m.score(prepare(m, x), eta); },
    requires(M& m, const SiteMoments& moments, const Vector& eta) { m.fine_moments(moments, eta); },
    requires(M& m, Index sites, const Vector& eta) { m.conditional_moments(sites, eta); },
    requires(M& m, const Vector& v) { m.conditional_moments(v, v); }, requires(M& m) { m.fine_letters(); },
    requires(M& m, Index lags) { m.coarse_lags(lags); },
    requires(M& m, const Vector& eta) { m.flipped(eta); }, requires(M& m) { m.weak_prior(); },
    requires(M& m) { m.more_starts(); }, requires(M& m, const Vector& eta) { m.at(eta, true); },
    requires(M& m, Index k, double value) { m.natural(k, value); },
    requires(M& m, Index k, double value) { m.unconstrained(k, value); },
    requires(M& m) { m.natural_names(); }
}
;
}
template <class F, class X>
constexpr auto members_of_factor() {
    using L = letter_of_t<X>;
    return std::array{requires(F & f, const X& x){f.log_density(x);
}
, requires(F& f) { f.window(); },
    requires(F& f, Index i, std::span<const L> w) { f.local_log_density(i, w); },
    requires(F& f, const X& x, Index i, L v) { f.log_density_difference(x, i, v); },
    requires(F& f, const X& x) { f.log_density_gradient(x); }, requires(F& f) { f.quadratic(); },
    requires(F& f) { f.observed(); }, requires(F& f) { f.neighbours(); },
    requires(F& f) { f.translation_invariant(); }, requires(F& f, Index i) { f.site_class(i); },
    requires(F& f) { f.class_count(); }
}
;
}
/// The likelihood of a map's, as a type with the member ::type; of void where it cannot be called.
template <class M>
auto factor_of() {
    if constexpr (requires(const M& m, const typename M::fine_type& x, const Vector& eta) {
                      m.likelihood(prepare(m, x), eta);
                  })
        return std::type_identity<std::remove_cvref_t<decltype(std::declval<const M&>().likelihood(
            prepare(std::declval<const M&>(), std::declval<const typename M::fine_type&>()),
            std::declval<const Vector&>()))>>{};
    else
        return std::type_identity<void>{};
}

/// As above, and so for the likelihood that a map returns. P: the prior of its parameters.
template <class M, class P>
constexpr bool map_members_are_const() {
    if constexpr (requires {
                      typename M::fine_type;
                      typename M::coarse_type;
                  }) {
        using Fine = typename M::fine_type;
        using Coarse = typename M::coarse_type;
        if constexpr (members_of_map<M, Fine, Coarse, P>() != members_of_map<const M, Fine, Coarse, P>()) {
            return false;
        } else if constexpr (!std::is_void_v<typename decltype(factor_of<M>())::type>) {
            using F = typename decltype(factor_of<M>())::type;
            return members_of_factor<F, Coarse>() == members_of_factor<const F, Coarse>();
        }
    }
    return true;
}

/// features(X) or parameter_gradient(X, theta) is there, but no column vector of doubles.
template <class U>
constexpr bool has_derivatives_of_another_type() {
    using X = configuration_of_t<U>;
    if constexpr (std::is_void_v<X>) {
        return false;
    } else {
        if constexpr (requires(const U& u, const X& x) { u.features(x); })
            if constexpr (!VectorLike<decltype(std::declval<const U&>().features(std::declval<const X&>()))>)
                return true;
        if constexpr (requires(const U& u, const X& x, const Vector& theta) {
                          u.parameter_gradient(x, theta);
                      })
            if constexpr (!VectorLike<decltype(std::declval<const U&>().parameter_gradient(
                              std::declval<const X&>(), std::declval<const Vector&>()))>)
                return true;
        return false;
    }
}

/// An energy at theta or a difference of such is an integer: what lies behind the point is lost.
template <class U>
constexpr bool has_integral_energy() {
    using X = configuration_of_t<U>;
    if constexpr (std::is_void_v<X>) {
        return false;
    } else {
        if constexpr (requires(const U& u, const X& x, const Vector& theta) { u.energy(x, theta); })
            if constexpr (std::is_integral_v<std::remove_cvref_t<decltype(std::declval<const U&>().energy(
                              std::declval<const X&>(), std::declval<const Vector&>()))>>)
                return true;
        if constexpr (requires(const U& u, const X& x, Index i, letter_of_t<X> v, const Vector& theta) {
                          u.energy_difference(x, i, v, theta);
                      })
            if constexpr (std::is_integral_v<
                              std::remove_cvref_t<decltype(std::declval<const U&>().energy_difference(
                                  std::declval<const X&>(), Index{}, std::declval<letter_of_t<X>>(),
                                  std::declval<const Vector&>()))>>)
                return true;
        return false;
    }
}

}  // namespace predcg::detail
