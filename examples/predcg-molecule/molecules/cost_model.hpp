#pragma once
// What fits of molecules take, from the size of the data and the settings alone, by speeds that were
// measured.
#include "basics/cost_estimate.hpp"
#include "molecules/pair_fit.hpp"
#include "molecules/states.hpp"

namespace cli::molecules {

/// states fit.
CostEstimate cost_of_states(const ChainData& data, const StatesSettings& settings);

/// states predict, by so many draws; 0: no posterior.
CostEstimate cost_of_states_prediction(Index sites, Index draws);

/// pair fit, and its checks where they are wanted.
CostEstimate cost_of_pair(const LiquidData& data, const PairSettings& settings,
                          const PairCheckSettings* checks);

/// pair check. Whether each draw of the posterior needs chains of its own is found from the frames' features,
/// of 50 at most. Throws InputError as require_liquid_of does.
CostEstimate cost_of_pair_checks(const LiquidData& data, const SavedPair& saved,
                                 const PairCheckSettings& checks);

}  // namespace cli::molecules
