// Simulation-based calibration: of the full posterior for Ising chains, the Gaussian chain and a potential of
// the user's own; what it counts and refuses.
#include <predcg/engines/enumeration.hpp>
#include <predcg/engines/gaussian.hpp>
#include <predcg/judge/coverage.hpp>
#include <predcg/judge/simulation_based.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/gaussian/coarse_chain.hpp>
#include <predcg/models/gaussian/linear_map.hpp>
#include <predcg/models/gaussian/observables.hpp>
#include <predcg/models/ising/block_maps.hpp>
#include <predcg/models/ising/observables.hpp>
#include <predcg/posterior/full_posterior.hpp>

#include <gtest/gtest.h>

#include "normal_posterior.hpp"
#include "on_threads.hpp"
#include "thrown.hpp"
#include "z_score.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

namespace calibration_test {
using namespace predcg;
using support::normal_posterior;
using support::thrown;
using Spins = std::vector<ising::Spin>;

namespace {

template <class Prior = WeakPrior>
auto grainer_of(const ising::CoarseChainSettings& model, const Prior& prior = weak_prior()) {
    return EMCoarseGrainer{SamplesOnly<Spins>{},
                           ising::coarse_chain(model),
                           support::map_of_sites(),
                           TransferMatrix{},
                           Newton{},
                           prior};
}
auto sites_grainer() { return grainer_of({.sites = 2, .linear = true}); }

const SimulationBasedSettings ranks_of_small{
    .beta = 0.5, .data = 10, .replicates = 200, .ranked_draws = 19, .bins = 10, .seed = 20151};

/// The full posterior, and draws nearer to their mean: with `shrink`^2 the covariance. Kept for a second
/// calibration with the same seed.
template <class Grainer>
class KeptPosteriors {
public:
    using Made =
        decltype(full_posterior(std::declval<const Grainer&>(), std::declval<const typename Grainer::Data&>(),
                                std::declval<const Estimate&>()));

    explicit KeptPosteriors(SimulationBasedSettings settings)
        : settings_(settings), kept_(static_cast<std::size_t>(settings.replicates)) {}

    auto shrunk(double shrink) {
        return [this, shrink](const Grainer& grainer, const typename Grainer::Data& data,
                              std::uint64_t seed) {
            auto& kept = kept_[seed - settings_.seed - 1];
            if (!kept)
                kept.emplace(full_posterior(
                    grainer, data, grainer.fit_prepared(data, {.beta = settings_.beta, .seed = seed}),
                    {.draws = 240, .chains = 2, .warm_up = 60, .seed = seed}));
            Made posterior = *kept;
            for (Index k = 0; k < posterior.draw_count(); ++k)
                posterior.draws.col(k) = posterior.mean + shrink * (posterior.draws.col(k) - posterior.mean);
            return posterior;
        };
    }

private:
    SimulationBasedSettings settings_;
    std::vector<std::optional<Made>> kept_;
};

TEST(SimulationBasedCalibration, HoldsForTheFullPosteriorAndRejectsHalvedCovariances) {
    // At one fixed seed: a calibrated posterior fails here for one seed in 300, a halved covariance is always
    // found.
    const auto grainer = grainer_of({.sites = 4, .pair_range = 1, .field = 0.2});
    KeptPosteriors<std::remove_const_t<decltype(grainer)>> posteriors(ranks_of_small);
    const auto right = simulation_based_calibration(grainer, ranks_of_small, posteriors.shrunk(1.0),
                                                    checked("m", ising::Magnetization{}));
    EXPECT_EQ(right.names, (std::vector<std::string>{"pair_1", "logit_theta_cf", "m"}));
    EXPECT_EQ(right.largest_rank, 19);
    EXPECT_EQ(right.without_draws, 0);
    const auto wrong = simulation_based_calibration(
        grainer, ranks_of_small, posteriors.shrunk(std::sqrt(0.5)), checked("m", ising::Magnetization{}));
    double smallest = 1.0;
    for (std::size_t k = 0; k < 3; ++k) {
        ASSERT_EQ(right.ranks[k].size(), 200u);
        EXPECT_GT(right.histograms[k].p_value, 0.001) << right.names[k];
        smallest = std::min(smallest, wrong.histograms[k].p_value);
    }
    EXPECT_LT(smallest, 1e-4);
}

TEST(SimulationBasedCalibration, RanksAreDefinedBySeedAlone) {
    const auto grainer = grainer_of({.sites = 4, .pair_range = 1});
    SimulationBasedSettings settings = ranks_of_small;
    settings.replicates = 6;
    const auto ranks = [&](std::uint64_t seed, Index threads) {
        settings.seed = seed;
        const support::OnThreads on(threads);
        KeptPosteriors<std::remove_const_t<decltype(grainer)>> posteriors(settings);
        return simulation_based_calibration(grainer, settings, posteriors.shrunk(1.0),
                                            checked("m", ising::Magnetization{}))
            .ranks;
    };
    const auto once = ranks(3, 1);
    EXPECT_EQ(once, ranks(3, 2));
    EXPECT_NE(once, ranks(4, 1));
}

TEST(SimulationBasedCalibration, RanksDoNotDependOnTheLabelOfADraw) {
    const auto map = ising::logistic_map({.level = 2, .tied = true});
    const EMCoarseGrainer grainer{
        SamplesOnly<Spins>{},
        ising::coarse_chain({.sites = 4, .linear = true, .pair_range = 1, .field = 0.2}),
        map,
        TransferMatrix{},
        Newton{},
        weak_prior(map)};
    SimulationBasedSettings settings = ranks_of_small;
    settings.replicates = 12;
    // Draws as they are, and the flip of every other one.
    const auto ranks = [&](bool flip) {
        return simulation_based_calibration(
                   grainer, settings,
                   [&](const auto& learner, const auto& data, std::uint64_t seed) {
                       const auto fit = learner.fit_prepared(data, {.beta = settings.beta, .seed = seed});
                       auto posterior = full_posterior(
                           learner, data, fit, {.draws = 40, .chains = 1, .warm_up = 20, .seed = seed});
                       for (Index k = 0; flip && k < posterior.draw_count(); k += 2) {
                           const auto other = flipped(learner.coarse(), map, posterior.parameters(k)).value();
                           posterior.draws.col(k) << other.theta, other.eta;
                       }
                       return posterior;
                   },
                   checked("m", ising::Magnetization{}))
            .ranks;
    };
    EXPECT_EQ(ranks(false), ranks(true));
}

TEST(SimulationBasedCalibration, EqualDrawsAreRankedFairly) {
    Philox4x32 rng = make_stream(1, Purpose::check);
    const Vector values{{0.0, 0.0, 1.0, 2.0}};
    EXPECT_EQ(detail::rank_of(0.5, values, rng), 2);
    EXPECT_EQ(detail::rank_of(3.0, values, rng), 4);
    std::vector<Index> seen(5, 0);
    for (int k = 0; k < 300; ++k) ++seen[static_cast<std::size_t>(detail::rank_of(0.0, values, rng))];
    for (std::size_t r = 0; r < 3; ++r)
        expect_z(static_cast<double>(seen[r]), 100.0, std::sqrt(300.0 * 2.0 / 9.0), "rank");
    EXPECT_EQ(seen[3] + seen[4], 0);
}

TEST(SimulationBasedCalibration, CountsFlaggedPosteriorsAndThoseWithoutDraws) {
    const auto grainer = sites_grainer();
    SimulationBasedSettings settings = ranks_of_small;
    settings.replicates = 5;
    const auto make = [](Index without) {
        return [without](const auto&, const auto&, std::uint64_t seed) {
            auto posterior = normal_posterior(0.0, 1.0, 40, seed);
            posterior.reliable = seed % 5 < 2;
            if (static_cast<Index>(seed % 5) < without) posterior.draws.resize(2, 0);
            return posterior;
        };
    };
    const auto found =
        simulation_based_calibration(grainer, settings, make(1), checked("m", ising::Magnetization{}));
    EXPECT_EQ(found.unreliable, 3);
    EXPECT_EQ(found.without_draws, 1);
    EXPECT_EQ(found.ranks[0].size(), 4u);
    EXPECT_THROW((void)simulation_based_calibration(grainer, settings, make(5)), NumericalError);
}

TEST(SimulationBasedCalibration, OneDrawCanBeRanked) {
    SimulationBasedSettings settings = ranks_of_small;
    settings.ranked_draws = 1;
    settings.bins = 2;
    settings.replicates = 200;
    const auto make = [](const auto&, const auto&, std::uint64_t seed) {
        return normal_posterior(0.0, 1.0, 40, seed);
    };
    const auto found = simulation_based_calibration(sites_grainer(), settings, make);
    EXPECT_EQ(found.largest_rank, 1);
    for (const std::vector<Index>& ranks : found.ranks) {
        EXPECT_EQ(std::count(ranks.begin(), ranks.end(), 0) + std::count(ranks.begin(), ranks.end(), 1), 200);
        EXPECT_GT(std::count(ranks.begin(), ranks.end(), 0), 0);
        EXPECT_GT(std::count(ranks.begin(), ranks.end(), 1), 0);
    }
}

TEST(SimulationBasedCalibration, RefusesBadSettingsBeforeAnyWork) {
    const auto grainer = sites_grainer();
    const auto refused = [&](const SimulationBasedSettings& settings) {
        const auto make = [](const auto&, const auto&, std::uint64_t seed) {
            ADD_FAILURE() << "a posterior was made";
            return normal_posterior(0.0, 1.0, 40, seed);
        };
        return thrown<ArgumentError>([&] { (void)simulation_based_calibration(grainer, settings, make); })
            .argument();
    };
    EXPECT_EQ(refused({.beta = 0.0}), "beta");
    EXPECT_EQ(refused({.data = 0}), "data");
    EXPECT_EQ(refused({.replicates = 0}), "replicates");
    EXPECT_EQ(refused({.ranked_draws = 0}), "ranked_draws");
    EXPECT_EQ(refused({.bins = 3}), "bins");
    const auto few = [](const auto&, const auto&, std::uint64_t seed) {
        return normal_posterior(0.0, 1.0, 40, seed);
    };
    EXPECT_EQ(thrown<ArgumentError>([&] {
                  (void)simulation_based_calibration(grainer, {.replicates = 1, .ranked_draws = 99}, few);
              }).argument(),
              "draws of the posterior");
    EXPECT_EQ(thrown<ArgumentError>([&] {
                  (void)simulation_based_calibration(grainer_of({.sites = 2, .linear = true}, flat_prior()),
                                                     ranks_of_small, few);
              }).argument(),
              "prior");
}

// ---- any model

/// U_c = - A sum_i X_i X_{i+1} - exp(B) sum_i X_i, not linear in (A, B), by enumeration.
struct Exponential {
    ising::SpinSpace<> spins;

    const ising::SpinSpace<>& space() const { return spins; }
    Index parameter_count() const { return 2; }
    std::vector<std::string> parameter_names() const { return {"A", "B"}; }
    double energy(const Spins& X, const Vector& theta) const {
        return -theta[0] * bonds(X) - std::exp(theta[1]) * sum(X);
    }
    Vector parameter_gradient(const Spins& X, const Vector& theta) const {
        return Vector{{-bonds(X), -std::exp(theta[1]) * sum(X)}};
    }

    static double bonds(const Spins& X) {
        double b = 0.0;
        for (std::size_t i = 0; i < X.size(); ++i) b += X[i] * X[(i + 1) % X.size()];
        return b;
    }
    static double sum(const Spins& X) {
        double s = 0.0;
        for (const ising::Spin spin : X) s += spin;
        return s;
    }
};

/// Ranks of 60 replicates and coverage of 20 data sets at known parameters, by the same calls for any model.
template <class Grainer, class O>
void expect_calibrated(const Grainer& grainer, const Parameters& truth,
                       const CheckedStatistic<O>& statistic) {
    SimulationBasedSettings settings = ranks_of_small;
    settings.replicates = 60;
    settings.bins = 5;
    KeptPosteriors<Grainer> posteriors(settings);
    const auto ranks = simulation_based_calibration(grainer, settings, posteriors.shrunk(1.0), statistic);
    ASSERT_EQ(ranks.names.size(), static_cast<std::size_t>(truth.theta.size()) + 2);
    for (std::size_t k = 0; k < ranks.names.size(); ++k)
        EXPECT_GT(ranks.histograms[k].p_value, 0.001) << ranks.names[k];

    const auto make_data = [&](std::uint64_t seed) {
        Philox4x32 rng = make_stream(seed, Purpose::calibrate);
        return grainer.prepare(
            detail::draw_data(detail::LearnerModels(grainer), truth, settings.beta, 20, rng), settings.beta);
    };
    const auto make_posterior = [&](const typename Grainer::Data& data, std::uint64_t seed) {
        return full_posterior(grainer, data, grainer.fit_prepared(data, {.beta = settings.beta}),
                              {.draws = 240, .chains = 2, .warm_up = 60, .seed = seed});
    };
    const auto at_truth =
        detail::checked_expectations(detail::LearnerModels(grainer), truth, settings.beta, 1, 0, statistic);
    const Coverage held = coverage({.data_sets = 20, .levels = {0.9}, .seed = 20151}, make_data,
                                   make_posterior, at_truth.values, statistic);
    EXPECT_EQ(held.held[0][0].trials, 20);
    EXPECT_GE(held.held[0][0].successes, 13) << "fewer than 13 of 20 at 90 %: once in 3000 seeds";
    EXPECT_GT(held.median_width(0, 0), 0.0);
}

TEST(Calibration, OfAGaussianChain) {
    const EMCoarseGrainer grainer{SamplesOnly<Vector>{},
                                  gaussian::coarse_chain({.beads = 3, .second = false, .tether = 0.5}),
                                  gaussian::block_map({.coarse_beads = 3, .level = 2}),
                                  GaussianEngine{},
                                  Newton{},
                                  BlockPriors{Normal{0.5, 0.3}, Normal{-0.5, 0.3}}};
    expect_calibrated(grainer, {Vector::Constant(1, 1.2), Vector::Constant(1, -0.6)},
                      checked("square", gaussian::MeanSquareDisplacement{}));
}

TEST(Calibration, OfAPotentialThatIsNotLinear) {
    const EMCoarseGrainer grainer{SamplesOnly<Spins>{},
                                  Exponential{ising::spin_space(3)},
                                  support::map_of_sites(),
                                  Enumeration{},
                                  Newton{},
                                  BlockPriors{Normal{0.0, 0.5}, TruncatedNormal{1.0, 1.0, 0.0}}};
    expect_calibrated(grainer, {Vector{{0.5, 0.3}}, Vector::Constant(1, 1.5)},
                      checked("m", ising::Magnetization{}));
}

}  // namespace
}  // namespace calibration_test
