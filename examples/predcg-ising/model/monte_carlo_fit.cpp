// Monte Carlo with the Bernoulli map is instantiated here and nowhere else: it takes long to compile.
#include "model/monte_carlo_fit.hpp"

#include "model/sampled_estimate.hpp"

#include <predcg/models/ising/observables.hpp>
#include <predcg/predict/predict.hpp>

#include <algorithm>
#include <type_traits>
#include <utility>
#include <variant>

namespace cli {

using namespace predcg;

SideBySide chains_side_by_side(const FitModel& model, const FitMethod& method) {
    const auto of_p_c = [&](Index samples) {
        return with_kernel(method.kernel, [&](const auto& kernel) {
            return std::visit(
                [&](const auto& chain) {
                    const Vector theta = Vector::Zero(chain.parameter_count());
                    return MonteCarlo(kernel, {.samples = samples})
                        .has_few_chains(
                            SingleBatch(boltzmann(chain, theta, model.beta), EnergyGradient{chain, theta}));
                },
                coarse_chain_of(model).kind());
        });
    };
    const bool of_sites = std::visit(
        []<class Map>(const Map& map) {
            if constexpr (std::is_same_v<Map, BernoulliMap>)
                return true;
            else
                return Window(map.geometry().chain_window()).width <= 1;
        },
        map_of(model).kind());
    return {of_sites && of_p_c(method.latent_samples), of_p_c(method.coarse_samples)};
}

MonteCarloSettings sampling(Index samples, bool side_by_side) {
    return {.samples = samples,
            .chains = side_by_side ? std::min<Index>(samples, 256) : 1,
            .standard_errors = false};
}

AnyEstimate sampled_estimate(const FitModel& model, const FitMethod& method, const Configurations& data,
                             const FitSettings& settings, const BernoulliMap& map) {
    return estimate_by_sampling(model, method, data, settings, map);
}

IsingFit fit_by_sampling(const FitModel& model, const FitMethod& method, const Configurations& data,
                         FitSettings settings) {
    settings.beta = model.beta;
    ChosenMap chosen = map_of(model);
    AnyEstimate result = std::visit(
        [&](const auto& map) { return sampled_estimate(model, method, data, settings, map); }, chosen.kind());
    return IsingFit(std::move(result), coarse_chain_of(model), std::move(chosen), TransferMatrix{});
}

Prediction sampled_magnetization(const IsingFit& fit, Kernel kernel, const PredictSettings& settings) {
    return with_kernel(kernel, [&](const auto& k) {
        return std::visit(
            [&]<class Map>(const Map&) {
                return predict(of_kind<Map>(fit).with_engine(MonteCarlo(k)), ising::Magnetization{},
                               settings);
            },
            fit.map.kind());
    });
}

}  // namespace cli
