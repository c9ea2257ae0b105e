// Autocorrelation times, effective sample sizes, standard errors of mean and standard deviation.
#include <predcg/statistics/autocorrelation.hpp>

#include "chains.hpp"
#include "close.hpp"
#include "diagnostics_by_hand.hpp"
#include "reference_draws.hpp"
#include "test_seed.hpp"
#include "thrown.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace autocorrelation_test {
using namespace predcg;
using namespace predcg::statistics;
using support::by_hand_chains;
using support::gaussian_chains;

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

/// +1, -1, +1, ...: the mean of an even number is exact.
Matrix alternating(Index iterations, Index chains) {
    Matrix draws(iterations, chains);
    for (Index m = 0; m < chains; ++m)
        for (Index n = 0; n < iterations; ++n) draws(n, m) = n % 2 == 0 ? 1.0 : -1.0;
    return draws;
}

TEST(AutocorrelationTime, BySummingAllWindows) {
    auto rng = test_rng(1);
    for (const double phi : {-0.9, -0.3, 0.0, 0.5, 0.9, 0.99})
        for (const auto& [iterations, chains] : std::vector<std::pair<Index, Index>>{
                 {300, 1}, {100, 3}, {37, 2}, {7, 2}, {4, 1}, {3, 1}, {2, 2}, {1, 5}})
            for (const double factor : {5.0, 2.0, 10.0}) {
                const Matrix draws = gaussian_chains(rng, iterations, chains, phi);
                const auto expected = by_hand::autocorrelation_time(by_hand_chains(draws), factor);
                support::expect_close(integrated_autocorrelation_time(draws, factor),
                                      static_cast<double>(expected), 1e-10, "phi = " + std::to_string(phi));
            }
    const Matrix draws = gaussian_chains(rng, 50, 2, 0.5);
    EXPECT_EQ(integrated_autocorrelation_time(draws), integrated_autocorrelation_time(draws, 5.0));
}

// The mean over 20 sets of 4 chains of 5000. Sokal's error of one estimate is tau sqrt(2 (2 W + 1) / S), W =
// 5 tau; its bias, from the mean and the window, is less than a quarter of the error of the average. |z| < 7:
// a false alarm has probability < 1e-10 for a normal variable, and the average of 20 is nearly one.
TEST(AutocorrelationTime, OfGaussianChains) {
    auto rng = test_rng(2);
    const int sets = 20;
    for (const double phi : {0.0, 0.3, 0.6, 0.9}) {
        const double exact = (1.0 + phi) / (1.0 - phi);
        double sum = 0.0;
        for (int set = 0; set < sets; ++set)
            sum += integrated_autocorrelation_time(gaussian_chains(rng, 5000, 4, phi));
        const double error = exact * std::sqrt(2.0 * (10.0 * exact + 1.0) / (20000.0 * sets));
        EXPECT_LT(std::abs(sum / sets - exact), support::standard_errors(7.0) * error)
            << phi << ": " << sum / sets << " for " << exact;
    }
}

// 10^12 products would take hours; the window needs 10^7.
TEST(AutocorrelationTime, ComputesNoMoreThanTheWindow) {
    auto rng = test_rng(3);
    const Matrix draws = gaussian_chains(rng, 1000000, 1, 0.0);
    EXPECT_NEAR(integrated_autocorrelation_time(draws), 1.0, 0.05);  // 15 standard errors
    EXPECT_NEAR(effective_sample_size(draws), 1e6, 1e5);
}

TEST(AutocorrelationTime, OfChainsThatHaveNotMet) {
    auto rng = test_rng(4);
    Matrix draws = gaussian_chains(rng, 2000, 2, 0.0);
    EXPECT_LT(integrated_autocorrelation_time(draws), 3.0);
    draws.col(1).array() += 100.0;
    // rho_t = 1 - t/2000 up to 1e-3, and no window up to half the chain is long enough.
    EXPECT_NEAR(integrated_autocorrelation_time(draws), 1.0 + 2.0 * (1000.0 - 1000.0 * 1001.0 / 4000.0), 5.0);
    EXPECT_LT(integrated_autocorrelation_time(draws.col(1)), 3.0);
}

TEST(AutocorrelationTime, OfVectorsAndBlocks) {
    auto rng = test_rng(5);
    const Matrix draws = gaussian_chains(rng, 100, 3, 0.5);
    const Vector series = draws.col(1);
    const double expected = integrated_autocorrelation_time(Matrix(series));
    EXPECT_EQ(integrated_autocorrelation_time(series), expected);
    EXPECT_EQ(integrated_autocorrelation_time(draws.col(1)), expected);
    EXPECT_EQ(integrated_autocorrelation_time(draws.middleRows(10, 50)),
              integrated_autocorrelation_time(Matrix(draws.middleRows(10, 50))));
}

TEST(AutocorrelationTime, OfEqualDrawsIsOne) {
    EXPECT_EQ(integrated_autocorrelation_time(Vector::Constant(50, 0.1)), 1.0);
    EXPECT_EQ(integrated_autocorrelation_time(Matrix::Constant(50, 3, -1e300)), 1.0);
    EXPECT_EQ(integrated_autocorrelation_time(Vector::Constant(1, 3.0)), 1.0);
}

TEST(AutocorrelationTime, IsBoundedForAntitheticDraws) {
    EXPECT_EQ(integrated_autocorrelation_time(alternating(500, 2)), 1.0 / 3.0);
    EXPECT_EQ(integrated_autocorrelation_time(alternating(4, 1)),
              1.0);  // not more than for independent draws
}

TEST(MonotoneAutocorrelationTime, IsThatOfTheEffectiveSampleSize) {
    auto rng = test_rng(21);
    for (const double phi : {-0.9, -0.3, 0.0, 0.5, 0.99})
        for (const auto& [iterations, chains] :
             std::vector<std::pair<Index, Index>>{{200, 2}, {33, 3}, {6, 5}}) {
            const Matrix draws = gaussian_chains(rng, iterations, chains, phi);
            const auto ess = by_hand::effective_sample_size(by_hand_chains(draws));
            support::expect_close(monotone_autocorrelation_time(draws),
                                  static_cast<double>(draws.size()) / static_cast<double>(ess), 1e-9,
                                  "phi = " + std::to_string(phi) + ", N = " + std::to_string(iterations));
        }
    const Matrix few = gaussian_chains(rng, 3, 4, 0.0);
    EXPECT_EQ(monotone_autocorrelation_time(few), integrated_autocorrelation_time(few));
    EXPECT_EQ(monotone_autocorrelation_time(Vector::Constant(50, 0.1)), 1.0);
    EXPECT_TRUE(std::isnan(monotone_autocorrelation_time(Vector::Constant(50, nan))));
}

// z = mean / error of 2000 chains has variance one, up to what short chains cannot know: seen are 1.04, 1.00,
// 1.09 and 1.06. The variance of 2000 normal numbers lies outside 0.85..1.17 with probability < 1e-6; chains
// that alternate strongly have errors that are too large, never too small.
TEST(MonotoneAutocorrelationTime, GivesErrorsThatAreHonest) {
    auto rng = test_rng(22);
    const auto variance_of_z = [&](Index iterations, double phi) {
        double sum = 0.0;
        for (int run = 0; run < 2000; ++run) {
            const Matrix draws = gaussian_chains(rng, iterations, 1, phi);
            const double mean = draws.mean();
            const double spread = (draws.array() - mean).square().sum() / static_cast<double>(iterations - 1);
            sum += mean * mean * static_cast<double>(iterations) /
                   (spread * monotone_autocorrelation_time(draws) * 2000.0);
        }
        return sum;
    };
    for (const auto& [iterations, phi] :
         std::vector<std::pair<Index, double>>{{200, -0.3}, {200, 0.0}, {200, 0.5}, {1000, 0.8}}) {
        const double variance = variance_of_z(iterations, phi);
        EXPECT_GT(variance, 0.8) << phi;
        EXPECT_LT(variance, 1.28) << phi;
    }
    EXPECT_LT(variance_of_z(200, -0.6), 1.0);
    EXPECT_LT(variance_of_z(200, -0.9), 1.0);
}

TEST(EffectiveSampleSize, ByAllAutocovariances) {
    auto rng = test_rng(6);
    for (const double phi : {-0.9, -0.3, 0.0, 0.5, 0.9, 0.99})
        for (const auto& [iterations, chains] :
             std::vector<std::pair<Index, Index>>{{200, 1}, {100, 3}, {33, 2}, {12, 4}, {13, 1}}) {
            const Matrix draws = gaussian_chains(rng, iterations, chains, phi);
            const auto x = by_hand_chains(draws);
            const std::string what = "phi = " + std::to_string(phi) + ", N = " + std::to_string(iterations);
            support::expect_close(effective_sample_size(draws),
                                  static_cast<double>(by_hand::effective_sample_size(by_hand::halves(x))),
                                  1e-9, what);
            support::expect_close(mcse_mean(draws), static_cast<double>(by_hand::mcse_mean(x)), 1e-9, what);
            support::expect_close(mcse_sd(draws), static_cast<double>(by_hand::mcse_sd(x)), 1e-9, what);
        }
}

TEST(EffectiveSampleSize, AsPosteriorComputesIt) {
    for (const auto& [name, draws, posterior] : reference_draws::cases()) {
        EXPECT_NEAR(effective_sample_size(draws) / posterior.ess_basic, 1.0, 1e-10) << name;
        EXPECT_NEAR(mcse_mean(draws) / posterior.mcse_mean, 1.0, 1e-10) << name;
        EXPECT_NEAR(mcse_sd(draws) / posterior.mcse_sd, 1.0, 1e-10) << name;
    }
}

// The manual of posterior, at mcse_mean: 0.1504394 from draws that are not rounded to four decimals.
TEST(EffectiveSampleSize, PublishedExample) {
    EXPECT_NEAR(mcse_mean(reference_draws::eight_schools_mu()), 0.1504394, 3e-7);
}

TEST(EffectiveSampleSize, OfChainsThatHaveNotMet) {
    Matrix draws(200, 2);
    for (Index n = 0; n < 200; ++n)
        draws.row(n) << (n % 2 == 0 ? 1.0 : -1.0), 100.0 + (n % 2 == 0 ? 1.0 : -1.0);
    EXPECT_LT(effective_sample_size(draws), 5.0);  // about the number of half-chains
    Matrix stuck(200, 2);
    stuck.col(0).setConstant(0.1);
    stuck.col(1).setConstant(0.3);
    EXPECT_LT(effective_sample_size(stuck), 5.0);
}

// The mean over 50 sets of 4 chains of 2000: standard errors of 2 % at most, a bias below 3 %.
TEST(EffectiveSampleSize, OfGaussianChains) {
    auto rng = test_rng(7);
    const int sets = 50;
    for (const double phi : {-0.5, 0.0, 0.6, 0.9}) {
        const double exact = 8000.0 * (1.0 - phi) / (1.0 + phi);
        double sum = 0.0;
        for (int set = 0; set < sets; ++set) sum += effective_sample_size(gaussian_chains(rng, 2000, 4, phi));
        EXPECT_NEAR(sum / sets / exact, 1.0, 0.18) << phi;
    }
}

TEST(EffectiveSampleSize, HasABound) {
    auto rng = test_rng(8);
    for (const Index iterations : {4, 5, 7, 10, 11, 12, 50, 501})
        for (const Index chains : {1, 3})
            for (const double phi : {-0.99, -0.5, 0.5, 0.99}) {
                const Matrix draws = gaussian_chains(rng, iterations, chains, phi);
                const double size = static_cast<double>(2 * (iterations / 2) * chains);
                EXPECT_GT(effective_sample_size(draws), 0.0);
                EXPECT_LE(effective_sample_size(draws), size * std::log10(size) * (1.0 + 1e-14));
            }
    EXPECT_NEAR(effective_sample_size(alternating(500, 2)), 3000.0, 1e-9);
    EXPECT_GT(effective_sample_size(gaussian_chains(rng, 1000, 4, -0.5)), 4000.0);
}

// Half-chains of 2 to 5 draws have one pair: tau = 1 + 2 rho_1.
TEST(EffectiveSampleSize, OfVeryShortChains) {
    const Vector draws{{1.0, 2.0, 4.0, 3.0, 5.0, 6.0}};  // halves: means 7/3, 14/3, c_0 = 14/9, c_1 = -1/27
    const double c0 = 14.0 / 9.0, c1 = -1.0 / 27.0, within = 1.5 * c0, total = c0 + 49.0 / 18.0;
    const double rho = 1.0 - (within - c1) / total;
    EXPECT_NEAR(effective_sample_size(draws), 6.0 / std::max(1.0 + 2.0 * rho, 1.0 / std::log10(6.0)), 1e-12);
}

TEST(EffectiveSampleSize, ShiftScaleAndOrderOfChains) {
    auto rng = test_rng(9);
    const Matrix draws = gaussian_chains(rng, 150, 3, 0.7);
    Matrix changed(150, 3);
    changed << draws.col(2), draws.col(0), draws.col(1);
    changed = (-2.5 * changed).array() + 7.0;
    const auto close = [](double a, double b) { EXPECT_NEAR(a / b, 1.0, 1e-11); };
    close(integrated_autocorrelation_time(changed), integrated_autocorrelation_time(draws));
    close(effective_sample_size(changed), effective_sample_size(draws));
    close(mcse_mean(changed), 2.5 * mcse_mean(draws));
    close(mcse_sd(changed), 2.5 * mcse_sd(draws));
}

// z^2 of the estimates against the exact mean 0 and sd 1, averaged over 1500 sets, is 1 up to 0.05, its
// standard error, and up to 0.1 because the errors are estimates themselves. The limit leaves 8 standard
// errors.
TEST(StandardErrors, OfMeanAndSd) {
    auto rng = test_rng(10);
    const int sets = 1500;
    for (const double phi : {-0.4, 0.0, 0.7}) {
        double mean = 0.0, sd = 0.0;
        for (int set = 0; set < sets; ++set) {
            const Matrix draws = gaussian_chains(rng, 400, 4, phi);
            const double centre = draws.mean();
            const double spread = std::sqrt((draws.array() - centre).square().sum() / 1599.0);
            mean += std::pow(centre / mcse_mean(draws), 2) / sets;
            sd += std::pow((spread - 1.0) / mcse_sd(draws), 2) / sets;
        }
        EXPECT_NEAR(mean, 1.0, 0.5) << phi;
        EXPECT_NEAR(sd, 1.0, 0.5) << phi;
    }
}

TEST(StandardErrors, UndefinedForEqualOrInfiniteDraws) {
    for (const double value : {0.1, nan, infinity}) {
        const Matrix draws = Matrix::Constant(50, 2, value);
        EXPECT_TRUE(std::isnan(effective_sample_size(draws)));
        EXPECT_TRUE(std::isnan(mcse_mean(draws)));
        EXPECT_TRUE(std::isnan(mcse_sd(draws)));
    }
    for (const double value : {nan, infinity, -infinity})
        for (const Index place : {0, 25, 50}) {  // 25 is in the middle, of neither half
            Matrix draws = alternating(51, 2);
            draws(place, 1) = value;
            EXPECT_TRUE(std::isnan(integrated_autocorrelation_time(draws)));
            EXPECT_TRUE(std::isnan(effective_sample_size(draws)));
            EXPECT_TRUE(std::isnan(mcse_mean(draws)));
            EXPECT_TRUE(std::isnan(mcse_sd(draws)));
        }
    EXPECT_TRUE(std::isnan(mcse_sd(alternating(50, 2))));  // all equally far from their mean
}

template <class F>
void expect_refused(F&& f, const std::string& function, const std::string& argument) {
    const auto error = support::thrown<ArgumentError>(f);
    EXPECT_EQ(error.function(), function);
    EXPECT_EQ(error.argument(), argument);
}

TEST(StandardErrors, BadArguments) {
    const Matrix draws = alternating(8, 2), three = alternating(3, 2), none(8, 0);
    expect_refused([&] { integrated_autocorrelation_time(Vector()); }, "integrated_autocorrelation_time",
                   "number of iterations");
    expect_refused([&] { integrated_autocorrelation_time(none); }, "integrated_autocorrelation_time",
                   "number of chains");
    for (const double factor : {0.0, -1.0, nan, infinity})
        expect_refused([&] { integrated_autocorrelation_time(draws, factor); },
                       "integrated_autocorrelation_time", "window_factor");
    expect_refused([&] { effective_sample_size(three); }, "effective_sample_size", "number of iterations");
    expect_refused([&] { effective_sample_size(none); }, "effective_sample_size", "number of chains");
    expect_refused([&] { mcse_mean(three); }, "mcse_mean", "number of iterations");
    expect_refused([&] { mcse_mean(none); }, "mcse_mean", "number of chains");
    expect_refused([&] { mcse_sd(three); }, "mcse_sd", "number of iterations");
    expect_refused([&] { mcse_sd(none); }, "mcse_sd", "number of chains");
}

}  // namespace
}  // namespace autocorrelation_test
