#pragma once
// What write_data_size is made of.
#include "study/data_size.hpp"
#include "study/gnuplot.hpp"

#include <string>
#include <vector>

namespace cli::study {

/// Mean and standard deviation over data sets.
struct Spread {
    double mean = 0.0, sd = 0.0;
};
Spread spread_of(const std::vector<double>& values);

/// How often the intervals of m held the truth at one size.
struct SizeCoverage {
    Index held = 0, trials = 0, unreliable = 0;
    double mean_width = 0.0;
    double fraction() const { return static_cast<double>(held) / static_cast<double>(trials); }
};
/// Over all fields of the sweep and data sets; method as in compared_methods.
SizeCoverage coverage_of(const DataSizeResult& result, Index samples, std::size_t method);

/// Relative error of m over the fields, and of R over lags 1..n/2 at field 0, one for each data set.
std::vector<double> magnetization_errors(const DataSizeResult& result, Index samples);
std::vector<double> correlation_errors(const DataSizeResult& result, Index samples);

void write_tables(const DataSizeResult& result, const ResultDirectory& directory);
std::vector<Figure> data_size_figures(const DataSizeResult& result);

}  // namespace cli::study
