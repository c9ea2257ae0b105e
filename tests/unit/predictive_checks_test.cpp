// What the data contradict, what parts an error has, what x says of X, and what correlated data are worth.
#include <gtest/gtest.h>

#include <predcg/engines/enumeration.hpp>
#include <predcg/judge/checks.hpp>
#include <predcg/judge/effective_data.hpp>
#include <predcg/kernels/single_site.hpp>
#include <predcg/kernels/trajectory.hpp>
#include <predcg/models/ising/observables.hpp>
#include <predcg/posterior/full_posterior.hpp>
#include <predcg/predict/latent.hpp>

#include "differences.hpp"
#include "ising_by_hand.hpp"
#include "ising_grainer.hpp"
#include "on_threads.hpp"
#include "reference.hpp"
#include "test_seed.hpp"
#include "thrown.hpp"
#include "z_score.hpp"

namespace predictive_checks_test {
using namespace predcg;
using support::Spins;

namespace {

auto reference_grainer(double field) {
    return support::ising_grainer({.sites = 16, .linear = true, .pair_range = 1, .field = field}, 2,
                                  support::any_prior(weak_prior()));
}

struct OnA {
    reference::Json exact = reference::load("A");
    support::IsingGrainer grainer = reference_grainer(exact["truth"]["field"]);
    std::vector<Spins> data = reference::load_data("A");
    decltype(grainer.fit(data)) fit = grainer.fit(data, {.beta = double(exact["truth"]["beta"])});
    decltype(full_posterior(grainer, data, fit)) posterior =
        full_posterior(grainer, data, fit, {.draws = 1000, .seed = test_seed()});

    template <class Data>
    std::vector<PredictiveCheck> checks(const Data& of, Index replicates = 1000) const {
        return predictive_checks(posterior, of, {.replicates = replicates, .seed = test_seed()},
                                 checked("m", ising::Magnetization{}),
                                 checked("R", ising::Correlation{Boundary::periodic}, {1, 2}),
                                 checked("-log p", NegativeLogDensity{}));
    }
};

const OnA& on_a() {
    static const OnA a;
    return a;
}

// z of R_1 is about 2.9 by an independent computation; of 1000 replicates it has an error of about 0.07. The
// p-value is about 0.0045, of 8000 replicates with an error of 0.001.
TEST(PredictiveChecks, FlagR1OnSetA) {
    const auto checks = on_a().checks(on_a().data, 8000);
    ASSERT_EQ(checks.size(), 4u);
    EXPECT_EQ(checks[1].name, "R_1");
    EXPECT_TRUE(checks[1].contradicted);
    EXPECT_NEAR(checks[1].z, 2.95, 0.4);
    EXPECT_LT(checks[1].p_value, 0.01);
    for (const std::size_t k : {std::size_t(0), std::size_t(2), std::size_t(3)})
        EXPECT_FALSE(checks[k].contradicted) << checks[k].name;
    const std::string text = summary(checks);
    EXPECT_NE(text.find("cannot reproduce R_1 (data 0.275"), std::string::npos) << text;
    EXPECT_NE(text.find("Not contradicted: m, R_2, -log p"), std::string::npos) << text;
}

TEST(PredictiveChecks, DoNotFlagDataOfTheModelItself) {
    const OnA& a = on_a();
    const auto data = draw_predictive(a.fit, 50, 7);
    for (const PredictiveCheck& check : a.checks(data)) {
        EXPECT_FALSE(check.contradicted) << check.name << " z " << check.z;
        EXPECT_LT(std::abs(check.z), 3.5) << check.name;
    }
    EXPECT_NE(summary(a.checks(data)).find("contradict none"), std::string::npos);
}

// Means and variances of a replicated mean: E and Var over theta of E[o], plus E over theta of Var[o] / N.
TEST(PredictiveChecks, ReplicasHaveTheirExactMoments) {
    const OnA& a = on_a();
    const auto checks = predictive_checks(a.posterior, a.data, {.replicates = 4000, .seed = test_seed()},
                                          checked("m", ising::Magnetization{}));
    double mean = 0.0, square = 0.0, within = 0.0;
    const double n = static_cast<double>(a.posterior.draw_count());
    for (Index k = 0; k < a.posterior.draw_count(); ++k) {
        const Parameters at = a.posterior.parameters(k);
        const auto moments = a.posterior.map.fine_moments(
            TransferMatrix{}.site_moments(boltzmann(a.posterior.coarse, at.theta, a.fit.beta), 2), at.eta);
        const double m = moments.mean.mean();
        mean += m / n;
        square += m * m / n;
        within += (moments.second.matrix().mean() - m * m) / n;
    }
    const double variance = square - mean * mean + within / 50.0;
    EXPECT_NEAR(checks[0].replicated_mean, mean, z_limit * std::sqrt(variance / 4000.0));
    EXPECT_NEAR(checks[0].replicated_sd, std::sqrt(variance), z_limit * std::sqrt(variance / 8000.0));
}

TEST(PredictiveChecks, NegativeLogDensityIsThatOfEnumeration) {
    auto rng = test_rng(3);
    const by_hand::Model model = by_hand::random_model(rng, 4);
    const auto grainer = support::ising_grainer(model, 2, support::any_prior(weak_prior()));
    const auto data = by_hand::markov_data(rng, 8, 5, 0.6, 0.7);
    const auto fit = grainer.fit(data, {.beta = 0.7, .starts = 1});
    const auto bound = NegativeLogDensity{}.bind(fit, fit.parameters, 0.7);
    double sum = 0.0;
    for (const auto& x : data) sum -= bound(x);
    const Vector point = support::joined(fit.parameters);
    const double expected = static_cast<double>(by_hand::log_likelihood(
        model, data, 0.7, by_hand::Numbers(point.data(), point.data() + point.size())));
    EXPECT_NEAR(sum, expected, 1e-10 * std::abs(expected));
    EXPECT_NEAR(-5.0 * bound.mean(data)[0], expected, 1e-10 * std::abs(expected));
}

TEST(PredictiveChecks, AreTheSameOnTwoThreads) {
    const OnA& a = on_a();
    const auto run = [&](Index threads) {
        const support::OnThreads on(threads);
        return predictive_checks(a.posterior, a.data, {.replicates = 200},
                                 checked("m", ising::Magnetization{}));
    };
    const auto once = run(1), twice = run(2);
    EXPECT_EQ(once[0].z, twice[0].z);
    EXPECT_EQ(once[0].replicated_sd, twice[0].replicated_sd);
}

TEST(PredictiveChecks, TiesCountHalf) {
    const Vector data = Vector::Zero(101);
    Vector replicas = Vector::Zero(101);
    EXPECT_EQ(predcg::detail::summarise_check("tie", data, replicas, 0.01).p_value, 1.0);
    EXPECT_EQ(predcg::detail::summarise_check("tie", data, replicas, 0.01).z, 0.0);
    replicas.setOnes();
    const auto above = predcg::detail::summarise_check("above", data, replicas, 0.01);
    EXPECT_NEAR(above.p_value, 1.0 / 102.0, 1e-12);
    EXPECT_TRUE(above.contradicted);
}

TEST(PredictiveChecks, BadUseIsRefused) {
    const OnA& a = on_a();
    EXPECT_THROW(
        predictive_checks(a.posterior, a.data, {.replicates = 5}, checked("m", ising::Magnetization{})),
        ArgumentError);
    EXPECT_THROW(
        predictive_checks(a.posterior, std::vector<Spins>{}, {}, checked("m", ising::Magnetization{})),
        ArgumentError);
    EXPECT_THROW(predictive_checks(a.posterior, a.data, {.replicates = 200},
                                   checked("R", ising::Correlation{Boundary::periodic}, {17})),
                 ArgumentError);
}

TEST(ErrorBudget, HasTheFourPartsSideBySide) {
    const OnA& a = on_a();
    const auto budget = error_budget(a.posterior, a.data, ising::Correlation{Boundary::periodic});
    const auto interval = predict(a.posterior, ising::Correlation{Boundary::periodic});
    ASSERT_EQ(budget.misfit.size(), 17);
    EXPECT_EQ(budget.predicted, interval.mean);
    EXPECT_EQ(budget.posterior, interval.sd);
    EXPECT_EQ(budget.monte_carlo, interval.mean_error);
    double sum = 0.0, squares = 0.0;
    for (const auto& x : a.data) {
        const double r = ising::Correlation{Boundary::periodic}(x)[1];
        sum += r / 50.0;
        squares += r * r / 50.0;
    }
    EXPECT_NEAR(budget.misfit[1], interval.mean[1] - sum, 1e-12);
    EXPECT_NEAR(budget.data_error[1], std::sqrt((squares - sum * sum) / 49.0), 1e-12);
    // R_1 is misfit: far beyond what the posterior or the data's noise explain
    EXPECT_GT(std::abs(budget.misfit[1]), 4.0 * budget.posterior[1]);
}

TEST(Latent, MeansAndMarginalsAreThoseOfEnumeration) {
    auto rng = test_rng(4);
    const by_hand::Model model = by_hand::random_model(rng, 5);
    const auto grainer = support::ising_grainer(model, 2, support::any_prior(weak_prior()));
    const auto data = by_hand::markov_data(rng, 10, 6, 0.6, 0.7);
    const auto fit = grainer.fit(data, {.beta = 0.5, .starts = 1});
    const auto blocks = grainer.map().prepare(data[0]);
    const auto q = Product(boltzmann(grainer.coarse(), fit.parameters.theta, 0.5),
                           grainer.map().likelihood(blocks, fit.parameters.eta));
    const Vector mean = Enumeration{}.site_moments(q, 1).mean;
    EXPECT_LT((latent_mean(fit, data[0]) - mean).norm(), 1e-11);
    const Matrix marginals = latent_marginals(fit, data[0]);
    ASSERT_EQ(marginals.rows(), 2);
    EXPECT_LT((marginals.row(1) - marginals.row(0) - mean.transpose()).norm(), 1e-11);
    EXPECT_LT((marginals.colwise().sum().array() - 1.0).matrix().norm(), 1e-12);

    const auto posterior = full_posterior(grainer, data, fit, {.draws = 40, .warm_up = 50});
    Vector average = Vector::Zero(5);
    for (Index k = 0; k < posterior.draw_count(); ++k) {
        const Parameters at = posterior.parameters(k);
        average += Enumeration{}
                       .site_moments(Product(boltzmann(grainer.coarse(), at.theta, 0.5),
                                             grainer.map().likelihood(blocks, at.eta)),
                                     1)
                       .mean /
                   static_cast<double>(posterior.draw_count());
    }
    EXPECT_LT((latent_mean(posterior, data[0]) - average).norm(), 1e-11);
}

// The score of a datum, summed over the data, is the gradient of the log-likelihood.
TEST(EffectiveDataOf, ScoresSumToTheGradient) {
    const OnA& a = on_a();
    const Parameters at{Vector{{0.2, 0.4}}, Vector{{1.1}}};
    const Score score(a.grainer, a.fit.beta, at);
    Vector sum = Vector::Zero(3);
    for (const auto& x : a.data) sum += score(x);
    const auto expansion = a.grainer.problem(a.grainer.prepare(a.data, a.fit.beta)).evaluate(at);
    EXPECT_LT((sum - expansion.gradient).norm(), 1e-9 * expansion.gradient.norm());
}

// An AR(1) sequence of known autocorrelation time (1 + r) / (1 - r) decides, and weights undo it.
TEST(EffectiveDataOf, SlowestStatisticDecides) {
    auto rng = test_rng(5);
    std::vector<Vector> data;
    std::normal_distribution<double> normal;
    double slow = 0.0;
    const double r = 0.8;
    for (int k = 0; k < 200000; ++k) {  // the time's error is then 0.2
        slow = r * slow + std::sqrt(1.0 - r * r) * normal(rng);
        data.push_back(Vector{{slow, normal(rng)}});
    }
    const auto worth = effective_data(data, checked("x", [](const Vector& x) { return x; }));
    EXPECT_EQ(worth.names, (std::vector<std::string>{"x_0", "x_1"}));
    EXPECT_NEAR(worth.autocorrelation_times[0], 9.0, 9.0 * 0.3);
    EXPECT_NEAR(worth.autocorrelation_times[1], 1.0, 0.25);
    EXPECT_EQ(worth.time, worth.autocorrelation_times[0]);
    double total = 0.0;
    for (const double w : worth.weights()) total += w;
    EXPECT_NEAR(total, worth.effective, 1e-8 * total);
}

TEST(EffectiveDataOf, WeightsScaleTheInformation) {
    const OnA& a = on_a();
    const std::vector<double> half(a.data.size(), 0.5);
    const Parameters at{Vector{{0.2, 0.4}}, Vector{{1.1}}};
    const auto whole = a.grainer.problem(a.grainer.prepare(a.data, a.fit.beta)).evaluate(at);
    const auto scaled = a.grainer.problem(a.grainer.prepare(a.data, a.fit.beta, half)).evaluate(at);
    EXPECT_NEAR(scaled.log_likelihood, 0.5 * whole.log_likelihood, 1e-9);
    EXPECT_LT((scaled.observed() - 0.5 * whole.observed()).norm(), 1e-9);
}

TEST(EffectiveDataOf, TooFewDataAreRefused) {
    EXPECT_THROW(effective_data(std::vector<Vector>(9, Vector::Zero(1)),
                                checked("x", [](const Vector& x) { return x; })),
                 ArgumentError);
}

}  // namespace
}  // namespace predictive_checks_test
