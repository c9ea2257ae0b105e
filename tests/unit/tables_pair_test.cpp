// Pair potentials as tables of LAMMPS, GROMACS and as columns, against the potentials.
#include "differences.hpp"
#include "lammps_table.hpp"
#include "thrown.hpp"

#include <predcg/models/pair/pair_tables.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <sstream>
#include <string>

namespace tables_pair_test {

using namespace predcg;
using support::thrown;

const pair::LennardJones argon(0.99, 0.34, 0.9);

/// Derivatives of a pair function against differences of its energy, inside its parts and across their
/// borders.
template <class U>
void expect_derivatives(const U& u, std::initializer_list<double> places) {
    for (const double r : places) {
        SCOPED_TRACE(r);
        const auto energy = [&](double t) { return u.pair_energy(r + t); };
        const auto slope = [&](double t) { return u.pair_slope(r + t); };
        EXPECT_NEAR(u.pair_slope(r), differences::along(energy, 1e-4),
                    1e-6 * (1.0 + std::abs(u.pair_slope(r))));
        EXPECT_NEAR(u.pair_curvature(r), differences::along(slope, 1e-4),
                    1e-6 * (1.0 + std::abs(u.pair_curvature(r))));
    }
}

/// u, u' and u'' on both sides of a border.
template <class U>
void expect_smooth(const U& u, double border) {
    const double below = border - 1e-9, above = border + 1e-9;
    EXPECT_NEAR(u.pair_energy(below), u.pair_energy(above),
                1e-8 * (1.0 + 10.0 * std::abs(u.pair_slope(below))));
    EXPECT_NEAR(u.pair_slope(below), u.pair_slope(above),
                1e-8 * (1.0 + 10.0 * std::abs(u.pair_curvature(below))));
    EXPECT_NEAR(u.pair_curvature(below), u.pair_curvature(above),
                1e-5 * (1.0 + std::abs(u.pair_curvature(below))));
}

TEST(FiniteCore, IsAParabolaBelow) {
    const double c = pair::core_radius(argon, 100.0);
    EXPECT_NEAR(argon.pair_energy(c), 100.0, 1e-6);
    const pair::FiniteCore<pair::LennardJones> u(argon, c);
    EXPECT_EQ(u.core(), c);
    expect_derivatives(u, {0.01, 0.1, 0.5 * c, 0.3, 0.5, 0.8});
    expect_smooth(u, c);
    EXPECT_NEAR(u.pair_curvature(0.0), argon.pair_curvature(c), 1e-9);
    EXPECT_TRUE(std::isfinite(u.pair_energy(0.0)));
    EXPECT_EQ(u.pair_energy(0.5), argon.pair_energy(0.5));
    EXPECT_EQ(pair::core_radius(u, 1e9), 0.0);  // its core is finite
    EXPECT_EQ(thrown<ArgumentError>([] { pair::FiniteCore(argon, 0.45); }).argument(), "slope at the core");
    EXPECT_EQ(thrown<ArgumentError>([] { pair::FiniteCore(argon, 0.95); }).argument(), "core");
    EXPECT_EQ(thrown<ArgumentError>([] { (void)pair::core_radius(argon, 0.0); }).argument(), "energy");
}

/// A potential that is cut off: neither energy nor force have ended.
struct Plain {
    double pair_energy(double r) const { return r < 0.9 ? std::pow(0.3 / r, 9.0) - std::exp(-r) : 0.0; }
    double pair_slope(double r) const {
        return r < 0.9 ? -9.0 * std::pow(0.3 / r, 9.0) / r + std::exp(-r) : 0.0;
    }
    double pair_curvature(double r) const {
        return r < 0.9 ? 90.0 * std::pow(0.3 / r, 9.0) / (r * r) - std::exp(-r) : 0.0;
    }
    double cutoff() const { return 0.9; }
};

TEST(Switched, EndsSmoothly) {
    const pair::Switched<Plain> u(Plain{}, 0.7);
    expect_derivatives(u, {0.3, 0.6, 0.75, 0.85, 0.899});
    expect_smooth(u, 0.7);
    expect_smooth(u, 0.9);
    EXPECT_EQ(u.pair_energy(0.7), Plain{}.pair_energy(0.7));
    EXPECT_LT(std::abs(u.pair_energy(0.8999)), 1e-9);
    EXPECT_EQ(thrown<ArgumentError>([] { pair::Switched(Plain{}, 0.9); }).argument(), "from");
}

TEST(Tabulated, HasTheEnergiesOfTheTableAndNothingBeyond) {
    const Columns table = pair::tabulate(argon, {.first = 0.25});
    Columns energies = table;
    energies.f.resize(0);
    for (const Columns& columns : {table, energies}) {
        const pair::Tabulated u(columns);
        EXPECT_EQ(u.cutoff(), 0.9);
        for (double r = 0.2501; r < 0.9; r += 0.00137) {
            const pair::FiniteCore<pair::LennardJones> truth(argon, pair::core_radius(argon, 500.0));
            EXPECT_NEAR(u.pair_energy(r), truth.pair_energy(r), 1e-5 * (1.0 + truth.pair_energy(r)));
            EXPECT_NEAR(u.pair_slope(r), truth.pair_slope(r), 1e-3 * (1.0 + std::abs(truth.pair_slope(r))));
        }
        EXPECT_EQ(u.pair_energy(0.9), 0.0);
        EXPECT_EQ(u.pair_slope(1.0), 0.0);
        EXPECT_EQ(u.pair_curvature(1.0), 0.0);
        expect_derivatives(u, {0.1, 0.2});
        EXPECT_GT(u.pair_energy(0.0), u.pair_energy(0.25));
    }
    const Columns well{Vector::LinSpaced(5, 0.3, 0.9), Vector::LinSpaced(5, -1.0, 0.0), {}};
    EXPECT_EQ(thrown<ArgumentError>([&] { pair::Tabulated{well}; }).argument(),
              "slope at the first distance");
}

pair::TableReport written(std::string& text, const pair::TableSettings& settings = {}) {
    std::ostringstream out;
    out.precision(3);
    const pair::TableReport report = pair::write_lammps_table(out, argon, "AR", settings);
    text = out.str();
    return report;
}

TEST(LammpsTable, ReadsBackAsThePotentialInItsUnits) {
    for (const auto spacing : {pair::TableSpacing::distance, pair::TableSpacing::square}) {
        std::string text;
        const pair::TableReport report = written(
            text,
            {.first = 0.02, .points = 1500, .spacing = spacing, .core_energy = 300.0, .kilojoules = 2.0});
        const support::LammpsTable table = support::read_lammps_table(text);
        EXPECT_EQ(table.name, "AR");
        EXPECT_EQ(table.points, 1500);
        ASSERT_EQ(table.r.size(), 1500U);
        EXPECT_EQ(table.spacing, spacing == pair::TableSpacing::distance ? "R" : "RSQ");
        EXPECT_EQ(table.first, 0.2);
        EXPECT_EQ(table.last, 9.0);
        EXPECT_EQ(table.r.front(), 0.2);
        EXPECT_EQ(table.r.back(), 9.0);
        EXPECT_EQ(table.energy.back(), 0.0);
        EXPECT_EQ(table.force.back(), 0.0);
        EXPECT_EQ(table.last_slope, 0.0);
        const pair::FiniteCore<pair::LennardJones> u(argon, report.core);
        EXPECT_NEAR(argon.pair_energy(report.core), 300.0, 1e-6);
        EXPECT_NEAR(table.first_slope, -2.0 * u.pair_curvature(0.02) / 418.4,
                    1e-9 * std::abs(table.first_slope));
        for (std::size_t i = 0; i < 1500; ++i) {  // LAMMPS computes r by itself
            const double t = static_cast<double>(i) / 1499.0;
            const double r =
                spacing == pair::TableSpacing::distance ? 0.2 + 8.8 * t : std::sqrt(0.04 + 80.96 * t);
            EXPECT_NEAR(table.r[i], r, 1e-12);
            EXPECT_NEAR(table.energy[i], 2.0 * u.pair_energy(0.1 * table.r[i]) / 4.184,
                        1e-12 * (1.0 + std::abs(table.energy[i])));
            const double slope = differences::along(  // kcal/mol/Angstrom
                [&](double x) { return 2.0 * u.pair_energy(0.1 * (table.r[i] + x)) / 4.184; }, 1e-3);
            EXPECT_NEAR(table.force[i], i + 1 < 1500 ? -slope : 0.0, 1e-6 * (1.0 + std::abs(slope)));
        }
    }
}

TEST(LammpsTable, SaysHowExactLammpsIs) {
    std::string text;
    const pair::TableReport coarse = written(text, {.points = 500, .most_error = 10.0});
    EXPECT_NE(text.find("spline 500 E by up to"), std::string::npos) << text.substr(0, 400);
    const pair::TableReport fine = written(text, {.points = 1000, .most_error = 10.0});
    // cubic in r^2: 16 times, and straight lines: 4 times
    EXPECT_NEAR(std::log2(coarse.spline.energy / fine.spline.energy), 4.0, 0.5);
    EXPECT_NEAR(std::log2(coarse.linear.energy / fine.linear.energy), 2.0, 0.3);
    EXPECT_NEAR(std::log2(coarse.linear.force / fine.linear.force), 2.0, 0.3);
    EXPECT_GT(fine.linear.energy, 10.0 * fine.spline.energy);
    EXPECT_LT(argon.pair_energy(fine.linear.energy_at), 50.0);
    // straight lines err by h^2 / 8 times the second derivative in r^2, which a difference knows
    const double h = (0.81 - 0.0001) / 999.0, s = fine.linear.energy_at * fine.linear.energy_at;
    const auto u = [&](double square) { return argon.pair_energy(std::sqrt(square)); };
    const double second = (u(s + 1e-4) - 2.0 * u(s) + u(s - 1e-4)) / 1e-8;
    EXPECT_NEAR(fine.linear.energy, h * h / 8.0 * second, 0.2 * fine.linear.energy);
}

TEST(LammpsTable, RefusesInWords) {
    const auto refused = [](const auto& u, const pair::TableSettings& settings,
                            const std::string& name = "A") {
        std::ostringstream out;
        const std::string argument =
            thrown<ArgumentError>([&] { (void)pair::write_lammps_table(out, u, name, settings); }).argument();
        EXPECT_TRUE(out.str().empty());
        return argument;
    };
    EXPECT_EQ(refused(argon, {}, "two words"), "name");
    EXPECT_EQ(refused(argon, {}, ""), "name");
    EXPECT_EQ(refused(argon, {.first = 0.0}), "TableSettings::first");
    EXPECT_EQ(refused(argon, {.first = 0.9}), "TableSettings::first");
    EXPECT_EQ(refused(argon, {.points = 3}), "TableSettings::points");
    EXPECT_EQ(refused(argon, {.kilojoules = 0.0}), "TableSettings::kilojoules");
    EXPECT_EQ(refused(argon, {.points = 100}).substr(0, 23), "error of LAMMPS' spline");
    EXPECT_EQ(refused(Plain{}, {}), "energy just below the cut-off");
    struct Shifted : Plain {
        double pair_energy(double r) const {
            return r < 0.9 ? Plain::pair_energy(r) - Plain::pair_energy(0.9 - 1e-15) : 0.0;
        }
    };
    EXPECT_EQ(refused(Shifted{}, {}), "slope just below the cut-off");
    struct Undefined : pair::LennardJones {
        using pair::LennardJones::LennardJones;
        double pair_slope(double r) const {
            return r > 0.5 && r < 0.51 ? NAN : pair::LennardJones::pair_slope(r);
        }
    };
    EXPECT_EQ(refused(Undefined(0.99, 0.34, 0.9), {}).substr(0, 26), "energy or force at r = 0.5");
    std::ostringstream broken;
    broken.setstate(std::ios::badbit);
    EXPECT_EQ(thrown<ArgumentError>([&] { (void)pair::write_lammps_table(broken, argon, "A"); }).argument(),
              "the stream");
}

TEST(LammpsTable, TakesTablesOfOtherProgramsWhenTheyEnd) {
    std::stringstream boltzmann;  // r and u, jumps at the end as after iterative Boltzmann inversion
    for (int i = 0; i <= 70; ++i)
        boltzmann << 0.2 + 0.01 * i << ' ' << std::pow(0.3 / (0.2 + 0.01 * i), 9.0) - 0.02 * (70 - i)
                  << " i\n";
    const pair::Tabulated table(read_columns(boltzmann));
    std::ostringstream out;
    EXPECT_THROW((void)pair::write_lammps_table(out, table, "IBI"), ArgumentError);
    const pair::Switched smooth(table, 0.8);
    const pair::TableReport report = pair::write_lammps_table(out, smooth, "IBI");
    EXPECT_EQ(report.core, pair::core_radius(smooth, 500.0));
    EXPECT_EQ(support::read_lammps_table(out.str()).points, 2000);
}

TEST(GromacsTable, HasThePotentialInItsLastColumns) {
    std::stringstream text;
    pair::write_gromacs_table(text, argon, 0.002, 0.5, {.kilojoules = 3.0});
    std::string comment;
    std::getline(text, comment);
    EXPECT_NE(comment.find("2019"), std::string::npos);
    const double core = pair::core_radius(argon, 500.0);
    const pair::FiniteCore<pair::LennardJones> u(argon, core);
    double r = 0.0, zeros[4], h = 0.0, force = 0.0;
    int rows = 0;
    while (text >> r >> zeros[0] >> zeros[1] >> zeros[2] >> zeros[3] >> h >> force) {
        EXPECT_NEAR(r, 0.002 * rows++, 1e-12);
        for (const double zero : zeros) EXPECT_EQ(zero, 0.0);
        EXPECT_NEAR(h, r < 0.9 ? 3.0 * u.pair_energy(r) : 0.0, 1e-12 * (1.0 + std::abs(h)));
        if (!(r < 0.9) || std::abs(r - core) < 4e-3) continue;
        const double slope = differences::along([&](double t) { return 3.0 * u.pair_energy(r + t); }, 1e-4);
        EXPECT_NEAR(force, -slope, 1e-6 * (1.0 + std::abs(slope)));
    }
    EXPECT_EQ(rows, 701);
    EXPECT_NEAR(r, 1.4, 1e-12);
    const auto refused = [](double step, double extension, const auto& u_refused) {
        std::ostringstream out;
        return thrown<ArgumentError>([&] { pair::write_gromacs_table(out, u_refused, step, extension); })
            .argument();
    };
    EXPECT_EQ(refused(0.0, 1.0, argon), "step");
    EXPECT_EQ(refused(0.5, 1.0, argon), "step");
    EXPECT_EQ(refused(0.002, -1.0, argon), "extension");
    EXPECT_EQ(refused(1e-7, 1.0, argon), "number of rows");
    EXPECT_EQ(refused(0.002, 1.0, Plain{}), "energy just below the cut-off");
}

}  // namespace tables_pair_test
