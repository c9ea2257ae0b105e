// Work that is killed at any moment, and resumed, gives the bytes of work that was not.
#include <predcg/core/checkpoint.hpp>
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/judge/coverage.hpp>
#include <predcg/kernels/single_site.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/observables.hpp>
#include <predcg/monte_carlo.hpp>
#include <predcg/optimize/quasi_newton.hpp>
#include <predcg/optimize/stochastic_newton.hpp>
#include <predcg/posterior.hpp>
#include <predcg/relative_entropy.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <stop_token>
#include <thread>

#include "ising_by_hand.hpp"
#include "killed.hpp"
#include "normal_posterior.hpp"
#include "on_threads.hpp"
#include "test_seed.hpp"
#include "thrown.hpp"

namespace checkpoint_test {
using namespace predcg;
using by_hand::Spins;
using support::bytes_of;
using support::Disk;
using support::expect_the_same;
using support::thrown;
using support::with_kills;

namespace {

std::vector<Spins> data() {
    auto rng = test_rng(2901);
    return by_hand::markov_data(rng, 8, 12, 0.7, 0.6);
}

template <class Engine, class Optimizer = Newton>
auto grainer(Engine engine, Optimizer optimizer = {}) {
    return EMCoarseGrainer{SamplesOnly<Spins>{},
                           ising::coarse_chain({.sites = 4, .linear = true, .pair_range = 1}),
                           ising::bernoulli_map({.level = 2}),
                           std::move(engine),
                           std::move(optimizer),
                           weak_prior()};
}

auto small_monte_carlo(Index chains = 1) {
    return MonteCarlo(HeatBath{}, {.samples = 12, .chains = chains, .warm_up = 3});
}

TEST(Checkpoint, FitsThatKnowLikelihoodsGoOn) {
    const auto x = data();
    expect_the_same(
        [&](CheckpointPlace place) {
            return grainer(TransferMatrix{})
                .fit(x, {.beta = 0.5, .starts = 3, .seed = 5, .checkpoint = place});
        },
        2, 8);
    // An optimizer that remembers.
    expect_the_same(
        [&](CheckpointPlace place) {
            return grainer(TransferMatrix{}, QuasiNewton{})
                .fit(x, {.beta = 0.5, .starts = 2, .seed = 5, .checkpoint = place});
        },
        2, 5);
}

TEST(Checkpoint, FitsThatSampleGoOn) {
    const auto x = data();
    for (const Index chains : {1, 8})
        expect_the_same(
            [&](CheckpointPlace place) {
                return grainer(small_monte_carlo(chains), StochasticNewton{})
                    .fit(x, {.beta = 0.5, .iterations = 30, .checkpoint = place});
            },
            4, 6);
    expect_the_same(
        [&](CheckpointPlace place) {
            return grainer(small_monte_carlo(), Newton{})
                .fit(x, {.beta = 0.5, .iterations = 14, .stochastic = {.grow = true}, .checkpoint = place});
        },
        3, 3);
}

TEST(Checkpoint, PosteriorsGoOnWithAnyNumberOfThreads) {
    const auto x = data();
    const auto learner = grainer(TransferMatrix{});
    const auto fit = learner.fit(x, {.beta = 0.5});
    const auto full = [&](CheckpointPlace place) {
        return full_posterior(learner, x, fit,
                              {.draws = 24, .chains = 3, .warm_up = 60, .thinning = 2, .checkpoint = place});
    };
    for (const Index threads : {1, 3}) {
        const support::OnThreads on(threads);
        expect_the_same(full, 17, 1);
    }
    const auto sampled = grainer(small_monte_carlo());
    const auto exchange = [&](CheckpointPlace place) {
        return exchange_posterior(
            sampled, x, fit, {.draws = 16, .chains = 2, .warm_up = 40, .thinning = 3, .checkpoint = place},
            {.auxiliary_warm_up = 2, .auxiliary_thinning = 1});
    };
    for (const Index threads : {1, 2}) {
        const support::OnThreads on(threads);
        expect_the_same(exchange, 13, 1);
    }
}

// Parts that are done are many where each is short.
TEST(Checkpoint, IsHandedOutEverySoOftenAndWhenAsked) {
    int writes = 0;
    std::string last;
    const auto write = [&](std::string_view bytes) {
        ++writes;
        last = bytes;
    };
    const auto kept = std::make_shared<Checkpoint>("work", write, std::chrono::hours(1));
    const CheckpointPlace place(kept);
    kept->write();
    EXPECT_EQ(writes, 0) << "there is nothing";
    for (const int part : {1, 2, 3}) place.within("part " + to_text(part)).keep(part);
    EXPECT_EQ(writes, 0);
    kept->write();
    kept->write();
    EXPECT_EQ(writes, 1);
    EXPECT_EQ(last, kept->bytes());
    const auto again = std::make_shared<Checkpoint>("work");
    again->resume(last);
    int third = 0;
    EXPECT_TRUE(CheckpointPlace(again).within("part 3").restore(third));
    EXPECT_EQ(third, 3);
    place.within("part 4").keep(4);
    place.drop();
    kept->write();
    EXPECT_EQ(writes, 1) << "there is nothing left";
    const auto always = std::make_shared<Checkpoint>("work", write, std::chrono::seconds(0));
    for (const int part : {1, 2, 3}) CheckpointPlace(always).within("part " + to_text(part)).keep(part);
    EXPECT_EQ(writes, 4);
    EXPECT_FALSE(place.is_due());
    kept->write_always();
    EXPECT_TRUE(place.is_due());
    place.keep(5);
    EXPECT_EQ(writes, 5);
}

// Whoever asks first after the time is over is saved, and all are handed out. However long anything takes.
TEST(Checkpoint, IsHandedOutByWhateverPartIsSavedAfterTheTime) {
    using Clock = std::chrono::steady_clock;
    constexpr std::chrono::milliseconds every(20);
    int writes = 0;
    bool fails = false;
    const auto kept = std::make_shared<Checkpoint>(
        "work",
        [&](std::string_view) {
            if (fails) throw std::runtime_error("no space");
            ++writes;
        },
        every);
    const CheckpointPlace place(kept), young = place.within("young");
    place.keep(1);
    while (!place.is_due()) std::this_thread::yield();
    EXPECT_TRUE(young.is_due()) << "though it was never asked";
    const int before = writes;
    const auto begin = Clock::now();
    fails = true;
    EXPECT_THROW(young.keep(2), std::runtime_error);
    fails = false;
    kept->write();
    EXPECT_EQ(writes, before + 1) << "what it was not handed";
    while (writes == before + 1)
        if (young.is_due()) young.keep(3);
    EXPECT_GE(Clock::now() - begin, every);
}

// What jumps are drawn from is fitted anew in every run: where that is stopped, chains stay as they were
// saved.
TEST(Checkpoint, AStopBeforeTheChainsMoveLosesNothing) {
    const auto x = data();
    const auto learner = grainer(TransferMatrix{});
    const auto fit = learner.fit(x, {.beta = 0.5});
    const support::OnThreads on(1);
    Disk disk;
    const auto work = [&](Index stop_after) {  // so many draws; < 0: never
        const auto source = std::make_unique<std::stop_source>();
        if (stop_after == 0) source->request_stop();
        const auto kept = std::make_shared<Checkpoint>(
            "work", [&](std::string_view bytes) { disk.bytes = bytes; }, std::chrono::seconds(0));
        if (!disk.bytes.empty()) kept->resume(disk.bytes);
        Index draws = 0;
        return full_posterior(learner, x, fit,
                              {.draws = 160,
                               .chains = 2,
                               .warm_up = 30,
                               .observer =
                                   [&](const ChainProgress&) {
                                       if (++draws == stop_after) source->request_stop();
                                   },
                               .stop = source->get_token(),
                               .checkpoint = CheckpointPlace(kept)});
    };
    const std::string expected = bytes_of(work(-1));
    disk = {};
    EXPECT_THROW((void)work(0), Stopped);  // there is nothing
    EXPECT_EQ(bytes_of(work(-1)), expected);
    disk = {};
    const std::string some = bytes_of(work(100));
    EXPECT_NE(some, expected);
    EXPECT_EQ(bytes_of(work(0)), some);
    EXPECT_EQ(bytes_of(work(-1)), expected);
}

// Chains that ended within a cycle of moves go on from there where more draws are wanted.
TEST(Checkpoint, MoreDrawsGoOnFromTheLastOnes) {
    const auto x = data();
    const auto learner = grainer(TransferMatrix{});
    const auto fit = learner.fit(x, {.beta = 0.5});
    Disk disk;
    const auto work = [&](Index draws) {
        const auto kept = std::make_shared<Checkpoint>(
            "work", [&](std::string_view bytes) { disk.bytes = bytes; }, std::chrono::seconds(0));
        if (!disk.bytes.empty()) kept->resume(disk.bytes);
        return bytes_of(full_posterior(
            learner, x, fit,
            {.draws = draws, .chains = 2, .warm_up = 30, .checkpoint = CheckpointPlace(kept)}));
    };
    const std::string expected = work(100);
    for (const Index fewer : {10, 42, 70}) {
        disk = {};
        (void)work(fewer);
        EXPECT_EQ(work(100), expected) << fewer;
    }
}

// Where a stop ends a fit, the chains that begin there are not those that go on later.
TEST(Checkpoint, PosteriorsOfStoppedFitsAreNotKept) {
    const auto x = data();
    const auto learner = grainer(TransferMatrix{});
    Disk disk;
    const auto work = [&](bool stopped) {
        const auto source = std::make_unique<std::stop_source>();
        const auto kept = std::make_shared<Checkpoint>(
            "work", [&](std::string_view bytes) { disk.bytes = bytes; }, std::chrono::seconds(0));
        if (!disk.bytes.empty()) kept->resume(disk.bytes);
        const CheckpointPlace place(kept);
        FitSettings settings{.beta = 0.5, .stop = source->get_token(), .checkpoint = place.within("fit")};
        settings.observer = [&](const TraceEntry& entry) {
            if (stopped && entry.iteration == 1) source->request_stop();
        };
        const auto fit = learner.fit(x, settings);
        const auto draw = [&] {
            return full_posterior(learner, x, fit,
                                  {.draws = 16,
                                   .chains = 2,
                                   .warm_up = 30,
                                   .stop = source->get_token(),
                                   .checkpoint = place.within("posterior")});
        };
        if (!stopped) return bytes_of(draw());
        EXPECT_THROW((void)draw(), Stopped);
        return std::string();
    };
    const std::string expected = work(false);
    disk = {};
    work(true);
    EXPECT_FALSE(disk.bytes.empty());
    EXPECT_EQ(work(false), expected);
}

TEST(Checkpoint, RepetitionsGoOn) {
    Index made = 0;
    const auto calibrate = [&](CheckpointPlace place) {
        return coverage(
            {.data_sets = 12, .levels = {0.9}, .seed = test_seed(), .checkpoint = place},
            [](std::uint64_t seed) { return 0.01 * static_cast<double>(seed % 100); },
            [&](double y, std::uint64_t seed) {
                ++made;
                return support::normal_posterior(y, 1.0, 40, seed);
            },
            Vector::Constant(1, 0.1), checked("m", ising::Magnetization{}));
    };
    const support::OnThreads on(1);
    const Coverage undisturbed = calibrate({});
    made = 0;
    Disk disk;
    const Coverage resumed = with_kills(calibrate, 2, disk);
    EXPECT_EQ(resumed.widths[0], undisturbed.widths[0]);
    EXPECT_EQ(resumed.held[0][0].successes, undisturbed.held[0][0].successes);
    EXPECT_EQ(resumed.names, undisturbed.names);
    EXPECT_EQ(disk.resumed, 6);
    EXPECT_EQ(made, 12) << "none is made twice";
}

TEST(Checkpoint, RefusesWhatIsNotItsOwn) {
    Checkpoint kept("fit of a", {}, std::chrono::seconds(0));
    const std::string bytes = kept.bytes();
    Checkpoint other("fit of b");
    const std::string message = thrown<ArgumentError>([&] { other.resume(bytes); }).what();
    EXPECT_NE(message.find("fit of a"), std::string::npos) << message;
    for (std::size_t k = 0; k < bytes.size(); ++k) {
        std::string damaged = bytes;
        damaged[k] = static_cast<char>(damaged[k] ^ 4);
        EXPECT_THROW(kept.resume(damaged), ArgumentError) << k;
        EXPECT_THROW(kept.resume(std::string_view(bytes).substr(0, k)), ArgumentError) << k;
    }
    EXPECT_NO_THROW(kept.resume(bytes));
    EXPECT_THROW(CheckpointPlace(nullptr), ArgumentError);
}

}  // namespace
}  // namespace checkpoint_test
