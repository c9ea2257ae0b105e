// The two halves of EM on Ising chains: expected statistics are sums, the M-step maximises, and together
// they never lower the posterior.
#include <gtest/gtest.h>

#include "close.hpp"
#include "differences.hpp"
#include "ising_by_hand.hpp"
#include "ising_grainer.hpp"
#include "test_seed.hpp"

#include <algorithm>

namespace em_steps_test {
using namespace predcg;
using by_hand::Numbers;
using support::expect_close;
using support::Spins;

namespace {

struct Case {
    by_hand::Model model;
    Index level = 2;
    double beta = 1.0;
    std::vector<Spins> data;
    Parameters point;
};

Case random_case(std::mt19937_64& rng) {
    const auto between = [&](Index low, Index high) {
        return std::uniform_int_distribution<Index>(low, high)(rng);
    };
    std::normal_distribution<double> normal;
    Case c;
    c.model = by_hand::random_model(rng, between(2, 6));
    c.level = between(1, 3);
    c.beta = 0.2 + 0.1 * static_cast<double>(between(0, 10));
    c.data = by_hand::markov_data(rng, c.model.sites * c.level, between(2, 12), 0.6, 0.7);
    c.point = {Vector(static_cast<Index>(by_hand::parameter_count(c.model))), Vector(1)};
    for (double& theta : c.point.theta) theta = normal(rng);
    c.point.eta[0] = 1.0 + std::abs(normal(rng));
    return c;
}

Numbers numbers_of(const Vector& v) { return Numbers(v.data(), v.data() + v.size()); }

/// Log posterior with independent normals N(0, 2^2) on beta theta and N(1, 2^2) on eta, by hand.
long double log_posterior(const Case& c, const Parameters& at) {
    const Vector point = support::joined(at);
    long double value = by_hand::log_likelihood(c.model, c.data, c.beta, numbers_of(point));
    for (Index k = 0; k < point.size(); ++k) {
        const long double z = k + 1 < point.size() ? c.beta * point[k] / 2.0 : (point[k] - 1.0) / 2.0;
        value -= 0.5L * z * z;
    }
    return value;
}

TEST(EMSteps, EveryStepRaisesThePosterior) {
    auto rng = test_rng(1);
    for (int repeat = 0; repeat < 20; ++repeat) {
        const Case c = random_case(rng);
        for (const bool flat : {true, false}) {
            const support::AnyPrior normal{Normal{0.0, 2.0}, Normal{1.0, 2.0}};
            const auto g = support::ising_grainer(c.model, c.level, flat ? support::AnyPrior{} : normal);
            const auto data = g.prepare(c.data, c.beta);
            auto state = g.problem(data).state(c.point);
            const auto value = [&] {
                const Parameters at{state.at.theta, state.at.eta};
                return flat
                           ? by_hand::log_likelihood(c.model, c.data, c.beta, numbers_of(support::joined(at)))
                           : log_posterior(c, at);
            };
            long double before = value();
            for (int step = 0; step < 8; ++step) {
                g.problem(data).maximise(state, g.problem(data).expect(state));
                const long double after = value();
                EXPECT_GE(after, before - 1e-11L * std::max(1.0L, std::abs(before)))
                    << "case " << repeat << ", step " << step;
                before = after;
            }
        }
    }
}

// ... and raises it really, where it is not level.
TEST(EMSteps, AStepGainsWhereTheGradientIsNotZero) {
    auto rng = test_rng(2);
    for (int repeat = 0; repeat < 20; ++repeat) {
        const Case c = random_case(rng);
        const auto g = support::ising_grainer(c.model, c.level);
        const auto data = g.prepare(c.data, c.beta);
        auto state = g.problem(data).state(c.point);
        const LikelihoodExpansion before = g.problem(data).evaluate(c.point);
        if (before.gradient.norm() < 1e-2) continue;
        g.problem(data).maximise(state, g.problem(data).expect(state));
        EXPECT_GT(g.problem(data).evaluate({state.at.theta, state.at.eta}).log_likelihood,
                  before.log_likelihood)
            << repeat;
    }
}

// theta_c after an M-step is the zero of the gradient of
//     -beta theta . sum_i E_i[f] - N log Z_c(theta) + log prior(beta theta), which is concave.
TEST(EMSteps, CoarseMaximiserIsStationary) {
    auto rng = test_rng(3);
    for (int repeat = 0; repeat < 20; ++repeat) {
        const Case c = random_case(rng);
        if (c.point.theta.size() == 0) continue;
        const auto g = support::ising_grainer(c.model, c.level, {Normal{0.3, 1.5}, Flat{}});
        const auto data = g.prepare(c.data, c.beta);
        auto state = g.problem(data).state(c.point);
        const ExpectedStatistics statistics = g.problem(data).expect(state);
        g.problem(data).maximise(state, statistics);
        const auto objective = [&](const Numbers& theta) {
            long double value = -statistics.count * by_hand::coarse_log_partition(c.model, c.beta, theta);
            for (std::size_t k = 0; k < theta.size(); ++k) {
                const long double z = c.beta * theta[k], away = (z - 0.3L) / 1.5L;
                value -= z * statistics.coarse[static_cast<Index>(k)] + 0.5L * away * away;
            }
            return value;
        };
        for (const long double slope :
             differences::gradient<long double>(objective, numbers_of(state.at.theta)))
            EXPECT_NEAR(static_cast<double>(slope), 0.0, 1e-8 * (1.0 + statistics.count)) << repeat;
    }
}

void expect_equal(const ExpectedStatistics& a, const ExpectedStatistics& b, const std::string& what) {
    expect_close(a.count, b.count, 1e-14, what);
    expect_close(a.log_evidence.value(), b.log_evidence.value(), 1e-12, what);
    expect_close(a.coarse, b.coarse, 1e-11, what);
    expect_close(a.map, b.map, 1e-11, what);
    expect_close(a.covariance, b.covariance, 1e-11, what);
    expect_close(a.coarse_hessian, b.coarse_hessian, 1e-11, what);
}

TEST(ExpectedStatistics, PartsAddUp) {
    auto rng = test_rng(4);
    for (int repeat = 0; repeat < 10; ++repeat) {
        const Case c = random_case(rng);
        const auto g = support::ising_grainer(c.model, c.level);
        const auto statistics = [&](const std::vector<Spins>& part) {
            const auto data = g.prepare(part, c.beta);
            auto state = g.problem(data).state(c.point);
            return g.problem(data).expect(state);
        };
        const auto middle = c.data.begin() + static_cast<std::ptrdiff_t>(c.data.size() / 2);
        ExpectedStatistics sum = statistics({c.data.begin(), middle});
        sum += statistics({middle, c.data.end()});
        const ExpectedStatistics whole = statistics(c.data);
        expect_equal(sum, whole, "halves");
        EXPECT_EQ(whole.count, static_cast<double>(c.data.size()));

        std::vector<Spins> twice = c.data;
        twice.insert(twice.end(), c.data.begin(), c.data.end());
        ExpectedStatistics scaled = whole;
        scaled *= 2.0;
        expect_equal(scaled, statistics(twice), "twice");

        std::vector<Spins> shuffled = c.data;
        std::shuffle(shuffled.begin(), shuffled.end(), rng);
        expect_equal(statistics(shuffled), whole, "shuffled");

        ExpectedStatistics unknown = whole;
        unknown.log_evidence.reset();
        ExpectedStatistics with_unknown = whole;
        with_unknown += unknown;
        EXPECT_FALSE(with_unknown.log_evidence.has_value());
    }
}

// Likelihood, gradient and information of data given twice are doubled; equal data are computed once.
TEST(ExpectedStatistics, RepeatedData) {
    auto rng = test_rng(5);
    for (int repeat = 0; repeat < 10; ++repeat) {
        const Case c = random_case(rng);
        const auto g = support::ising_grainer(c.model, c.level);
        std::vector<Spins> twice = c.data;
        twice.insert(twice.begin(), c.data.begin(), c.data.end());
        const auto once = g.prepare(c.data, c.beta), doubled = g.prepare(twice, c.beta);
        EXPECT_EQ(once.forms.size(), doubled.forms.size());
        EXPECT_LE(once.forms.size(), c.data.size());
        const LikelihoodExpansion a = g.problem(once).evaluate(c.point),
                                  b = g.problem(doubled).evaluate(c.point);
        expect_close(b.log_likelihood, 2.0 * a.log_likelihood, 1e-12);
        expect_close(b.gradient, Vector(2.0 * a.gradient), 1e-11);
        expect_close(b.observed(), Matrix(2.0 * a.observed()), 1e-11);
    }
}

}  // namespace
}  // namespace em_steps_test
