// Spline pair potentials, moves of single particles, and their fits: shapes by hand and by differences,
// two and three particles against quadrature, a table of pairs against lists.
#include <predcg/concepts/coarse_potential.hpp>
#include <predcg/core/bytes.hpp>
#include <predcg/engines/monte_carlo.hpp>
#include <predcg/kernels/single_particle.hpp>
#include <predcg/models/pair/liquid.hpp>
#include <predcg/models/pair/spline_potential.hpp>
#include <predcg/structure/boltzmann.hpp>
#include <predcg/testing/check_potential.hpp>

#include "test_seed.hpp"
#include "thrown.hpp"
#include "z_score.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pair_potential_test {
using namespace predcg;

namespace {

using Moves = pair::MovingPairs<pair::CubicPieces>;
using Coarse = Boltzmann<Bound<pair::SplinePotential>>;
static_assert(LinearCoarsePotential<pair::SplinePotential> && pair::LearnablePair<pair::SplinePotential>);
static_assert(pair::PairFunction<pair::At<pair::SplinePotential>>);
static_assert(FinePotential<pair::Liquid<pair::LennardJones>> && ParticleTarget<Coarse>);
static_assert(ParticleTarget<Boltzmann<pair::Liquid<pair::LennardJones>>>);

PeriodicSpace<Points> cube(Index particles, double edge) { return {particles, Box::cubic(edge)}; }

pair::SplinePotential small_spline(Index particles, double edge = 2.0) {
    return {{.cutoff = 0.9, .core = 0.3, .intervals = 6, .core_stiffness = 400.0}, cube(particles, edge)};
}

template <class F>
void expect_refused(F&& f, std::string_view words) {
    const std::string said = support::thrown<ArgumentError>(f).what();
    EXPECT_NE(said.find(words), std::string::npos) << said;
}

/// Repulsive near the core, with a well.
Vector some_theta(Index count) {
    Vector theta(count);
    for (Index k = 0; k < count; ++k)
        theta[k] = 4.0 * std::exp(-1.2 * static_cast<double>(k)) - 1.1 / (1.0 + static_cast<double>(k * k));
    return theta;
}

TEST(SplinePotential, IsSmoothAndEndsAtTheCutoff) {
    const auto u = small_spline(4);
    const auto at = pair::at(u, some_theta(6));
    constexpr double h = 1e-5;
    for (const double r : {0.05, 0.21, 0.299, 0.3011, 0.35, 0.41, 0.62, 0.787, 0.85, 0.8989}) {
        EXPECT_NEAR((at.pair_energy(r + h) - at.pair_energy(r - h)) / (2.0 * h), at.pair_slope(r), 1e-5);
        EXPECT_NEAR((at.pair_slope(r + h) - at.pair_slope(r - h)) / (2.0 * h), at.pair_curvature(r), 1e-3);
    }
    EXPECT_NEAR(at.pair_energy(0.3 - 1e-12), at.pair_energy(0.3), 1e-9);  // value and slope go on in the core
    EXPECT_NEAR(at.pair_slope(0.3 - 1e-12), at.pair_slope(0.3), 1e-7);
    EXPECT_EQ(at.pair_curvature(0.2), 400.0);
    EXPECT_NEAR(at.pair_energy(0.9 - 1e-6), 0.0, 1e-14);
    EXPECT_NEAR(at.pair_slope(0.9 - 1e-6), 0.0, 1e-8);
    EXPECT_NEAR(at.pair_curvature(0.9 - 1e-6), 0.0, 1e-3);
    EXPECT_EQ(at.pair_energy(0.9), 0.0);
    EXPECT_EQ(u.parameter_names()[0], "r=0.200");
    EXPECT_EQ(u.parameter_names()[5], "r=0.700");
}

TEST(SplinePotential, CubicPiecesAreTheSpline) {
    const auto u = small_spline(4);
    const Vector theta = some_theta(6);
    const pair::CubicPieces pieces = u.pieces(theta);
    for (double r = 0.0; r < 0.9; r += 0.00371) {
        double value = r * r;
        pieces.energies(&value, 1);
        const double exact = u.pair_energy(r, theta);
        EXPECT_NEAR(value, exact, 1e-12 * (1.0 + std::abs(exact))) << r;
    }
}

// Of many distances at once each energy is, to the bit, that of the distance alone, wherever it stands.
TEST(SplinePotential, EnergiesDoNotDependOnTheirPlaces) {
    const auto u = small_spline(4);
    const pair::CubicPieces pieces = u.pieces(some_theta(6));
    std::vector<double> squares;
    for (double r = 1e-3; r < u.cutoff(); r += 0.00037) squares.push_back(r * r);
    squares.push_back(std::nextafter(u.cutoff() * u.cutoff(), 0.0));
    for (std::size_t left_out = 0; left_out < 9; ++left_out) {
        std::vector<double> values(squares.begin() + static_cast<std::ptrdiff_t>(left_out), squares.end());
        pieces.energies(values.data(), std::ssize(values));
        for (std::size_t k = 0; k < values.size(); ++k) {
            double alone = squares[k + left_out];
            pieces.energies(&alone, 1);
            EXPECT_EQ(values[k], alone) << "distance " << std::sqrt(squares[k + left_out]);
        }
    }
    double at_the_end = squares.back();
    pieces.energies(&at_the_end, 1);
    EXPECT_NEAR(at_the_end, 0.0, 1e-12);
}

TEST(SplinePotential, PassesItsChecks) {
    EXPECT_EQ(check_coarse_potential(small_spline(2, 1.8), Vector{{3.0, 2.0, 1.0, 0.3, 0.0, 0.0}}),
              Findings{});
    EXPECT_EQ(check_fine_potential(pair::Liquid(pair::LennardJones(0.5, 0.2, 0.9), cube(3, 2.0))),
              Findings{});
}

TEST(SplinePotential, RefusesWhatCannotBe) {
    const auto space = cube(4, 1.7);
    expect_refused([&] { static_cast<void>(pair::SplinePotential({.cutoff = 0.9}, space)); },
                   "at most half the shortest edge");
    expect_refused([&] { static_cast<void>(pair::SplinePotential({.cutoff = 0.8, .core = 0.8}, space)); },
                   "core");
    expect_refused([&] { static_cast<void>(pair::SplinePotential({.cutoff = 0.8, .intervals = 3}, space)); },
                   "intervals");
    expect_refused(
        [&] { static_cast<void>(pair::SplinePotential({.cutoff = 0.8, .core_stiffness = -1.0}, space)); },
        "core_stiffness");
    expect_refused([&] { static_cast<void>(pair::Liquid(pair::LennardJones(1.0, 0.3, 0.9), space)); },
                   "half the shortest edge");
    expect_refused([&] { static_cast<void>(pair::LennardJones(1.0, 0.0, 0.9)); }, "sigma");
    expect_refused([&] { static_cast<void>(pair::at(small_spline(4), Vector::Zero(5))); }, "size of theta");
    const auto u = pair::SplinePotential({.cutoff = 0.8}, space);
    expect_refused([&] { static_cast<void>(u.features(Points(3))); }, "number of coordinates");
    Points X(4);
    X[2][1] = std::nan("");
    expect_refused([&] { static_cast<void>(u.features(X)); }, "finite");
}

TEST(LennardJones, IsSmoothAndEndsAtTheCutoff) {
    const pair::LennardJones u(0.8, 0.3, 0.75);
    constexpr double h = 1e-6;
    for (const double r : {0.28, 0.34, 0.5, 0.74}) {
        EXPECT_NEAR((u.pair_energy(r + h) - u.pair_energy(r - h)) / (2.0 * h), u.pair_slope(r),
                    1e-6 * (1.0 + std::abs(u.pair_slope(r))));
        EXPECT_NEAR((u.pair_slope(r + h) - u.pair_slope(r - h)) / (2.0 * h), u.pair_curvature(r),
                    1e-5 * (1.0 + std::abs(u.pair_curvature(r))));
    }
    EXPECT_NEAR(u.pair_energy(0.75 - 1e-5), 0.0, 1e-12);
    EXPECT_NEAR(u.pair_curvature(0.75 - 1e-5), 0.0, 1e-2);
    EXPECT_EQ(u.pair_energy(0.8), 0.0);
}

/// Every difference that `moves` gives along a run is one of two energies.
TEST(MovingPairs, DifferencesAreThoseOfEnergies) {
    const auto u = small_spline(20);
    const Vector theta = some_theta(6);
    for (const auto how : {pair::Neighbourhood::all, pair::Neighbourhood::lists}) {
        Moves moves(u.pieces(theta), u.space(), how);
        auto rng = make_stream(test_seed(), Purpose::check, 1);
        Points X = u.space().random(rng);
        X[3][0] += 7.0 * 2.0;  // an image
        moves.take(X);
        for (int k = 0; k < 200; ++k) {
            const Index i = uniform_index(rng, 20);
            Point step{};
            const double size = k % 10 == 0 ? 1.5 : 0.1;  // some beyond half the skin
            for (double& s : step) s = size * (uniform(rng) - 0.5);
            Points next = X;
            for (std::size_t c = 0; c < 3; ++c) next[static_cast<std::size_t>(i)][c] += step[c];
            const double exact = energy(u, next, theta) - energy(u, X, theta);
            ASSERT_NEAR(moves.energy_difference(i, step), exact, 1e-9 * (1.0 + std::abs(exact)));
            if (k % 3 == 0) continue;
            moves.accept();
            X = next;
        }
        Points held;
        held.resize(20);
        moves.give(held);
        for (std::size_t i = 0; i < 20; ++i)
            EXPECT_NEAR(u.space().image().distance(held[i], X[i]), 0.0, 1e-12);
    }
}

/// The same chain with a table of all pairs and with lists, in a box with room for cells: bit for bit.
TEST(MovingPairs, ListsGiveTheSameChain) {
    const pair::SplinePotential u({.cutoff = 0.5, .core = 0.25, .intervals = 6, .core_stiffness = 5e3},
                                  cube(240, 2.4));
    const Vector theta = some_theta(6);
    Points ends[2];
    for (const auto how : {pair::Neighbourhood::all, pair::Neighbourhood::lists}) {
        SingleParticle::Setup<Moves> made{Moves(u.pieces(theta), u.space(), how), 1.0, 0.05, 0.5};
        auto rng = make_stream(test_seed(), Purpose::check, 2);
        Points& X = ends[how == pair::Neighbourhood::lists];
        X = u.space().random(rng);
        SingleParticle::State state;
        for (int sweep = 0; sweep < 60; ++sweep) SingleParticle{}.adapt_with(made, X, state, rng);
    }
    EXPECT_EQ(ends[0], ends[1]);
}

/// E[r] and P(r < 0.4) of the distance of two particles, by the trapezoidal rule on a grid of differences in
/// one octant of the box.
struct PairDistance {
    template <class U>
    PairDistance(const U& u, double beta, double edge) {
        constexpr int n = 160;
        double sum = 0.0;
        for (int a = 0; a <= n; ++a)
            for (int b = 0; b <= n; ++b)
                for (int c = 0; c <= n; ++c) {
                    const double h = 0.5 * edge / n;
                    const double r = h * std::sqrt(static_cast<double>(a * a + b * b + c * c));
                    double w = std::exp(-beta * u.pair_energy(std::max(r, 1e-6)));
                    for (const int k : {a, b, c})
                        if (k == 0 || k == n) w *= 0.5;
                    sum += w;
                    mean += w * r;
                    within += w * (r * r < 0.16 ? 1.0 : 0.0);
                }
        mean /= sum;
        within /= sum;
    }
    double mean = 0.0, within = 0.0;
};

struct DistanceStatistic {
    MinimumImage image;
    Index size() const { return 2; }
    Vector operator()(const Points& X) const {
        const double r = image.distance(X[0], X[1]);
        return Vector{{r, r * r < 0.16 ? 1.0 : 0.0}};
    }
};

TEST(SingleParticle, TwoParticlesAreWhereQuadratureSays) {
    const auto u = small_spline(2, 1.8);
    const Vector theta = -2.0 * Vector::Ones(6);
    const Coarse target = boltzmann(u, theta, 0.6);
    const PairDistance exact(pair::at(u, theta), 0.6, 1.8);
    const MonteCarlo<SingleParticle> engine(
        {}, {.samples = 20'000, .chains = 2, .warm_up = 300, .refresh = 5, .thinning = 3});
    MonteCarlo<SingleParticle>::State<Coarse> state;
    const Moments found = engine.expect(target, DistanceStatistic{u.space().image()}, state,
                                        {.seed = test_seed(), .purpose = Purpose::coarse});
    expect_z(found.mean[0], exact.mean, found.standard_error[0], "mean distance");
    expect_z(found.mean[1], exact.within, found.standard_error[1] + 1e-3, "pairs within 0.4 nm");
    EXPECT_GT(exact.within, 1.3 * 4.19 * 0.064 / (1.8 * 1.8 * 1.8));  // not the ideal gas
}

/// Three particles: E[U] by a lattice sum over the differences, coarse in all six of them.
TEST(SingleParticle, ThreeParticlesHaveTheEnergyOfQuadrature) {
    const auto u = pair::SplinePotential({.cutoff = 0.9, .core = 0.3, .intervals = 4, .core_stiffness = 10.0},
                                         cube(3, 1.8));
    const Vector theta = Vector{{-0.6, -1.2, -0.9, -0.3}};
    constexpr double beta = 1.1;
    constexpr int n = 12;  // periodic and smooth: the lattice converges fast
    std::vector<double> energies(static_cast<std::size_t>(n * n * n));
    const auto place = [](int a, int b, int c) { return static_cast<std::size_t>((a * n + b) * n + c); };
    const double h = 1.8 / n;
    for (int a = 0; a < n; ++a)
        for (int b = 0; b < n; ++b)
            for (int c = 0; c < n; ++c) {
                double square = 0.0;
                for (const int k : {a, b, c}) square += std::pow(h * std::min(k, n - k), 2);
                energies[place(a, b, c)] = u.pair_energy(std::sqrt(square), theta);
            }
    double sum = 0.0, mean = 0.0;
    const int all = n * n * n;
    for (int i = 0; i < all; ++i)
        for (int j = 0; j < all; ++j) {
            const int a = (i / (n * n) - j / (n * n) + n) % n, b = (i / n % n - j / n % n + n) % n,
                      c = (i % n - j % n + n) % n;
            const double U = energies[static_cast<std::size_t>(i)] + energies[static_cast<std::size_t>(j)] +
                             energies[place(a, b, c)];
            const double w = std::exp(-beta * U);
            sum += w;
            mean += w * U;
        }
    const Coarse target = boltzmann(u, theta, beta);
    struct Energy {
        const pair::SplinePotential& u;
        const Vector& theta;
        Index size() const { return 1; }
        Vector operator()(const Points& X) const { return Vector{{energy(u, X, theta)}}; }
    };
    const MonteCarlo<SingleParticle> engine(
        {}, {.samples = 40'000, .chains = 2, .warm_up = 300, .refresh = 5, .thinning = 2});
    MonteCarlo<SingleParticle>::State<Coarse> state;
    const Moments found =
        engine.expect(target, Energy{u, theta}, state, {.seed = test_seed(), .purpose = Purpose::coarse});
    expect_z(found.mean[0], mean / sum, found.standard_error[0], "energy of three particles");
}

/// p(X) P(X -> Y) is symmetric: what moves there and back changes the energy by the same, and both are
/// proposed with the same density. So the share of accepted moves back from where accepted ones led is 1
/// where they went down, and exp(-beta change) of those that went up.
TEST(SingleParticle, MovesBackUndoTheChange) {
    const auto u = small_spline(12);
    Moves moves(u.pieces(some_theta(6)), u.space());
    auto rng = make_stream(test_seed(), Purpose::check, 5);
    moves.take(u.space().random(rng));
    for (int k = 0; k < 300; ++k) {
        const Index i = uniform_index(rng, 12);
        Point there{}, back{};
        for (std::size_t c = 0; c < 3; ++c) {
            there[c] = 0.3 * (uniform(rng) - 0.5);
            back[c] = -there[c];
        }
        const double change = moves.energy_difference(i, there);
        moves.accept();
        ASSERT_NEAR(moves.energy_difference(i, back), -change, 1e-9 * (1.0 + std::abs(change)));
        if (k % 2 == 0) moves.accept();
    }
}

TEST(SingleParticle, GoesOnWhereItWasSaved) {
    const auto u = small_spline(10);
    const Coarse target = boltzmann(u, some_theta(6), 1.0);
    const MonteCarlo<SingleParticle> engine({}, {.samples = 20, .warm_up = 30});
    const DistanceStatistic statistic{u.space().image()};
    using State = MonteCarlo<SingleParticle>::State<Coarse>;
    State through, saved;
    const auto key = [](std::uint32_t call) {
        return StreamKey{.seed = test_seed(), .purpose = Purpose::coarse, .iteration = call};
    };
    engine.expect(target, statistic, through, key(0));
    predcg::detail::ByteWriter writer;
    writer(through);
    predcg::detail::ByteReader(writer.bytes, "test")(saved);
    const Moments a = engine.expect(target, statistic, through, key(1));
    const Moments b = engine.expect(target, statistic, saved, key(1));
    EXPECT_EQ(a.mean, b.mean);
    EXPECT_EQ(through.chains[0].X, saved.chains[0].X);
}

TEST(SingleParticle, TunesItsStep) {
    const auto u = small_spline(20);
    const Coarse target = boltzmann(u, some_theta(6), 3.0);
    SingleParticle kernel{.step = 1e-3, .target_accept = 0.5};
    auto made = kernel.setup(target);
    SingleParticle::State state;
    auto rng = make_stream(test_seed(), Purpose::check, 7);
    Points X = u.space().random(rng);
    for (int k = 0; k < 2000; ++k) kernel.adapt_with(made, X, state, rng);
    Index moved = 0;
    for (int k = 0; k < 400; ++k) {
        const Points before = X;
        kernel.advance_with(made, X, state, rng);
        for (std::size_t i = 0; i < X.size(); ++i) moved += X[i] != before[i];
    }
    EXPECT_NEAR(static_cast<double>(moved) / 8000.0, 0.5, 0.06);
    EXPECT_GT(std::exp(state.log_step), 0.02);
    const Coarse gas = boltzmann(u, some_theta(6), 1e-6);  // all moves are accepted
    auto free = kernel.setup(gas);
    for (int k = 0; k < 2000; ++k) kernel.adapt_with(free, X, state, rng);
    EXPECT_LE(std::exp(state.log_step), 10.0 * u.space().scales()[0] * (1.0 + 1e-12));
}

}  // namespace
}  // namespace pair_potential_test
