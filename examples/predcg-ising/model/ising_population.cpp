#include "model/ising_population.hpp"

#include "model/map_learner.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace cli {

Configuration first_rotation(const Configuration& x, Index level) {
    Configuration first = x, turned = x;
    for (std::size_t k = 0; k < x.size(); k += static_cast<std::size_t>(level)) {
        std::rotate(turned.begin(), turned.begin() + level, turned.end());
        first = std::min(first, turned);
    }
    return first;
}

FinePopulation population_of(const FineModel& fine, Index level) {
    if (fine.chain.boundary != predcg::Boundary::periodic)
        throw predcg::ArgumentError("population_of", "boundary", "open", "periodic");
    const FinePopulation all = predcg::population(predcg::ising::chain(fine.chain), fine.beta);
    std::map<Configuration, double> probability;
    for (std::size_t k = 0; k < all.configurations.size(); ++k)
        probability[first_rotation(all.configurations[k], level)] += all.probabilities[k];
    FinePopulation merged;
    merged.mean_log_density = all.mean_log_density;
    for (const auto& [x, p] : probability) {
        merged.configurations.push_back(x);
        merged.probabilities.push_back(p);
    }
    return merged;
}

IsingFit fit_population(const FitModel& model, const FinePopulation& population, double count,
                        predcg::FitSettings settings) {
    return learner_of(map_of(model)).fit(model, population, count, std::move(settings));
}

double divergence_of(const FitModel& model, const FinePopulation& population, const IsingFit& fit) {
    return learner_of(fit.map).divergence(model, population, fit);
}

}  // namespace cli
