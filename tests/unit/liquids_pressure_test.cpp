// Virial pressure against derivatives of log Z of two and three particles in a periodic box.
#include <predcg/models/pair/pressure.hpp>

#include <gtest/gtest.h>

#include "box_grid.hpp"
#include "close.hpp"
#include "differences.hpp"
#include "test_seed.hpp"
#include "thrown.hpp"

namespace liquids_pressure_test {
using namespace predcg;
using support::BoxGrid;
using support::expect_close;
using support::thrown;

namespace {

struct NoForce {
    double pair_energy(double) const { return 0.0; }
    double pair_slope(double) const { return 0.0; }
    double pair_curvature(double) const { return 0.0; }
    double cutoff() const { return 0.5; }
};
static_assert(pair::PairFunction<NoForce>);
static_assert(Observable<pair::Pressure<NoForce>, Points>);

/// <p> on the grid of particles whose density is exp(-beta U).
template <class U>
double mean_pressure(const BoxGrid& grid, const U& u, double length, double beta) {
    const pair::Pressure<U> pressure(u, Box::cubic(length), beta);
    const MinimumImage image(Box::cubic(length));
    double sum = 0.0, weights = 0.0;
    grid.visit([&](const Points& x, double weight) {
        double energy = 0.0;
        for (std::size_t i = 0; i < x.size(); ++i)
            for (std::size_t j = 0; j < i; ++j) energy += u.pair_energy(image.distance(x[i], x[j]));
        weight *= std::exp(-beta * energy);
        sum += weight * pressure(x);
        weights += weight;
    });
    return sum / weights;
}

// The grid of a box that grows with it is the same quadrature of scaled places: the identity holds on the
// grid to rounding, however coarse it is.
TEST(Pressure, IsTheDerivativeOfLogZByTheVolume) {
    const double beta = 0.4, length = 1.1;
    const pair::LennardJones u(2.0, 0.3, 0.5);
    for (const int particles : {2, 3}) {
        const int points = particles == 2 ? 24 : 12;
        const auto log_z = [&](double change) {
            return BoxGrid(particles, points, length + change)
                .log_z([&](double r) { return u.pair_energy(r); }, beta);
        };
        const double by_length = differences::along(log_z, 1e-4);
        const double expected = by_length / (3.0 * length * length * beta);
        const double found = mean_pressure(BoxGrid(particles, points, length), u, length, beta);
        expect_close(found, expected, 1e-8, "pressure");
        // and the forces matter
        const double ideal = particles / (beta * length * length * length);
        EXPECT_GT(std::abs(found - ideal), 0.02 * ideal);
    }
}

// log Z of two particles in closed form but for a radial integral, which needs no grid in space.
TEST(Pressure, TwoParticlesByARadialIntegral) {
    const double beta = 0.4, length = 1.1, volume = length * length * length;
    const pair::LennardJones u(2.0, 0.3, 0.5);
    const pair::Pressure pressure(u, Box::cubic(length), beta);
    const double pi = 3.14159265358979323846;
    const int steps = 4000;
    double z = volume, mean = 0.0;
    const double ideal = pressure(Points{{0, 0, 0}, {0.55, 0.55, 0.55}});
    for (int k = 0; k < steps; ++k) {
        const double width = u.cutoff() / steps, r = (k + 0.5) * width, shell = 4.0 * pi * r * r * width;
        const double w = std::exp(-beta * u.pair_energy(r));
        z += shell * (w - 1.0);
        if (w > 1e-30) mean += shell * w * (pressure(Points{{0, 0, 0}, {0, r, 0}}) - ideal);
    }
    mean = ideal + mean / z;
    // d/dV of ln V + ln z: z grows with V, its integral does not
    expect_close(mean, (1.0 / volume + 1.0 / z) / beta, 1e-6, "pressure");
    // the grid of the other test converges to it
    expect_close(mean_pressure(BoxGrid(2, 48, length), u, length, beta), mean, 2e-3, "grid");
}

TEST(Pressure, OfAnIdealGasInBar) {
    const double beta = 1.0 / (0.0083144626 * 300.0);
    const Points x(216, Point{0.1, 0.2, 0.3});
    const pair::Pressure p(NoForce{}, Box::cubic(1.86206), beta, pair::bar_per_kj_mol_nm3);
    // n k_B T / V with k_B = 1.380649e-23 J/K
    const double volume = std::pow(1.86206e-9, 3.0);
    expect_close(p(x), 216.0 * 1.380649e-23 * 300.0 / volume * 1e-5, 1e-7, "bar");
    // any configuration of 3 n coordinates
    expect_close(p(Vector(Vector::Constant(648, 0.25))), p(x), 1e-14);
}

TEST(Pressure, TakesNearestImages) {
    const pair::LennardJones u(1.0, 0.3, 0.5);
    const pair::Pressure p(u, Box::cubic(1.0), 2.0);
    const double expected = (2.0 / 2.0 - 0.25 * u.pair_slope(0.25) / 3.0) / 1.0;
    expect_close(p(Points{{0.05, 0.5, 0.5}, {0.8, 0.5, 0.5}}), expected, 1e-12);
    expect_close(p(Points{{0.05, 0.5, 0.5}, {3.8, -1.5, 0.5}}), expected, 1e-12);
}

TEST(Pressure, RefusesInWords) {
    const pair::LennardJones u(1.0, 0.3, 0.6);
    EXPECT_EQ(thrown<ArgumentError>([&] { pair::Pressure(u, Box::cubic(1.0), 1.0); }).argument(), "cutoff");
    EXPECT_THROW(pair::Pressure(u, Box::cubic(2.0), 0.0), ArgumentError);
    EXPECT_THROW(pair::Pressure(u, Box::orthorhombic(2.0, 2.0, 0.0), 1.0), ArgumentError);
    EXPECT_THROW(pair::Pressure(u, Box::cubic(2.0), 1.0)(Vector(4)), ArgumentError);
}

}  // namespace
}  // namespace liquids_pressure_test
