#pragma once
// Study of molecules: rotational states of decane, a pair potential of water, from trajectories.
#include "files/result_directory.hpp"
#include "molecules/pair_fit.hpp"
#include "molecules/states.hpp"

#include <predcg/core/checkpoint_place.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace cli::study {

using predcg::Index;

struct MoleculesSettings {
    std::string data = PREDCG_EXAMPLE_DATA;  ///< directory of decane and water, .xtc and .gro
    Index draws = 1000;                      ///< of the posterior of the states
    Index samples = 3000;                    ///< molecules for each of 250, of the end-to-end distances
    std::vector<Index> frames{5, 20, 101};   ///< of water, evenly spread
    double knot_distance = 0.02;             ///< nm, of water's pair potential
    Index liquid_samples = 4000;             ///< of p_c in a fit's last round
    Index check_samples = 2000;              ///< of water, for bands and checks
    double credibility = 0.95;
    std::uint64_t seed = 1;
    std::stop_token stop{};                ///< ends what is at work
    predcg::CheckpointPlace checkpoint{};  ///< of what is done
};

inline constexpr double decane_temperature = 400.0, water_temperature = 300.0;  ///< K, of the data

/// Water from so many frames.
struct LearntLiquid {
    molecules::LearntPair learnt;
    std::optional<predcg::LiquidChecks> checks{};  ///< of the largest number of frames
};

struct MoleculesResult {
    MoleculesSettings settings;
    molecules::LearntStates chains;
    molecules::StatesDistributions distributions;
    std::vector<molecules::StatesPrediction> transfer;  ///< lengths, at two temperatures
    std::vector<LearntLiquid> liquids;
};

/// 5, 20 and this number, as far as they are less.
std::vector<Index> frames_up_to(Index most);

/// Throws InputError where the files are not there.
void check(const MoleculesSettings& settings);
std::string command_of(const MoleculesSettings& settings);
MoleculesResult run_molecules(const MoleculesSettings& settings);
std::string write_molecules(const MoleculesResult& result, const std::function<double()>& seconds,
                            const ResultDirectory& directory);

}  // namespace cli::study
