// Fits to all configurations of a chain with their probabilities: what maps lose, and what trades.
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/judge/select_map.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/block_maps.hpp>
#include <predcg/models/ising/chain.hpp>
#include <predcg/models/ising/coarse_chain.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace population_fits_test {
using namespace predcg;
using ising::Spin;
using Spins = std::vector<Spin>;

namespace {

struct Truth {
    ising::FineChainSettings chain;
    double beta;
    Population<Spins> population;

    Truth(Index range, double strength, double beta_, double field)
        : chain{.sites = 12, .strength = strength, .range = range, .field = field}, beta(beta_),
          population(predcg::population(ising::chain(chain), beta)) {}

    /// `terms`: beside a linear one.
    template <class Map>
    auto grainer(const Map& map, ising::CoarseChainSettings terms = {.pair_range = 1}) const {
        terms.sites = 12 / map.level();
        terms.linear = true;
        terms.field = chain.field;
        return EMCoarseGrainer{SamplesOnly<Spins>{}, ising::coarse_chain(terms), map, TransferMatrix{}};
    }
    /// The fit to `count` data without noise, from the models' own start.
    template <class Map>
    auto fit(const Map& map, double count = 1e6,
             const ising::CoarseChainSettings& terms = {.pair_range = 1}) const {
        const auto learner = grainer(map, terms);
        std::vector<double> weights = population.probabilities;
        for (double& w : weights) w *= count;
        return learner.fit_prepared(learner.prepare(population.configurations, beta, weights), {.starts = 1});
    }
    template <class Map>
    double loss(const Map& map) const {
        return divergence_from(population, grainer(map), fit(map).parameters, beta);
    }
};
const Truth& s1() {
    static const Truth truth(1, 1.0, 0.3, 0.3);
    return truth;
}
const Truth& s2() {
    static const Truth truth(1, 1.0, 1.0, 0.0);
    return truth;
}
const Truth& s3() {
    static const Truth truth(5, 1.5, 0.3, 0.3);
    return truth;
}

auto interval(Index level) {
    return ising::logistic_map({.level = level, .window = {0, 1}, .autoregressive = true});
}

TEST(Population, ItsDivergenceFromItselfIsZero) {
    double sum = 0.0;
    for (const double p : s1().population.probabilities) sum += p;
    EXPECT_NEAR(sum, 1.0, 1e-12);
    // Of one letter for one spin nothing is lost, whatever the map.
    const auto map = ising::decimation_map({.level = 1});
    EXPECT_NEAR(s1().loss(map), 0.0, 1e-9);
}

TEST(Population, MapsOfNearestNeighboursLoseNothing) {
    for (const Truth* truth : {&s1(), &s2()})
        for (const Index level : {2, 3, 4}) {
            SCOPED_TRACE(level);
            EXPECT_LE(truth->loss(ising::link_map({.level = level})), 1e-9);
            EXPECT_LE(truth->loss(ising::decimation_map({.level = level})), 1e-9);
            EXPECT_LE(truth->loss(interval(level)), 1e-9);
        }
}

TEST(Population, WhatBernoulliLoses) {
    const auto loss = [](const Truth& truth, Index level) {
        return truth.loss(ising::bernoulli_map({.level = level}));
    };
    const double known[3][3] = {{.162, .631, .081}, {.222, .882, .112}, {.270, 1.103, .135}};
    for (Index k = 0; k < 3; ++k) {
        EXPECT_NEAR(loss(s1(), k + 2), known[k][0], 6e-4);
        EXPECT_NEAR(loss(s2(), k + 2), known[k][1], 6e-4);
        EXPECT_NEAR(loss(s3(), k + 2), known[k][2], 6e-4);
    }
}

TEST(Population, WhatLongCouplingsCost) {
    const double link[3] = {.0174, .0142, .0113}, decimation[3] = {.174, .159, .159},
                 reflect[3] = {.018, .015, .018};
    for (Index k = 0; k < 3; ++k) {
        SCOPED_TRACE(k + 2);
        EXPECT_NEAR(s3().loss(ising::link_map({.level = k + 2})), link[k], 6e-5);
        EXPECT_NEAR(s3().loss(ising::decimation_map({.level = k + 2})), decimation[k], 6e-4);
        EXPECT_NEAR(s3().loss(ising::logistic_map({.level = k + 2, .window = {-1, 1}, .reflect = true})),
                    reflect[k], 6e-4);
    }
}

// Four letters and more coarse terms hold what couplings over five spins need.
TEST(Population, WhatLongCouplingsNeed) {
    const auto loss = [](const auto& map, const ising::CoarseChainSettings& terms, Index most) {
        const auto fit = s3().fit(map, 1e6, terms);
        EXPECT_LE(fit.parameters.theta.size() + fit.parameters.eta.size(), most);
        EXPECT_EQ(fit.status, Status::converged);
        return divergence_from(s3().population, s3().grainer(map, terms), fit.parameters, s3().beta);
    };
    const double link = loss(ising::link_map({.level = 2, .neighbours = 4}), {.pair_range = 2}, 9);
    EXPECT_NEAR(link, .0012, 6e-5);
    EXPECT_LE(link, .0015);
    EXPECT_NEAR(loss(ising::logistic_map({.level = 2, .window = {-1, 1}, .autoregressive = true}),
                     {.pair_range = 2, .triplets = {{1, 1}}}, 13),
                .0017, 6e-5);
}

TEST(Population, DirectionsThatTradeAreNamed) {
    const auto two = s1().fit(interval(2));
    EXPECT_EQ(two.status, Status::not_identified);
    EXPECT_EQ(two.directions.size(), 2u);
    EXPECT_EQ(two.remarks.size(), 2u);
    const auto one = s1().fit(ising::link_map({.level = 2}));
    ASSERT_EQ(one.directions.size(), 1u);
    ASSERT_EQ(one.remarks.size(), 1u);
    EXPECT_TRUE(one.remarks[0].starts_with("linear trades with field, c_0,0: predictions hardly depend on "))
        << one.remarks[0];
    // Along it no density of a datum changes.
    const auto learner = s1().grainer(one.map);
    const auto data = learner.prepare(s1().population.configurations, s1().beta);
    const auto problem = learner.problem(data);
    const Coordinates& c = problem.coordinates();
    const Vector z = c.z(one.parameters);
    const auto at = [&](double step) {
        return problem.log_likelihoods(c.parameters(z + step * one.directions[0].coefficients));
    };
    const double h = 1e-3;
    EXPECT_LT(((at(h) - at(-h)) / (2.0 * h)).cwiseAbs().maxCoeff(), 1e-4);

    for (const Index level : {3, 4}) {
        const auto none = s1().fit(ising::link_map({.level = level}));
        EXPECT_TRUE(none.directions.empty());
        EXPECT_TRUE(none.remarks.empty());
        EXPECT_EQ(none.status, Status::converged);
    }
    // Few data leave directions to the prior, and predictions depend on them.
    for (const std::string& remark : s1().fit(ising::link_map({.level = 2}), 20.0).remarks)
        EXPECT_NE(remark.find("linear trades"), std::string::npos) << remark;
}

}  // namespace
}  // namespace population_fits_test
