#pragma once
// What all experiments share: a fine chain in fields from .. to, its exact values, data, bands and errors.
#include "model/configurations.hpp"
#include "model/models.hpp"

#include <predcg/core/types.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace cli::study {

/// The fields from, from + step, ..., to; energy.
struct FieldRange {
    double from = -4.5, to = 4.5, step = 0.6;
};

/// Throws InputError where they are none or too many. Fields around zero are exact mirror images.
std::vector<double> fields_of(const FieldRange& range);

/// Throws InputError or ArgumentError where the chain cannot be made, or the level leaves fewer than two
/// coarse sites.
void check(const FineModel& fine, const FieldRange& range, Index level);

/// The chain of the source's experiments E2 to E4: range 10, J_0 = 1.5, a = 1.
inline FineModel long_chain() { return {.chain = {.sites = 32, .strength = 1.5, .range = 10}}; }

FineModel in_field(FineModel fine, double field);

/// Independent exact samples.
Configurations samples_of(const FineModel& fine, Index samples, std::uint64_t seed);

/// Of what is learnt from data of this seed, the task-th of up to 1000003: data sets have seeds one after the
/// other, and no two tasks of two of them share random numbers.
inline std::uint64_t seed_of_task(std::uint64_t data_seed, std::uint64_t task) {
    return 1000003 * data_seed + task;
}

double true_magnetization(const FineModel& fine);
predcg::Vector true_correlation(const FineModel& fine);  ///< lags 0..n/2

/// A line through exact values of m.
struct Curve {
    std::vector<double> field, magnetization;
    std::string csv() const;
};
/// Cost: 181 exact values, 46 where the interaction is long.
Curve true_curve(const FineModel& fine, const FieldRange& range);

/// {pair_1} with everything known taken from the fine model.
FitModel pair_model(const FineModel& fine, Index level);
/// {linear, pair_1}.
FitModel linear_pair_model(const FineModel& fine, Index level);

/// Standard error of the data's mean magnetisation; 0 for a single datum.
double magnetization_error(const Configurations& data);

/// A credible interval of one number.
struct Band {
    double mean = 0.0, lower = 0.0, upper = 0.0;
    bool reliable = true;
    bool holds(double value) const { return lower <= value && value <= upper; }

    /// To be saved.
    template <class Self, class Visit>
    static void members(Self& self, Visit&& visit) {
        visit(self.mean, self.lower, self.upper, self.reliable);
    }
};

/// Mean and standard deviation, over data sets.
struct Spread {
    double mean = 0.0, sd = 0.0;
};
Spread spread_of(const std::vector<double>& values);

/// |values - truth| / |truth|, Euclidean norms.
double relative_error(const std::vector<double>& values, const std::vector<double>& truth);
/// The same of R over lags 1..n/2.
double correlation_error(const predcg::Vector& R, const predcg::Vector& truth);

/// Relative errors over data sets: of m over the fields, of R at field 0.
struct RelativeErrors {
    Spread magnetization, correlation;
};

/// Those of result.fields and result.zero, whose fits[k][data set] have magnetization and correlation.
template <class Result>
RelativeErrors relative_errors(const Result& result, std::size_t k) {
    std::vector<double> m, R, truth;
    for (const auto& at : result.fields) truth.push_back(at.truth);
    for (std::size_t set = 0; set < static_cast<std::size_t>(result.settings.data_sets); ++set) {
        std::vector<double> values;
        for (const auto& at : result.fields) values.push_back(at.fits[k][set].magnetization);
        m.push_back(relative_error(values, truth));
        R.push_back(correlation_error(result.zero.fits[k][set].correlation, result.true_correlation));
    }
    return {spread_of(m), spread_of(R)};
}

/// Lags 1..n/2 at which the bands of R hold the truth.
Index lags_held(const std::vector<Band>& bands, const predcg::Vector& truth);

}  // namespace cli::study
