// Fits of data that stay where they are, and what prepared data take.
#include <predcg/core/logistic.hpp>
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/learning/by_reference.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/chain.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/models/ising/majority_reconstruction.hpp>
#include <predcg/models/ising/observables.hpp>
#include <predcg/predict/fine_scale.hpp>
#include <predcg/predict/predict.hpp>

#include <gtest/gtest.h>

#include "ising_by_hand.hpp"
#include "test_seed.hpp"
#include "thrown.hpp"

namespace by_reference_test {
using namespace predcg;
using by_hand::Spins;
using Spin = ising::Spin;
using support::thrown;

namespace {

/// x_r = X_r with probability logistic(eta), and nothing of it is prepared.
struct CopyMap {
    using fine_type = Spins;
    using coarse_type = Spins;

    Index parameter_count() const { return 1; }
    Vector start() const { return Vector::Ones(1); }

    struct Likelihood {
        const Spins* x;
        double eta;

        Window window() const { return {}; }
        double local_log_density(Index i, std::span<const Spin> w) const {
            return -log1p_exp(-eta * (*x)[static_cast<std::size_t>(i)] * w[0]);
        }
        double log_density(const Spins& X) const {
            double sum = 0.0;
            for (std::size_t i = 0; i < X.size(); ++i)
                sum += local_log_density(static_cast<Index>(i), std::span(&X[i], 1));
            return sum;
        }
    };
    Likelihood likelihood(const Spins& x, const Vector& eta) const { return {&x, eta[0]}; }

    struct Agreement {
        const Spins* x;

        Index size() const { return 2; }
        Window window() const { return {}; }
        Vector local(Index i, std::span<const Spin> w) const {
            const bool same = (*x)[static_cast<std::size_t>(i)] == w[0];
            return Vector{{same ? 1.0 : 0.0, same ? 0.0 : 1.0}};
        }
        Vector operator()(const Spins& X) const {
            Vector sum = Vector::Zero(2);
            for (std::size_t i = 0; i < X.size(); ++i)
                sum += local(static_cast<Index>(i), std::span(&X[i], 1));
            return sum;
        }
    };
    Agreement sufficient_statistic(const Spins& x) const { return {&x}; }
    Expansion expected_log_density(const Vector& T, double, const Vector& eta) const {
        const double p = logistic(eta[0]), q = logistic(-eta[0]);
        return {-T[0] * log1p_exp(-eta[0]) - T[1] * log1p_exp(eta[0]),
                Vector::Constant(1, T[0] * q - T[1] * p), Matrix::Constant(1, 1, -(T[0] + T[1]) * p * q)};
    }
    Spins sample(const Spins& X, const Vector& eta, auto& rng) const {
        Spins x = X;
        for (Spin& spin : x)
            if (uniform(rng) > logistic(eta[0])) spin = static_cast<Spin>(-spin);
        return x;
    }
    Index coarse_size(const Spins& x) const { return static_cast<Index>(x.size()); }
};

template <class Map>
auto grainer_of(Map map) {
    return EMCoarseGrainer{SamplesOnly<Spins>{},
                           ising::coarse_chain({.sites = 8, .pair_range = 1}),
                           std::move(map),
                           TransferMatrix{},
                           Newton{},
                           weak_prior()};
}

TEST(ByReference, FitsAsCopiesDoAndKeepsAddressesOnly) {
    auto rng = test_rng(620);
    const std::vector<Spins> data = by_hand::markov_data(rng, 8, 30, 0.8, 0.6);
    const auto copies = grainer_of(CopyMap{});
    const auto addresses = grainer_of(by_reference(CopyMap{}));
    const auto prepared = addresses.prepare(data, 0.5);
    ASSERT_EQ(prepared.forms.size(), data.size());
    for (std::size_t k = 0; k < data.size(); ++k) EXPECT_EQ(prepared.forms[k].configuration, &data[k]);
    EXPECT_EQ(prepared.forms.capacity(), data.size());
    const auto one = copies.fit(data, {.beta = 0.5});
    const auto other = addresses.fit(data, {.beta = 0.5});
    EXPECT_NEAR(one.log_likelihood, other.log_likelihood, 1e-9);
    EXPECT_NEAR(one.parameters.theta[0], other.parameters.theta[0], 1e-6);
    EXPECT_NEAR(one.parameters.eta[0], other.parameters.eta[0], 1e-6);
    const std::vector<Spins> shorter{Spins(6, 1)};
    EXPECT_EQ(thrown<ArgumentError>([&] { (void)addresses.prepare(shorter, 0.5); }).argument(),
              "size of a datum");
}

TEST(ByReference, FormsAreHeldOnce) {
    const std::vector<Spins> equal(1000, Spins(8, 1));
    const auto prepared = grainer_of(CopyMap{}).prepare(equal, 0.5);
    EXPECT_EQ(prepared.forms.size(), 1u);
    EXPECT_LE(prepared.forms.capacity(), 2u) << "not as many as there were data";
    EXPECT_EQ(prepared.weights.front(), 1000.0);
}

// Second moments of all pairs are refused before they are made.
TEST(SecondMomentsOfAllPairs, ObeyTheLimitOfMemory) {
    const TransferMatrix engine{.cost_limit = 1e15};
    const auto open = ising::coarse_chain({.sites = 100'000, .pair_range = 1, .boundary = Boundary::open});
    const auto target = boltzmann(open, Vector::Ones(1), 0.5);
    EXPECT_GT(thrown<CostError>([&] { (void)engine.site_moments(target, 2); }).cost(), 7e10);
    EXPECT_EQ(engine.site_moments(target, 1).mean.size(), 100'000);
    // Coarse ones that fit in, and fine ones that do not.
    const TransferMatrix small{.memory_limit = 1e6};
    const auto coarse = ising::coarse_chain({.sites = 200, .pair_range = 1, .boundary = Boundary::open});
    Estimate at;
    at.parameters = {Vector::Ones(1), Vector::Ones(1)};
    at.beta = 0.5;
    const Fit fit(at, coarse, ising::bernoulli_map({.level = 2}), small);
    const ising::Correlation R{Boundary::open};
    EXPECT_NEAR(thrown<CostError>([&] { (void)predict(fit, R); }).cost(), 8.0 * 400 * 400, 1e-9);
    EXPECT_TRUE(predict(fit, ising::Magnetization{}).exact);
    EXPECT_FALSE(predict(fit, R, {.draws = 50, .always_sample = true}).exact);
}

// Of an open chain a band suffices for the first lags, and is what all pairs say of them.
TEST(SecondMomentsOfAllPairs, AreABandWhereLagsAreFew) {
    const TransferMatrix engine;
    const auto coarse =
        ising::coarse_chain({.sites = 12, .linear = true, .pair_range = 2, .boundary = Boundary::open});
    const Vector theta{{0.3, 0.7, -0.2}};
    const auto target = boltzmann(coarse, theta, 0.8);
    const SiteMoments all = engine.site_moments(target, 2), band = engine.site_moments(target, 2, 3);
    EXPECT_EQ(all.second.lags(), 11);
    EXPECT_EQ(band.second.lags(), 3);
    EXPECT_EQ(band.second.stored(), 48);
    for (Index i = 0; i < 12; ++i)
        for (Index j = 0; j < 12; ++j)
            if (std::abs(i - j) <= 3)
                EXPECT_NEAR(band.second(i, j), all.second(i, j), 1e-14);
            else
                EXPECT_TRUE(std::isnan(band.second(i, j)));
    Estimate at;
    at.parameters = {theta, Vector::Ones(1)};
    at.beta = 0.8;
    const auto compare = [&](const auto& map) {
        const Fit fit(at, coarse, map, engine);
        const Vector R = predict(fit, ising::Correlation{Boundary::open}).mean;
        for (const Index lag : {0, 1, 5, 17}) {
            const Vector first = predict(fit, ising::Correlation(Boundary::open, lag)).mean;
            ASSERT_EQ(first.size(), lag + 1);
            for (Index l = 0; l <= lag; ++l) EXPECT_NEAR(first[l], R[l], 1e-14);
        }
    };
    compare(ising::bernoulli_map({.level = 3}));
    at.parameters.eta = Vector();
    compare(ising::uniform_reconstruction({.level = 3}));
    compare(ising::tie_weighted_reconstruction({.level = 4}));
    const auto fine = ising::chain({.sites = 20, .boundary = Boundary::open});
    const Vector exact = truth(fine, 0.8, ising::Correlation{Boundary::open}).mean;
    EXPECT_NEAR(truth(fine, 0.8, ising::Correlation(Boundary::open, 4)).mean[4], exact[4], 1e-14);
    const auto large = ising::chain({.sites = 100'000, .boundary = Boundary::open});
    EXPECT_TRUE(truth(large, 0.8, ising::Correlation(Boundary::open, 4)).exact);
}

// fine_moments is not called without second moments to learn how many fine sites there are.
TEST(SecondMomentsOfAllPairs, SizeOfAFineConfigurationIsAskedOfADraw) {
    struct NeedsSecond : ising::BernoulliMap<> {
        NeedsSecond() : BernoulliMap({.level = 2}) {}
        SiteMoments fine_moments(const SiteMoments& m, const Vector& eta) const {
            EXPECT_GT(m.second.size(), 0);
            return BernoulliMap::fine_moments(m, eta);
        }
    };
    const auto coarse = ising::coarse_chain({.sites = 6, .pair_range = 1, .boundary = Boundary::open});
    Estimate at;
    at.parameters = {Vector::Ones(1), Vector::Ones(1)};
    at.beta = 0.5;
    const Fit fit(at, coarse, NeedsSecond{}, TransferMatrix{});
    EXPECT_EQ(predict(fit, ising::Correlation{Boundary::open}).mean.size(), 7);
}

}  // namespace
}  // namespace by_reference_test
