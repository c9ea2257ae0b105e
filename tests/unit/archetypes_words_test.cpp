// Every algorithm by enumeration, compiled and run with types that promise no more than their concepts.
#include <predcg/engines/enumeration.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/predict/fine_scale.hpp>
#include <predcg/predict/predict.hpp>
#include <predcg/priors/priors.hpp>
#include <predcg/testing/check_map.hpp>
#include <predcg/testing/check_potential.hpp>

#include "archetypes.hpp"
#include "close.hpp"
#include "test_seed.hpp"

#include <gtest/gtest.h>

namespace archetypes_words_test {
using namespace predcg;
using namespace archetype;
using support::expect_close;

static_assert(FinePotential<Fine> && !ChainPotential<Fine> && !HasEnergyDifference<Fine>);
static_assert(LinearCoarsePotential<Linear> && !HasEnergy<Linear> && !ChainCoarsePotential<Linear>);
static_assert(HasParameterGradient<NonLinear> && !LinearCoarsePotential<NonLinear> &&
              !HasParameterHessian<NonLinear>);
static_assert(StatisticMap<Map> && ProbabilisticMap<FixedMap> && !StatisticMap<FixedMap>);
static_assert(!NumericSpace<WordSpace> && !std::totally_ordered<Sentence> && !std::equality_comparable<Word>);
static_assert(!std::default_initializable<Word> && !std::ranges::range<Word>);

namespace {

constexpr double beta = 0.8;

const Samples<Sentence>& data() {
    static const auto samples = generate(Fine{}, {.beta = beta, .samples = 60, .seed = test_seed()});
    return samples;
}

/// Calls f for all 27 words.
template <class F>
void for_each_word(F&& f) {
    Word X(words);
    for (const Letter& first : {a, b, c})
        for (const Letter& second : {a, b, c})
            for (const Letter& third : {a, b, c}) {
                X[0] = first;
                X[1] = second;
                X[2] = third;
                f(X);
            }
}

/// sum_i log sum_X p_cf(x_i|X) p_c(X), with U_c = theta . features.
double log_likelihood(const Eigen::Vector2d& theta, const Vector& eta) {
    double sum = 0.0, Z = 0.0;
    for_each_word([&](const Word& X) { Z += std::exp(-beta * theta.dot(Linear().features(X))); });
    for (const Sentence& x : data()) {
        double p = 0.0;
        for_each_word([&](const Word& X) {
            p += std::exp(-beta * theta.dot(Linear().features(X)) +
                          double(Map().likelihood(x, eta).log_density(X)));
        });
        sum += std::log(p / Z);
    }
    return sum;
}

/// A proper prior, so that there is a maximum whatever the data: (beta theta, eta) ~ N(0, 2^2).
const BlockPriors prior{Normal{0.0, 2.0}, Normal{0.0, 2.0}};

/// Log posterior at (theta, eta), up to a constant, for a potential whose theta is `linear(theta)` in terms
/// of features.
template <class Linear>
double log_posterior(const Vector& at, Linear&& linear) {
    return log_likelihood(linear(at.head(2)), at.tail(1)) -
           (beta * beta * at.head(2).squaredNorm() + at.tail(1).squaredNorm()) / 8.0;
}

Vector pair(double first, double second) { return (Vector(2) << first, second).finished(); }

TEST(Words, TheModelsAgreeWithThemselves) {
    EXPECT_EQ(check_fine_potential(Fine{}), Findings{});
    EXPECT_EQ(check_coarse_potential(Linear{}, pair(0.7, -0.4)), Findings{});
    EXPECT_EQ(check_coarse_potential(NonLinear{}, pair(0.7, -0.4)), Findings{});
    EXPECT_EQ(check_map(Map{}, WordSpace{}, Vector::Constant(1, 0.9), SentenceSpace{}), Findings{});
    EXPECT_EQ(check_map(FixedMap{}, WordSpace{}, Vector(0), SentenceSpace{}), Findings{});
}

TEST(Words, Engine) {
    const Boltzmann target(Fine{}, beta);
    double Z = 0.0;
    const Linear linear;
    const auto p_c = boltzmann(linear, pair(0.3, 0.2), beta);
    for_each_word([&](const Word& X) { Z += std::exp(p_c.log_density(X)); });
    expect_close(Enumeration{}.log_partition(p_c), std::log(Z), 1e-13);
    const Matrix joint = Enumeration{}.two_point(p_c, 0, 2);
    expect_close(joint.sum(), 1.0, 1e-13);
    expect_close(joint, Matrix(joint.transpose()), 1e-13);
    EXPECT_GT(joint(0, 0), joint(0, 1));
    EXPECT_EQ(data().size(), 60u);
}

TEST(Words, Truth) {
    const Prediction drawn = truth(Fine{}, beta, FractionOfA{}, Enumeration{}, {.draws = 4000});
    EXPECT_FALSE(drawn.exact);
    const Matrix single = Enumeration{}.two_point(Boltzmann(Fine{}, beta), 0, 0);
    // Draws of a number in [0, 1]; 7 standard errors: a false alarm in 10^11 seeds.
    EXPECT_LT(std::abs(drawn.value() - single(0, 0)),
              support::standard_errors(7.0) * drawn.standard_error[0]);
    EXPECT_EQ(data_mean(data(), FractionOfA{}).size(), 1);
}

TEST(Words, LikelihoodAndItsDerivatives) {
    const EMCoarseGrainer grainer{Fine{}, Linear{}, Map{}, Enumeration{}};
    const Vector theta = pair(0.4, 0.1), eta = Vector::Constant(1, 0.6);
    const auto prepared = grainer.prepare(data(), beta);
    const LikelihoodExpansion e = grainer.problem(prepared).evaluate({theta, eta});
    expect_close(e.log_likelihood, log_likelihood(theta, eta), 1e-12);
    const auto along = [&](const Vector& at) { return log_likelihood(at.head(2), at.tail(1)); };
    const Vector at = (Vector(3) << theta, eta).finished();
    for (Index k = 0; k < 3; ++k)
        expect_close(e.gradient[k], detail::difference(along, at, k), 1e-8, "gradient");
}

/// The fit is a stationary point of the log posterior, computed without the library.
template <class Fit, class Linear>
void expect_stationary(const Fit& fit, Linear&& linear) {
    EXPECT_EQ(fit.status, Status::converged) << to_string(fit.status);
    const Vector &theta = fit.parameters.theta, &eta = fit.parameters.eta;
    expect_close(fit.log_likelihood, log_likelihood(linear(theta), eta), 1e-11);
    const Vector at = (Vector(3) << theta, eta).finished();
    const auto along = [&](const Vector& there) { return log_posterior(there, linear); };
    for (Index k = 0; k < 3; ++k) EXPECT_NEAR(detail::difference(along, at, k), 0.0, 1e-6);
}

TEST(Words, FitAndPrediction) {
    const EMCoarseGrainer grainer{Fine{}, Linear{}, Map{}, Enumeration{}, Newton{}, prior};
    const auto fit = grainer.fit(data());
    expect_stationary(fit, [](const Vector& theta) { return theta; });
    const Prediction predicted = predict(fit, FractionOfA{}, {.draws = 4000});
    EXPECT_FALSE(predicted.exact);
    // The prediction by summing over all words: a fine letter is a with p for a word's a, else (1-p)/2.
    double Z = 0.0, sum = 0.0;
    const double p = probability(fit.parameters.eta);
    for_each_word([&](const Word& X) {
        const double weight = std::exp(-beta * fit.parameters.theta.dot(Linear().features(X)));
        Z += weight;
        for (std::size_t r = 0; r < words; ++r) sum += weight * (X[r] == a ? p : 0.5 * (1.0 - p)) / words;
    });
    EXPECT_LT(std::abs(predicted.value() - sum / Z),
              support::standard_errors(7.0) * predicted.standard_error[0]);
}

TEST(Words, FitOfANonLinearPotential) {
    const EMCoarseGrainer grainer{Fine{}, NonLinear{}, Map{}, Enumeration{}, Newton{}, prior};
    expect_stationary(grainer.fit(data()),
                      [](const Vector& theta) { return pair(std::sinh(theta[0]), theta[0] + theta[1]); });
}

TEST(Words, OtherPriorsAndDataWithoutTheFineModel) {
    const SamplesOnly<Sentence> unknown;
    const EMCoarseGrainer beta_prior{unknown,  Linear{},
                                     Map{},    Enumeration{},
                                     Newton{}, BlockPriors{Normal{0.0, 2.0}, LogitBeta{2.0, 2.0}}};
    EXPECT_EQ(beta_prior.fit(data().configurations, {.beta = beta}).status, Status::converged);
    const EMCoarseGrainer weak{unknown, Linear{}, Map{}, Enumeration{}, Newton{}, weak_prior()};
    EXPECT_EQ(weak.fit(data()).status, Status::converged);
}

TEST(Words, MapWithNothingToLearn) {
    const EMCoarseGrainer grainer{Fine{}, Linear{}, FixedMap{}, Enumeration{}, Newton{}, prior};
    const auto fit = grainer.fit(data());
    EXPECT_EQ(fit.status, Status::converged);
    EXPECT_EQ(fit.parameters.eta.size(), 0);
    expect_close(fit.log_likelihood, log_likelihood(fit.parameters.theta, FixedMap::eta()), 1e-11);
    EXPECT_EQ(predict(fit, FractionOfA{}, {.draws = 100}).mean.size(), 1);
}

TEST(Words, SteppedByHand) {
    const EMCoarseGrainer grainer{Fine{}, Linear{}, Map{}, Enumeration{}};
    const auto prepared = grainer.prepare(data(), beta);
    EXPECT_EQ(prepared.forms.size(), 60u);  // no order: data are kept one by one
    auto state = grainer.problem(prepared).state({pair(0.0, 0.0), Vector::Constant(1, 0.5)});
    double before = -1e300;
    for (int iteration = 0; iteration < 5; ++iteration) {
        const double now = log_likelihood(state.at.theta, state.at.eta);
        EXPECT_GE(now, before - 1e-9);  // EM never falls
        before = now;
        grainer.problem(prepared).maximise(state, grainer.problem(prepared).expect(state));
    }
}

}  // namespace
}  // namespace archetypes_words_test
