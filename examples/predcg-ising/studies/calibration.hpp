#pragma once
// Calibration on the command line: settings, results, tables, figures and report.
#include "files/result_directory.hpp"
#include "model/ising_calibration.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace cli::study {

struct RankSettings {
    FitModel model{.fine_sites = 12};
    predcg::SimulationBasedSettings ranks{};
    predcg::PosteriorMethod method = predcg::PosteriorMethod::full;
    Index draws = 2000;      ///< of each posterior
    std::stop_token stop{};  ///< ends what is at work
};

struct RankResult {
    RankSettings settings;
    predcg::SimulationBasedCalibration calibration;
};

void check(const RankSettings& settings);
RankResult run_ranks(const RankSettings& settings);
std::string write_ranks(const RankResult& result, const std::function<double()>& seconds,
                        const ResultDirectory& directory);

/// A parameter or observable whose ranks are not uniform: p below this.
inline constexpr double rejected_below = 0.001;

struct CoverageStudySettings {
    FineModel fine{.chain = {.sites = 16, .field = 0.3}};
    FitModel model{};  ///< its terms and level; all else is the fine model's
    Index samples = 20;
    Index data_sets = 100;
    std::vector<predcg::PosteriorMethod> methods{predcg::PosteriorMethod::full,
                                                 predcg::PosteriorMethod::laplace_joint,
                                                 predcg::PosteriorMethod::laplace_slides};
    Index draws = 2000;
    std::optional<predcg::TrajectorySettings> chain{};  ///< data along a Metropolis chain
    std::uint64_t seed = 1;
    std::stop_token stop{};                ///< ends what is at work
    predcg::CheckpointPlace checkpoint{};  ///< of what is done
};

/// What is learnt, with all that is the fine model's.
FitModel model_of(const CoverageStudySettings& settings);

/// Nominal levels, the last of which tables of widths and verdicts are about.
inline const std::vector<double> coverage_levels{0.5, 0.6, 0.7, 0.8, 0.9, 0.95};

/// A way to the intervals.
struct CoverageCase {
    predcg::PosteriorMethod method;
    bool weighted;  ///< data count as their effective number
    predcg::Coverage coverage;
};

struct CoverageResult {
    CoverageStudySettings settings;
    predcg::Vector truth;  ///< m, R_1
    std::vector<CoverageCase> cases;
};

void check(const CoverageStudySettings& settings);
CoverageResult run_coverage(const CoverageStudySettings& settings);
std::string write_coverage(const CoverageResult& result, const std::function<double()>& seconds,
                           const ResultDirectory& directory);

}  // namespace cli::study
