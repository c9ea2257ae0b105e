// Transfer matrix and enumeration against sums over all configurations, for random chains.
#include <predcg/engines/enumeration.hpp>
#include <predcg/engines/transfer_matrix.hpp>

#include "close.hpp"
#include "random_chain.hpp"
#include "test_seed.hpp"

#include <gtest/gtest.h>

namespace transfer_matrix_test {
using namespace predcg;
using support::expect_close;

namespace {

constexpr double tolerance = 1e-12;

template <class Engine>
void expect_exact(const Engine& engine, const support::TableTarget& target,
                  const support::TableStatistic& statistic, const support::ExactChain& exact,
                  Index pair_step) {
    expect_close(engine.log_partition(target), exact.log_partition, tolerance, "log Z");
    const Moments moments = engine.expect(target, statistic);
    expect_close(moments.log_partition.value(), exact.log_partition, tolerance, "log Z with moments");
    expect_close(moments.mean, exact.mean, tolerance, "mean");
    expect_close(moments.covariance, exact.covariance, tolerance, "covariance");
    expect_close(moments.standard_error, Vector::Zero(statistic.size()), 0.0, "standard error");
    NoState state;
    const Moments same = engine.expect(target, statistic, state, StreamKey{});
    expect_close(same.mean, moments.mean, 0.0, "mean with a stream");
    expect_close(same.covariance, moments.covariance, 0.0, "covariance with a stream");
    const SiteMoments first = engine.site_moments(target, 1), second = engine.site_moments(target, 2);
    expect_close(first.mean, exact.site_mean, tolerance, "site means");
    EXPECT_EQ(first.second.size(), 0);
    expect_close(second.mean, exact.site_mean, tolerance, "site means of order 2");
    expect_close(second.second.matrix(), exact.site_second, tolerance, "second site moments");
    for (Index i = 0; i < target.chain.sites; i += pair_step)
        for (Index j = 0; j < target.chain.sites; j += pair_step)
            expect_close(engine.two_point(target, i, j),
                         exact.pairs[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)], tolerance,
                         "pair " + std::to_string(i) + ", " + std::to_string(j));
}

void expect_exact(const support::RandomChain& chain) {
    SCOPED_TRACE(chain.what);
    const auto exact = support::sum_over_all(chain.target, chain.statistic, chain.target.chain);
    {
        SCOPED_TRACE("transfer matrix");
        expect_exact(TransferMatrix{}, chain.target, chain.statistic, exact, 1);
        const std::vector<Vector> marginals = TransferMatrix{}.window_marginals(chain.target);
        ASSERT_EQ(marginals.size(), exact.windows.size());
        for (std::size_t i = 0; i < marginals.size(); ++i)
            expect_close(marginals[i], exact.windows[i], tolerance, "window of site " + std::to_string(i));
    }
    SCOPED_TRACE("enumeration");
    expect_exact(Enumeration{}, chain.target, chain.statistic, exact, 5);  // each pair visits all
}

TEST(TransferMatrix, IsTheSumOverAllConfigurationsFor200RandomChains) {
    auto rng = test_rng(200);
    for (int model = 0; model < 200 && !HasFailure(); ++model) {
        SCOPED_TRACE("model " + std::to_string(model));
        expect_exact(support::random_chain(rng));
    }
}

}  // namespace
}  // namespace transfer_matrix_test
