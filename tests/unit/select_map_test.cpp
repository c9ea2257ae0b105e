// Maps ranked on the same data: rows against what each is made of, starts from smaller models, errors.
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/judge/select_map.hpp>
#include <predcg/models/ising/block_maps.hpp>
#include <predcg/models/ising/chain.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/predict/fine_scale.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <stop_token>
#include <string>
#include <vector>

#include "close.hpp"
#include "test_seed.hpp"
#include "thrown.hpp"

namespace select_map_test {
using namespace predcg;
using support::expect_close;
using support::thrown;
using Spins = std::vector<ising::Spin>;

namespace {

template <class Map>
auto grainer(const Map& map, ising::CoarseChainSettings terms) {
    return EMCoarseGrainer{SamplesOnly<Spins>{}, ising::coarse_chain(terms), map, TransferMatrix{}, Newton{},
                           weak_prior(map)};
}
/// Bernoulli's map, as a case of the logistic one.
ising::SpinBlockMap<ising::LogisticBlock> bernoulli() {
    return ising::logistic_map({.level = 2, .intercept = false, .tied = true});
}
/// Few draws: what is asked here does not depend on their number.
const ScoreSettings quick{
    .fit = {.starts = 2}, .laplace = {.draws = 50}, .posterior = {.draws = 100, .chains = 2, .warm_up = 50}};

/// log p(x) by sums over all X.
double log_density(const ising::CoarseChain<>& coarse, const ising::SpinBlockMap<ising::LinkBlock>& map,
                   const Parameters& at, double beta, const Spins& x) {
    double joint = 0.0, normaliser = 0.0;
    const auto form = map.prepare(x);
    const auto likelihood = map.likelihood(form, at.eta);
    Spins X(static_cast<std::size_t>(coarse.space().size()));
    for (std::size_t code = 0; code < std::size_t{1} << X.size(); ++code) {
        for (std::size_t i = 0; i < X.size(); ++i) X[i] = code >> i & 1U ? 1 : -1;
        const double weight = std::exp(-beta * energy(coarse, X, at.theta));
        normaliser += weight;
        joint += weight * std::exp(likelihood.log_density(X));
    }
    return std::log(joint / normaliser);
}

TEST(SelectMap, RanksByEvidenceAndByWhatIsLeftOut) {
    const double beta = 1.0;
    const auto fine = ising::chain({.sites = 8});
    const auto data = generate(fine, {.beta = beta, .samples = 200, .seed = test_seed()});
    const auto truth = population(fine, beta);
    const ising::CoarseChainSettings terms{.sites = 4, .linear = true, .pair_range = 1};
    const auto link = grainer(ising::link_map({.level = 2}), terms);
    const auto copy = grainer(bernoulli(), terms);
    const auto found = select_map(data, beta, quick, truth, Candidate{"link", link}, Candidate{"copy", copy});
    ASSERT_EQ(found.models.size(), 2u);
    EXPECT_EQ(found.models[0].name, "link");  // rows stand in the order of the candidates
    EXPECT_EQ(found.models[0].parameters, 6);
    EXPECT_EQ(found.models[1].name, "copy");
    EXPECT_EQ(found.models[1].parameters, 3);

    // Bernoulli's map loses 0.4 nats a datum, so that it is last by 80 of them, whatever the seed.
    EXPECT_EQ(found.by_evidence, (std::vector<std::size_t>{0, 1}));
    EXPECT_EQ(found.by_leave_one_out, (std::vector<std::size_t>{0, 1}));
    EXPECT_EQ(found.best().name, "link");
    EXPECT_GT(found.models[0].log_evidence(), found.models[1].log_evidence() + 20.0);
    EXPECT_GT(found.models[0].leave_one_out.elpd, found.models[1].leave_one_out.elpd + 20.0);

    // The scores of a row are those of its fit.
    const auto alone = score_fit("copy", copy, data, found.models[1].fit, quick);
    EXPECT_EQ(found.models[1].exact.log_evidence, alone.exact.log_evidence);
    EXPECT_EQ(found.models[1].laplace.log_evidence, alone.laplace.log_evidence);
    EXPECT_EQ(found.models[1].leave_one_out.elpd, alone.leave_one_out.elpd);
    EXPECT_EQ(found.models[1].log_evidence(), *alone.exact.log_evidence);

    // The divergence, from densities summed over all X.
    double divergence = truth.mean_log_density;
    for (std::size_t k = 0; k < truth.configurations.size(); ++k)
        divergence -=
            truth.probabilities[k] * log_density(link.coarse(), link.map(), found.models[0].fit.parameters,
                                                 beta, truth.configurations[k]);
    expect_close(*found.models[0].divergence, divergence, 1e-8);
    EXPECT_LT(*found.models[0].divergence, *found.models[1].divergence);

    // Without a truth there is none, and all else is the same.
    const auto blind = select_map(data, beta, quick, Candidate{"copy", copy});
    EXPECT_FALSE(blind.best().divergence);
    EXPECT_EQ(blind.best().log_evidence(), found.models[1].log_evidence());
}

// From this start of four letters the likelihood climbs to a maximum that is not the highest.
struct FarBlock : ising::LinkBlock {
    using LinkBlock::LinkBlock;
    Vector start() const { return Vector{{0.2, 0.2, 0.4, -0.8, -0.4, 1.2}}; }
    std::vector<Vector> more_starts() const { return {}; }
};

TEST(SelectMap, BeginsWithWhatSmallerModelsFound) {
    const double beta = 0.3;
    const auto fine = ising::chain({.sites = 12, .strength = 1.5, .range = 5, .field = 0.3});
    const auto data = generate(fine, {.beta = beta, .samples = 500, .seed = 3});
    const ising::CoarseChainSettings terms{.sites = 6, .linear = true, .pair_range = 1, .field = 0.3};
    const auto small = grainer(ising::link_map({.level = 2}), terms);
    const auto large = grainer(ising::SpinBlockMap<FarBlock>(FarBlock({.level = 2, .neighbours = 4})), terms);
    // No part of either: other names.
    const auto other = grainer(bernoulli(), terms);
    ScoreSettings settings = quick;
    settings.fit.starts = 1;
    std::vector<TraceEntry> starts;
    settings.fit.observer = [&](const TraceEntry& entry) {
        if (entry.iteration == 0 && entry.eta.size() == 6) starts.push_back(entry);
    };
    // The larger one stands first, and is fitted last.
    const auto found = select_map(data, beta, settings, Candidate{"large", large}, Candidate{"other", other},
                                  Candidate{"small", small});
    ASSERT_EQ(starts.size(), 2u);
    expect_close(starts[0].eta, large.map().start(), 1e-15);
    const Parameters& of_small = found.models[2].fit.parameters;  // inner, field, c_0,0, c_0,1
    expect_close(starts[1].theta, of_small.theta, 1e-12);
    expect_close(starts[1].eta,
                 Vector{{of_small.eta[0], of_small.eta[1], 0.0, of_small.eta[2], of_small.eta[3], 0.0}},
                 1e-12);

    const auto alone = large.fit(data, {.beta = beta, .starts = 1});
    EXPECT_GT(found.models[0].fit.log_posterior, alone.log_posterior + 0.5);
    EXPECT_GT(found.models[0].log_likelihood, found.models[2].log_likelihood);
}

TEST(SelectMap, RefusesWhatCannotBeCompared) {
    const double beta = 0.5;
    const auto fine = ising::chain({.sites = 8});
    const auto data = generate(fine, {.beta = beta, .samples = 20, .seed = 1});
    const auto copy = grainer(bernoulli(), {.sites = 4, .pair_range = 1});
    const auto argument = [&](const auto& call) { return thrown<ArgumentError>(call).argument(); };
    // No prior that can be integrated over.
    const EMCoarseGrainer flat{SamplesOnly<Spins>{}, copy.coarse(), copy.map(), TransferMatrix{}};
    EXPECT_EQ(argument([&] { (void)select_map(data, beta, quick, Candidate{"flat", flat}); }), "prior");
    // Data of another size than one of the candidates'.
    const auto longer = grainer(bernoulli(), {.sites = 6, .pair_range = 1});
    EXPECT_THROW((void)select_map(data, beta, quick, Candidate{"copy", copy}, Candidate{"longer", longer}),
                 ArgumentError);
    // Another truth.
    const auto other = population(ising::chain({.sites = 6}), beta);
    EXPECT_THROW((void)select_map(data, beta, quick, other, Candidate{"copy", copy}), ArgumentError);
    EXPECT_THROW((void)population(ising::chain({.sites = 21}), beta), CostError);
    EXPECT_THROW((void)select_map(std::vector<Spins>{}, beta, quick, Candidate{"copy", copy}), ArgumentError);
    std::stop_source source;
    source.request_stop();
    ScoreSettings stopped = quick;
    stopped.fit.stop = source.get_token();
    EXPECT_THROW((void)select_map(data, beta, stopped, Candidate{"copy", copy}), Stopped);
}

}  // namespace
}  // namespace select_map_test
