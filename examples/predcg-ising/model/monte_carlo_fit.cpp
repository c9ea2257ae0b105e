// Monte Carlo is instantiated here and nowhere else: it takes long to compile.
#include "model/monte_carlo_fit.hpp"

#include <predcg/models/ising/observables.hpp>
#include <predcg/monte_carlo.hpp>
#include <predcg/predict/predict.hpp>

namespace cli {

using namespace predcg;

namespace {

/// Calls f with the kernel.
template <class F>
auto with_kernel(Kernel kernel, F&& f) {
    return kernel == Kernel::heat_bath ? f(HeatBath{}) : f(Metropolis{});
}

template <class K, class Climb, class Prior>
AnyEstimate fit_with(const FitModel& model, const FitMethod& method, const Configurations& data,
                     const FitSettings& settings, const K& kernel, const Climb& climb, const Prior& prior) {
    const EngineRoles engines{
        MonteCarlo(kernel, {.samples = method.latent_samples, .standard_errors = false}),
        MonteCarlo(kernel, {.samples = method.coarse_samples, .standard_errors = false})};
    const EMCoarseGrainer grainer{SamplesOnly<Configuration>{},
                                  coarse_chain_of(model),
                                  ising::bernoulli_map({.level = model.level}),
                                  engines,
                                  climb,
                                  prior};
    return grainer.fit(data, settings).result();
}

}  // namespace

IsingFit fit_by_sampling(const FitModel& model, const FitMethod& method, const Configurations& data,
                         FitSettings settings) {
    settings.beta = model.beta;
    AnyEstimate result = with_kernel(method.kernel, [&](const auto& kernel) {
        const auto with = [&](const auto& climb, const auto& prior) {
            return fit_with(model, method, data, settings, kernel, climb, prior);
        };
        const auto climb_with = [&](const auto& climb) {
            return model.prior == PriorChoice::flat ? with(climb, flat_prior()) : with(climb, weak_prior());
        };
        return method.optimizer == Optimizer::newton ? climb_with(StochasticNewton{})
                                                     : climb_with(RobbinsMonro{});
    });
    return IsingFit(std::move(result), coarse_chain_of(model), ising::bernoulli_map({.level = model.level}),
                    TransferMatrix{});
}

Prediction sampled_magnetization(const IsingFit& fit, Kernel kernel, const PredictSettings& settings) {
    return with_kernel(kernel, [&](const auto& k) {
        return predict(fit.with_engine(MonteCarlo(k)), ising::Magnetization{}, settings);
    });
}

}  // namespace cli
