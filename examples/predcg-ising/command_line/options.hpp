#pragma once
// Options that several subcommands share, and how options are read: strictly, with messages that name
// option, value and allowed range.
#include "model/models.hpp"

#include <CLI/CLI.hpp>

#include <predcg/core/window.hpp>
#include <predcg/models/ising/terms.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace cli {

enum class Sign { any, positive };

CLI::Option* add_number(CLI::App& app, const std::string& name, double& value, const std::string& help,
                        Sign sign = Sign::any);
/// Counts above the largest are refused: products of two of them are integers.
constexpr Index largest_count = 1'000'000'000;
CLI::Option* add_integer(CLI::App& app, const std::string& name, Index& value, const std::string& help,
                         Index smallest, Index largest = largest_count);
/// Sets what predcg::threads() is.
CLI::Option* add_threads(CLI::App& app);
CLI::Option* add_seed(CLI::App& app, std::uint64_t& value, const std::string& help);

/// A help text that ends with the default in brackets.
std::string with_default(const std::string& help, const std::string& value);

std::string chosen(const std::string& name, const std::string& text, const std::vector<std::string>& words);
/// One of several words.
template <class T>
CLI::Option* add_choice(CLI::App& app, const std::string& name, T& value, const Choices<T>& choices,
                        const std::string& help) {
    std::vector<std::string> words;
    std::string type, current;
    for (const auto& [word, meaning] : choices) {
        words.push_back(word);
        type += (type.empty() ? "" : "|") + word;
        if (meaning == value) current = word;
    }
    return app
        .add_option_function<std::string>(
            name,
            [&value, name, choices, words](const std::string& text) {
                chosen(name, text, words);
                for (const auto& [word, meaning] : choices)
                    if (word == text) value = meaning;
            },
            with_default(help, current))
        ->type_name(type);
}

/// Throws InputError for options that were given, but mean nothing here; `instead` says when they do.
void refuse_given(const std::vector<CLI::Option*>& options, const std::string& instead);

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
/// Throws InputError where the source's approximation is wanted for a map that has no theta_cf.
void check_slides(bool wanted, const FitModel& model);
CLI::Option* add_out(CLI::App& app, std::string& value, const std::string& type, const std::string& help);
/// --out of studies and calibrations.
CLI::Option* add_result_directory(CLI::App& app, std::string& value);

enum class FieldOption { with, without };
void add_fine_model(CLI::App& app, FineModel& model, FieldOption field = FieldOption::with);

}  // namespace cli
