#pragma once
// What write_ranks and write_coverage are made of.
#include "reports/gnuplot.hpp"
#include "studies/calibration.hpp"

#include <string>
#include <vector>

namespace cli::study {

/// "full", "full-effective-number": one word in tables.
std::string series_of(const CoverageCase& of);

void write_rank_tables(const RankResult& result, const ResultDirectory& directory);
Figure rank_figure(const RankResult& result);
void write_coverage_tables(const CoverageResult& result, const ResultDirectory& directory);
Figure coverage_figure(const CoverageResult& result);

}  // namespace cli::study
