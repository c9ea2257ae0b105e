#pragma once
// Tables of GROMACS for bonds, angles and dihedrals.
#include <predcg/core/error.hpp>
#include <predcg/core/types.hpp>
#include <predcg/tables/columns.hpp>
#include <predcg/tables/curve.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <ostream>
#include <vector>

namespace predcg {

/// What a bonded table is of.
enum class BondedKind {
    bond,     ///< lengths in nm; table_b0.xvg, ...
    angle,    ///< 0 to 180 degrees; table_a0.xvg, ...
    dihedral  ///< -180 to 180 degrees; table_d0.xvg, ...
};

/// Writes a table for `gmx mdrun -tableb`, which GROMACS has taken in all versions (2022.5 too): rows
///
///     x   u   -u'      bonds: nm, kJ/mol, kJ/mol/nm;  angles, dihedrals: degrees, kJ/mol, kJ/mol/degree
///
/// `u` is a potential in nm or *radians* and kJ/mol, `kilojoules` the kJ/mol of one of its units if it is
/// another. Bonds go from 0 to `longest` nm. Where a bond's or an angle's curve ends before, the table goes
/// on as its parabola; a dihedral's must go from -pi to pi and be equal, with its slope, at both. Topology:
/// function types 8 (bond), 8 (angle), 8 (dihedral), table number and k = 1. No Jacobian is added: if u is
/// -kT ln of a histogram, divide that by r^2 or sin(angle) before.
///
/// Between rows GROMACS has the cubic with the energies and forces of both.
///
/// Throws ArgumentError for fewer than 10 rows or more than 10^6, a `longest` that is no bond's, a parabola
/// that would bend down (u'' < 0 at the end it goes on from), a dihedral that is not periodic to 1e-6 of its
/// range, a stream that does not take what is written.
inline void write_gromacs_bonded_table(std::ostream& out, const Curve& u, BondedKind kind, Index rows = 1801,
                                       double longest = 1.0, double kilojoules = 1.0) {
    constexpr auto function = "write_gromacs_bonded_table";
    constexpr double pi = 3.14159265358979323846, degrees = 180.0 / pi;
    require_range(rows, 10, 1'000'000, function, "number of rows");
    require(longest > 0.0 && longest <= 100.0, function, "longest bond", longest,
            "a number > 0, at most 100 nm");
    require_positive(kilojoules, function, "kilojoules");
    const bool is_bond = kind == BondedKind::bond, turns = kind == BondedKind::dihedral;
    const double unit = is_bond ? 1.0 : degrees;
    const double from = turns ? -180.0 : 0.0, to = is_bond ? longest : 180.0;
    if (turns) {
        const CurvePoint a = u.at(u.first()), b = u.at(u.last());
        require(std::abs(u.first() + pi) < 1e-6 && std::abs(u.last() - pi) < 1e-6, function,
                "first angle of a dihedral", u.first(), "-pi, with the last one pi");
        const double range = u.values().maxCoeff() - u.values().minCoeff();
        require(std::abs(a.value - b.value) <= 1e-6 * range, function, "u(pi) - u(-pi)", b.value - a.value,
                "0");
        require(std::abs(a.slope - b.slope) <= 1e-6 * range + 1e-6 * std::abs(a.slope), function,
                "u'(pi) - u'(-pi)", b.slope - a.slope, "0");
    } else {
        for (const double end : {u.first(), u.last()}) {
            const bool goes_on = end == u.first() ? unit * end > from : unit * end < to;
            const double curvature = u.at(end).curvature;
            require(!goes_on || curvature >= 0.0, function, "u'' at the end, x = " + to_text(end), curvature,
                    "a number >= 0, as the table goes on from there by a parabola");
        }
    }
    std::vector<std::array<double, 3>> table;
    for (Index i = 0; i < rows; ++i) {
        const double x = from + (to - from) * static_cast<double>(i) / static_cast<double>(rows - 1);
        const CurvePoint p = u.at(turns ? std::clamp(x / unit, u.first(), u.last()) : x / unit);
        table.push_back({x, kilojoules * p.value, -kilojoules * p.slope / unit});
    }
    out << (is_bond ? "# r u -u' (nm, kJ/mol)\n" : "# angle u -u' (degrees, kJ/mol)\n");
    for (const auto& row : table) detail::write_row(out, {row[0], row[1], row[2]});
    detail::require_written(out, function);
}

}  // namespace predcg
