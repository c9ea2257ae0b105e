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
#include "thrown.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <random>
#include <span>
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
    const auto refused = support::thrown<CostError>(
        [&] { (void)TransferMatrix{}.site_moments(target, map.conditional_moments(sites, eta), 2); });
    EXPECT_EQ(refused.cost(), 8e10);  // bytes
    EXPECT_EQ(TransferMatrix{}.site_moments(target, map.conditional_moments(sites, eta), 1).mean.size(),
              2 * sites);
}

/// The chain of nearest neighbours with couplings K and H, as a model with beta 1.
ising::FineChain<> nearest(Index sites, double K, double H) {
    return ising::chain({.sites = sites, .strength = K, .range = 1, .field = H});
}

/// p_f(x) of all x.
Vector density_of(const ising::FineChain<>& chain) {
    const Boltzmann target(chain, 1.0);
    const Index n = target.space().size();
    Vector p(Index{1} << n);
    for (Index k = 0; k < p.size(); ++k) p[k] = std::exp(target.log_density(spins(n, k)));
    return p / p.sum();
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
        // So is p(x), of three coarse sites.
        const Vector p = density(
            ising::coarse_chain({.sites = 3, .linear = true, .pair_range = 1, .field = H}), map, at, 1.0);
        expect_close(p, density_of(nearest(3 * level, K, H)), 1e-12, "p(x)");
    }
}

// Draws of x at one X: how often each x, or each pattern of a block. 1752 comparisons, which fail by chance
// with probability < 1e-7 all together.
template <class Map>
void expect_draws(const Map& map, Index sites, std::mt19937_64& seeds) {
    const Index level = map.level(), n = sites * level, patterns = Index{1} << level, draws = 4000;
    const Vector eta = normals(map.parameter_count(), seeds);
    const Spins X = spins(sites, static_cast<Index>(seeds() % (std::uint64_t{1} << sites)));
    Philox4x32 rng(seeds());
    const auto number = [](auto first, auto last) {
        Index k = 0;
        while (last != first) k = 2 * k + (*--last > 0 ? 1 : 0);
        return k;
    };
    Vector counts = Vector::Zero(Index{1} << n), p = counts;
    Matrix block_counts = Matrix::Zero(patterns, sites), block_p = block_counts;
    const auto add = [&](const Spins& x, double weight, Vector& all, Matrix& blocks) {
        all[number(x.begin(), x.end())] += weight;
        for (Index r = 0; r < sites; ++r)
            blocks(number(x.begin() + r * level, x.begin() + (r + 1) * level), r) += weight;
    };
    for (Index k = 0; k < draws; ++k) add(map.sample(X, eta, rng), 1.0, counts, block_counts);
    for (Index k = 0; k < p.size(); ++k) {
        const Spins x = spins(n, k);
        const auto form = map.prepare(x);
        add(x, std::exp(map.likelihood(form, eta).log_density(X)), p, block_p);
    }
    const auto expect_frequency = [&](double hits, double chance) {
        EXPECT_LT(std::abs(support::frequency_z(hits, draws, chance)), support::frequency_limit)
            << hits << " of " << draws << " for " << chance;
    };
    for (Index r = 0; r < sites; ++r)
        for (Index k = 0; k < patterns; ++k) expect_frequency(block_counts(k, r), block_p(k, r));
    if (n < 9)
        for (Index k = 0; k < p.size(); ++k) expect_frequency(counts[k], p[k]);
}

/// A block that does not know how it is drawn.
struct UndrawnBlock {
    ising::LinkBlock block{ising::LinkMapSettings{}};
    Index level() const { return block.level(); }
    BlockWindow window() const { return block.window(); }
    Index parameter_count() const { return block.parameter_count(); }
    auto given(std::span<const double> w, const Vector& eta) const { return block.given(w, eta); }
};

TEST(BlockMapDraws, AreAsFrequentAsTheirProbabilities) {
    auto rng = test_rng(73);
    for (const Boundary boundary : {Boundary::periodic, Boundary::open}) {
        for (const Index level : {2, 3})
            for_each_map(level, boundary, [&](const std::string& name, const auto& map) {
                SCOPED_TRACE(name + ", level " + std::to_string(level) +
                             (boundary == Boundary::open ? ", open" : ""));
                expect_draws(map, 3, rng);
            });
        SCOPED_TRACE("without sample()");
        expect_draws(BlockMap<UndrawnBlock, Spins, Spins>(UndrawnBlock{}, {.boundary = boundary}), 3, rng);
    }
}

/// eta where the parameters whose names begin with one of these have changed sign.
template <class Map>
Vector with_signs(const Map& map, Vector eta, std::initializer_list<const char*> heads, bool of_these) {
    const auto names = map.parameter_names();
    for (Index k = 0; k < eta.size(); ++k) {
        bool is_one = false;
        for (const char* head : heads) is_one |= names[static_cast<std::size_t>(k)].starts_with(head);
        if (is_one == of_these) eta[k] = -eta[k];
    }
    return eta;
}

// The label of the coarse letters, and the sign of the fine ones.
TEST(BlockMapSymmetries, FlipsOfXAndOfAllSpins) {
    auto rng = test_rng(74);
    constexpr double mu = 0.2;
    for (const Boundary boundary : {Boundary::periodic, Boundary::open})
        for_each_map(2, boundary, [&](const std::string& name, const auto& map) {
            SCOPED_TRACE(name + (boundary == Boundary::open ? ", open" : ""));
            const auto coarse = ising::coarse_chain({.sites = 4,
                                                     .linear = true,
                                                     .pair_range = 1,
                                                     .triplets = {{1, 1}},
                                                     .field = mu,
                                                     .boundary = boundary});
            const Parameters at{normals(3, rng), normals(map.parameter_count(), rng)};
            const Vector flipped{{-at.theta[0] - 4.0 * mu, at.theta[1], -at.theta[2]}};
            const Vector p = density(coarse, map, at, 0.7);
            if (name != "decimation")
                expect_close(density(coarse, map,
                                     {flipped, with_signs(map, at.eta,
                                                          {"intercept", "fine", "inner", "field"}, false)},
                                     0.7),
                             p, 1e-10, "-X");
            expect_close(
                density(coarse, map, {flipped, with_signs(map, at.eta, {"intercept", "field"}, true)}, 0.7),
                Vector(p.reverse()), 1e-10, "-X, -x");
        });
}

/// p of the mirrored configurations.
Vector mirrored(const Vector& p, Index n) {
    Vector other(p.size());
    for (Index k = 0; k < p.size(); ++k) {
        Index image = 0;
        for (Index i = 0; i < n; ++i) image |= (k >> i & 1) << (n - 1 - i);
        other[image] = p[k];
    }
    return other;
}

TEST(BlockMapSymmetries, ReflectionsOfTheChain) {
    auto rng = test_rng(75);
    for (const Index level : {2, 3}) {
        const Index sites = level == 2 ? 4 : 3, n = sites * level;
        const auto expect_reflection = [&](const auto& map, Boundary boundary, auto&& image_of) {
            const auto coarse = ising::coarse_chain(
                {.sites = sites, .linear = true, .pair_range = 1, .field = 0.2, .boundary = boundary});
            const Parameters at{normals(2, rng), normals(map.parameter_count(), rng)};
            const auto names = map.parameter_names();
            Vector other(at.eta.size());
            for (std::size_t k = 0; k < names.size(); ++k) {
                const auto image = std::find(names.begin(), names.end(), image_of(names[k]));
                ASSERT_NE(image, names.end()) << names[k];
                other[image - names.begin()] = at.eta[static_cast<Index>(k)];
            }
            expect_close(density(coarse, map, {at.theta, other}, 0.7),
                         mirrored(density(coarse, map, at, 0.7), n), 1e-10, names.front());
        };
        const auto itself = [](const std::string& name) { return name; };
        for (const Boundary boundary : {Boundary::periodic, Boundary::open}) {
            const ising::LogisticMapSettings settings{
                .level = level, .window = {-1, 1}, .boundary = boundary};
            auto tied = settings;
            tied.reflect = true;
            expect_reflection(ising::logistic_map(tied), boundary, itself);
            expect_reflection(ising::logistic_map(settings), boundary, [&](std::string name) {
                const Index s = name.back() - '0';
                if (name.starts_with("previous"))
                    name = "next_0";
                else if (name.starts_with("next"))
                    name = "previous_0";
                name.back() = static_cast<char>('0' + level - 1 - s);
                return name;
            });
        }
        // Links: a block of an open chain has one on its right only.
        expect_reflection(ising::link_map({.level = level}), Boundary::periodic, itself);
        expect_reflection(ising::link_map({.level = level, .mirrored = false}), Boundary::periodic,
                          [&](std::string name) {
                              if (name[0] != 'c') return name;
                              return "c_" + std::to_string(level - 1 - (name[2] - '0')) + "," +
                                     std::to_string(1 - (name[4] - '0'));
                          });
    }
}

// The population of a chain of neighbours that repel each other: mirrored links cannot follow it.
TEST(BlockMapSymmetries, DoNotBindAnAntiferromagnet) {
    const Index sites = 4, n = 8;
    const Vector p = density_of(nearest(n, -0.6, 0.1));
    std::vector<Spins> data;
    for (Index k = 0; k < p.size(); ++k) data.push_back(spins(n, k));
    const auto divergence = [&](bool is_mirrored) {
        const auto coarse =
            ising::coarse_chain({.sites = sites, .linear = true, .pair_range = 1, .field = 0.1});
        const auto map = ising::link_map({.level = 2, .mirrored = is_mirrored});
        const EMCoarseGrainer grainer{SamplesOnly<Spins>{}, coarse,   map,
                                      TransferMatrix{},     Newton{}, flat_prior()};
        std::vector<double> weights;
        for (const double one : p) weights.push_back(1e4 * one);
        const auto fit = grainer.fit_prepared(prepare_data(map, data, 1.0, weights));
        double entropy = 0.0;
        for (const double one : p) entropy -= one * std::log(one);
        return -fit.log_likelihood / 1e4 - entropy;
    };
    EXPECT_GT(divergence(true), 0.1);
    EXPECT_LT(divergence(false), 1e-9);
}

}  // namespace
}  // namespace fine_moments_test
