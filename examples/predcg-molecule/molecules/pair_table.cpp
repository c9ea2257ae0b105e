#include "molecules/pair_table.hpp"

#include "basics/errors.hpp"
#include "basics/numbers.hpp"
#include "molecules/words.hpp"

#include <predcg/models/pair/pair_shapes.hpp>

#include <fstream>
#include <sstream>

namespace cli::molecules {

using namespace predcg;

namespace {

AnyPair ended(const AnyPair& u, const ExportSettings& settings) {
    return settings.switch_from > 0.0 ? AnyPair(pair::Switched<AnyPair>(u, settings.switch_from)) : u;
}

}  // namespace

AnyPair read_pair_table(const std::string& path, double length_in_nm, double energy_in_kj) {
    std::ifstream in(path, std::ios::binary);
    if (!in || in.peek() == std::ifstream::traits_type::eof())
        throw InputError("--table", in_quotes(path) + " (it cannot be read, or is empty)",
                         "a file with rows of r, u and maybe the force");
    try {
        return AnyPair(
            pair::Tabulated(read_columns(in, {.x_factor = length_in_nm, .u_factor = energy_in_kj})));
    } catch (const ArgumentError& error) {
        throw InputError(path + ": " + in_words_of_options(error.what()));
    }
}

Columns rows_of(const AnyPair& u, const ExportSettings& settings) {
    return with_option_words([&] { return pair::tabulate(ended(u, settings), settings.table); });
}

std::string text_of_table(const AnyPair& u, const ExportSettings& settings) {
    std::ostringstream out;
    with_option_words([&] {
        if (settings.format == TableFormat::lammps)
            pair::write_lammps_table(out, ended(u, settings), settings.name, settings.table);
        else if (settings.format == TableFormat::gromacs)
            pair::write_gromacs_table(out, ended(u, settings), settings.gromacs_step,
                                      settings.gromacs_extension, settings.table);
        else
            write_csv(out, rows_of(u, settings));
        return 0;
    });
    return out.str();
}

}  // namespace cli::molecules
