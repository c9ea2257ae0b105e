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
auto decimation_level(Index sites, Boundary boundary = Boundary::periodic) {
    const auto map = ising::decimation_map({.level = 2, .boundary = boundary});
    return EMCoarseGrainer{
        SamplesOnly<std::vector<Spin>>{},
        ising::coarse_chain({.sites = sites, .linear = true, .pair_range = 1, .boundary = boundary}),
        map,
        TransferMatrix{},
        Newton{},
        weak_prior(map)};
}
/// The flow of couplings alone.
auto pair_level(Index sites) {
    const auto map = ising::decimation_map({.level = 2});
    return EMCoarseGrainer{SamplesOnly<std::vector<Spin>>{},
                           ising::coarse_chain({.sites = sites, .pair_range = 1}),
                           map,
                           TransferMatrix{},
                           Newton{},
                           flat_prior()};
}
auto chain_data(Index sites, Index samples, Boundary boundary = Boundary::periodic) {
    return generate(ising::chain({.sites = sites, .strength = 0.8, .boundary = boundary, .field = 0.1}),
                    {.beta = 1.0, .samples = samples, .seed = 5}, TransferMatrix{});
}

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

/// Exact statistics of a level's p_c in the place of data: against a fit to all its states.
TEST(Hierarchy, DistilledDecimationIsTheFitToAllStates) {
    for (const Boundary boundary : {Boundary::periodic, Boundary::open}) {
        const Hierarchy hierarchy(decimation_level(8, boundary), decimation_level(4, boundary));
        const auto fit = hierarchy.fit(chain_data(16, 100, boundary), {.next = NextLevel::distilled});
        const auto& below = fit.fit<0>();
        predcg::detail::WeightedConfigurations<std::vector<Spin>> all;
        predcg::detail::add_all_states(boltzmann(below.coarse, below.parameters.theta, below.beta), 100.0,
                                       1e6, all);
        const auto& level = hierarchy.level<1>();
        const auto known = level.fit_prepared(level.prepare(all.configurations, below.beta, all.weights));
        reference::expect_close(fit.fit<1>().parameters.theta, known.parameters.theta, 1e-7, "theta_c");
        reference::expect_close(fit.fit<1>().parameters.eta, known.parameters.eta, 1e-7, "eta");
        reference::expect_close(fit.fit<1>().likelihood.observed(), known.likelihood.observed(), 1e-6,
                                "information");
    }
}

/// The averaged posterior has the means that the E-step below found.
TEST(Hierarchy, AnchoredDataAreTheAveragedPosterior) {
    const Hierarchy hierarchy(link_level(8), link_level(4));
    const auto data = chain_data(16, 40);
    for (const Index samples : {0, 200}) {
        const auto fit = hierarchy.fit(data, {.fit = {.starts = 2}, .samples = samples});
        const auto& below = fit.fit<0>();
        const auto problem = hierarchy.level<0>().problem(fit.data<0>());
        auto state = problem.state(below.parameters);
        const Vector expected = problem.expect(state).coarse;
        const auto configurations = predcg::detail::averaged_posterior(
            hierarchy.level<0>(), std::get<0>(fit.levels), {.samples = samples}, 0);
        Vector mean = Vector::Zero(2);
        for (std::size_t k = 0; k < configurations.weights.size(); ++k)
            mean += configurations.weights[k] * below.coarse.features(configurations.configurations[k]);
        // Features of 40 data have an sd of about 2 each, averaged over 200 draws.
        reference::expect_close(mean, expected, samples == 0 ? 1e-9 : 5.0 * 2.0 * std::sqrt(40.0 / 200.0),
                                "means");
        EXPECT_NEAR(fit.data<1>().count, 40.0, 1e-9);
        EXPECT_EQ(fit.fit<1>().status, Status::converged);
    }
}

/// A hierarchy that was distilled by decimation is the first level's density, drawn from the top.
TEST(Hierarchy, DrawsThroughAllLevelsAreThoseOfTheFirst) {
    const Hierarchy hierarchy(decimation_level(8), decimation_level(4));
    const auto fit = hierarchy.fit(chain_data(16, 100), {.next = NextLevel::distilled});
    const auto observable = ising::Correlation(Boundary::periodic);
    const PredictSettings draws{.draws = 20000};
    const auto whole = fit.model();
    EXPECT_EQ(whole.map_names.front(), "level_1.intercept_1");
    EXPECT_EQ(whole.map_names.back(), "level_2.next_1");
    const auto a = predict(whole, observable, draws);
    const auto b = predict(fit.fit<0>(), observable, {.draws = 20000, .seed = 2});
    for (Index k = 1; k < a.mean.size(); ++k)
        EXPECT_LT(std::abs(a.mean[k] - b.mean[k]),
                  4.5 * std::hypot(a.standard_error[k], b.standard_error[k]));
    // One level above the data: neighbours there are two fine sites from each other.
    const auto above = predict(fit.model<1>(), observable, draws);
    ASSERT_EQ(above.mean.size(), 5);
    for (Index k = 1; k < 5; ++k)
        EXPECT_LT(std::abs(above.mean[k] - b.mean[2 * k]),
                  4.5 * std::hypot(above.standard_error[k], b.standard_error[2 * k]));
    EXPECT_EQ(fit.model<2>().parameters.eta.size(), 0);
}

/// Intervals of a whole hierarchy hold the estimates, and are as wide as the first level's.
TEST(Hierarchy, PosteriorsOfLevelsAreStacked) {
    const Hierarchy hierarchy(decimation_level(8), decimation_level(4));
    const auto fit = hierarchy.fit(chain_data(16, 200));
    const LaplaceSettings settings{.draws = 200};
    const auto first = laplace_joint(hierarchy.level<0>(), fit.data<0>(), fit.fit<0>(), settings);
    const auto second = laplace_joint(hierarchy.level<1>(), fit.data<1>(), fit.fit<1>(), settings);
    const auto whole = fit.posterior(first, second);
    ASSERT_EQ(whole.parameter_count(), 2 + 6);
    for (Index d = 0; d < 3; ++d) {
        const Parameters at = whole.parameters(d);
        EXPECT_EQ(at.theta, second.parameters(d).theta);
        EXPECT_EQ(at.eta.head(3), first.parameters(d).eta);
        EXPECT_EQ(at.eta.tail(3), second.parameters(d).eta);
    }
    const auto above = fit.posterior<1>(first, second);
    EXPECT_EQ(above.parameters(0).eta, second.parameters(0).eta);
    const auto interval = predict(whole, ising::Magnetization{}, {.samples = 50});
    EXPECT_GT(interval.sd[0], 0.0);
}

TEST(Hierarchy, JointFitRisesFromTheGreedyOne) {
    const Hierarchy hierarchy(link_level(8), link_level(4));
    const auto data = chain_data(16, 30);
    const auto greedy = hierarchy.fit(data, {.fit = {.starts = 2}, .samples = 0});
    const auto whole = joined(hierarchy.level<0>(), hierarchy.level<1>(), data.beta);
    const Parameters start = joined_parameters(greedy.fit<0>(), greedy.fit<1>());
    const auto prepared = whole.prepare(data, data.beta);
    const auto problem = whole.problem(prepared);
    const double before = problem.log_likelihood(start) + problem.log_prior(problem.coordinates().z(start));
    const auto fit = whole.fit_prepared(prepared, {.start = start});
    EXPECT_EQ(fit.status, Status::converged);
    EXPECT_GT(fit.log_posterior, before);
    EXPECT_LT(fit.log_posterior, before + 3.0);
    const auto upper = fit.coarse_names.back();
    EXPECT_EQ(upper.substr(0, 8), "level_2.");
}

/// K' = 1/2 log cosh 2K, but for the ring's closing; sd along the flow are tanh 2K times each other.
TEST(Renormalise, FlowOfOneCouplingIsTheExactOne) {
    const Hierarchy hierarchy(pair_level(32), pair_level(16), pair_level(8));
    const auto data =
        generate(ising::chain({.sites = 64}), {.beta = 1.0, .samples = 300, .seed = 3}, TransferMatrix{});
    const Flow anchored = renormalise(hierarchy, data);
    const Flow distilled =
        renormalise(hierarchy, data, {.hierarchy = {.next = NextLevel::distilled}, .draws = 400});
    ASSERT_EQ(anchored.levels.size(), 3u);
    EXPECT_TRUE(anchored.remarks.empty());
    for (std::size_t k = 0; k < 3; ++k) {
        const FlowLevel& level = anchored.levels[k];
        const double n = 300.0 * static_cast<double>(level.sites);
        EXPECT_NEAR(level.sd[0], std::cosh(level.couplings[0]) / std::sqrt(n), 0.05 * level.sd[0]);
        EXPECT_NEAR(level.upper[0] - level.lower[0], 2.0 * 1.959964 * level.sd[0], 1e-5);
        const FlowLevel& carried = distilled.levels[k];
        if (k == 0) {
            EXPECT_EQ(carried.couplings[0], level.couplings[0]);
            continue;
        }
        const FlowLevel& below = distilled.levels[k - 1];
        EXPECT_NEAR(carried.couplings[0], 0.5 * std::log(std::cosh(2.0 * below.couplings[0])), 1e-4);
        // Of the first level the width is that of a normal, of which 400 draws are carried on: their sd has
        // an error of 1 / sqrt(800); 4.5 of them are a false alarm in 150 000. The others are made of the
        // same draws.
        const double known_to = k == 1 ? 4.5 / std::sqrt(800.0) : 0.05;
        EXPECT_NEAR(carried.sd[0], std::tanh(2.0 * below.couplings[0]) * below.sd[0],
                    known_to * carried.sd[0]);
        EXPECT_LT(carried.lower[0], carried.couplings[0]);
        EXPECT_GT(carried.upper[0], carried.couplings[0]);
    }
}

}  // namespace
