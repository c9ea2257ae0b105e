#pragma once
// Pair potentials as tables for LAMMPS, GROMACS and others.
#include <predcg/core/error.hpp>
#include <predcg/core/types.hpp>
#include <predcg/models/pair/pair_function.hpp>
#include <predcg/models/pair/pair_shapes.hpp>
#include <predcg/tables/columns.hpp>
#include <predcg/tables/curve.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <ostream>
#include <string>
#include <utility>

namespace predcg::pair {

/// Distances of the rows of a table.
enum class TableSpacing {
    distance,  ///< equal steps of r; LAMMPS' R
    square     ///< equal steps of r^2, which is how LAMMPS looks up; its RSQ
};

/// How a pair potential becomes a table. Distances in nm, energies in the potential's own unit.
struct TableSettings {
    double first = 0.01;  ///< distance of the first row: LAMMPS stops if a pair comes nearer
    Index points = 2000;  ///< rows, from there to the cut-off
    TableSpacing spacing = TableSpacing::distance;  ///< of the rows
    double core_energy =
        500.0;  ///< where u is more the table has a finite core: FiniteCore(u, core_radius(u, this))
    double judged_below = 50.0;  ///< errors of interpolation are judged where u is less
    double most_error = 0.01;  ///< of the interpolated energy there; a table that has a larger one is refused
    double kilojoules = 1.0;   ///< kJ/mol of one unit of energy of the potential
};

/// What LAMMPS makes of a table between its rows: the largest errors where u < TableSettings::judged_below,
/// and where they are, looked for at four places between any two entries of its own grid.
struct InterpolationError {
    double energy = 0.0;     ///< of u, in the potential's unit
    double energy_at = 0.0;  ///< there, nm
    double force = 0.0;      ///< of -u', in that unit per nm
    double force_at = 0.0;   ///< there, nm
};

/// What a written table is like.
struct TableReport {
    double core = 0.0;          ///< the core begins below this distance; 0: the potential's own
    InterpolationError spline;  ///< by LAMMPS' `pair_style table spline N`, N = points
    InterpolationError linear;  ///< by its `linear N`
};

namespace detail {
template <PairFunction U>
void check_table(const U& u, const TableSettings& s, const char* function) {
    require_positive(u.cutoff(), function, "cut-off");
    require(s.first > 0.0 && s.first < u.cutoff(), function, "TableSettings::first", s.first,
            "a number between 0 and the cut-off");
    require_range(s.points, 4, 10'000'000, function, "TableSettings::points");
    require_positive(s.core_energy, function, "TableSettings::core_energy");
    require_positive(s.judged_below, function, "TableSettings::judged_below");
    require_positive(s.most_error, function, "TableSettings::most_error");
    require_positive(s.kilojoules, function, "TableSettings::kilojoules");
}

/// Refuses a potential that has not ended at its cut-off, where engines let it be 0 with a jump.
template <PairFunction U>
void check_end(const U& u, const char* function) {
    const double cutoff = u.cutoff(), before = cutoff * (1.0 - 1e-9);
    double scale = 0.0;
    for (int k = 50; k <= 100; ++k) scale = std::max(scale, std::abs(u.pair_energy(0.01 * k * before)));
    const double energy = u.pair_energy(before), slope = u.pair_slope(before);
    constexpr auto what =
        "0 at the cut-off, with slope 0: cut off later, or end it by pair::Switched(u, from)";
    require(std::abs(energy) <= 1e-5 * scale, function, "energy just below the cut-off", energy, what);
    require(std::abs(slope) * cutoff <= 1e-3 * scale, function, "slope just below the cut-off", slope, what);
}

/// The largest differences between u and what `lammps` makes of it.
template <PairFunction U, class Interpolation>
InterpolationError interpolation_error(const U& u, const Interpolation& lammps, const TableSettings& s) {
    InterpolationError worst;
    const double from = s.first * s.first, to = u.cutoff() * u.cutoff();
    const Index places = 5 * (s.points - 1);  // at and between the entries
    for (Index i = 0; i < places; ++i) {
        const double r = std::sqrt(from + (to - from) * static_cast<double>(i) / static_cast<double>(places));
        if (!(u.pair_energy(r) < s.judged_below)) continue;
        const double energy = std::abs(lammps.pair_energy(r) - u.pair_energy(r));
        const double force = std::abs(lammps.pair_force(r) + u.pair_slope(r));
        if (energy > worst.energy) {
            worst.energy = energy;
            worst.energy_at = r;
        }
        if (force > worst.force) {
            worst.force = force;
            worst.force_at = r;
        }
    }
    return worst;
}
}  // namespace detail

/// The potential as columns r, u and -u', with a finite core, 0 at the cut-off. Throws ArgumentError for
/// settings that are not possible, a potential that is not finite, one that has not ended at its cut-off.
template <PairFunction U>
Columns tabulate(const U& u, const TableSettings& settings = {}) {
    detail::check_table(u, settings, "pair::tabulate");
    detail::check_end(u, "pair::tabulate");
    const FiniteCore<U> cored(u, core_radius(u, settings.core_energy));
    const auto n = settings.points;
    const double first = settings.first, last = cored.cutoff();
    Columns table{Vector(n), Vector(n), Vector(n)};
    for (Index i = 0; i < n; ++i) {
        const double t = static_cast<double>(i) / static_cast<double>(n - 1);
        const double r = settings.spacing == TableSpacing::distance
                             ? first + (last - first) * t
                             : std::sqrt(first * first + (last * last - first * first) * t);
        const bool end = i == n - 1;
        table.x[i] = end ? last : r;
        table.u[i] = end ? 0.0 : static_cast<double>(cored.pair_energy(r));
        table.f[i] = end ? 0.0 : -static_cast<double>(cored.pair_slope(r));
        require(std::isfinite(table.u[i]) && std::isfinite(table.f[i]), "pair::tabulate",
                "energy or force at r = " + to_text(table.x[i]), table.u[i], "finite numbers");
    }
    return table;
}

/// What LAMMPS makes of rows of energy and force (its pair_table.cpp): cubic splines through both, read off
/// at N equal steps of r^2, and there splines, or straight lines, of the energy and of the force over r.
class LammpsInterpolation {
public:
    /// Rows; derivatives of the force at the first and last, FPRIME; N of `pair_style table`; whether its
    /// style is `spline` or `linear`. Throws ArgumentError as Curve does, and for N < 2.
    LammpsInterpolation(const Columns& rows, double first_force_slope, double last_force_slope, Index entries,
                        bool spline)
        : LammpsInterpolation(Looked(rows, first_force_slope, last_force_slope, entries), spline) {}

    /// u at distances between the first row and the last.
    double pair_energy(double r) const { return read(energy_, r * r); }
    /// The force there, which LAMMPS interpolates by itself: not exactly the derivative of its energy.
    double pair_force(double r) const { return r * read(ratio_, r * r); }

private:
    /// The splines through the rows, read off.
    struct Looked {
        Looked(const Columns& rows, double first_force_slope, double last_force_slope, Index entries)
            : square(entries), energy(entries), ratio(entries) {
            require(entries >= 2, "pair::LammpsInterpolation", "entries", entries, "an integer >= 2");
            const Index end = rows.x.size() - 1;
            const Curve u = Curve::clamped(rows.x, rows.u, -rows.f[0], -rows.f[end]);
            const Curve f = Curve::clamped(rows.x, rows.f, first_force_slope, last_force_slope);
            const double from = rows.x[0] * rows.x[0], to = rows.x[end] * rows.x[end];
            const double step = (to - from) / static_cast<double>(entries - 1);
            for (Index i = 0; i < entries; ++i) {
                square[i] = i == entries - 1 ? to : from + static_cast<double>(i) * step;
                const double r = std::sqrt(square[i]);
                energy[i] = u(r);
                ratio[i] = f(r) / r;
            }
            first_ratio_slope = (first_force_slope - ratio[0]) / (2.0 * from);
            last_ratio_slope = (last_force_slope - ratio[entries - 1]) / (2.0 * to);
        }
        Vector square, energy, ratio;
        double first_ratio_slope, last_ratio_slope;
    };

    LammpsInterpolation(const Looked& at, bool spline)
        : energy_(
              Curve::clamped(at.square, at.energy, -0.5 * at.ratio[0], -0.5 * at.ratio[at.ratio.size() - 1])),
          ratio_(Curve::clamped(at.square, at.ratio, at.first_ratio_slope, at.last_ratio_slope)),
          spline_(spline) {}

    double read(const Curve& curve, double square) const {
        if (spline_) return curve(square);
        const Vector &x = curve.x(), &y = curve.values();
        const double at = (square - x[0]) / (x[1] - x[0]);
        const Index i = std::clamp(static_cast<Index>(at), Index{0}, x.size() - 2);
        return y[i] + (at - static_cast<double>(i)) * (y[i + 1] - y[i]);
    }

    Curve energy_, ratio_;
    bool spline_;
};

/// Writes a section of a `pair_style table` file for LAMMPS, `units real` (Angstrom, kcal/mol), with the
/// header
///
///     <name>
///     N <points> R|RSQ <first> <cut-off> FPRIME <first> <last>
///
/// and comments that say how to use it and how exact LAMMPS' interpolation is, which is also handed back. E
/// and F are 0 in the last row, F = -dE/dr in all; nearer than core_radius(u, core_energy) the core is a
/// parabola. A file may hold several sections. Rows are written so that they read back equal; nothing is
/// written if something is refused.
///
/// Throws ArgumentError for settings that are not possible and names of other than letters, digits, `_` and
/// `-`; for a potential that is not finite, or has not ended at its cut-off; for too few points, with the
/// error they cause; for a stream that does not take what is written. Costs 20 000 evaluations of u and some
/// ten a point.
template <PairFunction U>
TableReport write_lammps_table(std::ostream& out, const U& u, const std::string& name,
                               const TableSettings& settings = {}) {
    constexpr auto function = "pair::write_lammps_table";
    const bool plain = !name.empty() && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
               c == '-';
    });
    require(plain, function, "name", name, "letters, digits, _ and -");
    const Columns rows = tabulate(u, settings);
    TableReport report;
    report.core = core_radius(u, settings.core_energy);
    const FiniteCore<U> cored(u, report.core);
    const double first = settings.first, last = u.cutoff();
    const double first_slope = -cored.pair_curvature(first), last_slope = 0.0;
    for (const bool spline : {true, false})
        (spline ? report.spline : report.linear) = detail::interpolation_error(
            cored, LammpsInterpolation(rows, first_slope, last_slope, settings.points, spline), settings);
    const InterpolationError& error = report.spline;
    require(error.energy <= settings.most_error, function,
            "error of LAMMPS' spline at r = " + to_text(error.energy_at), error.energy,
            "at most " + to_text(settings.most_error) +
                ", TableSettings::most_error: take more points, or a lower core_energy");

    constexpr double angstrom = 10.0;
    const double energy_unit = settings.kilojoules / 4.184, force_unit = energy_unit / angstrom;
    const auto errors = [&](const InterpolationError& e) {
        return "E by up to " + predcg::detail::rounded(e.energy * energy_unit, 2) + ", F by " +
               predcg::detail::rounded(e.force * force_unit, 2);
    };
    const std::string points = to_text(settings.points);
    out << "# pair_style table spline " << points << "; units real (Angstrom, kcal/mol)\n"
        << "# pair_coeff I J FILE " << name << "; pairs nearer than " << to_text(first * angstrom)
        << " stop LAMMPS\n"
        << "# interpolation changes, where E < "
        << predcg::detail::rounded(settings.judged_below * energy_unit, 2) << ": spline " << points << " "
        << errors(report.spline) << "; linear " << points << " " << errors(report.linear) << "\n\n"
        << name << "\nN " << points << (settings.spacing == TableSpacing::distance ? " R " : " RSQ ")
        << to_text(first * angstrom) << ' ' << to_text(last * angstrom) << " FPRIME "
        << to_text(first_slope * force_unit / angstrom) << ' ' << to_text(last_slope) << "\n\n";
    for (Index i = 0; i < settings.points; ++i)
        predcg::detail::write_row(out, {static_cast<double>(i + 1), rows.x[i] * angstrom,
                                        rows.u[i] * energy_unit, rows.f[i] * force_unit});
    predcg::detail::require_written(out, function);
    return report;
}

/// Writes a table of GROMACS for non-bonded pairs (`-table`, `-tablep`), seven columns
///
///     r   f   -f'   g   -g'   h   -h'      nm, kJ/mol, kJ/mol/nm
///
/// from r = 0 on in equal steps, to the cut-off and by `extension` beyond it, GROMACS' `table-extension`. The
/// potential is h, with f = g = 0: C_12 = 1 and C_6 = 0 of the pair of types in the topology, no charges. The
/// core is finite as in write_lammps_table. GROMACS takes such tables (`cutoff-scheme = group`, `vdwtype =
/// user`) up to version 2019; from 2020 on, 2022.5 among them, it refuses them for non-bonded pairs.
///
/// Throws ArgumentError as write_lammps_table does; of the settings `core_energy` and `kilojoules` are used.
/// Between rows GROMACS has the cubic with the energies and forces of both, as Curve.
template <PairFunction U>
void write_gromacs_table(std::ostream& out, const U& u, double step = 0.002, double extension = 1.0,
                         const TableSettings& settings = {}) {
    constexpr auto function = "pair::write_gromacs_table";
    detail::check_table(u, settings, function);
    detail::check_end(u, function);
    require(step > 0.0 && step <= 0.1 * u.cutoff(), function, "step", step,
            "a number > 0, a tenth of the cut-off at most");
    require(extension >= 0.0 && extension <= 100.0, function, "extension", extension, "0 to 100 nm");
    const double steps = std::ceil((u.cutoff() + extension) / step - 1e-6);
    require(steps < 1e7, function, "number of rows", steps, "less than 10^7");
    const FiniteCore<U> cored(u, core_radius(u, settings.core_energy));
    const Index n = static_cast<Index>(steps) + 1;
    Columns rows{Vector(n), Vector::Zero(n), Vector::Zero(n)};
    for (Index i = 0; i < n; ++i) {
        const double r = rows.x[i] = static_cast<double>(i) * step;
        if (!(r < u.cutoff())) continue;
        rows.u[i] = settings.kilojoules * cored.pair_energy(r);
        rows.f[i] = -settings.kilojoules * cored.pair_slope(r);
        require(std::isfinite(rows.u[i]) && std::isfinite(rows.f[i]), function,
                "energy or force at r = " + to_text(r), rows.u[i],
                "finite numbers; lower TableSettings::core_energy");
    }
    out << "# r f -f' g -g' h -h' (nm, kJ/mol); GROMACS up to 2019, vdwtype = user, C6 = 0, C12 = 1, no "
           "charges\n";
    for (Index i = 0; i < n; ++i)
        predcg::detail::write_row(out, {rows.x[i], 0.0, 0.0, 0.0, 0.0, rows.u[i], rows.f[i]});
    predcg::detail::require_written(out, function);
}

}  // namespace predcg::pair
