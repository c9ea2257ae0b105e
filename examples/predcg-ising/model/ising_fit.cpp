#include "model/ising_fit.hpp"

#include "model/errors.hpp"
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
    std::string list;
    for (Index d = 1; d <= n; ++d)
        if (n % d == 0) list += (list.empty() ? "" : ", ") + std::to_string(d);
    return list;
}

}  // namespace

ising::CoarseChain<> coarse_chain_of(const FitModel& model) {
    if (model.level < 1 || model.fine_sites % model.level != 0)
        throw InputError("--level", std::to_string(model.level),
                         divisors(model.fine_sites) + ", the divisors of the number of fine sites");
    return ising::coarse_chain({.sites = model.fine_sites / model.level,
                                .linear = model.linear,
                                .pair_range = model.pair_range,
                                .triplets = model.triplets,
                                .field = model.field,
                                .boundary = model.boundary});
}

ChosenMap map_of(const FitModel& model) {
    if (model.probit && !is_logistic(model.map))
        throw InputError("--probit", "given",
                         "only with --map logistic or autoregressive, not with --map " +
                             word_for(maps, model.map));
    switch (model.map) {
    case MapChoice::logistic:
    case MapChoice::autoregressive:
        return ChosenMap(WindowMap(
            WindowBlock(ising::LogisticBlock({.level = model.level,
                                              .window = {-1, 1},
                                              .autoregressive = model.map == MapChoice::autoregressive,
                                              .reflect = model.reflected,
                                              .link = model.probit ? ising::Link::probit : ising::Link::logit,
                                              .boundary = model.boundary})),
            {.boundary = model.boundary}));
    case MapChoice::link2:
    case MapChoice::link4:
        return ChosenMap(
            WindowMap(WindowBlock(ising::LinkBlock({.level = model.level,
                                                    .neighbours = model.map == MapChoice::link2 ? 2 : 4,
                                                    .boundary = model.boundary})),
                      {.boundary = model.boundary}));
    case MapChoice::decimation:
        return ChosenMap(ising::decimation_map({.level = model.level, .boundary = model.boundary}));
    default:
        return ChosenMap(ising::bernoulli_map({.level = model.level}));
    }
}

const MapLearner& learner_of(const ChosenMap& map) {
    if (std::holds_alternative<WindowMap>(map.kind())) return window_learner();
    if (std::holds_alternative<DecimationMap>(map.kind())) return decimation_learner();
    return bernoulli_learner();
}

IsingFit fit_samples(const FitModel& model, const Configurations& data, FitSettings settings) {
    return learner_of(map_of(model)).fit(model, data, {}, std::move(settings));
}

Prediction predicted_magnetization(const IsingFit& fit) { return learner_of(fit.map).magnetization(fit); }

void check_predictions(const FitModel& model) {
    const auto coarse = coarse_chain_of(model);
    TransferMatrix{}.site_moments(boltzmann(coarse, Vector::Zero(coarse.parameter_count()), model.beta), 2);
}

Comparison compare(const IsingFit& fit, const FitModel& model, const Configurations& data) {
    const Prediction m = predicted_magnetization(fit);
    const Prediction R = learner_of(fit.map).correlation(fit, model.boundary);
    Comparison result{data_mean(data, ising::Magnetization{})[0], m.value(),
                      data_mean(data, ising::Correlation{model.boundary}), R.mean};
    if (m.exact && R.exact) return result;
    result.magnetization_error = m.standard_error[0];
    result.correlation_error = R.standard_error;
    return result;
}

}  // namespace cli
