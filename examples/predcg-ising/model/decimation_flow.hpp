#pragma once
// Couplings of a chain of neighbours through four levels of decimation by two.
#include "model/configurations.hpp"
#include "model/models.hpp"

#include <predcg/hierarchy/renormalise.hpp>

namespace cli {

inline constexpr Index flow_levels = 4;

/// The fitted flow of {pair_1}, under the weak prior, of a ring whose number of sites is a multiple of 16.
/// settings.hierarchy.next says what the intervals are of.
predcg::Flow decimation_flow(const Configurations& data, double beta, predcg::RenormaliseSettings settings);

/// The exact couplings: K' = 1/2 ln cosh 2 K, so often.
std::vector<double> exact_flow(double coupling);

}  // namespace cli
