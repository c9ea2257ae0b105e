#pragma once
// Options that several subcommands share.
#include "model/models.hpp"
#include "program/options.hpp"

#include <predcg/core/window.hpp>
#include <predcg/models/ising/terms.hpp>

#include <vector>

namespace cli {

CLI::Option* add_boundary(CLI::App& app, predcg::Boundary& value, const std::string& help);
/// --triplet m,n, as often as wanted.
CLI::Option* add_triplets(CLI::App& app, std::vector<predcg::ising::Triplet>& value);
CLI::Option* add_level(CLI::App& app, Index& value);
/// --linear, --pair-range and --triplet.
void add_terms(CLI::App& app, FitModel& model);
/// The same with --level.
void add_coarse_terms(CLI::App& app, FitModel& model);
CLI::Option* add_prior(CLI::App& app, PriorChoice& value);
/// --map and --probit.
void add_map(CLI::App& app, FitModel& model);
/// --letters, and the terms that three of them have: --square and --quad-range.
void add_letters(CLI::App& app, FitModel& model);
/// --lags of correlations.
CLI::Option* add_lags(CLI::App& app, Index& value);
/// Throws InputError where the source's approximation is wanted for a map that has no theta_cf.
void check_slides(bool wanted, const FitModel& model);

enum class FieldOption { with, without };
void add_fine_model(CLI::App& app, FineModel& model, FieldOption field = FieldOption::with);

}  // namespace cli
