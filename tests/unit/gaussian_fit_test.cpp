// EM on the Gaussian chain: known parameters come back, parameters stay admissible, bad input is named.
#include <predcg/engines/gaussian.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/gaussian/coarse_chain.hpp>
#include <predcg/models/gaussian/linear_map.hpp>

#include <gtest/gtest.h>

#include "close.hpp"
#include "gaussian_by_hand.hpp"
#include "test_seed.hpp"
#include "thrown.hpp"
#include "z_score.hpp"

namespace gaussian_fit_test {
using namespace predcg;
using by_hand::times;
using support::expect_close;
using support::thrown;

namespace {

constexpr double beta = 1.3, tether = 0.5;
constexpr Index beads = 6, level = 2;

auto chain(Index dimension) {
    return gaussian::coarse_chain({.beads = beads, .dimension = dimension, .tether = tether});
}
auto block_map(Index dimension) {
    return gaussian::block_map({.coarse_beads = beads, .level = level, .dimension = dimension});
}
auto grainer(Index dimension) {
    return EMCoarseGrainer{SamplesOnly<Vector>{}, chain(dimension), block_map(dimension), GaussianEngine{}};
}

/// Stiffness matrix of one coordinate.
Matrix stiffness(const Vector& theta) {
    return by_hand::chain_stiffness(beads, 1, theta[0], theta[1], tether, Boundary::open);
}

/// All pivots of the elimination are positive.
bool positive_definite(Matrix A) {
    for (Index k = 0; k < A.rows(); ++k) {
        if (!(A(k, k) > 0.0)) return false;
        for (Index i = k + 1; i < A.rows(); ++i)
            for (Index j = A.rows() - 1; j >= k; --j) A(i, j) -= A(i, k) * A(k, j) / A(k, k);
    }
    return true;
}

/// Data from the coarse model itself: X by the engine, x by the map.
std::vector<Vector> model_data(std::mt19937_64& rng, Index dimension, const Parameters& truth, int count) {
    const auto coarse = chain(dimension);
    const auto map = block_map(dimension);
    const auto sampler = GaussianEngine{}.sampler(boltzmann(coarse, truth.theta, beta));
    std::vector<Vector> data;
    for (int k = 0; k < count; ++k) data.push_back(map.sample(sampler.draw(rng), truth.eta, rng));
    return data;
}

Vector joined(const Parameters& p) {
    Vector all(p.theta.size() + p.eta.size());
    all << p.theta, p.eta;
    return all;
}

TEST(GaussianFit, RecoversKnownParameters) {
    auto rng = test_rng(1);
    for (Index dimension = 1; dimension <= 3; ++dimension) {
        const Parameters truth{Vector{{1.5, 0.4}}, Vector::Constant(1, std::log(0.3))};
        const auto g = grainer(dimension);
        const auto fit = g.fit(model_data(rng, dimension, truth, 400), {.beta = beta});
        ASSERT_EQ(fit.status, Status::converged) << dimension;
        EXPECT_EQ(fit.coarse_names, (std::vector<std::string>{"bond", "second"}));
        EXPECT_EQ(fit.map_names, (std::vector<std::string>{"log_sigma"}));
        EXPECT_TRUE(fit.directions.empty());
        const Vector error = joined(fit.parameters) - joined(truth);
        const Matrix information = fit.likelihood.observed();
        const Matrix covariance = by_hand::Inverted(information).inverse;
        for (Index k = 0; k < error.size(); ++k)
            expect_z(error[k], 0.0, std::sqrt(covariance(k, k)), "parameter " + std::to_string(k));
        // Wald's statistic, chi-squared with 3 degrees of freedom: above 45 one time in 1e9.
        EXPECT_LE(error.dot(Vector(times(information, error))), 45.0) << dimension;
    }
}

// Near the edge of the admissible set, as truth and as start: no iterate leaves it, and the end is the same.
TEST(GaussianFit, ParametersStayAdmissible) {
    auto rng = test_rng(2);
    const Parameters truth{Vector{{1.0, -0.45}}, Vector::Constant(1, -1.0)};
    ASSERT_TRUE(positive_definite(stiffness(truth.theta)));
    ASSERT_FALSE(positive_definite(stiffness(Vector{{1.0, -0.6}})));
    const auto data = model_data(rng, 1, truth, 100);
    const auto g = grainer(1);
    FitSettings settings;
    settings.beta = beta;
    Index seen = 0;
    settings.observer = [&](const TraceEntry& entry) {
        ++seen;
        EXPECT_TRUE(positive_definite(stiffness(entry.theta))) << entry.theta.transpose();
        EXPECT_TRUE(std::isfinite(*entry.log_likelihood));
    };
    const auto own = g.fit(data, settings);
    ASSERT_EQ(own.status, Status::converged);
    // The edge lies between the last admissible and the first forbidden value of the second stiffness.
    for (const double bond : {0.3, 1.0, 20.0}) {
        double inside = 0.0, outside = -bond;
        for (int k = 0; k < 20; ++k) {
            const double middle = 0.5 * (inside + outside);
            (positive_definite(stiffness(Vector{{bond, middle}})) ? inside : outside) = middle;
        }
        settings.start = Parameters{Vector{{bond, inside}}, Vector::Constant(1, 0.5)};
        const auto fit = g.fit(data, settings);
        EXPECT_EQ(fit.status, Status::converged) << bond;
        expect_close(joined(fit.parameters), joined(own.parameters), 1e-7, "from " + std::to_string(bond));
    }
    EXPECT_GT(seen, 20);
}

TEST(GaussianFit, AStartThatIsNotAdmissible) {
    auto rng = test_rng(3);
    const auto data = model_data(rng, 1, {Vector{{1.0, 0.0}}, Vector::Zero(1)}, 5);
    FitSettings settings;
    settings.beta = beta;
    settings.start = Parameters{Vector{{-1.0, 0.25}}, Vector::Constant(1, 0.125)};
    const FitError error = thrown<FitError>([&] { grainer(1).fit(data, settings); });
    EXPECT_EQ(error.theta(), settings.start->theta);
    EXPECT_EQ(error.eta(), settings.start->eta);
    EXPECT_EQ(error.iteration(), 0);
    EXPECT_NE(std::string(error.what()).find("start"), std::string::npos) << error.what();
    const auto g = grainer(1);
    EXPECT_THROW(g.problem(g.prepare(data, beta)).evaluate(*settings.start), NumericalError);
}

// x = W X without noise: the likelihood rises for ever as sigma falls. The fit ends, and does not say that it
// has converged.
TEST(GaussianFit, WithoutNoise) {
    auto rng = test_rng(4);
    auto data = model_data(rng, 1, {Vector{{1.0, 0.2}}, Vector::Constant(1, -1000.0)}, 20);
    const auto fit = grainer(1).fit(data, {.beta = beta, .starts = 2});
    EXPECT_NE(fit.status, Status::converged);
    EXPECT_LT(fit["log_sigma"], -5.0);
    EXPECT_TRUE(std::isfinite(fit.log_likelihood));
}

TEST(GaussianFit, BadData) {
    const auto g = grainer(1);
    Vector x = Vector::Zero(beads * level);
    const auto refused = [&](const Vector& bad) {
        return thrown<ArgumentError>([&] { g.fit(std::vector<Vector>{x, bad}, {.beta = beta}); });
    };
    EXPECT_EQ(refused(Vector::Zero(3)).value(), "3");
    EXPECT_EQ(refused(Vector::Zero(3)).allowed(),
              "12, the size of what the map draws from the coarse potential's space");
    EXPECT_EQ(refused(Vector::Constant(beads * level, NAN)).argument(), "coordinate");
    EXPECT_EQ(refused(Vector::Constant(beads * level, INFINITY)).value(), "inf");
    const EMCoarseGrainer mismatch{SamplesOnly<Vector>{}, chain(1),
                                   gaussian::block_map({.coarse_beads = 3, .level = 4}), GaussianEngine{}};
    const auto error = thrown<ArgumentError>([&] { mismatch.prepare(std::vector<Vector>{x}, beta); });
    EXPECT_EQ(error.value(), "6");  // of the coarse potential
    EXPECT_EQ(error.allowed(), "3");
}

// sigma^2 = T / (count n), n = 12; at T = 0 the likelihood has no maximum.
TEST(GaussianModels, MaximiserOfTheMap) {
    const auto map = block_map(1);
    EXPECT_NEAR(map.maximiser(Vector::Constant(1, 30.0), 10.0, Flat{}).value()[0], 0.5 * std::log(0.25),
                1e-15);
    EXPECT_FALSE(map.maximiser(Vector::Zero(1), 10.0, Flat{}).has_value());
    EXPECT_FALSE(map.maximiser(Vector::Constant(1, 30.0), 10.0, Normal{}).has_value());
}

TEST(GaussianModels, BadSettings) {
    using namespace gaussian;
    const auto argument = [](auto&& f) { return thrown<ArgumentError>(f).argument(); };
    EXPECT_EQ(argument([] { coarse_chain({.beads = 2}); }), "beads");
    EXPECT_EQ(argument([] { coarse_chain({.beads = 1, .second = false}); }), "beads");
    EXPECT_EQ(thrown<ArgumentError>([] { coarse_chain({.beads = 2}); }).allowed(), "an integer >= 3");
    EXPECT_EQ(thrown<ArgumentError>([] { coarse_chain({.beads = 1, .second = false}); }).allowed(),
              "an integer >= 2");
    EXPECT_EQ(argument([] { coarse_chain({.dimension = 0}); }), "dimension");
    for (const double bad : {0.0, -0.1, double(NAN), double(INFINITY)})
        EXPECT_EQ(argument([&] { coarse_chain({.tether = bad}); }), "tether") << bad;
    EXPECT_EQ(argument([] { gaussian::block_map({.coarse_beads = 0}); }), "coarse_beads");
    EXPECT_EQ(argument([] { gaussian::block_map({.level = 0}); }), "level");
    EXPECT_EQ(argument([] { gaussian::block_map({.dimension = 0}); }), "dimension");
    EXPECT_EQ(argument([] { LinearMap(Matrix(0, 0)); }), "size of W");
    EXPECT_EQ(argument([] { gaussian::chain({.beads = 0}); }), "beads");
    EXPECT_EQ(argument([] { gaussian::chain({.bond = NAN}); }), "stiffness");
    EXPECT_EQ(argument([] { FineChain(Matrix{{1.0, 2.0}, {0.0, 1.0}}, 1); }), "rows of stiffness");
    EXPECT_EQ(argument([] { FineChain(Matrix::Identity(2, 2), 0); }), "dimension");
    EXPECT_EQ(FineChain(Matrix::Identity(6, 6), 3).dimension(), 3);
}

}  // namespace
}  // namespace gaussian_fit_test
