// Credible and predictive intervals of observables: exact values by hand, sampling against them, other sizes.
#include <predcg/core/checkpoint.hpp>
#include <predcg/engines/monte_carlo.hpp>
#include <predcg/kernels/single_site.hpp>
#include <predcg/models/ising/observables.hpp>
#include <predcg/posterior/full_posterior.hpp>
#include <predcg/posterior/laplace.hpp>
#include <predcg/predict/credible_interval.hpp>

#include <gtest/gtest.h>

#include "close.hpp"
#include "ising_by_hand.hpp"
#include "ising_grainer.hpp"
#include "killed.hpp"
#include "on_threads.hpp"
#include "test_seed.hpp"
#include "thrown.hpp"
#include "z_score.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace credible_interval_test {
using namespace predcg;
using by_hand::Spins;
using support::expect_close;
using support::thrown;

namespace {

constexpr double beta = 0.6;

by_hand::Model model(Index sites) { return {.sites = sites, .linear = true, .pair_range = 1, .field = 0.1}; }

support::IsingGrainer grainer_of(Index sites) {
    return support::ising_grainer(model(sites), 2, support::any_prior(weak_prior()));
}

/// Some draws of the posterior of a small Ising model.
auto small_posterior(Index draws = 40, Index chains = 4) {
    auto rng = test_rng(570);
    const auto grainer = grainer_of(4);
    const auto data = grainer.prepare(by_hand::markov_data(rng, 8, 12, 0.7, 0.6), beta);
    return full_posterior(grainer, data, grainer.fit_prepared(data),
                          {.draws = draws, .chains = chains, .warm_up = 100, .seed = test_seed()});
}

/// p_c of every state, by enumeration.
std::vector<std::pair<Spins, double>> coarse_probabilities(const by_hand::Model& m, const Parameters& at) {
    const by_hand::Numbers theta(at.theta.data(), at.theta.data() + at.theta.size());
    std::vector<std::pair<Spins, double>> all;
    const long double log_z = by_hand::coarse_log_partition(m, beta, theta);
    by_hand::log_sum_exp(m.sites, [&](const Spins& X) {
        all.emplace_back(X, std::exp(-beta * by_hand::coarse_energy(m, X, theta) - log_z));
        return 0.0L;
    });
    return all;
}

/// E[m] and E[R_l]: fine spins are t X_r in the mean, independently given X.
Vector exact_expectations(const by_hand::Model& m, const Parameters& at) {
    const double t = std::tanh(0.5 * at.eta[0]);
    const auto n = static_cast<std::size_t>(2 * m.sites);
    Vector value = Vector::Zero(m.sites + 2);
    for (const auto& [X, p] : coarse_probabilities(m, at)) {
        for (std::size_t i = 0; i < n; ++i) value[0] += p * t * X[i / 2] / static_cast<double>(n);
        for (std::size_t l = 0; l <= n / 2; ++l)
            for (std::size_t i = 0; i < n; ++i) {
                const std::size_t j = (i + l) % n;
                const double product = i == j ? 1.0 : t * t * X[i / 2] * X[j / 2];
                value[static_cast<Index>(l) + 1] += p * product / static_cast<double>(n);
            }
    }
    return value;
}

/// Between the draws around place (S - 1) p of the sorted ones.
double quantile_by_hand(std::vector<double> x, double p) {
    std::sort(x.begin(), x.end());
    const double place = p * static_cast<double>(x.size() - 1);
    const auto k = static_cast<std::size_t>(place);
    const double rest = place - static_cast<double>(k);
    return k + 1 < x.size() ? (1.0 - rest) * x[k] + rest * x[k + 1] : x[k];
}

/// theta_0 m(x): an observable that depends on the parameters.
struct ScaledMagnetization {
    struct Bound {
        double factor;
        double operator()(const Spins& x) const { return factor * ising::Magnetization{}(x); }
        int order() const { return 1; }
        Vector from_moments(const SiteMoments& m) const {
            return Vector::Constant(1, factor * ising::Magnetization{}.from_moments(m));
        }
    };
    Bound bind(const auto&, const Parameters& at, double) const { return {at.theta[0] + 5.0}; }
};

TEST(CredibleInterval, ObservablesMayDependOnTheParameters) {
    const auto posterior = small_posterior(160);
    const auto m = predict(posterior, ising::Magnetization{});
    const auto scaled = predict(posterior, ScaledMagnetization{});
    EXPECT_TRUE(scaled.exact());
    for (Index k = 0; k < 160; ++k)
        expect_close(scaled.expectations(0, k),
                     (posterior.parameters(k).theta[0] + 5.0) * m.expectations(0, k), 1e-12);
    // and where it is sampled
    const auto sampled = predict(posterior, ScaledMagnetization{}, {.samples = 8000, .always_sample = true});
    EXPECT_FALSE(sampled.exact());
    expect_z(sampled.mean[0], scaled.mean[0], sampled.mean_error[0], "sampled");
    EXPECT_GT(std::abs(scaled.mean[0] - m.mean[0]), 3.0 * sampled.mean_error[0]) << "else it says nothing";
}

TEST(CredibleInterval, IsMadeOfQuantilesOfExactExpectations) {
    const auto posterior = small_posterior();
    const auto m = predict(posterior, ising::Magnetization{}, {.credibility = 0.8});
    const auto R = predict(posterior, ising::Correlation{Boundary::periodic}, {.credibility = 0.8});
    EXPECT_TRUE(m.exact());
    EXPECT_EQ(m.credibility, 0.8);
    ASSERT_EQ(m.mean.size(), 1);
    ASSERT_EQ(R.mean.size(), 5) << "lags 0 to 4: a band";
    ASSERT_EQ(R.expectations.rows(), 5);
    ASSERT_EQ(R.expectations.cols(), 40);
    std::vector<std::vector<double>> values(6);
    for (Index k = 0; k < 40; ++k) {
        const Vector exact = exact_expectations(model(4), posterior.parameters(k));
        for (std::size_t j = 0; j < 6; ++j) values[j].push_back(exact[static_cast<Index>(j)]);
    }
    for (std::size_t j = 0; j < 6; ++j) {
        const auto& interval = j == 0 ? m : R;
        const Index c = j == 0 ? 0 : static_cast<Index>(j) - 1;
        const std::string what = "component " + std::to_string(j);
        double mean = 0.0, square = 0.0;
        for (const double v : values[j]) mean += v / 40.0;
        for (const double v : values[j]) square += (v - mean) * (v - mean) / 39.0;
        expect_close(interval.mean[c], mean, 1e-11, what);
        expect_close(interval.sd[c], std::sqrt(square), 1e-9, what);
        expect_close(interval.lower[c], quantile_by_hand(values[j], 0.1), 1e-11, what);
        expect_close(interval.upper[c], quantile_by_hand(values[j], 0.9), 1e-11, what);
        for (Index k = 0; k < 40; ++k)
            expect_close(interval.expectations(c, k), values[j][static_cast<std::size_t>(k)], 1e-11, what);
        EXPECT_EQ(interval.sampling_sd[c], 0.0);
        EXPECT_LE(interval.predictive_lower[c], interval.predictive_upper[c]);
    }
    // R_0 = 1 whatever theta: no spread, and no error.
    EXPECT_EQ(R.lower[0], R.upper[0]);
    EXPECT_EQ(R.mean_error[0], 0.0);
    EXPECT_EQ(R.lower_error[0], 0.0);
    EXPECT_GT(m.mean_error[0], 0.0);
    EXPECT_GT(m.upper_error[0], 0.0);
}

TEST(CredibleInterval, SamplingAgreesWithTheExactRoute) {
    const auto posterior = small_posterior(60, 3);
    const CredibleSettings exactly{.predictive = false, .seed = test_seed()};
    CredibleSettings sampling = exactly;
    sampling.samples = 400;
    sampling.always_sample = true;
    const auto exact = predict(posterior, ising::Correlation{Boundary::periodic}, exactly);
    const auto sampled = predict(posterior, ising::Correlation{Boundary::periodic}, sampling);
    EXPECT_TRUE(exact.exact());
    EXPECT_FALSE(sampled.exact());
    EXPECT_EQ(sampled.predictive_lower.size(), 0);
    for (Index c = 1; c < 5; ++c) {
        // sampling_sd is the mean over draws of the error of one expectation; 60 of them are independent.
        for (Index k = 0; k < 60; ++k)
            expect_z(sampled.expectations(c, k), exact.expectations(c, k), 1.5 * sampled.sampling_sd[c],
                     "draw " + std::to_string(k));
        expect_z(sampled.mean[c], exact.mean[c], 1.2 * sampled.sampling_sd[c] / std::sqrt(60.0), "mean");
        EXPECT_GT(sampled.sampling_sd[c], 0.0);
        EXPECT_LT(sampled.sampling_sd[c], 1.0 / std::sqrt(400.0));
    }
}

// Sampling adds more to the spread of E[o | theta] than the posterior has; taken out, the interval is the
// exact one.
TEST(CredibleInterval, HasNoNoiseOfSampling) {
    const auto posterior = small_posterior(600);
    const ising::Correlation R{Boundary::periodic};
    const CredibleSettings exactly{.predictive = false, .seed = test_seed()};
    const auto exact = predict(posterior, R, exactly);
    const auto chains = Posterior(static_cast<const PosteriorResult&>(posterior), posterior.coarse,
                                  posterior.map, MonteCarlo(HeatBath{}));
    const auto check = [&](const auto& models, Index samples) {
        CredibleSettings sampling = exactly;
        sampling.samples = samples;
        sampling.always_sample = true;
        const auto sampled = predict(models, R, sampling);
        for (Index c = 1; c < 5; ++c) {
            const std::string what = std::to_string(samples) + " samples, lag " + std::to_string(c);
            expect_z(sampled.sd[c], exact.sd[c], sampled.sd_error[c], what);
            expect_z(sampled.lower[c], exact.lower[c], sampled.lower_error[c], what);
            expect_z(sampled.upper[c], exact.upper[c], sampled.upper_error[c], what);
            EXPECT_NEAR(sampled.sd[c], exact.sd[c], 0.1 * exact.sd[c]) << what;
            EXPECT_GT(std::hypot(sampled.sampling_sd[c], exact.sd[c]),
                      samples < 50 ? 1.2 * exact.sd[c] : exact.sd[c])
                << what;
        }
        // R_0 = 1 has none.
        EXPECT_EQ(sampled.sd[0], 0.0);
        EXPECT_EQ(sampled.remarks.empty(), samples > 1000);
        EXPECT_TRUE(sampled.reliable || samples < 50);
    };
    for (const Index samples : {20, 100, 2000}) check(posterior, samples);
    for (const Index samples : {20, 200}) check(chains, samples);
    // Chains are as few as their warm-up asks for.
    check(Posterior(static_cast<const PosteriorResult&>(posterior), posterior.coarse, posterior.map,
                    MonteCarlo(HeatBath{}, {.samples = 64, .chains = 32})),
          200);
}

// At one point there is nothing but noise: its size is that of repeated predictions, though chains stick.
TEST(CredibleInterval, NoiseIsMeasuredBetweenChains) {
    const auto exact = small_posterior();
    PosteriorResult result = exact;
    result.draws = Vector{{0.0, 2.5, 1.5}}.replicate(1, 1000);
    const MonteCarlo sticky(HeatBath{}, {.warm_up = 2});
    const Posterior posterior(std::move(result), exact.coarse, exact.map, sticky);
    const auto m =
        predict(posterior, ising::Magnetization{}, {.samples = 20, .predictive = false, .seed = test_seed()});
    const Fit fit(posterior.fit, exact.coarse, exact.map, sticky);
    Fit there = fit;
    there.parameters = posterior.parameters(0);
    statistics::RunningMoments<Vector> repeated;
    double stated = 0.0;
    for (std::uint64_t k = 0; k < 1000; ++k) {
        const auto once =
            predict(there, ising::Magnetization{}, {.draws = 20, .seed = test_seed(), .stream = k + 5000});
        repeated.add(once.mean);
        stated += once.standard_error[0] / 1000.0;
    }
    const double sd = std::sqrt(repeated.scatter()[0] / 999.0);
    EXPECT_LT(stated, 0.8 * sd) << "the chains' own errors are too small here";
    expect_z(m.sampling_sd[0], sd, sd * std::sqrt(0.5 / 1000.0 + 0.5 / 500.0), "sampling_sd");
    EXPECT_LT(m.sd[0], 0.1 * sd);
    EXPECT_FALSE(m.reliable);
    ASSERT_EQ(m.remarks.size(), 1u);
    EXPECT_NE(m.remarks.front().find("more samples"), std::string::npos);
}

/// o(x) = sum of the spins of a chain of 4.
struct Sum {
    double operator()(const Spins& x) const {
        double sum = 0.0;
        for (const auto spin : x) sum += spin;
        return sum;
    }
};

// The mixture over the draws by enumeration of X and x: a number of whole values, so that quantiles are known
// up to chance unless one lies next to a step of the distribution.
TEST(CredibleInterval, PredictiveIntervalIsThatOfTheMixture) {
    auto rng = test_rng(571);
    const auto grainer = grainer_of(2);
    const auto data = grainer.prepare(by_hand::markov_data(rng, 4, 10, 0.6, 0.55), beta);
    const auto posterior =
        full_posterior(grainer, data, grainer.fit_prepared(data), {.draws = 4000, .seed = test_seed()});
    std::map<int, double> probability;
    for (Index k = 0; k < posterior.draw_count(); ++k) {
        const Parameters at = posterior.parameters(k);
        for (const auto& [X, p] : coarse_probabilities(model(2), at))
            for (unsigned state = 0; state < 16; ++state) {
                Spins x;
                for (unsigned i = 0; i < 4; ++i) x.push_back(state >> i & 1 ? 1 : -1);
                probability[static_cast<int>(Sum{}(x))] +=
                    p * static_cast<double>(std::exp(by_hand::log_map(x, X, at.eta[0]))) /
                    static_cast<double>(posterior.draw_count());
            }
    }
    // 4000 draws: frequencies are within 6 sqrt(1/4 / 4000) = 0.05 of the cumulative probabilities.
    for (const double credibility : {0.5, 0.8}) {
        const auto interval =
            predict(posterior, Sum{}, {.credibility = credibility, .samples = 2, .seed = test_seed()});
        for (const bool upper : {false, true}) {
            const double p = 0.5 + (upper ? 0.5 : -0.5) * credibility;
            const double q = upper ? interval.predictive_upper[0] : interval.predictive_lower[0];
            double below = 0.0, up_to = 0.0;
            for (const auto& [value, weight] : probability) {
                if (value < q) below += weight;
                if (value <= q) up_to += weight;
            }
            EXPECT_LE(below, p + 0.05) << credibility;
            EXPECT_GE(up_to, p - 0.05) << credibility;
        }
    }
    // draw_predictive gives the same mixture.
    const auto x = draw_predictive(posterior, 4000, test_seed());
    ASSERT_EQ(x.size(), 4000u);
    for (const auto& [value, p] : probability) {
        double frequency = 0.0;
        for (const Spins& one : x) frequency += (Sum{}(one) == value) / 4000.0;
        expect_z(frequency, p, std::sqrt(p * (1.0 - p) / 4000.0), "value " + std::to_string(value));
    }
    EXPECT_EQ(draw_predictive(posterior, 3).size(), 3u);
    EXPECT_EQ(draw_predictive(posterior, 9000).size(), 9000u) << "more than there are draws";
}

TEST(CredibleInterval, DependsOnTheSeedAlone) {
    const auto posterior = small_posterior();
    const auto all = [&](std::uint64_t seed, Index threads) {
        const support::OnThreads on(threads);
        const auto interval = predict(posterior, Sum{}, {.samples = 10, .seed = seed});
        Vector values(5);
        values << interval.mean, interval.lower, interval.upper, interval.predictive_lower,
            interval.predictive_upper;
        return values;
    };
    EXPECT_EQ(all(1, 1), all(1, 2));
    EXPECT_EQ(all(1, 1), all(1, 1));
    EXPECT_NE(all(1, 1), all(2, 1));
    EXPECT_EQ(draw_predictive(posterior, 5, 3), draw_predictive(posterior, 5, 3));
}

// Whenever the stop comes: a thread asks for it while draws are made.
TEST(DrawPredictive, AStopLeavesTheFirstDraws) {
    const auto posterior = small_posterior();
    const auto all = draw_predictive(posterior, 2000, 3);
    const support::OnThreads on(2);
    for (const int microseconds : {0, 100, 1000}) {
        std::stop_source source;
        std::jthread stopper([&] {
            std::this_thread::sleep_for(std::chrono::microseconds(microseconds));
            source.request_stop();
        });
        const auto some = draw_predictive(posterior, 2000, 3, source.get_token());
        ASSERT_LE(some.size(), all.size());
        EXPECT_TRUE(std::equal(some.begin(), some.end(), all.begin())) << some.size();
    }
    std::stop_source before;
    before.request_stop();
    EXPECT_TRUE(draw_predictive(posterior, 2000, 3, before.get_token()).empty());
}

// Killed after any draw, and on other threads: what is known of draws is not computed again.
TEST(CredibleInterval, GoesOnFromACheckpoint) {
    const auto exact = small_posterior(24, 2);
    const auto posterior = Posterior(static_cast<const PosteriorResult&>(exact), exact.coarse, exact.map,
                                     MonteCarlo(HeatBath{}));
    const auto from = [&](const auto& models) {
        return [&](CheckpointPlace place) {
            const auto m = predict(
                models, ising::Correlation{Boundary::periodic},
                {.samples = 10, .always_sample = true, .seed = test_seed(), .checkpoint = std::move(place)});
            detail::ByteWriter write;
            write(m.expectations, m.mean, m.lower_error, m.sampling_sd, m.predictive_upper, m.remarks);
            return write.bytes;
        };
    };
    for (const Index threads : {1, 3}) {
        const support::OnThreads on(threads);
        support::expect_the_same(from(exact), 7, 3);
        support::expect_the_same(from(posterior), 7, 6);  // a second chain for each draw
    }
    const auto kept = std::make_shared<Checkpoint>("work", Checkpoint::Write{});
    from(exact)(CheckpointPlace(kept));
    const auto fewer = small_posterior(20, 2);
    EXPECT_EQ(thrown<ArgumentError>([&] { from(fewer)(CheckpointPlace(kept)); }).argument(),
              "number of predictions");
}

/// m, and a stop after so many configurations.
struct StopsAfter {
    int* left;
    std::stop_source* source;
    double operator()(const Spins& x) const {
        if (--*left == 0) source->request_stop();
        return ising::Magnetization{}(x);
    }
};

// A stop ends the chains of draws, and the second ones.
TEST(CredibleInterval, AStopEndsSampling) {
    const auto exact = small_posterior(24, 2);
    const auto posterior = Posterior(static_cast<const PosteriorResult&>(exact), exact.coarse, exact.map,
                                     MonteCarlo(HeatBath{}));
    const support::OnThreads one(1);
    const auto left_after = [&](int left) {
        std::stop_source source;
        const StopsAfter observable{&left, &source};
        const CredibleSettings settings{
            .samples = 10, .predictive = false, .seed = test_seed(), .stop = source.get_token()};
        try {
            (void)predict(posterior, observable, settings);
        } catch (const Stopped&) {
            return left;
        }
        return 1000;
    };
    for (const int configurations : {100, 400}) {
        const int left = left_after(configurations);
        EXPECT_LE(left, 0) << "stopped before " << configurations;
        EXPECT_GT(left, -20) << "after one draw more";
    }
}

// What is known of some draws only, and of another observable, does not fit what is found of the others.
TEST(CredibleInterval, CheckpointsOfAnotherObservableAreRefused) {
    const auto exact = small_posterior(24, 2);
    const auto posterior = Posterior(static_cast<const PosteriorResult&>(exact), exact.coarse, exact.map,
                                     MonteCarlo(HeatBath{}));
    const support::OnThreads one(1);
    const auto kept = std::make_shared<Checkpoint>("work", Checkpoint::Write{});
    CredibleSettings settings{
        .samples = 10, .predictive = false, .seed = test_seed(), .checkpoint = CheckpointPlace(kept)};
    int left = 100;
    std::stop_source source;
    settings.stop = source.get_token();
    EXPECT_THROW((void)predict(posterior, StopsAfter{&left, &source}, settings), Stopped);
    settings.stop = {};
    const auto error = thrown<ArgumentError>(
        [&] { (void)predict(posterior, ising::Correlation{Boundary::periodic}, settings); });
    EXPECT_EQ(error.argument(), "number of components of a prediction");
}

// A band of many components says each kind of remark once, of the component that is worst.
TEST(CredibleInterval, RemarksAreOneForEachKind) {
    const auto posterior = small_posterior(600);
    const auto sampled =
        predict(posterior, ising::Correlation{Boundary::periodic},
                {.samples = 20, .predictive = false, .always_sample = true, .seed = test_seed()});
    Index noisy = 0;
    for (Index j = 0; j < sampled.sd.size(); ++j) noisy += sampled.sampling_sd[j] > 0.2 * sampled.sd[j];
    EXPECT_GT(noisy, 2);
    EXPECT_LE(std::ssize(sampled.remarks), 2);
    detail::ComponentRemarks remarks;
    remarks.add("a", 3, "small", 1.0);
    remarks.add("b", 3, "alone", 5.0);
    remarks.add("a", 4, "large", 2.0);
    remarks.add("a", 6, "less", 1.5);
    remarks.add("c", 7, "equal");
    remarks.add("c", 8, "equal");
    EXPECT_EQ(remarks.lines(),
              (std::vector<std::string>{"component 4 and, less so, 2 more: large", "component 3: alone",
                                        "component 7 and 1 more: equal"}));
}

TEST(CredibleInterval, OtherSizesAreComputedAfresh) {
    const auto posterior = small_posterior();
    const auto larger = posterior.with_models(ising::coarse_chain(model(7)), posterior.map);
    const auto m = predict(larger, ising::Magnetization{}, {.predictive = false});
    for (Index k = 0; k < larger.draw_count(); ++k)
        expect_close(m.expectations(0, k), exact_expectations(model(7), posterior.parameters(k))[0], 1e-11);
    EXPECT_THROW(
        (void)posterior.with_models(ising::coarse_chain({.sites = 7, .pair_range = 1}), posterior.map),
        ArgumentError)
        << "other parameters";
}

TEST(CredibleInterval, RefusesWhatItCannotDo) {
    const auto posterior = small_posterior();
    for (const double credibility : {0.0, 1.0, -0.1, 1.5, std::nan("")}) {
        const auto error = thrown<ArgumentError>(
            [&] { (void)predict(posterior, ising::Magnetization{}, {.credibility = credibility}); });
        EXPECT_EQ(error.argument(), "credibility");
        EXPECT_NE(error.allowed().find("0.95"), std::string::npos);
    }
    EXPECT_EQ(thrown<ArgumentError>([&] { (void)draw_predictive(posterior, 0); }).argument(), "samples");

    // A posterior without draws says why it has none.
    const auto grainer = grainer_of(4);
    const auto data = grainer.prepare(std::vector<Spins>(5, Spins(8, 1)), beta);
    const auto empty = laplace_joint(grainer, data, grainer.fit_prepared(data), {.largest_pareto_k = -100.0});
    ASSERT_EQ(empty.draw_count(), 0);
    const auto error = thrown<ArgumentError>([&] { (void)predict(empty, ising::Magnetization{}); });
    EXPECT_EQ(error.argument(), "posterior");
    EXPECT_NE(error.allowed().find("use the full posterior"), std::string::npos) << error.what();
    EXPECT_THROW((void)draw_predictive(empty, 3), ArgumentError);
}

// Draws that do not fit into memory at a time are taken one after the other.
TEST(CredibleInterval, SharesTheLimitOfMemory) {
    set_threads(2);
    std::vector<Index> at_once(5);
    detail::within_memory(5, [&](Index k, Index threads_now) {
        if (threads_now > 1) throw CostError("test", 2.0, 1.0, "bytes", "fewer at a time");
        at_once[static_cast<std::size_t>(k)] = threads_now;
    });
    EXPECT_EQ(at_once, std::vector<Index>(5, 1));
    detail::within_memory(
        5, [&](Index k, Index threads_now) { at_once[static_cast<std::size_t>(k)] = threads_now; });
    EXPECT_EQ(at_once, std::vector<Index>(5, 2));
    set_threads(0);
}

}  // namespace
}  // namespace credible_interval_test
