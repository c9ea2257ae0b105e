// Weights that differ by more than the range of a double, between configurations of the same weight: nothing
// may be lost on the way.
#include <predcg/engines/transfer_matrix.hpp>

#include "close.hpp"
#include "frequencies.hpp"
#include "random_chain.hpp"
#include "test_seed.hpp"

#include <gtest/gtest.h>

namespace transfer_matrix_range_test {
using namespace predcg;
using support::expect_close;

namespace {

/// Window energies in large steps, so that many configurations tie, and differences of order one.
struct Stepped {
    support::TableTarget table;
    double step = 0.0;

    const support::NumberSpace& space() const { return table.chain; }
    Window window() const { return table.reach; }
    bool translation_invariant() const { return table.homogeneous; }
    double stepped(double value) const { return value + step * std::round(value); }
    double local_log_density(Index i, std::span<const double> w) const {
        return stepped(table.local_log_density(i, w));
    }
    double log_density(const std::vector<double>& X) const {
        double sum = 0.0;
        for (Index i = 0; i < table.chain.sites; ++i)
            sum += stepped(table.table.at(i, support::window_of(X, table.chain.sites, table.reach, i)));
        return sum;
    }
};

template <class F>
void for_random_chains(std::uint64_t salt, int count, F&& f) {
    auto rng = test_rng(salt);
    for (int model = 0; model < count && !testing::Test::HasFailure(); ++model)
        for (const double step : {100.0, 1000.0, 10000.0}) {
            const support::RandomChain chain = support::random_chain(rng);
            SCOPED_TRACE("model " + std::to_string(model) + ", " + chain.what + ", step " +
                         std::to_string(step));
            const Stepped target{chain.target, step};
            f(target, chain.statistic, support::sum_over_all(target, chain.statistic, target.space()));
        }
}

// Energies of up to 1e6 are known to 1e-10.
constexpr double tolerance = 1e-9;

TEST(TransferMatrixRange, AllIsTheSumOverAllConfigurations) {
    for_random_chains(1, 60, [](const Stepped& target, const auto& statistic, const auto& exact) {
        const TransferMatrix engine;
        expect_close(engine.log_partition(target), exact.log_partition, tolerance, "log Z");
        const Moments moments = engine.expect(target, statistic);
        expect_close(moments.log_partition.value(), exact.log_partition, tolerance, "log Z with moments");
        expect_close(moments.mean, exact.mean, tolerance, "mean");
        expect_close(moments.covariance, exact.covariance, tolerance, "covariance");
        const SiteMoments sites = engine.site_moments(target, 2);
        expect_close(sites.mean, exact.site_mean, tolerance, "site means");
        expect_close(sites.second.matrix(), exact.site_second, tolerance, "second site moments");
        const std::vector<Vector> marginals = engine.window_marginals(target);
        for (std::size_t i = 0; i < marginals.size(); ++i)
            expect_close(marginals[i], exact.windows[i], tolerance, "window of site " + std::to_string(i));
        const Index last = target.space().sites - 1;
        expect_close(engine.two_point(target, 0, last), exact.pairs[0][static_cast<std::size_t>(last)],
                     tolerance, "two sites");
    });
}

// Fewer than 3000 comparisons, see frequency_limit for the chance of a false alarm.
TEST(TransferMatrixRange, Draws) {
    constexpr int draws = 2000;
    for_random_chains(2, 5, [](const Stepped& target, const auto&, const auto& exact) {
        auto sampler = TransferMatrix{}.sampler(target);
        auto rng = make_stream(test_seed(), Purpose::check);
        const auto n = static_cast<std::size_t>(target.space().sites);
        std::vector<Vector> hits;
        for (const Vector& window : exact.windows) hits.push_back(Vector::Zero(window.size()));
        for (int k = 0; k < draws; ++k) {
            const std::vector<double> X = sampler.draw(rng);
            for (std::size_t i = 0; i < n; ++i) {
                Index code = 0;
                for (const double letter :
                     support::window_of(X, target.space().sites, target.window(), static_cast<Index>(i)))
                    code = code * static_cast<Index>(target.space().letters.size()) +
                           target.space().place(letter);
                hits[i][code] += 1.0;
            }
        }
        for (std::size_t i = 0; i < n; ++i)
            for (Index code = 0; code < hits[i].size(); ++code)
                EXPECT_LT(std::abs(support::frequency_z(hits[i][code], draws, exact.windows[i][code])),
                          support::frequency_limit)
                    << "site " << i << ", window " << code;
    });
}

}  // namespace
}  // namespace transfer_matrix_range_test
