#pragma once
// Pair potentials of molecules: learnt from the frames of a liquid, and checked against them.
#include "molecules/pair_model.hpp"

#include <predcg/liquids/learn.hpp>
#include <predcg/liquids/liquid_checks.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace cli::molecules {

/// Frames of a liquid of one kind of molecules, in a box that does not change.
struct LiquidData {
    Index frames = 0;
    Index molecules = 0;
    std::vector<std::string> names{};       ///< of the sites of a molecule
    std::vector<double> masses{};           ///< of the same
    predcg::Point edges{};                  ///< of the box
    std::vector<predcg::Points> sites{};    ///< whole molecules, frame by frame
    std::vector<predcg::Points> centres{};  ///< of mass
};

/// Masses of the sites of a molecule: those given, or of the elements that names begin with (H, C, N, O).
/// Throws InputError, naming --masses, for other numbers and other names.
std::vector<double> masses_of(const std::vector<std::string>& names, const std::vector<double>& given);

/// Throws InputError for molecules of several kinds, triclinic boxes and boxes that change.
LiquidData read_liquid(const TrajectoryFile& file, const std::string& structure, const FrameChoice& choice,
                       const std::vector<double>& masses);

struct PairSettings {
    double temperature = 300.0;                 ///< K
    double cutoff = 0.9, knot_distance = 0.02;  ///< nm
    Index samples = 4000;                       ///< of p_c in the last round
    Index draws = 1000;                         ///< of the posterior
    double credibility = 0.95;
    std::uint64_t seed = 1;
    std::stop_token stop{};
    predcg::CheckpointPlace checkpoint{};
};

/// What is checked, and how.
struct PairCheckSettings {
    Index bins = 90;                               ///< of radial distributions
    Index draws = 400;                             ///< of the posterior
    Index samples = 2000;                          ///< of the liquid at the mode
    std::optional<predcg::KnownValue> pressure{};  ///< of the simulation, bar
    double credibility = 0.95;
    std::uint64_t seed = 1;
    std::stop_token stop{};
    predcg::CheckpointPlace checkpoint{};
};

/// A potential with its posterior: what a file holds.
struct SavedPair {
    PairModel model;
    predcg::PosteriorResult posterior;

    const predcg::Vector& theta() const { return posterior.fit.parameters.theta; }
};

/// What was learnt.
struct LearntPair {
    SavedPair saved;
    Index frames = 0;
    predcg::Status status{};
    predcg::Index rounds = 0, samples = 0;
    double independent_samples = 0.0, autocorrelation_time = 1.0;
    predcg::pair::Smoothness smoothness{};
    predcg::Vector sd;          ///< of theta
    predcg::pair::Band band{};  ///< u(r) every 5 pm
};

/// `progress` is told what is done. Throws Stopped where a stop was requested.
LearntPair learn_pair(const LiquidData& data, const PairSettings& settings,
                      const std::function<void(const std::string&)>& progress);

/// Throws InputError where the data are of other molecules or another box than the fit's.
void require_liquid_of(const SavedPair& saved, const LiquidData& data);

/// Throws InputError as require_liquid_of does, and Stopped where a stop was requested.
predcg::LiquidChecks check_pair(const SavedPair& saved, const LiquidData& data,
                                const PairCheckSettings& settings);

}  // namespace cli::molecules
