#pragma once
// Optional members of what models are used with that are there, but not as they are asked for; of models:
// passed_over.hpp.
#include <predcg/concepts/expectation_engine.hpp>
#include <predcg/concepts/observable.hpp>
#include <predcg/concepts/optimizer.hpp>
#include <predcg/concepts/passed_over.hpp>

#include <concepts>
#include <type_traits>

namespace predcg::detail {

// Observables.
template <class O>
concept WrongMoments =
    requires { requires FunctionMember<decltype(&O::from_moments)>; } && !MomentObservable<O>;
template <class O>
concept WrongLetterMoments = requires { requires FunctionMember<decltype(&O::from_letter_moments)>; } &&
                             !requires(const O observable, const std::vector<SiteMoments>& moments) {
                                 { observable.order() } -> std::convertible_to<int>;
                                 observable.from_letter_moments(moments);
                             };
template <class O>
concept WrongLags = requires { requires FunctionMember<decltype(&O::lags)>; } && !HasLags<O>;
/// Of letters of a range of their own; those of other ranges it need not take.
template <class O, class Letters>
concept WrongLetterValues =
    !LetterObservable<O, Letters> &&
    (
        requires(O observable, Letters& letters) { observable.letter_values(letters); } ||
        requires { requires FunctionMember<decltype(&O::template letter_values<Letters>)>; });
template <class O, class Models, class Parameters>
concept WrongBind =
    requires { requires FunctionMember<decltype(&O::bind)>; } && !HasBind<O, Models, Parameters>;

template <class O>
struct ObservableParts {
    static constexpr bool asked = true;  // who reads it sees the sentences
    static_assert(
        !WrongMoments<O>,
        "predcg: from_moments(m) of an observable would be passed over: it takes predcg::SiteMoments, "
        "and order() -> int goes with it");
    static_assert(!WrongLetterMoments<O>,
                  "predcg: from_letter_moments(m) of an observable would be passed over: it takes "
                  "std::vector<predcg::SiteMoments>, and order() -> int goes with it");
    static_assert(!WrongLags<O>,
                  "predcg: lags() of an observable would be passed over: it takes nothing, and returns "
                  "predcg::Index");
};

template <class O, class Letters>
struct LetterObservableParts {
    static constexpr bool asked = true;
    static_assert(
        !WrongLetterValues<O, Letters>,
        "predcg: letter_values(letters) of an observable would be passed over: it is const, takes the range "
        "of letters, returns predcg::Matrix, and goes with order() -> int and from_letter_moments(m)");
};

// Engines.
template <class E>
concept WrongMemoryLimit = requires(E engine) { engine.memory_limit; } && !HasMemoryLimit<E>;
template <class E>
concept WrongNormalisesBatches = requires { E::normalises_batches; } &&
                                 !requires { typename std::bool_constant<bool(E::normalises_batches)>; };
template <class E>
concept WrongKernel = requires(E engine) { engine.kernel(); } && !KernelEngine<E>;
template <class E>
concept WrongWithSamples = (
                               requires { requires FunctionMember<decltype(&E::with_samples)>; } ||
                               requires(E engine, Index samples) { engine.with_samples(samples); }) &&
                           !ResizableEngine<E>;
/// Settings without refresh are not asked for.
template <class E>
concept WrongWithSettings = requires(E engine) {
    engine.settings().refresh;
    engine.with_settings(engine.settings());
} && !HasRefresh<E>;
template <class E>
struct EngineParts {
    static constexpr bool asked = true;  // who reads it sees the sentences
    static_assert(
        !WrongMemoryLimit<E>,
        "predcg: memory_limit of an engine would be passed over: it is a public double, a number of "
        "bytes that can be set");
    static_assert(
        !WrongNormalisesBatches<E>,
        "predcg: normalises_batches of an engine would be passed over: it is a static constexpr bool");
    static_assert(!WrongKernel<E>, "predcg: kernel() of an engine would be passed over: it is const");
    static_assert(
        !WrongWithSamples<E>,
        "predcg: with_samples(n) of an engine would be passed over: it is const, takes a predcg::Index, "
        "returns an engine of the same type, and goes with settings().samples");
    static_assert(
        !WrongWithSettings<E>,
        "predcg: with_settings(settings) of an engine would be passed over: it is const, takes what "
        "settings() returns, and returns an engine of the same type");
};

/// Of engines, for a target of theirs.
template <class E, class T>
concept WrongLogPartition = Target<T> && requires(E engine, const T& target) {
    engine.log_partition(target);
} && !NormalisingEngine<E, T>;
template <class E, class T>
concept WrongBound =
    Target<T> && requires(E engine, const T& target) { engine.lower_bound(target); } && !BoundingEngine<E, T>;
template <class E, class T>
concept WrongMomentsOfSites = Target<T> && requires(E engine, const T& target) {
    engine.site_moments(target, 1);
} && !SiteMomentEngine<E, T>;
template <class E, class T>
struct TargetEngineParts {
    static constexpr bool asked = true;
    static_assert(
        !WrongLogPartition<E, T>,
        "predcg: log_partition(target) of an engine would be passed over, and the engine taken for one "
        "that samples: it is const and returns double");
    static_assert(
        !WrongBound<E, T>,
        "predcg: lower_bound(target) of an engine would be passed over: it is const and returns double");
    static_assert(
        !WrongMomentsOfSites<E, T>,
        "predcg: site_moments(target, order) of an engine would be passed over: it is const, takes an int "
        "and returns predcg::SiteMoments");
};

// Members that take a target are found by a call, and templates of the target by their address, too. One that
// is no template may be for another target.
template <class E, class T>
concept WrongSampler =
    !SamplingEngine<E, T> && (
                                 requires(E engine, T& target) { engine.sampler(target); } ||
                                 requires { requires FunctionMember<decltype(&E::template sampler<T>)>; });
template <class E, class T>
concept WrongChainSampler =
    !ChainSamplingEngine<E, T> &&
    (
        requires(E engine, T& target) { engine.chain_sampler(target); } ||
        requires { requires FunctionMember<decltype(&E::template chain_sampler<T>)>; });
template <class E, class T>
concept WrongTwoPoint = !PairMarginalEngine<E, T> &&
                        (
                            requires(E engine, T& target, Index i) { engine.two_point(target, i, i); } ||
                            requires { requires FunctionMember<decltype(&E::template two_point<T>)>; });
/// Of engines that configurations of a target are drawn with.
template <class E, class T>
struct DrawingEngineParts {
    static constexpr bool asked = true;
    static_assert(!WrongSampler<E, T>,
                  "predcg: sampler(target) of an engine would be passed over: it is const, and returns an "
                  "object whose draw(rng) takes a predcg::Philox4x32 and returns a configuration");
    static_assert(!WrongChainSampler<E, T>,
                  "predcg: chain_sampler(target) of an engine would be passed over: it is const, and returns "
                  "an object whose draw(rng) takes a predcg::Philox4x32 and returns a configuration");
};

template <class E, class T>
concept WrongBandMoments = requires(E engine, T& target, Index lags) {
    engine.site_moments(target, 1, lags);
} && !BandMomentEngine<E, T>;
template <class E, class T, class G>
concept WrongMixedMoments = requires(E engine, T& target, G& given) {
    engine.site_moments(target, given, 1);
} && !MixedMomentEngine<E, T, G>;
/// Of engines, for an observable with lags.
template <class E, class T>
struct BandEngineParts {
    static constexpr bool asked = true;
    static_assert(!WrongBandMoments<E, T>,
                  "predcg: site_moments(target, order, lags) of an engine would be passed over: it is const, "
                  "takes an int and a predcg::Index, and returns predcg::SiteMoments");
};
/// Of engines, for moments given X.
template <class E, class T, class G>
struct MixedEngineParts {
    static constexpr bool asked = true;
    static_assert(
        !WrongMixedMoments<E, T, G>,
        "predcg: site_moments(target, given, order) of an engine would be passed over: it is const, "
        "takes what the map gives (concept ConditionalMoments) and an int, and returns "
        "predcg::SiteMoments");
};

// Samplers.
template <class S, class X, class F>
concept WrongDrawMany =
    (
        requires { requires FunctionMember<decltype(&S::draw_many)>; } ||
        requires(S sampler, Index count, F& stream_of) { sampler.draw_many(count, stream_of); }) &&
    !DrawsMany<S, X, F>;

// Optimizers.
template <class O>
concept WrongIndefiniteStep =
    requires { requires FunctionMember<decltype(&O::indefinite_step)>; } && !StepsWhereIndefinite<O>;
template <class O>
concept WrongOptimizerFlag =
    (
        requires { O::is_quadratic; } && !requires { typename std::bool_constant<bool(O::is_quadratic)>; }) ||
    (
        requires { O::complete_information; } &&
        !requires { typename std::bool_constant<bool(O::complete_information)>; });
template <class O>
struct OptimizerParts {
    static_assert(!WrongIndefiniteStep<O>,
                  "predcg: indefinite_step(gradient, information, complete) of the optimizer would be passed "
                  "over: it takes a predcg::Vector and two predcg::Matrix, and returns "
                  "std::optional<predcg::Vector>");
    static_assert(
        !WrongOptimizerFlag<O>,
        "predcg: is_quadratic or complete_information of the optimizer would be passed over: they are "
        "static constexpr bool");
};

// Priors.
template <class P>
concept WrongLowerBound =
    requires { requires FunctionMember<decltype(&P::lower_bound)>; } && !HasLowerBound<P>;
template <class P>
concept WrongSelected = requires { requires FunctionMember<decltype(&P::selected)>; } && !SelectsPlaces<P>;
template <class P>
struct BlockPriorParts {
    static constexpr bool asked = true;  // who reads it sees the sentences
    static_assert(
        !WrongLowerBound<P>,
        "predcg: lower_bound() of a prior would be passed over: it takes nothing, and returns double");
    static_assert(!WrongSelected<P>, "predcg: selected(places) of a prior would be passed over: it takes "
                                     "std::vector<predcg::Index>, and returns a prior of the same type");
};

}  // namespace predcg::detail
