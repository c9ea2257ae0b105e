#pragma once
// Study E3: how far can a chain be coarse-grained before predictions suffer.
#include "files/result_directory.hpp"
#include "studies/experiment.hpp"

#include <predcg/core/checkpoint_place.hpp>

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace cli::study {

struct LevelsSettings {
    FineModel fine = long_chain();
    FieldRange fields{};
    std::vector<Index> levels{2, 4, 8, 16};  ///< those that divide the sites and leave two coarse ones
    Index samples = 50;
    Index data_sets = 20;  ///< at each field; the first has posteriors
    Index draws = 4000;
    double credibility = 0.95;
    std::uint64_t seed = 1;
    std::stop_token stop{};                ///< ends what is at work
    predcg::CheckpointPlace checkpoint{};  ///< of what is done
};

/// One data set at one level.
struct LevelFit {
    double magnetization = 0.0;  ///< at the estimate
    double open_directions = 0.0;
    predcg::Vector correlation{};           ///< at the estimate, lags 0..n/2; at field 0
    Band band{};                            ///< of m; first data set
    std::vector<Band> correlation_bands{};  ///< first data set at field 0

    /// To be saved.
    template <class Self, class Visit>
    static void members(Self& self, Visit&& visit) {
        visit(self.magnetization, self.open_directions, self.correlation, self.band, self.correlation_bands);
    }
};

struct LevelsField {
    double field = 0.0, truth = 0.0;
    std::vector<double> data{};                 ///< mean m of each data set
    predcg::Vector data_correlation{};          ///< of the first data set
    std::vector<std::vector<LevelFit>> fits{};  ///< [level][data set]
};

struct LevelsResult {
    LevelsSettings settings;          ///< levels: those that were run
    std::vector<LevelsField> fields;  ///< of the sweep
    LevelsField zero;                 ///< field 0
    predcg::Vector true_correlation;  ///< at field 0
    Curve curve;
};

void check(const LevelsSettings& settings);
std::string command_of(const LevelsSettings& settings);
LevelsResult run_levels(const LevelsSettings& settings);
std::string write_levels(const LevelsResult& result, const std::function<double()>& seconds,
                         const ResultDirectory& directory);

}  // namespace cli::study
