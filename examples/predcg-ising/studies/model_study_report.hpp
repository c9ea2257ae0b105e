#pragma once
// What write_models is made of.
#include "reports/gnuplot.hpp"
#include "reports/report.hpp"
#include "studies/model_study.hpp"

#include <cstddef>
#include <vector>

namespace cli::study {

/// Places of the models, that of the highest evidence first.
std::vector<std::size_t> ranked(const ModelsResult& result);

void write_tables(const ModelsResult& result, const ResultDirectory& directory);
std::vector<Figure> model_figures();

}  // namespace cli::study
