#pragma once
// Study E4: which terms does the coarse potential need.
#include "files/result_directory.hpp"
#include "model/ising_model_choice.hpp"
#include "studies/experiment.hpp"

#include <predcg/core/checkpoint_place.hpp>

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace cli::study {

struct ModelsSettings {
    FineModel fine = long_chain();
    FieldRange fields{};
    Index level = 2;
    Index pair_range = 4;  ///< the longest
    Index samples = 50;
    Index data_sets = 5;        ///< at each field
    double ranked_field = 0.3;  ///< where all models are scored, on one data set; energy
    Index draws = 1000;         ///< of the posterior of each score
    std::uint64_t seed = 1;
    std::stop_token stop{};                ///< ends what is at work
    predcg::CheckpointPlace checkpoint{};  ///< of what is done
};

/// The source's name [abc] of a model: linear term or not; pair range; triplets 0: none, 1: triplet_1_1,
/// 2: also triplet_1_2 and triplet_2_2.
struct CoarseTerms {
    bool linear = false;
    Index pair_range = 0;
    Index triplets = 0;
    std::string name() const;
    FitModel model(const FineModel& fine, Index level) const;
};

/// All, 30 for pair ranges to 4, or those that so few coarse sites can have; the last has the most terms.
std::vector<CoarseTerms> coarse_terms(const ModelsSettings& settings);

struct ModelFit {
    double magnetization = 0.0;    ///< at the estimate
    predcg::Vector correlation{};  ///< at the estimate, lags 0..n/2; at field 0

    /// To be saved.
    template <class Self, class Visit>
    static void members(Self& self, Visit&& visit) {
        visit(self.magnetization, self.correlation);
    }
};

struct ModelsField {
    double field = 0.0, truth = 0.0;
    std::vector<std::vector<ModelFit>> fits{};  ///< [model][data set]
};

struct ModelsResult {
    ModelsSettings settings;
    std::vector<CoarseTerms> models;
    std::vector<ModelsField> fields;  ///< of the sweep
    ModelsField zero;                 ///< field 0
    predcg::Vector true_correlation;  ///< at field 0
    std::vector<ModelScore> scores;   ///< of all models, at the ranked field
    SelectedTerms kept;               ///< terms of the largest model that its evidence favours
};

void check(const ModelsSettings& settings);
std::string command_of(const ModelsSettings& settings);
ModelsResult run_models(const ModelsSettings& settings);
std::string write_models(const ModelsResult& result, const std::function<double()>& seconds,
                         const ResultDirectory& directory);

}  // namespace cli::study
