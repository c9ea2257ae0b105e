#pragma once
// What fit and relative-entropy share: data and model as options, and what is said of a fit.
#include "command_line/options.hpp"
#include "model/any_estimate.hpp"
#include "model/configurations.hpp"

#include <cstddef>
#include <string>

namespace cli {

/// --data.
void add_data(CLI::App& app, std::string& value);
/// Terms, field, inverse temperature, boundary and prior.
void add_model(CLI::App& app, FitModel& model);

/// Throws InputError for sampling options, or robbins-monro, with the exact engine.
void refuse_sampling(const std::vector<CLI::Option*>& for_sampling, Optimizer optimizer);

/// The data, once model and files are known to fit together. Sets the model's number of sites, and orders its
/// triplets.
Configurations data_for(FitModel& model, const std::string& data_file);

/// Status, and what was learnt from.
void print_status(const AnyEstimate& fit, const FitModel& model, std::size_t samples);
void print_prior_dominated(const AnyEstimate& fit, PriorChoice prior);

/// On standard error, where the data do not identify all parameters.
void warn_not_identified(const AnyEstimate& fit);
/// On standard error, where as many iterations as were allowed ended it, and its remarks; `advice` names the
/// options to raise.
void warn_limit(const AnyEstimate& fit, Index iterations, const char* advice);

}  // namespace cli
