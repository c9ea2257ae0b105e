// pair: potentials of pairs of molecules.
#include "basics/errors.hpp"
#include "basics/numbers.hpp"
#include "command_line/commands.hpp"
#include "command_line/reading.hpp"
#include "files/output_file.hpp"
#include "io/pair_json.hpp"
#include "molecules/cost_model.hpp"
#include "program/cost_limits.hpp"
#include "program/long_work.hpp"
#include "program/options.hpp"
#include "terminal/messages.hpp"
#include "terminal/progress.hpp"

#include <predcg/core/error.hpp>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <vector>

namespace cli::molecules {

using namespace predcg;

namespace {

constexpr Index fewest_checked = 10;  // frames, and draws of the posterior

void require_checkable(const LiquidData& data) {
    if (data.frames < fewest_checked)
        throw InputError("--trajectory", std::to_string(data.frames) + " frames",
                         "at least " + std::to_string(fewest_checked) + " for checks, or --checks none");
}

/// Few frames leave a posterior that the normal approximation does not describe: it has no draws then.
void require_checkable(const SavedPair& saved, const std::string& fit) {
    const Index draws = saved.posterior.draw_count();
    if (draws < fewest_checked)
        throw InputError("--fit",
                         in_quotes(fit) + ", whose posterior has " +
                             (draws == 0 ? "no" : "only " + std::to_string(draws)) + " draws",
                         "a fit with " + std::to_string(fewest_checked) +
                             " or more; its diagnostics.remarks say why there are none: repeat pair fit with "
                             "more frames, more --samples or a larger --knot-distance");
}

std::vector<double> masses_from(const std::string& text) {
    std::vector<double> masses;
    for (std::size_t at = 0; at <= text.size();) {
        const auto comma = std::min(text.find(',', at), text.size());
        const auto mass = parse_number(text.substr(at, comma - at));
        if (!mass || !std::isfinite(*mass) || *mass <= 0.0 || masses.size() == 1000)
            throw InputError("--masses", in_quotes(text), "finite numbers > 0, commas between, 1000 at most");
        masses.push_back(*mass);
        at = comma + 1;
    }
    return masses;
}

struct PairExportOptions {
    std::string fit, table, out;
    double length_in_nm = 1.0, energy_in_kj = 1.0;
    ExportSettings settings;
    std::vector<CLI::Option*> for_tables{};
};

struct PairFitOptions {
    ReadOptions read;
    std::vector<double> masses{};
    PairSettings settings;
    bool check = true;
    PairCheckSettings checks;
    double pressure = 0.0, pressure_error = 0.0;
    std::string out;
    CostOptions cost;
    std::vector<CLI::Option*> for_checks{};
    CLI::Option* given_pressure = nullptr;
    LongWorkOptions long_work;
};

struct PairCheckOptions {
    std::string fit;
    PairFitOptions how;
};

const Choices<bool> whether_to_check{{"full", true}, {"none", false}};

void set_pressure(PairFitOptions& options) {
    if (options.given_pressure->count() == 0) return;
    options.checks.pressure = {options.pressure, options.pressure_error};
}

void print_checks(const LiquidChecks& checks) {
    for (const LiquidCheck& check : checks.checks) print_line("", check.words);
    print_line("noise", checks.noise.words);
    print_line("checks", checks.summary());
}

void run_pair_fit(PairFitOptions options) {
    PairSettings& settings = options.settings;
    check_credibility(settings.credibility);
    if (!options.check) refuse_given(options.for_checks, "only with --checks full");
    set_pressure(options);
    const OutputFile out(options.out, {options.read.trajectory.path, options.read.structure});
    const LiquidData data =
        read_liquid(options.read.trajectory, options.read.structure, options.read.frames, options.masses);
    if (options.check) require_checkable(data);
    if (!is_affordable(cost_of_pair(data, settings, options.check ? &options.checks : nullptr), options.cost))
        return;
    LongWork work(options.long_work, options.out, {options.read.trajectory.path, options.read.structure});
    settings.stop = work.stop();
    settings.checkpoint = work.place("pair");
    std::optional<LiquidChecks> checks;
    const LearntPair learnt = [&] {
        Progress progress("parts", options.check ? 2 : 1);
        progress.update(0.0, "fit");
        LearntPair found = [&] {
            try {
                return learn_pair(data, settings,
                                  [&](const std::string& done) { progress.update(0.0, done); });
            } catch (const Stopped&) {
                work.end_without_result();
            }
        }();
        if (options.check && found.saved.posterior.draw_count() > 0) {
            progress.update(1.0, "checks");
            options.checks.credibility = settings.credibility;
            options.checks.seed = settings.seed;
            options.checks.stop = work.stop();
            options.checks.checkpoint = work.place("checks");
            try {
                checks = check_pair(found.saved, data, options.checks);
            } catch (const Stopped&) {
                // There is the potential.
            }
        }
        return found;
    }();
    out.commit(json_of(learnt, checks, settings));
    print_line("status", std::string(to_string(learnt.status)) + " after " + std::to_string(learnt.rounds) +
                             " rounds, " + std::to_string(learnt.samples) + " samples worth " +
                             fixed(learnt.independent_samples, 0) + " independent ones");
    print_line("data", std::to_string(learnt.frames) + " frames of " + std::to_string(data.molecules) +
                           " molecules, worth " +
                           fixed(static_cast<double>(learnt.frames) / learnt.autocorrelation_time, 1));
    Index least = 0;
    const double depth = learnt.band.u.minCoeff(&least);
    print_line("potential", std::to_string(learnt.saved.theta().size()) + " parameters from " +
                                fixed(learnt.saved.model.spline.core, 3) + " to " +
                                fixed(settings.cutoff, 3) + " nm; deepest " + fixed(depth, 3) +
                                " kJ/mol at " + fixed(learnt.band.r[least], 3) + " nm");
    print_line("smoothness",
               brief(learnt.smoothness.sd) + " k T at the cut-off, decay " + brief(learnt.smoothness.decay));
    if (checks) print_checks(*checks);
    print_line("written to", options.out);
    if (learnt.status != Status::converged)
        warn("not converged: the potential is where sampling left it; raise --samples, or look at the data");
    if (!learnt.saved.posterior.reliable)
        for (const std::string& remark : learnt.saved.posterior.remarks) warn("posterior: " + remark);
    if (options.check && learnt.saved.posterior.draw_count() == 0)
        warn("no checks, as the posterior has no draws: more frames, more --samples or a larger "
             "--knot-distance");
    work.end();
}

void run_pair_check(PairCheckOptions options) {
    PairFitOptions& how = options.how;
    check_credibility(how.settings.credibility);
    set_pressure(how);
    const OutputFile out(how.out, {options.fit, how.read.trajectory.path, how.read.structure});
    const SavedPair saved = load_pair(options.fit);
    require_checkable(saved, options.fit);
    const LiquidData data = read_liquid(how.read.trajectory, how.read.structure, how.read.frames, how.masses);
    require_checkable(data);
    if (!is_affordable(cost_of_pair_checks(data, saved, how.checks), how.cost)) return;
    how.checks.credibility = how.settings.credibility;
    how.checks.seed = how.settings.seed;
    LongWork work(how.long_work, how.out, {options.fit, how.read.trajectory.path, how.read.structure});
    how.checks.stop = work.stop();
    how.checks.checkpoint = work.place("checks");
    const LiquidChecks checks = [&] {
        Progress progress("parts", 1);
        progress.update(0.0, "checks");
        try {
            return check_pair(saved, data, how.checks);
        } catch (const Stopped&) {
            work.end_without_result();
        }
    }();
    out.commit(json_of(checks, data.frames));
    print_line("data",
               std::to_string(data.frames) + " frames of " + std::to_string(data.molecules) + " molecules");
    print_checks(checks);
    print_line("written to", how.out);
    work.end();
}

void run_pair_export(const PairExportOptions& options) {
    if (options.fit.empty() == options.table.empty())
        throw InputError("--fit and --table", options.fit.empty() ? "none" : "both", "one of them");
    if (options.table.empty()) refuse_given(options.for_tables, "only with --table");
    const OutputFile out(options.out, {options.fit, options.table});
    const AnyPair u = options.table.empty()
                          ? load_pair_potential(options.fit)
                          : read_pair_table(options.table, options.length_in_nm, options.energy_in_kj);
    const ExportSettings& settings = options.settings;
    out.commit(settings.format == TableFormat::json ? json_of(rows_of(u, settings), u.cutoff())
                                                    : text_of_table(u, settings));
    print_line("table", word_for(table_formats, settings.format) + ", cut-off " + brief(u.cutoff()) + " nm");
    print_line("written to", options.out);
}

Command add_pair_export(CLI::App& pair) {
    CLI::App* sub =
        pair.add_subcommand("export", "A pair potential as a table for LAMMPS, GROMACS and others");
    const auto options = std::make_shared<PairExportOptions>();
    ExportSettings& settings = options->settings;
    sub->add_option("--fit", options->fit, "What pair fit wrote")->type_name("FILE.json");
    sub->add_option("--table", options->table, "Or a table of r, u and maybe the force, of another program")
        ->type_name("FILE");
    options->for_tables = {add_number(*sub, "--length-in-nm", options->length_in_nm,
                                      "nm of the unit of r in the table", Sign::positive),
                           add_number(*sub, "--energy-in-kj", options->energy_in_kj,
                                      "kJ/mol of the unit of u in the table", Sign::positive)};
    add_choice(*sub, "--format", settings.format, table_formats,
               "lammps: pair_style table, units real; gromacs: seven columns; csv, json: r, u, -du/dr");
    add_number(*sub, "--switch-from", settings.switch_from,
               "Where u does not end at its cut-off: from here on, nm, it is switched off; 0: it does end",
               Sign::not_negative);
    add_number(*sub, "--core-energy", settings.table.core_energy, "Above it the core is a parabola, kJ/mol",
               Sign::positive);
    add_integer(*sub, "--points", settings.table.points, "Rows; not of gromacs", 4, 10'000'000);
    add_number(*sub, "--first", settings.table.first, "Distance of the first row, nm; not of gromacs",
               Sign::positive);
    add_choice(*sub, "--spacing", settings.table.spacing, spacings,
               "Rows at equal steps of the distance, or of its square; not of gromacs");
    sub->add_option("--name", settings.name, "Of the section of a LAMMPS file [" + settings.name + "]")
        ->type_name("NAME");
    add_number(*sub, "--most-error", settings.table.most_error,
               "A LAMMPS table whose interpolation errs by more is refused, kJ/mol", Sign::positive);
    add_number(*sub, "--step", settings.gromacs_step, "Of the rows of gromacs, nm", Sign::positive);
    add_number(*sub, "--extension", settings.gromacs_extension, "Of gromacs, nm beyond the cut-off",
               Sign::not_negative);
    add_out(*sub, options->out, "FILE", "The table");
    sub->footer("GROMACS takes tables of non-bonded pairs up to version 2019 only.\n\n"
                "Examples:\n"
                "    predcg-molecule pair export --fit pair.json --name WATER --out water.table\n"
                "  a table of iterative Boltzmann inversion, which ends with a slope:\n"
                "    predcg-molecule pair export --table CG-CG.pot.new --switch-from 0.8 --out water.table");
    return {sub, [options] { run_pair_export(*options); }};
}

/// What reading and checking take.
void add_liquid(CLI::App& app, PairFitOptions& options) {
    add_reading(app, options.read);
    app.add_option_function<std::string>(
           "--masses", [&options](const std::string& text) { options.masses = masses_from(text); },
           "Of the sites of a molecule, commas between [of the elements H, C, N, O that names begin with]")
        ->type_name("M,M,..");
    PairCheckSettings& checks = options.checks;
    options.for_checks = {
        add_integer(app, "--check-draws", checks.draws, "Draws of the posterior for the checks", 10, 100'000),
        add_integer(app, "--check-samples", checks.samples, "Samples of the liquid for the checks", 40,
                    1'000'000),
        add_integer(app, "--bins", checks.bins, "Of radial distributions", 2, 10'000),
        options.given_pressure = add_number(app, "--pressure", options.pressure,
                                            "Of the simulation, bar, which positions do not tell"),
        add_number(app, "--pressure-error", options.pressure_error, "Its standard error, bar",
                   Sign::not_negative)};
    add_number(app, "--credibility", options.settings.credibility, "Of bands, between 0 and 1");
    add_seed(app, options.settings.seed, "Seed of all samples");
    add_cost_options(app, options.cost);
}

Command add_pair_fit(CLI::App& pair) {
    CLI::App* sub = pair.add_subcommand("fit", "Learn a pair potential of molecules from a liquid");
    const auto options = std::make_shared<PairFitOptions>();
    PairSettings& settings = options->settings;
    add_liquid(*sub, *options);
    add_number(*sub, "--temperature", settings.temperature, "Of the trajectory, K", Sign::positive)
        ->required();
    add_number(*sub, "--cutoff", settings.cutoff, "nm, at most half the shortest edge", Sign::positive);
    add_number(*sub, "--knot-distance", settings.knot_distance, "nm, about", Sign::positive);
    add_integer(*sub, "--samples", settings.samples, "Samples of the liquid in the last round", 100,
                10'000'000);
    add_integer(*sub, "--draws", settings.draws, "Draws of the posterior", 25, 100'000);
    add_long_work(*sub, options->long_work, "--save-every");
    add_choice(*sub, "--checks", options->check, whether_to_check,
               "What the data contradict: radial distributions, tetrahedral order, pressure, noise");
    add_out(*sub, options->out, "FILE.json",
            "Potential with its band, posterior and checks, for export and check");
    sub->footer(
        "U_c = sum_{i<j} u(r_ij) of the molecules' centres of mass, u a cubic spline that ends at the "
        "cut-off with\n"
        "slope and curvature 0, learnt by relative entropy. Its smoothness is chosen by evidence; the "
        "posterior is\n"
        "a normal approximation, with what sampling adds. Frames count as many as are independent.\n\n"
        "Examples:\n"
        "    predcg-molecule pair fit --trajectory water.xtc --structure water.gro --temperature 300 --out "
        "pair.json\n"
        "  from every fifth frame, the potential alone:\n"
        "    predcg-molecule pair fit --trajectory water.xtc --structure water.gro --temperature 300 --every "
        "5 \\\n"
        "        --checks none --out pair.json");
    return {sub, [options] { run_pair_fit(*options); }};
}

Command add_pair_check(CLI::App& pair) {
    CLI::App* sub = pair.add_subcommand("check", "What other frames contradict of a pair potential");
    const auto options = std::make_shared<PairCheckOptions>();
    sub->add_option("--fit", options->fit, "What pair fit wrote")->type_name("FILE.json")->required();
    add_liquid(*sub, options->how);
    add_long_work(*sub, options->how.long_work, "--save-every");
    add_out(*sub, options->how.out, "FILE.json", "Bands and checks");
    sub->footer(
        "Molecules, box and temperature are those of the fit.\n\n"
        "Example, frames that were not learnt from:\n"
        "    predcg-molecule pair check --fit pair.json --trajectory water.xtc --structure water.gro \\\n"
        "        --first 50 --out checks.json");
    return {sub, [options] { run_pair_check(*options); }};
}

}  // namespace

std::vector<Command> add_pair(CLI::App& app) {
    CLI::App* pair = app.add_subcommand("pair", "Potentials of pairs of molecules");
    pair->require_subcommand(1);
    return {add_pair_fit(*pair), add_pair_export(*pair), add_pair_check(*pair)};
}

}  // namespace cli::molecules
