#pragma once
// Coarse letters -1, 0, +1 in the place of two.
#include "model/ising_population.hpp"

namespace cli {

/// Divergence, nats, of the best fit of {linear, pair_1, square} with one copy coefficient of the map
/// (p(x_i) = logistic(eta x_i X_r): a letter 0 leaves its spins free) to a population that counts as `count`
/// data, under the weak prior.
double three_letter_divergence(const FitModel& model, const FinePopulation& population, double count);

}  // namespace cli
