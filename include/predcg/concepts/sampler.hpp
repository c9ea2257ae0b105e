#pragma once
#include <predcg/concepts/target.hpp>

namespace predcg {

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

}  // namespace predcg
