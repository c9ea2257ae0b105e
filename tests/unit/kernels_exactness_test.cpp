// Discrete kernels against exact marginals and pair correlations. Independent chains start from exact draws
// and make a few sweeps: if the kernel leaves the target invariant, the ends are independent exact draws.
#include <predcg/engines/exact_draws.hpp>
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/kernels/single_site.hpp>

#include "frequencies.hpp"
#include "random_chain.hpp"
#include "test_seed.hpp"

#include <gtest/gtest.h>

namespace kernels_exactness_test {
using namespace predcg;

namespace {

constexpr int models = 60, chains = 6000, sweeps = 4;

/// Fewer than 3e5 frequencies are compared; by the bound in frequencies.hpp one of them lies outside by
/// chance with probability < 2 exp(-8^2/2) 3e5 < 1e-8.
constexpr double limit = 8.0;

/// Counts of pairs of letters at pairs of sites, i <= j.
class PairCounts {
public:
    explicit PairCounts(const support::NumberSpace& space)
        : space_(space), q_(space.letters.size()), n_(static_cast<std::size_t>(space.sites)),
          counts_(n_ * n_ * q_ * q_), places_(n_) {}

    void add(const std::vector<double>& X) {
        for (std::size_t i = 0; i < n_; ++i) places_[i] = static_cast<std::size_t>(space_.place(X[i]));
        for (std::size_t i = 0; i < n_; ++i)
            for (std::size_t j = i; j < n_; ++j) ++counts_[at(i, j, places_[i], places_[j])];
        ++total_;
    }

    void compare(const support::ExactChain& exact, const std::string& what) const {
        for (std::size_t i = 0; i < n_; ++i)
            for (std::size_t j = i; j < n_; ++j)
                for (std::size_t a = 0; a < q_; ++a)
                    for (std::size_t b = 0; b < q_; ++b) {
                        if (i == j && a != b) continue;
                        const double p = exact.pairs[i][j](static_cast<Index>(a), static_cast<Index>(b));
                        const double hits = counts_[at(i, j, a, b)];
                        EXPECT_LT(std::abs(support::frequency_z(hits, total_, p)), limit)
                            << what << ", sites " << i << " and " << j << ", letters " << a << " and " << b
                            << ": " << hits << " of " << total_ << " for p = " << p;
                    }
    }

private:
    std::size_t at(std::size_t i, std::size_t j, std::size_t a, std::size_t b) const {
        return ((i * n_ + j) * q_ + a) * q_ + b;
    }

    support::NumberSpace space_;
    std::size_t q_, n_;
    std::vector<int> counts_;
    std::vector<std::size_t> places_;
    int total_ = 0;
};

template <class Kernel>
void expect_invariant(const Kernel& kernel, const support::TableTarget& target,
                      const support::ExactChain& exact, std::uint32_t index, const std::string& what) {
    auto rng = make_stream(test_seed(), Purpose::check, index);
    auto starts = TransferMatrix{}.sampler(target);
    auto prepared = kernel.setup(target);
    PairCounts counts(target.chain);
    for (int chain = 0; chain < chains; ++chain) {
        auto X = starts.draw(rng);
        for (int k = 0; k < sweeps; ++k) kernel.advance_with(prepared, X, rng);
        counts.add(X);
    }
    counts.compare(exact, what);
}

template <class F>
void for_discrete_kernels(F&& f) {
    f(HeatBath{SweepOrder::sequential}, "heat bath, sequential");
    f(HeatBath{SweepOrder::random}, "heat bath, random");
    f(HeatBath{SweepOrder::checkerboard}, "heat bath, checkerboard");
    f(Metropolis{SweepOrder::sequential}, "Metropolis, sequential");
    f(Metropolis{SweepOrder::random}, "Metropolis, random");
    f(Metropolis{SweepOrder::checkerboard}, "Metropolis, checkerboard");
    f(ExactDraws<>{}, "exact draws");
}

TEST(DiscreteKernels, LeaveRandomChainsInvariant) {
    auto rng = test_rng(320);
    std::uint32_t stream = 0;
    int rings = 0, ternary = 0, site_dependent = 0;
    for (int model = 0; model < models && !HasFailure(); ++model) {
        const support::RandomChain chain = support::random_chain(rng);
        SCOPED_TRACE(chain.what);
        rings += chain.target.reach.boundary == Boundary::periodic;
        ternary += chain.target.chain.letters.size() == 3;
        site_dependent += !chain.target.homogeneous;
        const auto exact = support::sum_over_all(chain.target, chain.statistic, chain.target.chain);
        for_discrete_kernels([&](const auto& kernel, const char* name) {
            expect_invariant(kernel, chain.target, exact, ++stream, name);
        });
    }
    for (const int count : {rings, models - rings, ternary, models - ternary, site_dependent})
        EXPECT_GE(count, 4);  // a coin of p >= 0.4 gives less in 60 throws with probability < 1e-9
}

/// Chains with weak interactions, where everything is forgotten within the sweeps: whatever the order, a
/// heat bath or Metropolis visit of a site forgets a part of its past that does not depend on the start.
template <class Kernel>
void expect_reaches(const Kernel& kernel, const support::TableTarget& target,
                    const support::ExactChain& exact, std::uint32_t index, const std::string& what) {
    auto rng = make_stream(test_seed(), Purpose::check, index, 1);
    auto prepared = kernel.setup(target);
    PairCounts counts(target.chain);
    for (int chain = 0; chain < 3000; ++chain) {
        auto X = target.space().random(rng);  // always the same
        for (int k = 0; k < 60; ++k) kernel.advance_with(prepared, X, rng);
        counts.add(X);
    }
    counts.compare(exact, what);
}

TEST(DiscreteKernels, ForgetTheirStart) {
    auto rng = test_rng(321);
    std::normal_distribution<double> normal;
    std::uint32_t stream = 0;
    for (const Boundary boundary : {Boundary::periodic, Boundary::open})
        for (const std::size_t letters : {2u, 3u}) {
            support::TableTarget target;
            // An odd number of sites: at weight one, Metropolis of two letters always flips.
            target.chain = {5, letters == 2 ? std::vector{-1.0, 1.0} : std::vector{-1.0, 0.5, 2.0}};
            target.reach = {2, boundary};
            target.table =
                support::WindowTable(target.chain, target.reach, false, [&] { return 0.3 * normal(rng); });
            support::TableStatistic none;
            none.chain = target.chain;
            const auto exact = support::sum_over_all(target, none, target.chain);
            for_discrete_kernels([&](const auto& kernel, const char* name) {
                expect_reaches(kernel, target, exact, ++stream, name);
            });
        }
}

/// One call of advance is one sweep of advance_with: same numbers, same configuration.
TEST(DiscreteKernels, AdvanceAsPrepared) {
    auto random = test_rng(322);
    for (int model = 0; model < 20; ++model) {
        const support::TableTarget target = support::random_chain(random).target;
        for_discrete_kernels([&](const auto& kernel, const char* name) {
            auto rng = make_stream(test_seed(), Purpose::check), same = rng;
            auto X = TransferMatrix{}.sampler(target).draw(rng);
            auto Y = TransferMatrix{}.sampler(target).draw(same);
            auto prepared = kernel.setup(target);
            for (int k = 0; k < 10; ++k) {
                kernel.advance(target, X, rng);
                kernel.advance_with(prepared, Y, same);
                EXPECT_EQ(X, Y) << name;
            }
        });
    }
}

}  // namespace
}  // namespace kernels_exactness_test
