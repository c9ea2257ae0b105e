// The fine Ising chain against its formula, written out again.
#include <predcg/models/ising/chain.hpp>
#include <predcg/testing/check_potential.hpp>

#include "close.hpp"
#include "test_seed.hpp"
#include "thrown.hpp"

#include <gtest/gtest.h>

#include <numeric>

namespace ising_fine_chain_test {
using namespace predcg;
using ising::FineChainSettings;
using ising::Normalisation;
using ising::Spin;
using support::expect_close;
using support::thrown;
using Spins = std::vector<Spin>;

static_assert(ChainPotential<ising::FineChain<>> && HasEnergyDifference<ising::FineChain<>>);
static_assert(ChainPotential<ising::FineChain<8>> && HasEnergyDifference<ising::FineChain<8>>);
static_assert(!QuadraticPotential<ising::FineChain<>>);

namespace {

double coupling(const FineChainSettings& s, Index k) {
    const double L = static_cast<double>(s.range), a = s.exponent;
    double sum = 0.0;
    for (Index j = 1; j <= s.range; ++j) sum += 1.0 / std::pow(static_cast<double>(j), a);
    const double K = s.normalisation == Normalisation::slides ? s.strength * std::pow(L, 1.0 - a) * sum
                                                              : s.strength * L / sum;
    return K / (L * std::pow(static_cast<double>(k), a));
}

double energy(const FineChainSettings& s, const Spins& x) {
    double U = 0.0;
    for (Index k = 1; k <= s.range; ++k)
        for (Index i = 0; i < s.sites; ++i) {
            if (s.boundary == Boundary::open && i + k >= s.sites) continue;
            U -= coupling(s, k) * x[static_cast<std::size_t>(i)] *
                 x[static_cast<std::size_t>((i + k) % s.sites)];
        }
    for (const Spin spin : x) U -= s.field * spin;
    return U;
}

/// Rounding errors of an energy: a hundred units in the last place of the sum of all its terms.
double rounding(const FineChainSettings& s) {
    double sum = std::abs(s.field);
    for (Index k = 1; k <= s.range; ++k) sum += std::abs(coupling(s, k));
    return 1e-14 * (1.0 + static_cast<double>(s.sites) * sum);
}

Spins spins_of(unsigned bits, Index sites) {
    Spins x;
    for (Index i = 0; i < sites; ++i) x.push_back(bits >> i & 1u ? Spin{1} : Spin{-1});
    return x;
}

FineChainSettings random_settings(std::mt19937_64& rng) {
    std::normal_distribution<double> normal;
    std::bernoulli_distribution coin(0.5);
    FineChainSettings s;
    s.sites = std::uniform_int_distribution<Index>(1, 9)(rng);
    s.range = std::uniform_int_distribution<Index>(0, s.sites - 1)(rng);  // over half the ring, too
    s.strength = normal(rng);
    s.exponent = normal(rng);
    s.field = normal(rng);
    s.normalisation = coin(rng) ? Normalisation::slides : Normalisation::total;
    s.boundary = coin(rng) ? Boundary::periodic : Boundary::open;
    return s;
}

TEST(FineChain, EnergyOfEveryConfiguration) {
    auto rng = test_rng(1);
    for (int model = 0; model < 60; ++model) {
        const FineChainSettings s = random_settings(rng);
        const auto chain = ising::chain(s);
        EXPECT_EQ(chain.space().size(), s.sites);
        for (unsigned bits = 0; bits < 1u << s.sites; ++bits)
            EXPECT_NEAR(chain.energy(spins_of(bits, s.sites)), energy(s, spins_of(bits, s.sites)),
                        rounding(s))
                << to_text(s.sites) << " sites, range " << to_text(s.range);
    }
}

TEST(FineChain, DifferencesAndWindowsAgreeWithTheEnergy) {
    auto rng = test_rng(2);
    for (int model = 0; model < 60; ++model) {
        const FineChainSettings s = random_settings(rng);
        EXPECT_EQ(check_fine_potential(ising::chain(s), rng()), Findings{})
            << to_text(s.sites) << " sites, range " << to_text(s.range);
    }
}

TEST(FineChain, TwoSitesOnARingShareTwoBonds) {
    const auto ring = ising::chain({.sites = 2, .strength = 0.7, .field = 0.2});
    EXPECT_DOUBLE_EQ(ring.energy(Spins{1, 1}), -2 * 0.7 - 2 * 0.2);
    EXPECT_DOUBLE_EQ(ring.energy(Spins{1, -1}), 2 * 0.7);
    const auto open = ising::chain({.sites = 2, .strength = 0.7, .boundary = Boundary::open, .field = 0.2});
    EXPECT_DOUBLE_EQ(open.energy(Spins{1, 1}), -0.7 - 2 * 0.2);
}

TEST(FineChain, BondsOverHalfTheRingAreFolded) {
    const auto chain = ising::chain({.sites = 5, .range = 4});
    EXPECT_EQ(chain.couplings().size(), 4u);
    EXPECT_EQ(chain.window().width, 3);  // distances 3 and 4 are 2 and 1 the other way round
    EXPECT_EQ(ising::chain({.sites = 6, .range = 3}).window().width, 4);
    EXPECT_EQ(ising::chain({.sites = 5, .range = 4, .boundary = Boundary::open}).window().width, 5);
}

TEST(FineChain, Normalisations) {
    for (const double a : {0.0, 0.5, 1.0, 2.0}) {
        FineChainSettings s{.sites = 12, .strength = 1.5, .range = 6, .exponent = a};
        s.normalisation = Normalisation::total;
        const std::vector<double> total = ising::chain(s).couplings();
        expect_close(std::accumulate(total.begin(), total.end(), 0.0), 1.5, 1e-14);
        s.normalisation = Normalisation::slides;
        const std::vector<double> slides = ising::chain(s).couplings();
        // J_1 = J_0 L^-a sum_k k^-a
        double sum = 0.0;
        for (int k = 1; k <= 6; ++k) sum += std::pow(k, -a);
        expect_close(slides[0], 1.5 * std::pow(6.0, -a) * sum, 1e-14);
        for (const auto& J : {total, slides})
            for (std::size_t k = 1; k <= 6; ++k)
                expect_close(J[k - 1] / J[0], std::pow(static_cast<double>(k), -a), 1e-14);
    }
    // With one bond a site there is nothing to normalise.
    EXPECT_EQ(ising::chain({.strength = 1.5}).couplings(), std::vector<double>{1.5});
    EXPECT_EQ(ising::chain({.strength = 1.5, .normalisation = Normalisation::total}).couplings(),
              std::vector<double>{1.5});
    EXPECT_TRUE(ising::chain({.range = 0}).couplings().empty());
}

TEST(FineChain, Symmetries) {
    auto rng = test_rng(3);
    for (int model = 0; model < 30; ++model) {
        const FineChainSettings s = random_settings(rng);
        FineChainSettings opposite = s;
        opposite.field = -s.field;
        const auto chain = ising::chain(s);
        const Spins x = spins_of(static_cast<unsigned>(rng()), s.sites);
        Spins flipped = x, shifted = x;
        for (Spin& spin : flipped) spin = static_cast<Spin>(-spin);
        std::rotate(shifted.begin(), shifted.begin() + 1, shifted.end());
        EXPECT_NEAR(ising::chain(opposite).energy(flipped), chain.energy(x), rounding(s)) << "flip";
        EXPECT_NEAR(chain.energy(Spins(x.rbegin(), x.rend())), chain.energy(x), rounding(s)) << "reflection";
        if (s.boundary == Boundary::periodic) {
            EXPECT_NEAR(chain.energy(shifted), chain.energy(x), rounding(s)) << "translation";
        }
    }
}

TEST(FineChain, SizesAtCompileTimeChangeNoBit) {
    for (const Boundary boundary : {Boundary::periodic, Boundary::open}) {
        const FineChainSettings s{
            .sites = 8, .strength = 1.1, .range = 5, .exponent = 0.7, .boundary = boundary, .field = 0.3};
        const auto run_time = ising::chain(s);
        const auto compile_time = ising::chain<8>(s);
        EXPECT_EQ(compile_time.couplings(), run_time.couplings());
        EXPECT_EQ(compile_time.window(), run_time.window());
        for (unsigned bits = 0; bits < 256; ++bits) {
            const Spins x = spins_of(bits, 8);
            std::array<Spin, 8> fixed;
            std::copy(x.begin(), x.end(), fixed.begin());
            EXPECT_EQ(compile_time.energy(fixed), run_time.energy(x));
            for (Index i = 0; i < 8; ++i)
                EXPECT_EQ(compile_time.energy_difference(fixed, i, 1), run_time.energy_difference(x, i, 1));
        }
        EXPECT_EQ(check_fine_potential(compile_time), Findings{});
    }
    EXPECT_EQ(ising::chain<4>({.sites = 32}).space().size(), 4);  // the number in <> counts
}

TEST(FineChain, Refuses) {
    const auto text = [](const FineChainSettings& s) {
        return std::string(thrown<ArgumentError>([&] { ising::chain(s); }).what());
    };
    EXPECT_EQ(text({.sites = 0}), "predcg::LatticeSpace: sites is 0; allowed: an integer >= 1");
    EXPECT_EQ(text({.sites = -4}), "predcg::LatticeSpace: sites is -4; allowed: an integer >= 1");
    EXPECT_EQ(text({.sites = 8, .range = -1}),
              "predcg::ising::chain: range is -1; allowed: 0 to 7, sites - 1");
    EXPECT_EQ(text({.sites = 8, .range = 8}), "predcg::ising::chain: range is 8; allowed: 0 to 7, sites - 1");
    const double infinity = std::numeric_limits<double>::infinity();
    EXPECT_EQ(text({.strength = std::nan("")}),
              "predcg::ising::chain: strength is nan; allowed: a finite number");
    EXPECT_EQ(text({.exponent = infinity}),
              "predcg::ising::chain: exponent is inf; allowed: a finite number");
    EXPECT_EQ(text({.field = -infinity}), "predcg::ising::chain: field is -inf; allowed: a finite number");
    // Finite settings whose couplings are not.
    EXPECT_EQ(thrown<ArgumentError>([] { ising::chain({.range = 3, .exponent = -1e4}); }).argument(),
              "exponent");
    EXPECT_EQ(std::string(thrown<ArgumentError>([] {
                              ising::chain({.sites = 8}).energy(Spins{1, 1});
                          }).what()),
              "predcg::ising::FineChain::energy: number of sites is 2; allowed: 8");
}

}  // namespace
}  // namespace ising_fine_chain_test
