// Moments of x under p(x) = sum_X p_c(X) p_cf(x|X) with block maps, against sums over all (X, x) and exact
// decimation.
#include <predcg/engines/enumeration.hpp>
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/ising/block_maps.hpp>
#include <predcg/models/ising/chain.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/models/ising/observables.hpp>
#include <predcg/predict/predict.hpp>

#include "close.hpp"
#include "frequencies.hpp"
#include "reference.hpp"
#include "test_seed.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

namespace fine_moments_test {
using namespace predcg;
using ising::Spin;
using Spins = std::vector<Spin>;
using support::expect_close;

namespace {

constexpr double tolerance = 1e-12;

Vector normals(Index size, std::mt19937_64& rng) {
    std::normal_distribution<double> normal;
    Vector v(size);
    for (double& x : v) x = normal(rng);
    return v;
}

/// Configuration number k of n spins.
Spins spins(Index n, Index k) {
    Spins x(static_cast<std::size_t>(n));
    for (auto& s : x) s = k % 2 == 0 ? Spin{-1} : Spin{1}, k /= 2;
    return x;
}

/// p(x) of all x, by summing over all X.
template <class Coarse, class Map>
Vector density(const Coarse& coarse, const Map& map, const Parameters& at, double beta) {
    const auto target = boltzmann(coarse, at.theta, beta);
    const Index n = target.space().size(), fine = n * map.level();
    const auto tables = map.at(at.eta);
    Vector weights(Index{1} << n), p = Vector::Zero(Index{1} << fine);
    for (Index K = 0; K < weights.size(); ++K) weights[K] = std::exp(target.log_density(spins(n, K)));
    weights /= weights.sum();
    for (Index k = 0; k < p.size(); ++k) {
        const auto form = map.prepare(spins(fine, k));
        const auto likelihood = tables.likelihood(form);
        for (Index K = 0; K < weights.size(); ++K)
            p[k] += weights[K] * std::exp(likelihood.log_density(spins(n, K)));
    }
    return p;
}

SiteMoments moments_of(const Vector& p, Index n) {
    Vector mean = Vector::Zero(n);
    Matrix second = Matrix::Zero(n, n);
    for (Index k = 0; k < p.size(); ++k) {
        const Spins x = spins(n, k);
        for (std::size_t i = 0; i < x.size(); ++i) {
            mean[static_cast<Index>(i)] += p[k] * x[i];
            for (std::size_t j = 0; j < x.size(); ++j)
                second(static_cast<Index>(i), static_cast<Index>(j)) += p[k] * x[i] * x[j];
        }
    }
    return {mean, second};
}

/// Calls f(name, map) with all maps of a level.
template <class F>
void for_each_map(Index level, Boundary boundary, F&& f) {
    using ising::Link;
    f("Bernoulli", ising::logistic_map({.level = level, .boundary = boundary}));
    f("logistic", ising::logistic_map({.level = level, .window = {-1, 1}, .boundary = boundary}));
    f("reflect",
      ising::logistic_map({.level = level, .window = {-1, 1}, .reflect = true, .boundary = boundary}));
    f("autoregressive",
      ising::logistic_map({.level = level, .window = {0, 1}, .autoregressive = true, .boundary = boundary}));
    f("probit", ising::logistic_map({.level = level,
                                     .window = {-2, 0},
                                     .autoregressive = true,
                                     .link = Link::probit,
                                     .boundary = boundary}));
    f("link2", ising::link_map({.level = level, .boundary = boundary}));
    f("link4", ising::link_map({.level = level, .neighbours = 4, .mirrored = false, .boundary = boundary}));
    f("decimation", ising::decimation_map({.level = level, .boundary = boundary}));
}

template <class Coarse, class Map>
void expect_moments(const Coarse& coarse, const Map& map, std::mt19937_64& rng) {
    const Parameters at{normals(coarse.parameter_count(), rng), normals(map.parameter_count(), rng)};
    const double beta = 0.7;
    const auto target = boltzmann(coarse, at.theta, beta);
    const Index n = target.space().size();
    const Vector p = density(coarse, map, at, beta);
    expect_close(p.sum(), 1.0, tolerance, "sum over x");
    const SiteMoments exact = moments_of(p, n * map.level());
    const auto given = map.conditional_moments(n, at.eta);
    const auto expect_equal = [&](const auto& engine, const std::string& name) {
        const SiteMoments moments = engine.site_moments(target, given, 2);
        expect_close(moments.mean, exact.mean, tolerance, name + ": mean");
        expect_close(moments.second.matrix(), exact.second.matrix(), tolerance, name + ": second");
        const SiteMoments first = engine.site_moments(target, given, 1);
        expect_close(first.mean, exact.mean, tolerance, name + ": mean alone");
        EXPECT_EQ(first.second.size(), 0);
    };
    expect_equal(TransferMatrix{}, "transfer matrix");
    expect_equal(Enumeration{}, "enumeration");
}

TEST(FineMoments, AreSumsOverAllConfigurations) {
    auto rng = test_rng(71);
    for (const Boundary boundary : {Boundary::periodic, Boundary::open})
        for (const Index level : {2, 3})
            for (const Index range : {0, 1, 2})
                for_each_map(level, boundary, [&](const std::string& name, const auto& map) {
                    // Windows of the map and of p_c are equal, or one of them is wider.
                    const Index sites = level == 3 ? 3 : name == "link4" ? 5 : 4;
                    if (boundary == Boundary::periodic &&
                        (map.geometry().window().width() > sites || range > sites / 2))
                        return;
                    SCOPED_TRACE(name + ", level " + std::to_string(level) + ", range " +
                                 std::to_string(range) + (boundary == Boundary::open ? ", open" : ""));
                    expect_moments(ising::coarse_chain({.sites = sites,
                                                        .linear = true,
                                                        .pair_range = range,
                                                        .field = 0.2,
                                                        .boundary = boundary}),
                                   map, rng);
                });
}

// A ring keeps the pairs of one block.
TEST(FineMoments, OfARingHaveThePeriodOfABlock) {
    const auto coarse = ising::coarse_chain({.sites = 6, .pair_range = 1});
    const auto map = ising::link_map({.level = 3});
    const auto moments =
        TransferMatrix{}.site_moments(boltzmann(coarse, Vector::Constant(1, 0.4), 1.0),
                                      map.conditional_moments(6, Vector{{0.2, 0.1, 0.9, 0.3, -0.2}}), 2);
    EXPECT_EQ(moments.second.period(), 3);
    EXPECT_EQ(moments.second.sites(), 18);
}

// Chains with forbidden or very strong windows take another way through the engine.
TEST(FineMoments, OfStrongCouplings) {
    auto rng = test_rng(72);
    for (const Boundary boundary : {Boundary::periodic, Boundary::open}) {
        const auto coarse = ising::coarse_chain(
            {.sites = 5, .linear = true, .pair_range = 1, .field = 0.2, .boundary = boundary});
        const auto map = ising::link_map({.level = 2, .boundary = boundary});
        const Parameters at{Vector{{3.0, 400.0}}, normals(map.parameter_count(), rng)};
        const auto target = boltzmann(coarse, at.theta, 1.0);
        const auto given = map.conditional_moments(5, at.eta);
        const SiteMoments ours = TransferMatrix{}.site_moments(target, given, 2),
                          exact = Enumeration{}.site_moments(target, given, 2);
        expect_close(ours.mean, exact.mean, tolerance);
        expect_close(ours.second.matrix(), exact.second.matrix(), tolerance);
    }
}

TEST(FineMoments, AreRefusedWhereTheyTakeTooMuchMemory) {
    const Index sites = 50'000;
    const auto coarse = ising::coarse_chain({.sites = sites, .pair_range = 1, .boundary = Boundary::open});
    const auto map = ising::link_map({.boundary = Boundary::open});
    const auto target = boltzmann(coarse, Vector::Constant(1, 0.4), 1.0);
    const Vector eta = Vector::Constant(map.parameter_count(), 0.3);
    EXPECT_THROW((void)TransferMatrix{}.site_moments(target, map.conditional_moments(sites, eta), 2),
                 CostError);
    EXPECT_EQ(TransferMatrix{}.site_moments(target, map.conditional_moments(sites, eta), 1).mean.size(),
              2 * sites);
}

/// The chain of nearest neighbours with couplings K and H, as a model with beta 1.
ising::FineChain<> nearest(Index sites, double K, double H) {
    return ising::chain({.sites = sites, .strength = K, .range = 1, .field = H});
}

TEST(FineMoments, OfAnExactlyDecimatedChainAreTheChains) {
    const auto table = reference::load("maps")["decimation"];
    for (const auto& row : table) {
        const double K = row["K"], H = row["H"], K1 = row["K1"], H1 = row["H1"];
        const Index level = row["l"], sites = 6;
        SCOPED_TRACE("K " + std::to_string(K) + ", H " + std::to_string(H) + ", l " + std::to_string(level));
        const Boltzmann fine(nearest(sites * level, K, H), 1.0);
        const auto coarse =
            ising::coarse_chain({.sites = sites, .linear = true, .pair_range = 1, .field = H});
        const auto map = ising::decimation_map({.level = level});
        std::vector<double> eta;
        for (const auto& site : row["ar"])
            for (const char* name : {"intercept", "fine", "next"}) eta.push_back(site[name]);
        ASSERT_EQ(std::ssize(eta), map.parameter_count());
        const Parameters at{Vector{{2.0 * (H1 - H), K1}},
                            Vector(Eigen::Map<Vector>(eta.data(), std::ssize(eta)))};
        const auto target = boltzmann(coarse, at.theta, 1.0);
        const SiteMoments ours =
            TransferMatrix{}.site_moments(target, map.conditional_moments(sites, at.eta), 2);
        const SiteMoments exact = TransferMatrix{}.site_moments(fine, 2);
        expect_close(ours.mean, exact.mean, 1e-10, "m");
        expect_close(ising::Correlation(Boundary::periodic).from_moments(ours),
                     ising::Correlation(Boundary::periodic).from_moments(exact), 1e-10, "R");
    }
}

}  // namespace
}  // namespace fine_moments_test
