#pragma once
// A small ring whose configurations are all known: fits without noise of data, and how far a fit is off.
#include "model/ising_fit.hpp"

#include <predcg/judge/select_map.hpp>

namespace cli {

using FinePopulation = predcg::Population<Configuration>;

/// The first, in the order of configurations, of x's rotations by whole blocks. No model of a ring in blocks
/// sees the difference, and equal data are learnt from once.
Configuration first_rotation(const Configuration& x, Index level);

/// The population of a ring, with all rotations by whole blocks as one configuration. Throws ArgumentError
/// for an open chain, CostError for more than 20 sites.
FinePopulation population_of(const FineModel& fine, Index level);

/// The fit to a population that counts as `count` data: with many the prior says nothing but where they are
/// silent. settings.beta is the model's.
IsingFit fit_population(const FitModel& model, const FinePopulation& population, double count,
                        predcg::FitSettings settings);

/// Kullback-Leibler divergence of the fit's p(x) from the population's, nats.
double divergence_of(const FitModel& model, const FinePopulation& population, const IsingFit& fit);

}  // namespace cli
