// calibrate: are posteriors and their intervals right, by simulation.
#include "basics/errors.hpp"
#include "basics/numbers.hpp"
#include "command_line/commands.hpp"
#include "command_line/options.hpp"
#include "model/cost_model.hpp"
#include "program/cost_limits.hpp"
#include "program/long_work.hpp"
#include "reports/run_study.hpp"
#include "studies/calibration.hpp"

#include <algorithm>
#include <memory>
#include <sstream>

namespace cli {

using namespace predcg;

namespace {

const Choices<PosteriorMethod> methods{{"full", PosteriorMethod::full},
                                       {"laplace-joint", PosteriorMethod::laplace_joint},
                                       {"laplace-slides", PosteriorMethod::laplace_slides}};

/// Words of `methods` with commas between, none twice.
std::vector<PosteriorMethod> methods_of(const std::string& text) {
    std::vector<std::string> words;
    for (const auto& choice : methods) words.push_back(choice.first);
    std::vector<PosteriorMethod> found;
    std::string word;
    for (std::istringstream in(text + ","); std::getline(in, word, ',');) {
        chosen("--posterior", word, words);
        const auto method =
            methods[static_cast<std::size_t>(std::find(words.begin(), words.end(), word) - words.begin())]
                .second;
        if (std::find(found.begin(), found.end(), method) != found.end())
            throw InputError("--posterior", in_quotes(text), "each word once");
        found.push_back(method);
    }
    return found;
}

struct RankOptions {
    study::RankSettings settings;
    LongWorkOptions long_work;
    CostOptions cost;
    std::string out;
};

Command add_ranks(CLI::App& calibrate) {
    CLI::App* sub = calibrate.add_subcommand(
        "sbc", "Simulation-based calibration: ranks of true parameters among posterior draws");
    const auto options = std::make_shared<RankOptions>();
    study::RankSettings& asked = options->settings;
    FitModel& model = asked.model;
    SimulationBasedSettings& ranks = asked.ranks;
    add_integer(*sub, "--sites", model.fine_sites, "Fine sites n_f, a multiple of the level", 2);
    add_coarse_terms(*sub, model);
    add_map(*sub, model);
    add_letters(*sub, model);
    add_number(*sub, "--field", model.field, "Known field mu on every coarse site, energy");
    add_number(*sub, "--beta", model.beta, "Inverse temperature, 1/energy", Sign::positive);
    add_boundary(*sub, model.boundary, "Coarse ring, or chain with two ends");
    add_integer(*sub, "--samples", ranks.data, "Configurations in each replicate, S_f", 1);
    add_integer(*sub, "--replicates", ranks.replicates, "Replicates: parameters, data and posterior anew", 1,
                1'000'000);
    add_choice(*sub, "--posterior", asked.method, methods, "What is calibrated");
    add_integer(*sub, "--draws", asked.draws, "Draws of each posterior; 99 of them are ranked", 100,
                1'000'000);
    add_integer(*sub, "--bins", ranks.bins, "Bins of the histograms, a divisor of 100", 2);
    add_seed(*sub, ranks.seed, "Seed; results depend on it alone");
    add_long_work(*sub, options->long_work);
    add_cost_options(*sub, options->cost);
    add_result_directory(*sub, options->out);
    sub->footer(
        "In each replicate, parameters are drawn from the weak prior, configurations from the model with "
        "them,\n"
        "and the posterior is found from these. If it is right, the rank of a true value among the draws is\n"
        "uniform (Talts et al., arXiv:1804.06788); chi-square says whether it is. Ranked are all parameters, "
        "and\n"
        "the expectation of m. Joint Laplace is measured whatever its Pareto k.\n\n"
        "Examples:\n"
        "    predcg-ising calibrate sbc --linear --out sbc\n"
        "  what joint Laplace makes of few data:\n"
        "    predcg-ising calibrate sbc --posterior laplace-joint --samples 5 --replicates 1000 --out joint");
    return {sub, [options] {
                const study::RankSettings& settings = options->settings;
                check_slides(settings.method == PosteriorMethod::laplace_slides, settings.model);
                study::check(settings);
                CostEstimate cost;
                cost.add(
                    cost_of_calibration(settings.model, settings.ranks.data, settings.method, settings.draws),
                    static_cast<double>(settings.ranks.replicates));
                if (!is_affordable(cost, options->cost)) return;
                LongWork work(options->long_work, options->out, {}, Stops::by_error);
                options->settings.stop = work.stop();
                options->settings.ranks.checkpoint = work.place("replicates");
                study::run_study(options->settings, options->out, study::run_ranks, study::write_ranks);
                work.end();
            }};
}

struct CoverageOptions {
    study::CoverageStudySettings settings;
    bool trajectory = false;
    TrajectorySettings chain{.thinning = 1};
    std::vector<CLI::Option*> for_trajectory{};
    const CLI::Option* given_methods = nullptr;
    LongWorkOptions long_work;
    CostOptions cost;
    std::string out;
};

void run_coverage(CoverageOptions options) {
    auto& asked = options.settings.methods;
    const auto slides = std::find(asked.begin(), asked.end(), PosteriorMethod::laplace_slides);
    const bool all = options.given_methods->count() == 0;
    check_slides(slides != asked.end() && !all, options.settings.model);
    if (all && !options.settings.model.has_theta_cf()) asked.erase(slides);
    if (!options.trajectory)
        refuse_given(options.for_trajectory, "only with --trajectory; add that, or leave this out");
    else
        options.settings.chain = options.chain;
    const study::CoverageStudySettings& settings = options.settings;
    study::check(settings);
    CostEstimate cost;
    for (const PosteriorMethod method : settings.methods)
        cost.add(cost_of_calibration(study::model_of(settings), settings.samples, method, settings.draws),
                 static_cast<double>(settings.data_sets * (settings.chain ? 2 : 1)));
    if (!is_affordable(cost, options.cost)) return;
    LongWork work(options.long_work, options.out, {}, Stops::by_error);
    options.settings.stop = work.stop();
    options.settings.checkpoint = work.place("data sets");
    study::run_study(options.settings, options.out, study::run_coverage, study::write_coverage);
    work.end();
}

void add_data_of_coverage(CLI::App& app, CoverageOptions& options) {
    auto& settings = options.settings;
    add_integer(app, "--samples", settings.samples, "Configurations in each data set, S_f", 1);
    add_integer(app, "--data-sets", settings.data_sets, "Data sets", 1, 1'000'000);
    app.add_flag("--trajectory", options.trajectory,
                 "Data along a Metropolis chain; intervals with them taken as independent, and with their "
                 "effective number");
    options.for_trajectory = {
        add_integer(app, "--burn-in", options.chain.warm_up,
                    "Sweeps of all sites before the chain's first sample", 0),
        add_integer(app, "--thinning", options.chain.thinning, "Sweeps from sample to sample", 1)};
    for (CLI::Option* option : options.for_trajectory) option->group("With --trajectory only");
}

Command add_coverage(CLI::App& calibrate) {
    CLI::App* sub = calibrate.add_subcommand(
        "coverage",
        "Coverage: how often intervals hold the exact m and R_1 of the fine chain, and their width");
    const auto options = std::make_shared<CoverageOptions>();
    auto& settings = options->settings;
    add_fine_model(*sub, settings.fine);
    add_coarse_terms(*sub, settings.model);
    add_map(*sub, settings.model);
    add_letters(*sub, settings.model);
    add_data_of_coverage(*sub, *options);
    options->given_methods =
        sub->add_option_function<std::string>(
               "--posterior", [&settings](const std::string& text) { settings.methods = methods_of(text); },
               with_default("One or several, with commas between: full, laplace-joint, laplace-slides (with "
                            "--map bernoulli)",
                            "all"))
            ->type_name("WORD,...");
    add_integer(*sub, "--draws", settings.draws, "Draws of each posterior", 100, 1'000'000);
    add_seed(*sub, settings.seed, "Seed; data set k (from 0) has seed + k, as in generate");
    add_long_work(*sub, options->long_work);
    add_cost_options(*sub, options->cost);
    add_result_directory(*sub, options->out);
    sub->footer(
        "Data sets are drawn from the fine chain, the coarse model is learnt from each under the weak prior, "
        "and\n"
        "credible intervals of the expectations of m and R_1 at levels from 0.5 to 0.95 are compared with "
        "the\n"
        "exact values. The fine chain is not the model: a misfit shows as intervals that miss. Joint Laplace "
        "is\n"
        "measured whatever its Pareto k; how many data sets its limit of 0.7 flags is in the table.\n\n"
        "Examples:\n"
        "    predcg-ising calibrate coverage --linear --data-sets 500 --out coverage\n"
        "  correlated data:\n"
        "    predcg-ising calibrate coverage --linear --posterior full --trajectory --samples 200 --out "
        "chain");
    return {sub, [options] { run_coverage(*options); }};
}

}  // namespace

std::vector<Command> add_calibrate(CLI::App& app) {
    CLI::App* calibrate =
        app.add_subcommand("calibrate", "Find by simulation whether posteriors and intervals are right");
    calibrate->require_subcommand(1);
    calibrate->footer("Example:\n    predcg-ising calibrate coverage --linear --out coverage");
    std::vector<Command> commands{add_ranks(*calibrate), add_coverage(*calibrate)};
    for (Command& command : commands) command.needs = Needs::programs;  // gnuplot
    return commands;
}

}  // namespace cli
