#pragma once
// What a fit of a running simulation is told, and what it says.
#include <predcg/core/processes.hpp>
#include <predcg/learning/estimate.hpp>

#include <limits>
#include <optional>
#include <stop_token>

namespace predcg {

/// Settings of OnlineFit.
struct OnlineSettings {
    std::optional<double> beta{};  ///< of the configurations: needed
    Index batch = 16;              ///< configurations between two steps; fewer at the beginning
    /// So many configurations are remembered, more or less (weights count); what lies further back is
    /// forgotten: an equilibration, say.
    double window = std::numeric_limits<double>::infinity();
    /// Converged: Monte Carlo errors are within so many posterior standard deviations.
    double tolerance = 0.5;
    /// Begins anew so often at most, where it is trapped (OnlineEstimate::trapped); 0: never.
    Index restarts = 8;
    std::uint64_t seed = 1;
    std::optional<Parameters> start{};
    std::stop_token stop{};  ///< add takes nothing any more
    /// Several processes learn the same, each from configurations of its own: OnlineFit::synchronise.
    std::optional<Processes> processes{};
};

/// What has been learnt so far.
struct OnlineEstimate : Estimate {
    /// Standard errors of the parameters, of everything that is known to be uncertain: that there are
    /// finitely many configurations, that they are correlated in time, that engines sample: the larger of
    /// what independent configurations would give and of what the scatter between parts of the past gives. To
    /// it comes what the expansion may be wrong by, which matters for few configurations.
    Parameters errors;
    Parameters posterior_deviations;  ///< by the configurations if they were independent
    Parameters monte_carlo_errors;    ///< by engines that sample, alone; 0 with exact ones
    Parameters drift;       ///< Newton step left at the mean of the points where data were looked at
    bool drifting = false;  ///< early and late configurations say different things: see remarks
    /// 512 configurations or more after it began (anew) it is at no maximum that an expansion describes: the
    /// information is not positive definite, steps are cut, or errors are larger than it can tell.
    bool trapped = false;
    Index restarts = 0;        ///< how often it began anew
    Index configurations = 0;  ///< that were added, ever; data_count is the weight of those in use
};

}  // namespace predcg
