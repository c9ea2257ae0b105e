// Numbers at the edge: energies that are large beside the differences that count, data that are all equal,
// draws that are few, bounds of priors. Closed forms, enumeration and quadrature.
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/judge/checks.hpp>
#include <predcg/kernels/single_site.hpp>
#include <predcg/models/ising/chain.hpp>
#include <predcg/models/ising/observables.hpp>
#include <predcg/posterior/full_posterior.hpp>
#include <predcg/predict/credible_interval.hpp>
#include <predcg/predict/fine_scale.hpp>
#include <predcg/predict/latent.hpp>
#include <predcg/structure/boltzmann.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "grid_posterior.hpp"
#include "ising_grainer.hpp"
#include "test_seed.hpp"
#include "thrown.hpp"

namespace posterior_edges_test {
using namespace predcg;
using support::Spins;
using support::thrown;

namespace {

support::IsingGrainer grainer_of(const ising::CoarseChainSettings& model) {
    return support::ising_grainer(model, 2, support::any_prior(weak_prior()));
}

/// The maximum of a concave function by bisection of its slope.
template <class Slope>
double root(double low, double high, Slope&& slope) {
    for (int k = 0; k < 200; ++k) {
        const double middle = 0.5 * (low + high);
        (slope(middle) > 0.0 ? low : high) = middle;
    }
    return low;
}

}  // namespace

TEST(LargeEnergies, CorrelationsOfAFrozenRingAreExact) {
    // Two configurations count, all alike: the log weights are rounded by 1e-5, their differences are not.
    for (const double strength : {1e3, 1e6, 1e10, -1e10}) {
        const auto chain = ising::chain({.sites = 6, .strength = strength});
        const Vector R = truth(chain, 1.0, ising::Correlation{Boundary::periodic}).mean;
        for (Index lag = 0; lag < R.size(); ++lag)
            EXPECT_NEAR(R[lag], strength < 0.0 && lag % 2 == 1 ? -1.0 : 1.0, 1e-12) << strength << " " << lag;
    }
}

TEST(LargeEnergies, WhatDrownsInRoundingIsRefused) {
    const auto chain = ising::chain({.sites = 6, .strength = 1e15, .field = 0.3});
    const Boltzmann target(chain, 1.0);
    for (const NumericalError& error :
         {thrown<NumericalError>([&] { TransferMatrix{}.log_partition(target); }),
          thrown<NumericalError>([&] { TransferMatrix{}.sampler(target); }),
          thrown<NumericalError>([&] { (void)truth(chain, 1.0, ising::Magnetization{}); })})
        EXPECT_NE(std::string(error.what()).find("beyond 1e12 rounding hides"), std::string::npos)
            << error.what();
}

TEST(LargeEnergies, KernelsSeeConditionalProbabilities) {
    // Windows of two and of five sites: tabulated neighbourhoods and those that are not. Weights underflow.
    for (const Index range : {1, 4})
        for (const double scale : {1.0, 300.0, 1e5}) {
            const Boltzmann target(
                ising::chain({.sites = 12, .strength = 0.8 * scale, .range = range, .field = 0.3 * scale}),
                1.0);
            auto conditionals = detail::conditionals(target);
            Philox4x32 rng = make_stream(test_seed(), Purpose::check, static_cast<std::uint64_t>(range));
            for (int k = 0; k < 20; ++k) {
                Spins X = target.space().random(rng);
                conditionals.load(X);
                for (std::size_t i = 0; i < X.size(); ++i) {
                    const auto site = static_cast<Index>(i);
                    Spins other = X;
                    other[i] = static_cast<ising::Spin>(-X[i]);
                    const double change = target.log_density(other) - target.log_density(X);
                    const double p_other = 1.0 / (1.0 + std::exp(-change));
                    EXPECT_NEAR(conditionals.cumulative(site)[0], X[i] < 0 ? 1.0 - p_other : p_other, 1e-12)
                        << scale;
                    const Index there = X[i] < 0 ? 1 : 0;
                    for (const double u : {1e-9, 0.3, 0.999}) {
                        if (std::abs(std::log(u) - change) < 1e-9) continue;
                        EXPECT_EQ(conditionals.accepts(site, there, u), std::log(u) < change) << scale;
                    }
                }
            }
        }
}

TEST(LargeEnergies, AFieldThatSettlesXLeavesTheMapsOptimum) {
    // All X are +1: the fine spins are coins, heads with theta_cf, and the prior.
    Philox4x32 rng = make_stream(test_seed(), Purpose::check, 7);
    std::vector<Spins> data;
    double up = 0.0, all = 0.0;
    for (int k = 0; k < 40; ++k) {
        Spins x(8);
        for (auto& spin : x) {
            spin = uniform(rng) < 0.7 ? 1 : -1;
            up += spin > 0 ? 1.0 : 0.0;
            all += 1.0;
        }
        data.push_back(x);
    }
    const double eta = root(0.0, 10.0, [&](double z) {
        return up / (1.0 + std::exp(z)) - (all - up) / (1.0 + std::exp(-z)) - (z - 1.0) / 4.0;
    });
    for (const double field : {1e3, 1e6, 1e8, 1e9}) {
        const auto grainer = grainer_of({.sites = 4, .linear = true, .pair_range = 1, .field = field});
        const auto fit = grainer.fit(data, {.beta = 1.0});
        EXPECT_EQ(fit.status, Status::converged) << field;
        EXPECT_NEAR(fit.parameters.eta[0], eta, 1e-6) << field;
        const bool is_told =
            std::any_of(fit.remarks.begin(), fit.remarks.end(), [](const std::string& remark) {
                return remark.find("nats only") != std::string::npos;
            });
        EXPECT_EQ(is_told, field > 2e8) << field;
        EXPECT_NEAR(fit.parameters.theta[0], 0.0, 1e-6) << field;
        EXPECT_NEAR(fit.log_likelihood,
                    -up * std::log1p(std::exp(-eta)) - (all - up) * std::log1p(std::exp(eta)),
                    1e-6 + 1e-13 * field * all)
            << field;
    }
    const auto grainer = grainer_of({.sites = 4, .linear = true, .pair_range = 1, .field = 1e15});
    const std::string message = thrown<FitError>([&] { (void)grainer.fit(data, {.beta = 1.0}); }).what();
    EXPECT_NE(message.find("lower beta, fields or couplings"), std::string::npos) << message;
}

TEST(NarrowAndWidePriors, HoldWhatTheySayOrAreRefused) {
    const auto data =
        std::vector<Spins>{{1, 1, -1, 1, 1, 1, -1, -1}, {1, -1, -1, -1, 1, 1, 1, 1}, Spins(8, 1)};
    const auto fit_with = [&](double sd, double mean) {
        const support::AnyPrior prior{Normal{mean, sd}, TruncatedNormal{1.0, 2.0, 0.0}};
        return support::ising_grainer({.sites = 4, .pair_range = 1}, 2, prior).fit(data, {.beta = 1.0});
    };
    for (const double sd : {1e-300, 1e-160, 1e160, 1e300})
        EXPECT_NE(std::string(thrown<ArgumentError>([&] { (void)fit_with(sd, 0.3); }).what()).find("sd"),
                  std::string::npos);
    for (const double sd : {1e-4, 1e-8}) {
        const auto fit = fit_with(sd, 0.3);
        EXPECT_EQ(fit.status, Status::converged) << sd;
        EXPECT_NEAR(fit.parameters.theta[0], 0.3, 100.0 * sd * sd + 1e-12) << sd;
    }
}

TEST(EqualData, ThePosteriorIsThatOfQuadrature) {
    // 200,000 times all spins up: both parameters are bounded from below alone, by the prior from above.
    const ising::CoarseChainSettings model{.sites = 4, .pair_range = 1, .field = 0.3};
    const auto grainer = grainer_of(model);
    const double count = 200'000.0;
    const std::vector<Spins> one{Spins(8, 1)};
    const auto data = grainer.prepare(one, 1.0, std::vector<double>{count});
    const auto fit = grainer.fit_prepared(data);
    const auto posterior = full_posterior(grainer, data, fit, {.draws = 16000, .seed = test_seed()});
    const auto log_posterior = [&](double theta, double eta) {
        double q = 0.0, p = 0.0;
        for (int code = 0; code < 16; ++code) {
            int X[4], sum = 0, bonds = 0;
            for (int i = 0; i < 4; ++i) sum += X[i] = (code >> i & 1) != 0 ? 1 : -1;
            for (int i = 0; i < 4; ++i) bonds += X[i] * X[(i + 1) % 4];
            const double weight = std::exp(theta * (bonds - 4) + 0.3 * (sum - 4));
            p += weight;
            q += weight * std::exp(eta * (sum - 4));  // 2 (sum - 4) / 2 spins differ
        }
        const double likelihood = std::log(q / p) - 8.0 * std::log1p(std::exp(-eta));
        return count * likelihood - 0.125 * theta * theta - 0.125 * (eta - 1.0) * (eta - 1.0);
    };
    const support::GridPosterior grid({2.5, 9.0, 400}, {10.5, 18.5, 400}, log_posterior);
    EXPECT_TRUE(posterior.reliable) << (posterior.remarks.empty() ? "" : posterior.remarks.front());
    for (const Index k : {0, 1}) {
        const double error = posterior.diagnostics[static_cast<std::size_t>(k)].mcse_mean;
        EXPECT_NEAR(posterior.mean[k], grid.mean(k), 5.0 * error);
        EXPECT_NEAR(posterior.sd[k], grid.sd(k), 0.1 * grid.sd(k));
    }
}

TEST(LowerBounds, AreWallsBehindWhichThereIsNoDensity) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    const auto grainer = grainer_of({.sites = 4, .linear = true, .pair_range = 0});
    const auto data = grainer.prepare(std::vector<Spins>{Spins(8, 1), {1, 1, -1, 1, -1, -1, 1, 1}}, 0.5);
    const auto problem = grainer.problem(data);
    const LogPosterior posterior(problem);
    const Vector lower = problem.coordinates().lower();
    std::size_t bounds = 0;
    for (Index k = 0; k < lower.size(); ++k) {
        Vector z = Vector::Constant(lower.size(), 0.5);
        ASSERT_TRUE(std::isfinite(posterior.log_density(z)));
        z[k] = infinity;
        EXPECT_EQ(posterior.log_density(z), -infinity);
        EXPECT_EQ(posterior.log_density_and_gradient(z).second, Vector::Zero(lower.size()));
        if (!std::isfinite(lower[k])) continue;
        ++bounds;
        z[k] = lower[k] - 0.25;
        EXPECT_EQ(posterior.log_density(z), -infinity);
        EXPECT_EQ(posterior.log_density_and_gradient(z).second, Vector::Zero(lower.size()));
        EXPECT_FALSE(posterior.space().contains(z));
        EXPECT_EQ(posterior.space().mirrored(z)[k], lower[k] + 0.25);
        z[k] = lower[k] + 0.25;
        EXPECT_TRUE(std::isfinite(posterior.log_density(z)));
        EXPECT_TRUE(posterior.space().contains(z));
    }
    EXPECT_GT(bounds, 0U);
    EXPECT_EQ(posterior.space().walls().size(), bounds);
}

TEST(FewDraws, AChainHasFourAtLeast) {
    const auto grainer = grainer_of({.sites = 4, .linear = true, .pair_range = 0});
    const auto data = grainer.prepare(std::vector<Spins>{Spins(8, 1), {1, 1, -1, 1, -1, -1, 1, 1}}, 0.5);
    const auto fit = grainer.fit_prepared(data);
    const std::string words = thrown<ArgumentError>([&] {
                                  (void)full_posterior(grainer, data, fit, {.draws = 11, .chains = 3});
                              }).what();
    EXPECT_NE(words.find("at least 4 a chain"), std::string::npos) << words;
}

TEST(FewDraws, LatentMeansAreThoseOverAllOfThem) {
    const auto grainer = grainer_of({.sites = 4, .linear = true, .pair_range = 0});
    const std::vector<Spins> samples{Spins(8, 1), {1, 1, -1, 1, -1, -1, 1, 1}};
    const auto data = grainer.prepare(samples, 0.5);
    auto at = grainer.fit_prepared(data);
    const auto posterior = full_posterior(grainer, data, at, {.draws = 8, .chains = 2, .warm_up = 20});
    Vector sum = Vector::Zero(4);
    for (Index k = 0; k < 8; ++k) {
        at.parameters = posterior.parameters(k);
        sum += latent_mean(at, samples[1]);
    }
    EXPECT_LT((latent_mean(posterior, samples[1]) - sum / 8.0).cwiseAbs().maxCoeff(), 1e-14);
}

TEST(FewDraws, ErrorsThatAreNotKnownHaveAReason) {
    const auto grainer = grainer_of({.sites = 4, .pair_range = 1});
    PosteriorResult result;
    result.fit.coarse_names = {"pair_1"};
    result.fit.map_names = {"logit_theta_cf"};
    result.fit.parameters = {Vector::Zero(1), Vector::Zero(1)};
    result.fit.beta = 1.0;
    result.chains = 4;
    result.draws = Matrix::Zero(2, 40);
    Philox4x32 rng = make_stream(test_seed(), Purpose::check, 8);
    for (Index k = 0; k < 40; ++k) result.draws(0, k) = uniform(rng);
    result.draws(0, 7) = result.draws(0, 8) = 2.0;  // a move was refused: the largest value came twice
    const Posterior posterior(result, grainer.coarse(), grainer.map(), grainer.engine());
    const auto first = [](const auto&, const Parameters& at, double) { return at.theta[0]; };
    const CredibleInterval twice = credible_interval(posterior, first);
    EXPECT_TRUE(std::isnan(twice.upper_error[0]));
    EXPECT_TRUE(std::isfinite(twice.lower_error[0]));
    ASSERT_EQ(twice.remarks.size(), 1U);
    EXPECT_EQ(twice.remarks[0],
              "component 0: no Monte Carlo error of upper, as the draws there are equal or too "
              "few to tell: more draws");
    // A band says it once.
    const auto band = [](const auto&, const Parameters& at, double) {
        return Vector{{at.theta[0], -1.0, 2.0 * at.theta[0], 3.0 * at.theta[0]}};
    };
    const CredibleInterval bands = credible_interval(posterior, band);
    ASSERT_EQ(bands.remarks.size(), 1U);
    EXPECT_EQ(bands.remarks[0].find("component 0 and 2 more: no Monte Carlo error of upper"), 0U)
        << bands.remarks[0];
    // What is the same for all parameters but for rounding has no error.
    const auto constant = [](const auto&, const Parameters& at, double) {
        return at.theta[0] > 1.5 ? 1.0 : 1.0 + 1e-16 + 2.3e-16;
    };
    const CredibleInterval rounded = credible_interval(posterior, constant);
    EXPECT_EQ(rounded.upper_error[0], 0.0);
    EXPECT_TRUE(rounded.remarks.empty());
    // Chains of three draws.
    result.draws = Matrix::Zero(2, 12);
    for (Index k = 0; k < 12; ++k) result.draws(0, k) = uniform(rng);
    const Posterior short_one(result, grainer.coarse(), grainer.map(), grainer.engine());
    const CredibleInterval brief = credible_interval(short_one, first);
    ASSERT_EQ(brief.remarks.size(), 1U);
    EXPECT_NE(
        brief.remarks[0].find("no Monte Carlo error of mean, sd, lower, upper, as chains have less than 4"),
        std::string::npos)
        << brief.remarks[0];
}

TEST(EqualData, ChecksTakeTheDataOnce) {
    // The data's side is computed once; what depends on parameters is bound to each draw's.
    const auto grainer = grainer_of({.sites = 4, .pair_range = 1, .field = 0.3});
    Philox4x32 rng = make_stream(test_seed(), Purpose::check, 9);
    std::vector<Spins> data;
    for (int k = 0; k < 30; ++k) {
        Spins x(8);
        for (auto& spin : x) spin = uniform(rng) < 0.7 ? 1 : -1;
        data.push_back(x);
    }
    const auto fit = grainer.fit(data, {.beta = 1.0});
    const auto posterior = full_posterior(grainer, data, fit, {.draws = 200, .seed = test_seed()});
    const auto checks =
        predictive_checks(posterior, data, {.replicates = 200}, checked("m", ising::Magnetization{}),
                          checked("-log p", NegativeLogDensity{}));
    EXPECT_NEAR(checks[0].observed, data_mean(data, ising::Magnetization{})[0], 1e-12);
    double expected = 0.0;
    for (Index k = 0; k < 200; ++k) {
        const auto problem = grainer.problem(grainer.prepare(data, 1.0));
        expected -= problem.log_likelihood(posterior.parameters(k)) / 30.0 / 200.0;
    }
    EXPECT_NEAR(checks[1].observed, expected, 1e-10);
}

}  // namespace posterior_edges_test
