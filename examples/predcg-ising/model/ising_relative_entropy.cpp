#include "model/ising_relative_entropy.hpp"

#include "model/ising_fit.hpp"

#include <predcg/models/ising/majority_map.hpp>
#include <predcg/models/ising/majority_reconstruction.hpp>
#include <predcg/models/ising/observables.hpp>
#include <predcg/predict/predict.hpp>
#include <predcg/relative_entropy/relative_entropy.hpp>

#include <utility>

namespace cli {

using namespace predcg;

namespace {

template <class Climb, class Prior>
IsingRelativeEntropy fit_with(const FitModel& model, const Configurations& data, const FitSettings& settings,
                              const MatchingChoice& choice, const Climb& climb, const Prior& prior) {
    const RelativeEntropy minimiser{chain_of<BernoulliMap>(model),
                                    ising::majority_map({.level = model.level}), TransferMatrix{}, climb,
                                    prior};
    const auto fit = minimiser.fit(data, settings, choice.ties);
    return with_predictions(model, choice.reconstruction, fit.result(), fit.target_moments,
                            fit.standard_errors());
}

}  // namespace

IsingRelativeEntropy with_predictions(const FitModel& model, Reconstruction reconstruction, AnyEstimate fit,
                                      const Vector& feature_means, Vector standard_errors) {
    const auto back = reconstruction == Reconstruction::uniform
                          ? ising::uniform_reconstruction({.level = model.level})
                          : ising::tie_weighted_reconstruction({.level = model.level});
    const Fit fine(fit, chain_of<BernoulliMap>(model), back, TransferMatrix{});
    const double m = predict(fine, ising::Magnetization{}).value();
    Vector R = predict(fine, correlation_of(model)).mean;
    return {std::move(fit), -feature_means, std::move(standard_errors), m, std::move(R)};
}

IsingRelativeEntropy relative_entropy_of(const FitModel& model, const Configurations& data,
                                         FitSettings settings, const MatchingChoice& choice) {
    settings.beta = model.beta;
    const auto with = [&](const auto& climb) {
        return model.prior == PriorChoice::flat
                   ? fit_with(model, data, settings, choice, climb, flat_prior())
                   : fit_with(model, data, settings, choice, climb, weak_prior());
    };
    switch (choice.method) {
    case MatchingMethod::inverse_monte_carlo:
        return with(InverseMonteCarlo{});
    case MatchingMethod::iterative_boltzmann:
        return with(IterativeBoltzmann{});
    default:
        return with(Newton{});
    }
}

IsingRelativeEntropy relative_entropy_of(const FitModel& model, const Configurations& data,
                                         const FitSettings& settings, MatchingMethod method) {
    return relative_entropy_of(model, data, settings, MatchingChoice{.method = method});
}

}  // namespace cli
