#pragma once
// Chains of rotational states: fits to chain molecules, posteriors, and what they predict of chains of any
// length.
#include "molecules/chain_data.hpp"

#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/judge/checks.hpp>
#include <predcg/judge/effective_data.hpp>
#include <predcg/learning/estimate.hpp>
#include <predcg/models/rotamers/map.hpp>
#include <predcg/models/rotamers/molecule_map.hpp>
#include <predcg/posterior/posterior.hpp>
#include <predcg/predict/credible_interval.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace cli::molecules {

enum class Prior { weak, flat };
inline const Choices<Prior> priors{{"weak", Prior::weak}, {"flat", Prior::flat}};

using StatesChain = predcg::letters::CoarseChain<3>;
using StatesMap = predcg::rotamers::MoleculeMap<decltype(predcg::rotamers::von_mises_map())>;
using StatesFit = predcg::Fit<StatesChain, StatesMap, predcg::TransferMatrix, predcg::ExactEstimate>;
using StatesPosterior = predcg::Posterior<StatesChain, StatesMap, predcg::TransferMatrix>;

constexpr Index most_sites = 100'000;  ///< of a molecule

/// The chain of a molecule of so many sites, with all three energies.
StatesChain chain_of(Index sites);
StatesMap map_of_molecules();

struct StatesSettings {
    double temperature = 300.0;  ///< K
    Prior prior = Prior::weak;
    bool posterior = false;
    bool independent = false;  ///< frames count in full, whatever their autocorrelation
    double credibility = 0.95;
    Index draws = 4000;
    std::uint64_t seed = 1;
    std::function<void(const predcg::DrawsOfChain&)> on_draws{};  ///< of the states' posterior
    std::stop_token stop{};
    predcg::CheckpointPlace checkpoint{};

    double beta() const { return 1.0 / (boltzmann_constant * temperature); }
};

/// What was learnt of chain molecules. Energies in kJ/mol.
struct LearntStates {
    StatesSettings settings;
    Index frames = 0, chains = 0, sites = 0;
    StatesFit fit;  ///< the maximum of all frames, each counted in full; lengths and angles behind the
                    ///< states' parameters
    std::optional<predcg::EffectiveData> worth{};  ///< what the frames are worth; of ten and more
    std::optional<StatesPosterior> posterior{};    ///< of that many
    std::vector<predcg::PredictiveCheck> checks{};

    /// Molecules of all frames, as many independent ones as the posterior counts.
    double effective_frames() const {
        const auto all = static_cast<double>(frames * chains);
        return worth && !settings.independent ? all / worth->time : all;
    }
};

/// Throws InputError for a posterior under a flat prior.
void check(const StatesSettings& settings);

/// `progress` is told what is done, of three parts. Throws Stopped where a stop was requested before the
/// maximum of the fit was found; a posterior that was stopped has the draws that there are, or is absent.
LearntStates learn_states(const ChainData& data, const StatesSettings& settings,
                          const std::function<void(double, const char*)>& progress);

/// Exact averages of a chain of so many sites at a temperature.
struct StatesPrediction {
    Index sites = 0;
    double temperature = 0.0;
    predcg::Vector values{};                             ///< at the maximum
    std::optional<predcg::CredibleInterval> interval{};  ///< of the same, where there is a posterior

    /// Places in `values`: numbers of a chain, mean squares in nm^2; behind them the trans fraction of each
    /// dihedral.
    enum Place { gauche, same, opposite, end_to_end, gyration, characteristic_ratio, trans };
};

/// Energies, widths and geometry are taken to be those of any length and temperature. Throws Stopped where a
/// stop is requested before the averages at the maximum; after them the interval is absent.
StatesPrediction predict_states(const StatesFit& fit, const StatesPosterior* posterior, Index sites,
                                double temperature, double credibility, const std::stop_token& stop = {});

/// The distribution of a number in the data, with the standard error of correlated frames, and the band of
/// its expectation.
struct DistributionBand {
    predcg::Vector at{}, data{}, data_error{}, mean{}, lower{}, upper{};
};

/// Of all dihedral angles, in degrees, 36 bins; of the end-to-end distance, in nm.
struct StatesDistributions {
    DistributionBand dihedral{}, end_to_end{};
};

/// Needs a posterior. The second is sampled: `samples` molecules for each of 250 draws.
StatesDistributions distributions_of(const LearntStates& learnt, const ChainData& data, Index samples);

}  // namespace cli::molecules
