#pragma once
// What experiments take, from their settings: of each part what its fits, posteriors and exact values take.
#include "basics/cost_estimate.hpp"
#include "studies/data_size.hpp"
#include "studies/flow.hpp"
#include "studies/levels.hpp"
#include "studies/maps.hpp"
#include "studies/model_study.hpp"
#include "studies/molecules.hpp"
#include "studies/sweep.hpp"

namespace cli::study {

/// Processor time without figures, which take some seconds. Throws CostError where an engine would refuse a
/// part.
CostEstimate cost_of(const SweepSettings& settings);
CostEstimate cost_of(const DataSizeSettings& settings);
CostEstimate cost_of(const LevelsSettings& settings);
CostEstimate cost_of(const ModelsSettings& settings);
CostEstimate cost_of(const MapsSettings& settings);
CostEstimate cost_of(const FlowSettings& settings);
/// Reads the frames.
CostEstimate cost_of(const MoleculesSettings& settings);

}  // namespace cli::study
