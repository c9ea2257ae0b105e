// The generalised Pareto fit and Pareto-smoothed ratios: known shapes, and the formulas written once more.
#include <predcg/statistics/pareto.hpp>

#include <gtest/gtest.h>

#include "close.hpp"
#include "test_seed.hpp"
#include "thrown.hpp"
#include "z_score.hpp"

#include <numeric>

namespace pareto_test {
using namespace predcg;
using namespace predcg::statistics;
using support::expect_close;
using support::thrown;

namespace {

/// Sorted draws by inversion, x = s ((1 - u)^-k - 1) / k.
std::vector<double> pareto_sample(double k, double scale, std::size_t n, std::uint64_t salt) {
    auto rng = test_rng(salt);
    std::uniform_real_distribution<double> uniform;
    std::vector<double> x(n);
    for (double& value : x) {
        const double rest = 1.0 - uniform(rng);
        value = k == 0.0 ? -scale * std::log(rest) : scale * (std::pow(rest, -k) - 1.0) / k;
    }
    std::sort(x.begin(), x.end());
    return x;
}

/// Zhang and Stephens 2009, (6) to (9), in their own words: theta_j on a grid, weights by the profile
/// likelihood, theta their mean; then k as a posterior mean with ten observations of 1/2.
std::pair<double, double> zhang_stephens(const std::vector<double>& x) {
    const auto n = x.size();
    const int m = 30 + static_cast<int>(std::sqrt(static_cast<double>(n)));
    const double x_star = x[static_cast<std::size_t>(static_cast<double>(n) / 4.0 + 0.5) - 1];
    const auto shape = [&](long double theta) {  // theirs has the opposite sign
        long double sum = 0.0L;
        for (const double value : x) sum += std::log1p(-theta * value);
        return -sum / n;
    };
    const auto profile = [&](long double theta) {
        return n * (std::log(theta / shape(theta)) + shape(theta) - 1.0L);
    };
    std::vector<long double> grid;
    for (int j = 1; j <= m; ++j)
        grid.push_back(1.0L / x.back() + (1.0L - std::sqrt(m / (j - 0.5L))) / (3.0L * x_star));
    long double theta = 0.0L;
    for (const long double a : grid) {
        long double others = 0.0L;  // (8): w_a = 1 / sum_b exp(l(theta_b) - l(theta_a))
        for (const long double b : grid) others += std::exp(profile(b) - profile(a));
        theta += a / others;
    }
    const long double k = -shape(theta);
    return {static_cast<double>((n * k + 10.0L * 0.5L) / (n + 10.0L)), static_cast<double>(-k / theta)};
}

TEST(GeneralisedPareto, IsTheEstimateOfZhangAndStephens) {
    for (const double k : {-0.4, 0.0, 0.3, 0.7, 1.5})
        for (const std::size_t n : {5u, 20u, 101u}) {
            const auto x = pareto_sample(k, 2.5, n, 520 + n);
            const GeneralisedPareto fitted = fit_generalised_pareto(x);
            const auto [shape, scale] = zhang_stephens(x);
            expect_close(fitted.k, shape, 1e-10, "shape");
            expect_close(fitted.scale, scale, 1e-10, "scale");
        }
}

// sqrt(n) (k^ - k) is about N(0, (1 + k)^2), and for the scale N(0, 2 s^2 (1 + k)) (Smith 1985); drawing k to
// 1/2 moves it by at most 10 / n.
TEST(GeneralisedPareto, FindsTheShapeOfALargeSample) {
    constexpr std::size_t n = 40000;
    for (const double k : {-0.2, 0.0, 0.2, 0.5, 0.7, 1.2}) {
        const auto fitted = fit_generalised_pareto(pareto_sample(k, 3.0, n, 530));
        const std::string what = "shape " + std::to_string(k);
        expect_z(fitted.k, k, (1.0 + k) / std::sqrt(double(n)) + 1e-4, what);
        expect_z(fitted.scale, 3.0, 3.0 * std::sqrt(2.0 * (1.0 + k) / double(n)), what + ", scale");
    }
}

TEST(GeneralisedPareto, QuantilesInvertTheDistribution) {
    for (const double k : {-0.5, 0.0, 1e-14, 0.4, 2.0})
        for (const double p : {0.01, 0.5, 0.99}) {
            const double x = GeneralisedPareto{k, 1.7}.quantile(p);
            const double below =
                std::abs(k) < 1e-10 ? -std::expm1(-x / 1.7) : 1.0 - std::pow(1.0 + k * x / 1.7, -1.0 / k);
            EXPECT_NEAR(below, p, 1e-12) << k;
        }
    EXPECT_EQ(thrown<ArgumentError>([] {
                  (void)fit_generalised_pareto({1.0, 2.0, 3.0, 4.0});
              }).argument(),
              "number of exceedances");
}

double sum_of_weights(const SmoothedRatios& smoothed) {
    double sum = 0.0;
    for (const double w : smoothed.log_weights) sum += std::exp(w);
    return sum;
}

// Target Exp(rate a) by draws of Exp(1): the ratio r = a exp((1 - a) x) has P(r > t) ~ t^(-1/(1-a)), the
// shape is 1 - a. The error of k over M = 3 sqrt(S) exceedances is (1 + k) / sqrt(M); ratios are exactly
// Pareto.
TEST(ParetoSmoothing, KnowsTheTailsOfExponentials) {
    constexpr std::size_t S = 40000;
    constexpr double M = 600.0;
    for (const double rate : {0.9, 0.6, 0.3, 0.1}) {
        auto rng = test_rng(540);
        std::exponential_distribution<double> exponential;
        std::vector<double> log_ratios(S);
        for (double& r : log_ratios) r = (1.0 - rate) * exponential(rng) + 123.0;  // any constant
        const SmoothedRatios smoothed = pareto_smooth(log_ratios);
        const double k = 1.0 - rate, drawn = (M * k + 5.0) / (M + 10.0);
        expect_z(smoothed.pareto_k, drawn, (1.0 + k) / std::sqrt(M), "rate " + std::to_string(rate));
        EXPECT_NEAR(sum_of_weights(smoothed), 1.0, 1e-12);
    }
}

TEST(ParetoSmoothing, SmoothsTheLargestAndNothingElse) {
    constexpr std::size_t S = 400;  // 60 of them
    auto rng = test_rng(541);
    std::normal_distribution<double> normal;
    std::vector<double> log_ratios(S);
    for (double& r : log_ratios) r = normal(rng);
    const SmoothedRatios smoothed = pareto_smooth(log_ratios);
    EXPECT_NEAR(sum_of_weights(smoothed), 1.0, 1e-12);

    std::vector<std::size_t> order(S);
    std::iota(order.begin(), order.end(), 0u);
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return log_ratios[a] < log_ratios[b]; });
    const double top = log_ratios[order.back()];
    const double cutoff = std::exp(log_ratios[order[S - 61]] - top);
    std::vector<double> exceedances;
    for (std::size_t k = S - 60; k < S; ++k)
        exceedances.push_back(std::exp(log_ratios[order[k]] - top) - cutoff);
    const auto [shape, scale] = zhang_stephens(exceedances);
    EXPECT_NEAR(smoothed.pareto_k, shape, 1e-9);
    // By hand: expected order statistics above the cutoff, none above the largest ratio.
    std::vector<double> expected(S);
    double sum = 0.0;
    for (std::size_t k = 0; k < S; ++k) {
        double w = std::exp(log_ratios[order[k]] - top);
        if (k >= S - 60) {
            const double p = (static_cast<double>(k - (S - 60)) + 0.5) / 60.0;
            w = std::min(1.0, cutoff + scale * (std::pow(1.0 - p, -shape) - 1.0) / shape);
        }
        expected[order[k]] = w;
        sum += w;
    }
    for (std::size_t k = 0; k < S; ++k)
        EXPECT_NEAR(std::exp(smoothed.log_weights[k]), expected[k] / sum, 1e-10) << k;
}

TEST(ParetoSmoothing, EqualRatiosAreTheBestThereAre) {
    const SmoothedRatios smoothed = pareto_smooth(std::vector<double>(50, -7.0));
    EXPECT_EQ(smoothed.pareto_k, -std::numeric_limits<double>::infinity());
    for (const double w : smoothed.log_weights) EXPECT_NEAR(w, -std::log(50.0), 1e-12);
}

// The rounding of sums may have a heavy tail; the ratios have none.
TEST(ParetoSmoothing, RatiosThatDifferByRoundingAreEqual) {
    std::vector<double> ratios;
    for (int k = 0; k < 1000; ++k) ratios.push_back(1e-10 / (k + 1.0) / (k + 1.0));
    EXPECT_EQ(pareto_smooth(ratios).pareto_k, -std::numeric_limits<double>::infinity());
    for (double& r : ratios) r = std::log(1e-6 + 1e10 * r);
    EXPECT_GT(pareto_smooth(ratios).pareto_k, 0.7) << "the same, where it matters";
}

TEST(ParetoSmoothing, RatiosThatAreNoNumbers) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    auto rng = test_rng(542);
    std::normal_distribution<double> normal;
    std::vector<double> log_ratios(200);
    for (double& r : log_ratios) r = 0.1 * normal(rng);
    // Forbidden draws have no weight; the others are as they were.
    log_ratios[3] = log_ratios[77] = -infinity;
    const SmoothedRatios some = pareto_smooth(log_ratios);
    EXPECT_TRUE(std::isfinite(some.pareto_k));
    EXPECT_EQ(some.log_weights[3], -infinity);
    EXPECT_NEAR(sum_of_weights(some), 1.0, 1e-12);
    // All of them: nothing can be said.
    EXPECT_EQ(pareto_smooth(std::vector<double>(40, -infinity)).pareto_k, infinity);
    log_ratios[5] = infinity;
    EXPECT_EQ(pareto_smooth(log_ratios).pareto_k, infinity);
    log_ratios[5] = std::nan("");
    EXPECT_EQ(pareto_smooth(log_ratios).pareto_k, infinity);
    EXPECT_EQ(thrown<ArgumentError>([] { (void)pareto_smooth(std::vector<double>(24, 0.0)); }).argument(),
              "number of ratios");
}

// A few ratios that are all there is are no sign of a good proposal.
TEST(ParetoSmooth, FewFiniteRatiosAreRefused) {
    std::vector<double> ratios(4000, -std::numeric_limits<double>::infinity());
    for (const std::size_t k : {std::size_t(5), std::size_t(70), std::size_t(3000)}) ratios[k] = 1.0;
    EXPECT_EQ(pareto_smooth(ratios).pareto_k, std::numeric_limits<double>::infinity());
    std::fill(ratios.begin(), ratios.end(), -2000.0);
    ratios[7] = 0.0;
    EXPECT_EQ(pareto_smooth(ratios).pareto_k, std::numeric_limits<double>::infinity());
}

}  // namespace
}  // namespace pareto_test
