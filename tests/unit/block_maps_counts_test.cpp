// How often patterns of blocks meet windows of coarse letters, in expectation: many data at once against
// enumeration and against one datum after the other.
#include <predcg/engines/enumeration.hpp>
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/ising/block_maps.hpp>
#include <predcg/models/ising/coarse_chain.hpp>

#include "close.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace block_maps_counts_test {
using namespace predcg;
using support::expect_close;
using Spins = std::vector<ising::Spin>;

namespace {

std::vector<Spins> draws(Index sites, int count) {
    auto rng = make_stream(9, Purpose::check);
    std::vector<Spins> data;
    for (int k = 0; k < count; ++k) {
        data.emplace_back(static_cast<std::size_t>(sites));
        for (ising::Spin& s : data.back()) s = uniform(rng) < 0.6 ? 1 : -1;
    }
    return data;
}

constexpr double beta = 0.7;

template <class Map>
Parameters parameters_of(const ising::CoarseChain<>& coarse, const Map& map) {
    return {Vector::LinSpaced(coarse.parameter_count(), 0.3, -0.2),
            Vector::LinSpaced(map.parameter_count(), 1.1, -0.4)};
}

template <class Engine, class Map>
ExpectedStatistics counts(const ising::CoarseChain<>& coarse, const Map& map, const std::vector<Spins>& data,
                          const Engine& engine) {
    const EMCoarseGrainer grainer{SamplesOnly<Spins>{}, coarse, map, engine};
    const auto problem = grainer.problem(grainer.prepare(data, beta));
    auto state = problem.state(parameters_of(coarse, map));
    return problem.expect_means(state);
}

void expect_equal(const ExpectedStatistics& ours, const ExpectedStatistics& exact, const std::string& name) {
    ASSERT_GT(exact.map.size(), 0) << name;
    expect_close(ours.map, exact.map, 1e-11, name + ": counts");
    expect_close(ours.coarse, exact.coarse, 1e-11, name + ": coarse");
    expect_close(ours.log_evidence.value(), exact.log_evidence.value(), 1e-11, name + ": log evidence");
}

// Rings of two letters with windows of two have a pass of their own, which takes counts of such windows.
TEST(BlockMapsCounts, AreThoseOfEnumeration) {
    for (const Boundary boundary : {Boundary::periodic, Boundary::open})
        for (const Index range : {1, 2}) {
            const auto coarse = ising::coarse_chain(
                {.sites = 5, .linear = true, .pair_range = range, .field = 0.1, .boundary = boundary});
            const auto data = draws(10, 13);
            const auto check = [&](const std::string& name, const auto& map) {
                expect_equal(
                    counts(coarse, map, data, TransferMatrix{}), counts(coarse, map, data, Enumeration{}),
                    name + ", range " + std::to_string(range) + (boundary == Boundary::open ? ", open" : ""));
            };
            check("link2", ising::link_map({.level = 2, .boundary = boundary}));
            check("autoregressive",
                  ising::logistic_map(
                      {.level = 2, .window = {0, 1}, .autoregressive = true, .boundary = boundary}));
            check("own letter", ising::logistic_map({.level = 2, .boundary = boundary}));
            check("both neighbours",
                  ising::logistic_map({.level = 2, .window = {-1, 1}, .boundary = boundary}));
        }
}

// A long ring's probabilities are not kept all at one time.
TEST(BlockMapsCounts, OfLongRingsAreThoseOfEveryDatumsWindows) {
    for (const Index sites : {4096, 4097}) {
        const auto coarse = ising::coarse_chain({.sites = sites, .linear = true, .pair_range = 1});
        const auto map = ising::link_map({.level = 2});
        const auto data = draws(2 * sites, 9);
        const ExpectedStatistics all = counts(coarse, map, data, TransferMatrix{});
        const Parameters at = parameters_of(coarse, map);
        const auto target = boltzmann(coarse, at.theta, beta);
        Vector by_windows = Vector::Zero(16);
        for (const Spins& x : data) {
            const auto form = map.prepare(x);
            const auto marginals =
                TransferMatrix{}.window_marginals(Product(target, map.likelihood(form, at.eta)));
            for (std::size_t r = 0; r < marginals.size(); ++r)
                for (Index code = 0; code < 4; ++code)
                    by_windows[static_cast<Index>(form.patterns[r]) * 4 + code] += marginals[r][code];
        }
        expect_close(all.map, by_windows, 1e-10, std::to_string(sites) + " sites");
    }
}

}  // namespace
}  // namespace block_maps_counts_test
