#pragma once
// The fine scale itself: exact samples of it and exact expectations under it.
#include <predcg/concepts/policies_passed_over.hpp>
#include <predcg/core/linalg.hpp>
#include <predcg/core/parallel.hpp>
#include <predcg/engines/exact.hpp>
#include <predcg/predict/expectation.hpp>
#include <predcg/structure/boltzmann.hpp>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace predcg {

/// Configurations with the inverse temperature they were sampled at; a range.
template <class Configuration>
struct Samples {
    std::vector<Configuration> configurations;  ///< The configurations.
    double beta = 1.0;

    auto begin() const { return configurations.begin(); }
    auto end() const { return configurations.end(); }
    std::size_t size() const { return configurations.size(); }
    /// Configuration k.
    const Configuration& operator[](std::size_t k) const { return configurations[k]; }
};

/// Settings of generate.
struct GenerateSettings {
    double beta = 1.0;  ///< inverse of the energy unit
    Index samples = 50;
    std::uint64_t seed = 1;
};

namespace detail {
/// Independent draws 0..count-1, each of its own stream, on all threads where the sampler can.
template <class X, class Sampler, class StreamOf>
std::vector<X> draws_of_streams(Sampler& sampler, Index count, StreamOf&& stream_of) {
    static_assert(!WrongDrawMany<Sampler, X, StreamOf>,
                  "predcg: draw_many(count, stream_of) of the sampler would be passed over: it takes a "
                  "predcg::Index and a function of one that returns a stream, and returns a std::vector of "
                  "configurations");
    if constexpr (DrawsMany<Sampler, X, StreamOf>) {
        return sampler.draw_many(count, stream_of);
    } else {
        auto first = stream_of(0);
        std::vector<X> drawn(static_cast<std::size_t>(count), sampler.draw(first));
        const auto draw = [&](Index k) {
            auto rng = stream_of(k);
            drawn[static_cast<std::size_t>(k)] = sampler.draw(rng);
        };
        if constexpr (DrawsConcurrently<Sampler, decltype(first)>) {
            constexpr Index chunk = 64;
            parallel_for((count + chunk - 1) / chunk, [&](Index c) {
                for (Index k = std::max<Index>(1, c * chunk); k < std::min(count, (c + 1) * chunk); ++k)
                    draw(k);
            });
        } else {
            for (Index k = 1; k < count; ++k) draw(k);
        }
        return drawn;
    }
}
}  // namespace detail

/// Independent exact samples of exp(-beta U(x)) / Z. Sample k has its own stream, so that the first N of a
/// longer run are the same, for any number of threads. The engine is the exact one that suits the potential,
/// unless given.
template <FinePotential U, class Engine = exact_engine_t<Boltzmann<U>>>
[[gnu::cold]] Samples<configuration_t<space_t<U>>>
generate(const U& potential, const GenerateSettings& settings, const Engine& engine = {}) {
    require(settings.samples >= 1, "generate", "samples", settings.samples, "an integer >= 1");
    constexpr bool draws =
        detail::DrawingEngineParts<Engine, Boltzmann<U>>::asked && SamplingEngine<Engine, Boltzmann<U>>;
    static_assert(draws, "predcg: generate needs an engine that draws independent samples: sampler(target)");
    Samples<configuration_t<space_t<U>>> data;
    data.beta = settings.beta;
    if constexpr (draws) {
        const Boltzmann<U> target(potential, settings.beta);
        auto sampler = engine.sampler(target);
        data.configurations =
            detail::draws_of_streams<configuration_t<space_t<U>>>(sampler, settings.samples, [&](Index k) {
                return make_stream(settings.seed, Purpose::generate, static_cast<std::uint64_t>(k));
            });
    }
    return data;
}

/// Expectation of an observable under the fine model, exact where the engine can.
template <FinePotential U, class O, class Engine = exact_engine_t<Boltzmann<U>>>
    requires Observable<O, configuration_t<space_t<U>>>
Prediction truth(const U& potential, double beta, const O& observable, const Engine& engine = {},
                 const PredictSettings& settings = {}) {
    return expectation(engine, Boltzmann<U>(potential, beta), observable, settings);
}

/// Average of an observable over data.
template <class Data, class O>
[[gnu::cold]] Vector data_mean(const Data& data, const O& observable) {
    static_assert(
        InputRange<const Data>,
        "predcg: a mean over data needs the configurations: give the range that was prepared, in the "
        "place of the prepared data");
    Vector sum;
    double count = 0.0;
    for (const auto& x : data) {
        const Vector value = detail::as_vector(observable(x));
        if (count == 0.0) sum = Vector::Zero(value.size());
        linalg::add(sum, value);
        count += 1.0;
    }
    require(count > 0.0, "data_mean", "number of data", count, "at least one");
    linalg::divide(sum, count);
    return sum;
}

}  // namespace predcg
