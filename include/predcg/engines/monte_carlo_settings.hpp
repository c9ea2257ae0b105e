#pragma once
#include <predcg/core/types.hpp>

namespace predcg {

/// Settings of the engine MonteCarlo.
struct MonteCarloSettings {
    Index samples = 50;   ///< for each target and call, over all its chains
    Index chains = 1;     ///< for each target; they persist from call to call; from 16 on side by side
    Index warm_up = 100;  ///< moves of a new chain before its first sample; kernels tune themselves here
    Index refresh = 5;    ///< moves of an old chain before the first sample under a changed target
    Index thinning = 1;   ///< moves from sample to sample
    bool standard_errors = true;  ///< from autocorrelation times; else NaN, and cheaper
};

namespace detail {

/// Chains of a target that move side by side; with fewer lanes stay empty.
inline constexpr Index fewest_replicas = 16;

}  // namespace detail

}  // namespace predcg
