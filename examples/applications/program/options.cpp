#include "program/options.hpp"

#include "basics/errors.hpp"
#include "basics/numbers.hpp"

#include <predcg/core/parallel.hpp>

#include <algorithm>
#include <cmath>

namespace cli {

namespace {

/// Option values are read here and not by CLI11, which takes 010 for 8 and NaN for a number.
template <class Read>
CLI::Option* add_text(CLI::App& app, const std::string& name, const std::string& type,
                      const std::string& current, const std::string& help, Read read) {
    return app.add_option_function<std::string>(name, read, with_default(help, current))->type_name(type);
}

}  // namespace

std::string with_default(const std::string& help, const std::string& value) {
    return help + " [" + value + "]";
}

CLI::Option* add_number(CLI::App& app, const std::string& name, double& value, const std::string& help,
                        Sign sign) {
    const std::string bound = sign == Sign::positive ? " > 0" : sign == Sign::not_negative ? " >= 0" : "";
    const auto read = [&value, name, sign, bound](const std::string& text) {
        const auto number = parse_number(text);
        if (!number || !std::isfinite(*number) || (sign == Sign::positive && *number <= 0.0) ||
            (sign == Sign::not_negative && *number < 0.0))
            throw InputError(name, in_quotes(text), "a finite number" + bound);
        if (std::abs(*number) > largest_number)
            throw InputError(name, in_quotes(text), "a number from -1e15 to 1e15");
        if (sign == Sign::positive && *number < least_positive)
            throw InputError(name, in_quotes(text), "a number of at least 1e-12");
        value = *number;
    };
    return add_text(app, name, "NUMBER", text_of(value), help + (bound.empty() ? "" : ";" + bound), read);
}

CLI::Option* add_integer(CLI::App& app, const std::string& name, Index& value, const std::string& help,
                         Index smallest, Index largest) {
    const auto read = [&value, name, smallest, largest](const std::string& text) {
        const auto number = parse_integer(text);
        if (!number || *number < smallest || *number > largest)
            throw InputError(name, in_quotes(text),
                             "an integer >= " + std::to_string(smallest) + ", at most " +
                                 std::to_string(largest));
        value = *number;
    };
    return add_text(app, name, "INTEGER", std::to_string(value), help + "; >= " + std::to_string(smallest),
                    read);
}

CLI::Option* add_seed(CLI::App& app, std::uint64_t& value, const std::string& help) {
    const auto read = [&value](const std::string& text) {
        const auto number = parse_seed(text);
        if (!number) throw InputError("--seed", in_quotes(text), "an integer from 0 to 2^64 - 1");
        value = *number;
    };
    return add_text(app, "--seed", "INTEGER", std::to_string(value), help, read);
}

CLI::Option* add_threads(CLI::App& app) {
    const auto read = [](const std::string& text) {
        const auto number = parse_integer(text);
        constexpr std::int64_t most = predcg::most_threads;
        if (!number || *number < 1 || *number > most)
            throw InputError("--threads", in_quotes(text), "an integer from 1 to " + std::to_string(most));
        predcg::set_threads(*number);
    };
    return add_text(app, "--threads", "INTEGER", "PREDCG_THREADS, else all processors",
                    "Threads at work at the same time; results do not depend on them", read);
}

std::string chosen(const std::string& name, const std::string& text, const std::vector<std::string>& words) {
    if (std::find(words.begin(), words.end(), text) != words.end()) return text;
    std::string allowed;
    for (const std::string& word : words) allowed += (allowed.empty() ? "" : " or ") + word;
    throw InputError(name, in_quotes(text), allowed);
}

void refuse_given(const std::vector<CLI::Option*>& options, const std::string& instead) {
    for (const CLI::Option* option : options)
        if (option->count() > 0)
            throw InputError(option->get_name(), in_quotes(option->results().front()), instead);
}

CLI::Option* add_out(CLI::App& app, std::string& value, const std::string& type, const std::string& help) {
    return app.add_option("--out", value, help)->type_name(type)->required();
}

CLI::Option* add_result_directory(CLI::App& app, std::string& value) {
    return add_out(app, value, "DIRECTORY", "Where tables (CSV), figures (SVG, PNG) and report.html go");
}

}  // namespace cli
