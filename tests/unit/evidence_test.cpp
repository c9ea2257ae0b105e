// Evidence: closed forms, quadrature, flags; the bridge and its normal by themselves.
#include <predcg/judge/exact_evidence.hpp>
#include <predcg/models/gaussian/coarse_chain.hpp>
#include <predcg/posterior/full_posterior.hpp>

#include <gtest/gtest.h>

#include "close.hpp"
#include "grid_integral.hpp"
#include "ising_grainer.hpp"
#include "mean_shift.hpp"
#include "on_threads.hpp"
#include "reference.hpp"
#include "test_seed.hpp"
#include "thrown.hpp"
#include "z_score.hpp"

namespace evidence_test {
using namespace predcg;
using support::expect_close;
using support::thrown;

namespace {

/// Standard errors are estimates themselves, to some 10 %, more where chains are short.
constexpr double room = 1.5;

TEST(NormalCdf, IsItsIntegralAlsoFarBelow) {
    for (const double x : {-3.0, -0.5, 0.0, 2.0})
        expect_close(detail::log_normal_cdf(x), std::log(0.5 * std::erfc(-x / std::sqrt(2.0))), 1e-14);
    // Below -20 by its series: log Phi(x) - log phi(x) = log int_0^inf exp(x t - t^2/2) dt, t = s/|x|.
    for (const double x : {-21.0, -60.0, -1e4}) {
        const double mills = support::integral({{0.0, 60.0, 60001}}, [x](const Vector& s) {
            return -s[0] - 0.5 * s[0] * s[0] / (x * x) - std::log(-x);
        });
        expect_close(detail::log_normal_cdf(x), mills - 0.5 * x * x - 0.5 * std::log(2.0 * by_hand::pi),
                     1e-7);
    }
    expect_close(detail::log_normal_cdf(-20.0), detail::log_normal_cdf(std::nextafter(-20.0, -30.0)), 1e-6);
}

// A quadratic log density cut at a wall, at a point inside and at one on the wall where the density falls.
TEST(LaplaceIntegral, OfACutNormalIsExactFromAnyPoint) {
    const Matrix P{{2.0, 0.6}, {0.6, 0.5}};
    const std::vector<Wall> walls{{Vector::Unit(2, 1), -0.4}};
    for (const double centre : {1.0, -0.4, -2.0}) {
        const Vector apex{{0.3, centre}};
        const auto log_density = [&](const Vector& z) { return 1.7 - 0.5 * (z - apex).dot(P * (z - apex)); };
        const double exact = support::integral({{-12.0, 12.0, 1201}, {-0.4, 14.0, 7201}}, log_density);
        for (const Vector& z : {apex, Vector{{0.1, -0.4}}, Vector{{-1.0, 0.5}}}) {
            const LearningPoint at{
                .z = z, .value = log_density(z), .gradient = -(P * (z - apex)), .posterior_information = P};
            expect_close(*detail::laplace_integral(at, walls), exact, 1e-6);
        }
    }
    const LearningPoint saddle{.z = Vector::Zero(2),
                               .gradient = Vector::Zero(2),
                               .posterior_information = Matrix{{1.0, 2.0}, {2.0, 1.0}}};
    EXPECT_FALSE(detail::laplace_integral(saddle, walls));
}

TEST(CutNormal, IsTheNormalOverItsMassWithOneBound) {
    const Matrix C{{1.0, 0.7, 0.2}, {0.7, 2.0, -0.3}, {0.2, -0.3, 0.5}};
    const Vector mean{{0.5, -1.0, 2.0}};
    const double infinity = std::numeric_limits<double>::infinity();
    const detail::CutNormal normal(mean, C, Vector{{-infinity, -0.2, -infinity}});
    const double mass = 0.5 * std::erfc((-0.2 + 1.0) / std::sqrt(2.0 * 2.0));
    Philox4x32 rng = make_stream(test_seed(), Purpose::check);
    Vector sum = Vector::Zero(3);
    for (int k = 0; k < 2000; ++k) {
        const Vector z = normal.draw(rng);
        EXPECT_GE(z[1], -0.2);
        if (k < 10) {
            expect_close(normal.log_density(z), by_hand::log_normal_density(z, mean, C) - std::log(mass),
                         1e-12);
        }
        sum += z;
    }
    // z_1 given the cut has mean mu + sd phi(a)/mass; the others follow by regression on it.
    const double hazard = std::exp(-0.5 * 0.32) / std::sqrt(2.0 * by_hand::pi) / mass;
    const double raised = std::sqrt(2.0) * hazard;
    for (Index k = 0; k < 3; ++k)
        expect_z(sum[k] / 2000.0, mean[k] + C(k, 1) / 2.0 * raised, std::sqrt(C(k, k) / 2000.0), "mean");
    EXPECT_FALSE(detail::CutNormal(mean, Matrix::Zero(3, 3), mean).ok());
}

TEST(CutNormal, IsNormalisedWithTwoBounds) {
    const detail::CutNormal normal(Vector{{0.3, -0.5}}, Matrix{{1.0, 0.8}, {0.8, 1.5}}, Vector{{0.0, 0.1}});
    const double total = support::integral({{0.0, 8.0, 1601}, {0.1, 9.0, 1601}},
                                           [&](const Vector& z) { return normal.log_density(z); });
    EXPECT_NEAR(total, 0.0, 1e-4);
}

// p = c N(0.5, 1.2^2), draws of p from an autoregression: r = c, with an error that counts autocorrelation.
TEST(Bridge, FindsANormalisationAndStatesItsError) {
    constexpr double rho = 0.8, log_c = -312.5;
    double squared_z = 0.0;
    constexpr int repeats = 40;
    for (int repeat = 0; repeat < repeats; ++repeat) {
        Philox4x32 rng = make_stream(test_seed(), Purpose::check, static_cast<std::uint32_t>(repeat), 1);
        const auto log_ratio = [](double z) {
            return log_c - 0.5 * std::pow((z - 0.5) / 1.2, 2) - std::log(1.2) + 0.5 * z * z;
        };
        Matrix of_p(500, 4);
        for (Index c = 0; c < 4; ++c) {
            double u = standard_normal(rng);
            for (Index k = 0; k < 500; ++k) {
                u = rho * u + std::sqrt(1.0 - rho * rho) * standard_normal(rng);
                of_p(k, c) = log_ratio(0.5 + 1.2 * u);
            }
        }
        Vector of_g(1000);
        for (double& l : of_g) l = log_ratio(standard_normal(rng));
        const auto r = statistics::bridge_sampling(of_p, of_g, 300.0);
        EXPECT_TRUE(r.converged);
        EXPECT_LT(r.standard_error, 0.08);
        squared_z += std::pow((r.log_ratio - log_c) / r.standard_error, 2) / repeats;
    }
    // Mean of 40 chi-square variables, sd 0.22: within 0.3 and 2.4 but for one seed in a million.
    EXPECT_GT(squared_z, 0.3);
    EXPECT_LT(squared_z, 2.4);
}

TEST(Bridge, OfEqualDensitiesIsExactAndBadRatiosAreRefused) {
    const Matrix same = Matrix::Constant(10, 2, 3.25);
    const auto r = statistics::bridge_sampling(same, Vector::Constant(30, 3.25), 20.0);
    EXPECT_NEAR(r.log_ratio, 3.25, 1e-12);
    EXPECT_NEAR(r.standard_error, 0.0, 1e-12);
    EXPECT_FALSE(statistics::bridge_sampling(same, Vector::LinSpaced(30, 0.0, 9.0), 20.0, {.iterations = 1})
                     .converged);
    Vector g = Vector::Constant(30, 3.25);
    g[4] = -std::numeric_limits<double>::infinity();  // no density of p there
    EXPECT_NEAR(statistics::bridge_sampling(same, g, 20.0).log_ratio, 3.25, 0.1);
    g[4] = std::nan("");
    EXPECT_THROW((void)statistics::bridge_sampling(same, g, 20.0), NumericalError);
    EXPECT_THROW((void)statistics::bridge_sampling(
                     same, Vector::Constant(30, -std::numeric_limits<double>::infinity()), 20.0),
                 NumericalError);
    EXPECT_EQ(thrown<ArgumentError>([&] { (void)statistics::bridge_sampling(same, g, 0.0); }).argument(),
              "effective");
}

TEST(GaussianWorld, BothEvidencesAreTheClosedForm) {
    auto rng = test_rng(801);
    const support::MeanShift world(rng, by_hand::random_matrix(rng, 3, 2), Vector{{0.8, -0.3}}, 8);
    const auto grainer = world.grainer(Normal{.mean = 0.0, .sd = 2.0});
    const auto data = grainer.prepare(world.data, world.beta);
    const auto fit = grainer.fit_prepared(data);
    const double exact = world.log_evidence({0, 1}, Vector::Constant(2, 0.25));
    const auto laplace = laplace_evidence(grainer, data, fit, {.draws = 1000});
    ASSERT_TRUE(laplace.reliable && laplace.log_evidence);
    expect_close(*laplace.log_evidence, exact, 1e-9);
    const auto posterior = full_posterior(grainer, data, fit, {.draws = 2000, .seed = test_seed()});
    const auto bridged = exact_evidence(grainer, data, posterior, {.seed = test_seed()});
    ASSERT_TRUE(bridged.log_evidence);
    EXPECT_LT(bridged.standard_error, 0.02);
    expect_z(*bridged.log_evidence, exact, room * bridged.standard_error, "bridge");
    expect_close(bic(fit), -2.0 * fit.log_likelihood + 2.0 * std::log(8.0), 1e-13);
}

// (bond, log sigma) of a harmonic chain, whose posterior is far from normal and bounded by admissible().
TEST(GaussianWorld, AHarmonicChainMeetsQuadrature) {
    const EMCoarseGrainer grainer{
        SamplesOnly<Vector>{},
        gaussian::coarse_chain({.beads = 3, .second = false, .tether = 0.5}),
        gaussian::block_map({.coarse_beads = 3, .level = 2}),
        GaussianEngine{},
        Newton{},
        BlockPriors{Normal{.mean = 1.0, .sd = 1.0}, Normal{.mean = 0.0, .sd = 1.0}}};
    auto rng = test_rng(572);
    std::vector<Vector> x;
    for (int k = 0; k < 6; ++k) x.push_back(by_hand::random_vector(rng, 6));
    const auto data = grainer.prepare(x, 0.6);
    const auto posterior =
        full_posterior(grainer, data, grainer.fit_prepared(data), {.draws = 2000, .seed = test_seed()});
    const auto evidence = exact_evidence(grainer, data, posterior, {.seed = test_seed()});
    const Matrix W = grainer.map().W();
    const double exact = support::integral({{-0.1 + 1e-9, 6.0, 123}, {-2.0, 2.0, 61}}, [&](const Vector& z) {
        const Matrix A = 0.6 * by_hand::chain_stiffness(3, 1, z[0] / 0.6, 0.0, 0.5, Boundary::open);
        Matrix C = by_hand::times(W, by_hand::Inverted(A).inverse, by_hand::transposed(W));
        for (Index i = 0; i < 6; ++i) C(i, i) += std::exp(2.0 * z[1]);
        double value = by_hand::log_normal_density(z, Vector{{1.0, 0.0}}, Matrix::Identity(2, 2));
        for (const Vector& datum : x) value += by_hand::log_normal_density(datum, Vector::Zero(6), C);
        return value;
    });
    ASSERT_TRUE(evidence.log_evidence);
    expect_z(*evidence.log_evidence, exact, room * evidence.standard_error + 1e-3, "bridge");
}

/// The Ising model of a reference set.
struct OnSet {
    reference::Json json;
    support::IsingGrainer grainer;
    support::IsingGrainer::Data data;
    support::IsingFit fit;

    OnSet(const char* set, ising::CoarseChainSettings model, const support::AnyPrior& prior)
        : json(reference::load(set)), grainer([&] {
              model.sites = 16;
              model.field = json["truth"]["field"];
              return support::ising_grainer(model, 2, prior);
          }()),
          data(grainer.prepare(reference::load_data(set), json["truth"]["beta"])),
          fit(grainer.fit_prepared(data)) {}

    double log_density(const Vector& z) const {
        const auto problem = grainer.problem(data);
        return LogPosterior(problem).log_density(z);
    }
};

// Without coarse terms eta alone is left, whose posterior a one-dimensional sum integrates.
TEST(IsingWorld, WithoutTermsMeetsTheIntegralOverEta) {
    for (const char* set : {"A", "B", "C"}) {
        const OnSet s(set, {}, support::any_prior(weak_prior()));
        const double exact =
            support::integral({{0.0, 12.0, 4001}}, [&](const Vector& z) { return s.log_density(z); });
        const auto laplace = laplace_evidence(s.grainer, s.data, s.fit,
                                              {.draws = 1000, .largest_pareto_k = 10.0, .seed = test_seed()});
        ASSERT_TRUE(laplace.log_evidence) << set;
        EXPECT_NEAR(*laplace.log_evidence, exact, 0.1) << set;
        const auto posterior = full_posterior(s.grainer, s.data, s.fit, {.draws = 2000, .seed = test_seed()});
        const auto bridged = exact_evidence(s.grainer, s.data, posterior, {.seed = test_seed()});
        expect_z(*bridged.log_evidence, exact, room * bridged.standard_error, set);
        EXPECT_LT(bridged.standard_error, 0.02) << set;
    }
}

// {linear, pair_1} on the reference sets: the Laplace evidence within 0.1 of the exact one, or flagged.
TEST(IsingWorld, LaplaceIsWithinATenthOfExactOrFlagged) {
    for (const char* set : {"A", "B", "C"}) {
        const OnSet s(set, {.linear = true, .pair_range = 1}, support::any_prior(weak_prior()));
        const auto posterior = full_posterior(s.grainer, s.data, s.fit, {.draws = 4000, .seed = test_seed()});
        const auto exact = exact_evidence(s.grainer, s.data, posterior, {.seed = test_seed()});
        ASSERT_TRUE(exact.log_evidence);
        EXPECT_LT(exact.standard_error, 0.03) << set;
        const auto laplace = laplace_evidence(s.grainer, s.data, s.fit, {.draws = 2000, .seed = test_seed()});
        EXPECT_EQ(laplace.reliable, laplace.pareto_k <= 0.7) << set;
        EXPECT_EQ(laplace.reliable, laplace.log_evidence.has_value()) << set;
        if (laplace.reliable) {
            EXPECT_NEAR(*laplace.log_evidence, *exact.log_evidence, 0.1) << set;
        } else {
            EXPECT_NE(laplace.remarks.front().find("not Gaussian"), std::string::npos);
        }
    }
}

// Three dimensions by a sum over a box around the posterior's draws.
TEST(IsingWorld, BridgeMeetsQuadratureInThreeDimensions) {
    const OnSet s("A", {.linear = true, .pair_range = 1}, support::any_prior(weak_prior()));
    const auto posterior = full_posterior(s.grainer, s.data, s.fit, {.draws = 4000, .seed = test_seed()});
    const auto bridged = exact_evidence(s.grainer, s.data, posterior, {.seed = test_seed()});
    std::vector<support::GridAxis> axes;
    const double scale[] = {s.data.beta, s.data.beta, 1.0};
    for (Index k = 0; k < 3; ++k) {
        const double low = scale[k] * posterior.draws.row(k).minCoeff();
        const double high = scale[k] * posterior.draws.row(k).maxCoeff(), wide = high - low;
        axes.push_back({k == 2 ? std::max(0.0, low - 0.4 * wide) : low - 0.4 * wide, high + 0.4 * wide, 45});
    }
    const double exact = support::integral(axes, [&](const Vector& z) { return s.log_density(z); });
    expect_z(*bridged.log_evidence, exact, room * bridged.standard_error + 1e-3, "bridge");
}

TEST(Evidence, ModeOnTheBoundCountsTheHalfThatIsThere) {
    // Spins that alternate within blocks, and a prior that falls from the bound: the mode is there.
    std::vector<support::Spins> data(6, support::Spins(8));
    for (auto& x : data)
        for (std::size_t i = 0; i < 8; ++i) x[i] = i % 2 ? 1 : -1;
    const TruncatedNormal falling{.mean = -0.5, .sd = 0.5, .lower = 0.0};
    const auto grainer = support::ising_grainer({.sites = 4}, 2, {Normal{}, falling});
    const auto prepared = grainer.prepare(data, 0.5);
    const auto fit = grainer.fit_prepared(prepared);
    ASSERT_EQ(fit.parameters.eta[0], 0.0);
    const auto posterior_problem = grainer.problem(prepared);
    const LogPosterior posterior(posterior_problem);
    const double exact =
        support::integral({{0.0, 12.0, 4001}}, [&](const Vector& z) { return posterior.log_density(z); });
    const auto laplace = laplace_evidence(grainer, prepared, fit,
                                          {.draws = 1000, .largest_pareto_k = 10.0, .seed = test_seed()});
    ASSERT_TRUE(laplace.log_evidence);
    EXPECT_NEAR(*laplace.log_evidence, exact, 0.05);
    const auto draws = full_posterior(grainer, prepared, fit, {.draws = 2000, .seed = test_seed()});
    const auto bridged = exact_evidence(grainer, prepared, draws, {.seed = test_seed()});
    expect_z(*bridged.log_evidence, exact, room * bridged.standard_error, "bridge");
}

TEST(Evidence, FlagsAndRefusals) {
    const OnSet s("C", {.pair_range = 1}, support::any_prior(weak_prior()));
    const auto posterior =
        full_posterior(s.grainer, s.data, s.fit, {.draws = 64, .warm_up = 60, .seed = test_seed()});
    ASSERT_FALSE(posterior.reliable);
    const auto flagged = exact_evidence(s.grainer, s.data, posterior, {.largest_error = 1e-4});
    EXPECT_FALSE(flagged.reliable);
    EXPECT_EQ(flagged.remarks.front(), "the posterior is flagged");
    EXPECT_NE(flagged.remarks.back().find("Monte Carlo error"), std::string::npos);
    const support::OnThreads on(3);
    const auto again = exact_evidence(s.grainer, s.data, posterior, {.largest_error = 1e-4});
    EXPECT_EQ(*again.log_evidence, *flagged.log_evidence) << "whatever the number of threads";
    EXPECT_NE(*exact_evidence(s.grainer, s.data, posterior, {.seed = 2}).log_evidence, *flagged.log_evidence);

    auto stuck = static_cast<const PosteriorResult&>(posterior);
    stuck.draws.colwise() = Vector(stuck.draws.col(0));
    EXPECT_FALSE(exact_evidence(s.grainer, s.data, stuck).log_evidence);

    const auto laplace = laplace_joint(s.grainer, s.data, s.fit, {.largest_pareto_k = 1e9});
    EXPECT_EQ(thrown<ArgumentError>([&] { (void)exact_evidence(s.grainer, s.data, laplace); }).argument(),
              "posterior.method");
    const auto refused = [&](const ExactEvidenceSettings& settings) {
        return thrown<ArgumentError>([&] { (void)exact_evidence(s.grainer, s.data, posterior, settings); })
            .argument();
    };
    EXPECT_EQ(refused({.proposals = 1}), "proposals");
    EXPECT_EQ(refused({.largest_error = 0.0}), "largest_error");
    const auto strict = laplace_evidence(s.grainer, s.data, s.fit, {.draws = 500, .largest_pareto_k = -10.0});
    EXPECT_FALSE(strict.reliable || strict.log_evidence);
    EXPECT_NE(strict.remarks.front().find("not Gaussian"), std::string::npos);
}

}  // namespace
}  // namespace evidence_test
