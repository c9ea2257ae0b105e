#pragma once
// Study of maps: what each loses, with how many data, and whether intervals of R_l hold with it.
#include "files/result_directory.hpp"
#include "studies/experiment.hpp"

#include <predcg/core/checkpoint_place.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace cli::study {

struct MapsSettings {
    Index level = 2;
    Index sites = 12;  ///< of the chain whose configurations are all known: divergences
    std::vector<Index> samples{50, 150, 500, 1500, 5000};
    Index data_sets = 8;        ///< with so many data each; a smaller one is the beginning of a larger one
    Index banded_sites = 32;    ///< of the chain whose R_l is predicted
    Index banded_samples = 50;  ///< in a data set that has posteriors
    Index posteriors = 36;      ///< such data sets
    Index draws = 1000;
    double credibility = 0.95;
    std::uint64_t seed = 1;
    std::stop_token stop{};                ///< ends what is at work
    predcg::CheckpointPlace checkpoint{};  ///< of what is done
};

/// A fine chain by name.
struct MapsCase {
    const char *name, *words;
    FineModel fine;
};
/// Weak and strong couplings of neighbours, and long ones; sites are the settings'.
inline constexpr std::size_t maps_cases = 3, banded_cases = 2;
MapsCase maps_case(std::size_t number);

struct ComparedMap {
    const char *word, *title;  ///< of tables and of figures
    MapChoice choice;
    bool reflected = false;
};
inline constexpr std::array<ComparedMap, 6> compared_maps{{
    {"bernoulli", "Bernoulli", MapChoice::bernoulli},
    {"logistic", "logistic, reflected", MapChoice::logistic, true},
    {"autoregressive", "autoregressive", MapChoice::autoregressive},
    {"link2", "link2", MapChoice::link2},
    {"link4", "link4", MapChoice::link4},
    {"decimation", "decimation", MapChoice::decimation},
}};
/// Places in compared_maps of those that have posteriors.
inline constexpr std::array<std::size_t, 3> banded_maps{0, 3, 5};

/// One map, one fine chain.
struct MapLosses {
    Index parameters = 0;
    Index open = 0;      ///< directions of parameters that change no prediction of the population's fit
    double least = 0.0;  ///< divergence of the population's fit, nats
    std::vector<std::vector<double>> divergence{}, bic{};  ///< [number of data][data set]

    /// Divergence that theory expects of `samples` data: each parameter that counts costs 1/2N.
    double expected(double samples) const {
        return least + 0.5 * static_cast<double>(parameters - open) / samples;
    }
};

/// Intervals of m, R_1, R_2, .. over data sets.
struct MapBands {
    std::vector<Band> first{};    ///< of the first data set
    std::vector<Index> held{};    ///< data sets whose interval holds the truth
    std::vector<double> width{};  ///< mean over data sets
    Index unreliable = 0;         ///< posteriors that were flagged
};

struct MapsCaseResult {
    std::array<MapLosses, compared_maps.size()> losses;
    double logistic_probit = 0.0, autoregressive_probit = 0.0;  ///< divergences of the population's fits
    double two_letters = 0.0, three_letters = 0.0;              ///< with four parameters each, one of the map
    std::array<MapBands, banded_maps.size()> bands{};           ///< of the first cases
    std::vector<double> truth{}, data{};                        ///< m, R_1, ..; of the first data set
};

struct MapsResult {
    MapsSettings settings;
    std::array<MapsCaseResult, maps_cases> cases;
};

/// The usual numbers of data below `most`, and `most`.
std::vector<Index> sizes_up_to(Index most);

void check(const MapsSettings& settings);
std::string command_of(const MapsSettings& settings);
MapsResult run_maps(const MapsSettings& settings);
std::string write_maps(const MapsResult& result, const std::function<double()>& seconds,
                       const ResultDirectory& directory);

}  // namespace cli::study
