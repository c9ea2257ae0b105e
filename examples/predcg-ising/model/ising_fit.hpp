#pragma once
// The fit that the command line and the studies do: exact EM of a coarse chain and a map.
#include "model/any_estimate.hpp"
#include "model/chosen_map.hpp"
#include "model/configurations.hpp"
#include "model/models.hpp"

#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/models/ising/observables.hpp>
#include <predcg/predict/expectation.hpp>

#include <optional>

namespace cli {

/// A fit with whichever engine and map it was learnt.
using IsingFit = predcg::Fit<ChosenChain, ChosenMap, predcg::TransferMatrix, AnyEstimate>;

/// The same fit, of a map's own type and with either engine's estimate.
template <class Map, class Result>
IsingFit any_fit(const predcg::Fit<ChainOf<Map>, Map, predcg::TransferMatrix, Result>& fit) {
    return {fit.result(), ChosenChain(fit.coarse), ChosenMap(fit.map), fit.engine};
}
/// A fit or a posterior with the types of one kind of map.
template <class Map, class Models>
auto of_kind(const Models& models) {
    return models.with_models(models.coarse.template of<Map>(), std::get<Map>(models.map.kind()));
}

/// Throws InputError where the level does not divide the sites, ArgumentError for terms that do not fit.
ChosenChain coarse_chain_of(const FitModel& model);
/// The same, of the map's type.
template <class Map>
ChainOf<Map> chain_of(const FitModel& model) {
    return coarse_chain_of(model).of<Map>();
}

/// settings.beta is the model's.
IsingFit fit_samples(const FitModel& model, const Configurations& data, predcg::FitSettings settings);

/// Magnetisation and correlation of data and model.
struct Comparison {
    double magnetization_data = 0.0, magnetization_mean = 0.0;
    predcg::Vector correlation_data, correlation_mean;  ///< lags of correlation_of
    /// Of predictions that are averages over draws of x; absent where they are exact.
    std::optional<double> magnetization_error{};
    predcg::Vector correlation_error{};
};

/// The correlation that is predicted: of the model's lags, of all n/2 where there are no more than most_lags.
predcg::ising::Correlation correlation_of(const FitModel& model);

Comparison compare(const IsingFit& fit, const FitModel& model, const Configurations& data);

predcg::Prediction predicted_magnetization(const IsingFit& fit);

}  // namespace cli
