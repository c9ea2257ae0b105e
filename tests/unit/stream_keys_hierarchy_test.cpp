// No random stream is used twice in a hierarchy, nor in a chain of calls with one seed; and what shares
// numbers on purpose.
#include "stream_recorder.hpp"

#include <predcg/hierarchy/hierarchy_of.hpp>
#include <predcg/hierarchy/renormalise.hpp>
#include <predcg/judge/select_map.hpp>
#include <predcg/models/ising/block_maps.hpp>
#include <predcg/posterior/full_posterior.hpp>
#include <predcg/predict/credible_interval.hpp>

#include "stream_world.hpp"

namespace stream_keys_hierarchy_test {
using namespace predcg;
using support::expect_distinct_streams;
using support::expect_shared_streams;

namespace {

const support::StreamWorld world;
const std::uint64_t seed = test_seed();

template <class Engine, class Optimizer = Newton>
auto level(const auto& map, Index sites, const Engine& engine, const Optimizer& optimizer = {}) {
    return EMCoarseGrainer{SamplesOnly<std::vector<ising::Spin>>{},
                           ising::coarse_chain({.sites = sites, .linear = true, .pair_range = 1}),
                           map,
                           engine,
                           optimizer,
                           weak_prior(map)};
}
auto link_level(Index sites) {
    return level(ising::link_map({.level = 2, .neighbours = 2}), sites, TransferMatrix{});
}
/// Averages by chains, and draws exactly.
struct Chains {
    MonteCarlo<HeatBath> chains = world.engine();

    template <class T>
    using State = MonteCarlo<HeatBath>::State<T>;
    template <class T, class S>
    Moments expect(const T& target, const S& statistic, State<T>& state, const StreamKey& key) const {
        return chains.expect(target, statistic, state, key);
    }
    auto sampler(const auto& target) const { return TransferMatrix{}.sampler(target); }
};
/// p_c is sampled.
auto sampled_level(const auto& map, Index sites) {
    return level(map, sites, EngineRoles{TransferMatrix{}, Chains{}}, StochasticNewton{});
}
HierarchySettings settings(NextLevel next, Index starts = 3) {
    return {.fit = {.beta = world.beta, .iterations = 40, .starts = starts, .seed = seed},
            .next = next,
            .samples = 4,
            .seed = seed};
}

// The drawn starts of exact fits are those of all levels: their ends do not depend on them.
TEST(StreamKeys, OfExactHierarchies) {
    const Hierarchy hierarchy(link_level(4), link_level(2));
    for (const NextLevel next : {NextLevel::anchored, NextLevel::distilled})
        expect_shared_streams({Purpose::start, Purpose::hierarchy}, "levels of an exact hierarchy",
                              [&] { (void)hierarchy.fit(world.data, settings(next)); });
}

TEST(StreamKeys, OfSampledHierarchies) {
    const auto link = ising::link_map({.level = 2, .neighbours = 2});
    const Hierarchy hierarchy(sampled_level(link, 4), sampled_level(link, 2));
    expect_distinct_streams({Purpose::start, Purpose::coarse, Purpose::hierarchy},
                            [&] { (void)hierarchy.fit(world.data, settings(NextLevel::anchored)); });
    const auto decimation = ising::decimation_map({.level = 2});
    const Hierarchy observed(sampled_level(decimation, 4), sampled_level(decimation, 2));
    expect_distinct_streams({Purpose::start, Purpose::coarse, Purpose::hierarchy},
                            [&] { (void)observed.fit(world.data, settings(NextLevel::distilled)); });
}

// Each draw of the first level's posterior is told to the next level by samples of its own.
TEST(StreamKeys, OfAPosteriorThatIsCarriedOn) {
    const HierarchyOf hierarchy(std::vector{link_level(4), link_level(2)});
    for (const NextLevel next : {NextLevel::anchored, NextLevel::distilled}) {
        const auto fit = hierarchy.fit(world.data, settings(next, 1));
        expect_distinct_streams({Purpose::hierarchy, Purpose::renormalise}, [&] {
            (void)renormalise(hierarchy, fit,
                              {.hierarchy = settings(NextLevel::distilled, 1), .draws = 30, .seed = seed});
        });
    }
    expect_shared_streams(
        {Purpose::start, Purpose::hierarchy, Purpose::renormalise}, "levels of an exact hierarchy", [&] {
            (void)renormalise(hierarchy, world.data,
                              {.hierarchy = settings(NextLevel::distilled, 2), .draws = 30, .seed = seed});
        });
}

// Candidates are scored with the same numbers, so that they differ by what they are: two that are equal have
// equal scores, and make every stream twice.
TEST(StreamKeys, OfMapsThatAreCompared) {
    const ScoreSettings score{.fit = {.starts = 2, .seed = seed},
                              .laplace = {.draws = 40, .seed = seed},
                              .posterior = {.draws = 40, .chains = 2, .warm_up = 20, .seed = seed},
                              .evidence = {.proposals = 40, .seed = seed}};
    const auto select = [&](const auto&... candidates) {
        return select_map(world.data, world.beta, score, candidates...);
    };
    const Candidate one{"one", link_level(4)}, other{"other", link_level(4)};
    const auto used = {Purpose::start, Purpose::laplace, Purpose::posterior, Purpose::evidence};
    expect_distinct_streams(used, [&] { (void)select(one); });
    const auto counts = support::streams_of([&] {
        const MapSelection both = select(one, other);
        EXPECT_EQ(both.models[0].leave_one_out.elpd, both.models[1].leave_one_out.elpd);
        EXPECT_EQ(both.models[0].log_evidence(), both.models[1].log_evidence());
    });
    EXPECT_EQ(support::purposes_of(counts), support::numbers_of(used));
    for (const auto& [identity, count] : counts) EXPECT_EQ(count, 2) << "purpose " << identity[1];
}

// Data, a hierarchy, the first level's posterior, predictions, its flow: what a study does, with one seed.
TEST(StreamKeys, OfAStudyOfLevels) {
    const Hierarchy hierarchy(link_level(4), link_level(2));
    expect_shared_streams(
        {Purpose::generate, Purpose::start, Purpose::hierarchy, Purpose::posterior, Purpose::predict,
         Purpose::predictive, Purpose::draw_fit, Purpose::renormalise},
        "levels of an exact hierarchy", [&] {
            const auto data =
                generate(ising::chain({.sites = 8}), {.beta = world.beta, .samples = 12, .seed = seed});
            const auto fit = hierarchy.fit(data, settings(NextLevel::anchored));
            const auto first = full_posterior(hierarchy.level<0>(), fit.data<0>(), fit.fit<0>(),
                                              {.draws = 40, .chains = 4, .warm_up = 20, .seed = seed});
            (void)predict(first, support::LargestDomain{}, {.samples = 10, .seed = seed});
            (void)draw_predictive(fit.model<0>(), 5, seed);
            (void)renormalise(hierarchy, fit,
                              {.hierarchy = settings(NextLevel::distilled, 1), .draws = 30, .seed = seed});
        });
}

}  // namespace
}  // namespace stream_keys_hierarchy_test
