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
PosteriorResult posterior(Index draws, double sd = 0.02) {
    PosteriorResult result;
    result.fit.coarse_names = potential().parameter_names();
    result.fit.parameters = {theta, Vector(0)};
    result.fit.beta = beta;
    result.fit.data_count = 60.0;
    auto rng = make_stream(test_seed(), Purpose::check);
    result.draws.resize(6, draws);
    for (Index k = 0; k < draws; ++k)
        linalg::set_column(result.draws, k, Vector(theta + sd * standard_normal_vector(rng, 6)));
    return result;
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
            .samples = 600,
            .chains = 2,
            .own_samples = 12,
            .level = 1e-6,
            .site_pairs = {{"A-A", 0, 0}, {"A-B", 0, 1}}};
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
    with_pressure.pressure = KnownValue{statistics::mean(series), statistics::error_of_mean(series)};
    const LiquidChecks found =
        liquid_checks(posterior(60), potential(), engine(), data, rods(), with_pressure);
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
    statistics::RunningMoments<Vector> g;
    statistics::RunningMoments<double> order;
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
    const LiquidChecks found = liquid_checks(posterior(60), potential(), engine(), data, rods(), wrong);
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
    const LiquidChecks silent = liquid_checks(posterior(60), potential(), engine(), data, rods(), wrong);
    EXPECT_FALSE(silent.checks[1].data.has_value());
    EXPECT_FALSE(silent.checks[1].contradicted);
    EXPECT_NE(silent.summary().find("do not tell pressure"), std::string::npos) << silent.summary();
    expect_close(silent.checks[1].model, found.checks[1].model, 1e-12, "the same chains");
}

// Shells where only one of data and model has enough pairs are judged, too: here data have one in the core,
// where the model has half a pair in all frames.
TEST(LiquidChecks, JudgeShellsThatTheModelHardlyFills) {
    std::vector<Points> data = centres(150);
    for (std::size_t k = 0; k < data.size(); ++k)
        if (k % 4 != 0) data[k][1] = {data[k][0][0], data[k][0][1], data[k][0][2] + 0.12};
    auto plain = settings();
    plain.site_pairs.clear();
    const RigidMolecules points({{0, 0, 0}}, {1.0});
    const LiquidChecks found = liquid_checks(posterior(60), potential(), engine(), data, points, plain);
    ASSERT_EQ(found.bands.size(), 1u);
    EXPECT_LT(found.bands[0].model[2], 0.01);
    EXPECT_GT(found.bands[0].data[2], 0.3);
    const LiquidCheck& g = found.checks.back();
    EXPECT_TRUE(g.contradicted) << g.words;
    EXPECT_EQ(g.data, found.bands[0].data[2]) << g.words;
    EXPECT_EQ(g.model, found.bands[0].model[2]) << g.words;
    EXPECT_NE(g.words.find("largest deviation at 0.125 nm"), std::string::npos) << g.words;
}

// Configurations at the mode, reweighted to other parameters, against chains there.
TEST(LiquidChecks, ReweightTheConfigurationsOfTheMode) {
    const auto coarse = potential();
    const Box box = Box::cubic(length);
    auto one = settings();
    one.site_pairs.clear();
    one.samples = 800;
    one.pressure = KnownValue{};
    const RigidMolecules points({{0, 0, 0}}, {1.0});
    const auto data = centres(12);
    const auto mean_of = [&](const std::vector<Points>& X, const Vector& at, auto&& statistic) {
        const pair::Pressure pressure(pair::at(coarse, at), box, beta, pair::bar_per_kj_mol_nm3);
        Vector series(std::ssize(X));
        for (Index k = 0; k < series.size(); ++k)
            series[k] = statistic(pressure, X[static_cast<std::size_t>(k)]);
        return std::pair(statistics::mean(series), detail::error_over_chains(series, 2));
    };
    const auto pressure_of = [](const auto& p, const Points& X) { return p(X); };
    const auto order_of = [&](const auto&, const Points& X) { return TetrahedralOrder(box)(X); };
    // a posterior without width: averages of the same configurations
    const LiquidChecks narrow = liquid_checks(posterior(20, 0.0), coarse, engine(), data, points, one);
    const auto drawn = draw_chains(engine(), boltzmann(coarse, theta, beta), 400, 2, one.seed);
    expect_close(narrow.checks[1].model, mean_of(drawn, theta, pressure_of).first, 1e-9);
    expect_close(narrow.checks[0].model, mean_of(drawn, theta, order_of).first, 1e-9);
    // all of its draws elsewhere
    Vector there = theta;
    there[2] -= 0.4;
    PosteriorResult moved = posterior(20, 0.0);
    for (Index k = 0; k < 20; ++k) linalg::set_column(moved.draws, k, there);
    const LiquidChecks found = liquid_checks(moved, coarse, engine(), data, points, one);
    EXPECT_TRUE(found.remarks.empty());
    // by energies, configuration by configuration
    double sum = 0.0, order = 0.0, virial = 0.0;
    const pair::Pressure pressure_there(pair::at(coarse, there), box, beta, pair::bar_per_kj_mol_nm3);
    for (const Points& X : drawn) {
        const double w = std::exp(-beta * (pair::energy(pair::at(coarse, there), coarse.space(), X) -
                                           pair::energy(pair::at(coarse, theta), coarse.space(), X)));
        sum += w;
        order += w * TetrahedralOrder(box)(X);
        virial += w * pressure_there(X);
    }
    expect_close(found.checks[0].model, order / sum, 1e-9);
    expect_close(found.checks[1].model, virial / sum, 1e-9);
    const auto elsewhere = draw_chains(engine(), boltzmann(coarse, there, beta), 400, 2, 77);
    const auto [pressure, pressure_error] = mean_of(elsewhere, there, pressure_of);
    expect_z(found.checks[1].model, pressure, 2.0 * pressure_error, "pressure");
    EXPECT_GT(std::abs(found.checks[1].model - narrow.checks[1].model), 4.0 * pressure_error);
    // what is too far for reweighting has chains of its own
    for (Index k = 0; k < 20; ++k) linalg::set_column(moved.draws, k, Vector(0.1 * theta));
    one.own_samples = 20;
    const LiquidChecks far = liquid_checks(moved, coarse, engine(), data, points, one);
    ASSERT_FALSE(far.remarks.empty());
    const Vector weak = 0.1 * theta;
    const auto gas = draw_chains(engine(), boltzmann(coarse, weak, beta), 200, 2, 78);
    const auto [gas_pressure, gas_error] = mean_of(gas, weak, pressure_of);
    expect_z(far.checks[1].model, gas_pressure, 2.0 * gas_error, "pressure far away");
}

TEST(LiquidChecks, RefuseInWords) {
    const std::vector<Points> few(9, Points(48));
    EXPECT_EQ(thrown<ArgumentError>([&] {
                  liquid_checks(posterior(60), potential(), engine(), few, rods(), settings());
              }).argument(),
              "number of frames");
    auto wide = settings();
    wide.cutoff = 0.7;
    const std::vector<Points> data(12, Points(48));
    EXPECT_THROW(liquid_checks(posterior(60), potential(), engine(), data, rods(), wide), ArgumentError);
}

}  // namespace
}  // namespace liquids_checks_test
