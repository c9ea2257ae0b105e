// Rank histograms and proportions against sums of binomial terms, and coverage where it is known.
#include <predcg/judge/coverage.hpp>
#include <predcg/models/ising/observables.hpp>
#include <predcg/statistics/proportion.hpp>
#include <predcg/statistics/rank_histogram.hpp>

#include <gtest/gtest.h>

#include "normal_posterior.hpp"
#include "on_threads.hpp"
#include "test_seed.hpp"
#include "thrown.hpp"
#include "z_score.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace coverage_test {
using namespace predcg;
using support::normal_posterior;
using support::thrown;

namespace {

/// P(Binomial(n, q) <= k), term by term.
double binomial_sum(Index k, Index n, double q) {
    double sum = 0.0;
    for (Index j = 0; j <= k; ++j)
        sum += std::exp(std::lgamma(double(n) + 1.0) - std::lgamma(double(j) + 1.0) -
                        std::lgamma(double(n - j) + 1.0) + double(j) * std::log(q) +
                        double(n - j) * std::log1p(-q));
    return sum;
}

TEST(BinomialQuantile, IsTheSmallestCountWithThatProbability) {
    for (const Index n : {1, 7, 40, 200})
        for (const double q : {0.02, 0.1, 0.5})
            for (const double p : {0.005, 0.3, 0.995}) {
                const Index k = detail::binomial_quantile(n, q, p);
                EXPECT_GE(binomial_sum(k, n, q), p - 1e-12) << n << " " << q << " " << p;
                if (k > 0) {
                    EXPECT_LT(binomial_sum(k - 1, n, q), p + 1e-12) << n << " " << q << " " << p;
                }
            }
}

TEST(Proportion, BoundsAreThoseOfTheBinomialTails) {
    const statistics::Proportion seen{37, 40};
    EXPECT_DOUBLE_EQ(seen.value(), 0.925);
    // Clopper and Pearson: P(>= 37 | lower) = P(<= 37 | upper) = 2.5 %.
    EXPECT_NEAR(1.0 - binomial_sum(36, 40, seen.lower()), 0.025, 1e-10);
    EXPECT_NEAR(binomial_sum(37, 40, seen.upper()), 0.025, 1e-10);
    EXPECT_NEAR(1.0 - binomial_sum(36, 40, seen.lower(0.99)), 0.005, 1e-10);
    EXPECT_EQ((statistics::Proportion{0, 9}.lower()), 0.0);
    EXPECT_NEAR((statistics::Proportion{0, 9}.upper()), 1.0 - std::pow(0.025, 1.0 / 9.0), 1e-12);
    EXPECT_EQ((statistics::Proportion{9, 9}.upper()), 1.0);
    EXPECT_NEAR((statistics::Proportion{9, 9}.lower()), std::pow(0.025, 1.0 / 9.0), 1e-12);
}

TEST(RankHistogram, CountsChiSquareAndBand) {
    // Ranks 0..5 in three bins of two.
    const statistics::RankHistogram h = statistics::rank_histogram({0, 1, 1, 1, 2, 3, 4, 5, 5}, 5, 3);
    EXPECT_EQ(h.counts, (std::vector<Index>{4, 2, 3}));
    EXPECT_DOUBLE_EQ(h.expected, 3.0);
    EXPECT_DOUBLE_EQ(h.chi_square, (1.0 + 1.0 + 0.0) / 3.0);
    EXPECT_NEAR(h.p_value, std::exp(-h.chi_square / 2.0), 1e-14) << "two degrees of freedom: exp(-x/2)";
    // Binomial(9, 1/3): P(0) = 0.026 > 0.5 %, P(<= 7) = 0.9990, P(<= 6) = 0.9917.
    EXPECT_EQ(h.lowest, 0);
    EXPECT_EQ(h.highest, 7);
    EXPECT_EQ(statistics::rank_histogram({0, 1, 2, 3}, 3, 4).p_value, 1.0);
}

TEST(RankHistogram, RefusesWhatDoesNotFit) {
    const auto refused = [](const std::vector<Index>& ranks, Index largest, Index bins) {
        return thrown<ArgumentError>([&] { (void)statistics::rank_histogram(ranks, largest, bins); })
            .argument();
    };
    EXPECT_EQ(refused({0}, 5, 4), "bins");
    EXPECT_EQ(refused({0}, 5, 1), "bins");
    EXPECT_EQ(refused({}, 5, 3), "number of ranks");
    EXPECT_EQ(refused({6}, 5, 3), "rank");
    EXPECT_EQ(refused({-1}, 5, 3), "rank");
}

// ---- coverage with a known answer

double magnetization_at(double theta) {
    const auto posterior = normal_posterior(theta, 0.0, 1, 1);
    return detail::fine_expectation(posterior, posterior.parameters(0), 0.5, ising::Magnetization{}, {})
        .value();
}

constexpr double true_theta = 0.4, noise = 0.7;
double measured_theta(std::uint64_t seed) {
    Philox4x32 rng = make_stream(seed, Purpose::check);
    return true_theta + noise * standard_normal(rng);
}

/// Coverage of m by draws of N(y, (factor noise)^2), y ~ N(true_theta, noise^2).
Coverage normal_coverage(double factor, Index data_sets, Index threads = 1) {
    const support::OnThreads on(threads);
    return coverage(
        {.data_sets = data_sets, .levels = {0.5, 0.9}, .seed = test_seed()}, measured_theta,
        [factor](double y, std::uint64_t seed) { return normal_posterior(y, factor * noise, 201, seed); },
        Vector::Constant(1, magnetization_at(true_theta)), checked("m", ising::Magnetization{}));
}

void expect_fraction(const statistics::Proportion& held, double expected, const std::string& what) {
    expect_z(held.value(), expected,
             std::sqrt(expected * (1.0 - expected) / static_cast<double>(held.trials)), what);
}

TEST(Coverage, IsNominalForAnExactPosterior) {
    const Coverage found = normal_coverage(1.0, 1500);
    EXPECT_EQ(found.names, std::vector<std::string>{"m"});
    // The rank of the truth among S = 201 draws is uniform on 0..201; the interval is that of the draws
    // number (S - 1) p, from 0: it misses on each side with probability ((S - 1) p + 1) / (S + 1).
    expect_fraction(found.held[0][0], 1.0 - 2.0 * 51.0 / 202.0, "50 %");
    expect_fraction(found.held[1][0], 1.0 - 2.0 * 11.0 / 202.0, "90 %");
    EXPECT_EQ(found.held[1][0].trials, 1500);
    EXPECT_EQ(found.unreliable, 0);
}

TEST(Coverage, SaysWhereIntervalsAreTooNarrow) {
    // Half the width: P(|z| < 1.645 / 2) = 0.589, less the draws' own noise.
    const Coverage narrow = normal_coverage(0.5, 1500);
    EXPECT_NEAR(narrow.held[1][0].value(), 0.589, 0.08);
    EXPECT_LT(narrow.held[1][0].upper(0.999999), 0.9);
}

TEST(Coverage, WidthsAreThoseOfTheDraws) {
    const Coverage found = normal_coverage(1.0, 3);
    ASSERT_EQ(found.widths[1].cols(), 3);
    double sum = 0.0;
    for (Index k = 0; k < 3; ++k) {
        const std::uint64_t seed = test_seed() + static_cast<std::uint64_t>(k);
        const Vector theta = normal_posterior(measured_theta(seed), noise, 201, seed).draws.row(0);
        std::vector<double> sorted(theta.begin(), theta.end());
        std::sort(sorted.begin(), sorted.end());
        const double width = magnetization_at(sorted[190]) - magnetization_at(sorted[10]);
        EXPECT_NEAR(found.widths[1](0, k), width, 1e-9) << "draws 10 and 190 of 0..200";
        sum += width / 3.0;
    }
    EXPECT_NEAR(found.mean_width(1, 0), sum, 1e-9);
    const Vector widths = found.widths[1].row(0);
    EXPECT_EQ(found.median_width(1, 0), statistics::quantile(widths, 0.5));
}

TEST(Coverage, DoesNotDependOnTheNumberOfThreads) {
    const Coverage one = normal_coverage(1.0, 20, 1), two = normal_coverage(1.0, 20, 2);
    EXPECT_EQ(one.widths[0], two.widths[0]);
    EXPECT_EQ(one.widths[1], two.widths[1]);
    EXPECT_EQ(one.held[0][0].successes, two.held[0][0].successes);
}

TEST(Coverage, CountsFlaggedPosteriorsAndThoseWithoutDraws) {
    const auto make = [](double y, std::uint64_t seed) {
        auto posterior = normal_posterior(y, noise, 50, seed);
        posterior.reliable = seed >= 10;             // three are flagged,
        if (seed < 9) posterior.draws.resize(2, 0);  // of which two without draws
        return posterior;
    };
    const Coverage found =
        coverage({.data_sets = 6, .levels = {0.95}, .seed = 7}, measured_theta, make,
                 Vector::Constant(1, magnetization_at(true_theta)), checked("m", ising::Magnetization{}));
    EXPECT_EQ(found.unreliable, 3);
    EXPECT_EQ(found.without_band, 2);
    EXPECT_EQ(found.held[0][0].trials, 4);
    EXPECT_TRUE(std::isnan(found.widths[0](0, 0)) && std::isnan(found.widths[0](0, 1)));
    double sum = 0.0;
    for (Index k = 2; k < 6; ++k) sum += found.widths[0](0, k) / 4.0;
    EXPECT_NEAR(found.mean_width(0, 0), sum, 1e-12);
}

TEST(Coverage, NamesComponentsAndRefusesBadSettings) {
    const auto make = [](double y, std::uint64_t seed) { return normal_posterior(y, noise, 20, seed); };
    const auto run = [&](const CoverageSettings& settings, Index size, std::vector<Index> lags) {
        return coverage(settings, measured_theta, make, Vector::Zero(size),
                        checked("m", ising::Magnetization{}),
                        checked("R", ising::Correlation{Boundary::periodic}, lags));
    };
    EXPECT_EQ(run({.data_sets = 1}, 2, {1}).names, (std::vector<std::string>{"m", "R_1"}));
    const auto refused = [&](const CoverageSettings& settings, Index size, std::vector<Index> lags) {
        return thrown<ArgumentError>([&] { (void)run(settings, size, lags); }).argument();
    };
    EXPECT_EQ(refused({.data_sets = 0}, 2, {1}), "data_sets");
    EXPECT_EQ(refused({.data_sets = 1, .levels = {1.0}}, 2, {1}), "credibility");
    EXPECT_EQ(refused({.data_sets = 1}, 3, {1}), "components of the statistics");
    EXPECT_EQ(refused({.data_sets = 1}, 2, {3}), "component");
}

}  // namespace
}  // namespace coverage_test
