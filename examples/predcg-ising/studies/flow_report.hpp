#pragma once
// Tables and figures of the flow study.
#include "reports/gnuplot.hpp"
#include "studies/flow.hpp"

#include <vector>

namespace cli::study {

void write_flow_tables(const FlowResult& result, const ResultDirectory& directory);
std::vector<Figure> flow_figures(const FlowResult& result);

}  // namespace cli::study
