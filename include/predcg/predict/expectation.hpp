#pragma once
#include <predcg/concepts/expectation_engine.hpp>
#include <predcg/concepts/observable.hpp>
#include <predcg/concepts/policies_passed_over.hpp>
#include <predcg/concepts/target.hpp>
#include <predcg/core/error.hpp>
#include <predcg/core/letter_moments.hpp>
#include <predcg/core/linalg.hpp>
#include <predcg/core/random.hpp>
#include <predcg/statistics/running_moments.hpp>

#include <cstdint>
#include <functional>
#include <iterator>
#include <stop_token>
#include <type_traits>
#include <utility>
#include <vector>

namespace predcg {

/// An expectation and how well it is known.
struct Prediction {
    Vector mean;
    Vector standard_error;  ///< zero where exact
    bool exact = true;
    bool independent = true;  ///< of independent samples, if of any; else of chains

    /// The mean of an observable with one component.
    double value() const {
        require(mean.size() == 1, "Prediction::value", "components", mean.size(), "1; else use mean[k]");
        return mean[0];
    }

    /// To be saved (core/bytes.hpp).
    template <class Self, class Visit>
    static void members(Self& self, Visit&& visit) {
        visit(self.mean, self.standard_error, self.exact, self.independent);
    }
};

/// Settings of predictions and expectations.
struct PredictSettings {
    Index draws = 20000;  ///< where there is no exact route
    std::uint64_t seed = 1;
    std::uint64_t stream = 0;    ///< keeps predictions with the same seed apart; below 2^44
    bool always_sample = false;  ///< even where an exact route exists (which may keep n x n second moments)
    std::stop_token stop{};      ///< of independent draws; ends by Stopped
};

namespace detail {

template <class V>
Vector as_vector(const V& value) {
    if constexpr (RealValue<V>)
        return Vector::Constant(1, static_cast<double>(value));
    else
        return value;
}

inline void require_stream(const PredictSettings& settings) {
    require(settings.stream >> 44 == 0, "PredictSettings", "stream", settings.stream,
            "an integer below 2^44");
}

/// The stream of draw k: settings.stream takes the places of iteration (low 32 bits) and call (high 12).
inline StreamKey key_of_draw(const PredictSettings& settings, Index k) {
    return {.seed = settings.seed,
            .purpose = Purpose::predict,
            .index = static_cast<std::uint64_t>(k),
            .iteration = static_cast<std::uint32_t>(settings.stream),
            .call = static_cast<std::uint32_t>(settings.stream >> 32)};
}

/// Average of value_of_draw(rng) over independent draws, each with its own stream.
inline Prediction sampled(const std::function<Vector(Philox4x32&)>& value_of_draw,
                          const PredictSettings& settings) {
    require(settings.draws >= 2, "PredictSettings", "draws", settings.draws, "an integer >= 2");
    require_stream(settings);
    statistics::RunningMoments<Vector> value;
    for (Index k = 0; k < settings.draws; ++k) {
        if (settings.stop.stop_requested()) throw Stopped("predict");
        Philox4x32 rng = make_stream(key_of_draw(settings, k));
        value.add(value_of_draw(rng));
    }
    return {value.mean(), value.standard_error(), false};
}

/// What an observable asks for: a band where it has lags() and the engine takes them.
template <class Engine, class T, class O>
SiteMoments moments_for(const Engine& engine, const T& target, const O& observable) {
    if constexpr (BandMomentEngine<Engine, T> && HasLags<O>)
        return engine.site_moments(target, observable.order(), observable.lags());
    else
        return engine.site_moments(target, observable.order());
}

/// Expectation of an observable of letters, exactly: moments_of(values) are the site moments of numbers that
/// the letters stand for.
template <class O, class Letters, class F>
Prediction letter_expectation(const O& observable, const Letters& letters, F&& moments_of) {
    const Matrix values = observable.letter_values(letters);
    std::vector<SiteMoments> moments;
    for (Index c = 0; c < values.cols(); ++c) moments.push_back(moments_of(linalg::column_of(values, c)));
    const Vector mean = as_vector(observable.from_letter_moments(moments));
    return {mean, Vector::Zero(mean.size()), true};
}

/// The range of the letters of a target.
template <class T>
using letters_t = std::remove_cvref_t<decltype(std::declval<const space_t<T>&>().values())>;

/// Whether the engine knows moments of numbers that the target's letters stand for.
template <class Engine, class T, class O>
concept gives_letter_moments = FiniteSpace<space_t<T>> && LetterObservable<O, letters_t<T>> &&
                               MixedMomentEngine<Engine, T, LetterMoments<letter_t<space_t<T>>>>;

}  // namespace detail

/// Expectation of an observable under a target: exactly from the moments of sites, or of numbers that their
/// letters stand for, where observable and engine allow, else the average over independent exact draws.
template <class Engine, Target T, class O>
    requires Observable<O, configuration_t<space_t<T>>>
Prediction expectation(const Engine& engine, const T& target, const O& observable,
                       const PredictSettings& settings = {}) {
    [[maybe_unused]] constexpr bool asked =
        detail::ObservableParts<O>::asked && detail::DrawingEngineParts<Engine, T>::asked;
    if constexpr (FiniteSpace<space_t<T>>)
        (void)detail::LetterObservableParts<O, detail::letters_t<T>>::asked;
    if constexpr (HasLags<O>) (void)detail::BandEngineParts<Engine, T>::asked;
    if constexpr (MomentObservable<O> && SiteMomentEngine<Engine, T>) {
        const Vector mean =
            detail::as_vector(observable.from_moments(detail::moments_for(engine, target, observable)));
        return {mean, Vector::Zero(mean.size()), true};
    } else if constexpr (detail::gives_letter_moments<Engine, T, O>) {
        const auto& space = target.space();  // may be a value
        const auto& letters = space.values();
        const std::vector<letter_t<space_t<T>>> alphabet(std::ranges::begin(letters),
                                                         std::ranges::end(letters));
        return detail::letter_expectation(observable, letters, [&](const Vector& v) {
            return engine.site_moments(target, LetterMoments(alphabet, space.size(), v), observable.order());
        });
    } else {
        static_assert(SamplingEngine<Engine, T>,
                      "predcg: this engine can neither give this observable's expectation exactly (order() "
                      "and from_moments(m), or letter_values(letters) and from_letter_moments(m)) nor draw "
                      "samples of the target");
        if constexpr (SamplingEngine<Engine, T>) {
            auto sampler = engine.sampler(target);
            return detail::sampled(
                [&](Philox4x32& rng) { return detail::as_vector(observable(sampler.draw(rng))); }, settings);
        } else {
            return {};
        }
    }
}

}  // namespace predcg
