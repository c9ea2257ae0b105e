#pragma once
#include <predcg/concepts/target.hpp>

namespace predcg {

namespace detail {
/// A kernel that tunes itself: `State` is what it remembers of one chain.
template <class K>
concept HasKernelState = requires { typename K::State; };
}  // namespace detail

/// A kernel that leaves a target invariant: advance(target, X, rng) moves X. Exact draws are kernels, too:
/// they ignore the old X.
///
/// Optional, for many moves under one target: `auto setup(target)` makes tables once, and
/// `advance_with(made, X, rng)` uses them. A kernel that tunes itself has a default-constructible
/// `State`, takes it as further argument before rng in both, and has adapt_with of the same arguments:
/// a move that tunes, made during warm-up only.
template <class K, class T>
concept Sampler =
    std::copyable<K> && Target<T> &&
    (
        requires(const K kernel, const T target, configuration_t<space_t<T>>& X, Philox4x32& rng) {
            kernel.advance(target, X, rng);
        } || requires(const K kernel, const T target, configuration_t<space_t<T>>& X,
                      typename K::State& state, Philox4x32& rng) { kernel.advance(target, X, state, rng); });

namespace detail {
/// Makes tables once for many moves under one target: `auto setup(const T& target) const`.
template <class K, class T>
concept SetsUp = requires(const K kernel, const T& target) { kernel.setup(target); };
template <class K, class T>
using setup_t = decltype(std::declval<const K&>().setup(std::declval<const T&>()));
/// Moves X by what setup made: `advance_with(made, X, rng)`, of a kernel with a State `(made, X, state,
/// rng)`.
template <class K, class T>
concept AdvancesWith =
    requires(const K kernel, setup_t<K, T>& made, configuration_t<space_t<T>>& X, Philox4x32& rng) {
        kernel.advance_with(made, X, rng);
    } || requires(const K kernel, setup_t<K, T>& made, configuration_t<space_t<T>>& X,
                  typename K::State& state, Philox4x32& rng) { kernel.advance_with(made, X, state, rng); };
/// Has adapt_with, one function or one of any generator.
template <class K>
concept ClaimsAdapt = requires { &K::adapt_with; } || requires { &K::template adapt_with<Philox4x32>; };
/// Moves and tunes itself: `adapt_with(made, X, state, rng)`, as advance_with.
template <class K, class T>
concept Adapts =
    HasKernelState<K> && SetsUp<K, T> &&
    requires(const K kernel, setup_t<K, T>& made, configuration_t<space_t<T>>& X, typename K::State& state,
             Philox4x32& rng) { kernel.adapt_with(made, X, state, rng); };
}  // namespace detail

}  // namespace predcg
