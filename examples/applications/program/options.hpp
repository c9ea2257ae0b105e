#pragma once
// How options are read: strictly, with messages that name option, value and allowed range; and those that
// every program has.
#include "basics/choices.hpp"

#include <CLI/CLI.hpp>

#include <predcg/core/types.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace cli {

using predcg::Index;

enum class Sign { any, not_negative, positive };

/// Larger numbers and positive ones that are smaller are refused: result files would not hold what follows
/// from them.
constexpr double largest_number = 1e15, least_positive = 1e-12;
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

CLI::Option* add_out(CLI::App& app, std::string& value, const std::string& type, const std::string& help);
/// --out of studies and calibrations.
CLI::Option* add_result_directory(CLI::App& app, std::string& value);

}  // namespace cli
