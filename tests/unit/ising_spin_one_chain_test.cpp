// The coarse chain of letters -1, 0, +1 against its formula, written out again.
#include <predcg/engines/enumeration.hpp>
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/structure/boltzmann.hpp>
#include <predcg/structure/statistics.hpp>
#include <predcg/testing/check_potential.hpp>

#include <gtest/gtest.h>

namespace ising_spin_one_chain_test {
using namespace predcg;
using ising::Spin;

namespace {

using Chain = ising::CoarseChain<dynamic, ising::SpinOneTerms>;
static_assert(LinearCoarsePotential<Chain> && ChainCoarsePotential<Chain>);
static_assert(!HasTwoValuedTerms<Chain> && HasTwoValuedTerms<ising::CoarseChain<>>);

ising::SpinOneChainSettings settings(Boundary boundary) {
    return {.sites = 6,
            .linear = true,
            .pair_range = 2,
            .triplets = {{1, 1}, {2, 1}},
            .square = true,
            .quad_range = 2,
            .field = 0.3,
            .boundary = boundary};
}
const Vector theta{{0.7, 0.4, -0.3, 0.5, -0.6, 0.8, 0.35, -0.45}};

double energy_by_hand(const std::vector<Spin>& X, const Vector& t, double mu, Boundary boundary) {
    const int n = static_cast<int>(X.size());
    const auto at = [&](int i) -> double {
        if (boundary == Boundary::open && (i < 0 || i >= n)) return 0.0;
        return X[static_cast<std::size_t>((i + n) % n)];
    };
    double u = 0.0;
    for (int i = 0; i < n; ++i) {
        const double x = at(i);
        u -= (0.5 * t[0] + mu) * x + t[1] * x * at(i + 1) + t[2] * x * at(i + 2);
        u -= 0.5 * t[3] * x * (at(i + 1) * at(i + 2) + at(i - 1) * at(i - 2));
        u -= 0.5 * t[4] * x * (at(i + 1) * at(i + 3) + at(i - 1) * at(i - 3));
        u -= t[5] * x * x + t[6] * x * x * at(i + 1) * at(i + 1) + t[7] * x * x * at(i + 2) * at(i + 2);
    }
    return u;
}

class SpinOneChain : public testing::TestWithParam<Boundary> {};
INSTANTIATE_TEST_SUITE_P(Boundaries, SpinOneChain, testing::Values(Boundary::periodic, Boundary::open));

TEST_P(SpinOneChain, EnergyOfEveryConfiguration) {
    const auto chain = ising::spin_one_chain(settings(GetParam()));
    EXPECT_EQ(chain.parameter_names(),
              (std::vector<std::string>{"linear", "pair_1", "pair_2", "triplet_1_1", "triplet_1_2", "square",
                                        "quad_1", "quad_2"}));
    ASSERT_EQ(chain.parameter_count(), theta.size());
    std::vector<Spin> X(6);
    for (int code = 0; code < 729; ++code) {
        for (int i = 0, rest = code; i < 6; ++i, rest /= 3)
            X[static_cast<std::size_t>(i)] = static_cast<Spin>(rest % 3 - 1);
        EXPECT_NEAR(energy(chain, X, theta), energy_by_hand(X, theta, 0.3, GetParam()), 1e-12);
    }
}

TEST_P(SpinOneChain, DifferencesAndWindowsAgreeWithTheEnergy) {
    EXPECT_EQ(check_coarse_potential(ising::spin_one_chain(settings(GetParam())), theta, 1), Findings{});
}

TEST_P(SpinOneChain, TransferMatrixAndEnumerationAgree) {
    const auto chain = ising::spin_one_chain(settings(GetParam()));
    const auto target = boltzmann(chain, theta, 0.8);
    const EnergyGradient statistic(chain, theta);
    const Moments matrix = TransferMatrix{}.expect(target, statistic);
    const Moments sum = Enumeration{}.expect(target, statistic);
    EXPECT_NEAR(*matrix.log_partition, *sum.log_partition, 1e-11);
    for (Index k = 0; k < theta.size(); ++k) {
        EXPECT_NEAR(matrix.mean[k], sum.mean[k], 1e-11);
        Vector up = theta, down = theta;  // -1/beta d log Z / d theta
        up[k] += 1e-4;
        down[k] -= 1e-4;
        const double slope = (TransferMatrix{}.log_partition(boltzmann(chain, up, 0.8)) -
                              TransferMatrix{}.log_partition(boltzmann(chain, down, 0.8))) /
                             2e-4;
        EXPECT_NEAR(-slope / 0.8, matrix.mean[k], 1e-6);
    }
}

TEST_P(SpinOneChain, FlipOfLettersAndOddTerms) {
    auto flipped = settings(GetParam());
    flipped.field = -flipped.field;
    Vector odd = theta;
    for (const Index k : {0, 3, 4}) odd[k] = -odd[k];  // linear and triplets
    EXPECT_NEAR(
        TransferMatrix{}.log_partition(boltzmann(ising::spin_one_chain(settings(GetParam())), theta, 0.8)),
        TransferMatrix{}.log_partition(boltzmann(ising::spin_one_chain(flipped), odd, 0.8)), 1e-10);
}

TEST(SpinOneSquares, AloneLeaveSitesIndependent) {
    const auto chain = ising::spin_one_chain({.sites = 5, .square = true});
    EXPECT_NEAR(TransferMatrix{}.log_partition(boltzmann(chain, Vector{{0.7}}, 1.0)),
                5.0 * std::log(1.0 + 2.0 * std::exp(0.7)), 1e-12);
    EXPECT_THROW(ising::spin_one_chain({.sites = 4, .quad_range = 3}), ArgumentError);
}

}  // namespace
}  // namespace ising_spin_one_chain_test
