// Derivatives of log-likelihood and log posterior, exact and sampled, and in natural parameters.
#include <gtest/gtest.h>

#include <predcg/monte_carlo.hpp>
#include <predcg/posterior/curvature.hpp>

#include "differences.hpp"
#include "ising_by_hand.hpp"
#include "ising_grainer.hpp"
#include "test_seed.hpp"

namespace curvature_test {
using namespace predcg;
using support::joined;
using support::Spins;
using support::split;

namespace {

Parameters random_parameters(std::mt19937_64& rng, Index p) {
    std::normal_distribution<double> normal;
    Parameters at{Vector(p), Vector(1)};
    for (double& x : at.theta) x = 0.6 * normal(rng);
    at.eta[0] = 0.3 + std::abs(normal(rng));
    return at;
}

// 100 random models: gradient of the posterior = derivative of its logarithm, information = minus the
// derivative of the gradient.
TEST(Curvature, IsTheDerivativeOfTheGradient) {
    auto rng = test_rng(1);
    for (int repeat = 0; repeat < 100; ++repeat) {
        const by_hand::Model model = by_hand::random_model(rng, 3 + repeat % 5);
        const auto grainer = support::ising_grainer(model, 2, support::any_prior(weak_prior()));
        const double beta = 0.3 + 0.1 * (repeat % 5);
        const auto data = grainer.prepare(by_hand::markov_data(rng, model.sites * 2, 6, 0.6, 0.7), beta);
        const Parameters at = random_parameters(rng, grainer.coarse().parameter_count());
        const Curvature c = curvature(grainer, data, beta, at);
        const auto gradient = [&](const Vector& z) {
            return curvature(grainer, data, beta, split(z)).posterior_gradient();
        };
        const Matrix expected = -differences::jacobian<Matrix>(gradient, joined(at));
        const Matrix information = c.posterior_information();
        for (Index k = 0; k < information.size(); ++k)
            ASSERT_NEAR(information.data()[k], expected.data()[k],
                        1e-6 * std::max(1.0, std::abs(expected.data()[k])))
                << "model " << repeat;
        const auto log_posterior = [&](const std::vector<double>& z) {
            const Vector there = Eigen::Map<const Vector>(z.data(), static_cast<Index>(z.size()));
            const Curvature d = curvature(grainer, data, beta, split(there));
            return *d.log_likelihood + d.log_prior;
        };
        const Vector z = joined(at);
        const auto slope =
            differences::gradient<double>(log_posterior, std::vector<double>(z.begin(), z.end()));
        for (Index k = 0; k < z.size(); ++k)
            ASSERT_NEAR(c.posterior_gradient()[k], slope[static_cast<std::size_t>(k)],
                        1e-8 * std::max(1.0, std::abs(*c.log_likelihood)))
                << "model " << repeat;
        EXPECT_EQ(c.gradient_error.norm(), 0.0);
        EXPECT_EQ(c.observed_error.norm(), 0.0);
    }
}

// Estimates by sampling against the exact ones: mean and variance of z over all entries and 6 models. Entries
// are correlated, so the bounds are those of 6 independent values: |mean| < 6 / sqrt(6) sd.
TEST(Curvature, SampledHasHonestErrors) {
    auto rng = test_rng(2);
    double sum = 0.0, squares = 0.0, count = 0.0;
    for (int repeat = 0; repeat < 6; ++repeat) {
        by_hand::Model model = by_hand::random_model(rng, 6);
        model.linear = true;
        const auto exact = support::ising_grainer(model, 2, support::any_prior(weak_prior()));
        const EMCoarseGrainer sampled{SamplesOnly<Spins>{}, exact.coarse(),
                                      exact.map(),          MonteCarlo(HeatBath{}, {.samples = 400}),
                                      StochasticNewton{},   weak_prior()};
        const double beta = 0.5;
        const auto data = by_hand::markov_data(rng, 12, 8, 0.6, 0.7);
        const Parameters at = random_parameters(rng, exact.coarse().parameter_count());
        const Curvature truth = curvature(exact, data, beta, at);
        const Curvature c =
            curvature(sampled, data, beta, at,
                      {.repeats = 40, .seed = test_seed() + static_cast<std::uint64_t>(repeat)});
        EXPECT_FALSE(c.log_likelihood.has_value());
        const auto add = [&](const Matrix& estimate, const Matrix& error, const Matrix& value) {
            for (Index k = 0; k < value.size(); ++k) {
                if (error.data()[k] < 1e-12) continue;
                const double z = (estimate.data()[k] - value.data()[k]) / error.data()[k];
                EXPECT_LT(std::abs(z), 8.0);
                sum += z;
                squares += z * z;
                count += 1.0;
            }
        };
        add(c.gradient, c.gradient_error, truth.gradient);
        add(c.complete, c.complete_error, truth.complete);
        add(c.missing, c.missing_error, truth.missing);
        add(c.observed(), c.observed_error, truth.observed());
    }
    EXPECT_GT(count, 60.0);
    EXPECT_LT(std::abs(sum / count), 6.0 / std::sqrt(6.0));
    EXPECT_GT(squares / count, 0.2);
    EXPECT_LT(squares / count, 4.0);
}

// In theta_cf the likelihood's information is minus its second derivative there.
TEST(Curvature, InNaturalParameters) {
    auto rng = test_rng(3);
    const by_hand::Model model{.sites = 4, .linear = true, .pair_range = 1};
    const auto grainer = support::ising_grainer(model, 2);
    const auto data = by_hand::markov_data(rng, 8, 6, 0.6, 0.7);
    const Parameters at{Vector{{0.2, -0.3}}, Vector{{0.9}}};
    const Curvature c = curvature(grainer, data, 0.7, at);
    const auto [gradient, information] = in_natural_parameters(grainer.map(), at, c.gradient, c.observed());
    const auto natural_gradient = [&](const Vector& z) {
        // d log p / d(theta_c, theta_cf) from the formula of the likelihood alone
        const auto value = [&](const by_hand::Numbers& at_z) {
            by_hand::Numbers inside = at_z;
            inside.back() = std::log(at_z.back() / (1.0L - at_z.back()));
            return by_hand::log_likelihood(model, data, 0.7L, inside);
        };
        const auto g =
            differences::gradient<long double>(value, by_hand::Numbers(z.data(), z.data() + z.size()));
        Vector v(z.size());
        for (Index k = 0; k < v.size(); ++k) v[k] = static_cast<double>(g[static_cast<std::size_t>(k)]);
        return v;
    };
    Vector z = joined(at);
    z[2] = grainer.map().natural(0, z[2]).value;
    EXPECT_LT((gradient - natural_gradient(z)).norm(), 1e-8);
    const Matrix expected = -differences::jacobian<Matrix>(natural_gradient, z);
    EXPECT_LT((information - expected).norm(), 1e-6 * expected.norm());
}

TEST(Curvature, BadUseIsRefused) {
    auto rng = test_rng(4);
    const auto grainer = support::ising_grainer({.sites = 4, .pair_range = 1}, 2);
    const auto data = by_hand::markov_data(rng, 8, 6, 0.6, 0.7);
    EXPECT_THROW(curvature(grainer, data, 0.7, {Vector::Zero(1), Vector::Zero(1)}, {.repeats = 1}),
                 ArgumentError);
    EXPECT_THROW(curvature(grainer, data, 0.7, {Vector::Zero(2), Vector::Zero(1)}), ArgumentError);
}

}  // namespace
}  // namespace curvature_test
