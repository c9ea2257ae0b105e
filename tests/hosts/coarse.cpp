#include <predcg/kernels/trajectory.hpp>
#include <predcg/monte_carlo.hpp>
#include <predcg/predcg.hpp>

#include "coarse.hpp"

namespace host {

Coarse coarse_grain(const std::vector<std::vector<signed char>>& samples, double beta, Generator& generator) {
    using namespace predcg;
    const auto coarse = ising::coarse_chain({.sites = 6, .pair_range = 1});
    const EMCoarseGrainer grainer{SamplesOnly<std::vector<ising::Spin>>{}, coarse,
                                  ising::bernoulli_map({.level = 2}), TransferMatrix{}};
    const auto fit = grainer.fit(samples, {.beta = beta, .starts = 1});
    Coarse result;
    for (const Vector* block : {&fit.parameters.theta, &fit.parameters.eta})
        result.parameters.insert(result.parameters.end(), block->begin(), block->end());
    const Matrix information = fit.likelihood.observed();
    result.information = {
        static_cast<std::size_t>(information.rows()), static_cast<std::size_t>(information.cols()), {}};
    for (Index i = 0; i < information.rows(); ++i)
        for (Index j = 0; j < information.cols(); ++j)
            result.information.entries.push_back(information(i, j));
    const auto target = boltzmann(coarse, fit.parameters.theta, beta);
    result.run = trajectory(HeatBath{}, target, {.samples = 100, .warm_up = 10, .thinning = 2}, generator);
    return result;
}

}  // namespace host
