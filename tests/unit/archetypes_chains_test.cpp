// Every algorithm by transfer matrix, compiled and run with types that promise no more than their concepts.
#include <predcg/engines/enumeration.hpp>
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/posterior/log_posterior.hpp>
#include <predcg/predict/fine_scale.hpp>
#include <predcg/predict/predict.hpp>
#include <predcg/priors/priors.hpp>
#include <predcg/testing/check_map.hpp>
#include <predcg/testing/check_potential.hpp>

#include "chain_archetypes.hpp"
#include "close.hpp"
#include "test_seed.hpp"

#include <gtest/gtest.h>

namespace archetypes_chains_test {
using namespace predcg;
using namespace archetype;
using support::expect_close;

static_assert(ChainPotential<ChainFine> && ChainCoarsePotential<ChainLinear> &&
              ChainCoarsePotential<ChainNonLinear> && StatisticMap<ChainMap>);
static_assert(std::is_same_v<exact_engine_t<Boltzmann<ChainFine>>, TransferMatrix>);
static_assert(std::is_same_v<exact_engine_t<Boltzmann<Fine>>, Enumeration>);

namespace {

constexpr double beta = 0.8;

const Samples<Sentence>& data() {
    static const auto samples = generate(ChainFine{}, {.beta = beta, .samples = 60, .seed = test_seed()});
    return samples;
}

Vector pair(double first, double second) { return (Vector(2) << first, second).finished(); }

TEST(Chains, TheModelsAgreeWithThemselves) {
    EXPECT_EQ(check_fine_potential(ChainFine{}), Findings{});
    EXPECT_EQ(check_coarse_potential(ChainLinear{}, pair(0.7, -0.4)), Findings{});
    EXPECT_EQ(check_coarse_potential(ChainNonLinear{}, pair(0.7, -0.4)), Findings{});
    EXPECT_EQ(check_map(ChainMap{}, WordSpace{}, Vector::Constant(1, 0.9), SentenceSpace{}), Findings{});
}

TEST(Chains, Engine) {
    const Boltzmann target(ChainFine{}, beta);
    expect_close(TransferMatrix{}.log_partition(target), Enumeration{}.log_partition(target), 1e-12);
    for (const Index j : {0, 1, 3})
        expect_close(TransferMatrix{}.two_point(target, 0, j), Enumeration{}.two_point(target, 0, j), 1e-12);
    const auto marginals = TransferMatrix{}.window_marginals(target);
    ASSERT_EQ(marginals.size(), 6u);
    for (Index first = 0; first < 3; ++first)
        for (Index second = 0; second < 3; ++second)
            expect_close(marginals[0][3 * first + second],
                         Enumeration{}.two_point(target, 0, 1)(first, second), 1e-12);
    EXPECT_EQ(data().size(), 60u);
    const Prediction drawn = truth(ChainFine{}, beta, FractionOfA{}, TransferMatrix{}, {.draws = 4000});
    const double exact = Enumeration{}.two_point(target, 0, 0)(0, 0);
    // 7 standard errors: a false alarm in 10^11 seeds.
    EXPECT_LT(std::abs(drawn.value() - exact), support::standard_errors(7.0) * drawn.standard_error[0]);
}

/// The fits of two engines are the same.
template <class Coarse>
void expect_same_fit(const Coarse& coarse) {
    // A proper prior, so that there is a maximum whatever the data.
    const BlockPriors prior{Normal{0.0, 2.0}, Normal{0.0, 2.0}};
    const EMCoarseGrainer by_chain{ChainFine{}, coarse, ChainMap{}, TransferMatrix{}, Newton{}, prior};
    const EMCoarseGrainer by_sum{Fine{}, coarse, Map{}, Enumeration{}, Newton{}, prior};
    const auto fit = by_chain.fit(data());
    const auto expected = by_sum.fit(data());
    EXPECT_EQ(fit.status, Status::converged) << to_string(fit.status);
    expect_close(fit.parameters.theta, expected.parameters.theta, 1e-7, "theta");
    expect_close(fit.parameters.eta, expected.parameters.eta, 1e-7, "eta");
    expect_close(fit.log_likelihood, expected.log_likelihood, 1e-11, "log-likelihood");
    const auto prepared = by_chain.prepare(data(), beta);
    const auto e = by_chain.problem(prepared).evaluate({pair(0.4, 0.1), Vector::Constant(1, 0.6)});
    const auto f = by_sum.problem(prepared).evaluate({pair(0.4, 0.1), Vector::Constant(1, 0.6)});
    expect_close(e.log_likelihood, f.log_likelihood, 1e-12, "log-likelihood at a point");
    expect_close(e.gradient, f.gradient, 1e-11, "gradient");
    expect_close(e.observed(), f.observed(), 1e-10, "information");
    const auto again = by_sum.prepare(data(), beta);
    const auto posterior_problem = by_chain.problem(prepared);
    const LogPosterior posterior(posterior_problem);
    const auto other_posterior_problem = by_sum.problem(again);
    const LogPosterior other_posterior(other_posterior_problem);
    const Vector z = posterior_problem.coordinates().z({pair(0.4, 0.1), Vector::Constant(1, 0.6)});
    const auto expansion = other_posterior_problem.point(z);
    expect_close(posterior.log_density(z), expansion.value, 1e-12, "log posterior");
    expect_close(posterior.log_density_gradient(z), expansion.gradient, 1e-11, "its gradient");
    expect_close(other_posterior.log_density(z), expansion.value, 1e-12, "by enumeration");
    expect_close(other_posterior.log_density_gradient(z), expansion.gradient, 1e-11,
                 "gradient by enumeration");
    const Prediction predicted = predict(fit, FractionOfA{}, {.draws = 4000}),
                     other = predict(expected, FractionOfA{}, {.draws = 4000, .seed = 2});
    EXPECT_FALSE(predicted.exact);
    EXPECT_LT(std::abs(predicted.value() - other.value()),
              support::standard_errors(7.0) *
                  std::hypot(predicted.standard_error[0], other.standard_error[0]));
}

TEST(Chains, FitAndPrediction) { expect_same_fit(ChainLinear{}); }

TEST(Chains, FitOfANonLinearPotential) { expect_same_fit(ChainNonLinear{}); }

}  // namespace
}  // namespace archetypes_chains_test
