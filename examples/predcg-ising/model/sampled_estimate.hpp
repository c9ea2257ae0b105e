#pragma once
// Monte Carlo EM with a type of map. Templates: for the .cpp files that instantiate them, as they take long
// to compile.
#include "model/ising_grainer.hpp"
#include "model/monte_carlo_fit.hpp"

#include <predcg/monte_carlo.hpp>

namespace cli {

/// Calls f with the kernel.
template <class F>
auto with_kernel(Kernel kernel, F&& f) {
    return kernel == Kernel::heat_bath ? f(predcg::HeatBath{}) : f(predcg::Metropolis{});
}

template <class Map>
AnyEstimate estimate_by_sampling(const FitModel& model, const FitMethod& method, const Configurations& data,
                                 const predcg::FitSettings& settings, const Map& map) {
    return with_kernel(method.kernel, [&](const auto& kernel) {
        const auto with = [&](const auto& climb, const auto& prior) -> AnyEstimate {
            const auto coarse = chain_of<Map>(model);
            const SideBySide moves = chains_side_by_side(model, method);
            const predcg::EngineRoles for_both{
                predcg::MonteCarlo(kernel, sampling(method.latent_samples, moves.latent)),
                predcg::MonteCarlo(kernel, sampling(method.coarse_samples, moves.coarse))};
            const predcg::EMCoarseGrainer grainer{
                predcg::SamplesOnly<Configuration>{}, coarse, map, for_both, climb, prior};
            return grainer.fit(data, settings).result();
        };
        return with_prior(model, map, [&](const auto& prior) {
            return method.optimizer == Optimizer::newton ? with(predcg::StochasticNewton{}, prior)
                                                         : with(predcg::RobbinsMonro{}, prior);
        });
    });
}

}  // namespace cli
