// The coarse Ising chain against its formula, written out again.
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/structure/bound.hpp>
#include <predcg/testing/check_potential.hpp>

#include "close.hpp"
#include "ising_by_hand.hpp"
#include "test_seed.hpp"
#include "thrown.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace ising_coarse_chain_test {
using namespace predcg;
using ising::CoarseChainSettings;
using ising::Spin;
using ising::Triplet;
using support::expect_close;
using support::thrown;
using Spins = std::vector<Spin>;

namespace {

using RunTime = ising::CoarseChain<>;
static_assert(LinearCoarsePotential<RunTime> && ChainCoarsePotential<RunTime> && LearnablePotential<RunTime>);
static_assert(!HasEnergy<RunTime> && !HasAdmissible<RunTime> && !QuadraticCoarsePotential<RunTime>);
static_assert(HasEnergyDifference<Bound<RunTime>> && ChainPotential<Bound<RunTime>>);

/// All triples of sites of a ring that a term has, as bits.
std::set<unsigned> sites_of_all(const Triplet& t, Index n) {
    std::set<unsigned> all;
    for (Index i = 0; i < n; ++i)
        for (const Index sign : {1, -1}) {
            const auto bit = [&](Index distance) { return 1u << ((i + sign * distance) % n + n) % n; };
            all.insert(bit(0) | bit(t.m) | bit(t.m + t.n));
        }
    return all;
}
bool fits(const CoarseChainSettings& s, const Triplet& t) {
    const Index n = s.sites;
    if (s.boundary == Boundary::open) return t.m + t.n < n;
    if (t.m >= n || t.n >= n || t.m + t.n == n) return false;
    return std::none_of(s.triplets.begin(), s.triplets.end(),
                        [&](const Triplet& other) { return sites_of_all(other, n) == sites_of_all(t, n); });
}

/// Any terms that fit, triplets with distances up to 6 among them.
CoarseChainSettings random_settings(std::mt19937_64& rng) {
    std::normal_distribution<double> normal;
    std::bernoulli_distribution coin(0.5), rarely(0.2);
    CoarseChainSettings s;
    s.sites = std::uniform_int_distribution<Index>(1, 9)(rng);
    s.boundary = coin(rng) ? Boundary::periodic : Boundary::open;
    s.linear = coin(rng);
    s.pair_range = std::uniform_int_distribution<Index>(
        0, s.boundary == Boundary::periodic ? s.sites / 2 : s.sites - 1)(rng);
    for (Index m = 1; m <= 6; ++m)
        for (Index n = m; n <= 6; ++n)
            if (rarely(rng) && fits(s, {m, n})) s.triplets.push_back({m, n});
    s.field = normal(rng);
    return s;
}

Vector random_vector(Index size, std::mt19937_64& rng) {
    std::normal_distribution<double> normal;
    Vector v(size);
    for (double& x : v) x = normal(rng);
    return v;
}

Spins spins_of(unsigned bits, Index sites) {
    Spins X;
    for (Index i = 0; i < sites; ++i) X.push_back(bits >> i & 1u ? Spin{1} : Spin{-1});
    return X;
}

double energy_by_hand(const CoarseChainSettings& s, const Spins& X, const Vector& theta) {
    return static_cast<double>(by_hand::coarse_energy(s, X, by_hand::Numbers(theta.begin(), theta.end())));
}

std::string name_of(const CoarseChainSettings& s) {
    std::string name =
        to_text(s.sites) + (s.boundary == Boundary::periodic ? " sites, ring" : " sites, open");
    if (s.linear) name += ", linear";
    name += ", pairs to " + to_text(s.pair_range);
    for (const Triplet& t : s.triplets) name += ", triplet " + to_text(t.m) + "," + to_text(t.n);
    return name;
}

TEST(CoarseChain, EnergyAndFeaturesOfEveryConfiguration) {
    auto rng = test_rng(10);
    for (int model = 0; model < 60; ++model) {
        const CoarseChainSettings s = random_settings(rng);
        SCOPED_TRACE(name_of(s));
        const auto chain = ising::coarse_chain(s);
        const Index p = static_cast<Index>(by_hand::parameter_count(s));
        ASSERT_EQ(chain.parameter_count(), p);
        const Vector theta = random_vector(p, rng);
        for (unsigned bits = 0; bits < 1u << s.sites; ++bits) {
            const Spins X = spins_of(bits, s.sites);
            expect_close(energy(chain, X, theta), energy_by_hand(s, X, theta), 1e-12);
            const double base = energy_by_hand(s, X, Vector::Zero(p));
            expect_close(chain.base_energy(X), base, 1e-14);
            const Vector f = chain.features(X);
            for (Index k = 0; k < p; ++k)  // the energy is affine in theta
                expect_close(f[k], energy_by_hand(s, X, Vector::Unit(p, k)) - base, 1e-13);
        }
    }
}

TEST(CoarseChain, DifferencesAndWindowsAgreeWithTheEnergy) {
    auto rng = test_rng(11);
    for (int model = 0; model < 60; ++model) {
        const CoarseChainSettings s = random_settings(rng);
        const auto chain = ising::coarse_chain(s);
        EXPECT_EQ(check_coarse_potential(chain, random_vector(chain.parameter_count(), rng), rng()),
                  Findings{})
            << name_of(s);
    }
}

TEST(CoarseChain, NamesInOrder) {
    using Names = std::vector<std::string>;
    const auto chain = ising::coarse_chain(
        {.sites = 16, .linear = true, .pair_range = 2, .triplets = {{2, 2}, {2, 1}, {1, 1}}});
    EXPECT_EQ(chain.parameter_names(),
              (Names{"linear", "pair_1", "pair_2", "triplet_1_1", "triplet_1_2", "triplet_2_2"}));
    EXPECT_EQ(chain.parameter_count(), 6);
    EXPECT_EQ(ising::coarse_chain({.sites = 16, .pair_range = 1}).parameter_names(), Names{"pair_1"});
    EXPECT_EQ(ising::coarse_chain({.sites = 16, .linear = true}).parameter_names(), Names{"linear"});
    const auto none = ising::coarse_chain({.sites = 3, .field = 0.5});
    EXPECT_EQ(none.parameter_count(), 0);
    EXPECT_TRUE(none.parameter_names().empty());
    EXPECT_EQ(none.features(Spins{1, 1, -1}).size(), 0);
    EXPECT_EQ(energy(none, Spins{1, 1, -1}, Vector(0)), -0.5);
}

TEST(CoarseChain, HalfTheRing) {
    // Sites half a ring apart are paired twice: once from each.
    const auto chain = ising::coarse_chain({.sites = 4, .pair_range = 2});
    EXPECT_EQ(chain.features(Spins{1, 1, 1, 1}), (Vector(2) << -4, -4).finished());
    EXPECT_EQ(chain.features(Spins{1, 1, -1, 1}), (Vector(2) << 0, 0).finished());
    EXPECT_EQ(ising::coarse_chain({.sites = 2, .pair_range = 1}).features(Spins{1, 1})[0], -2.0);
}

TEST(CoarseChain, TripletsUseTheShortestWindow) {
    // Gaps 2, 4 and 1 round a ring of seven: the other side of the gap of 4 is three sites off.
    EXPECT_EQ(ising::coarse_chain({.sites = 7, .triplets = {{2, 4}}}).window().width, 4);
    EXPECT_EQ(
        ising::coarse_chain({.sites = 7, .triplets = {{2, 4}}, .boundary = Boundary::open}).window().width,
        7);
    EXPECT_EQ(ising::coarse_chain({.sites = 9, .triplets = {{1, 1}}}).window().width, 3);
    EXPECT_EQ(ising::coarse_chain({.sites = 3, .triplets = {{1, 1}}}).window().width, 3);
    // Round a ring (1, 2), (1, 5) and (2, 5) are the same sum over eight sites.
    Vector features;
    for (const Triplet t : {Triplet{1, 2}, {1, 5}, {2, 5}}) {
        const auto chain = ising::coarse_chain({.sites = 8, .triplets = {t}});
        Vector all(256);
        for (unsigned bits = 0; bits < 256; ++bits) all[bits] = chain.features(spins_of(bits, 8))[0];
        if (features.size() == 0) features = all;
        EXPECT_EQ(all, features) << t.m << ", " << t.n;
    }
}

TEST(CoarseChain, Symmetries) {
    auto rng = test_rng(12);
    for (int model = 0; model < 40; ++model) {
        const CoarseChainSettings s = random_settings(rng);
        SCOPED_TRACE(name_of(s));
        const auto chain = ising::coarse_chain(s);
        const Vector theta = random_vector(chain.parameter_count(), rng);
        const Spins X = spins_of(static_cast<unsigned>(rng()), s.sites);
        const double U = energy(chain, X, theta);
        // Flip: theta_lin -> -theta_lin - 4 mu, triplets change sign.
        if (s.linear) {
            Vector flipped = theta;
            flipped[0] = -theta[0] - 4.0 * s.field;
            flipped.tail(static_cast<Index>(s.triplets.size())) *= -1.0;
            Spins opposite = X;
            for (Spin& spin : opposite) spin = static_cast<Spin>(-spin);
            expect_close(energy(chain, opposite, flipped), U, 1e-12, "flip");
        }
        expect_close(energy(chain, Spins(X.rbegin(), X.rend()), theta), U, 1e-12, "reflection");
        if (s.boundary == Boundary::periodic) {
            Spins shifted = X;
            std::rotate(shifted.begin(), shifted.begin() + 1, shifted.end());
            expect_close(energy(chain, shifted, theta), U, 1e-12, "translation");
        }
    }
}

template <class StaticTerms>
void expect_same_bits(const CoarseChainSettings& s, std::mt19937_64& rng) {
    constexpr Index n = 7;
    SCOPED_TRACE(name_of(s));
    const auto run_time = ising::coarse_chain(s);
    const auto compile_time = ising::coarse_chain<n, StaticTerms>({.field = s.field, .boundary = s.boundary});
    static_assert(extent_of<decltype(compile_time.features(std::array<Spin, n>{}))> == StaticTerms::extent);
    EXPECT_EQ(compile_time.parameter_count(), run_time.parameter_count());
    EXPECT_EQ(compile_time.parameter_names(), run_time.parameter_names());
    EXPECT_EQ(compile_time.window(), run_time.window());
    const Vector theta = random_vector(run_time.parameter_count(), rng);
    for (unsigned bits = 0; bits < 1u << n; ++bits) {
        const Spins X = spins_of(bits, n);
        std::array<Spin, n> fixed;
        std::copy(X.begin(), X.end(), fixed.begin());
        EXPECT_EQ(Vector(compile_time.features(fixed)), run_time.features(X));
        EXPECT_EQ(compile_time.base_energy(fixed), run_time.base_energy(X));
        EXPECT_EQ(energy(compile_time, fixed, theta), energy(run_time, X, theta));
        for (Index i = 0; i < n; ++i)
            EXPECT_EQ(compile_time.energy_difference(fixed, i, 1, theta),
                      run_time.energy_difference(X, i, 1, theta));
    }
    EXPECT_EQ(check_coarse_potential(compile_time, theta), Findings{});
}

TEST(CoarseChain, SizesAndTermsAtCompileTimeChangeNoBit) {
    auto rng = test_rng(13);
    for (const Boundary b : {Boundary::periodic, Boundary::open}) {
        expect_same_bits<ising::StaticTerms<true, 3>>(
            {.sites = 7, .linear = true, .pair_range = 3, .field = 0.3, .boundary = b}, rng);
        expect_same_bits<ising::StaticTerms<false, 1, Triplet{1, 1}, Triplet{1, 2}, Triplet{2, 3}>>(
            {.sites = 7, .pair_range = 1, .triplets = {{1, 1}, {1, 2}, {2, 3}}, .field = -1.1, .boundary = b},
            rng);
        expect_same_bits<ising::StaticTerms<false, 0>>({.sites = 7, .field = 0.4, .boundary = b}, rng);
    }
}

TEST(CoarseChain, Refuses) {
    const auto text = [](const CoarseChainSettings& s) {
        return std::string(thrown<ArgumentError>([&] { ising::coarse_chain(s); }).what());
    };
    const std::string chain = "predcg::ising::coarse_chain: ";
    constexpr Boundary open = Boundary::open;
    EXPECT_EQ(text({.sites = 0}), "predcg::LatticeSpace: sites is 0; allowed: an integer >= 1");
    EXPECT_EQ(text({.sites = 8, .pair_range = -1}),
              chain + "pair_range is -1; allowed: 0 to 4, half the coarse sites");
    EXPECT_EQ(text({.sites = 9, .pair_range = 5}),
              chain + "pair_range is 5; allowed: 0 to 4, half the coarse sites");
    EXPECT_EQ(text({.sites = 8, .pair_range = 8, .boundary = open}),
              chain + "pair_range is 8; allowed: 0 to 7, the coarse sites - 1");
    EXPECT_EQ(text({.sites = 8, .field = std::nan("")}), chain + "field is nan; allowed: a finite number");
    const std::string ring = "three different sites: m and n below the coarse sites, m+n not these";
    for (const Triplet t : {Triplet{2, 2}, {1, 3}, {1, 4}, {4, 4}, {4, 5}})
        EXPECT_EQ(text({.sites = 4, .triplets = {t}}),
                  chain + "triplet is " + to_text(t.m) + "," + to_text(t.n) + "; allowed: " + ring);
    for (const Triplet t : {Triplet{0, 1}, {-1, 2}, {0, 0}})
        EXPECT_EQ(text({.sites = 8, .triplets = {t}}), chain + "triplet is " + to_text(t.m) + "," +
                                                           to_text(t.n) +
                                                           "; allowed: distances m,n with 1 <= m <= n");
    EXPECT_EQ(text({.sites = 8, .triplets = {{3, 5}}, .boundary = open}),
              chain + "triplet is 3,5; allowed: m+n less than the coarse sites");
    EXPECT_EQ(text({.sites = 8, .triplets = {{1, 2}, {2, 1}}}),
              chain + "triplet is 1,2; allowed: each triplet once, in order");
    // Distances that go round the ring.
    EXPECT_EQ(text({.sites = 16, .triplets = {{999999999, 999999999}}}),
              chain + "triplet is 999999999,999999999; allowed: " + ring);
    EXPECT_EQ(text({.sites = 16, .triplets = {{1, 2}, {17, 18}}}),
              chain + "triplet is 17,18; allowed: " + ring);
    EXPECT_THROW((ising::coarse_chain<8, ising::StaticTerms<true, 5>>()), ArgumentError);
    EXPECT_THROW((ising::coarse_chain<8, ising::StaticTerms<true, 1, Triplet{2, 1}>>()), ArgumentError);
    EXPECT_THROW((ising::coarse_chain<8, ising::StaticTerms<true, 1, Triplet{1, 2}, Triplet{1, 1}>>()),
                 ArgumentError);
    const auto eight = ising::coarse_chain({.sites = 8, .pair_range = 1});
    EXPECT_EQ(std::string(thrown<ArgumentError>([&] {
                              eight.features(Spins{1, 1});
                          }).what()),
              "predcg::ising::CoarseChain::features: number of sites is 2; allowed: 8");
    EXPECT_EQ(std::string(thrown<ArgumentError>([&] { Bound(eight, Vector::Zero(2)); }).what()),
              "predcg::Bound: length of theta is 2; allowed: 1, the number of parameters");
}

}  // namespace
}  // namespace ising_coarse_chain_test
