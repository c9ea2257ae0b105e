// All levels of a hierarchy at once, against sums over all of their configurations.
#include <predcg/hierarchy/joined.hpp>
#include <predcg/hierarchy/renormalise.hpp>
#include <predcg/monte_carlo.hpp>

#include <predcg/engines/enumeration.hpp>
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/models/ising/block_maps.hpp>
#include <predcg/models/ising/chain.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/models/ising/observables.hpp>
#include <predcg/posterior/laplace.hpp>
#include <predcg/predict/fine_scale.hpp>

#include "reference.hpp"
#include "test_seed.hpp"
#include "z_score.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

namespace hierarchy_joined_test {
using namespace predcg;
using ising::Spin;

namespace {

using Spins = std::vector<Spin>;

template <class Engine = TransferMatrix, class Climb = Newton>
auto soft_level(const auto& map, Index sites, Engine engine = {}, Climb climb = {},
                Boundary boundary = Boundary::periodic) {
    return EMCoarseGrainer{
        SamplesOnly<Spins>{},
        ising::coarse_chain({.sites = sites, .linear = true, .pair_range = 1, .boundary = boundary}),
        map,
        engine,
        climb,
        weak_prior(map)};
}
auto link(Boundary boundary = Boundary::periodic) {
    return ising::link_map({.level = 2, .neighbours = 2, .boundary = boundary});
}
/// A noisy copy of each site, which looks at the next one, too.
auto copy(Boundary boundary = Boundary::periodic) {
    return ising::logistic_map({.level = 1, .window = {0, 1}, .boundary = boundary});
}
auto chain_of(Index sites, Boundary boundary = Boundary::periodic) {
    return ising::chain({.sites = sites, .strength = 0.8, .boundary = boundary, .field = 0.1});
}
/// Three levels above 8 spins: 4, 2 and 2 sites, and a joined chain of 2 sites and 16 letters.
auto three_levels(Boundary boundary = Boundary::periodic) {
    return Hierarchy(soft_level(link(boundary), 4, TransferMatrix{}, Newton{}, boundary),
                     soft_level(link(boundary), 2, TransferMatrix{}, Newton{}, boundary),
                     soft_level(copy(boundary), 2, TransferMatrix{}, Newton{}, boundary));
}

std::vector<Spins> all_spins(Index sites) {
    std::vector<Spins> all;
    for (Index code = 0; code < Index{1} << sites; ++code) {
        Spins X;
        for (Index i = 0; i < sites; ++i) X.push_back((code >> i) % 2 == 0 ? Spin{-1} : Spin{1});
        all.push_back(X);
    }
    return all;
}

/// log p(x|X) of all pairs, X first.
Matrix log_densities(const auto& map, const std::vector<Spins>& fine, const std::vector<Spins>& coarse,
                     const Vector& eta) {
    Matrix all(std::ssize(coarse), std::ssize(fine));
    for (Index f = 0; f < all.cols(); ++f) {
        const auto form = map.prepare(fine[static_cast<std::size_t>(f)]);
        const auto likelihood = map.likelihood(form, eta);
        for (Index c = 0; c < all.rows(); ++c)
            all(c, f) = likelihood.log_density(coarse[static_cast<std::size_t>(c)]);
    }
    return all;
}

void expect_same(const Parameters& a, const Parameters& b) {
    EXPECT_EQ(a.theta, b.theta);
    EXPECT_EQ(a.eta, b.eta);
}

/// p(x) of some x under a hierarchy, by going down from p_c(X_top); parameters as joined() has them.
template <class... Grainers>
Vector enumerated(const Hierarchy<Grainers...>& hierarchy, const std::vector<Spins>& data,
                  const Parameters& at, double beta) {
    constexpr std::size_t count = sizeof...(Grainers);
    const auto& top = std::get<count - 1>(hierarchy.levels());
    const Index p = top.coarse().parameter_count();
    std::vector<Spins> above = all_spins(top.coarse().space().size());
    Vector density(std::ssize(above));
    const auto target = boltzmann(top.coarse(), Vector(at.theta.head(p)), beta);
    for (Index c = 0; c < density.size(); ++c)
        density[c] = std::exp(target.log_density(above[static_cast<std::size_t>(c)]));
    density /= density.sum();
    Index end = at.theta.size();
    const auto down = [&](const auto& grainer, const std::vector<Spins>& below, const Vector& eta) {
        const Matrix given = log_densities(grainer.map(), below, above, eta).array().exp();
        density = (given.transpose() * density).eval();
        above = below;
    };
    [&]<std::size_t... k>(std::index_sequence<k...>) {
        const auto step = [&](const auto& grainer, const auto& below) {
            const Index m = grainer.map().parameter_count();
            down(grainer, all_spins(below.coarse().space().size()), at.theta.segment(end - m, m));
            end -= m;
        };
        (step(std::get<count - 1 - k>(hierarchy.levels()), std::get<count - 2 - k>(hierarchy.levels())), ...);
    }(std::make_index_sequence<count - 1>{});
    down(std::get<0>(hierarchy.levels()), data, at.eta);
    return density;
}

double log_likelihood_of(const auto& hierarchy, const std::vector<Spins>& data, const Parameters& at,
                         double beta) {
    return enumerated(hierarchy, data, at, beta).array().log().sum();
}

/// Parameters without a symmetry.
Parameters somewhere(const auto& grainer) {
    Parameters at{Vector(grainer.coarse().parameter_count()), Vector(grainer.map().parameter_count())};
    for (Index k = 0; k < at.theta.size(); ++k)
        at.theta[k] = 0.6 * std::sin(1.0 + 1.7 * static_cast<double>(k));
    for (Index k = 0; k < at.eta.size(); ++k) at.eta[k] = 0.5 * std::cos(2.0 + 1.3 * static_cast<double>(k));
    return at;
}

TEST(Joined, ThreeLevelsHaveTheLikelihoodAndGradientOfEnumeration) {
    for (const Boundary boundary : {Boundary::periodic, Boundary::open}) {
        const double beta = 0.7;
        const auto hierarchy = three_levels(boundary);
        const auto data =
            generate(chain_of(8, boundary), {.beta = beta, .samples = 3, .seed = 4}, TransferMatrix{});
        const auto whole = joined(hierarchy, beta);
        ASSERT_EQ(whole.coarse().space().letters.size(), 16u);
        EXPECT_EQ(whole.coarse().parameter_names()[2], "level_2.inner");
        EXPECT_EQ(whole.coarse().parameter_names().back().substr(0, 8), "level_3.");
        const Parameters at = somewhere(whole);
        const auto prepared = whole.prepare(data.configurations, beta);
        const auto problem = whole.problem(prepared);
        const auto e = problem.evaluate(at);
        EXPECT_NEAR(e.log_likelihood, log_likelihood_of(hierarchy, data.configurations, at, beta), 1e-10);
        const Index p = at.theta.size(), size = p + at.eta.size();
        ASSERT_EQ(size, 2 + 3 + 4 + 4);
        const double h = 1e-4;
        for (Index k = 0; k < size; ++k) {
            const auto moved = [&](double by) {
                Parameters there = at;
                (k < p ? there.theta[k] : there.eta[k - p]) += by;
                return there;
            };
            const auto likelihood = [&](double by) {
                return log_likelihood_of(hierarchy, data.configurations, moved(by), beta);
            };
            const double slope = (likelihood(h) - likelihood(-h)) / (2.0 * h);
            EXPECT_NEAR(e.gradient[k], slope, 1e-6) << k;
            if (boundary == Boundary::open) continue;
            const Vector bend =
                (problem.evaluate(moved(h)).gradient - problem.evaluate(moved(-h)).gradient) / (2.0 * h);
            reference::expect_close(e.observed().col(k), -bend, 1e-5, "information");
        }
        EXPECT_NEAR(enumerated(hierarchy, all_spins(8), at, beta).sum(), 1.0, 1e-12);
    }
}

/// Blocks of two at every level: 128 letters, the widest that is exact for three.
TEST(Joined, ThreeLevelsOfBlocksOfTwo) {
    const double beta = 0.7;
    const Hierarchy hierarchy(soft_level(link(), 8), soft_level(link(), 4), soft_level(link(), 2));
    const auto data = generate(chain_of(16), {.beta = beta, .samples = 1, .seed = 4}, TransferMatrix{});
    const auto whole = joined(hierarchy, beta);
    EXPECT_EQ(whole.coarse().space().letters.size(), 128u);
    const Parameters at = somewhere(whole);
    const auto prepared = whole.prepare(data.configurations, beta);
    EXPECT_NEAR(whole.problem(prepared).log_likelihood(at),
                log_likelihood_of(hierarchy, data.configurations, at, beta), 1e-10);
}

TEST(Joined, WhatIsTooWideIsRefusedInWords) {
    const Hierarchy hierarchy(soft_level(link(), 16), soft_level(link(), 8), soft_level(link(), 4),
                              soft_level(link(), 2));
    try {
        joined(hierarchy, 1.0);
        FAIL() << "32768 letters";
    } catch (const CostError& error) {
        const std::string what = error.what();
        for (const char* part : {"32768", "4096", "letters of the joined chain", "fewer levels"})
            EXPECT_NE(what.find(part), std::string::npos) << part << " in " << what;
    }
}

TEST(Joined, ThreeLevelsRiseFromTheGreedyOnes) {
    const auto hierarchy = three_levels();
    const auto data = generate(chain_of(8), {.beta = 1.0, .samples = 12, .seed = 4}, TransferMatrix{});
    const auto greedy = hierarchy.fit(data, {.fit = {.starts = 2}, .samples = 0});
    const auto whole = joined(hierarchy, data.beta);
    const Parameters start = joined_parameters(greedy);
    EXPECT_EQ(start.eta, greedy.fit<0>().parameters.eta);
    EXPECT_EQ(start.theta.segment(2, 4), greedy.fit<1>().parameters.eta);
    EXPECT_EQ(start.theta.tail(3), greedy.fit<2>().parameters.eta);
    const auto prepared = whole.prepare(data, data.beta);
    const auto problem = whole.problem(prepared);
    // The prior is that of all maps and of the top's couplings.
    const auto prior_of = [](const auto& grainer, const Parameters& at) {
        return grainer.prior().map.log_density(at.eta);
    };
    double prior = hierarchy.level<2>().prior().coarse.log_density(greedy.fit<2>().parameters.theta);
    prior += prior_of(hierarchy.level<0>(), greedy.fit<0>().parameters);
    prior += prior_of(hierarchy.level<1>(), greedy.fit<1>().parameters);
    prior += prior_of(hierarchy.level<2>(), greedy.fit<2>().parameters);
    EXPECT_NEAR(problem.log_prior(problem.coordinates().z(start)), prior, 1e-10);
    EXPECT_NEAR(problem.log_likelihood(start),
                log_likelihood_of(hierarchy, data.configurations, start, data.beta), 1e-9);
    const double before = problem.log_likelihood(start) + prior;
    const auto fit = whole.fit_prepared(prepared, {.starts = 1, .start = start});
    EXPECT_EQ(fit.status, Status::converged);
    EXPECT_GT(fit.log_posterior, before);
    EXPECT_LT(fit.log_posterior, before + 5.0);
}

/// Levels of one type: the same fits, joined or not, as those of a Hierarchy.
TEST(HierarchyOf, IsTheHierarchyOfItsLevels) {
    const auto data = generate(chain_of(16), {.beta = 1.0, .samples = 30, .seed = 4}, TransferMatrix{});
    const Hierarchy fixed(soft_level(link(), 8), soft_level(link(), 4), soft_level(link(), 2));
    const HierarchyOf open(std::vector{soft_level(link(), 8), soft_level(link(), 4), soft_level(link(), 2)});
    for (const NextLevel next : {NextLevel::anchored, NextLevel::distilled}) {
        const HierarchySettings settings{.fit = {.starts = 2}, .next = next, .samples = 4};
        const auto a = fixed.fit(data, settings);
        const auto b = open.fit(data, settings);
        ASSERT_EQ(b.levels.size(), 3u);
        expect_same(a.fit<0>().parameters, b.fit(0).parameters);
        expect_same(a.fit<1>().parameters, b.fit(1).parameters);
        expect_same(a.fit<2>().parameters, b.fit(2).parameters);
        EXPECT_EQ(a.data<2>().count, b.data(2).count);
        const auto whole = a.model<1>();
        const auto same = b.model(1);
        EXPECT_EQ(whole.map_names, same.map_names);
        expect_same(whole.parameters, same.parameters);
        const ising::Correlation observable(Boundary::periodic);
        EXPECT_EQ(predict(whole, observable, {.draws = 50}).mean,
                  predict(same, observable, {.draws = 50}).mean);
        expect_same(joined_parameters(a), joined_parameters(b));
        EXPECT_EQ(b.model(3).parameters.eta.size(), 0);
    }
    const auto one = joined(fixed, 1.0), other = joined(open, 1.0);
    EXPECT_EQ(one.coarse().parameter_names(), other.coarse().parameter_names());
    const Parameters at = somewhere(one);
    const std::vector<Index> Y{17, 100};
    EXPECT_EQ(one.coarse().energy(Y, at.theta), other.coarse().energy(Y, at.theta));
    EXPECT_EQ(one.prior().coarse.log_density(at.theta), other.prior().coarse.log_density(at.theta));
    EXPECT_THROW(joined(HierarchyOf(std::vector{soft_level(link(), 8)}), 1.0), ArgumentError);
    EXPECT_THROW(HierarchyOf(std::vector<std::remove_cvref_t<decltype(fixed.level<0>())>>{}), ArgumentError);
}

/// Draws of the first level, carried on: what a fit of the levels above gives for those parameters.
TEST(HierarchyOf, PosteriorsAreCarriedOn) {
    const auto level = [](Index sites) {
        const auto map = ising::decimation_map({.level = 2});
        return soft_level(map, sites);
    };
    const HierarchyOf hierarchy(std::vector{level(8), level(4), level(2)});
    const auto data = generate(chain_of(16), {.beta = 1.0, .samples = 100, .seed = 4}, TransferMatrix{});
    const auto fit = hierarchy.fit(data, {.next = NextLevel::distilled});
    const auto first = laplace_joint(hierarchy.level(0), fit.data(0), fit.fit(0), {.draws = 30});
    const auto all = distilled_posteriors(hierarchy, fit, first);
    ASSERT_EQ(all.size(), 3u);
    EXPECT_EQ(all[0].draws, first.draws);
    auto drawn = fit.levels[0];
    drawn.fit.parameters = first.parameters(7);
    const auto above = hierarchy.rest(drawn, {.next = NextLevel::distilled});
    for (const std::size_t k : {1u, 2u}) expect_same(all[k].parameters(7), above[k - 1].fit.parameters);
    const auto whole = fit.posterior(all);
    const Parameters at = whole.parameters(7);
    EXPECT_EQ(at.theta, all[2].parameters(7).theta);
    EXPECT_EQ(at.eta.head(3), first.parameters(7).eta);
    EXPECT_EQ(at.eta.tail(3), all[2].parameters(7).eta);
    EXPECT_EQ(whole.map.parameter_names().front(), "level_1.intercept_1");
    // One level less of maps.
    EXPECT_EQ(fit.posterior(all, 1).parameters(7).eta, at.eta.tail(6));
    EXPECT_THROW(fit.posterior({first, first}), ArgumentError);
}

TEST(Joined, PosteriorsAreThoseOfTheHierarchy) {
    const Hierarchy hierarchy(soft_level(link(), 8), soft_level(copy(), 8));
    const auto data = generate(chain_of(16), {.beta = 1.0, .samples = 40, .seed = 4}, TransferMatrix{});
    const auto greedy = hierarchy.fit(data, {.fit = {.starts = 1}, .samples = 4});
    PosteriorResult joint;
    joint.fit.parameters = joined_parameters(greedy);
    joint.draws.resize(9, 2);
    for (Index k = 0; k < 9; ++k) joint.draws.row(k).setConstant(static_cast<double>(k));
    joint.draws.col(1) *= 10.0;
    detail::summarise(joint);
    const auto model = greedy.model();
    const PosteriorResult found = unjoined(joint, model.result());
    // theta (2), eta_2 (3), eta_1 (4) becomes theta, eta_1, eta_2.
    const std::vector<double> places{0, 1, 5, 6, 7, 8, 2, 3, 4};
    for (Index k = 0; k < 9; ++k) {
        const double at = places[static_cast<std::size_t>(k)];
        EXPECT_EQ(found.draws(k, 1), 10.0 * at);
        EXPECT_EQ(found.mean[k], 5.5 * at);
        EXPECT_NEAR(found.covariance(k, 8), 4.5 * 4.5 * 2.0 * at * 4.0, 1e-9);
    }
    EXPECT_EQ(found.names(), Posterior(found, model.coarse, model.map, model.engine).names());
}

/// Predictions of the levels between, by draws, against sums over all configurations.
TEST(Joined, LevelsBetweenArePredicted) {
    const double beta = 0.7;
    const auto hierarchy = three_levels();
    const auto whole = joined(hierarchy, beta);
    const Parameters at = somewhere(whole);
    Estimate estimate;
    estimate.parameters = at;
    estimate.beta = beta;
    const Fit fit(estimate, whole.coarse(), whole.map(), whole.engine());
    const ising::Correlation observable(Boundary::periodic);
    const ising::Magnetization m;
    const auto expect_predicted = [&](const auto& map, const std::vector<Spins>& all, const Vector& density) {
        const auto predicted =
            predict(fit.with_models(fit.coarse, map), observable, {.draws = 70000, .seed = test_seed()});
        const auto mean = predict(fit.with_models(fit.coarse, map), m, {.draws = 70000, .seed = test_seed()});
        Vector R = Vector::Zero(predicted.mean.size());
        double magnetization = 0.0;
        for (std::size_t k = 0; k < all.size(); ++k) {
            R += density[static_cast<Index>(k)] * observable(all[k]);
            magnetization += density[static_cast<Index>(k)] * m(all[k]);
        }
        for (Index l = 1; l < R.size(); ++l)
            EXPECT_LT(std::abs(predicted.mean[l] - R[l]), z_limit * predicted.standard_error[l]) << l;
        EXPECT_LT(std::abs(mean.value() - magnetization), z_limit * mean.standard_error[0]);
    };
    // X_1 of 4 sites and X_2 of 2; the hierarchy above each ends there.
    const Hierarchy above_1(hierarchy.level<1>(), hierarchy.level<2>());
    const Parameters of_1{Vector(5), at.theta.segment(2, 4)};
    const Vector theta_1 = (Vector(5) << at.theta.head(2), at.theta.tail(3)).finished();
    const auto X_1 = all_spins(4);
    expect_predicted(ReadLower(whole.map()), X_1, enumerated(above_1, X_1, {theta_1, of_1.eta}, beta));
    const auto& top = hierarchy.level<2>();
    const auto X_2 = all_spins(2);
    Vector density(4);
    for (Index k = 0; k < 4; ++k)
        density[k] = std::exp(boltzmann(top.coarse(), Vector(at.theta.head(2)), beta)
                                  .log_density(X_2[static_cast<std::size_t>(k)]));
    density /= density.sum();
    const Matrix given = log_densities(top.map(), X_2, X_2, Vector(at.theta.tail(3))).array().exp();
    density = (given.transpose() * density).eval();
    expect_predicted(ReadLower(whole.map(), whole.coarse().letters(), 1), X_2, density);
}

/// Where a joined chain is too wide for the transfer matrix it is learnt by samples of its sites.
TEST(Joined, IsLearntBySamples) {
    const auto data = generate(chain_of(8), {.beta = 1.0, .samples = 12, .seed = 4}, TransferMatrix{});
    const auto map = link();
    const auto known = joined(soft_level(map, 4), soft_level(map, 2), 1.0).fit(data, {.starts = 1});
    const MonteCarlo engine(HeatBath{}, {.samples = 50, .standard_errors = false});
    const auto sampled = joined(soft_level(map, 4, engine, StochasticNewton{}),
                                soft_level(map, 2, engine, StochasticNewton{}), 1.0);
    FitSettings settings{.iterations = 80, .seed = test_seed()};
    settings.start = known.parameters;
    const auto fit = sampled.fit(data, settings);
    const auto& report = fit.monte_carlo;
    const Vector far = linalg::joined(fit.parameters.theta, fit.parameters.eta) -
                       linalg::joined(known.parameters.theta, known.parameters.eta);
    const Vector stated = linalg::joined(report.standard_errors.theta, report.standard_errors.eta);
    const Vector sd = linalg::joined(report.posterior_deviations.theta, report.posterior_deviations.eta);
    for (Index k = 0; k < far.size(); ++k) {
        EXPECT_LT(std::abs(far[k]), z_limit * stated[k]) << k;
        EXPECT_LT(stated[k], sd[k]) << k;
    }
}

}  // namespace
}  // namespace hierarchy_joined_test
