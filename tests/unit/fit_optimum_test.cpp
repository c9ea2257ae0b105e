// Where fits end: at stationary points of the posterior, by Newton and by plain EM, from far away and near
// saddles, and where there is little or nothing to learn.
#include <gtest/gtest.h>

#include "close.hpp"
#include "differences.hpp"
#include "ising_by_hand.hpp"
#include "ising_grainer.hpp"
#include "test_seed.hpp"

namespace fit_optimum_test {
using namespace predcg;
using by_hand::Numbers;
using support::expect_close;
using support::joined;
using support::Spins;

namespace {

Numbers numbers_of(const Vector& v) { return Numbers(v.data(), v.data() + v.size()); }

/// Derivative of a log prior at z, from its formula.
using Slope = std::function<double(double)>;

struct PriorCase {
    support::AnyPrior prior;
    Slope coarse, map;
    double coarse_bound = -INFINITY, map_bound = -INFINITY;
};

std::vector<PriorCase> priors() {
    const Slope wide = [](double z) { return -z / 4.0; };
    const Slope shifted = [](double z) { return (1.0 - z) / 4.0; };
    const Slope beta = [](double z) { return 2.0 - 3.5 / (1.0 + std::exp(-z)); };
    return {{{Normal{0.0, 2.0}, Normal{1.0, 2.0}}, wide, shifted},
            {{Normal{0.0, 2.0}, TruncatedNormal{1.0, 2.0, 0.0}}, wide, shifted, -INFINITY, 0.0},
            {{Normal{0.0, 2.0}, LogitBeta{2.0, 1.5}}, wide, beta},
            {{TruncatedNormal{0.0, 2.0, -0.1}, LogitBeta{2.0, 1.5}}, wide, beta, -0.1}};
}

// The gradient of the likelihood is differenced from its formula; that of the prior is added; at a lower
// bound it may point outside.
TEST(FitOptimum, TheModeIsStationaryForEveryPrior) {
    auto rng = test_rng(1);
    int held = 0;
    for (int repeat = 0; repeat < 12; ++repeat) {
        const by_hand::Model model = by_hand::random_model(rng, 2 + repeat % 4);
        const Index level = 1 + repeat % 3;
        const double beta = 0.4 + 0.2 * (repeat % 4);
        const auto data = by_hand::markov_data(rng, model.sites * level, 6, 0.6, 0.7);
        for (const PriorCase& c : priors()) {
            const auto fit =
                support::ising_grainer(model, level, c.prior).fit(data, {.beta = beta, .starts = 3});
            EXPECT_EQ(fit.status, Status::converged);
            const Vector point = joined(fit.parameters);
            const auto slopes = differences::gradient<long double>(
                [&](const Numbers& at) { return by_hand::log_likelihood(model, data, beta, at); },
                numbers_of(point));
            for (Index k = 0; k < point.size(); ++k) {
                const bool of_map = k + 1 == point.size();
                const double scale = of_map ? 1.0 : beta, z = scale * point[k];
                const double slope = static_cast<double>(slopes[static_cast<std::size_t>(k)]) / scale +
                                     (of_map ? c.map : c.coarse)(z);
                const double bound = of_map ? c.map_bound : c.coarse_bound;
                EXPECT_GE(z, bound - 1e-12);
                if (z > bound + 1e-12) {
                    EXPECT_NEAR(slope, 0.0, 1e-6) << "case " << repeat << ", parameter " << k;
                } else {
                    EXPECT_LE(slope, 1e-6) << "case " << repeat << ", parameter " << k;
                    ++held;
                }
            }
        }
    }
    EXPECT_GT(held, 0) << "no bound was met: the test shows less than it says";
}

/// 60 correlated configurations with a bias, for which all parameters are well known.
struct WellKnown {
    std::mt19937_64 rng;
    std::vector<Spins> data = by_hand::markov_data(rng, 16, 60, 0.5, 0.65);
    by_hand::Model model{.sites = 8, .linear = true, .pair_range = 1};
    double beta = 0.7;

    explicit WellKnown(std::mt19937_64 random = test_rng(2)) : rng(random) {}
};

// An optimizer with no step to propose leaves plain EM: slow, but to the same place. It is stopped when its
// steps are below 1e-10; with steps that shrink by a rate of up to 0.998 that leaves less than 1e-7.
TEST(FitOptimum, PlainEMConvergesToTheSameMaximum) {
    const WellKnown w;
    for (const auto& prior : {support::AnyPrior{}, support::any_prior(weak_prior())}) {
        const auto newton = support::ising_grainer(w.model, 2, prior).fit(w.data, {.beta = w.beta});
        ASSERT_EQ(newton.status, Status::converged);
        Vector last = Vector::Constant(3, 100.0);
        std::stop_source source;
        FitSettings settings;
        settings.beta = w.beta;
        settings.iterations = 5000;
        settings.start = Parameters{newton.parameters.theta + Vector{{0.1, -0.1}}, newton.parameters.eta};
        settings.stop = source.get_token();
        settings.observer = [&](const TraceEntry& entry) {
            const Vector here = joined({entry.theta, entry.eta});
            if ((here - last).norm() < 1e-10) source.request_stop();
            last = here;
        };
        const auto em = support::ising_grainer(w.model, 2, prior, {.on = false}).fit(w.data, settings);
        EXPECT_NE(em.status, Status::converged) << "no optimizer has said so";
        EXPECT_GT(em.iterations, newton.iterations);
        expect_close(joined(em.parameters), joined(newton.parameters), 1e-7);
        for (std::size_t k = 0; k < em.trace.size(); ++k) {
            EXPECT_EQ(em.trace[k].em_step, static_cast<Index>(k) < em.iterations);
            EXPECT_EQ(em.trace[k].step, 0.0) << "nothing was proposed";
        }
    }
}

// At eta = 0 fine and coarse spins are independent: a saddle, where the information is not positive definite,
// and Newton has no step.
TEST(FitOptimum, EMStepsLeadAwayFromASaddle) {
    const WellKnown w;
    const auto g = support::ising_grainer(w.model, 2);
    const auto expected = g.fit(w.data, {.beta = w.beta});
    const auto fit = g.fit(w.data, {.beta = w.beta, .start = Parameters{Vector{{0.0, 0.0}}, Vector{{0.01}}}});
    EXPECT_TRUE(fit.trace.front().em_step);
    EXPECT_EQ(fit.trace.front().step, 0.0);
    EXPECT_FALSE(fit.trace.back().em_step);
    EXPECT_EQ(fit.status, Status::converged);
    expect_close(joined(fit.parameters), joined(expected.parameters), 1e-8);
}

// Where eta is small the data say little of the coarse parameters: EM steps are short, or end there. Those of
// an indefinite information lead to the maximum.
TEST(FitOptimum, AFlatSaddleIsLeft) {
    // From far away other data lead to other maxima.
    const WellKnown w{std::mt19937_64(5)};
    const EMCoarseGrainer newton{SamplesOnly<Spins>{}, ising::coarse_chain(w.model),
                                 ising::bernoulli_map({.level = 2}), TransferMatrix{}};
    const auto plain = support::ising_grainer(w.model, 2);
    const auto expected = plain.fit(w.data, {.beta = w.beta});
    const auto both = [&](double linear, double pair) {
        const FitSettings from{.beta = w.beta, .start = Parameters{Vector{{linear, pair}}, Vector{{0.1}}}};
        return std::pair(newton.fit(w.data, from), plain.fit(w.data, from));
    };
    const auto [fit, by_em] = both(0.0, -2.0);
    EXPECT_EQ(fit.status, Status::converged);
    EXPECT_FALSE(fit.trace.front().em_step);
    EXPECT_GT(fit.trace.front().step, 0.0);
    expect_close(joined(fit.parameters), joined(expected.parameters), 1e-8);
    EXPECT_GT(by_em.iterations, 3 * fit.iterations);

    const auto [far, lost] = both(3.0, -4.0);
    expect_close(joined(far.parameters), joined(expected.parameters), 1e-8);
    EXPECT_EQ(lost.status, Status::not_identified);
}

// Close to a saddle steps are tiny, promise less than rounding hides, and double: no end of a fit.
TEST(FitOptimum, TinyStepsAtASaddleAreNoEnd) {
    auto rng = test_rng(1301);
    const auto data = by_hand::markov_data(rng, 16, 200, 0.7, 0.5);
    const EMCoarseGrainer grainer{SamplesOnly<Spins>{},
                                  ising::coarse_chain({.sites = 8, .pair_range = 1}),
                                  ising::bernoulli_map({.level = 2}),
                                  TransferMatrix{},
                                  Newton{},
                                  BlockPriors{Normal{0.0, 2.0}, Normal{0.0, 2.0}}};
    const auto expected = grainer.fit(data, {.beta = 1.0});
    for (const double eta : {1e-8, 1e-7, 1e-5}) {
        const auto fit = grainer.fit(data, {.beta = 1.0, .start = Parameters{Vector{{0.0}}, Vector{{eta}}}});
        EXPECT_EQ(fit.status, Status::converged) << eta;
        EXPECT_NEAR(fit.log_posterior, expected.log_posterior, 1e-6) << eta;
    }
}

// Far from the maximum full Newton steps overshoot; they are shortened until the posterior rises.
TEST(FitOptimum, FromFarAway) {
    const WellKnown w;
    const auto g = support::ising_grainer(w.model, 2, support::any_prior(weak_prior()));
    const auto expected = g.fit(w.data, {.beta = w.beta});
    bool shortened = false;
    for (const double theta : {-6.0, 6.0})
        for (const double eta : {0.5, 6.0}) {
            const auto fit =
                g.fit(w.data, {.beta = w.beta, .start = Parameters{Vector{{theta, theta}}, Vector{{eta}}}});
            EXPECT_EQ(fit.status, Status::converged);
            EXPECT_LE(fit.log_posterior, expected.log_posterior + 1e-8);
            for (std::size_t k = 1; k < fit.trace.size(); ++k) {
                const TraceEntry &before = fit.trace[k - 1], &here = fit.trace[k];
                EXPECT_GE(*here.log_posterior, *before.log_posterior - 1e-9);
                Vector moved = joined({w.beta * (here.theta - before.theta), here.eta - before.eta});
                shortened |= !before.em_step && moved.lpNorm<Eigen::Infinity>() < 0.9 * before.step;
            }
        }
    EXPECT_TRUE(shortened) << "no step had to be shortened: the test shows less than it says";
}

// [000]: coarse spins are independent of each other, only the map is learnt.
TEST(FitOptimum, NoCoarseParameters) {
    auto rng = test_rng(3);
    for (const double field : {-0.8, 0.5}) {
        const by_hand::Model model{.sites = 4, .field = field};
        const auto data = by_hand::markov_data(rng, 12, 30, 0.5, field > 0.0 ? 0.75 : 0.25);
        const auto fit = support::ising_grainer(model, 3).fit(data, {.beta = 0.9});
        EXPECT_EQ(fit.status, Status::converged);
        EXPECT_EQ(fit.parameters.theta.size(), 0);
        const auto value = [&](long double eta) { return by_hand::log_likelihood(model, data, 0.9, {eta}); };
        const double eta = fit["logit_theta_cf"];
        expect_close(fit.log_likelihood, static_cast<double>(value(eta)), 1e-12);
        for (double other = -4.0; other <= 4.0; other += 0.05)
            EXPECT_LE(static_cast<double>(value(other)), fit.log_likelihood + 1e-9) << other;
    }
}

}  // namespace
// Starts of many data climb a part of them first: the end is that of all data, and drawn starts run into the
// models' own already there.
TEST(FitOptimum, ManyDataAreClimbedFromTheEndsOnAPart) {
    auto rng = test_rng(77);
    const auto data = by_hand::markov_data(rng, 32, 18000, 0.58, 0.55);
    const auto grainer = support::ising_grainer({.sites = 16, .linear = true, .pair_range = 1}, 2,
                                                support::any_prior(weak_prior()));
    const auto prepared = grainer.prepare(data, 0.5);
    ASSERT_GT(prepared.forms.size(), 4u * 4096u);
    const auto alone = grainer.fit_prepared(prepared, {.starts = 1});
    std::vector<TraceEntry> seen;
    const auto fit = grainer.fit_prepared(
        prepared, {.starts = 3, .observer = [&](const TraceEntry& entry) { seen.push_back(entry); }});
    EXPECT_EQ(fit.status, Status::converged);
    EXPECT_NEAR(fit.log_posterior, alone.log_posterior, 1e-9 * std::abs(alone.log_posterior));
    expect_close(joined(fit.parameters), joined(alone.parameters), 1e-8, "the mode");
    ASSERT_EQ(fit.starts.size(), 3u);
    for (const std::size_t k : {1u, 2u}) EXPECT_EQ(fit.starts[k].joined, Index(0)) << "start " << k;
    ASSERT_FALSE(seen.empty());
    EXPECT_LT(seen.front().step, 0.3) << "it begins near the end";
    EXPECT_GT(std::abs(seen.front().step), 1e-6) << "but a part is not all data";
    for (const TraceEntry& entry : seen) {
        EXPECT_EQ(entry.start, 0);
        EXPECT_NEAR(*entry.log_posterior, fit.log_posterior, 1e-2 * std::abs(fit.log_posterior))
            << "of all data";
    }
    EXPECT_LT(fit.iterations, alone.iterations);
}

}  // namespace fit_optimum_test
