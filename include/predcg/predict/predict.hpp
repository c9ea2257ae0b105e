#pragma once
#include <predcg/concepts/policies_passed_over.hpp>
#include <predcg/engines/roles.hpp>
#include <predcg/learning/data_sizes.hpp>
#include <predcg/learning/estimate.hpp>
#include <predcg/predict/expectation.hpp>
#include <predcg/structure/boltzmann.hpp>

#include <concepts>
#include <utility>

namespace predcg {

namespace detail {
/// The observable at these parameters: itself, or, where it depends on them, bind(models, parameters, beta).
template <class O, class Models>
decltype(auto) bound_observable(const O& observable, const Models& models, const Parameters& at,
                                double beta) {
    static_assert(
        !WrongBind<O, Models, Parameters>,
        "predcg: bind(models, parameters, beta) of an observable would be passed over: it takes a fit or "
        "a posterior, predcg::Parameters and a double");
    if constexpr (HasBind<O, Models, Parameters>)
        return observable.bind(models, at, beta);
    else
        return (observable);
}

/// What can be predicted with these models: an observable of x, or one that depends on the parameters, too.
template <class O, class Models>
concept PredictableWith =
    requires(const O observable, const Models& models, const Parameters& at, double beta) {
        {
            bound_observable(observable, models, at, beta)
        } -> Observable<typename std::remove_cvref_t<decltype(models.map)>::fine_type>;
    };

/// Whether the map carries site moments of p_c to the fine scale.
template <class Engine, class T, class Map>
concept carries_moments = SiteMomentEngine<Engine, T> && CarriesMoments<Map>;
/// Whether the engine averages moments that the map gives for each X.
template <class Engine, class T, class Map>
concept averages_moments = HasConditionalMoments<Map> && requires(const Map map, const Vector& eta) {
    requires MixedMomentEngine<Engine, T, decltype(map.conditional_moments(Index{}, eta))>;
};

/// Whether it averages those of numbers that the map's fine letters stand for.
template <class Engine, class T, class Map, class O>
concept averages_letter_moments =
    HasConditionalLetterMoments<Map> && requires(const Map map, const Vector& v) {
        requires LetterObservable<O, std::remove_cvref_t<decltype(map.fine_letters())>>;
        requires MixedMomentEngine<Engine, T, decltype(map.conditional_moments(Index{}, v, v))>;
    };

/// Numbers of a fine configuration, from one that the map draws; where they cannot be told, `unknown`.
template <class Map, class Space>
Index fine_sites(const Map& map, const Space& space, const Vector& eta, Index unknown) {
    if constexpr (FineSampler<Map>) {
        auto rng = make_stream(0, Purpose::blank, 3);
        const typename Map::fine_type x = map.sample(space.random(rng), eta, rng);
        return size_of(x).value_or(unknown);
    } else {
        return unknown;
    }
}

/// The E[x_i] and E[x_i x_j] of x ~ p(x|theta, eta) that an observable asks for.
template <class Engine, class T, class Map, class O>
    requires carries_moments<Engine, T, Map>
SiteMoments fine_site_moments(const Engine& engine, const T& target, const Map& map, const Vector& eta,
                              const O& observable) {
    SiteMoments coarse;
    if constexpr (BandMomentEngine<Engine, T> && HasCoarseLags<Map> && HasLags<O>) {
        const Index lags = observable.lags();
        coarse = engine.site_moments(target, observable.order(), lags < 0 ? lags : map.coarse_lags(lags));
    } else {
        coarse = engine.site_moments(target, observable.order());
    }
    if constexpr (HasMemoryLimit<Engine>)
        if (const double pairs = static_cast<double>(coarse.second.stored()); pairs > 0.0) {
            // As many times more rows and columns as there are more sites.
            const auto sites = static_cast<double>(fine_sites(map, target.space(), eta, coarse.mean.size()));
            const double times = sites / static_cast<double>(coarse.mean.size());
            require_memory(8.0 * pairs * times * times, engine.memory_limit, "predict");
        }
    return map.fine_moments(std::move(coarse), eta);
}
template <class Engine, class T, class Map, class O>
    requires(averages_moments<Engine, T, Map> && !carries_moments<Engine, T, Map>)
SiteMoments fine_site_moments(const Engine& engine, const T& target, const Map& map, const Vector& eta,
                              const O& observable) {
    return engine.site_moments(target, map.conditional_moments(target.space().size(), eta),
                               observable.order());
}

/// Whether E[o] follows exactly from site moments.
template <class Engine, class T, class Map, class O>
concept has_exact_expectation =
    MomentObservable<O> && (carries_moments<Engine, T, Map> || averages_moments<Engine, T, Map>);

/// o(x) with x drawn from p_cf(x|X): a statistic of X with noise of its own, for engines that sample X.
template <class O, class Map, class X>
class PredictiveStatistic {
public:
    template <class Space>
    PredictiveStatistic(const O& observable, const Map& map, const Vector& eta, const Space& space,
                        const PredictSettings& settings)
        : observable_(&observable), map_(&map), eta_(&eta),
          rng_(make_stream(settings.seed, Purpose::predict_fine, settings.stream)),
          size_((*this)(X(space.random(rng_))).size()) {}

    Index size() const { return size_; }
    Vector operator()(const X& configuration) const {
        return as_vector((*observable_)(map_->sample(configuration, *eta_, rng_)));
    }

private:
    const O* observable_;
    const Map* map_;
    const Vector* eta_;
    mutable Philox4x32 rng_;
    Index size_;
};

/// E[o | theta] with the models of a fit or posterior at any parameters, where `at_once` threads ask at a
/// time and share the engine's limit of memory.
template <class Models, class O>
[[gnu::cold]] Prediction fine_expectation(const Models& models, const Parameters& at, double beta,
                                          const O& observable, const PredictSettings& settings,
                                          [[maybe_unused]] Index at_once = 1) {
    using Map = std::remove_cvref_t<decltype(models.map)>;
    [[maybe_unused]] constexpr bool asked = PredictedMapParts<Map>::asked && ObservableParts<O>::asked;
    constexpr bool can_draw = FineSampler<Map>;
    static_assert(
        can_draw,
        "predcg: this map cannot draw x, so there is nothing to predict with: it needs sample(X, eta, rng) "
        "(concept FineSampler); after relative entropy predict with fit.reconstructed(...)");
    const auto target = boltzmann(models.coarse, at.theta, beta);
    const Vector& eta = at.eta;
    auto engine = coarse_engine(models.engine);
    using CoarseEngine = std::remove_cvref_t<decltype(engine)>;
    [[maybe_unused]] constexpr bool parts =
        EngineParts<CoarseEngine>::asked &&
        DrawingEngineParts<CoarseEngine, std::remove_cv_t<decltype(target)>>::asked;
    if constexpr (HasConditionalLetterMoments<Map>)
        (void)LetterObservableParts<O, std::remove_cvref_t<decltype(models.map.fine_letters())>>::asked;
    if constexpr (HasLags<O>) (void)BandEngineParts<CoarseEngine, std::remove_cv_t<decltype(target)>>::asked;
    if constexpr (HasConditionalMoments<Map>)
        (void)MixedEngineParts<CoarseEngine, std::remove_cv_t<decltype(target)>,
                               decltype(models.map.conditional_moments(Index{}, eta))>::asked;
    if constexpr (HasMemoryLimit<CoarseEngine>) engine.memory_limit /= static_cast<double>(at_once);
    using CoarseTarget = std::remove_cv_t<decltype(target)>;
    if constexpr (has_exact_expectation<CoarseEngine, CoarseTarget, Map, O>) {
        if (!settings.always_sample) {
            const Vector mean = as_vector(
                observable.from_moments(fine_site_moments(engine, target, models.map, eta, observable)));
            return {mean, Vector::Zero(mean.size()), true};
        }
    } else if constexpr (averages_letter_moments<CoarseEngine, CoarseTarget, Map, O>) {
        if (!settings.always_sample)
            return letter_expectation(observable, models.map.fine_letters(), [&](const Vector& v) {
                return engine.site_moments(target,
                                           models.map.conditional_moments(target.space().size(), eta, v),
                                           observable.order());
            });
    }
    if constexpr (!can_draw) {
        return {};
    } else if constexpr (SamplingEngine<CoarseEngine, CoarseTarget>) {
        auto sampler = engine.sampler(target);
        return sampled(
            [&](Philox4x32& rng) {
                return as_vector(observable(models.map.sample(sampler.draw(rng), eta, rng)));
            },
            settings);
    } else {
        using Statistic = PredictiveStatistic<O, Map, configuration_t<space_t<CoarseTarget>>>;
        constexpr bool averages =
            ResizableEngine<CoarseEngine> && ExpectationEngine<CoarseEngine, CoarseTarget, Statistic>;
        static_assert(
            averages,
            "predcg: predict needs an engine that draws from p_c or averages under it: site moments "
            "(site_moments(target, order), for observables with from_moments and a map with "
            "fine_moments or conditional_moments), draws (sampler(target)), or averages over a number of "
            "samples that can be "
            "set (settings().samples, with_samples(n))");
        if constexpr (averages) {
            require_stream(settings);
            const StreamKey key{settings.seed, Purpose::predict_chain, settings.stream};
            typename CoarseEngine::template State<CoarseTarget> state{};
            const Statistic statistic(observable, models.map, eta, target.space(), settings);
            constexpr bool suits_itself = HasForOneCall<CoarseEngine, CoarseTarget, Statistic>;
            static_assert(
                suits_itself || !ClaimsForOneCall<CoarseEngine, CoarseTarget, Statistic>,
                "predcg: for_one_call(target, statistic, samples) of the engine would be passed over: "
                "it returns an engine that averages this statistic");
            const auto chains = [&] {
                if constexpr (suits_itself)
                    return engine.for_one_call(target, statistic, settings.draws);
                else
                    return engine.with_samples(settings.draws);
            }();
            const Moments m = chains.expect(target, statistic, state, key);
            return {m.mean, m.standard_error, false, false};
        } else {
            return {};
        }
    }
}
}  // namespace detail

/// Expectation of a fine-scale observable at the fit's parameters,
///     E[o] = sum_X p_c(X|theta_c) int o(x) p_cf(x|X, eta) dx.
/// Exact where the observable needs site moments only, the engine gives those of p_c, and the map carries
/// them to the fine scale (fine_moments), or the engine averages those that the map gives for each X
/// (conditional_moments), of sites or of numbers that their letters stand for; else the average over draws of
/// X, then x, with its standard error (independent draws where the engine has them, chains of its kernel
/// else). An observable that depends on the parameters has bind(models, parameters, beta), which returns the
/// one there. Schoeberl, Zabaras, Koutsourelakis, J. Comput. Phys. 333 (2017) 49, sec. 2.4.
template <class Coarse, class Map, class Engine, class Result, class O>
    requires detail::PredictableWith<O, Fit<Coarse, Map, Engine, Result>>
Prediction predict(const Fit<Coarse, Map, Engine, Result>& fit, const O& observable,
                   const PredictSettings& settings = {}) {
    return detail::fine_expectation(fit, fit.parameters, fit.beta,
                                    detail::bound_observable(observable, fit, fit.parameters, fit.beta),
                                    settings);
}

}  // namespace predcg
