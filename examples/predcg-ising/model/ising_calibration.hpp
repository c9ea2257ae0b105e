#pragma once
// Are the posteriors right: ranks of true parameters, and how often intervals hold a known truth.
#include "model/ising_posterior.hpp"

#include <predcg/judge/coverage.hpp>
#include <predcg/judge/simulation_based.hpp>
#include <predcg/kernels/trajectory.hpp>

#include <functional>
#include <optional>

namespace cli {

/// Above this Pareto k a joint approximation counts as flagged. It is measured all the same.
inline constexpr double flagged_pareto_k = 0.7;

/// Simulation-based calibration under the weak prior, of the parameters and m. settings.beta is the model's;
/// seeds of the posteriors follow from settings.seed; count() is called after each.
predcg::SimulationBasedCalibration rank_calibration(const FitModel& model,
                                                    predcg::SimulationBasedSettings settings,
                                                    const PosteriorChoice& choice,
                                                    const std::function<void()>& count);

/// The data of a coverage study.
struct CoverageData {
    FineModel fine;
    Index samples = 20;
    /// Along a Metropolis chain, else independent.
    std::optional<predcg::TrajectorySettings> chain{};
    /// Every datum weighted by 1 over the autocorrelation time.
    bool weighted = false;
};

/// A data set.
Configurations draw_data(const CoverageData& data, std::uint64_t seed);

/// E[m] and E[R_1] of the fine model.
predcg::Vector true_values(const FineModel& fine);

/// Coverage of true_values.
predcg::Coverage coverage_of(const FitModel& model, const CoverageData& data,
                             const predcg::CoverageSettings& settings, const PosteriorChoice& choice,
                             const std::function<void()>& count);

}  // namespace cli
