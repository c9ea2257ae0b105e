// No random stream is used twice: checks, calibration, scores, comparisons; and what shares numbers on
// purpose.
#include "stream_recorder.hpp"

#include <predcg/judge/checks.hpp>
#include <predcg/judge/compare.hpp>
#include <predcg/judge/coverage.hpp>
#include <predcg/judge/model_score.hpp>
#include <predcg/judge/select_terms.hpp>
#include <predcg/judge/simulation_based.hpp>
#include <predcg/testing/check_map.hpp>
#include <predcg/testing/check_potential.hpp>

#include "stream_world.hpp"

namespace stream_keys_judge_test {
using namespace predcg;
using support::expect_distinct_streams;
using support::expect_shared_streams;
using support::LargestDomain;

namespace {

const support::StreamWorld world;
const std::uint64_t seed = test_seed();
auto exact_grainer() { return world.grainer(TransferMatrix{}, Newton{}); }

/// A fit and a few draws with the seed a calibration gives.
template <class Grainer, class Data>
auto posterior_of(const Grainer& grainer, const Data& data, std::uint64_t of_replicate, Index draws = 8) {
    return full_posterior(grainer, data, grainer.fit_prepared(data, {.starts = 2, .seed = of_replicate}),
                          {.draws = draws, .chains = 2, .warm_up = 5, .seed = of_replicate});
}

TEST(StreamKeys, OfPredictiveChecks) {
    const auto grainer = exact_grainer();
    const auto posterior = posterior_of(grainer, grainer.prepare(world.data, world.beta), 1);
    expect_distinct_streams({Purpose::replicate}, [&] {
        (void)predictive_checks(posterior, world.data, {.replicates = 200, .seed = seed},
                                checked("m", ising::Magnetization{}), checked("domain", LargestDomain{}));
    });
}

/// Two replicates; statistics of one theta see the same draws of (X, x).
template <class... O>
void calibrate(const CheckedStatistic<O>&... statistics) {
    const auto grainer = exact_grainer();
    (void)simulation_based_calibration(
        grainer, {.beta = world.beta, .data = 6, .replicates = 2, .ranked_draws = 3, .bins = 2, .seed = seed},
        [](const auto& of, const auto& data, std::uint64_t s) { return posterior_of(of, data, s); },
        statistics...);
}

TEST(StreamKeys, OfSimulationBasedCalibration) {
    expect_distinct_streams({Purpose::calibrate, Purpose::start, Purpose::posterior},
                            [] { calibrate(checked("m", ising::Magnetization{})); });
    expect_distinct_streams({Purpose::calibrate, Purpose::start, Purpose::posterior, Purpose::predict},
                            [] { calibrate(checked("domain", LargestDomain{})); });
    expect_shared_streams(
        {Purpose::calibrate, Purpose::start, Purpose::posterior, Purpose::predict}, "statistics of a theta",
        [] { calibrate(checked("domain", LargestDomain{}), checked("again", LargestDomain{})); });
}

TEST(StreamKeys, OfCoverage) {
    const auto grainer = exact_grainer();
    const auto fine = ising::chain({.sites = 8, .field = 0.1});
    expect_distinct_streams({Purpose::generate, Purpose::start, Purpose::posterior, Purpose::predict}, [&] {
        (void)coverage(
            {.data_sets = 2, .seed = seed},
            [&](std::uint64_t s) { return generate(fine, {.beta = world.beta, .samples = 8, .seed = s}); },
            [&](const auto& data, std::uint64_t s) {
                return posterior_of(grainer, grainer.prepare(data, world.beta), s);
            },
            Vector::Constant(1, 2.0), checked("domain", LargestDomain{}));
    });
}

TEST(StreamKeys, OfLeaveOneOutAndAllScores) {
    const auto grainer = exact_grainer();
    const auto data = grainer.prepare(world.data, world.beta);
    const auto posterior = posterior_of(grainer, data, 1, 32);
    expect_distinct_streams({}, [&] { (void)leave_one_out(grainer, data, posterior); });
    const ScoreSettings settings{.fit = {.seed = seed},
                                 .laplace = {.draws = 60, .seed = seed},
                                 .posterior = {.draws = 32, .chains = 2, .warm_up = 5, .seed = seed},
                                 .evidence = {.proposals = 50, .seed = seed}};
    expect_distinct_streams({Purpose::start, Purpose::laplace, Purpose::posterior, Purpose::evidence},
                            [&] { (void)score_model("", grainer, data, world.beta, settings); });
}

// The first fit and the last one draw their starts from the same numbers: both are made with settings.fit.
TEST(StreamKeys, OfSelectedTerms) {
    const auto grainer = exact_grainer();
    const auto select = [&](Index starts) {
        (void)select_terms(grainer, world.data, world.beta, {.fit = {.starts = starts, .seed = seed}});
    };
    expect_distinct_streams({}, [&] { select(1); });
    expect_shared_streams({Purpose::start}, "terms", [&] { select(3); });
}

// Three checks of a user's types with one seed.
TEST(StreamKeys, OfChecksOfUserTypes) {
    const auto grainer = exact_grainer();
    expect_distinct_streams({Purpose::check}, [&] {
        EXPECT_TRUE(check_fine_potential(ising::chain({.sites = 8}), seed).empty());
        EXPECT_TRUE(check_coarse_potential(grainer.coarse(), Vector{{0.3, 0.2}}, seed).empty());
        const auto fine = ising::chain({.sites = 8}).space();
        EXPECT_TRUE(check_map(grainer.map(), grainer.coarse().space(), Vector{{0.7}}, fine, seed).empty());
    });
}

// Methods and folds have one seed: they differ by what they learn from and how, not by chance.
TEST(StreamKeys, OfComparisons) {
    const auto grainer = exact_grainer();
    const auto quantities = observables(checked("m", ising::Magnetization{}));
    const auto by_folds = [&](Index starts) {
        const auto fit = method("fit", [&grainer, starts](const auto& training, std::uint64_t s) {
            return grainer.fit(training, {.beta = world.beta, .starts = starts, .seed = s});
        });
        (void)compare(world.data, quantities, {.folds = 3, .seed = seed}, fit);
    };
    expect_distinct_streams({Purpose::folds}, [&] { by_folds(1); });
    expect_shared_streams({Purpose::folds, Purpose::start}, "methods", [&] { by_folds(2); });
}

}  // namespace
}  // namespace stream_keys_judge_test
