// LAMMPS itself reads the tables: its energies and pressures of single configurations.
#include "lammps.hpp"
#include "test_seed.hpp"

#include <predcg/geometry/box.hpp>
#include <predcg/models/pair/pair_tables.hpp>
#include <predcg/models/pair/spline_potential.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace tables_lammps_test {

using namespace predcg;

const pair::LennardJones argon(0.99, 0.34, 0.9);

/// kJ/mol in nm^3, in atmospheres: 1e30 / (N_A 1e27) kPa / 101.325 kPa.
constexpr double atmospheres = 16.605390671738467 / 1.01325;

struct Sums {
    double energy = 0.0, virial = 0.0;  // sum of u, of r f
};

template <class Energy, class Force>
Sums over_pairs(const Points& x, const Box& box, double cutoff, Energy&& energy, Force&& force) {
    const MinimumImage image(box);
    Sums sums;
    for (std::size_t i = 0; i < x.size(); ++i)
        for (std::size_t j = 0; j < i; ++j) {
            const double r = image.distance(x[i], x[j]);
            if (!(r < cutoff)) continue;
            sums.energy += energy(r);
            sums.virial += r * force(r);
        }
    return sums;
}

/// A lattice of n^3 sites, each moved by up to `jitter` along each axis.
Points shaken_lattice(std::size_t n, double length, double jitter, std::mt19937_64& rng) {
    std::uniform_real_distribution<double> move(-jitter, jitter);
    Points x;
    const double step = length / static_cast<double>(n);
    for (std::size_t k = 0; k < n * n * n; ++k)
        x.push_back({step * (0.5 + static_cast<double>(k % n)) + move(rng),
                     step * (0.5 + static_cast<double>(k / n % n)) + move(rng),
                     step * (0.5 + static_cast<double>(k / (n * n))) + move(rng)});
    return x;
}

std::string data_file(const Points& x, double length) {
    std::ostringstream out;
    out.precision(17);
    out << "sites\n\n" << x.size() << " atoms\n1 atom types\n\n";
    for (const char* axis : {"x", "y", "z"})
        out << "0 " << 10.0 * length << ' ' << axis << "lo " << axis << "hi\n";
    out << "\nMasses\n\n1 39.948\n\nAtoms\n\n";
    for (std::size_t i = 0; i < x.size(); ++i)
        out << i + 1 << " 1 " << 10.0 * x[i][0] << ' ' << 10.0 * x[i][1] << ' ' << 10.0 * x[i][2] << '\n';
    return out.str();
}

/// LAMMPS' own numbers are those of its interpolation of the table to rounding, and those of the potential to
/// the error that the table states. Five configurations of 216 sites, up to such with pairs deep in the core;
/// both spacings of the table, both styles of lookup.
template <pair::PairFunction U>
void expect_the_same_in_lammps(const U& u_written) {
    const double length = 2.1;
    const Box box = Box::cubic(length);
    std::mt19937_64 rng = test_rng(120);
    const support::LammpsRun run("tables_lammps");
    std::vector<Points> configurations;
    for (const double jitter : {0.0, 0.01, 0.02, 0.03, 0.17}) {
        configurations.push_back(shaken_lattice(6, length, jitter, rng));
        run.write("data" + std::to_string(configurations.size()), data_file(configurations.back(), length));
    }
    struct Case {
        pair::TableSpacing spacing;
        const char *name, *style;
        Index entries;
    };
    const std::vector<Case> cases{{pair::TableSpacing::distance, "BY_R", "spline", 2000},
                                  {pair::TableSpacing::distance, "BY_R", "linear", 2000},
                                  {pair::TableSpacing::square, "BY_RSQ", "spline", 2000},
                                  {pair::TableSpacing::square, "BY_RSQ", "linear", 2000}};
    std::ostringstream input;
    std::vector<pair::TableReport> reports;
    std::ostringstream table;
    for (const auto spacing : {pair::TableSpacing::distance, pair::TableSpacing::square})
        reports.push_back(pair::write_lammps_table(
            table, u_written, spacing == pair::TableSpacing::distance ? "BY_R" : "BY_RSQ",
            {.spacing = spacing}));
    run.write("u.table", table.str());
    for (const Case& c : cases)
        for (std::size_t k = 0; k < configurations.size(); ++k)
            input << "clear\nunits real\natom_style atomic\nread_data data" << k + 1 << "\npair_style table "
                  << c.style << ' ' << c.entries << "\npair_coeff 1 1 u.table " << c.name
                  << "\nthermo_style custom step pe press\nthermo_modify format float %.15g\nrun 0\n";
    ASSERT_TRUE(run.run(input.str())) << run.read("screen.txt");
    const auto rows = run.thermo();
    ASSERT_EQ(rows.size(), cases.size() * configurations.size());

    std::size_t row = 0;
    for (const Case& c : cases) {
        const bool by_square = c.spacing == pair::TableSpacing::square, spline = c.style[0] == 's';
        const pair::TableReport& report = reports[by_square ? 1 : 0];
        const pair::FiniteCore<U> u(u_written, report.core);
        const pair::LammpsInterpolation lammps(pair::tabulate(u_written, {.spacing = c.spacing}),
                                               -u.pair_curvature(0.01), 0.0, c.entries, spline);
        const pair::InterpolationError& error = spline ? report.spline : report.linear;
        for (std::size_t k = 0; k < configurations.size(); ++k, ++row) {
            SCOPED_TRACE(std::string(c.name) + " " + c.style + ", configuration " + std::to_string(k));
            const Points& x = configurations[k];
            const double energy = 4.184 * rows[row][1];
            const double virial = 3.0 * box.volume() * rows[row][2] / atmospheres;
            const Sums theirs = over_pairs(
                x, box, 0.9, [&](double r) { return lammps.pair_energy(r); },
                [&](double r) { return lammps.pair_force(r); });
            EXPECT_NEAR(energy, theirs.energy, 1e-8 * (1.0 + std::abs(theirs.energy)));
            EXPECT_NEAR(virial, theirs.virial, 1e-6 * (1.0 + std::abs(theirs.virial)));
            if (k == 4) continue;  // its pairs in the core are where the error is not stated
            double pairs = 0.0, reach = 0.0;
            const Sums ours = over_pairs(
                x, box, 0.9,
                [&](double r) {
                    EXPECT_LT(u.pair_energy(r), 50.0);
                    pairs += 1.0;
                    reach += r;
                    return u.pair_energy(r);
                },
                [&](double r) { return -u.pair_slope(r); });
            EXPECT_NEAR(energy, ours.energy, pairs * error.energy);
            EXPECT_NEAR(virial, ours.virial, reach * error.force);
            if (spline) {
                EXPECT_NEAR(energy, ours.energy, 1e-4 * std::abs(ours.energy));
            }
        }
    }
}

// A table that ends where the force is not 0 yet: u = r^2 is its own spline, to the last row.
TEST(LammpsInterpolation, EndsWithTheForceOfTheLastRow) {
    constexpr Index n = 41;
    Columns rows{Vector(n), Vector(n), Vector(n)};
    for (Index i = 0; i < n; ++i) {
        const double r = 1.0 + static_cast<double>(i) / static_cast<double>(n - 1);
        rows.x[i] = r;
        rows.u[i] = r * r;
        rows.f[i] = -2.0 * r;
    }
    const pair::LammpsInterpolation lammps(rows, -2.0, -2.0, 1000, true);
    for (const double r : {1.001, 1.01, 1.5, 1.98, 1.99, 1.999}) {
        EXPECT_NEAR(lammps.pair_energy(r), r * r, 1e-9) << r;
        EXPECT_NEAR(lammps.pair_force(r), -2.0 * r, 1e-9) << r;
    }
}

TEST(LammpsReadsTheTable, OfLennardJones) {
    if (!support::LammpsRun::installed()) GTEST_SKIP() << support::no_lammps;
    expect_the_same_in_lammps(argon);
}

TEST(LammpsReadsTheTable, OfASplineWithABendAtItsCore) {
    if (!support::LammpsRun::installed()) GTEST_SKIP() << support::no_lammps;
    const pair::SplinePotential spline({.cutoff = 0.9, .core = 0.3},
                                       PeriodicSpace<Points>(216, Box::cubic(2.1)));
    Vector theta(spline.parameter_count());
    for (Index k = 0; k < theta.size(); ++k)
        theta[k] = argon.pair_energy(spline.centres()[k]) + 0.2 * std::sin(0.7 * static_cast<double>(k * k));
    expect_the_same_in_lammps(pair::at(spline, theta));
}

}  // namespace tables_lammps_test
