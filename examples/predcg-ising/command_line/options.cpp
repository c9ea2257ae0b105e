#include "command_line/options.hpp"

#include "io/numbers.hpp"
#include "model/errors.hpp"

#include <predcg/core/parallel.hpp>

#include <algorithm>
#include <cmath>

namespace cli {

using predcg::Boundary;
using predcg::ising::Normalisation;

namespace {

/// Option values are read here and not by CLI11, which takes 010 for 8 and NaN for a number.
template <class Read>
CLI::Option* add_text(CLI::App& app, const std::string& name, const std::string& type,
                      const std::string& current, const std::string& help, Read read) {
    return app.add_option_function<std::string>(name, read, with_default(help, current))->type_name(type);
}

predcg::ising::Triplet triplet_of(const std::string& text) {
    const auto comma = text.find(',');
    const auto m = parse_integer(text.substr(0, comma));
    const auto n = parse_integer(comma == std::string::npos ? "" : text.substr(comma + 1));
    constexpr std::int64_t largest = 1'000'000'000;  // so that m + n is an integer, too
    if (!m || !n || *m < 1 || *n < 1 || *m > largest || *n > largest)
        throw InputError("--triplet", in_quotes(text),
                         "two distances m,n from 1 to 10^9 with a comma between, as in 1,2");
    return {*m, *n};
}

}  // namespace

std::string with_default(const std::string& help, const std::string& value) {
    return help + " [" + value + "]";
}

CLI::Option* add_number(CLI::App& app, const std::string& name, double& value, const std::string& help,
                        Sign sign) {
    const auto read = [&value, name, sign](const std::string& text) {
        const auto number = parse_number(text);
        if (!number || !std::isfinite(*number) || (sign == Sign::positive && *number <= 0.0))
            throw InputError(name, in_quotes(text),
                             sign == Sign::positive ? "a finite number > 0" : "a finite number");
        value = *number;
    };
    return add_text(app, name, "NUMBER", text_of(value), help + (sign == Sign::positive ? "; > 0" : ""),
                    read);
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

CLI::Option* add_boundary(CLI::App& app, Boundary& value, const std::string& help) {
    const Choices<Boundary> choices{{"periodic", Boundary::periodic}, {"open", Boundary::open}};
    return add_choice(app, "--boundary", value, choices, help);
}

CLI::Option* add_triplets(CLI::App& app, std::vector<predcg::ising::Triplet>& value) {
    return app
        .add_option_function<std::vector<std::string>>(
            "--triplet",
            [&value](const std::vector<std::string>& texts) {
                for (const std::string& text : texts) value.push_back(triplet_of(text));
            },
            "Term X_i X_(i+m) X_(i+m+n) and its mirror image; may be repeated")
        ->type_name("M,N")
        ->allow_extra_args(false);
}

CLI::Option* add_level(CLI::App& app, Index& value) {
    return add_integer(app, "--level", value, "Level l_c: fine sites for each coarse site", 1);
}

void add_coarse_terms(CLI::App& app, FitModel& model) {
    add_level(app, model.level);
    add_terms(app, model);
}

void add_terms(CLI::App& app, FitModel& model) {
    app.add_flag("--linear", model.linear, "Linear term, theta_lin");
    add_integer(app, "--pair-range", model.pair_range,
                "Pair terms pair_1..pair_L, L up to half the coarse sites, 0: none", 0);
    add_triplets(app, model.triplets);
}

void add_map(CLI::App& app, FitModel& model) {
    add_choice(app, "--map", model.map, maps, "Density of a block of fine spins given the coarse ones");
    app.add_flag("--probit", model.probit,
                 "The normal distribution function in the place of the logistic one, with --map logistic or "
                 "autoregressive");
}

void add_letters(CLI::App& app, FitModel& model) {
    add_choice(app, "--letters", model.letters, letter_counts,
               "Values of a coarse site: 2, -1 and +1, or 3, with 0, too; not with --map decimation");
    const auto of_three = {
        app.add_flag("--square", model.square, "Term square, theta_square sum_i X_i^2"),
        add_integer(app, "--quad-range", model.quad_range,
                    "Terms quad_1..quad_L in X_i^2 X_(i+k)^2, L up to half the coarse sites, 0: none", 0)};
    for (CLI::Option* option : of_three) option->group("With --letters 3 only");
}

void check_slides(bool wanted, const FitModel& model) {
    if (wanted && !model.has_theta_cf())
        throw InputError("--posterior", "'laplace-slides'",
                         "full or laplace-joint with --map " + word_for(maps, model.map) +
                             (model.letters == 3 ? " --letters 3" : "") +
                             ": the slides' approximation is one of theta_cf");
}

CLI::Option* add_prior(CLI::App& app, PriorChoice& value) {
    const Choices<PriorChoice> priors{{"weak", PriorChoice::weak}, {"flat", PriorChoice::flat}};
    return add_choice(
        app, "--prior", value, priors,
        "weak: normal with sd 2 on beta theta_c and the map's parameters; flat: none, maximum likelihood");
}

CLI::Option* add_out(CLI::App& app, std::string& value, const std::string& type, const std::string& help) {
    return app.add_option("--out", value, help)->type_name(type)->required();
}

CLI::Option* add_result_directory(CLI::App& app, std::string& value) {
    return add_out(app, value, "DIRECTORY", "Where tables (CSV), figures (SVG, PNG) and report.html go");
}

void add_fine_model(CLI::App& app, FineModel& model, FieldOption field) {
    auto& chain = model.chain;
    add_integer(app, "--sites", chain.sites, "Number of sites n_f", 1);
    add_number(app, "--strength", chain.strength, "Overall coupling strength J_0, energy");
    add_integer(app, "--range", chain.range, "Longest coupling L_f in sites, 0: no interaction", 0);
    add_number(app, "--exponent", chain.exponent, "Decay a of the couplings, J_k = K / (L_f k^a)");
    const Choices<Normalisation> normalisations{{"slides", Normalisation::slides},
                                                {"total", Normalisation::total}};
    add_choice(app, "--normalisation", chain.normalisation, normalisations,
               "K = J_0 L_f^(1-a) sum_k k^-a, or K such that the J_k add up to J_0");
    add_boundary(app, chain.boundary, "Ring, or chain with two ends");
    if (field == FieldOption::with) add_number(app, "--field", chain.field, "External field mu, energy");
    add_number(app, "--beta", model.beta, "Inverse temperature, 1/energy", Sign::positive);
}

}  // namespace cli
