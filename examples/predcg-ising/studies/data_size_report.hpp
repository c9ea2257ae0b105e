#pragma once
// What write_data_size is made of.
#include "reports/gnuplot.hpp"
#include "reports/report.hpp"
#include "studies/data_size.hpp"

#include <string>
#include <vector>

namespace cli::study {

/// How often the intervals of m held the truth at one size.
struct SizeCoverage {
    Index held = 0, trials = 0, unreliable = 0;
    double mean_width = 0.0;
    double fraction() const { return static_cast<double>(held) / static_cast<double>(trials); }
};
/// Over all fields of the sweep and data sets; method as in compared_methods.
SizeCoverage coverage_of(const DataSizeResult& result, Index samples, std::size_t method);

/// Relative errors, one for each data set: of m over the fields, of predictions or data, and of R over lags
/// 1..n/2 at field 0.
std::vector<double> field_errors(const DataSizeResult& result, Index samples, double DataSizeFit::*value);
std::vector<double> correlation_errors(const DataSizeResult& result, Index samples);

void write_tables(const DataSizeResult& result, const ResultDirectory& directory);
std::vector<Figure> data_size_figures(const DataSizeResult& result);

}  // namespace cli::study
