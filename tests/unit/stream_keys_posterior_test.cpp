// No random stream is used twice: posteriors, and predictions with them.
#include "stream_recorder.hpp"

#include <predcg/judge/exact_evidence.hpp>
#include <predcg/posterior/exchange.hpp>
#include <predcg/posterior/full_posterior.hpp>
#include <predcg/posterior/laplace.hpp>
#include <predcg/predict/credible_interval.hpp>

#include "stream_world.hpp"
#include "thrown.hpp"

namespace stream_keys_posterior_test {
using namespace predcg;
using support::expect_distinct_streams;
using support::LargestDomain;

namespace {

const support::StreamWorld world;
const std::uint64_t seed = test_seed();

/// The world's data, its exact fit, and a few draws of its posterior.
struct Learnt {
    support::IsingGrainer grainer = world.exact();
    decltype(grainer.prepare(world.data, 1.0)) data = grainer.prepare(world.data, world.beta);
    decltype(grainer.fit_prepared(data)) fit = grainer.fit_prepared(data);
    decltype(full_posterior(grainer, data, fit)) posterior =
        full_posterior(grainer, data, fit, {.draws = 40, .chains = 4, .warm_up = 20});

    /// The posterior's draws with an engine that samples p_c.
    auto sampled_posterior() const {
        return Posterior(static_cast<const PosteriorResult&>(posterior), posterior.coarse, posterior.map,
                         world.engine());
    }
};

const Learnt& learnt() {
    static const Learnt all;
    return all;
}

TEST(StreamKeys, OfTheFullPosterior) {
    const Learnt& l = learnt();
    expect_distinct_streams({Purpose::posterior}, [&] {
        (void)full_posterior(l.grainer, l.data, l.fit,
                             {.draws = 20, .chains = 3, .warm_up = 5, .seed = seed});
    });
}

TEST(StreamKeys, OfTheExchangePosterior) {
    const Learnt& l = learnt();
    const ChainSettings settings{.draws = 20, .chains = 3, .warm_up = 5, .seed = seed};
    expect_distinct_streams({Purpose::exchange},
                            [&] { (void)exchange_posterior(l.grainer, l.data, l.fit, settings); });
}

TEST(StreamKeys, OfLaplaceApproximations) {
    const Learnt& l = learnt();
    const LaplaceSettings settings{.draws = 60, .seed = seed};
    expect_distinct_streams({Purpose::laplace},
                            [&] { (void)laplace_joint(l.grainer, l.data, l.fit, settings); });
    expect_distinct_streams({Purpose::laplace_slides},
                            [&] { (void)laplace_slides(l.grainer, l.data, l.fit, settings); });
}

TEST(StreamKeys, OfExactEvidence) {
    const Learnt& l = learnt();
    expect_distinct_streams({Purpose::evidence}, [&] {
        (void)exact_evidence(l.grainer, l.data, l.posterior, {.proposals = 50, .seed = seed});
    });
}

// With engines that sample, exchange and the slides' Laplace look at the likelihood at the mode: not with the
// numbers of the fit.
TEST(StreamKeys, OfPosteriorsAfterAMonteCarloFitWithTheSameSeed) {
    const auto grainer = world.grainer(world.engine());
    const auto data = grainer.prepare(world.data, world.beta);
    const Estimate& at = learnt().fit;
    const auto first_iteration = [&] { (void)grainer.problem(data).evaluate(at.parameters, seed); };
    const auto expect_apart = [&](const auto& approximate) {
        const auto twice = support::repeated(support::streams_of([&] {
            first_iteration();
            approximate();
        }));
        EXPECT_TRUE(twice.empty()) << support::to_words(twice);
    };
    expect_apart([&] {
        (void)exchange_posterior(grainer, data, at, {.draws = 20, .chains = 3, .warm_up = 5, .seed = seed});
    });
    expect_apart([&] { (void)laplace_slides(grainer, data, at, {.draws = 60, .seed = seed}); });
}

TEST(StreamKeys, OfSlidesWhoseLikelihoodIsSampled) {
    const auto grainer = world.grainer(world.engine());
    const auto data = grainer.prepare(world.data, world.beta);
    const auto& fit = learnt().fit;  // made before streams are listened to
    expect_distinct_streams({Purpose::laplace_slides, Purpose::slides_latent},
                            [&] { (void)laplace_slides(grainer, data, fit, {.draws = 60, .seed = seed}); });
}

// All of them with one seed, and a fit.
TEST(StreamKeys, OfEverythingWithOneSeed) {
    expect_distinct_streams(
        {Purpose::start, Purpose::posterior, Purpose::exchange, Purpose::laplace, Purpose::laplace_slides,
         Purpose::evidence, Purpose::predict, Purpose::predictive, Purpose::draw_posterior,
         Purpose::draw_fit},
        [&] {
            const auto& grainer = learnt().grainer;
            const auto& data = learnt().data;
            const auto fit = grainer.fit_prepared(data, {.starts = 4, .seed = seed});
            const auto posterior =
                full_posterior(grainer, data, fit, {.draws = 40, .chains = 4, .warm_up = 20, .seed = seed});
            (void)exchange_posterior(grainer, data, fit, {.draws = 20, .warm_up = 5, .seed = seed});
            (void)laplace_joint(grainer, data, fit, {.draws = 60, .seed = seed});
            (void)laplace_slides(grainer, data, fit, {.draws = 60, .seed = seed});
            (void)exact_evidence(grainer, data, posterior, {.proposals = 50, .seed = seed});
            (void)predict(posterior, LargestDomain{}, {.samples = 10, .seed = seed});
            (void)draw_predictive(posterior, 60, seed);
            (void)draw_predictive(fit, 5, seed);
        });
}

TEST(StreamKeys, OfPredictionsFromAFit) {
    const auto& fit = learnt().fit;
    const PredictSettings settings{.draws = 50, .seed = seed};
    expect_distinct_streams({}, [&] { (void)predict(fit, ising::Magnetization{}, settings); });
    expect_distinct_streams({Purpose::predict}, [&] { (void)predict(fit, LargestDomain{}, settings); });
    const Fit sampled(fit.result(), fit.coarse, fit.map, world.engine());
    expect_distinct_streams({Purpose::predict_chain, Purpose::predict_fine},
                            [&] { (void)predict(sampled, ising::Magnetization{}, settings); });
}

// Streams above 2^32 differ from those below in their high bits alone.
TEST(StreamKeys, OfPredictionsThatAreKeptApart) {
    const auto& fit = learnt().fit;
    const Fit sampled(fit.result(), fit.coarse, fit.map, world.engine());
    const auto all = [](const auto& models) {
        for (const std::uint64_t stream : {0ULL, 1ULL, 1ULL << 32, (1ULL << 32) + 1, (1ULL << 44) - 1})
            (void)predict(models, LargestDomain{}, {.draws = 20, .seed = seed, .stream = stream});
    };
    expect_distinct_streams({Purpose::predict}, [&] { all(fit); });
    expect_distinct_streams({Purpose::predict_chain, Purpose::predict_fine}, [&] { all(sampled); });
    const PredictSettings too_large{.draws = 20, .seed = seed, .stream = 1ULL << 44};
    const auto refused = [&](const auto& models) {
        return support::thrown<ArgumentError>([&] { (void)predict(models, LargestDomain{}, too_large); })
            .argument();
    };
    EXPECT_EQ(refused(fit), "stream");
    EXPECT_EQ(refused(sampled), "stream");
}

TEST(StreamKeys, OfIntervalsFromAPosterior) {
    const auto& posterior = learnt().posterior;
    const CredibleSettings settings{.samples = 10, .seed = seed};
    expect_distinct_streams({Purpose::predictive},
                            [&] { (void)predict(posterior, ising::Magnetization{}, settings); });
    expect_distinct_streams({Purpose::predict, Purpose::predictive},
                            [&] { (void)predict(posterior, LargestDomain{}, settings); });
    CredibleSettings expectations = settings;
    expectations.predictive = false;
    expectations.always_sample = true;
    expect_distinct_streams({Purpose::predict},
                            [&] { (void)predict(posterior, ising::Magnetization{}, expectations); });
    const auto sampled = learnt().sampled_posterior();
    expect_distinct_streams({Purpose::predict_chain, Purpose::predict_fine, Purpose::predictive},
                            [&] { (void)predict(sampled, LargestDomain{}, settings); });
}

TEST(StreamKeys, OfDrawnConfigurations) {
    const auto& posterior = learnt().posterior;
    expect_distinct_streams({Purpose::draw_posterior}, [&] { (void)draw_predictive(posterior, 100, seed); });
    expect_distinct_streams({Purpose::draw_posterior},
                            [&] { (void)draw_predictive(learnt().sampled_posterior(), 10, seed); });
    expect_distinct_streams({Purpose::draw_fit}, [&] { (void)draw_predictive(learnt().fit, 100, seed); });
}

}  // namespace
}  // namespace stream_keys_posterior_test
