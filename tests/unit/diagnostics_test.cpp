// R-hat, bulk and tail effective sample sizes, errors of quantiles.
#include <predcg/statistics/diagnostics.hpp>

#include "chains.hpp"
#include "close.hpp"
#include "diagnostics_by_hand.hpp"
#include "reference_draws.hpp"
#include "test_seed.hpp"
#include "thrown.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace diagnostics_test {
using namespace predcg;
using namespace predcg::statistics;
using support::by_hand_chains;
using support::gaussian_chains;

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

struct Named {
    std::string name;
    std::function<double(const Matrix&)> of;
};

const std::vector<Named>& diagnostics() {
    static const std::vector<Named> all{
        {"split_r_hat", [](const Matrix& x) { return split_r_hat(x); }},
        {"rank_normalised_split_r_hat", [](const Matrix& x) { return rank_normalised_split_r_hat(x); }},
        {"bulk_effective_sample_size", [](const Matrix& x) { return bulk_effective_sample_size(x); }},
        {"tail_effective_sample_size", [](const Matrix& x) { return tail_effective_sample_size(x); }},
        {"quantile_effective_sample_size",
         [](const Matrix& x) { return quantile_effective_sample_size(x, 0.3); }},
        {"mcse_quantile", [](const Matrix& x) { return mcse_quantile(x, 0.3); }},
    };
    return all;
}

Matrix map(Matrix draws, const std::function<double(double)>& f) {
    for (Index k = 0; k < draws.size(); ++k) draws.data()[k] = f(draws.data()[k]);
    return draws;
}

TEST(Diagnostics, AsPosteriorComputesThem) {
    for (const auto& [name, draws, posterior] : reference_draws::cases()) {
        EXPECT_NEAR(rank_normalised_split_r_hat(draws), posterior.r_hat, 1e-10) << name;
        EXPECT_NEAR(split_r_hat(draws), posterior.r_hat_basic, 1e-10) << name;
        EXPECT_NEAR(bulk_effective_sample_size(draws) / posterior.ess_bulk, 1.0, 1e-10) << name;
        EXPECT_NEAR(tail_effective_sample_size(draws) / posterior.ess_tail, 1.0, 1e-10) << name;
        EXPECT_NEAR(mcse_quantile(draws, 0.1) / posterior.mcse_10, 1.0, 1e-10) << name;
        EXPECT_NEAR(mcse_quantile(draws, 0.5) / posterior.mcse_50, 1.0, 1e-10) << name;
    }
}

// The manual of posterior, at rhat, rhat_basic, ess_bulk and ess_tail.
TEST(Diagnostics, PublishedExample) {
    const Matrix draws = reference_draws::eight_schools_mu();
    EXPECT_NEAR(rank_normalised_split_r_hat(draws), 1.021923, 6e-7);
    EXPECT_NEAR(split_r_hat(draws), 0.9979106, 1e-7);
    EXPECT_NEAR(bulk_effective_sample_size(draws), 558.0173, 6e-5);
    EXPECT_NEAR(tail_effective_sample_size(draws), 322.0955, 6e-5);
}

TEST(Diagnostics, FromTheirFormulas) {
    auto rng = test_rng(1);
    for (const double phi : {-0.6, 0.0, 0.5, 0.95})
        for (const auto& [iterations, chains] :
             std::vector<std::pair<Index, Index>>{{100, 1}, {60, 3}, {33, 4}, {12, 2}}) {
            const Matrix draws = support::rounded(gaussian_chains(rng, iterations, chains, phi));
            const auto x = by_hand_chains(draws), halves = by_hand::halves(x);
            const std::string where =
                ", phi = " + std::to_string(phi) + ", N = " + std::to_string(iterations);
            const auto close = [&](double value, by_hand::Number expected, const std::string& what) {
                support::expect_close(value, static_cast<double>(expected), 1e-9, what + where);
            };
            const auto scores = by_hand::normal_scores(halves);
            const auto folded = by_hand::normal_scores(by_hand::halves(by_hand::folded(x)));
            const auto tail = [&](by_hand::Number p) {
                return by_hand::effective_sample_size(by_hand::halves(by_hand::below_quantile(x, p)));
            };
            close(split_r_hat(draws), by_hand::r_hat(halves), "split");
            close(rank_normalised_split_r_hat(draws),
                  std::max(by_hand::r_hat(scores), by_hand::r_hat(folded)), "rank");
            close(bulk_effective_sample_size(draws), by_hand::effective_sample_size(scores), "bulk");
            close(tail_effective_sample_size(draws), std::min(tail(0.05), tail(0.95)), "tail");
            for (const double p : {0.1, 0.5, 0.8}) {
                close(quantile_effective_sample_size(draws, p), tail(p), "quantile");
                close(mcse_quantile(draws, p), by_hand::mcse_quantile(x, p), "mcse");
            }
        }
}

TEST(Diagnostics, OfDrawsWithTies) {
    auto rng = test_rng(2);
    for (int repeat = 0; repeat < 5; ++repeat) {
        const Matrix draws =
            map(gaussian_chains(rng, 50, 2, 0.6), [](double x) { return std::round(2.0 * x); });
        const auto x = by_hand_chains(draws);
        const auto scores = by_hand::normal_scores(by_hand::halves(x));
        const auto folded = by_hand::normal_scores(by_hand::halves(by_hand::folded(x)));
        support::expect_close(rank_normalised_split_r_hat(draws),
                              static_cast<double>(std::max(by_hand::r_hat(scores), by_hand::r_hat(folded))),
                              1e-9);
        support::expect_close(bulk_effective_sample_size(draws),
                              static_cast<double>(by_hand::effective_sample_size(scores)), 1e-9);
    }
}

// Half-chains (0..4), (5..9), (1..5), (6..10): means 2, 7, 3, 8 of variance 26/3, variances 5/2, N = 5.
TEST(RHat, ExampleByHand) {
    Matrix draws(10, 2);
    for (Index n = 0; n < 10; ++n) draws.row(n) << static_cast<double>(n), static_cast<double>(n + 1);
    EXPECT_NEAR(split_r_hat(draws), std::sqrt(0.8 + (26.0 / 3.0) / 2.5), 1e-14);
}

// R-hat - 1 is about (3 chi^2 / 7 - 1) / 2000 with a chi^2 of 7 degrees of freedom: > 0.02 in one of 10^17
// seeds.
TEST(RHat, OneForChainsThatAgree) {
    auto rng = test_rng(3);
    const Matrix draws = gaussian_chains(rng, 2000, 4, 0.5);
    EXPECT_NEAR(split_r_hat(draws), 1.0, 0.02);
    EXPECT_NEAR(rank_normalised_split_r_hat(draws), 1.0, 0.02);
}

// Where R-hat shall see, it is 1.31 to 1.46 with a standard deviation of 0.023 at most: 7 of them and more
// away from the limit. Where it is blind, at most 0.0014 chi^2 with 2 degrees of freedom: beyond the limit in
// one of 10^9 seeds.
TEST(RHat, SeesChainsThatDiffer) {
    auto rng = test_rng(4);
    const Matrix draws = gaussian_chains(rng, 400, 4, 0.0);
    const double seen = 1.15, unseen = 1.06;
    Matrix shifted = draws, scaled = draws, drift = draws, outlier = draws;
    shifted.col(2).array() += 2.0;
    EXPECT_GT(split_r_hat(shifted), seen);
    EXPECT_GT(rank_normalised_split_r_hat(shifted), seen);
    scaled.col(2) *= 10.0;
    EXPECT_LT(split_r_hat(scaled), unseen);
    EXPECT_GT(rank_normalised_split_r_hat(scaled), seen);
    for (Index m = 0; m < 4; ++m)
        drift.col(m).tail(200).array() += 2.0;  // all chains alike: only halves differ
    EXPECT_GT(split_r_hat(drift), seen);
    EXPECT_GT(rank_normalised_split_r_hat(drift), seen);
    outlier(7, 0) = 1e6;
    outlier.col(2).array() += 2.0;
    EXPECT_LT(split_r_hat(outlier), unseen);
    EXPECT_GT(rank_normalised_split_r_hat(outlier), seen);
}

TEST(RHat, OfChainsThatNeverMoved) {
    Matrix draws(100, 2);
    draws.col(0).setConstant(0.1);
    draws.col(1).setConstant(0.3);
    EXPECT_EQ(split_r_hat(draws), infinity);
    EXPECT_EQ(rank_normalised_split_r_hat(draws), infinity);
}

// The scores know no more than the order; the other order turns them round.
TEST(Diagnostics, MonotoneMaps) {
    auto rng = test_rng(5);
    Matrix draws = gaussian_chains(rng, 150, 3, 0.4);
    draws.col(1).array() += 20.0;  // three places: R-hat is 2.1 in order, and at most 1.7 when folded
    draws.col(2).array() -= 20.0;
    const double r_hat = rank_normalised_split_r_hat(draws), bulk = bulk_effective_sample_size(draws),
                 tail = tail_effective_sample_size(draws);
    for (const auto& f : std::vector<std::function<double(double)>>{
             [](double x) { return std::exp(x); }, [](double x) { return x * x * x; },
             [](double x) { return std::sinh(5.0 * x); }}) {
        const Matrix mapped = map(draws, f);
        EXPECT_EQ(rank_normalised_split_r_hat(mapped), r_hat);
        EXPECT_EQ(bulk_effective_sample_size(mapped), bulk);
        EXPECT_EQ(tail_effective_sample_size(mapped), tail);
    }
    const Matrix reversed = map(draws, [](double x) { return -std::exp(x); });
    EXPECT_NEAR(rank_normalised_split_r_hat(reversed), r_hat, 1e-12);
    EXPECT_NEAR(bulk_effective_sample_size(reversed) / bulk, 1.0, 1e-11);
    EXPECT_NEAR(tail_effective_sample_size(reversed) / tail, 1.0, 1e-11);
}

TEST(Diagnostics, ShiftScaleAndOrderOfChains) {
    auto rng = test_rng(6);
    const Matrix draws = support::rounded(gaussian_chains(rng, 150, 3, 0.7));
    Matrix changed(150, 3);
    changed << draws.col(2), draws.col(0), draws.col(1);
    changed = (4.0 * changed).array() - 7.0;  // exact
    for (const auto& [name, of] : diagnostics())
        EXPECT_NEAR(of(changed) / of(draws), name == "mcse_quantile" ? 4.0 : 1.0, 1e-11) << name;
}

TEST(Diagnostics, AntitheticChains) {
    auto rng = test_rng(7);
    const Matrix draws = gaussian_chains(rng, 1000, 4, -0.5);  // three times as many
    EXPECT_GT(bulk_effective_sample_size(draws), 6000.0);
    for (const Index iterations : {4, 10, 12, 100})
        for (const double phi : {-0.99, -0.5, 0.9})
            for (const auto& [name, of] : diagnostics())
                if (name.ends_with("sample_size")) {
                    const Matrix x = gaussian_chains(rng, iterations, 2, phi);
                    const double size = static_cast<double>(2 * iterations);
                    EXPECT_LE(of(x), size * std::log10(size) * (1.0 + 1e-14)) << name;
                }
}

// z^2 averaged over 1500 sets is 1 up to its standard error of 0.05 and a bias of 0.12: the limit leaves 7 of
// them. The quantiles are those of the standard normal.
TEST(Diagnostics, ErrorsOfQuantiles) {
    auto rng = test_rng(8);
    const int sets = 1500;
    for (const auto& [p, exact] : std::vector<std::pair<double, double>>{
             {0.1, -1.2815515655446004}, {0.5, 0.0}, {0.8, 0.8416212335729143}})
        for (const double phi : {0.0, 0.7}) {
            double sum = 0.0;
            for (int set = 0; set < sets; ++set) {
                const Matrix draws = gaussian_chains(rng, 400, 4, phi);
                std::vector<double> x(draws.data(), draws.data() + draws.size());
                const auto place = x.begin() + static_cast<std::ptrdiff_t>(p * 1600.0);
                std::nth_element(x.begin(), place, x.end());
                sum += std::pow((*place - exact) / mcse_quantile(draws, p), 2);
            }
            EXPECT_NEAR(sum / sets, 1.0, 0.5) << p << " " << phi;
        }
}

// Two values: the 95 % quantile is the larger, no draw lies above it, and folding about a median midway
// leaves nothing.
TEST(Diagnostics, OfTwoValues) {
    auto rng = test_rng(9);
    Matrix spins = map(gaussian_chains(rng, 100, 2, 0.5), [](double x) { return x < 0.0 ? -1.0 : 1.0; });
    const double sum = spins.sum();
    EXPECT_EQ(tail_effective_sample_size(spins), quantile_effective_sample_size(spins, 0.05));
    EXPECT_TRUE(std::isnan(quantile_effective_sample_size(spins, 0.95)));
    EXPECT_TRUE(std::isnan(mcse_quantile(spins, 0.95)));
    EXPECT_NEAR(tail_effective_sample_size(spins) / effective_sample_size(spins), 1.0, 1e-11);
    EXPECT_NEAR(bulk_effective_sample_size(spins) / effective_sample_size(spins), 1.0, 1e-11);
    double excess = sum;
    for (Index k = 0; k < spins.size() && excess != 0.0; ++k)  // as many of one kind as of the other
        if (spins.data()[k] * excess > 0.0) {
            spins.data()[k] *= -1.0;
            excess += 2.0 * spins.data()[k];
        }
    ASSERT_EQ(spins.sum(), 0.0);
    EXPECT_NEAR(rank_normalised_split_r_hat(spins), split_r_hat(spins), 1e-12);
}

TEST(Diagnostics, UndefinedForEqualOrInfiniteDraws) {
    auto rng = test_rng(10);
    for (const auto& [name, of] : diagnostics()) {
        EXPECT_TRUE(std::isnan(of(Matrix::Constant(50, 2, 0.1)))) << name;
        for (const double value : {nan, infinity, -infinity})
            for (const Index place : {0, 25, 50}) {
                Matrix draws = gaussian_chains(rng, 51, 2, 0.0);
                EXPECT_FALSE(std::isnan(of(draws))) << name;
                draws(place, 1) = value;
                EXPECT_TRUE(std::isnan(of(draws))) << name << " " << value << " at " << place;
            }
    }
}

TEST(Diagnostics, AllAtOnce) {
    auto rng = test_rng(11);
    const Matrix draws = gaussian_chains(rng, 80, 3, 0.5);
    const Diagnostics all = diagnose(draws);
    const auto pooled = by_hand::pooled(by_hand_chains(draws));
    EXPECT_NEAR(all.mean, static_cast<double>(by_hand::mean(pooled)), 1e-14);
    EXPECT_NEAR(all.sd, static_cast<double>(std::sqrt(by_hand::variance(pooled))), 1e-13);
    EXPECT_EQ(all.mcse_mean, mcse_mean(draws));
    EXPECT_EQ(all.r_hat, rank_normalised_split_r_hat(draws));
    EXPECT_EQ(all.ess_bulk, bulk_effective_sample_size(draws));
    EXPECT_EQ(all.ess_tail, tail_effective_sample_size(draws));

    const Diagnostics equal = diagnose(Vector::Constant(20, 0.1));
    EXPECT_EQ(equal.mean, 0.1);
    EXPECT_EQ(equal.sd, 0.0);
    Matrix broken = draws;
    broken(3, 1) = infinity;
    const Diagnostics none = diagnose(broken);
    EXPECT_TRUE(std::isnan(none.mean) && std::isnan(none.sd));
    for (const Diagnostics& d : {equal, none})
        EXPECT_TRUE(std::isnan(d.mcse_mean) && std::isnan(d.r_hat) && std::isnan(d.ess_bulk) &&
                    std::isnan(d.ess_tail));
}

TEST(Diagnostics, BadArguments) {
    const Matrix three = Matrix::Random(3, 2), none(8, 0), draws = Matrix::Random(8, 2);
    for (const Named& diagnostic : diagnostics())
        for (const Matrix& bad : {three, none}) {
            const auto error = support::thrown<ArgumentError>([&] { diagnostic.of(bad); });
            EXPECT_EQ(error.function(), diagnostic.name);
            EXPECT_EQ(error.argument(), bad.cols() == 0 ? "number of chains" : "number of iterations");
        }
    EXPECT_EQ(support::thrown<ArgumentError>([&] { diagnose(three); }).function(), "diagnose");
    for (const double p : {0.0, 1.0, -0.1, 1.1, nan}) {
        const auto ess = support::thrown<ArgumentError>([&] { quantile_effective_sample_size(draws, p); });
        EXPECT_EQ(ess.function() + " " + ess.argument(), "quantile_effective_sample_size p");
        const auto mcse = support::thrown<ArgumentError>([&] { mcse_quantile(draws, p); });
        EXPECT_EQ(mcse.function() + " " + mcse.argument(), "mcse_quantile p");
    }
}

}  // namespace
}  // namespace diagnostics_test
