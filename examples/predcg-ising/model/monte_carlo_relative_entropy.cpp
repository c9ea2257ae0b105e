// Sampled moments are instantiated here and nowhere else: they take long to compile.
#include "model/ising_fit.hpp"
#include "model/ising_relative_entropy.hpp"
#include "model/monte_carlo_fit.hpp"

#include <predcg/models/ising/majority_map.hpp>
#include <predcg/monte_carlo.hpp>
#include <predcg/relative_entropy/relative_entropy.hpp>

#include <algorithm>
#include <thread>

namespace cli {

using namespace predcg;

namespace {

template <class K, class Climb, class Prior>
IsingRelativeEntropy fit_with(const FitModel& model, const FitMethod& method, const Configurations& data,
                              const FitSettings& settings, const MatchingChoice& choice, const K& kernel,
                              const Climb& climb, const Prior& prior) {
    const RelativeEntropy minimiser{
        chain_of<BernoulliMap>(model), ising::majority_map({.level = model.level}),
        MonteCarlo(kernel, sampling(method.coarse_samples, chains_side_by_side(model, method).coarse)), climb,
        prior};
    const auto fit = minimiser.fit(data, settings, choice.ties);
    return with_predictions(model, choice.reconstruction, fit.result(), fit.target_moments,
                            fit.standard_errors());
}

}  // namespace

IsingRelativeEntropy relative_entropy_by_sampling(const FitModel& model, const FitMethod& method,
                                                  const Configurations& data, FitSettings settings,
                                                  const MatchingChoice& choice) {
    settings.beta = model.beta;
    const auto with_kernel = [&](const auto& kernel) {
        const auto with = [&](const auto& climb) {
            return model.prior == PriorChoice::flat
                       ? fit_with(model, method, data, settings, choice, kernel, climb, flat_prior())
                       : fit_with(model, method, data, settings, choice, kernel, climb, weak_prior());
        };
        return method.optimizer == Optimizer::newton ? with(StochasticNewton{}) : with(RobbinsMonro{});
    };
    return method.kernel == Kernel::heat_bath ? with_kernel(HeatBath{}) : with_kernel(Metropolis{});
}

}  // namespace cli
