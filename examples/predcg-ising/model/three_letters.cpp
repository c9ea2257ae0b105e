#include "model/three_letters.hpp"

#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/ising/block_maps.hpp>
#include <predcg/models/ising/coarse_chain.hpp>

namespace cli {

using namespace predcg;

double three_letter_divergence(const FitModel& model, const FinePopulation& population, double count) {
    const auto coarse = ising::spin_one_chain({.sites = model.fine_sites / model.level,
                                               .linear = true,
                                               .pair_range = 1,
                                               .square = true,
                                               .field = model.field,
                                               .boundary = model.boundary});
    const auto map = ising::logistic_map({.level = model.level,
                                          .intercept = false,
                                          .tied = true,
                                          .boundary = model.boundary,
                                          .coarse_letters = {-1.0, 0.0, 1.0}});
    const EMCoarseGrainer grainer{
        SamplesOnly<Configuration>{}, coarse, map, TransferMatrix{}, Newton{}, weak_prior(map)};
    std::vector<double> weights;
    for (const double p : population.probabilities) weights.push_back(count * p);
    const auto fit = grainer.fit_prepared(grainer.prepare(population.configurations, model.beta, weights),
                                          {.beta = model.beta, .starts = 2});
    return divergence_from(population, grainer, fit.parameters, model.beta);
}

}  // namespace cli
