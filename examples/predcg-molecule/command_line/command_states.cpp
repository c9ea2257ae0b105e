// states: chains of rotational states, learnt from chain molecules, and predictions.
#include "basics/errors.hpp"
#include "basics/numbers.hpp"
#include "command_line/commands.hpp"
#include "command_line/reading.hpp"
#include "files/draw_files.hpp"
#include "files/output_file.hpp"
#include "io/states_json.hpp"
#include "molecules/cost_model.hpp"
#include "program/cost_limits.hpp"
#include "program/long_work.hpp"
#include "program/options.hpp"
#include "terminal/messages.hpp"
#include "terminal/progress.hpp"

#include <predcg/core/error.hpp>

#include <filesystem>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cli::molecules {

using namespace predcg;

namespace {

enum class Wanted { none, full };
const Choices<Wanted> posteriors{{"none", Wanted::none}, {"full", Wanted::full}};

struct StatesFitOptions {
    ReadOptions read;
    StatesSettings settings;
    Wanted posterior = Wanted::none;
    std::string out, draws_file;
    CostOptions cost;
    std::vector<CLI::Option*> for_posterior{};
    LongWorkOptions long_work;
};

struct StatesPredictOptions {
    std::string fit, out;
    Index sites = 0;
    double temperature = 0.0, credibility = 0.95;
    CostOptions cost;
    LongWorkOptions long_work;
    CLI::Option *given_sites = nullptr, *given_temperature = nullptr;
};

/// A value with its interval, if there is one.
std::string with_interval(const StatesPrediction& prediction, Index place, int digits) {
    const std::string text = fixed(prediction.values[place], digits);
    if (!prediction.interval) return text;
    return text + ", " + brief(100.0 * prediction.interval->credibility) + " % interval " +
           fixed(prediction.interval->lower[place], digits) + " to " +
           fixed(prediction.interval->upper[place], digits);
}

void print_prediction(const StatesPrediction& prediction) {
    using P = StatesPrediction;
    print_line("gauche states",
               with_interval(prediction, P::gauche, 4) + " of " + std::to_string(prediction.sites - 3));
    print_line("  g+g+, g-g-", with_interval(prediction, P::same, 4));
    print_line("  g+g-, g-g+", with_interval(prediction, P::opposite, 4));
    print_line("<R_ee^2>", with_interval(prediction, P::end_to_end, 5) + " nm^2");
    print_line("<R_g^2>", with_interval(prediction, P::gyration, 5) + " nm^2");
    print_line("C_n", with_interval(prediction, P::characteristic_ratio, 4));
}

void print_learnt(const LearntStates& learnt) {
    const StatesFit& fit = learnt.fit;
    print_line("status", std::string(to_string(fit.status)) + " after " + std::to_string(fit.iterations) +
                             " iterations");
    print_line("data", std::to_string(learnt.frames) + " frames of " + std::to_string(learnt.chains) +
                           (learnt.chains == 1 ? " chain of " : " chains of ") +
                           std::to_string(learnt.sites) + " sites");
    if (learnt.worth)
        print_line("", "worth " + fixed(learnt.worth->effective, 1) + " independent ones" +
                           (learnt.settings.independent ? ", but counted in full" : ""));
    const auto& posterior = learnt.posterior;
    std::size_t k = 0;
    const auto print = [&](const std::string& name, double value) {
        std::string text = fixed(value, 6);
        if (posterior)
            text += "; posterior " + fixed(posterior->mean[static_cast<Index>(k)], 4) + " +- " +
                    fixed(posterior->sd[static_cast<Index>(k)], 4);
        print_line(name, text);
        ++k;
    };
    for (const std::string& name : fit.coarse_names) print(name, fit[name]);
    for (const std::string& name : fit.map_names) print(name, fit[name]);
    print_line("log-likelihood", fixed(fit.log_likelihood, 4));
}

void run_states_fit(StatesFitOptions options) {
    StatesSettings& settings = options.settings;
    settings.posterior = options.posterior == Wanted::full;
    check_credibility(settings.credibility);
    if (!settings.posterior) refuse_given(options.for_posterior, "only with --posterior full");
    check(settings);
    const OutputFile out(options.out, {options.read.trajectory.path, options.read.structure});
    const ChainData data = read_chains(options.read.trajectory, options.read.structure, options.read.frames);
    if (!is_affordable(cost_of_states(data, settings), options.cost)) return;
    LongWork work(options.long_work, options.out, {options.read.trajectory.path, options.read.structure});
    settings.stop = work.stop();
    settings.checkpoint = work.place("states");
    std::optional<DrawFiles> files;
    if (!options.draws_file.empty()) {
        files.emplace("--draws-file", options.draws_file, work.words(),
                      std::initializer_list<std::filesystem::path>{
                          options.read.trajectory.path, options.read.structure, options.out, work.path()});
        std::vector<std::string> names = chain_of(data.sites).parameter_names(),
                                 units(names.size(), "kJ/mol");
        for (const std::string& name : rotamers::von_mises_map().parameter_names()) {
            names.push_back(name);
            units.emplace_back(name.starts_with("phi") ? "rad" : "1");
        }
        files->set_columns(names, units);
        settings.on_draws = [&files](const DrawsOfChain& draws) { files->add(draws); };
    }
    LearntStates learnt = [&] {
        Progress progress("parts", settings.posterior ? 3 : 1);
        try {
            return learn_states(data, settings,
                                [&](double done, const char* what) { progress.update(done, what); });
        } catch (const Stopped&) {
            work.end_without_result();
        }
    }();
    if (files && learnt.posterior && !learnt.posterior->stopped) files->finish();
    const StatesPrediction prediction =
        predict_states(learnt.fit, learnt.posterior ? &*learnt.posterior : nullptr, learnt.sites,
                       settings.temperature, settings.credibility);
    out.commit(json_of(learnt, prediction));
    print_learnt(learnt);
    print_prediction(prediction);
    if (learnt.posterior) print_line("checks", summary(learnt.checks));
    print_line("written to", options.out);
    if (learnt.fit.status != Status::converged)
        warn("the fit is " + std::string(to_string(learnt.fit.status)) + ": look at the data");
    if (learnt.posterior)
        for (const std::string& remark : learnt.posterior->remarks) warn("posterior: " + remark);
    work.end();
}

void run_states_predict(const StatesPredictOptions& options) {
    check_credibility(options.credibility);
    const OutputFile out(options.out, {options.fit});
    const SavedStates saved = load_states(options.fit);
    const Index sites = options.given_sites->count() > 0 ? options.sites : saved.sites;
    const Index draws = saved.posterior ? saved.posterior->draw_count() : 0;
    if (!is_affordable(cost_of_states_prediction(sites, draws), options.cost)) return;
    LongWork work(options.long_work, {}, {});
    const StatesPrediction prediction = [&] {
        try {
            return predict_states(saved.fit, saved.posterior ? &*saved.posterior : nullptr, sites,
                                  options.given_temperature->count() > 0 ? options.temperature
                                                                         : saved.temperature,
                                  options.credibility, work.stop());
        } catch (const Stopped&) {
            work.end_without_result();
        }
    }();
    out.commit(json_of(prediction));
    print_line("molecule",
               std::to_string(prediction.sites) + " sites, " + brief(prediction.temperature) + " K");
    print_prediction(prediction);
    if (draws > 0 && !prediction.interval) warn("stopped before the intervals were found");
    print_line("written to", options.out);
    work.end();
}

Command add_states_fit(CLI::App& states) {
    CLI::App* sub =
        states.add_subcommand("fit", "Learn energies and widths of t, g+ and g- from chain molecules");
    const auto options = std::make_shared<StatesFitOptions>();
    StatesSettings& settings = options->settings;
    add_reading(*sub, options->read);
    add_number(*sub, "--temperature", settings.temperature, "Of the trajectory, K", Sign::positive)
        ->required();
    add_choice(
        *sub, "--prior", settings.prior, priors,
        "weak: beta E ~ N(0, 2^2), log kappa ~ N(2, 1.5^2), phi_g ~ N(1.2, 0.3^2) in (0, pi); flat: none");
    add_choice(*sub, "--posterior", options->posterior, posteriors,
               "Posterior of the parameters by Markov chains of the exact one");
    options->for_posterior = {
        add_number(*sub, "--credibility", settings.credibility, "Of intervals, between 0 and 1"),
        add_integer(*sub, "--draws", settings.draws, "Posterior draws kept, all chains together", 25,
                    1'000'000),
        sub->add_option(
               "--draws-file", options->draws_file,
               "Draws of the states' parameters as they come: FILE_1.csv, FILE_2.csv, .., one for each "
               "chain")
            ->type_name("FILE.csv")};
    sub->add_flag("--independent", settings.independent,
                  "Frames count in full; else as many as their autocorrelation leaves");
    add_seed(*sub, settings.seed, "Seed of starts, posterior and checks");
    add_cost_options(*sub, options->cost);
    add_long_work(*sub, options->long_work, "--save-every");
    add_out(*sub, options->out, "FILE.json", "Estimate, predictions and posterior, for states predict");
    sub->footer(
        "U_c(X) = E_gauche N(g+, g-) + E_same N(g+g+, g-g-) + E_opposite N(g+g-, g-g+), kJ/mol, of the "
        "states of\n"
        "the dihedral angles; given its state an angle is von Mises about pi (t) or +-phi_g (g+, g-), with\n"
        "concentrations kappa_t and kappa_g. Lengths and cosines of angles are normal. The estimate counts "
        "every\n"
        "frame in full; the posterior, and with it intervals and checks, as many as are independent.\n\n"
        "Examples:\n"
        "    predcg-molecule states fit --trajectory decane.xtc --structure decane.gro --temperature 400 \\\n"
        "        --out states.json\n"
        "  with intervals, and what the data contradict:\n"
        "    predcg-molecule states fit --trajectory decane.xtc --structure decane.gro --temperature 400 \\\n"
        "        --posterior full --out states.json");
    return {sub, [options] { run_states_fit(*options); }};
}

Command add_states_predict(CLI::App& states) {
    CLI::App* sub = states.add_subcommand("predict", "Averages of a chain of any length at any temperature");
    const auto options = std::make_shared<StatesPredictOptions>();
    sub->add_option("--fit", options->fit, "What states fit wrote")->type_name("FILE.json")->required();
    options->given_sites = add_integer(*sub, "--sites", options->sites,
                                       "Sites of the molecule; 0: as the data's", 5, most_sites);
    options->given_temperature =
        add_number(*sub, "--temperature", options->temperature, "K; 0: as the data's", Sign::positive);
    add_number(*sub, "--credibility", options->credibility, "Of intervals, between 0 and 1");
    add_cost_options(*sub, options->cost);
    add_max_time(*sub, options->long_work);
    add_out(*sub, options->out, "FILE.json", "Averages, with intervals where the fit has a posterior");
    sub->footer(
        "Energies, widths and geometry are carried over as they were learnt: to another length, and to\n"
        "another temperature, where only the energies' weights change.\n\n"
        "Example, C_100 at 300 K:\n"
        "    predcg-molecule states predict --fit states.json --sites 100 --temperature 300 --out c100.json");
    return {sub, [options] { run_states_predict(*options); }};
}

}  // namespace

std::vector<Command> add_states(CLI::App& app) {
    CLI::App* states = app.add_subcommand("states", "Chains of rotational states: trans and gauche");
    states->require_subcommand(1);
    return {add_states_fit(*states), add_states_predict(*states)};
}

}  // namespace cli::molecules
