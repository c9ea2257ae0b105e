// No random stream is used twice: fits and what is learnt with them.
#include "on_threads.hpp"
#include "stream_recorder.hpp"

#include <predcg/engines/mean_field.hpp>
#include <predcg/learning/online.hpp>
#include <predcg/optimize/quasi_newton.hpp>
#include <predcg/posterior/curvature.hpp>
#include <predcg/relative_entropy.hpp>

#include "stream_world.hpp"

namespace stream_keys_fit_test {
using namespace predcg;
using support::expect_distinct_streams;
using support::expect_shared_streams;

namespace {

const support::StreamWorld world;
constexpr double beta = support::StreamWorld::beta;

/// 60 iterations of the data in the settings' way.
template <class Optimizer>
auto sampled_fit(const Optimizer& optimizer, StochasticSettings stochastic = {}, Index threads = 1) {
    const support::OnThreads on(threads);
    FitSettings settings{.beta = beta, .iterations = 60, .seed = test_seed()};
    settings.stochastic = stochastic;
    return world.grainer(world.engine(stochastic.grow), optimizer).fit(world.data, settings);
}

TEST(StreamRecorder, SeesWhatIsMadeTwice) {
    const auto make = [](std::uint64_t index) { (void)make_stream(7, Purpose::check, index, 3); };
    const auto counts = support::streams_of([&] {
        make(1);
        make(2);
        make(1);
        (void)make_stream(7, Purpose::blank);
    });
    make(2);
    EXPECT_EQ(counts, (support::StreamCounts{{{7, 6, 1, 3, 0}, 2}, {{7, 6, 2, 3, 0}, 1}}));
    EXPECT_EQ(support::repeated(counts), (support::StreamCounts{{{7, 6, 1, 3, 0}, 2}}));
    EXPECT_EQ(support::purposes_of(counts), std::set<int>{6});
    EXPECT_TRUE(support::streams_of([] {}).empty());
}

TEST(StreamKeys, OfGenerateAndAnExactFit) {
    const auto fine = ising::chain({.sites = 8, .field = 0.3});
    expect_distinct_streams({Purpose::generate, Purpose::start}, [&] {
        const auto data = generate(fine, {.beta = beta, .samples = 20, .seed = test_seed()});
        (void)world.exact().fit(data, {.starts = 5, .seed = test_seed()});
    });
}

TEST(StreamKeys, OfMonteCarloFits) {
    const auto used = {Purpose::start, Purpose::latent, Purpose::coarse};
    expect_distinct_streams(used, [] { (void)sampled_fit(StochasticNewton{}, {}, 2); });
    expect_distinct_streams(used, [] { (void)sampled_fit(RobbinsMonro{}); });
}

TEST(StreamKeys, OfMinibatches) {
    expect_distinct_streams({Purpose::start, Purpose::latent, Purpose::coarse, Purpose::batch},
                            [] { (void)sampled_fit(StochasticNewton{}, {.batch = 3}); });
}

TEST(StreamKeys, OfGrowingSamples) {
    expect_distinct_streams({Purpose::start, Purpose::latent, Purpose::coarse}, [] {
        const auto fit = sampled_fit(StochasticNewton{}, {.grow = true, .largest_growth = 4.0});
        EXPECT_GT(fit.monte_carlo.latent_samples, 20) << "the engine has grown";
    });
}

// With looks in between, within blocks of configurations and at their ends.
TEST(StreamKeys, OfOnlineFits) {
    const auto learn = [&](const auto& grainer) {
        OnlineFit online{grainer, {.beta = beta, .batch = 5, .seed = test_seed()}};
        for (int pass = 0; pass < 3; ++pass) {
            for (const auto& x : world.data) online.add(x);
            online.add(world.data);
            (void)online.estimate();
        }
    };
    expect_distinct_streams({}, [&] { learn(world.exact()); });
    expect_distinct_streams({Purpose::latent, Purpose::coarse},
                            [&] { learn(world.grainer(world.engine())); });
}

// A Monte Carlo fit and the curvature at its end, with the same seed.
TEST(StreamKeys, OfCurvatureAfterAFit) {
    const auto grainer = world.grainer(world.engine());
    const auto data = grainer.prepare(world.data, beta);
    const Parameters at{Vector{{0.2, 0.3}}, Vector{{1.0}}};
    expect_distinct_streams({Purpose::curvature_latent, Purpose::curvature_coarse}, [&] {
        (void)curvature(grainer, data, beta, at, {.repeats = 5, .seed = test_seed()});
    });
    const auto together = support::streams_of([&] {
        (void)curvature(grainer, data, beta, at, {.repeats = 5, .seed = test_seed()});
        (void)grainer.problem(data).evaluate(at, test_seed());
    });
    EXPECT_TRUE(support::repeated(together).empty()) << support::to_words(support::repeated(together));
}

TEST(StreamKeys, OfRelativeEntropyWithDrawnTies) {
    const auto fit = [](const auto& engine, const auto& optimizer) {
        const RelativeEntropy learn{ising::coarse_chain(world.model), ising::majority_map({.level = 2}),
                                    engine, optimizer};
        (void)learn.fit(world.data, {.beta = beta, .iterations = 60, .seed = test_seed()}, Ties::draw);
    };
    expect_distinct_streams({Purpose::tie}, [&] { fit(TransferMatrix{}, Newton{}); });
    expect_distinct_streams({Purpose::tie, Purpose::coarse},
                            [&] { fit(world.engine(), StochasticNewton{}); });
}

// Every solution of a mean field begins at the same drawn starts: q depends on target and settings alone.
TEST(StreamKeys, OfAMeanField) {
    const MeanField engine{.random_starts = 3, .seed = test_seed()};
    const auto fit = [&] {
        (void)world.grainer(engine, QuasiNewton{})
            .fit(world.data, {.beta = beta, .iterations = 3, .starts = 2, .seed = test_seed()});
    };
    expect_shared_streams({Purpose::start, Purpose::mean_field}, "mean field", fit);
    const auto repeated = support::repeated(support::streams_of(fit));
    EXPECT_EQ(repeated.size(), 3u) << support::to_words(repeated);
}

}  // namespace
}  // namespace stream_keys_fit_test
