#include "model/ising_fit.hpp"

#include "basics/errors.hpp"
#include "model/map_learner.hpp"

#include <predcg/models/ising/observables.hpp>
#include <predcg/predict/fine_scale.hpp>

#include <string>
#include <utility>
#include <variant>

namespace cli {

using namespace predcg;

namespace {

std::string divisors(Index n) {
    std::string small, large;  // d and n / d
    for (Index d = 1; d <= n / d; ++d) {
        if (n % d != 0) continue;
        small += (small.empty() ? "" : ", ") + std::to_string(d);
        if (d != n / d) large = ", " + std::to_string(n / d) + large;
    }
    return small + large;
}

/// The block of a map that is not decimation. Bernoulli's is the logistic one of the own letter alone.
WindowBlock block_of(const FitModel& model) {
    if (model.map == MapChoice::link2 || model.map == MapChoice::link4)
        return WindowBlock(ising::LinkBlock({.level = model.level,
                                             .neighbours = model.map == MapChoice::link2 ? 2 : 4,
                                             .boundary = model.boundary}));
    if (model.map == MapChoice::bernoulli)
        return WindowBlock(ising::LogisticBlock({.level = model.level, .intercept = false, .tied = true}));
    return WindowBlock(ising::LogisticBlock({.level = model.level,
                                             .window = {-1, 1},
                                             .autoregressive = model.map == MapChoice::autoregressive,
                                             .reflect = model.reflected,
                                             .link = model.probit ? ising::Link::probit : ising::Link::logit,
                                             .boundary = model.boundary}));
}

}  // namespace

ChosenChain coarse_chain_of(const FitModel& model) {
    if (model.level < 1 || model.fine_sites % model.level != 0)
        throw InputError("--level", std::to_string(model.level),
                         divisors(model.fine_sites) + ", the divisors of the number of fine sites");
    const Index sites = model.fine_sites / model.level;
    if (model.letters == 3)
        return ChosenChain(ising::spin_one_chain({.sites = sites,
                                                  .linear = model.linear,
                                                  .pair_range = model.pair_range,
                                                  .triplets = model.triplets,
                                                  .square = model.square,
                                                  .quad_range = model.quad_range,
                                                  .field = model.field,
                                                  .boundary = model.boundary}));
    return ChosenChain(ising::coarse_chain({.sites = sites,
                                            .linear = model.linear,
                                            .pair_range = model.pair_range,
                                            .triplets = model.triplets,
                                            .field = model.field,
                                            .boundary = model.boundary}));
}

ChosenMap map_of(const FitModel& model) {
    if (model.probit && !is_logistic(model.map))
        throw InputError("--probit", "given",
                         "only with --map logistic or autoregressive, not with --map " +
                             word_for(maps, model.map));
    if (model.letters == 3) {
        if (model.map == MapChoice::decimation)
            throw InputError("--letters", "3",
                             "2 with --map decimation, whose coarse letters are fine spins");
        return ChosenMap(ThreeLetterMap(block_of(model),
                                        {.boundary = model.boundary, .coarse_letters = {-1.0, 0.0, 1.0}}));
    }
    if (model.square || model.quad_range > 0)
        throw InputError(model.square ? "--square" : "--quad-range", "given",
                         "only with --letters 3: the square of a spin is 1");
    if (model.map == MapChoice::bernoulli) return ChosenMap(ising::bernoulli_map({.level = model.level}));
    if (model.map == MapChoice::decimation)
        return ChosenMap(ising::decimation_map({.level = model.level, .boundary = model.boundary}));
    return ChosenMap(WindowMap(block_of(model), {.boundary = model.boundary}));
}

const MapLearner& learner_of(const ChosenMap& map) {
    if (std::holds_alternative<WindowMap>(map.kind())) return window_learner();
    if (std::holds_alternative<DecimationMap>(map.kind())) return decimation_learner();
    if (std::holds_alternative<ThreeLetterMap>(map.kind())) return three_letter_learner();
    return bernoulli_learner();
}

IsingFit fit_samples(const FitModel& model, const Configurations& data, FitSettings settings) {
    return learner_of(map_of(model)).fit(model, data, {}, std::move(settings));
}

Prediction predicted_magnetization(const IsingFit& fit) { return learner_of(fit.map).magnetization(fit); }

ising::Correlation correlation_of(const FitModel& model) {
    const Index lags = model.lags > 0 ? model.lags : model.fine_sites / 2 > most_lags ? most_lags : -1;
    return ising::Correlation(model.boundary, lags);
}

Comparison compare(const IsingFit& fit, const FitModel& model, const Configurations& data) {
    const Prediction m = predicted_magnetization(fit);
    const Prediction R = learner_of(fit.map).correlation(fit, correlation_of(model));
    Comparison result{data_mean(data, ising::Magnetization{})[0], m.value(),
                      data_mean(data, correlation_of(model)), R.mean};
    if (m.exact && R.exact) return result;
    result.magnetization_error = m.standard_error[0];
    result.correlation_error = R.standard_error;
    return result;
}

}  // namespace cli
