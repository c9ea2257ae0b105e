// Posteriors, evidence, leave-one-out, checks and predictions of block maps and of observed X: each method
// against another.
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/judge/checks.hpp>
#include <predcg/judge/exact_evidence.hpp>
#include <predcg/judge/leave_one_out.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/ising/block_maps.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/models/ising/observables.hpp>
#include <predcg/monte_carlo.hpp>
#include <predcg/posterior/exchange.hpp>
#include <predcg/posterior/full_posterior.hpp>
#include <predcg/predict/credible_interval.hpp>

#include "reference.hpp"
#include "test_seed.hpp"
#include "z_score.hpp"

namespace block_maps_posterior_test {
using namespace predcg;
using Spins = std::vector<ising::Spin>;

namespace {

template <class Map>
auto grainer(const Map& map) {
    return EMCoarseGrainer{
        SamplesOnly<Spins>{},
        ising::coarse_chain(
            {.sites = 8, .linear = true, .pair_range = 1, .field = 0.2, .boundary = Boundary::open}),
        map,
        TransferMatrix{},
        Newton{},
        weak_prior(map)};
}

/// Standard errors of posterior means from draws whose diagnostics are known.
Vector errors_of(const PosteriorResult& posterior) {
    Vector errors = posterior.sd;
    for (Index k = 0; k < errors.size(); ++k)
        errors[k] = posterior.diagnostics[static_cast<std::size_t>(k)].mcse_mean;
    return errors;
}

// X is known: the full posterior, which integrates it out, and the exchange algorithm, which draws it, see
// the same densities. Five z-scores, of errors that are a fifth too small at worst.
TEST(ObservedPosterior, ExchangeAgreesWithTheFullPosterior) {
    const auto learner = grainer(ising::decimation_map({.level = 2, .boundary = Boundary::open}));
    const auto data = learner.prepare(reference::load_data("open"), 0.6);
    const auto fit = learner.fit_prepared(data);
    const auto full = full_posterior(learner, data, fit, {.draws = 2000, .seed = test_seed()});
    const auto exchange = exchange_posterior(learner, data, fit, {.draws = 2000, .seed = test_seed()});
    EXPECT_TRUE(full.reliable);
    const Vector a = errors_of(full), b = errors_of(exchange);
    for (Index k = 0; k < 5; ++k)
        EXPECT_LT(std::abs(full.mean[k] - exchange.mean[k]) / std::hypot(a[k], b[k]), 1.2 * z_limit) << k;
}

// The evidence by a bridge from the draws, and by Laplace's approximation, of a posterior that is all but
// normal; what is left out one by one adds up to less than the likelihood at the mode.
TEST(BlockMapPosterior, EvidenceLeaveOneOutAndChecks) {
    const auto learner = grainer(ising::decimation_map({.level = 2, .boundary = Boundary::open}));
    const auto raw = reference::load_data("open");
    const auto data = learner.prepare(raw, 0.6);
    const auto fit = learner.fit_prepared(data);
    const auto laplace = laplace_evidence(learner, data, fit, {.draws = 4000});
    const auto full = full_posterior(learner, data, fit, {.draws = 2000, .seed = test_seed()});
    const auto bridged = exact_evidence(learner, data, full, {.seed = test_seed()});
    ASSERT_TRUE(laplace.log_evidence) << laplace.remarks.front();
    ASSERT_TRUE(bridged.log_evidence) << bridged.remarks.front();
    EXPECT_NEAR(*laplace.log_evidence, *bridged.log_evidence, 0.3);
    const auto left_out = leave_one_out(learner, data, full);
    EXPECT_LT(left_out.elpd, fit.log_likelihood);
    EXPECT_GT(left_out.elpd, fit.log_likelihood - 20.0);
}

// A soft map: draws of the posterior predict m with an interval that holds what the data say.
TEST(BlockMapPosterior, PredictsWithIntervals) {
    const auto learner = grainer(ising::link_map({.level = 2, .boundary = Boundary::open}));
    const auto raw = reference::load_data("open");
    const auto data = learner.prepare(raw, 0.6);
    const auto fit = learner.fit_prepared(data);
    const auto posterior = full_posterior(learner, data, fit, {.draws = 500, .seed = test_seed()});
    const auto m = predict(posterior, ising::Magnetization{}, {.credibility = 0.95});
    double mean = 0.0;
    for (const Spins& x : raw)
        for (const auto spin : x) mean += spin / (16.0 * static_cast<double>(raw.size()));
    EXPECT_LT(m.lower[0], mean);
    EXPECT_GT(m.upper[0], mean);
}

}  // namespace
}  // namespace block_maps_posterior_test
