#include <predcg/models/ising/block_maps.hpp>

#include <predcg/engines/enumeration.hpp>
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/maps/autodiff_block.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/testing/check_map.hpp>

#include "reference.hpp"
#include "test_seed.hpp"
#include "thrown.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

namespace block_maps_properties_test {
using namespace predcg;
using ising::Spin;
using Spins = std::vector<Spin>;

namespace {

template <class F>
void expect_refused(F&& f, const std::string& words) {
    const std::string what = support::thrown<ArgumentError>(f).what();
    EXPECT_NE(what.find(words), std::string::npos) << what;
}

Vector some_eta(Index count, std::uint64_t seed) {
    auto rng = make_stream(seed, Purpose::check);
    return 0.7 * standard_normal_vector(rng, count);
}

/// Every family, on a ring and with ends, at levels 1 to 3.
template <class F>
void for_each_map(F&& f) {
    for (const Boundary boundary : {Boundary::periodic, Boundary::open})
        for (const Index level : {1, 2, 3}) {
            const std::string where =
                std::string(boundary == Boundary::open ? "open" : "ring") + " l=" + to_text(level);
            f(where + " bernoulli", ising::logistic_map({.level = level, .intercept = false, .tied = true}));
            f(where + " logistic",
              ising::logistic_map({.level = level, .window = {-1, 1}, .boundary = boundary}));
            f(where + " reflect",
              ising::logistic_map(
                  {.level = level, .window = {-1, 1}, .reflect = true, .boundary = boundary}));
            f(where + " tied", ising::logistic_map({.level = level,
                                                    .window = {-2, 0},
                                                    .autoregressive = true,
                                                    .tied = true,
                                                    .boundary = boundary}));
            f(where + " autoregressive",
              ising::logistic_map(
                  {.level = level, .window = {-1, 1}, .autoregressive = true, .boundary = boundary}));
            f(where + " probit", ising::logistic_map({.level = level,
                                                      .window = {0, 1},
                                                      .autoregressive = true,
                                                      .link = ising::Link::probit,
                                                      .boundary = boundary}));
            f(where + " link2", ising::link_map({.level = level, .boundary = boundary}));
            f(where + " link2 free",
              ising::link_map({.level = level, .mirrored = false, .boundary = boundary}));
            f(where + " link4", ising::link_map({.level = level, .neighbours = 4, .boundary = boundary}));
            f(where + " decimation", ising::decimation_map({.level = level, .boundary = boundary}));
        }
}

// Derivatives against differences, normalisation over all x, draws against the likelihood (7 standard
// errors), structure and classes.
TEST(BlockMapProperties, HoldTogether) {
    for_each_map([](const std::string& name, const auto& map) {
        const Index coarse = map.level() < 3 ? 5 : 3;
        if (map.geometry().chain_window().width > coarse) return;
        EXPECT_EQ(check_map(map, ising::spin_space(coarse), some_eta(map.parameter_count(), 3),
                            ising::spin_space(coarse * map.level()), test_seed()),
                  Findings{})
            << name;
    });
}

TEST(BlockMapProperties, BernoulliIsACaseOfTheFamily) {
    const auto general = ising::logistic_map({.level = 3, .intercept = false, .tied = true});
    const auto own = ising::bernoulli_map({.level = 3});
    EXPECT_EQ(general.parameter_names(), std::vector<std::string>{"own"});
    auto rng = make_stream(test_seed(), Purpose::check);
    const Vector eta = Vector::Constant(1, 0.8);
    for (int k = 0; k < 10; ++k) {
        const Spins X = ising::spin_space(4).random(rng), x = ising::spin_space(12).random(rng);
        EXPECT_NEAR(general.likelihood(general.prepare(x), eta).log_density(X),
                    own.likelihood(own.prepare(x), eta).log_density(X), 1e-12);
    }
}

/// The exact fit of both engines, on a data set with windows that reach over the whole chain.
TEST(BlockMapProperties, EnumerationAgreesWithTheTransferMatrix) {
    const auto data = reference::load_data("open");
    for (const Boundary boundary : {Boundary::periodic, Boundary::open}) {
        const auto coarse = ising::coarse_chain(
            {.sites = 8, .linear = true, .pair_range = 2, .field = 0.2, .boundary = boundary});
        const auto map = ising::logistic_map(
            {.level = 2, .window = {-1, 1}, .autoregressive = true, .boundary = boundary});
        const auto prior = weak_prior(map);
        const EMCoarseGrainer a{SamplesOnly<Spins>{}, coarse, map, TransferMatrix{}, Newton{}, prior};
        const EMCoarseGrainer b{SamplesOnly<Spins>{}, coarse, map, Enumeration{}, Newton{}, prior};
        const auto prepared = a.prepare(data, 0.6);
        const Parameters at{some_eta(3, 5), some_eta(map.parameter_count(), 6)};
        const auto p = a.problem(prepared);
        const auto q = b.problem(prepared);
        const auto e = p.evaluate(at), f = q.evaluate(at);
        EXPECT_NEAR(e.log_likelihood, f.log_likelihood, 1e-9);
        reference::expect_close(e.gradient, f.gradient, 1e-10, "gradient");
        reference::expect_close(e.observed(), f.observed(), 1e-9, "information");
        const Vector z = p.coordinates().z(at);
        reference::expect_close(p.value_and_gradient(z).second, p.point(z).gradient, 1e-10, "gradient by z");
    }
}

/// As in docs/maps.md: the density of a pair of spins between two coarse ones.
struct OwnBlock {
    Index level() const { return 2; }
    BlockWindow window() const { return {0, 1}; }
    Index parameter_count() const { return 4; }

    template <class S>
    S log_density(std::span<const double> x, std::span<const double> w, const VectorOf<S>& eta) const {
        using std::exp, std::log;
        const auto energy = [&](double a, double b) {
            return eta[0] * (a * b) + eta[1] * (a + b) + eta[2] * (a * w[0] + b * w[1]) +
                   eta[3] * (a * w[1] + b * w[0]);
        };
        S sum(0.0);
        for (const double a : {-1.0, 1.0})
            for (const double b : {-1.0, 1.0}) sum += exp(energy(a, b));
        return energy(x[0], x[1]) - log(sum);
    }
};

TEST(BlockMapProperties, AUsersBlockIsTheLinkMap) {
    const auto own = block_map<Spins, Spins>(OwnBlock{});
    const auto link = ising::link_map({.level = 2});
    const Vector eta = some_eta(4, 7);
    EXPECT_EQ(check_map(own, ising::spin_space(4), eta, ising::spin_space(8), test_seed()), Findings{});
    auto rng = make_stream(test_seed(), Purpose::check);
    for (int k = 0; k < 5; ++k) {
        const Spins X = ising::spin_space(4).random(rng), x = ising::spin_space(8).random(rng);
        const auto form = own.prepare(x);
        EXPECT_NEAR(own.likelihood(form, eta).log_density(X), link.likelihood(form, eta).log_density(X),
                    1e-12);
        const Vector T = own.sufficient_statistic(form)(X);
        const Expansion a = own.expected_log_density(T, 1.0, eta), b = link.expected_log_density(T, 1.0, eta);
        reference::expect_close(a.gradient, b.gradient, 1e-12, "gradient");
        reference::expect_close(a.hessian, b.hessian, 1e-11, "Hessian");
    }
}

// log Phi(z) = log(erfc(-z / sqrt 2) / 2): differences, and the asymptotic tail.
TEST(BlockMapProperties, ProbitKeepsItsDigitsInTheTails) {
    using ising::detail::log_normal_cdf, ising::detail::NormalCdfSlopes;
    EXPECT_NEAR(log_normal_cdf(0.0), std::log(0.5), 1e-15);
    EXPECT_NEAR(log_normal_cdf(-1.0), std::log(0.15865525393145705), 1e-14);
    EXPECT_NEAR(log_normal_cdf(8.0), -6.220960574271786e-16, 1e-29);
    EXPECT_NEAR(log_normal_cdf(-20.0), -203.91715537109726, 1e-10);
    EXPECT_NEAR(log_normal_cdf(-30.0 - 1e-9), log_normal_cdf(-30.0 + 1e-9), 1e-7);
    EXPECT_NEAR(log_normal_cdf(-40.0), -804.6084420137538, 1e-9);
    for (const double z : {-50.0, -29.0, -3.0, 0.5, 4.9, 5.1, 20.0}) {
        const double h = 1e-5;
        EXPECT_NEAR(NormalCdfSlopes(z).slope, (log_normal_cdf(z + h) - log_normal_cdf(z - h)) / (2 * h),
                    1e-7 * (1.0 + std::abs(z)))
            << z;
    }
    for (const double z : {-1e3, -1e5, -1e8}) EXPECT_NEAR(NormalCdfSlopes(z).curvature, -1.0, 1e-5) << z;
    EXPECT_NEAR(NormalCdfSlopes(-1e8).slope, 1e8, 1.0);
    EXPECT_NEAR(NormalCdfSlopes(-29.9999).curvature, NormalCdfSlopes(-30.0001).curvature, 1e-5);
}

// Counts of a single target, whose windows are looked at one by one, and in lanes; and where lanes do not
// hold the weights.
TEST(BlockMapProperties, CountsOfOneTargetAreThoseInLanes) {
    const auto data = reference::load_data("open");
    const auto map = ising::logistic_map({.level = 4, .window = {-1, 1}, .autoregressive = true});
    const EMCoarseGrainer grainer{SamplesOnly<Spins>{},
                                  ising::coarse_chain({.sites = 4, .linear = true, .pair_range = 1}), map,
                                  TransferMatrix{}};
    for (const double size : {1.0, 300.0}) {
        const Parameters at{Vector{{0.3, 0.2}}, size * start_of(map)};
        const auto together = grainer.prepare(data, 0.6);
        const auto all = grainer.problem(together);
        auto state = all.state(at);
        const Vector counts = all.expect(state).map;
        Vector sum = Vector::Zero(counts.size());
        for (const Spins& x : data) {
            const auto prepared = grainer.prepare(std::vector<Spins>{x}, 0.6);
            const auto one = grainer.problem(prepared);
            auto own = one.state(at);
            sum += one.expect(own).map;
        }
        reference::expect_close(counts, sum, 1e-10, "counts");
        EXPECT_NEAR(sum.sum(), 4.0 * static_cast<double>(data.size()), 1e-9);
    }
}

// Bernoulli's density is not normalised at X = 0, and no letter may lie outside a map's alphabet.
TEST(BlockMapProperties, LettersThatAMapDoesNotTakeAreRefusedBeforeAnyWork) {
    const auto three = ising::spin_one_chain({.sites = 4, .linear = true});
    const auto refused = [&](const auto& map) {
        const EMCoarseGrainer grainer{SamplesOnly<Spins>{}, three, map, TransferMatrix{}};
        expect_refused([&] { (void)grainer.prepare(std::vector<Spins>{Spins(8, 1)}, 1.0); },
                       "letter of the coarse potential's space");
    };
    refused(ising::bernoulli_map({.level = 2}));
    refused(ising::logistic_map({.level = 2}));
    const auto map = ising::logistic_map({.level = 2, .coarse_letters = {-1.0, 0.0, 1.0}});
    const EMCoarseGrainer grainer{SamplesOnly<Spins>{}, three, map, TransferMatrix{}};
    EXPECT_EQ(grainer.prepare(std::vector<Spins>{Spins(8, 1)}, 1.0).count, 1.0);
}

TEST(BlockMapProperties, RefuseWhatHasNoMeaning) {
    expect_refused([&] { (void)ising::logistic_map({.level = 0}); }, "level");
    expect_refused([&] { (void)ising::logistic_map({.window = {1, 2}}); }, "window.first");
    expect_refused([&] { (void)ising::logistic_map({.window = {0, 1}, .reflect = true}); }, "reflect");
    expect_refused([&] { (void)ising::logistic_map({.level = 30}); }, "1 to 20");
    expect_refused([&] { (void)ising::link_map({.neighbours = 3}); }, "2 or 4");
    const auto map = ising::link_map({.level = 2});
    expect_refused([&] { (void)map.prepare(Spins{1, -1, 1}); }, "multiple of the level");
    expect_refused([&] { (void)map.prepare(Spins{1, 0}); }, "one of -1, 1");
    expect_refused([&] { (void)map.at(Vector::Zero(3)); }, "length of eta");
}

}  // namespace
}  // namespace block_maps_properties_test
