#pragma once
// What an engine is asked for, and what else it may offer: each optional member has a concept of its own.
#include <predcg/concepts/statistic.hpp>
#include <predcg/core/moments.hpp>
#include <predcg/core/random.hpp>

#include <concepts>
#include <vector>

namespace predcg {

/// Computes E[s(X)] and Cov[s(X)] under a target, exactly or by sampling: all that an engine must do.
///
/// State is what persists between calls for one target (chains of a sampler; empty for exact engines);
/// the key names the call's own random stream (unused by exact engines).
///
///     struct MyEngine {
///         template <class T> using State = NoState;
///         Moments expect(const T& target, const S& statistic, State<T>& state, const StreamKey& key) const;
///         double log_partition(const T& target) const;    // if it knows it: then fits are exact, and the
///     };                                                  // Moments of expect must have log_partition, too
///
/// Batches of targets (engines/batch.hpp) are done one by one, unless the engine has expect_batch.
template <class E, class T, class S>
concept ExpectationEngine = std::copyable<E> &&  // kept by value in grainer and fit
                            Target<T> && Statistic<S, configuration_t<space_t<T>>> &&
                            requires {
                                typename E::template State<T>;
                                requires std::default_initializable<typename E::template State<T>>;
                            } &&
                            requires(const E engine, const T target, const S statistic,
                                     typename E::template State<T>& state, const StreamKey& key) {
                                {
                                    engine.expect(target, statistic, state, key)
                                } -> std::convertible_to<Moments>;
                            };

/// State of an engine that keeps nothing between calls.
struct NoState {};

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

/// Knows log Z or a bound on it.
template <class E, class T>
concept PartitionOrBound = NormalisingEngine<E, T> || BoundingEngine<E, T>;

/// Gives moments of site values: order 1 the means, order 2 the second moments, too. Exact predictions.
template <class E, class T>
concept SiteMomentEngine = Target<T> && requires(const E engine, const T target, int order) {
    { engine.site_moments(target, order) } -> std::convertible_to<SiteMoments>;
};

/// The same along a chain: every x belongs to a window of X, from which the moments of all that belong there
/// follow. x of different windows are independent given X.
template <class G, class Letter>
concept ChainConditionalMoments =
    HasWindow<G> && requires(const G given, Index i, std::span<const Letter> w) {
        { given.size() } -> std::convertible_to<Index>;
        { given.sites_of(i) } -> std::convertible_to<SiteRange>;    // which x belong to window i
        { given.local(i, w) } -> std::convertible_to<SiteMoments>;  // their moments, the whole matrix
    };

/// Gives second moments of sites so many lags apart at most, < 0 for all: exact predictions that keep a band.
template <class E, class T>
concept BandMomentEngine = Target<T> && requires(const E engine, const T target, int order, Index lags) {
    { engine.site_moments(target, order, lags) } -> std::convertible_to<SiteMoments>;
};

/// Gives moments of x = E over X of what they are given X. Exact predictions of maps that are not linear in
/// X.
template <class E, class T, class G>
concept MixedMomentEngine = Target<T> && requires(const E engine, const T target, const G given, int order) {
    { engine.site_moments(target, given, order) } -> std::convertible_to<SiteMoments>;
};

/// Gives P(X_i = a, X_j = b), q x q, letters in the order of values(): latent_marginals.
template <class E, class T>
concept PairMarginalEngine = Target<T> && requires(const E engine, const T target, Index i, Index j) {
    { engine.two_point(target, i, j) } -> MatrixLike;
};

/// Draws independent exact samples: sampler(target) prepares once, its draw(rng) gives a configuration.
/// Optional: draw_many(count, stream_of) gives those of draw with the streams stream_of(0), stream_of(1),
/// ...; a const draw may be called by several threads. generate uses both.
template <class E, class T>
concept SamplingEngine = Target<T> && requires(const E engine, const T target, Philox4x32& rng) {
    { engine.sampler(target).draw(rng) } -> std::convertible_to<configuration_t<space_t<T>>>;
};

/// Draws along a Markov chain: chain_sampler(target), its draw(rng) as above. Predictions without exact
/// draws.
template <class E, class T>
concept ChainSamplingEngine = Target<T> && requires(const E engine, const T target, Philox4x32& rng) {
    { engine.chain_sampler(target).draw(rng) } -> std::convertible_to<configuration_t<space_t<T>>>;
};

/// Moves configurations by a Markov kernel of its own: kernel(). The exchange algorithm.
template <class E>
concept KernelEngine = requires(const E engine) { engine.kernel(); };

/// Averages over a number of samples that can be changed: settings().samples, with_samples(n).
template <class E>
concept ResizableEngine = requires(const E engine, Index samples) {
    { engine.settings().samples } -> std::convertible_to<Index>;
    { engine.with_samples(samples) } -> std::convertible_to<E>;
};

// Optional members of engines.

namespace detail {

/// Takes batches only: keeps a `BatchState` for each target, in the place of State<T> of the whole one.
template <class E>
concept HasBatchState = requires { typename E::BatchState; };
/// Such an engine says that it knows log Z of each target: `static constexpr bool normalises_batches = true`.
template <class E>
concept NormalisesBatches = requires { requires E::normalises_batches; };
/// Says how many data one call of expect_batch should take: `Index chunk(const Batch&) const`.
template <class E, class B>
concept HasChunk = requires(const E engine, const B& batch) {
    { engine.chunk(batch) } -> std::convertible_to<Index>;
};
/// Keeps to a number of bytes that can be set: `double memory_limit`, a public datum.
template <class E>
concept HasMemoryLimit = requires(E engine) {
    { engine.memory_limit } -> std::same_as<double&>;
};
template <class E, class T, class S>
concept ClaimsForOneCall = requires(const E engine, const T& target, const S& statistic, Index samples) {
    engine.for_one_call(target, statistic, samples);
};
/// Suits itself to one call of so many samples, whose chains nobody will use again:
/// `Engine for_one_call(const T& target, const S& statistic, Index samples) const`.
template <class E, class T, class S>
concept HasForOneCall = requires(const E engine, const T& target, const S& statistic, Index samples) {
    { engine.for_one_call(target, statistic, samples) } -> ExpectationEngine<T, S>;
};
/// Has chains that move a while before they are used again: settings().refresh, with_settings(settings).
template <class E>
concept HasRefresh = requires(const E engine) {
    { engine.settings().refresh } -> std::convertible_to<Index>;
    { engine.with_settings(engine.settings()) } -> std::convertible_to<E>;
};
/// A sampler that makes many draws at once, those of draw(rng) with the streams stream_of(0), stream_of(1),
/// ..: `std::vector<X> draw_many(Index count, const F& stream_of)`.
template <class S, class X, class F>
concept DrawsMany = requires(S sampler, Index count, F& stream_of) {
    { sampler.draw_many(count, stream_of) } -> std::convertible_to<std::vector<X>>;
};
/// Its draw(rng) is const: several threads may call it.
template <class S, class R>
concept DrawsConcurrently = requires(const S& sampler, R& rng) { sampler.draw(rng); };

}  // namespace detail

}  // namespace predcg
