#pragma once
// Study E1: the external field is swept; at each field a coarse chain is learnt from fresh data.
#include "files/result_directory.hpp"
#include "model/ising_fit.hpp"
#include "studies/experiment.hpp"

#include <predcg/core/checkpoint_place.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace cli::study {

struct SweepSettings {
    FineModel fine{};  ///< its field is not used
    FieldRange fields{};
    Index level = 2;
    Index samples = 50;
    Index draws = 4000;  ///< of each full posterior
    double credibility = 0.95;
    std::uint64_t seed = 1;
    PriorChoice prior = PriorChoice::weak;
    std::stop_token stop{};                ///< ends what is at work
    predcg::CheckpointPlace checkpoint{};  ///< of what is done
};

/// A coarse model that the study fits at every field, and how.
struct SweepModel {
    const char* id;     ///< in file names and of its colour
    const char* label;  ///< in text
    bool linear;
    Engine engine;
};

inline constexpr std::array<SweepModel, 3> sweep_models{{
    {"predcg", "{pair_1}", false, Engine::exact},
    {"predcg_linear", "{linear, pair_1}", true, Engine::exact},
    {"monte_carlo", "{pair_1}, Monte Carlo", false, Engine::monte_carlo},
}};

/// The source's algorithm: S_q = 50, S_c = 200, Robbins-Monro, and S_pred = 100 S_c draws for a prediction.
inline constexpr FitMethod sweep_sampling{.engine = Engine::monte_carlo,
                                          .optimizer = Optimizer::robbins_monro};
inline constexpr Index sweep_prediction_draws = 100 * sweep_sampling.coarse_samples;

/// So many data leave little but misfit in the difference of predicted and true m.
inline constexpr Index misfit_samples = 5000;

/// m as the model has it with misfit_samples data.
struct Misfit {
    double magnetization = 0.0;
    double z = 0.0;  ///< m less the truth in standard errors of the data's mean
    bool found() const { return std::abs(z) > 4.0; }
};

struct SweepFit {
    IsingFit fit;
    predcg::Prediction magnetization;
    std::optional<Misfit> misfit{};  ///< exact EM
    std::optional<Band> band{};      ///< of m, full posterior; exact EM with a proper prior
};

/// Relative entropy minimisation of {pair_1} with the majority map and its uniform reconstruction.
struct SweepRival {
    predcg::Vector theta{};
    std::string status{};
    double magnetization = 0.0;
};

struct SweepPoint {
    double field = 0.0;
    std::uint64_t data_seed = 0;  ///< generate --field <field> --seed <this> gives the same data
    double truth = 0.0, data = 0.0, data_error = 0.0;
    std::vector<SweepFit> fits;  ///< in the order of sweep_models
    SweepRival relative_entropy{};
};

/// Monte Carlo EM of {pair_1} at one field, iteration by iteration.
struct SweepPaths {
    static constexpr Index iterations = 400;

    std::size_t point = 0;  ///< the field's place in the sweep
    std::vector<predcg::TraceEntry> robbins_monro, newton;
};

struct SweepResult {
    SweepSettings settings;
    std::vector<SweepPoint> points;
    SweepPaths paths;
    Curve curve;
};

/// Throws InputError or ArgumentError for settings that cannot be run, before any work.
void check(const SweepSettings& settings);

/// The command that repeats it, with every setting that results depend on.
std::string command_of(const SweepSettings& settings);

SweepResult run_sweep(const SweepSettings& settings);

/// Writes tables, figures and report. `seconds` tells the time taken so far. Returns what went wrong with the
/// figures, for the user; empty if nothing did.
std::string write_sweep(const SweepResult& result, const std::function<double()>& seconds,
                        const ResultDirectory& directory);

}  // namespace cli::study
