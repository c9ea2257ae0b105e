// Inverse Monte Carlo and iterative Boltzmann inversion beside relative entropy: the same moments by other
// steps.
#include <predcg/engines/enumeration.hpp>
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/relative_entropy.hpp>

#include <gtest/gtest.h>

#include "close.hpp"
#include "ising_by_hand.hpp"
#include "test_seed.hpp"
#include "thrown.hpp"

namespace moment_matching_test {
using namespace predcg;
using support::expect_close;
using Spins = std::vector<ising::Spin>;

namespace {

constexpr double beta = 0.7;

std::vector<Spins> data_of(Index count, std::uint64_t salt) {
    auto rng = test_rng(salt);
    return by_hand::markov_data(rng, 16, count, 0.5, 0.6);
}

template <class Optimizer>
auto problem(const ising::CoarseChainSettings& model, const Optimizer& optimizer) {
    return RelativeEntropy{ising::coarse_chain(model), ising::majority_map({.level = 2}), TransferMatrix{},
                           optimizer};
}

const ising::CoarseChainSettings rich{
    .sites = 8, .linear = true, .pair_range = 3, .triplets = {{1, 1}, {1, 2}}, .field = 0.2};

/// Moments of p_c by enumeration.
Moments moments_of(const ising::CoarseChain<>& coarse, const Vector& theta) {
    return Enumeration{}.expect(boltzmann(coarse, theta, beta), EnergyGradient(coarse, theta));
}

// Lyubartsev and Laaksonen: <S_k> - S*_k = sum_l d<S_k>/dtheta_l dtheta_l, d<S_k>/dtheta_l = -beta Cov(S_k,
// S_l).
TEST(InverseMonteCarlo, StepIsTheLinearResponseAndRelativeEntropysNewtonStep) {
    const auto coarse = ising::coarse_chain(rich);
    const auto data = data_of(30, 1);
    const Vector theta = Vector::LinSpaced(6, -0.2, 0.3);
    const auto newton = problem(rich, Newton{.max_step = 1e9});
    const auto prepared = newton.prepare(data, beta);
    const auto e = newton.problem(prepared).evaluate({theta, Vector()});
    // Coordinates z = beta theta, of one datum.
    const Vector gradient = e.gradient / (beta * 30.0);
    const Matrix information = e.observed() / (beta * beta * 30.0);
    InverseMonteCarlo::State state;
    const Vector step =
        InverseMonteCarlo{.max_step = 1e9}.step(state, beta * theta, gradient, information).value();
    // The response to it makes up the difference of the moments.
    const Moments model = moments_of(coarse, theta);
    const Vector target = newton.fit(data, {.beta = beta, .iterations = 0}).target_moments;
    expect_close(Vector(model.covariance * step), Vector(model.mean - target), 1e-10, "linear response");
    // And Newton's step on F is the same.
    Newton::State none;
    const Vector by_newton = Newton{.max_step = 1e9}.step(none, beta * theta, gradient, information).value();
    expect_close(step, by_newton, 1e-12, "Newton");
}

TEST(InverseMonteCarlo, EveryIterationIsRelativeEntropys) {
    const auto data = data_of(50, 2);
    const auto a = problem(rich, Newton{}).fit(data, {.beta = beta});
    const auto b = problem(rich, InverseMonteCarlo{}).fit(data, {.beta = beta});
    ASSERT_EQ(a.status, Status::converged);
    ASSERT_EQ(b.status, Status::converged);
    ASSERT_EQ(a.trace.size(), b.trace.size());
    for (std::size_t t = 0; t < a.trace.size(); ++t)
        expect_close(b.trace[t].theta, a.trace[t].theta, 1e-10, "iteration " + std::to_string(t));
}

TEST(InverseMonteCarlo, OfSomeFeaturesMatchesThoseAlone) {
    const auto data = data_of(50, 3);
    const auto fit = problem(rich, InverseMonteCarlo{.matched = {1, 3}}).fit(data, {.beta = beta});
    ASSERT_EQ(fit.status, Status::converged);
    for (Index k = 0; k < 6; ++k) {
        const double off = std::abs(fit.model_moments[k] - fit.target_moments[k]);
        if (k == 1 || k == 3)
            EXPECT_LT(off, 1e-8) << k;
        else
            EXPECT_EQ(fit.parameters.theta[k], 0.0) << k;
    }
    EXPECT_GT(std::abs(fit.model_moments[0] - fit.target_moments[0]), 1e-3);
    const auto twice = problem(rich, InverseMonteCarlo{.matched = {3, 1, 3}}).fit(data, {.beta = beta});
    EXPECT_EQ(twice.iterations, fit.iterations);  // named twice, not half a step
    EXPECT_THROW(problem(rich, InverseMonteCarlo{.matched = {6}}).fit(data, {.beta = beta}), ArgumentError);
    // The last alone: a step along it only, shortened.
    InverseMonteCarlo::State state;
    const Matrix information{{3.0, 1.0}, {1.0, 4.0}};
    const auto last = InverseMonteCarlo{.matched = {1}, .max_step = 10.0}.step(
        state, Vector::Zero(2), Vector{{5.0, 6.0}}, information);
    EXPECT_EQ(last.value(), (Vector{{0.0, 1.5}}));
}

// One pair term, open chain, no field: bonds are independent, <X_i X_{i+1}> = tanh(beta theta), and one step
// is exact.
TEST(IterativeBoltzmann, IsExactInOneStepWhereTermsDoNotInteract) {
    const ising::CoarseChainSettings model{.sites = 8, .pair_range = 1, .boundary = Boundary::open};
    const auto data = data_of(50, 4);
    const auto fit = problem(model, IterativeBoltzmann{}).fit(data, {.beta = beta});
    ASSERT_EQ(fit.status, Status::converged);
    EXPECT_EQ(fit.iterations, 1);
    EXPECT_NEAR(fit.parameters.theta[0], std::atanh(-fit.target_moments[0] / 7.0) / beta, 1e-12);
}

TEST(IterativeBoltzmann, ConvergesToTheSamePairTerm) {
    for (const double field : {0.0, 0.4}) {
        const ising::CoarseChainSettings model{.sites = 8, .pair_range = 1, .field = field};
        const auto data = data_of(50, 5);
        const auto newton = problem(model, Newton{}).fit(data, {.beta = beta});
        const auto boltzmann = problem(model, IterativeBoltzmann{}).fit(data, {.beta = beta});
        ASSERT_EQ(boltzmann.status, Status::converged);
        expect_close(boltzmann.parameters.theta, newton.parameters.theta, 1e-8);
    }
}

TEST(IterativeBoltzmann, StepIsTheLogRatioOfPairHistograms) {
    const auto data = data_of(50, 6);
    const Vector theta = Vector::LinSpaced(6, -0.2, 0.3);
    const auto coarse = ising::coarse_chain(rich);
    const Moments model = moments_of(coarse, theta);
    const auto fit = problem(rich, Newton{}).fit(data, {.beta = beta, .iterations = 0});
    IterativeBoltzmann optimizer{.max_step = 1e9};
    optimizer.terms = coarse.two_valued_terms();
    optimizer.targets = fit.target_moments;
    IterativeBoltzmann::State state;
    const Vector step =
        optimizer.step(state, beta * theta, model.mean - fit.target_moments, Matrix()).value();
    // Terms of which each feature is minus the sum, and the size of their values.
    const std::vector<double> count{8, 8, 8, 8, 16, 16}, size{0.5, 1, 1, 1, 0.5, 0.5};
    for (Index k = 0; k < 6; ++k) {
        const auto at = std::size_t(k);
        const auto plus = [&](const Vector& mean) { return 0.5 * (1.0 - mean[k] / (count[at] * size[at])); };
        const double p = plus(model.mean), t = plus(fit.target_moments);
        // u(s) = -z s changes by ln(p_model(s) / p_target(s)), at s = +size less at s = -size.
        const double change = std::log(p / t) - std::log((1.0 - p) / (1.0 - t));
        EXPECT_NEAR(step[k], -change / (2.0 * size[at]), 1e-12) << k;
    }
}

TEST(IterativeBoltzmann, InteractingTermsTakeMoreStepsToTheSamePoint) {
    const ising::CoarseChainSettings model{.sites = 8, .linear = true, .pair_range = 2};
    const auto data = data_of(50, 7);
    const auto newton = problem(model, Newton{}).fit(data, {.beta = beta});
    const auto boltzmann = problem(model, IterativeBoltzmann{}).fit(data, {.beta = beta, .iterations = 2000});
    ASSERT_EQ(boltzmann.status, Status::converged);
    expect_close(boltzmann.parameters.theta, newton.parameters.theta, 1e-7);
    EXPECT_GT(boltzmann.iterations, newton.iterations);
}

// Terms that share most of what they say: undamped steps would turn back and forth for ever.
TEST(IterativeBoltzmann, StepsThatOvershootAreDamped) {
    const ising::CoarseChainSettings model{.sites = 8, .linear = true, .pair_range = 4};
    auto rng = test_rng(9);
    const auto data = by_hand::markov_data(rng, 16, 200, 0.85, 0.5);
    const auto newton = problem(model, Newton{}).fit(data, {.beta = beta});
    const auto boltzmann = problem(model, IterativeBoltzmann{}).fit(data, {.beta = beta, .iterations = 5000});
    ASSERT_EQ(newton.status, Status::converged);
    ASSERT_EQ(boltzmann.status, Status::converged);
    expect_close(boltzmann.parameters.theta, newton.parameters.theta, 1e-5);
}

TEST(IterativeBoltzmann, SaturatedDataAreReported) {
    const std::vector<Spins> saturated(5, Spins(16, 1));
    const auto fit =
        problem({.sites = 8, .pair_range = 1}, IterativeBoltzmann{}).fit(saturated, {.beta = beta});
    EXPECT_EQ(fit.status, Status::not_identified);
}

// Moments of every term at its two values alone: the histogram's mean is between low and high, and is
// reached.
TEST(TwoValuedTerms, BoundTheFeatures) {
    auto rng = test_rng(8);
    for (int repeat = 0; repeat < 20; ++repeat) {
        const auto model = by_hand::random_model(rng, 7);
        const auto coarse = ising::coarse_chain(model);
        const auto terms = coarse.two_valued_terms();
        ASSERT_EQ(Index(terms.size()), coarse.parameter_count());
        const Vector up = coarse.features(Spins(7, 1));
        for (std::size_t k = 0; k < terms.size(); ++k) {
            EXPECT_EQ(terms[k].feature, Index(k));
            EXPECT_EQ(up[Index(k)], terms[k].count * terms[k].low);
            EXPECT_EQ(terms[k].low, -terms[k].high);
        }
    }
}

}  // namespace
}  // namespace moment_matching_test
