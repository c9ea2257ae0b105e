#pragma once
#include <predcg/concepts/target.hpp>

namespace predcg {

/// A kernel that leaves a target invariant: advance(target, X, rng) moves X. Exact draws are kernels,
/// too: they ignore the old X.
template <class K, class T>
concept Sampler = Target<T> &&
    requires(const K kernel, const T target, configuration_t<target_space_t<T>>& X, Philox4x32& rng) {
    kernel.advance(target, X, rng);
};

}  // namespace predcg
