#pragma once
// Pair potentials as tables for other programs.
#include "basics/choices.hpp"

#include <predcg/models/pair/pair_tables.hpp>
#include <predcg/tables/columns.hpp>

#include <concepts>
#include <functional>
#include <string>
#include <utility>

namespace cli::molecules {

using predcg::Index;

/// A pair potential of any origin (concept predcg::pair::PairFunction). Lengths in nm, energies in kJ/mol.
class AnyPair {
public:
    // Whether it is another type is asked first: whether this one can be copied is not known while it is
    // asked.
    template <class U>
        requires(!std::same_as<U, AnyPair>) && predcg::pair::PairFunction<U>
    explicit AnyPair(U u)
        : cutoff_(u.cutoff()), at_([u = std::move(u)](double r) {
              return predcg::CurvePoint{u.pair_energy(r), u.pair_slope(r), u.pair_curvature(r)};
          }) {}

    double pair_energy(double r) const { return at_(r).value; }
    double pair_slope(double r) const { return at_(r).slope; }
    double pair_curvature(double r) const { return at_(r).curvature; }
    double cutoff() const { return cutoff_; }

private:
    double cutoff_;
    std::function<predcg::CurvePoint(double)> at_;
};

/// The potential of a table of r, u and maybe the force, as other programs write them, in these units. Throws
/// InputError, with file and line, for what is no table, and for one that does not repel at its first
/// distance.
AnyPair read_pair_table(const std::string& path, double length_in_nm, double energy_in_kj);

enum class TableFormat { lammps, gromacs, csv, json };
inline const Choices<TableFormat> table_formats{{"lammps", TableFormat::lammps},
                                                {"gromacs", TableFormat::gromacs},
                                                {"csv", TableFormat::csv},
                                                {"json", TableFormat::json}};
inline const Choices<predcg::pair::TableSpacing> spacings{{"distance", predcg::pair::TableSpacing::distance},
                                                          {"square", predcg::pair::TableSpacing::square}};

struct ExportSettings {
    TableFormat format = TableFormat::lammps;
    predcg::pair::TableSettings table{};
    std::string name = "PAIR";       ///< of the section of a LAMMPS file
    double gromacs_step = 0.002;     ///< nm
    double gromacs_extension = 1.0;  ///< nm beyond the cut-off
    double switch_from = 0.0;        ///< nm; 0: the potential ends by itself
};

/// The rows r, u, -du/dr of a table, finite everywhere and 0 at the cut-off.
predcg::Columns rows_of(const AnyPair& u, const ExportSettings& settings);

/// The file, but for JSON. Throws InputError, in words of the options, where the potential does not end at
/// its cut-off, or the table is too coarse.
std::string text_of_table(const AnyPair& u, const ExportSettings& settings);

}  // namespace cli::molecules
