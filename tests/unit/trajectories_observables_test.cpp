// Observables of configurations in space, and particles in a box that repeats.
#include <predcg/concepts/configuration_space.hpp>
#include <predcg/kernels/hamiltonian.hpp>
#include <predcg/kernels/random_walk.hpp>
#include <predcg/kernels/trajectory.hpp>
#include <predcg/statistics/autocorrelation.hpp>
#include <predcg/trajectories.hpp>

#include <boost/math/special_functions/bessel.hpp>

#include <Eigen/Geometry>

#include <gtest/gtest.h>

#include "close.hpp"
#include "test_seed.hpp"
#include "thrown.hpp"
#include "z_score.hpp"

namespace trajectories_observables_test {
using namespace predcg;
using support::expect_close;
using support::thrown;

namespace {

constexpr double pi = 3.14159265358979323846;

static_assert(Observable<RadiusOfGyration, Points> && Observable<EndToEnd, Eigen::Matrix3Xd>);
static_assert(Observable<BondLengths, Points> && Observable<BondAngles, Points>);
static_assert(Observable<DihedralAngles, Points> && Observable<Histogram<DihedralAngles>, Points>);
static_assert(Observable<Histogram<RadiusOfGyration>, Points>);
static_assert(Observable<PairCorrelation, Points> && Observable<TetrahedralOrder, Points>);
static_assert(ConfigurationSpace<PeriodicSpace<>> && ConfigurationSpace<PeriodicSpace<Eigen::Matrix3Xd>>);

std::string path_of(const std::string& file) { return std::string(PREDCG_EXAMPLE_DATA) + "/" + file; }

Points uniform_points(std::mt19937_64& rng, std::size_t n, const Point& lengths) {
    Points x(n);
    for (Point& p : x)
        for (std::size_t c = 0; c < 3; ++c) p[c] = lengths[c] * uniform(rng);
    return x;
}

/// A rotation at random, of a quaternion, and a shift.
Points moved(const Points& x, std::mt19937_64& rng) {
    Eigen::Vector4d q;
    for (double& c : q) c = standard_normal(rng);
    q /= q.norm();
    const Eigen::Quaterniond turn(q[0], q[1], q[2], q[3]);
    const Eigen::Vector3d shift(standard_normal(rng), standard_normal(rng), standard_normal(rng));
    Points y(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
        const Eigen::Vector3d p = turn * Eigen::Vector3d(x[i][0], x[i][1], x[i][2]) + shift;
        y[i] = {p[0], p[1], p[2]};
    }
    return y;
}

/// Each site moved by whole edges.
Points shifted(Points x, const Point& lengths, std::mt19937_64& rng) {
    for (Point& p : x)
        for (std::size_t c = 0; c < 3; ++c) p[c] += lengths[c] * (static_cast<double>(rng() % 5) - 2.0);
    return x;
}

TEST(Shape, AgreesWithPairsAndIsInvariant) {
    auto rng = test_rng(1220);
    for (int repeat = 0; repeat < 20; ++repeat) {
        const Points x = uniform_points(rng, 7, {1, 2, 3});
        std::vector<double> masses(7);
        double total = 0.0, sum = 0.0;
        for (double& m : masses) total += m = 0.1 + uniform(rng);
        for (std::size_t i = 0; i < 7; ++i)
            for (std::size_t j = 0; j < 7; ++j)
                sum += masses[i] * masses[j] * MinimumImage().squared_distance(x[i], x[j]);
        expect_close(RadiusOfGyration{masses}(x), std::sqrt(0.5 * sum) / total, 1e-13);
        expect_close(RadiusOfGyration{}(x), RadiusOfGyration{std::vector<double>(7, 3.0)}(x), 1e-14);
        const Points y = moved(x, rng);
        expect_close(RadiusOfGyration{masses}(y), RadiusOfGyration{masses}(x), 1e-12);
        expect_close(EndToEnd{}(y), MinimumImage().distance(x[0], x[6]), 1e-12);
        expect_close(EndToEnd{2, 5}(y), MinimumImage().distance(x[2], x[5]), 1e-12);
        expect_close(BondLengths::chain(7)(y), BondLengths::chain(7)(x), 1e-12);
        expect_close(BondAngles::chain(7)(y), BondAngles::chain(7)(x), 1e-12);
        expect_close(DihedralAngles::chain(7)(y), DihedralAngles::chain(7)(x), 1e-11);
        expect_close(TetrahedralOrder()(y), TetrahedralOrder()(x), 1e-11);
        const Eigen::Map<const Eigen::Matrix3Xd> columns(x[0].data(), 3,
                                                         7);  // another type, the same numbers
        expect_close(DihedralAngles::chain(7)(Eigen::Matrix3Xd(columns)), DihedralAngles::chain(7)(x), 0.0);
    }
}

TEST(Shape, RefusesInWords) {
    EXPECT_EQ(thrown<ArgumentError>([] {
                  RadiusOfGyration{{1.0, 2.0}}(Points(3));
              }).argument(),
              "number of masses");
    EXPECT_THROW(RadiusOfGyration{}(Points()), ArgumentError);
    EXPECT_THROW(EndToEnd({0, 3})(Points(3)), ArgumentError);
    EXPECT_EQ(thrown<ArgumentError>([] { DihedralAngles::chain(4)(Points(3)); }).function(),
              "DihedralAngles");
    EXPECT_THROW(DihedralAngles::chain(3), ArgumentError);
    EXPECT_THROW(EndToEnd{}(Vector(Vector::Zero(4))), ArgumentError);
    EXPECT_THROW(angle_distribution(BondAngles::chain(3), 0), ArgumentError);
    EXPECT_THROW(Histogram(EndToEnd{}, 1.0, 1.0, 5), ArgumentError);
}

TEST(Histograms, AreDensities) {
    const Histogram ends(EndToEnd{}, 0.0, 2.0, 4);
    expect_close(ends(Points{{0, 0, 0}, {0, 0, 1.2}}), Vector{{0, 0, 2, 0}}, 0.0);
    expect_close(ends(Points{{0, 0, 0}, {0, 0, 2}}), Vector{{0, 0, 0, 2}}, 0.0);    // closed
    expect_close(ends(Points{{0, 0, 0}, {0, 0, 2.1}}), Vector{{0, 0, 0, 0}}, 0.0);  // outside
    expect_close(ends.centres(), Vector{{0.25, 0.75, 1.25, 1.75}}, 1e-15);
    const Histogram lengths(BondLengths::chain(4), 0.0, 1.0, 2);
    expect_close(lengths(Points{{0, 0, 0}, {0.1, 0, 0}, {0.9, 0, 0}, {3, 0, 0}}), Vector{{2.0 / 3, 2.0 / 3}},
                 1e-15);
    expect_close(lengths(Points{{0, 0, 0}, {0, 0, 0}, {0.9, 0, 0}, {std::nan(""), 0, 0}}),
                 Vector{{2.0 / 3, 2.0 / 3}}, 1e-15);
}

/// z-score of the mean of a correlated series against a value with an error of its own.
void expect_mean(const Vector& series, double expected, double expected_sd, double expected_count,
                 const std::string& what) {
    const double n = static_cast<double>(series.size());
    const double variance = (series.array() - series.mean()).square().sum() / (n - 1.0);
    const double error = std::sqrt(statistics::monotone_autocorrelation_time(series) * variance / n);
    expect_z(series.mean(), expected, std::hypot(error, expected_sd / std::sqrt(expected_count)), what);
}

TEST(Decane, HasTheKnownMeans) {
    const WholeMolecules whole = WholeMolecules::chains(10);
    const auto distribution = dihedral_distribution(DihedralAngles::chain(10), 36);
    Vector gyration(501), ends(501), bonds(501), angles(501), trans(501);
    statistics::RunningMoments<Vector> density;
    Index k = 0;
    for (const Frame& frame : Trajectory(path_of("decane.xtc"))) {
        const Points x = whole(frame.positions, frame.box);
        gyration[k] = RadiusOfGyration{}(x);
        ends[k] = EndToEnd{}(x);
        bonds[k] = BondLengths::chain(10)(x).mean();
        angles[k] = BondAngles::chain(10)(x).mean();
        trans[k] = (DihedralAngles::chain(10)(x).array().abs() > 2.0 * pi / 3.0).cast<double>().mean();
        density.add(distribution(x));
        ++k;
    }
    // measured on longer runs, of which 5000 frames are assumed
    expect_mean(gyration, 0.3192, 0.0196, 5000.0, "R_g");
    expect_mean(ends, 0.9091, 0.1167, 5000.0, "R_ee");
    expect_mean(bonds, 0.1532, 0.0031, 5000.0, "bond");
    expect_mean(angles, 112.0 * pi / 180.0, 4.9 * pi / 180.0, 5000.0, "angle");
    expect_mean(trans, 0.6257, 0.18, 5000.0, "trans");
    // The histogram counts the same: bins of 10 degrees, of which 6 on either side are trans.
    expect_close(density.mean().sum() * distribution.width(), 1.0, 1e-12);
    expect_close((density.mean().head(6).sum() + density.mean().tail(6).sum()) * distribution.width(),
                 trans.mean(), 1e-12);
    EXPECT_LT(density.mean()[17] + density.mean()[18], 0.01) << "cis is rare";
}

TEST(RadialDistribution, OfAnIdealGasIsOne) {
    auto rng = test_rng(1221);
    const Box box = Box::orthorhombic(1.0, 1.5, 1.2);
    RadialDistribution one(0.5, 10), two(0.5, 10);
    for (int frame = 0; frame < 400; ++frame) {
        const Points x = uniform_points(rng, 12, box.lengths());
        one.add(x, box);
        two.add(x, uniform_points(rng, 5, box.lengths()), box);
    }
    EXPECT_EQ(one.frames(), 400);
    for (Index k = 2; k < 10; ++k) {  // of the first bins the counts are small
        expect_z(one.g()[k], 1.0, one.standard_error()[k], "one kind");
        expect_z(two.g()[k], 1.0, two.standard_error()[k], "two kinds");
    }
}

TEST(RadialDistribution, CountsShellsOfALattice) {
    auto rng = test_rng(1222);
    Points x;  // simple cubic, 5 x 5 x 5
    for (int i = 0; i < 125; ++i) x.push_back({double(i % 5), double(i / 5 % 5), double(i / 25)});
    const Box box = Box::cubic(5.0);
    const PairCorrelation observable(box, 2.5, 25);
    const Vector g = observable(shifted(x, box.lengths(), rng));
    Vector neighbours = Vector::Zero(25);  // of one site
    for (Index k = 0; k < 25; ++k) {
        const double inner = 0.1 * double(k), outer = inner + 0.1;
        neighbours[k] = g[k] * 124.0 / 125.0 * 4.0 * pi / 3.0 * (std::pow(outer, 3) - std::pow(inner, 3));
    }
    Vector expected = Vector::Zero(25);
    for (int i = -2; i <= 2; ++i)
        for (int j = -2; j <= 2; ++j)
            for (int k = -2; k <= 2; ++k) {
                const double r = std::sqrt(double(i * i + j * j + k * k));
                if (r > 0.0 && r < 2.5) expected[static_cast<Index>(r / 0.1 + 1e-9)] += 1.0;
            }
    // 1 and 2 are ends of bins; sqrt(1) / 2.5 * 25 is 10 exactly
    expect_close(neighbours, expected, 1e-10);
    expect_close(observable.radii()[3], 0.35, 1e-14);
}

TEST(RadialDistribution, OfWaterHasTwoBondedHydrogens) {
    Index frames = 0;
    RadialDistribution bonded(0.12, 6), oxygens(0.9, 90);
    statistics::RunningMoments<double> order;
    double density = 0.0;
    for (const Frame& frame : Trajectory(path_of("water.xtc"))) {
        if (++frames > 20) break;
        Points o, h;
        for (std::size_t i = 0; i < frame.positions.size(); ++i)
            (i % 3 == 0 ? o : h).push_back(frame.positions[i]);
        bonded.add(o, h, frame.box);
        oxygens.add(o, frame.box);
        order.add(TetrahedralOrder(frame.box)(o));
        density = static_cast<double>(h.size()) / frame.box.volume();
    }
    double hydrogens = 0.0;
    for (Index k = 0; k < 6; ++k)
        hydrogens += density * bonded.g()[k] * 4.0 * pi / 3.0 * 8e-6 * (3.0 * double(k * (k + 1)) + 1.0);
    expect_close(hydrogens, 2.0, 1e-12);
    // SPC/E at 300 K: first peak of about 3 at 0.275 nm, tetrahedral order of about 0.63.
    Index peak = 0;
    EXPECT_NEAR(oxygens.g().maxCoeff(&peak), 3.0, 0.3);
    EXPECT_NEAR(oxygens.radii()[peak], 0.275, 0.006);
    EXPECT_LT(oxygens.g().head(22).maxCoeff(), 1e-300) << "nothing below 0.22 nm";
    EXPECT_NEAR(order.mean(), 0.63, 0.02);
}

TEST(RadialDistribution, RefusesInWords) {
    const Points x(3);
    RadialDistribution g(0.6, 10);
    EXPECT_EQ(thrown<ArgumentError>([&] { g.add(x, Box::cubic(1.0)); }).allowed(),
              "at most half the shortest edge of the box");
    EXPECT_THROW(g.add(x, Box::orthorhombic(2.0, 2.0, 0.0)), ArgumentError);
    EXPECT_THROW(g.add(Points(1), Box::cubic(2.0)), ArgumentError);
    EXPECT_THROW(g.add(x, Points(), Box::cubic(2.0)), ArgumentError);
    Box tilted = Box::cubic(2.0);
    tilted.edges[1][0] = 0.5;
    EXPECT_THROW(g.add(x, tilted), ArgumentError);
    EXPECT_THROW(g.g(), ArgumentError);
    EXPECT_THROW(RadialDistribution(0.0, 1), ArgumentError);
    EXPECT_THROW(RadialDistribution(1.0, 0), ArgumentError);
}

TEST(TetrahedralOrder, IsOneInDiamond) {
    auto rng = test_rng(1223);
    Points x;
    const double a = 0.6;
    for (int cell = 0; cell < 8; ++cell)
        for (const Point& site : {Point{0, 0, 0}, Point{0, 2, 2}, Point{2, 0, 2}, Point{2, 2, 0},
                                  Point{1, 1, 1}, Point{1, 3, 3}, Point{3, 1, 3}, Point{3, 3, 1}})
            x.push_back({a * (cell % 2 + site[0] / 4), a * (cell / 2 % 2 + site[1] / 4),
                         a * (cell / 4 + site[2] / 4)});
    const Box box = Box::cubic(2.0 * a);
    expect_close(TetrahedralOrder(box).each(shifted(x, box.lengths(), rng)), Vector(Vector::Ones(64)), 1e-12);
    EXPECT_LT(TetrahedralOrder()(x), 0.9) << "without the box sites at its faces lack neighbours";
}

TEST(TetrahedralOrder, IsZeroForRandomDirections) {
    auto rng = test_rng(1224);
    statistics::RunningMoments<double> order;
    for (int repeat = 0; repeat < 4000; ++repeat) {
        Points x(6, Point{});
        for (std::size_t i = 1; i < 5; ++i) {
            for (double& c : x[i]) c = standard_normal(rng);
            const double r = MinimumImage().distance(x[0], x[i]);
            for (double& c : x[i]) c *= (1.0 + uniform(rng)) / r;
        }
        x[5] = {3.0, 0.0, 0.0};  // further away than the four
        std::swap(x[5], x[1 + rng() % 5]);
        order.add(TetrahedralOrder().each(x)[0]);
    }
    expect_z(order.mean(), 0.0, order.standard_error(), "q");
    EXPECT_THROW(TetrahedralOrder()(Points(4)), ArgumentError);
}

/// Particles with U = -sum over pairs and directions of cos(2 pi d / L): of two, the mean of each cosine at
/// beta = 1 is I_1(1) / I_0(1).
struct Waves {
    PeriodicSpace<> particles;

    const PeriodicSpace<>& space() const { return particles; }
    double log_density(const Points& x) const {
        double sum = 0.0;
        for (std::size_t i = 0; i < x.size(); ++i)
            for (std::size_t j = 0; j < i; ++j) {
                const Point d = particles.image().difference(x[j], x[i]);
                for (std::size_t c = 0; c < 3; ++c)
                    sum += std::cos(2.0 * pi * d[c] / particles.image().lengths()[c]);
            }
        return sum;
    }
    Vector log_density_gradient(const Points& x) const {
        Vector slope = Vector::Zero(particles.size());
        for (std::size_t i = 0; i < x.size(); ++i)
            for (std::size_t j = 0; j < i; ++j) {
                const Point d = particles.image().difference(x[j], x[i]);
                for (std::size_t c = 0; c < 3; ++c) {
                    const double k = 2.0 * pi / particles.image().lengths()[c],
                                 force = -k * std::sin(k * d[c]);
                    slope[static_cast<Index>(3 * i + c)] += force;
                    slope[static_cast<Index>(3 * j + c)] -= force;
                }
            }
        return slope;
    }
};

template <class Kernel>
Vector cosines(const Kernel& kernel, double size, TrajectorySettings settings) {
    const Waves target{PeriodicSpace<>(2, Box::orthorhombic(size, 2.0 * size, 3.0 * size))};
    auto rng = make_stream(test_seed(), Purpose::check, 1225);
    Vector series(settings.samples);
    Index k = 0;
    for (const Points& x : trajectory(kernel, target, settings, rng))
        series[k++] = target.log_density(x) / 3.0;
    return series;
}

TEST(PeriodicSpace, KernelsSampleInAnyUnit) {
    const double exact = boost::math::cyl_bessel_i(1, 1.0) / boost::math::cyl_bessel_i(0, 1.0);
    for (const double size : {1.0, 1e-5, 1e5}) {
        // no time to forget a scale of 1
        expect_mean(cosines(RandomWalk{}, size, {.samples = 1500, .warm_up = 150, .thinning = 10}), exact,
                    0.0, 1.0, "random walk " + std::to_string(size));
        expect_mean(cosines(Hamiltonian{}, size, {.samples = 600, .warm_up = 100, .thinning = 2}), exact, 0.0,
                    1.0, "Hamiltonian " + std::to_string(size));
    }
    // The same random numbers in another unit, a power of two, give the same chain.
    expect_close(cosines(RandomWalk{}, 1.0, {.samples = 50, .warm_up = 60, .thinning = 3}),
                 cosines(RandomWalk{}, 0x1p-20, {.samples = 50, .warm_up = 60, .thinning = 3}),
                 1e-4);  // rounding grows
    expect_close(cosines(Hamiltonian{}, 1.0, {.samples = 3, .warm_up = 5, .thinning = 1}),
                 cosines(Hamiltonian{}, 0x1p-20, {.samples = 3, .warm_up = 5, .thinning = 1}), 1e-4);
}

TEST(PeriodicSpace, StartsUniformAndWraps) {
    const Box box = Box::orthorhombic(1.0, 2.0, 4.0);
    const PeriodicSpace<Eigen::Matrix3Xd> space(500, box);
    EXPECT_EQ(space.size(), 1500);
    EXPECT_EQ(space.particles(), 500);
    auto rng = make_stream(test_seed(), Purpose::check, 1226);
    const Eigen::Matrix3Xd x = space.random(rng);
    for (Index c = 0; c < 3; ++c) {
        const double length = box.lengths()[static_cast<std::size_t>(c)];
        EXPECT_TRUE(x.row(c).minCoeff() >= 0.0 && x.row(c).maxCoeff() < length);
        expect_z(x.row(c).mean(), 0.5 * length, length / std::sqrt(12.0 * 500.0), "mean of a coordinate");
    }
    Eigen::Matrix3Xd far = x;
    far.row(1).array() += 6.0;
    expect_close(space.wrapped(far), x, 1e-14);
    expect_close(space.scales()[7], 0.1 * std::cbrt(8.0 / 500.0), 1e-15);
    EXPECT_EQ(thrown<ArgumentError>([&] { PeriodicSpace<>(3, Box{}); }).argument(), "length of an edge");
    EXPECT_THROW(PeriodicSpace<>(Points(), box), ArgumentError);
    EXPECT_THROW(PeriodicSpace<Vector>(Vector(Vector::Zero(4)), box), ArgumentError);
    Box tilted = box;
    tilted.edges[2][1] = 0.5;
    EXPECT_EQ(thrown<ArgumentError>([&] { PeriodicSpace<>(3, tilted); }).value(), "'triclinic'");
}

}  // namespace
}  // namespace trajectories_observables_test
