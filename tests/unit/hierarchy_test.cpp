#include <predcg/hierarchy/joined.hpp>
#include <predcg/hierarchy/renormalise.hpp>

#include <predcg/engines/enumeration.hpp>
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/models/ising/block_maps.hpp>
#include <predcg/models/ising/chain.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/models/ising/observables.hpp>
#include <predcg/posterior/laplace.hpp>
#include <predcg/predict/fine_scale.hpp>

#include "reference.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

using namespace predcg;
using ising::Spin;
using reference::Json;

namespace {

const Json& two_levels() {
    static const Json all = reference::load("maps")["hierarchy"];
    return all;
}

auto level_with(const auto& map, Index sites, double field = 0.0) {
    return EMCoarseGrainer{
        SamplesOnly<std::vector<Spin>>{},
        ising::coarse_chain({.sites = sites, .linear = true, .pair_range = 1, .field = field}),
        map,
        TransferMatrix{},
        Newton{},
        weak_prior(map)};
}
auto link_level(Index sites, double field = 0.0) {
    return level_with(ising::link_map({.level = 2, .neighbours = 2}), sites, field);
}
auto decimation_level(Index sites) { return level_with(ising::decimation_map({.level = 2}), sites); }

/// Parameters of the joined grainer: (coarse2, map2), map1; the reference has map1 first.
Parameters probe_of(const Vector& all) { return {all.tail(6), all.head(4)}; }

TEST(Hierarchy, JoinedLevelsHaveTheReferencesLikelihoodAndGradient) {
    const double beta = 0.3;
    const auto whole = joined(link_level(8, 0.3), link_level(4, 0.3), beta);
    const auto data = reference::load_data("hier");
    const auto prepared = whole.prepare(data, beta);
    const auto problem = whole.problem(prepared);
    const Json& probe = two_levels()["probe"];
    const Vector at = reference::vector_of(probe["parameters"]);
    const auto e = problem.evaluate(probe_of(at));
    EXPECT_NEAR(e.log_likelihood, probe["log_likelihood"].get<double>(), 1e-9);
    const Vector known = reference::vector_of(probe["gradient"]);
    Vector gradient(10);
    gradient << e.gradient.tail(4), e.gradient.head(6);
    reference::expect_close(gradient, known, 1e-9, "gradient");
    // The observed information against differences of the gradient.
    for (Index k = 0; k < 10; ++k) {
        Vector up = at, down = at;
        up[k] += 1e-5;
        down[k] -= 1e-5;
        const Vector slope =
            (problem.evaluate(probe_of(up)).gradient - problem.evaluate(probe_of(down)).gradient) / 2e-5;
        const Index own = k < 4 ? k + 6 : k - 4;
        reference::expect_close(e.observed().col(own), -slope, 1e-6, "information");
    }
}

}  // namespace
