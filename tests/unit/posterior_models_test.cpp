// Posterior and intervals of other models through the same functions: a Gaussian chain, a user's potential.
#include <predcg/engines/enumeration.hpp>
#include <predcg/engines/gaussian.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/gaussian/coarse_chain.hpp>
#include <predcg/models/gaussian/linear_map.hpp>
#include <predcg/models/gaussian/observables.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/observables.hpp>
#include <predcg/posterior/full_posterior.hpp>
#include <predcg/predict/credible_interval.hpp>

#include <gtest/gtest.h>

#include "close.hpp"
#include "gaussian_by_hand.hpp"
#include "grid_posterior.hpp"
#include "ising_by_hand.hpp"
#include "test_seed.hpp"
#include "z_score.hpp"

namespace posterior_models_test {
using namespace predcg;
using by_hand::Spins;
using support::expect_close;

namespace {

constexpr double beta = 0.6;

/// Errors of estimates are estimates themselves, to some 10 %.
constexpr double room = 1.2;

// (bond, log sigma) of three beads against quadrature, and the mean square displacement through the same
// predict.
TEST(GaussianPosterior, ParametersAndPredictionsMeetQuadrature) {
    const auto coarse = gaussian::coarse_chain({.beads = 3, .second = false, .tether = 0.5});
    const auto map = gaussian::block_map({.coarse_beads = 3, .level = 2});
    const EMCoarseGrainer grainer{
        SamplesOnly<Vector>{},
        coarse,
        map,
        GaussianEngine{},
        Newton{},
        BlockPriors{Normal{.mean = 1.0, .sd = 1.0}, Normal{.mean = 0.0, .sd = 1.0}}};
    auto rng = test_rng(572);
    std::vector<Vector> x;
    for (int k = 0; k < 6; ++k) x.push_back(by_hand::random_vector(rng, 6));
    const auto data = grainer.prepare(x, beta);
    const auto posterior =
        full_posterior(grainer, data, grainer.fit_prepared(data), {.draws = 4000, .seed = test_seed()});
    EXPECT_TRUE(posterior.reliable);

    const Matrix transposed = by_hand::transposed(map.W());
    const auto covariance = [&](double bond, double eta) {
        const Matrix A = beta * by_hand::chain_stiffness(3, 1, bond, 0.0, 0.5, Boundary::open);
        Matrix C = by_hand::times(map.W(), by_hand::Inverted(A).inverse, transposed);
        for (Index i = 0; i < 6; ++i) C(i, i) += std::exp(2.0 * eta);
        return C;
    };
    double total = 0.0, displacement = 0.0;
    const support::GridPosterior exact(
        {-1.0 / 6.0 + 1e-9, 14.0, 250}, {-2.0, 2.0, 81}, [&](double bond, double eta) {
            const Matrix C = covariance(bond, eta);
            double value = -0.5 * (beta * bond - 1.0) * (beta * bond - 1.0) - 0.5 * eta * eta;
            for (const Vector& datum : x) value += by_hand::log_normal_density(datum, Vector::Zero(6), C);
            const double weight = std::exp(value + 60.0);
            total += weight;
            for (Index i = 0; i < 6; ++i) displacement += weight * C(i, i) / 6.0;
            return value;
        });
    for (Index k = 0; k < 2; ++k) {
        const Matrix chains = posterior.by_chain(posterior.draws.row(k));
        const std::string name = posterior.names()[static_cast<std::size_t>(k)];
        expect_z(posterior.mean[k], exact.mean(k), room * statistics::mcse_mean(chains), name + ", mean");
        expect_z(posterior.sd[k], exact.sd(k), room * statistics::mcse_sd(chains), name + ", sd");
        for (const double p : {0.05, 0.5, 0.95})
            expect_z(statistics::quantile(chains, p), exact.quantile(k, p),
                     room * statistics::mcse_quantile(chains, p), name);
    }
    const gaussian::MeanSquareDisplacement observable;
    const auto msd = predict(posterior, observable, {.predictive = false});
    EXPECT_TRUE(msd.exact());
    for (Index k = 0; k < 20; ++k) {
        const Parameters at = posterior.parameters(k);
        double expected = 0.0;
        const Matrix C = covariance(at.theta[0], at.eta[0]);
        for (Index i = 0; i < 6; ++i) expected += C(i, i) / 6.0;
        expect_close(msd.expectations(0, k), expected, 1e-11);
    }
    expect_z(msd.mean[0], displacement / total, room * msd.mean_error[0], "mean square displacement");
    const auto sampled =
        predict(posterior, observable, {.samples = 50, .always_sample = true, .seed = test_seed()});
    expect_z(sampled.mean[0], msd.mean[0], room * sampled.sampling_sd[0] / std::sqrt(4000.0), "sampled");
}

/// U = theta_1 [sum_i X_i X_{i+1}]^2 / n - theta_2 sum_i X_i: nothing of a chain.
struct SquaredPairs {
    ising::SpinSpace<> spins{ising::spin_space(4)};

    const ising::SpinSpace<>& space() const { return spins; }
    Index parameter_count() const { return 2; }
    Vector features(const Spins& X) const {
        double pairs = 0.0, sum = 0.0;
        for (std::size_t i = 0; i < X.size(); ++i) {
            pairs += X[i] * X[(i + 1) % X.size()];
            sum += X[i];
        }
        return Vector{{pairs * pairs / static_cast<double>(X.size()), -sum}};
    }
};

TEST(CustomPotential, HasPosteriorAndIntervalsByEnumeration) {
    const EMCoarseGrainer grainer{SamplesOnly<Spins>{}, SquaredPairs{}, ising::bernoulli_map({.level = 2}),
                                  Enumeration{},        Newton{},       weak_prior()};
    auto rng = test_rng(573);
    const auto data = grainer.prepare(by_hand::markov_data(rng, 8, 15, 0.6, 0.6), beta);
    const auto posterior = full_posterior(grainer, data, grainer.fit_prepared(data),
                                          {.draws = 40, .warm_up = 50, .seed = test_seed()});
    EXPECT_EQ(posterior.names().front(), "theta_1");
    const auto m = predict(posterior, ising::Magnetization{});
    EXPECT_TRUE(m.exact());
    for (Index k = 0; k < 40; ++k) {
        const Parameters at = posterior.parameters(k);
        double sum = 0.0, total = 0.0;
        for (unsigned state = 0; state < 16; ++state) {
            Spins X;
            for (unsigned i = 0; i < 4; ++i) X.push_back(state >> i & 1 ? 1 : -1);
            const double w = std::exp(-beta * at.theta.dot(SquaredPairs{}.features(X)));
            total += w;
            for (const auto spin : X) sum += w * spin / 4.0 * std::tanh(0.5 * at.eta[0]);
        }
        expect_close(m.expectations(0, k), sum / total, 1e-11);
    }
    EXPECT_LT(m.lower[0], m.mean[0]);
    EXPECT_LT(m.mean[0], m.upper[0]);
    EXPECT_LE(m.predictive_lower[0], m.predictive_upper[0]);
}

}  // namespace
}  // namespace posterior_models_test
