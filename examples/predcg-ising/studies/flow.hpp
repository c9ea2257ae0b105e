#pragma once
// Study of the flow: the coupling of a ring through four levels of decimation, with intervals.
#include "files/result_directory.hpp"
#include "model/decimation_flow.hpp"
#include "studies/experiment.hpp"

#include <predcg/core/checkpoint_place.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace cli::study {

struct FlowSettings {
    Index sites = 64;       ///< a multiple of 16
    double coupling = 1.0;  ///< K = beta J
    Index samples = 1000;   ///< configurations in each data set
    Index data_sets = 200;
    Index draws = 200;  ///< of the first level's posterior, distilled
    double credibility = 0.95;
    std::uint64_t seed = 1;
    std::stop_token stop{};                ///< ends what is at work
    predcg::CheckpointPlace checkpoint{};  ///< of what is done
};

/// Intervals of each level's own data, and of the first level's, carried on.
inline constexpr std::array<predcg::NextLevel, 2> flow_modes{predcg::NextLevel::anchored,
                                                             predcg::NextLevel::distilled};
inline constexpr std::array<const char*, 2> flow_words{"anchored", "distilled"};

/// One data set, one level.
struct FlowEstimate {
    double coupling = 0.0, sd = 0.0, lower = 0.0, upper = 0.0;

    /// To be saved.
    template <class Self, class Visit>
    static void members(Self& self, Visit&& visit) {
        visit(self.coupling, self.sd, self.lower, self.upper);
    }
};

struct FlowResult {
    FlowSettings settings;
    std::vector<double> exact;  ///< of each level
    /// [mode][level][data set]
    std::array<std::vector<std::vector<FlowEstimate>>, 2> found;
};

/// What the data sets say of a level.
struct FlowLevelSummary {
    Index held = 0;         ///< intervals that hold the exact coupling
    double sd = 0.0;        ///< mean of the posterior's
    double spread = 0.0;    ///< standard deviation of the estimates
    double bias = 0.0;      ///< mean of the estimates less the exact coupling
    double farthest = 0.0;  ///< largest |error| over its own sd
};
FlowLevelSummary summary_of(const FlowResult& result, std::size_t mode, std::size_t level);

void check(const FlowSettings& settings);
std::string command_of(const FlowSettings& settings);
FlowResult run_flow(const FlowSettings& settings);
std::string write_flow(const FlowResult& result, const std::function<double()>& seconds,
                       const ResultDirectory& directory);

}  // namespace cli::study
