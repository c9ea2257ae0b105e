#pragma once
// Numbers, tables and figures of the study of maps.
#include "reports/gnuplot.hpp"
#include "studies/maps.hpp"

#include <predcg/statistics/proportion.hpp>

#include <vector>

namespace cli::study {

/// Divergence of a map's fits to so many data.
struct SizeDivergence {
    double mean = 0.0, error = 0.0;         ///< nats; standard error, over data sets
    double ratio = 0.0, ratio_error = 0.0;  ///< what is above the least, in units of 1/2N a parameter
};
SizeDivergence divergence_at(const MapsResult& result, std::size_t at, std::size_t map, std::size_t size);

/// What choosing by BIC leads to, data set by data set.
struct ChosenByBic {
    std::size_t favourite = 0;  ///< map that is chosen most often
    Index times = 0;            ///< data sets
    double mean = 0.0;          ///< divergence of what is chosen, nats
};
ChosenByBic chosen_by_bic(const MapsResult& result, std::size_t at, std::size_t size);

/// The map with the least mean divergence.
std::size_t nearest_map(const MapsResult& result, std::size_t at, std::size_t size);

predcg::statistics::Proportion coverage_of(const MapsResult& result, std::size_t at, std::size_t banded,
                                           std::size_t observable);

/// Observables whose coverage is shown: m, R_1, .., R_6.
inline constexpr std::size_t covered = 7;
std::string observable_name(std::size_t observable);  ///< "m", "R_1"

void write_maps_tables(const MapsResult& result, const ResultDirectory& directory);
std::vector<Figure> maps_figures(const MapsResult& result);
std::string bands_file(std::size_t at, std::size_t banded);

}  // namespace cli::study
