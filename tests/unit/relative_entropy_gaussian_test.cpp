// Block averages of the Gaussian chain: relative entropy against closed forms and dense linear algebra.
#include <predcg/engines/gaussian.hpp>
#include <predcg/models/gaussian/chain.hpp>
#include <predcg/models/gaussian/coarse_chain.hpp>
#include <predcg/models/gaussian/observables.hpp>
#include <predcg/predict/fine_scale.hpp>
#include <predcg/predict/predict.hpp>
#include <predcg/relative_entropy.hpp>

#include <gtest/gtest.h>

#include "close.hpp"
#include "gaussian_by_hand.hpp"
#include "test_seed.hpp"
#include "z_score.hpp"

namespace relative_entropy_gaussian_test {
using namespace predcg;
using by_hand::Inverted;
using by_hand::times;
using support::expect_close;

namespace {

TEST(BlockAverage, IsTheMeanOfEachBlock) {
    const Vector x{{1.0, 2.0, 5.0, 6.0, 4.0, 8.0, 0.0, -2.0}};
    expect_close(gaussian::block_average({.coarse_beads = 2, .level = 4})(x), Vector{{3.5, 2.5}}, 1e-15);
    expect_close(gaussian::block_average({.coarse_beads = 2, .level = 2, .dimension = 2})(x),
                 Vector{{3.0, 4.0, 2.0, 3.0}}, 1e-15);
    EXPECT_THROW((void)gaussian::block_average({.coarse_beads = 2, .level = 3})(x), ArgumentError);
    EXPECT_THROW((void)gaussian::block_average({.coarse_beads = 0}), ArgumentError);
    EXPECT_THROW((void)gaussian::block_average({.level = 0}), ArgumentError);
    EXPECT_THROW((void)gaussian::block_average({.dimension = 0}), ArgumentError);
    EXPECT_THROW(gaussian::LinearProjection(Matrix(0, 0)), ArgumentError);
    EXPECT_THROW((void)gaussian::block_average({.coarse_beads = 4})(Vector::Constant(8, HUGE_VAL)),
                 ArgumentError);
}

/// U = theta / 2 |X|^2.
struct Spring {
    RealSpace<> space() const { return RealSpace<>(4); }
    Index parameter_count() const { return 1; }
    Vector features(const Vector& X) const { return Vector::Constant(1, 0.5 * X.squaredNorm()); }
    QuadraticForm quadratic(const Vector& theta) const { return theta[0] * feature_quadratic(0); }
    QuadraticForm feature_quadratic(Index) const { return {Matrix::Identity(4, 4), Vector::Zero(4), 0.0}; }
    Vector start() const { return Vector::Ones(1); }
    bool admissible(const Vector& theta) const { return theta[0] > 0.0; }
};

auto data_of(Index samples, double beta) {
    const auto fine =
        gaussian::chain({.beads = 8, .bond = 1.2, .second = 0.3, .tether = 0.4, .boundary = Boundary::open});
    return generate(fine, {.beta = beta, .samples = samples, .seed = test_seed()});
}

// beta theta = 4 / <|X|^2>;  F - <ln p_f> = beta theta <|X|^2> / 2 + 2 ln(2 pi / (beta theta)).
// z = beta theta: H = 2 N / z^2, score -|X|^2 / 2; so Var z = z^4 Var(|X|^2) / (16 N).
TEST(GaussianRelativeEntropy, OneStiffnessInClosedForm) {
    const double beta = 0.7;
    const auto data = data_of(300, beta);
    const auto xi = gaussian::block_average({.coarse_beads = 4});
    const auto fit = RelativeEntropy{Spring{}, xi, GaussianEngine{}}.fit(data);
    ASSERT_EQ(fit.status, Status::converged);
    double mean = 0.0, second = 0.0;
    for (const Vector& x : data) {
        double square = 0.0;
        for (Index r = 0; r < 4; ++r) square += 0.25 * (x[2 * r] + x[2 * r + 1]) * (x[2 * r] + x[2 * r + 1]);
        mean += square / 300.0;
        second += square * square / 300.0;
    }
    const double z = 4.0 / mean;
    EXPECT_NEAR(beta * fit.parameters.theta[0], z, 1e-8);
    EXPECT_NEAR(fit.target_moments[0], 0.5 * mean, 1e-12);
    EXPECT_NEAR(fit.model_moments[0], 0.5 * mean, 1e-8);
    EXPECT_NEAR(*fit.objective, 2.0 + 2.0 * std::log(2.0 * by_hand::pi / z), 1e-9);
    const double variance = std::pow(z, 4) * (second - mean * mean) / (16.0 * 299.0);
    EXPECT_NEAR(fit.standard_errors()[0], std::sqrt(variance) / beta, 1e-7);
}

// Moments of the learnt chain, by the inverse of its stiffness, are those of the averaged data.
TEST(GaussianRelativeEntropy, ChainMatchesMoments) {
    const double beta = 0.7;
    const auto data = data_of(400, beta);
    const auto coarse = gaussian::coarse_chain({.beads = 4, .tether = 0.5});
    const auto xi = gaussian::block_average({.coarse_beads = 4});
    const auto fit = RelativeEntropy{coarse, xi, GaussianEngine{}}.fit(data);
    ASSERT_EQ(fit.status, Status::converged);
    const Matrix C =
        Inverted(beta * by_hand::chain_stiffness(4, 1, fit["bond"], fit["second"], 0.5, Boundary::open))
            .inverse;
    for (const Index distance : {1, 2}) {
        double model = 0.0, seen = 0.0;
        for (Index i = 0; i + distance < 4; ++i) {
            const Index j = i + distance;
            model += 0.5 * (C(i, i) + C(j, j) - 2.0 * C(i, j));
            for (const Vector& x : data) {
                const double d = 0.5 * (x[2 * j] + x[2 * j + 1] - x[2 * i] - x[2 * i + 1]);
                seen += 0.5 * d * d / 400.0;
            }
        }
        expect_close(model, seen, 1e-8, "distance " + std::to_string(distance));
        expect_close(fit.target_moments[distance - 1], seen, 1e-12);
    }
    // Inverse Monte Carlo takes the same way.
    const auto inverse = RelativeEntropy{coarse, xi, GaussianEngine{}, InverseMonteCarlo{}}.fit(data);
    expect_close(inverse.parameters.theta, fit.parameters.theta, 1e-8);
}

// Back by a function that puts both beads of a block beside X: E|r|^2 of the ends in closed form.
TEST(GaussianRelativeEntropy, ReconstructionByAFunction) {
    const double beta = 0.7;
    const auto fit = RelativeEntropy{
        gaussian::coarse_chain({.beads = 4, .tether = 0.5}), gaussian::block_average({.coarse_beads = 4}),
        GaussianEngine{}}.fit(data_of(200, beta));
    const auto beside = [](const Vector& X, Philox4x32& rng) {
        Vector x(8);
        for (Index r = 0; r < 4; ++r) {
            const double d = 0.3 * standard_normal(rng);
            x[2 * r] = X[r] - d;
            x[2 * r + 1] = X[r] + d;
        }
        return x;
    };
    const Matrix C =
        Inverted(beta * by_hand::chain_stiffness(4, 1, fit["bond"], fit["second"], 0.5, Boundary::open))
            .inverse;
    const Prediction ends = predict(fit.reconstructed(beside), gaussian::EndToEnd{1}, {.seed = test_seed()});
    EXPECT_FALSE(ends.exact);
    expect_z(ends.value(), C(0, 0) + C(3, 3) - 2.0 * C(0, 3) + 2.0 * 0.09, ends.standard_error[0],
             "end to end");
}

}  // namespace
}  // namespace relative_entropy_gaussian_test
