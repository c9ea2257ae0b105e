// pair: potentials of pairs of molecules.
#include "basics/errors.hpp"
#include "basics/numbers.hpp"
#include "command_line/commands.hpp"
#include "files/output_file.hpp"
#include "io/pair_json.hpp"
#include "program/options.hpp"

#include <memory>
#include <vector>

namespace cli::molecules {

using namespace predcg;

namespace {

struct PairExportOptions {
    std::string fit, table, out;
    double length_in_nm = 1.0, energy_in_kj = 1.0;
    ExportSettings settings;
    std::vector<CLI::Option*> for_tables{};
};

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

}  // namespace

std::vector<Command> add_pair(CLI::App& app) {
    CLI::App* pair = app.add_subcommand("pair", "Potentials of pairs of molecules");
    pair->require_subcommand(1);
    return {add_pair_export(*pair)};
}

}  // namespace cli::molecules
