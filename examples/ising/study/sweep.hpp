#pragma once
// Study E1: the external field is swept; at each field a coarse chain is learnt from fresh data.
#include "ising_fit.hpp"
#include "study/result_directory.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace cli::study {

struct SweepSettings {
    FineModel fine{};                          ///< its field is not used
    double from = -4.5, to = 4.5, step = 0.6;  ///< fields, energy
    Index level = 2;
    Index samples = 50;
    std::uint64_t seed = 1;
    PriorChoice prior = PriorChoice::weak;
};

/// A coarse model that the study fits at every field.
struct SweepModel {
    const char* id;     ///< in file names and of its colour
    const char* label;  ///< in text
    bool linear;
};

inline constexpr std::array<SweepModel, 2> sweep_models{{
    {"predcg", "{pair_1}", false},
    {"predcg_linear", "{linear, pair_1}", true},
}};

struct SweepFit {
    IsingFit fit;
    double magnetization;
};

struct SweepPoint {
    double field;
    std::uint64_t data_seed;  ///< generate --field <field> --seed <this> gives the same data
    double truth, data, data_error;
    std::vector<SweepFit> fits;  ///< in the order of sweep_models
};

struct SweepResult {
    SweepSettings settings;
    std::vector<SweepPoint> points;
    std::vector<double> curve_field, curve_truth;  ///< on a finer grid
};

/// The fields from, from + step, ..., to. Throws InputError where they are none or too many.
std::vector<double> sweep_fields(const SweepSettings& settings);

/// Throws InputError or ArgumentError for settings that cannot be run, before any work.
void check(const SweepSettings& settings);

SweepResult run_sweep(const SweepSettings& settings);

/// Writes tables, figures and report. `seconds` tells the time taken so far. Returns what went wrong with the
/// figures, for the user; empty if nothing did.
std::string write_sweep(const SweepResult& result, const std::function<double()>& seconds,
                        const ResultDirectory& directory);

}  // namespace cli::study
