// Checks of a liquid with data from the model itself, and with data that differ in one way each.
#include <predcg/engines/monte_carlo.hpp>
#include <predcg/kernels/single_particle.hpp>
#include <predcg/liquids/liquid_checks.hpp>
#include <predcg/models/pair/spline_potential.hpp>

#include <gtest/gtest.h>

#include "close.hpp"
#include "test_seed.hpp"
#include "thrown.hpp"
#include "z_score.hpp"

namespace liquids_checks_test {
using namespace predcg;
using support::expect_close;
using support::thrown;

namespace {

constexpr double beta = 0.4, length = 1.2;
const Vector theta{{8.0, 2.0, -2.0, -1.5, -0.5, 0.0}};

pair::SplinePotential potential() {
    return {{.cutoff = 0.55, .core = 0.25, .intervals = 6, .core_stiffness = 400.0},
            PeriodicSpace<>(24, Box::cubic(length))};
}

MonteCarlo<SingleParticle> engine() { return MonteCarlo(SingleParticle{}, {.warm_up = 200, .thinning = 10}); }

/// Two sites, the second far from the centre.
RigidMolecules rods() { return {{{0, 0, 0}, {0, 0, 0.12}}, {9.0, 1.0}}; }

/// A posterior as wide as a long trajectory leaves it, around the truth.
auto posterior(Index draws) {
    PosteriorResult result;
    const auto coarse = potential();
    result.fit.coarse_names = coarse.parameter_names();
    result.fit.parameters = {theta, Vector(0)};
    result.fit.beta = beta;
    result.fit.data_count = 60.0;
    auto rng = make_stream(test_seed(), Purpose::check);
    result.draws.resize(6, draws);
    for (Index k = 0; k < draws; ++k)
        linalg::set_column(result.draws, k, Vector(theta + 0.02 * standard_normal_vector(rng, 6)));
    return Posterior(std::move(result), coarse, rods(), engine());
}

std::vector<Points> centres(Index frames) {
    const auto coarse = potential();
    const auto target = boltzmann(coarse, theta, beta);
    auto sampler = engine().chain_sampler(target);
    auto rng = make_stream(test_seed() + 1, Purpose::generate);
    std::vector<Points> X;
    for (Index k = 0; k < frames; ++k) X.push_back(sampler.draw(rng));
    return X;
}

LiquidSettings settings() {
    return {.cutoff = 0.6,
            .bins = 12,
            .draws = 30,
            .samples = 12,
            .level = 1e-6,
            .site_pairs = {{"A-A", 0, 0}, {"A-B", 0, 1}},
            .noise = {.draws = 100, .chains = 2}};
}

TEST(LiquidChecks, FindNothingInDataOfTheModel) {
    auto rng = test_rng(1260);
    std::vector<Points> data;
    for (const Points& X : centres(150)) data.push_back(rods().sample(X, {}, rng));
    auto with_pressure = settings();
    const auto coarse = potential();
    const pair::Pressure pressure(pair::at(coarse, theta), Box::cubic(length), beta,
                                  pair::bar_per_kj_mol_nm3);
    Vector series(150);
    for (Index k = 0; k < 150; ++k)
        series[k] = pressure(CentreOfMass({9.0, 1.0})(data[static_cast<std::size_t>(k)]));
    with_pressure.pressure = KnownValue{mean(series), error_of_mean(series)};
    const LiquidChecks found = liquid_checks(posterior(60), data, rods(), with_pressure);
    ASSERT_EQ(found.checks.size(), 5u);
    ASSERT_EQ(found.bands.size(), 3u);
    for (const LiquidCheck& check : found.checks) {
        EXPECT_FALSE(check.contradicted) << check.words;
        ASSERT_TRUE(check.data.has_value()) << check.words;
        EXPECT_LE(check.lower, check.model);
        EXPECT_GE(check.upper, check.model);
    }
    EXPECT_FALSE(found.noise.found && found.noise.p_value < 1e-6) << found.noise.words;
    for (const RadialBand& band : found.bands) EXPECT_LT(band.rms, 0.15) << band.name;
    // values of the data are means over frames
    RunningMoments<Vector> g;
    RunningMoments<double> order;
    for (const Points& x : data) {
        const Points X = CentreOfMass({9.0, 1.0})(x);
        g.add(PairCorrelation(Box::cubic(length), 0.6, 12)(X));
        order.add(TetrahedralOrder(Box::cubic(length))(X));
    }
    expect_close(found.bands[0].data, g.mean(), 1e-12);
    expect_close(*found.checks[0].data, order.mean(), 1e-12);
    EXPECT_EQ(found.checks[1].name, "pressure");
    EXPECT_NE(found.summary().find("contradict none"), std::string::npos) << found.summary();
}

TEST(LiquidChecks, SayWhatFails) {
    // all rods point the same way: their A-B correlation is not that of random orientations
    std::vector<Points> data;
    for (const Points& X : centres(150)) {
        Points x;
        for (const Point& p : X) {
            x.push_back(p);
            x.push_back({p[0], p[1], p[2] + 0.12});
        }
        data.push_back(x);
    }
    auto wrong = settings();
    wrong.site_pairs = {{"B-B", 1, 1}};
    wrong.pressure = KnownValue{1.0, 1.0};
    const LiquidChecks found = liquid_checks(posterior(60), data, rods(), wrong);
    EXPECT_FALSE(found.checks[0].contradicted) << found.checks[0].words;
    EXPECT_TRUE(found.checks[1].contradicted) << found.checks[1].words;
    EXPECT_FALSE(found.checks[2].contradicted) << found.checks[2].words;
    EXPECT_TRUE(found.checks[3].contradicted) << found.checks[3].words;
    EXPECT_NE(found.summary().find("cannot reproduce pressure, g(r) of B-B; not contradicted"),
              std::string::npos)
        << found.summary();
    // without a value of the simulation nothing is said of the pressure
    wrong.pressure.reset();
    wrong.site_pairs.clear();
    const LiquidChecks silent = liquid_checks(posterior(60), data, rods(), wrong);
    EXPECT_FALSE(silent.checks[1].data.has_value());
    EXPECT_FALSE(silent.checks[1].contradicted);
    EXPECT_NE(silent.summary().find("do not tell pressure"), std::string::npos) << silent.summary();
    expect_close(silent.checks[1].model, found.checks[1].model, 1e-12, "the same chains");
}

TEST(LiquidChecks, RefuseInWords) {
    const std::vector<Points> few(9, Points(48));
    EXPECT_EQ(
        thrown<ArgumentError>([&] { liquid_checks(posterior(60), few, rods(), settings()); }).argument(),
        "number of frames");
    auto wide = settings();
    wide.cutoff = 0.7;
    const std::vector<Points> data(12, Points(48));
    EXPECT_THROW(liquid_checks(posterior(60), data, rods(), wide), ArgumentError);
}

}  // namespace
}  // namespace liquids_checks_test
