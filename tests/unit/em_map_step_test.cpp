// The map's half of the M-step for every prior, against a search along the line in long double.
#include <predcg/learning/m_step.hpp>
#include <predcg/models/gaussian/linear_map.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>

#include <gtest/gtest.h>

#include "differences.hpp"
#include "test_seed.hpp"

#include <functional>

namespace em_map_step_test {
using namespace predcg;

namespace {

using Function = std::function<long double(long double)>;

/// The maximum of a concave function on [low, high] by golden section: good to about 1e-9 of the scale on
/// which the function varies.
double maximum(const Function& f, long double low, long double high) {
    const long double shrink = (std::sqrt(5.0L) - 1.0L) / 2.0L;
    long double a = high - shrink * (high - low), b = low + shrink * (high - low);
    long double at_a = f(a), at_b = f(b);
    while (high - low > 1e-12L) {
        if (at_a < at_b) {
            low = a;
            a = b;
            at_a = at_b;
            at_b = f(b = low + shrink * (high - low));
        } else {
            high = b;
            b = a;
            at_b = at_a;
            at_a = f(a = high - shrink * (high - low));
        }
    }
    return static_cast<double>(0.5L * (low + high));
}

ExpectedStatistics with_map(Vector map, double count) {
    ExpectedStatistics statistics;
    statistics.count = count;
    statistics.map = std::move(map);
    return statistics;
}

/// like log p + unlike log(1 - p), p = 1 / (1 + exp(-eta)).
Function bernoulli(double like, double unlike) {
    return [=](long double eta) {
        return -like * std::log1p(std::exp(-eta)) - unlike * std::log1p(std::exp(eta));
    };
}
Function normal(double mean, double sd) {
    return [=](long double z) { return -0.5L * (z - mean) * (z - mean) / (sd * sd); };
}
Function sum(const Function& f, const Function& g) {
    return [=](long double z) { return f(z) + g(z); };
}

template <class P>
double maximised(const P& prior, double like, double unlike, double from) {
    const auto map = ising::bernoulli_map({.level = 2});
    return detail::maximise_map(map, prior, with_map(Vector{{like, unlike}}, 20.0), Vector::Ones(1),
                                Vector::Constant(1, from))[0];
}

TEST(BernoulliMStep, FlatPriorIsTheMeanAgreement) {
    EXPECT_NEAR(maximised(Flat{}, 30.0, 10.0, 0.3), std::log(3.0), 1e-14);
    EXPECT_NEAR(maximised(Flat{}, 1.0, 1e6, 0.3), -std::log(1e6), 1e-12);
    EXPECT_NEAR(maximised(Flat{}, 7.5, 9.25, 0.0), maximum(bernoulli(7.5, 9.25), -10.0L, 10.0L), 1e-8);
}

// All agree: the maximum lies at infinity, and the step goes some way there.
TEST(BernoulliMStep, FlatPriorSaturated) {
    for (const double from : {0.0, 5.0}) {
        const double eta = maximised(Flat{}, 40.0, 0.0, from);
        EXPECT_GT(eta, from + 5.0);
        EXPECT_TRUE(std::isfinite(eta));
    }
}

// (S + a) / (N n_f + a + b), also where all fine spins agree with their coarse spin.
TEST(BernoulliMStep, BetaPriorHasItsClosedForm) {
    for (const double a : {0.5, 1.0, 4.0})
        for (const double b : {0.5, 2.0})
            for (const double like : {0.0, 3.5, 40.0}) {
                const double p = (like + a) / (40.0 + a + b);
                const double eta = maximised(LogitBeta{a, b}, like, 40.0 - like, 1.0);
                EXPECT_NEAR(1.0 / (1.0 + std::exp(-eta)), p, 1e-14);
                EXPECT_NEAR(eta, maximum(bernoulli(like + a, 40.0 - like + b), -20.0L, 20.0L), 1e-8);
            }
}

TEST(BernoulliMStep, NormalPriorByNewton) {
    auto rng = test_rng(1);
    std::uniform_real_distribution<double> counts(0.0, 50.0);
    for (int repeat = 0; repeat < 20; ++repeat) {
        const double like = counts(rng), unlike = counts(rng), mean = 0.1 * counts(rng) - 2.5;
        const double sd = 0.2 + 0.1 * counts(rng);
        const double expected = maximum(sum(bernoulli(like, unlike), normal(mean, sd)), -20.0L, 20.0L);
        for (const double from : {-6.0, 0.0, 9.0})
            EXPECT_NEAR(maximised(Normal{mean, sd}, like, unlike, from), expected, 1e-8);
    }
    // All spins agree: the likelihood alone has its maximum at infinity.
    EXPECT_NEAR(maximised(Normal{1.0, 2.0}, 60.0, 0.0, 0.0),
                maximum(sum(bernoulli(60.0, 0.0), normal(1.0, 2.0)), 0.0L, 20.0L), 1e-8);
}

TEST(BernoulliMStep, TruncatedNormalPrior) {
    const TruncatedNormal prior{1.0, 2.0, 0.0};
    const auto expected = [](double like, double unlike) {
        return maximum(sum(bernoulli(like, unlike), normal(1.0, 2.0)), 0.0L, 20.0L);
    };
    for (const double from : {0.0, 1.0, 8.0}) {
        EXPECT_NEAR(maximised(prior, 30.0, 10.0, from), expected(30.0, 10.0), 1e-8);  // off the bound
        EXPECT_NEAR(maximised(prior, 20.0, 20.0, from), expected(20.0, 20.0), 1e-8);
        EXPECT_EQ(maximised(prior, 10.0, 30.0, from), 0.0);  // at the bound
        EXPECT_NEAR(expected(10.0, 30.0), 0.0, 1e-8);
    }
}

// sum_i E|x - W X|^2 = T over N data of n coordinates: sigma^2 = T / (N n) under a flat prior.
TEST(GaussianMStep, AllPriors) {
    const gaussian::LinearMap map(Matrix::Ones(6, 2));
    auto rng = test_rng(2);
    for (int repeat = 0; repeat < 10; ++repeat) {
        const double T = std::uniform_real_distribution<double>(0.5, 300.0)(rng), N = 5.0;
        const ExpectedStatistics statistics = with_map(Vector::Constant(1, T), N);
        const Function likelihood = [=](long double eta) {
            return -0.5L * T * std::exp(-2.0L * eta) - N * 6.0L * eta;
        };
        const auto at = [&](const auto& prior) {
            return detail::maximise_map(map, prior, statistics, Vector::Ones(1), Vector::Zero(1))[0];
        };
        EXPECT_NEAR(std::exp(2.0 * at(Flat{})), T / 30.0, 1e-12 * T);
        EXPECT_NEAR(at(Normal{0.5, 0.2}), maximum(sum(likelihood, normal(0.5, 0.2)), -20.0L, 20.0L), 1e-8);
        const double lower = -0.2;
        EXPECT_NEAR(at(TruncatedNormal{0.5, 0.2, lower}),
                    maximum(sum(likelihood, normal(0.5, 0.2)), lower, 20.0L), 1e-8);
    }
}

/// expected_log_density is what it says: derivatives, and linear in (T, count).
template <class Map>
void expect_consistent(const Map& map, const Vector& T, double count, double eta, double value) {
    const auto at = [&](double there) {
        return map.expected_log_density(T, count, Vector::Constant(1, there));
    };
    const Expansion e = at(eta);
    EXPECT_NEAR(e.value, value, 1e-11 * std::max(1.0, std::abs(value)));
    EXPECT_NEAR(e.gradient[0], differences::along([&](double t) { return at(eta + t).value; }, 1e-3), 1e-7);
    EXPECT_NEAR(e.hessian(0, 0), differences::along([&](double t) { return at(eta + t).gradient[0]; }, 1e-3),
                1e-7);
}

TEST(ExpectedLogDensity, OfBothMaps) {
    const double p = 1.0 / (1.0 + std::exp(-0.7));
    expect_consistent(ising::bernoulli_map({.level = 2}), Vector{{12.5, 3.5}}, 4.0, 0.7,
                      12.5 * std::log(p) + 3.5 * std::log(1.0 - p));
    const double sigma = std::exp(-0.4), pi = 3.14159265358979323846;
    expect_consistent(gaussian::LinearMap(Matrix::Ones(6, 2)), Vector::Constant(1, 9.5), 4.0, -0.4,
                      -9.5 / (2.0 * sigma * sigma) - 24.0 * std::log(sigma * std::sqrt(2.0 * pi)));
}

// A density of x given X that no parameter changes adds nothing, whatever the data are.
TEST(MapStep, OfAMapWithoutAStatisticIsNothing) {
    struct Copies {};
    const Expansion unit = detail::map_expansion(Copies{}, Vector{{3.0, 4.0}}, 7.0, Vector{{0.5, -1.0}});
    EXPECT_EQ(unit.value, 0.0);
    EXPECT_EQ(unit.gradient, Vector::Zero(2));
    EXPECT_EQ(unit.hessian, Matrix::Zero(2, 2));
}

}  // namespace
}  // namespace em_map_step_test
