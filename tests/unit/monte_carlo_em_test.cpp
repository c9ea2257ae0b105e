// Monte Carlo EM against exact EM: the reference sets A and B with {linear, pair_1}, l_c = 2.
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/monte_carlo.hpp>

#include "on_threads.hpp"
#include "reference.hpp"
#include "test_seed.hpp"

namespace monte_carlo_em_test {
using namespace predcg;

namespace {

using Fine = SamplesOnly<std::vector<ising::Spin>>;

/// One reference set, its exact fit, and the posterior's standard deviations there.
struct Case {
    explicit Case(const std::string& set)
        : json(reference::load(set)), data(reference::load_data(set)), beta(json["truth"]["beta"]),
          coarse(reference::coarse_chain(json["models"][0], json["truth"]["field"])),
          exact(EMCoarseGrainer{Fine{}, coarse, map, TransferMatrix{}}.fit(data, {.beta = beta})) {
        const linalg::Cholesky factor(exact.likelihood.observed());
        sd = Vector(3);
        for (Index k = 0; k < 3; ++k) sd[k] = std::sqrt(factor.solve(Vector::Unit(3, k))[k]);
    }

    template <class Fit>
    Vector error(const Fit& fit) const {
        Vector e(3);
        e << fit.parameters.theta - exact.parameters.theta, fit.parameters.eta - exact.parameters.eta;
        return e;
    }

    reference::Json json;
    std::vector<std::vector<ising::Spin>> data;
    double beta;
    ising::CoarseChain<> coarse;
    ising::BernoulliMap<> map = ising::bernoulli_map({.level = 2});
    Fit<ising::CoarseChain<>, ising::BernoulliMap<>, TransferMatrix, ExactEstimate> exact;
    Vector sd;
};

/// S_q = 50 and S_c = 200 times a factor, as the method's experiments have it.
auto engines(Index factor) {
    const MonteCarloSettings latent{.samples = 50 * factor, .standard_errors = false};
    const MonteCarloSettings coarse{.samples = 200 * factor, .standard_errors = false};
    return EngineRoles{MonteCarlo(HeatBath{}, latent), MonteCarlo(HeatBath{}, coarse)};
}

/// Errors of 20 fits with different seeds, a row each, after a fixed number of iterations.
template <class Optimizer>
Matrix errors_of_seeds(const Case& c, const Optimizer& optimizer, Index factor, Index iterations,
                       std::uint64_t seed, std::optional<Parameters> start = {}) {
    Matrix errors(20, 3);
    for (Index s = 0; s < errors.rows(); ++s) {
        FitSettings settings{
            .beta = c.beta, .iterations = iterations, .seed = seed + static_cast<std::uint64_t>(1000 + s)};
        settings.start = start;
        settings.stochastic.minimum_iterations = iterations;
        const auto fit =
            EMCoarseGrainer{Fine{}, c.coarse, c.map, engines(factor), optimizer}.fit(c.data, settings);
        static_assert(std::is_same_v<decltype(fit.result()), const SampledEstimate&>);
        errors.row(s) = c.error(fit).transpose();
    }
    return errors;
}

Vector spread_of(const Matrix& errors) {
    const Matrix centred = errors.rowwise() - errors.colwise().mean();
    return (centred.colwise().squaredNorm() / static_cast<double>(errors.rows() - 1)).cwiseSqrt().transpose();
}

/// |bias| <= 4 standard errors + 0.05 posterior sd, which is worth four standard errors and more (spread
/// seen: 0.05 sd): Student's t of 19 degrees of freedom is beyond 8 one time in 6 million.
void expect_unbiased(const Case& c, const Matrix& errors) {
    const Vector spread = spread_of(errors);
    for (Index k = 0; k < 3; ++k) {
        const double bias = errors.col(k).mean();
        EXPECT_LE(std::abs(bias), 4.0 * spread[k] / std::sqrt(20.0) + 0.05 * c.sd[k]) << "parameter " << k;
        EXPECT_LE(spread[k], 0.2 * c.sd[k]) << "parameter " << k;
        EXPECT_GT(spread[k], 0.0) << "parameter " << k;
    }
}

TEST(MonteCarloEM, RobbinsMonroMeetsExactEMOnA) {
    const Case c("A");
    expect_unbiased(c, errors_of_seeds(c, RobbinsMonro{}, 1, 200, test_seed()));
}

TEST(MonteCarloEM, StochasticNewtonMeetsExactEMOnB) {
    const Case c("B");
    expect_unbiased(c, errors_of_seeds(c, StochasticNewton{}, 1, 450, test_seed()));
}

// The spread over 20 seeds has a relative error of 16 %, a ratio of two 23 %, the geometric mean over three
// parameters about 15 %: the bounds below are 5 and 3 of these away from one half, and still far from one. At
// a fixed seed, since one in 2000 would fail. (The 30 % of a single run at a stated seed:
// docs/validation.md.)
TEST(MonteCarloEM, FourTimesTheSamplesHalveTheSpread) {
    const Case c("A");
    const Vector one = spread_of(errors_of_seeds(c, StochasticNewton{}, 1, 50, 20151, c.exact.parameters));
    const Vector four = spread_of(errors_of_seeds(c, StochasticNewton{}, 4, 50, 20151, c.exact.parameters));
    const double ratio = std::cbrt((four.array() / one.array()).prod());
    EXPECT_GT(ratio, 0.5 * 0.45);
    EXPECT_LT(ratio, 0.5 * 1.65);
}

// Estimates scatter by less than 0.1 posterior sd in all of these (seen: 0.05); the bounds are 0.4.
TEST(MonteCarloEM, MinibatchesAndGrowingSamplesMeetTheOfflineFit) {
    const Case c("A");
    const auto expect_close = [&](const auto& fit, const char* what) {
        EXPECT_EQ(fit.status, Status::converged) << what;
        const Vector e = c.error(fit);
        for (Index k = 0; k < 3; ++k) EXPECT_LE(std::abs(e[k]), 0.4 * c.sd[k]) << what << ", parameter " << k;
    };
    const EMCoarseGrainer sampled{Fine{}, c.coarse, c.map, MonteCarlo(HeatBath{}, {.samples = 200}),
                                  StochasticNewton{}};
    FitSettings settings{.beta = c.beta, .iterations = 1500, .seed = test_seed()};
    settings.stochastic.batch = 10;
    expect_close(sampled.fit(c.data, settings), "minibatches");
    settings.stochastic.batch = 0;
    settings.stochastic.grow = true;
    settings.stochastic.largest_growth = 32.0;
    const auto grown = sampled.fit(c.data, settings);
    expect_close(grown, "growing samples");
    EXPECT_GT(grown.monte_carlo.latent_samples, 200);
}

TEST(MonteCarloEM, SaysWhereMoreChainsWouldBeQuicker) {
    const Case c("A");
    const auto remark = [&](const auto& engine) {
        FitSettings settings{.beta = c.beta, .iterations = 2};
        const auto fit =
            EMCoarseGrainer{Fine{}, c.coarse, c.map, engine, StochasticNewton{}}.fit(c.data, settings);
        for (const std::string& text : fit.remarks)
            if (text.find("MonteCarloSettings::chains = 16") != std::string::npos)
                return text.substr(text.find("the chains of"),
                                   text.find(" move one") - text.find("the chains"));
        return std::string();
    };
    const MonteCarlo one(HeatBath{}, {.samples = 20}), many(HeatBath{}, {.samples = 20, .chains = 16});
    EXPECT_EQ(remark(one), "the chains of q(X|x) and of p_c");
    EXPECT_EQ(remark(many), "");
    EXPECT_EQ(remark(EngineRoles{many, one}), "the chains of p_c");
    EXPECT_EQ(remark(EngineRoles{one, TransferMatrix{}}), "the chains of q(X|x)");
    struct Own : HeatBath {  // knows one chain alone
        void side_by_side() const = delete;
    };
    EXPECT_EQ(remark(MonteCarlo(Own{}, {.samples = 20})), "");
}

TEST(MonteCarloEM, IsTheSameForAnyNumberOfThreadsAndForRepeatedRuns) {
    const Case c("A");
    const auto parameters = [&](Index threads) {
        const support::OnThreads on(threads);
        const EMCoarseGrainer grainer{Fine{}, c.coarse, c.map, MonteCarlo(Metropolis{}, {.samples = 200}),
                                      StochasticNewton{}};
        const auto fit = grainer.fit(c.data, {.beta = c.beta, .iterations = 30});
        Vector all(3);
        all << fit.parameters.theta, fit.parameters.eta;
        return all;
    };
    const Vector once = parameters(1);
    EXPECT_EQ(once, parameters(1));
    for (const Index threads : {2, 3, 8}) EXPECT_EQ(once, parameters(threads)) << threads;
}

TEST(MonteCarloEM, ExactDrawsOfBothMeetExactEM) {
    const Case c("B");
    const EMCoarseGrainer grainer{Fine{}, c.coarse, c.map, MonteCarlo(ExactDraws<>{}, {.samples = 100}),
                                  StochasticNewton{}};
    const auto fit = grainer.fit(c.data, {.beta = c.beta, .iterations = 1000, .seed = test_seed()});
    const Vector e = c.error(fit);
    for (Index k = 0; k < 3; ++k) EXPECT_LE(std::abs(e[k]), 0.5 * c.sd[k]) << "parameter " << k;
}

// Weights: every datum twice is the same as weight two, and half the data with weight zero are not there.
TEST(MonteCarloEM, WeightsAreNumbersOfData) {
    const Case c("A");
    const EMCoarseGrainer grainer{Fine{}, c.coarse, c.map, TransferMatrix{}};
    const auto at = c.exact.parameters;
    const std::vector<double> twice(c.data.size(), 2.0);
    const auto plain = grainer.problem(grainer.prepare(c.data, c.beta)).evaluate(at);
    const auto weighted = grainer.problem(grainer.prepare(c.data, c.beta, twice)).evaluate(at);
    EXPECT_NEAR(weighted.log_likelihood, 2.0 * plain.log_likelihood, 1e-9);
    std::vector<double> half(c.data.size(), 1.0);
    std::fill(half.begin() + 20, half.end(), 0.0);
    const std::vector<std::vector<ising::Spin>> first(c.data.begin(), c.data.begin() + 20);
    EXPECT_NEAR(grainer.problem(grainer.prepare(c.data, c.beta, half)).evaluate(at).log_likelihood,
                grainer.problem(grainer.prepare(first, c.beta)).evaluate(at).log_likelihood, 1e-9);
    EXPECT_THROW((void)grainer.prepare(first, c.beta, half), ArgumentError);
    EXPECT_THROW((void)grainer.prepare(c.data, c.beta, std::vector<double>(3, 1.0)), ArgumentError);
    EXPECT_THROW((void)grainer.prepare(c.data, c.beta, std::vector<double>(c.data.size(), -1.0)),
                 ArgumentError);
}

// After one iteration there is no error to state; a few are enough to see that data this good leave nothing
// open.
TEST(MonteCarloEM, ShortFitsStateWhatTheyKnow) {
    const Case c("A");
    const auto fit = [&](Index iterations) {
        return EMCoarseGrainer{Fine{}, c.coarse, c.map, engines(4), StochasticNewton{}}.fit(
            c.data, {.beta = c.beta, .iterations = iterations, .start = c.exact.parameters});
    };
    for (const Index iterations : {0, 1, 2}) {
        const auto report = fit(iterations).monte_carlo;
        ASSERT_EQ(report.standard_errors.theta.size(), 2);
        ASSERT_EQ(report.standard_errors.eta.size(), 1);
        EXPECT_TRUE(std::isnan(report.standard_errors.theta[0])) << iterations;
        EXPECT_TRUE(std::isnan(report.standard_errors.eta[0])) << iterations;
    }
    const auto few = fit(8);
    EXPECT_EQ(few.status, Status::limit);
    EXPECT_TRUE(few.directions.empty());
    EXPECT_GT(few.monte_carlo.standard_errors.theta[0], 0.0);
}

// Strong field: no finite maximum. A flat prior must not be reported as converged.
TEST(MonteCarloEM, SaturatedDataAreNotIdentified) {
    const std::vector<std::vector<ising::Spin>> data(20, std::vector<ising::Spin>(16, ising::Spin{1}));
    const auto coarse = ising::coarse_chain({.sites = 8, .pair_range = 1, .field = 3.9});
    const EMCoarseGrainer grainer{Fine{}, coarse, ising::bernoulli_map({.level = 2}),
                                  MonteCarlo(HeatBath{}, {.samples = 50}), StochasticNewton{}};
    EXPECT_EQ(grainer.fit(data, {.beta = 1.0, .iterations = 400}).status, Status::not_identified);
    // Also where a fit ends early what is open is said, direction by direction.
    const auto early = grainer.fit(data, {.beta = 1.0, .iterations = 12});
    EXPECT_EQ(early.status, Status::not_identified);
    ASSERT_FALSE(early.directions.empty());
    for (const Direction& direction : early.directions) EXPECT_NEAR(direction.coefficients.norm(), 1.0, 1e-9);
}

}  // namespace
}  // namespace monte_carlo_em_test
