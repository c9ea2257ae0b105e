#include "command_line/options.hpp"

#include "basics/errors.hpp"
#include "basics/numbers.hpp"

#include <cstdint>

namespace cli {

using predcg::Boundary;
using predcg::ising::Normalisation;

namespace {

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

CLI::Option* add_boundary(CLI::App& app, Boundary& value, const std::string& help) {
    const Choices<Boundary> choices{{"periodic", Boundary::periodic}, {"open", Boundary::open}};
    return add_choice(app, "--boundary", value, choices, help);
}

CLI::Option* add_triplets(CLI::App& app, std::vector<predcg::ising::Triplet>& value) {
    return app
        .add_option_function<std::vector<std::string>>(
            "--triplet",
            [&value](const std::vector<std::string>& texts) {
                value.clear();
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

CLI::Option* add_lags(CLI::App& app, Index& value) {
    return add_integer(app, "--lags", value,
                       "Largest lag of correlations that are predicted; 0: half the sites, at most " +
                           std::to_string(most_lags),
                       0);
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
