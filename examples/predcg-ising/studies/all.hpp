#pragma once
// All experiments, each a part with a directory of its own, and one report of them that stands alone.
#include "basics/cost_estimate.hpp"

#include <predcg/core/checkpoint_place.hpp>
#include <predcg/core/types.hpp>

#include <cstdint>
#include <stop_token>
#include <string>

namespace cli::study {

struct AllSettings {
    std::uint64_t seed = 1;
    bool quick = false;                    ///< small chains, few fields, data and draws: to try it
    bool fresh = false;                    ///< parts that are finished, too
    std::stop_token stop{};                ///< ends what is at work
    predcg::CheckpointPlace checkpoint{};  ///< of what is done
};

/// What all parts take, whether some are finished or not.
CostEstimate cost_of(const AllSettings& settings);

/// Parts whose directory has results of the same settings and version are kept. Throws Interrupted, with what
/// was kept, after Ctrl-C.
void run_all(const AllSettings& settings, const std::string& out);

}  // namespace cli::study
