// Hierarchies, pair potentials and fits to data of several processes that are killed, and go on to the same
// bytes; draws of chains as they come.
#include <predcg/core/checkpoint.hpp>
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/hierarchy/hierarchy_of.hpp>
#include <predcg/hierarchy/renormalise.hpp>
#include <predcg/judge/latent_noise.hpp>
#include <predcg/learning/spread_data.hpp>
#include <predcg/liquids/exchange.hpp>
#include <predcg/liquids/learn.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/block_maps.hpp>
#include <predcg/models/ising/chain.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/models/pair/liquid.hpp>
#include <predcg/monte_carlo.hpp>
#include <predcg/posterior.hpp>

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <span>
#include <stop_token>

#include "killed.hpp"
#include "on_threads.hpp"
#include "test_seed.hpp"
#include "thread_processes.hpp"
#include "thrown.hpp"

namespace checkpoint_levels_test {
using namespace predcg;
using support::bytes_of;
using support::expect_the_same;
using support::thrown;
using Spins = std::vector<ising::Spin>;

namespace {

template <class Map>
auto level(const Map& map, Index sites) {
    return EMCoarseGrainer{SamplesOnly<Spins>{},
                           ising::coarse_chain({.sites = sites, .linear = true, .pair_range = 1}),
                           map,
                           TransferMatrix{},
                           Newton{},
                           weak_prior(map)};
}
auto data_of(Index sites, Index samples, double beta) {
    return generate(ising::chain({.sites = sites, .strength = 0.8, .field = 0.1}),
                    {.beta = beta, .samples = samples, .seed = 5});
}

template <class Fit>
std::string bytes_of_levels(const Fit& fit) {
    std::string bytes;
    detail::for_each_of(fit.levels, [&](const auto& one) { bytes += bytes_of(one.fit.result()); });
    return bytes;
}

TEST(Checkpoint, HierarchiesGoOn) {
    const auto x = data_of(16, 12, 1.0);
    const auto link = ising::link_map({.level = 2, .neighbours = 2});
    const HierarchyOf same(std::vector{level(link, 8), level(link, 4)});
    const Hierarchy mixed(level(ising::decimation_map({.level = 2}), 8), level(link, 4));
    for (const NextLevel next : {NextLevel::anchored, NextLevel::distilled}) {
        const auto settings = [&](const CheckpointPlace& place) {
            return HierarchySettings{.fit = {.starts = 2, .checkpoint = place}, .next = next, .samples = 2};
        };
        expect_the_same([&](CheckpointPlace place) { return bytes_of_levels(same.fit(x, settings(place))); },
                        3, 4);
        expect_the_same([&](CheckpointPlace place) { return bytes_of_levels(mixed.fit(x, settings(place))); },
                        3, 2);
    }
}

TEST(Checkpoint, DistilledPosteriorsGoOn) {
    const auto x = data_of(16, 12, 1.0);
    const auto map = ising::decimation_map({.level = 2});
    const HierarchyOf hierarchy(std::vector{level(map, 8), level(map, 4)});
    const auto fit = hierarchy.fit(x, {.next = NextLevel::distilled});
    const auto first = laplace_joint(hierarchy.level(0), fit.data(0), fit.fit(0), {.draws = 30});
    const auto carried = [&](const HierarchySettings& settings) {
        std::string bytes;
        for (const PosteriorResult& one : distilled_posteriors(hierarchy, fit, first, settings))
            bytes += bytes_of(one);
        return bytes;
    };
    expect_the_same([&](CheckpointPlace place) { return carried({.fit = {.checkpoint = place}}); }, 7, 4);

    // Stopped in good order, and gone on with.
    const auto kept = std::make_shared<Checkpoint>("work", Checkpoint::Write{}, std::chrono::hours(1));
    std::stop_source stop;
    HierarchySettings settings{.fit = {.checkpoint = CheckpointPlace(kept)}};
    settings.fit.stop = stop.get_token();
    Index fits = 0;
    settings.fit.observer = [&](const TraceEntry&) {
        if (++fits == 12) stop.request_stop();
    };
    // Levels that observe X have no iterations: those of drawn X have.
    const auto link = ising::link_map({.level = 2, .neighbours = 2});
    const HierarchyOf drawn(std::vector{level(link, 8), level(link, 4)});
    const auto drawn_fit = drawn.fit(x, {.samples = 1});
    const auto drawn_first =
        laplace_joint(drawn.level(0), drawn_fit.data(0), drawn_fit.fit(0), {.draws = 30});
    settings.samples = 1;
    settings.fit.starts = 1;
    EXPECT_THROW(distilled_posteriors(drawn, drawn_fit, drawn_first, settings), Stopped);
    settings.fit.stop = {};
    const Index before = fits;
    const auto resumed = distilled_posteriors(drawn, drawn_fit, drawn_first, settings);
    const Index left = fits - before;
    settings.fit.checkpoint = {};
    fits = 100;
    const auto undisturbed = distilled_posteriors(drawn, drawn_fit, drawn_first, settings);
    EXPECT_EQ(bytes_of(resumed[1]), bytes_of(undisturbed[1]));
    EXPECT_EQ(left + before, fits - 100) << "draws that were done are not done again";
}

TEST(Checkpoint, LevelsAboveOneThatWasStoppedAreNotFitted) {
    const auto map = ising::decimation_map({.level = 2});
    std::stop_source stop;
    stop.request_stop();
    HierarchySettings settings;
    settings.fit.stop = stop.get_token();
    const HierarchyOf hierarchy(std::vector{level(map, 8), level(map, 4)});
    EXPECT_THROW(hierarchy.fit(data_of(16, 12, 1.0), settings), Stopped);
}

/// A draw is asked for once, and a stop with it.
struct StoppingEngine {
    struct Sampler {
        std::stop_source* stop;
        Index* drawn;
        Spins draw(Philox4x32&) {
            ++*drawn;
            stop->request_stop();
            return {1};
        }
    };
    std::stop_source* stop;
    Index* drawn;
    Sampler sampler(const auto&) const { return {stop, drawn}; }
};

TEST(Checkpoint, DrawsForTheNextLevelStop) {
    std::stop_source stop;
    Index drawn = 0;
    auto rng = make_stream(1, Purpose::hierarchy);
    detail::WeightedConfigurations<Spins> sum;
    const StoppingEngine engine{&stop, &drawn};
    const auto target = boltzmann(ising::coarse_chain({.sites = 8, .pair_range = 1}), Vector{{0.3}}, 1.0);
    EXPECT_THROW(detail::add_draws(engine, target, 1'000'000'000, 1.0, rng, stop.get_token(), sum), Stopped);
    EXPECT_LE(drawn, 1000);
    EXPECT_THROW(detail::add_draws(engine, target, 1, 1.0, rng, stop.get_token(), sum), Stopped);
}

// The hand-over of levels gives its stop to the draws.
TEST(Checkpoint, AHierarchyStopsWithinItsDraws) {
    const auto link = ising::link_map({.level = 2, .neighbours = 2});
    const HierarchyOf hierarchy(std::vector{level(link, 8), level(link, 4)});
    const auto x = data_of(16, 12, 1.0);
    for (const NextLevel next : {NextLevel::anchored, NextLevel::distilled}) {
        HierarchySettings settings{.next = next, .samples = 1'000'000'000};
        const auto first = first_level(hierarchy.level(0), hierarchy.level(0).prepare(x, 1.0), settings.fit);
        std::stop_source stop;
        stop.request_stop();  // after the fit
        settings.fit.stop = stop.get_token();
        EXPECT_THROW(next_level(hierarchy.level(0), first, hierarchy.level(1), settings, 0), Stopped);
    }
}

/// A liquid of few particles.
struct SmallLiquid {
    PeriodicSpace<Points> space{16, Box::cubic(1.42)};
    std::vector<Points> frames{};
    pair::LearnSettings settings{.beta = 1.0, .cutoff = 0.7, .knot_distance = 0.1};

    SmallLiquid() {
        auto rng = make_stream(3, Purpose::generate);
        const auto target = Boltzmann(pair::Liquid(pair::LennardJones(1.0, 0.34, 0.7), space), 1.0);
        auto draws = MonteCarlo<SingleParticle>({}, {.samples = 2, .warm_up = 100, .thinning = 10})
                         .chain_sampler(target);
        for (int k = 0; k < 8; ++k) frames.push_back(draws.draw(rng));
        settings.chains = {.samples = 2, .chains = 2, .warm_up = 20, .refresh = 5, .thinning = 2};
        settings.sampling.draws = 60;
        settings.sampling.first_draws = 20;
        settings.sampling.rounds = 6;
        settings.posterior_draws = 30;
    }
};

std::string bytes_of_learnt(const pair::Learnt& learnt) {
    detail::ByteWriter write;
    write(learnt.fit.reference, learnt.fit.rounds, learnt.fit.share, learnt.smoothness, learnt.scores);
    return write.bytes + bytes_of(learnt.fit.fit.result()) + bytes_of(learnt.posterior);
}

TEST(Checkpoint, PairPotentialsGoOnWithAnyNumberOfThreads) {
    const SmallLiquid liquid;
    for (const Index threads : {1, 2}) {
        const support::OnThreads on(threads);
        expect_the_same(
            [&](CheckpointPlace place) {
                pair::LearnSettings settings = liquid.settings;
                settings.sampling.checkpoint = place;
                return bytes_of_learnt(pair::learn(liquid.frames, liquid.space.box(), settings));
            },
            23, 3);
    }
}

TEST(Checkpoint, ExchangeByFeaturesGoesOn) {
    const SmallLiquid liquid;
    const auto learnt = pair::learn(liquid.frames, liquid.space.box(), liquid.settings);
    const MonteCarlo<SingleParticle> engine({}, {.chains = 1, .warm_up = 5, .refresh = 2, .thinning = 1});
    for (const Index threads : {1, 2}) {
        const support::OnThreads on(threads);
        expect_the_same(
            [&](CheckpointPlace place) {
                return bytes_of(exchange_by_features(
                    learnt.potential, engine, learnt.fit,
                    {.draws = 24, .chains = 2, .warm_up = 5, .thinning = 2, .checkpoint = place}));
            },
            9, 3);
    }
}

/// Of a kernel, whose chain is kept, and of an engine that draws independently.
TEST(Checkpoint, DrawnChainsGoOn) {
    const SmallLiquid liquid;
    const auto target = Boltzmann(pair::Liquid(pair::LennardJones(1.0, 0.34, 0.7), liquid.space), 1.0);
    const MonteCarlo<SingleParticle> engine({}, {.warm_up = 10, .thinning = 2});
    const auto ring = ising::coarse_chain({.sites = 6, .linear = true, .pair_range = 1});
    const auto spins = boltzmann(ring, Vector{{0.3, 0.5}}, 1.0);
    const auto bytes = [](const auto& all) {
        detail::ByteWriter write;
        write(all);
        return write.bytes;
    };
    const auto drawn = [&](CheckpointPlace place) {
        return bytes(draw_chains(engine, target, 15, 2, 4, {}, place.within("liquid"))) +
               bytes(draw_chains(TransferMatrix{}, spins, 9, 2, 4, {}, place.within("ring")));
    };
    for (const Index threads : {1, 2}) {
        const support::OnThreads on(threads);
        expect_the_same(drawn, 7, 4);
    }
    std::stop_source stop;
    stop.request_stop();
    EXPECT_THROW(draw_chains(engine, target, 15, 2, 4, stop.get_token()), Stopped);
}

/// What work(part of the data, place) gives in each of so many processes. The first of them alone has a
/// checkpoint, of resumed bytes if there are any; all that it becomes is added to `snapshots`.
template <class Grainer, class Work>
std::vector<std::string> in_spread(Index size, const Grainer& grainer, const std::vector<Spins>& all,
                                   const std::string& resumed, std::vector<std::string>* snapshots,
                                   Work&& work) {
    return support::in_processes(size, [&](const Processes& processes) -> std::string {
        CheckpointPlace place;
        if (processes.rank() == 0 && (snapshots || !resumed.empty())) {
            const auto kept = std::make_shared<Checkpoint>(
                "spread",
                [&](std::string_view bytes) {
                    if (snapshots) snapshots->emplace_back(bytes);
                },
                std::chrono::seconds(0));
            if (!resumed.empty()) kept->resume(resumed);
            place = CheckpointPlace(kept);
        }
        const Share share = share_of(std::ssize(all), processes);
        const auto data = prepare_spread(grainer, processes,
                                         std::span(all).subspan(static_cast<std::size_t>(share.first),
                                                                static_cast<std::size_t>(share.count)),
                                         0.6);
        return work(data, place, processes);
    });
}

TEST(Checkpoint, FitsOfSpreadDataGoOnWithAnyNumberOfProcesses) {
    const auto all = data_of(12, 40, 0.6).configurations;
    const auto grainer = level(ising::bernoulli_map({.level = 2}), 6);
    const auto work = [&](Index size, const std::string& resumed, std::vector<std::string>* snapshots) {
        return in_spread(
            size, grainer, all, resumed, snapshots,
            [&](const auto& data, const CheckpointPlace& place, const Processes&) {
                const auto fit = grainer.fit_prepared(data, {.starts = 2, .checkpoint = place.within("fit")});
                const auto posterior = full_posterior(
                    grainer, data, fit,
                    {.draws = 200, .chains = 2, .warm_up = 20, .checkpoint = place.within("posterior")});
                return bytes_of(fit.result()) + bytes_of(posterior);
            });
    };
    const std::string expected = work(2, "", nullptr).front();
    std::vector<std::string> snapshots;
    for (const std::string& bytes : work(2, "", &snapshots)) EXPECT_EQ(bytes, expected);
    ASSERT_GT(snapshots.size(), 30U);
    Index size = 1;
    for (std::size_t k = 0; k < snapshots.size(); k += snapshots.size() / 5 + 1, size = size % 3 + 1)
        for (const std::string& bytes : work(size, snapshots[k], nullptr))
            EXPECT_EQ(bytes, expected) << "snapshot " << k << ", " << size << " processes";
    // What is done is not done again.
    std::vector<std::string> more;
    EXPECT_EQ(work(3, snapshots.back(), &more).front(), expected);
    EXPECT_LE(more.size(), 4U);
}

// Each process has the chains of its own data, the first keeps all of them.
TEST(Checkpoint, SampledFitsOfSpreadDataGoOnWithAnyNumberOfProcesses) {
    const auto all = data_of(12, 40, 0.6).configurations;
    const auto exact = level(ising::bernoulli_map({.level = 2}), 6);
    const auto grainer =
        EMCoarseGrainer{exact.fine(),       exact.coarse(),
                        exact.map(),        MonteCarlo(HeatBath{}, {.samples = 8, .chains = 4, .warm_up = 2}),
                        StochasticNewton{}, weak_prior()};
    const auto fit = [&](Index size, const std::string& resumed, std::vector<std::string>* snapshots,
                         bool grow, Index stop_at = -1, Index count = 40) {
        return in_spread(
            size, grainer, {all.begin(), all.begin() + count}, resumed, snapshots,
            [&](const auto& data, const CheckpointPlace& place, const Processes& processes) -> std::string {
                std::stop_source stop;  // asked for in the last process
                FitSettings settings{.iterations = 16, .stop = stop.get_token(), .checkpoint = place};
                settings.stochastic.grow = grow;
                settings.observer = [&](const TraceEntry& entry) {
                    if (entry.iteration == stop_at && processes.rank() + 1 == size) stop.request_stop();
                };
                try {
                    return bytes_of(grainer.fit_prepared(data, settings).result());
                } catch (const ArgumentError& error) {
                    return error.what();
                }
            });
    };
    for (const bool grow : {false, true}) {
        const std::string expected = fit(2, "", nullptr, grow).front();
        std::vector<std::string> snapshots;
        for (const std::string& bytes : fit(3, "", &snapshots, grow)) EXPECT_EQ(bytes, expected);
        ASSERT_GT(snapshots.size(), 10U);
        Index size = 1;
        for (std::size_t k = 0; k < snapshots.size(); k += snapshots.size() / 4 + 1, size = size % 4 + 1)
            for (const std::string& bytes : fit(size, snapshots[k], nullptr, grow))
                EXPECT_EQ(bytes, expected) << "snapshot " << k << ", " << size << " processes";
        std::vector<std::string> stopped;
        for (const std::string& bytes : fit(3, "", &stopped, grow, 4)) EXPECT_NE(bytes, expected);
        for (const std::string& bytes : fit(2, stopped.back(), nullptr, grow)) EXPECT_EQ(bytes, expected);
    }
    // Chains of other data are refused in all processes.
    std::vector<std::string> of_all;
    (void)fit(2, "", &of_all, false, 4);
    for (const std::string& message : fit(2, of_all.back(), nullptr, false, -1, 32))
        EXPECT_NE(message.find("number of data is 40"), std::string::npos) << message;
}

// Of many data, starts climb a part first: what was stopped there is done again.
TEST(Checkpoint, AFitThatIsStoppedOnAPartOfItsDataBeginsAnew) {
    const auto x = data_of(30, 17'000, 0.6);
    const auto grainer = level(ising::bernoulli_map({.level = 2}), 15);
    FitSettings settings{.starts = 2};
    const auto fit = grainer.fit(x, settings);
    EXPECT_GE(std::ssize(grainer.prepare(x, 0.6).forms), 4 * 4096);
    std::string bytes;
    const auto kept = [&] {
        return std::make_shared<Checkpoint>(
            "fit", [&](std::string_view all) { bytes = all; }, std::chrono::seconds(0));
    };
    const auto source = std::make_unique<std::stop_source>();
    source->request_stop();
    settings.stop = source->get_token();
    settings.checkpoint = CheckpointPlace(kept());
    EXPECT_EQ(grainer.fit(x, settings).status, Status::stopped);
    settings.stop = {};
    const auto again = kept();
    if (!bytes.empty()) again->resume(bytes);
    settings.checkpoint = CheckpointPlace(again);
    EXPECT_EQ(bytes_of(grainer.fit(x, settings).result()), bytes_of(fit.result()));
}

TEST(Checkpoint, DrawsComeOneAfterTheOther) {
    const auto x = data_of(8, 12, 0.5);
    const auto grainer = level(ising::bernoulli_map({.level = 2}), 4);
    const auto fit = grainer.fit(x);
    // What a file would hold: draws from `first` on take the place of those before.
    std::map<Index, std::vector<double>> written;
    Index calls = 0, without = 0;
    const auto draw = [&](CheckpointPlace place) {
        ChainSettings settings{.draws = 21, .chains = 3, .warm_up = 20, .checkpoint = place};
        settings.on_draws = [&](const DrawsOfChain& draws) {
            std::vector<double>& all = written[draws.chain];
            const auto begin = static_cast<std::size_t>(draws.first * draws.parameters);
            ASSERT_LE(begin, all.size());
            all.resize(begin);
            all.insert(all.end(), draws.values.begin(), draws.values.end());
            ++calls;
            without += draws.values.empty();
        };
        const auto posterior = full_posterior(grainer, x, fit, settings);
        std::vector<double> in_order;
        for (const auto& [chain, values] : written)
            in_order.insert(in_order.end(), values.begin(), values.end());
        EXPECT_TRUE(std::equal(in_order.begin(), in_order.end(), posterior.draws.data(),
                               posterior.draws.data() + posterior.draws.size()));
        return bytes_of(posterior);
    };
    draw({});
    EXPECT_EQ(calls, 21 + 3);
    EXPECT_EQ(without, 3);
    for (const Index threads : {1, 3}) {
        const support::OnThreads on(threads);
        written.clear();
        expect_the_same(draw, 11, 1);
    }
}

TEST(Checkpoint, WhatIsDroppedIsForgotten) {
    const auto kept = std::make_shared<Checkpoint>("work", Checkpoint::Write{}, std::chrono::hours(1));
    const CheckpointPlace all(kept);
    all.within("a").within("b").keep(1);
    all.within("a").keep(2);
    all.within("ab").keep(3);
    all.within("a").drop();
    int value = 0;
    EXPECT_FALSE(all.within("a").restore(value));
    EXPECT_FALSE(all.within("a").within("b").restore(value));
    EXPECT_TRUE(all.within("ab").restore(value));
    EXPECT_EQ(value, 3);
}

}  // namespace
}  // namespace checkpoint_levels_test
