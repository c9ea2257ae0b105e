#include "model/ising_fit.hpp"

#include "model/errors.hpp"

#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/ising/observables.hpp>
#include <predcg/predict/fine_scale.hpp>
#include <predcg/predict/predict.hpp>

#include <string>
#include <utility>

namespace cli {

using namespace predcg;

namespace {

std::string divisors(Index n) {
    std::string list;
    for (Index d = 1; d <= n; ++d)
        if (n % d == 0) list += (list.empty() ? "" : ", ") + std::to_string(d);
    return list;
}

template <class Prior>
IsingFit fit_with(const FitModel& model, const Configurations& data, const FitSettings& settings,
                  const Prior& prior) {
    const EMCoarseGrainer grainer{SamplesOnly<Configuration>{},
                                  coarse_chain_of(model),
                                  ising::bernoulli_map({.level = model.level}),
                                  TransferMatrix{},
                                  Newton{},
                                  prior};
    return any_fit(grainer.fit(data, settings));
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

IsingFit fit_samples(const FitModel& model, const Configurations& data, FitSettings settings) {
    settings.beta = model.beta;
    return model.prior == PriorChoice::flat ? fit_with(model, data, settings, flat_prior())
                                            : fit_with(model, data, settings, weak_prior());
}

Prediction predicted_magnetization(const IsingFit& fit) { return predict(fit, ising::Magnetization{}); }

void check_predictions(const FitModel& model) {
    const auto coarse = coarse_chain_of(model);
    TransferMatrix{}.site_moments(boltzmann(coarse, Vector::Zero(coarse.parameter_count()), model.beta), 2);
}

Comparison compare(const IsingFit& fit, const FitModel& model, const Configurations& data) {
    const ising::Correlation R{model.boundary};
    return {data_mean(data, ising::Magnetization{})[0], predicted_magnetization(fit).value(),
            data_mean(data, R), predict(fit, R).mean};
}

}  // namespace cli
