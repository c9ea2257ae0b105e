// Which terms stay: the rule against closed forms, the mask against the potential that it masks, and recovery
// of known terms.
#include <predcg/judge/select_terms.hpp>
#include <predcg/models/gaussian/coarse_chain.hpp>
#include <predcg/predict/credible_interval.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <stop_token>

#include "close.hpp"
#include "known_terms.hpp"
#include "mean_shift.hpp"
#include "test_seed.hpp"
#include "thrown.hpp"

namespace term_selection_test {
using namespace predcg;
using support::expect_close;
using support::thrown;

namespace {

TEST(UnitInformation, GainChangesItsSignAtTheThreshold) {
    for (const double N : {5.0, 50.0, 1e4}) {
        const double threshold = std::sqrt((1.0 + 1.0 / N) * std::log(N + 1.0));
        EXPECT_GT(unit_information_gain(threshold * 1.0001, N), 0.0);
        EXPECT_LT(unit_information_gain(threshold * 0.9999, N), 0.0);
        // Evidence of t ~ N(z, 1) under z ~ N(0, N) less that under z = 0.
        const auto log_normal = [](double x, double variance) {
            return -0.5 * x * x / variance - 0.5 * std::log(variance);
        };
        expect_close(unit_information_gain(1.7, N), log_normal(1.7, N + 1.0) - log_normal(1.7, 1.0), 1e-12);
    }
}

// Where the posterior is normal, evidence differences are those of the closed form, and the rule in z.
TEST(SelectTerms, OfAGaussianWorldIsTheClosedForm) {
    // The same data whatever the seed: an identity, of terms that the data tell apart.
    std::mt19937_64 rng(821);
    const Matrix orthogonal{{1, 1, 1, 1}, {1, -1, 1, -1}, {1, 1, -1, -1}, {1, -1, -1, 1}};
    const support::MeanShift world(rng, orthogonal, Vector{{1.5, 0.0, -1.2, 0.0}}, 12);
    const auto grainer = world.grainer(Normal{.mean = 0.0, .sd = 2.0});
    const auto selection = select_terms(grainer, world.data, world.beta, {.tolerance = 1e-9, .rounds = 50});
    EXPECT_TRUE(selection.reliable);
    ASSERT_FALSE(selection.kept.empty());
    Vector alpha(std::ssize(selection.kept));
    for (std::size_t k = 0; k < selection.kept.size(); ++k)
        alpha[static_cast<Index>(k)] = selection.terms[static_cast<std::size_t>(selection.kept[k])].precision;
    const double with = world.log_evidence(selection.kept, alpha);
    for (std::size_t k = 0; k < selection.kept.size(); ++k) {
        const TermScore& term = selection.terms[static_cast<std::size_t>(selection.kept[k])];
        EXPECT_TRUE(term.kept);
        std::vector<Index> others, places;
        for (std::size_t l = 0; l < selection.kept.size(); ++l)
            if (l != k) {
                others.push_back(selection.kept[l]);
                places.push_back(static_cast<Index>(l));
            }
        expect_close(term.evidence_gain, with - world.log_evidence(others, linalg::selected(alpha, places)),
                     1e-7);
    }
    for (const TermScore& term : selection.terms) {
        expect_close(term.evidence_gain, unit_information_gain(term.z, 12.0), 1e-6, term.name);
        EXPECT_EQ(term.kept, term.z * term.z > 13.0 / 12.0 * std::log(13.0)) << term.name;
    }
    for (const std::size_t strong : {0u, 2u}) EXPECT_TRUE(selection.terms[strong].kept);
    // The refit is that of the potential written with these terms alone, under the grainer's prior.
    support::MeanShift chosen = world;
    chosen.A.resize(4, std::ssize(selection.kept));
    for (Index k = 0; k < chosen.A.cols(); ++k) {
        const Index place = selection.kept[static_cast<std::size_t>(k)];
        chosen.A.col(k) = world.A.col(place);
        EXPECT_EQ(selection.kept_names()[static_cast<std::size_t>(k)], "theta_" + std::to_string(place + 1));
    }
    const auto fit = chosen.grainer(Normal{.mean = 0.0, .sd = 2.0}).fit(world.data, {.beta = world.beta});
    expect_close(selection.fit.parameters.theta, fit.parameters.theta, 1e-8);
    expect_close(selection.fit.log_likelihood, fit.log_likelihood, 1e-10);
}

TEST(SelectTerms, PureNoiseKeepsNothing) {
    auto rng = test_rng(822);
    const support::MeanShift world(rng, by_hand::random_matrix(rng, 4, 2), Vector::Zero(2), 30);
    const auto grainer = world.grainer(Normal{.mean = 0.0, .sd = 2.0});
    // All data at zero: z is 0 for every term, whatever the seed.
    const std::vector<Vector> zeros(30, Vector::Zero(8));
    const auto selection = select_terms(grainer, zeros, world.beta, {.tolerance = 1e-9, .rounds = 50});
    EXPECT_TRUE(selection.kept.empty());
    EXPECT_EQ(selection.fit.parameters.theta.size(), 0);
    for (const TermScore& term : selection.terms) {
        EXPECT_FALSE(term.kept);
        EXPECT_NEAR(term.z, 0.0, 1e-6);
        expect_close(term.evidence_gain, -0.5 * std::log(31.0), 1e-6);
    }
}

// A mask has what the potential with these terms alone has.
TEST(WithTerms, IsThePotentialWithoutTheOthers) {
    const auto all = ising::coarse_chain(
        {.sites = 6, .linear = true, .pair_range = 2, .triplets = {{1, 1}, {1, 2}}, .field = 0.4});
    const auto masked = with_terms(all, {1, 2, 4});
    static_assert(ChainCoarsePotential<std::remove_const_t<decltype(masked)>>);
    const auto plain = ising::coarse_chain({.sites = 6, .pair_range = 2, .triplets = {{1, 2}}, .field = 0.4});
    EXPECT_EQ(masked.parameter_names(), plain.parameter_names());
    const Vector theta{{0.3, -0.7, 1.1}};
    auto rng = test_rng(823);
    for (int k = 0; k < 20; ++k) {
        std::vector<ising::Spin> X(6);
        for (auto& spin : X) spin = rng() % 2 ? 1 : -1;
        expect_close(energy(masked, X, theta), energy(plain, X, theta), 1e-14);
        expect_close(Vector(masked.features(X)), Vector(plain.features(X)), 1e-14);
        expect_close(masked.base_energy(X), plain.base_energy(X), 1e-14);
        const auto place = static_cast<Index>(rng() % 6);
        const ising::Spin flipped = X[static_cast<std::size_t>(place)] > 0 ? -1 : 1;
        expect_close(masked.energy_difference(X, place, flipped, theta),
                     plain.energy_difference(X, place, flipped, theta), 1e-14);
    }
    const TransferMatrix engine;
    const auto a = engine.expect(boltzmann(masked, theta, 0.8), EnergyGradient(masked, theta));
    const auto b = engine.expect(boltzmann(plain, theta, 0.8), EnergyGradient(plain, theta));
    expect_close(*a.log_partition, *b.log_partition, 1e-12);
    expect_close(a.mean, b.mean, 1e-12);
    expect_close(a.covariance, b.covariance, 1e-12);
    EXPECT_EQ(with_terms(all, {}).parameter_count(), 0);
    for (const std::vector<Index>& bad : {std::vector<Index>{5}, {-1}, {1, 1}, {2, 1}})
        EXPECT_EQ(thrown<ArgumentError>([&] { (void)with_terms(all, bad); }).argument(), "kept");
}

// Data from {linear, pair_1, pair_3} among {linear, pair_1..3, triplet_1_1}.
TEST(SelectTerms, FindsTheTermsThatMadeTheData) {
    const support::KnownTerms world(8);
    int found = 0;
    constexpr int replicates = 4;
    for (int replicate = 0; replicate < replicates; ++replicate) {
        const auto selection = world.select(world.draw(400, 20151 + static_cast<std::uint64_t>(replicate)));
        for (const Index k : world.truth)
            EXPECT_GE(std::abs(selection.terms[static_cast<std::size_t>(k)].z), 4.0) << replicate;
        found += selection.kept == world.truth;
        EXPECT_TRUE(selection.reliable);
    }
    // At fixed seeds: each replicate finds the set with probability 0.97, fewer than 2 of 4 one time in 10
    // 000.
    EXPECT_GE(found, 2);
}

// Without its bond a chain whose mode has a negative second stiffness is not admissible at what is left of
// it.
TEST(SelectTerms, OfATermThatTheOthersNeedBeginsAnew) {
    const EMCoarseGrainer grainer{SamplesOnly<Vector>{},
                                  gaussian::coarse_chain({.beads = 3, .tether = 0.5}),
                                  gaussian::block_map({.coarse_beads = 3, .level = 2}),
                                  GaussianEngine{},
                                  Newton{},
                                  BlockPriors{Normal{}, Normal{}}};
    const double beta = 0.6;
    auto rng = test_rng(824);
    auto sampler = GaussianEngine{}.sampler(boltzmann(grainer.coarse(), Vector{{4.0, -1.2}}, beta));
    std::vector<Vector> x;
    for (int k = 0; k < 200; ++k)
        x.push_back(grainer.map().sample(sampler.draw(rng), Vector::Constant(1, -2.0), rng));
    const auto selection = select_terms(grainer, x, beta);
    EXPECT_LT(selection.terms[1].estimate, -0.3);
    EXPECT_TRUE(selection.terms[0].kept);
    EXPECT_GT(selection.terms[0].evidence_gain, 10.0);
}

TEST(SelectTerms, IsStoppedOnRequest) {
    const support::KnownTerms world(8);
    const auto data = world.draw(20, 1);
    std::stop_source source;
    SelectionSettings settings{.fit = {.starts = 1, .stop = source.get_token()}};
    int iterations = 0;
    settings.fit.observer = [&](const TraceEntry&) {
        if (++iterations == 12) source.request_stop();
    };
    EXPECT_THROW((void)select_terms(world.grainer, data, world.beta, settings), Stopped);
}

TEST(Relevance, HasOnePrecisionForEachParameter) {
    const Relevance prior(Vector{{1.0, 2.0}});
    const Vector z = Vector::Ones(3);
    for (const auto& thrower : {std::function<void()>([&] { (void)prior.log_density(z); }),
                                std::function<void()>([&] { (void)prior.gradient(z); }),
                                std::function<void()>([&] { (void)prior.hessian(z); })})
        EXPECT_EQ(thrown<ArgumentError>(thrower).argument(), "number of precisions");
}

TEST(WithTerms, KeepsTheTermsOfTwoValuesByTheirNewPlaces) {
    const auto all = ising::coarse_chain({.sites = 6, .linear = true, .pair_range = 2});
    const auto plain = ising::coarse_chain({.sites = 6, .pair_range = 2}).two_valued_terms();
    const auto masked = with_terms(all, {1, 2}).two_valued_terms();
    ASSERT_EQ(masked.size(), plain.size());
    ASSERT_FALSE(masked.empty());
    for (std::size_t k = 0; k < plain.size(); ++k) {
        EXPECT_EQ(masked[k].feature, plain[k].feature);
        EXPECT_EQ(masked[k].count, plain[k].count);
    }
}

TEST(SelectTerms, RefusesBadSettings) {
    const support::KnownTerms world(8);
    const auto data = world.draw(5, 1);
    const auto refused = [&](const SelectionSettings& settings) {
        return thrown<ArgumentError>([&] { (void)select_terms(world.grainer, data, world.beta, settings); })
            .argument();
    };
    EXPECT_EQ(refused({.first_precision = 0.0}), "first_precision");
    EXPECT_EQ(refused({.tolerance = -1.0}), "tolerance");
    EXPECT_EQ(refused({.rounds = 0}), "rounds");
    EXPECT_EQ(refused({.fit = {.start = Parameters{}}}), "fit.start");
    EXPECT_THROW(Relevance(Vector{{1.0, 0.0}}), ArgumentError);
}

}  // namespace
}  // namespace term_selection_test
