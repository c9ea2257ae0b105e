#pragma once
#include <predcg/concepts/statistic.hpp>
#include <predcg/core/moments.hpp>
#include <predcg/core/random.hpp>

namespace predcg {

/// Computes E[s(X)] and Cov[s(X)] under a target, exactly or by sampling.
///
/// State is what persists between calls for one target (chains of a sampler; empty for exact engines);
/// the key names the call's own random stream (unused by exact engines).
template <class E, class T, class S>
concept ExpectationEngine =
    std::copyable<E> &&  // kept by value in grainer and fit
    Target<T> && Statistic<S, configuration_t<space_t<T>>> &&
    requires {
        typename E::template State<T>;
        requires std::default_initializable<typename E::template State<T>>;  // made before the first call
    } &&
    requires(const E engine, const T target, const S statistic, typename E::template State<T>& state,
             const StreamKey& key) {
        { engine.expect(target, statistic, state, key) } -> std::convertible_to<Moments>;
    };

/// Knows the target's integral. This *is* "exact": likelihoods, and Newton on them, need it.
template <class E, class T>
concept NormalisingEngine = Target<T> && requires(const E engine, const T target) {
    { engine.log_partition(target) } -> RealValue;
};

/// Knows a lower bound on log Z, and takes moments under the q that attains it: the mean of d(log
/// density)/dtheta is then the bound's derivative (Danskin), and fits climb the log-likelihood with bounds in
/// the place of log Z. Not exact: the two bounds of a likelihood have opposite signs, and their difference is
/// no bound.
template <class E, class T>
concept BoundingEngine = Target<T> && requires(const E engine, const T target) {
    { engine.lower_bound(target) } -> RealValue;
};

/// Gives moments of site values: order 1 the means, order 2 the second moments, too.
template <class E, class T>
concept SiteMomentEngine = Target<T> && requires(const E engine, const T target, int order) {
    { engine.site_moments(target, order) } -> std::convertible_to<SiteMoments>;
};

/// Draws independent exact samples: sampler(target) prepares once, its draw(rng) gives a configuration.
template <class E, class T>
concept SamplingEngine = Target<T> && requires(const E engine, const T target, Philox4x32& rng) {
    { engine.sampler(target).draw(rng) } -> std::convertible_to<configuration_t<space_t<T>>>;
};

/// State of an engine that keeps nothing between calls.
struct NoState {};

}  // namespace predcg
