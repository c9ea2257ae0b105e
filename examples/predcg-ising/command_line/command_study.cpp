// study: experiments as figures and a report.
#include "command_line/commands.hpp"
#include "command_line/long_study.hpp"
#include "command_line/map_studies.hpp"
#include "command_line/options.hpp"
#include "studies/all.hpp"
#include "studies/data_size.hpp"
#include "studies/levels.hpp"
#include "studies/model_study.hpp"
#include "studies/sweep.hpp"

#include <memory>

namespace cli {

namespace {

/// What all experiments have in common.
template <class Settings>
void add_common(CLI::App& sub, Settings& settings) {
    add_fine_model(sub, settings.fine, FieldOption::without);
    add_number(sub, "--field-from", settings.fields.from, "First field mu, energy");
    add_number(sub, "--field-to", settings.fields.to, "Last field mu, energy");
    add_number(sub, "--field-step", settings.fields.step, "Distance of the fields, energy", Sign::positive);
    add_integer(sub, "--draws", settings.draws, "Draws of each posterior, all chains together", 16,
                1'000'000);
    add_seed(sub, settings.seed, "Seed of the data; field k (from 0) has seed + k");
}

struct Text {
    const char *name, *summary, *footer;
};

/// The command of one experiment: common options, and those that add_own(app, settings) adds.
template <class Settings, class Run, class Write, class Own>
Command add_experiment(CLI::App& study, const Text& text, Run run, Write write, Own add_own) {
    struct Options {
        Settings settings{};
        std::string out;
        StudyOptions study{};
    };
    CLI::App* sub = study.add_subcommand(text.name, text.summary);
    const auto options = std::make_shared<Options>();
    add_common(*sub, options->settings);
    add_result_directory(*sub, options->out);
    add_own(*sub, options->settings);
    add_study_options(*sub, options->study);
    sub->footer(text.footer);
    return {sub, [=] { run_long_study(options->study, options->settings, options->out, run, write); }};
}

Command add_sweep(CLI::App& study) {
    return add_experiment<study::SweepSettings>(
        study,
        {.name = "sweep",
         .summary = "Sweep the external field: theta_c, theta_cf and m against mu",
         .footer =
             "At every field, data are drawn from the fine chain, the coarse models {pair_1} and {linear, "
             "pair_1}\n"
             "are learnt from them by exact EM, and m is predicted, with the interval of the full posterior, "
             "and\n"
             "compared with the exact value. {pair_1} is learnt once more by Monte Carlo EM as in the "
             "source:\n"
             "Robbins-Monro, S_q = 50, S_c = 200, and m from 100 S_c draws.\n\n"
             "Examples:\n"
             "    predcg-ising study sweep --out sweep\n"
             "  four times the data, finer steps:\n"
             "    predcg-ising study sweep --samples 200 --field-step 0.3 --out fine-sweep"},
        study::run_sweep, study::write_sweep, [](CLI::App& sub, study::SweepSettings& settings) {
            add_level(sub, settings.level);
            add_integer(sub, "--samples", settings.samples, "Configurations at each field, S_f", 1);
            add_prior(sub, settings.prior);
        });
}

Command add_data_size(CLI::App& study) {
    return add_experiment<study::DataSizeSettings>(
        study,
        {.name = "data-size",
         .summary = "Vary the number of data: credible bands, their coverage, errors of m and R",
         .footer =
             "At every field, data sets of 5 to 100 configurations are drawn, {linear, pair_1} is learnt "
             "from each,\n"
             "and m and R_l are predicted with credible intervals by the full posterior and by the "
             "Laplace\n"
             "approximation of the slides.\n\n"
             "Examples:\n"
             "    predcg-ising study data-size --out data-size\n"
             "  quickly, a short interaction:\n"
             "    predcg-ising study data-size --range 1 --strength 1 --data-sets 3 --out quick"},
        study::run_data_size, study::write_data_size, [](CLI::App& sub, study::DataSizeSettings& settings) {
            add_level(sub, settings.level);
            add_integer(sub, "--data-sets", settings.data_sets, "Data sets at each field", 1, 1'000'000);
            add_integer(sub, "--posteriors", settings.posteriors,
                        "Data sets at each field with posteriors, the first ones", 1, 1'000'000);
        });
}

Command add_levels(CLI::App& study) {
    return add_experiment<study::LevelsSettings>(
        study,
        {.name = "levels",
         .summary = "Vary the level of coarse-graining: credible bands and errors of m and R",
         .footer =
             "At every field {linear, pair_1} is learnt from the same data at levels 2, 4, 8 and 16, as "
             "far as they\n"
             "divide the sites and leave two coarse ones, and m and R_l are predicted with the intervals "
             "of the\n"
             "full posterior.\n\n"
             "Examples:\n"
             "    predcg-ising study levels --out levels\n"
             "  quickly, a short interaction:\n"
             "    predcg-ising study levels --range 1 --strength 1 --data-sets 3 --out quick"},
        study::run_levels, study::write_levels, [](CLI::App& sub, study::LevelsSettings& settings) {
            add_integer(sub, "--samples", settings.samples, "Configurations in each data set, S_f", 1);
            add_integer(sub, "--data-sets", settings.data_sets,
                        "Data sets at each field; the first has posteriors", 1, 1'000'000);
        });
}

Command add_models(CLI::App& study) {
    return add_experiment<study::ModelsSettings>(
        study,
        {.name = "models",
         .summary = "Vary the terms of the coarse potential: errors of m and R, and models ranked",
         .footer =
             "Models [abc] are learnt from the same data: a = 1 with the linear term, 0 without; b = range "
             "of the pair\n"
             "terms; c = 0 no triplet, 1 triplet_1_1, 2 also triplet_1_2 and triplet_2_2. At one "
             "field they are\n"
             "ranked by evidence, exact and by Laplace, BIC and leave-one-out predictive density.\n\n"
             "Examples:\n"
             "    predcg-ising study models --out models\n"
             "  quickly, a short interaction:\n"
             "    predcg-ising study models --range 1 --strength 1 --data-sets 1 --draws 500 --out quick"},
        study::run_models, study::write_models, [](CLI::App& sub, study::ModelsSettings& settings) {
            add_level(sub, settings.level);
            add_integer(sub, "--pair-range", settings.pair_range, "Longest pair range", 0);
            add_integer(sub, "--samples", settings.samples, "Configurations in each data set, S_f", 1);
            add_integer(sub, "--data-sets", settings.data_sets, "Data sets at each field", 1, 1'000'000);
            add_number(sub, "--ranked-field", settings.ranked_field,
                       "Field at which all models are scored, on one data set; energy");
        });
}

struct AllOptions {
    study::AllSettings settings;
    std::string out;
    StudyOptions study;
};

void run_all(const AllOptions& options) {
    study::AllSettings settings = options.settings;
    if (!is_affordable(study::cost_of(settings), options.study.cost)) return;
    LongWork work(options.study.long_work, options.out, {}, Stops::by_error);
    settings.stop = work.stop();
    settings.checkpoint = work.place("study");
    study::run_all(settings, options.out);
    work.end();
}

Command add_all(CLI::App& study) {
    CLI::App* sub = study.add_subcommand("all", "All experiments, and one report that needs no other file");
    const auto options = std::make_shared<AllOptions>();
    auto& settings = options->settings;
    add_seed(*sub, settings.seed, "Seed of all parts");
    sub->add_flag("--quick", settings.quick,
                  "Small chains, few fields, data and draws: to try it; the numbers say little");
    sub->add_flag("--fresh", settings.fresh, "Do parts again that are finished");
    add_out(*sub, options->out, "DIRECTORY", "Where report.html and a directory for each part go");
    add_study_options(*sub, options->study);
    sub->footer(
        "Parts: sweep, data-size, levels, models, maps, flow, molecules, each as the study of that name does "
        "it, in\n"
        "DIRECTORY/<part>; data-size has posteriors of 5 of its 20 data sets, models 3 data sets and 500 "
        "draws\n"
        "for each score.\n"
        "Parts that are finished with the same settings and version are kept: after Ctrl-C the same command\n"
        "goes on, within the part that was at work, too.\n\n"
        "Examples:\n"
        "    predcg-ising study all --out study\n"
        "  in about 20 s of a processor:\n"
        "    predcg-ising study all --quick --out quick");
    return {sub, [options] { run_all(*options); }};
}

}  // namespace

std::vector<Command> add_study(CLI::App& app) {
    CLI::App* study = app.add_subcommand("study", "Run an experiment and write figures and a report");
    study->require_subcommand(1);
    study->footer("Example:\n    predcg-ising study sweep --out sweep");
    std::vector<Command> commands{add_sweep(*study),           add_data_size(*study),  add_levels(*study),
                                  add_models(*study),          add_maps_study(*study), add_flow_study(*study),
                                  add_molecules_study(*study), add_all(*study)};
    for (Command& command : commands) command.needs = Needs::programs;  // gnuplot
    return commands;
}

}  // namespace cli
