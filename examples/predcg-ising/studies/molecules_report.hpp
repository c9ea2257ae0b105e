#pragma once
// Tables and figures of the study of molecules.
#include "reports/gnuplot.hpp"
#include "studies/molecules.hpp"

#include <array>
#include <vector>

namespace cli::study {

/// Energies of rotational states, kJ/mol, that are used for polyethylene: E_gauche, E_same, E_opposite (A.
/// Abe, R. L. Jernigan, P. J. Flory, J. Am. Chem. Soc. 88 (1966) 631).
inline constexpr std::array<double, 3> published_energies{2.1, 0.0, 8.4};

void write_molecules_tables(const MoleculesResult& result, const ResultDirectory& directory);
std::vector<Figure> molecules_figures(const MoleculesResult& result);

}  // namespace cli::study
