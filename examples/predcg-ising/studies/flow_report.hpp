#pragma once
// Tables and figures of the flow study.
#include "studies/flow.hpp"
#include "studies/gnuplot.hpp"

#include <vector>

namespace cli::study {

void write_flow_tables(const FlowResult& result, const ResultDirectory& directory);
std::vector<Figure> flow_figures(const FlowResult& result);

}  // namespace cli::study
