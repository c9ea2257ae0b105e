#pragma once
// What write_sweep is made of.
#include "reports/gnuplot.hpp"
#include "reports/report.hpp"
#include "studies/sweep.hpp"

#include <string>
#include <vector>

namespace cli::study {

void write_tables(const SweepResult& result, const ResultDirectory& directory);

std::vector<Figure> sweep_figures(const SweepResult& result);

/// What is seen, in sentences made from the numbers (HTML).
struct SweepFindings {
    std::string theta_c, theta_cf, magnetization, monte_carlo, paths, prior;
    std::vector<Conclusion> conclusions;
};
SweepFindings find(const SweepResult& result);

}  // namespace cli::study
