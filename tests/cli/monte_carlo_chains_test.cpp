// Sampled fits of the program take many chains where the library moves them side by side, and nowhere else.
#include "model/ising_grainer.hpp"
#include "model/monte_carlo_fit.hpp"
#include "model/sampled_estimate.hpp"

#include <gtest/gtest.h>

namespace monte_carlo_chains_test {
using namespace cli;

namespace {

FitModel ring(Index coarse_sites, Index range) {
    FitModel model;
    model.fine_sites = 2 * coarse_sites;
    model.pair_range = range;
    return model;
}

/// What the library says of the Bernoulli map and two letters.
SideBySide as_the_library_says(const FitModel& model, Kernel kernel) {
    return with_kernel(kernel, [&](const auto& k) -> SideBySide {
        const auto coarse = chain_of<BernoulliMap>(model);
        const predcg::EMCoarseGrainer grainer{predcg::SamplesOnly<Configuration>{}, coarse,
                                              predcg::ising::bernoulli_map({.level = model.level}),
                                              predcg::MonteCarlo(k), predcg::StochasticNewton{}};
        const Configurations data(2, Configuration(static_cast<std::size_t>(model.fine_sites), 1));
        const auto prepared = grainer.prepare(data, model.beta);
        const auto problem = grainer.problem(prepared);
        const predcg::Parameters at{predcg::Vector::Zero(coarse.parameter_count()), predcg::Vector::Zero(1)};
        return {problem.has_few_latent_chains(at), problem.has_few_coarse_chains(at.theta)};
    });
}

TEST(SampledChains, AreManyWhereTheyMoveSideBySide) {
    Index many = 0, one = 0;
    for (const Kernel kernel : {Kernel::heat_bath, Kernel::metropolis})
        for (const Index sites : {5, 16})
            for (Index range = 1; range <= sites / 2; ++range) {
                const FitModel model = ring(sites, range);
                const SideBySide found = chains_side_by_side(model, {.kernel = kernel}),
                                 right = as_the_library_says(model, kernel);
                EXPECT_EQ(found.latent, right.latent) << sites << " sites, range " << range;
                EXPECT_EQ(found.coarse, right.coarse) << sites << " sites, range " << range;
                ++(right.latent ? many : one);
            }
    EXPECT_GT(many, 4);
    EXPECT_GT(one, 4);
    FitModel wide = ring(16, 1);
    wide.map = MapChoice::link2;  // looks at two coarse sites
    EXPECT_FALSE(chains_side_by_side(wide, {}).latent);
    EXPECT_TRUE(chains_side_by_side(wide, {}).coarse);
}

TEST(SampledChains, AreAsManyAsSamplesWithinLimits) {
    for (const Index samples : {2, 15, 16, 50}) {
        const SideBySide q = chains_side_by_side(ring(16, 1), {.latent_samples = samples}),
                         p_c = chains_side_by_side(ring(16, 1), {.coarse_samples = samples});
        EXPECT_EQ(q.latent, samples >= 16) << samples;
        EXPECT_EQ(p_c.coarse, samples >= 16) << samples;
        EXPECT_TRUE(q.coarse && p_c.latent);
    }
    EXPECT_EQ(sampling(16, true).chains, 16);
    EXPECT_EQ(sampling(200, true).chains, 200);
    EXPECT_EQ(sampling(1000, true).chains, 256);
    EXPECT_EQ(sampling(1000, false).chains, 1);
    EXPECT_EQ(sampling(1000, true).samples, 1000);
}

}  // namespace
}  // namespace monte_carlo_chains_test
