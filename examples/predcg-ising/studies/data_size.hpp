#pragma once
// Study E2: how much data do predictions need, and are their intervals true.
#include "files/result_directory.hpp"
#include "studies/experiment.hpp"

#include <predcg/core/checkpoint_place.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace cli::study {

struct DataSizeSettings {
    FineModel fine = long_chain();
    FieldRange fields{};
    Index level = 2;
    std::vector<Index> samples{5, 10, 20, 50, 100};
    std::vector<Index> banded{10, 20, 50};  ///< sizes with posteriors: bands and coverage
    Index data_sets = 20;                   ///< at each field and size
    Index posteriors = 20;                  ///< data sets with posteriors, the first ones; at most all
    Index draws = 2000;
    double credibility = 0.95;
    std::uint64_t seed = 1;
    std::stop_token stop{};                ///< ends what is at work
    predcg::CheckpointPlace checkpoint{};  ///< of what is done
};

/// Posteriors compared, as they stand in lists: full; the Laplace approximation of the slides.
inline constexpr std::size_t posterior_kinds = 2;

/// One data set.
struct DataSizeFit {
    double field = 0.0;
    Index samples = 0;
    Index data_set = 0;
    double data = 0.0;        ///< mean magnetisation of the data
    double prediction = 0.0;  ///< at the estimate
    double open_directions = 0.0;
    predcg::Vector correlation;              ///< at the estimate, lags 0..n/2; at field 0 only
    std::array<Band, posterior_kinds> band;  ///< of m; where the size is banded
    std::array<std::vector<Band>, posterior_kinds> correlation_band;  ///< lags; at field 0, data set 0
    predcg::Vector data_correlation;
    bool banded = false;

    /// To be saved.
    template <class Self, class Visit>
    static void members(Self& self, Visit&& visit) {
        visit(self.field, self.samples, self.data_set, self.data, self.prediction, self.open_directions,
              self.correlation, self.band, self.correlation_band, self.data_correlation, self.banded);
    }
};

struct DataSizeResult {
    DataSizeSettings settings;
    std::vector<double> fields;       ///< of the sweep; field 0 is last
    std::vector<double> truth;        ///< m at each field
    predcg::Vector true_correlation;  ///< at field 0
    std::vector<DataSizeFit> fits;
    Curve curve;
};

void check(const DataSizeSettings& settings);
std::string command_of(const DataSizeSettings& settings);
DataSizeResult run_data_size(const DataSizeSettings& settings);
std::string write_data_size(const DataSizeResult& result, const std::function<double()>& seconds,
                            const ResultDirectory& directory);

}  // namespace cli::study
