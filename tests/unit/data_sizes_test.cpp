// Data, map, coarse and fine model of sizes that do not belong together are refused before any work, whatever
// the models leave out. The models are those of the pages, where nothing but the library looks at sizes.
#include <predcg/engines/monte_carlo.hpp>
#include <predcg/learning/online.hpp>
#include <predcg/models/ising/chain.hpp>
#include <predcg/models/ising/majority_map.hpp>
#include <predcg/predcg.hpp>
#include <predcg/predict/latent.hpp>
#include <predcg/relative_entropy/relative_entropy.hpp>
#include <predcg/testing/check_map.hpp>
#include <predcg/testing/check_potential.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <sstream>
#include <string>
#include <vector>

#include "thrown.hpp"

namespace data_sizes_test {

#define main own_world_main
namespace own_world {
#include "../../docs/snippets/own_world.cpp"
}
#undef main
#define main neighbours_main
namespace neighbours {
#include "../../docs/snippets/neighbours.cpp"
}
#undef main

using namespace predcg;
using own_world::CoarseRing;
using own_world::Colours;
using own_world::CopyMap;
using own_world::Ring;

namespace {

/// As a user writes it who leaves out what is optional.
struct Unsized : CopyMap {
    Index coarse_size(const Counts&) const = delete;
};

template <class Grainer, class Data>
std::string message(const Grainer& grainer, const Data& data) {
    return support::thrown<ArgumentError>([&] { grainer.fit(data, {.beta = 0.8, .starts = 1}); }).what();
}
void has(const std::string& text, const std::string& part) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
}

const std::vector<std::vector<int>> sites_24(20, std::vector<int>(24, 1));

TEST(DataSizes, OfACoarseSpaceThatDoesNotBelongToTheData) {
    const auto own = [&](const auto& map, Index sites) {
        return message(
            EMCoarseGrainer{SamplesOnly<std::vector<int>>{}, CoarseRing{{sites}}, map, TransferMatrix{}},
            sites_24);
    };
    for (const Index sites : {1, 10, 11, 13, 14}) {
        has(own(Unsized{}, sites), "size of a datum is 24; allowed: " + std::to_string(2 * sites));
        has(own(CopyMap{}, sites), "size of a datum is 24");
    }
    const std::vector<neighbours::Spins> spins(20, neighbours::Spins(24, 1));
    for (const Index sites : {10, 14})
        has(message(EMCoarseGrainer{SamplesOnly<neighbours::Spins>{},
                                    ising::coarse_chain({.sites = sites, .pair_range = 1}),
                                    neighbours::LookingAside{}, TransferMatrix{}},
                    spins),
            "size of a datum is 24");
}

TEST(DataSizes, OfSingleData) {
    const EMCoarseGrainer grainer{SamplesOnly<std::vector<int>>{}, CoarseRing{{12}}, Unsized{},
                                  TransferMatrix{}};
    for (const std::size_t size : {22, 23, 25, 26}) {
        auto data = sites_24;
        data[7].resize(size, 0);
        has(message(grainer, data), "size of a datum is " + std::to_string(size) + "; allowed: 24");
    }
    auto varied = sites_24;
    for (std::size_t k = 0; k < varied.size(); ++k)
        for (std::size_t i = 0; i < 24; ++i) varied[k][i] = static_cast<int>((i * i + k * (i + 3)) % 5 % 3);
    const auto fit = grainer.fit(varied, {.beta = 0.8, .starts = 1});
    has(support::thrown<ArgumentError>([&] { latent_mean(fit, std::vector<int>(23, 1)); }).what(),
        "predcg::latent: size of a datum is 23");
    has(support::thrown<ArgumentError>([&] { latent_marginals(fit, std::vector<int>(26, 1)); }).what(),
        "predcg::latent: size of a datum is 26");
}

TEST(DataSizes, OfTheFineModel) {
    has(message(EMCoarseGrainer{Ring{{26}, 1.0, 0.3}, CoarseRing{{12}}, Unsized{}, TransferMatrix{}},
                sites_24),
        "size of the fine model's configurations is 26; allowed: 24");
}

TEST(DataSizes, OfMappedData) {
    const RelativeEntropy minimiser{ising::coarse_chain({.sites = 5, .pair_range = 1}),
                                    ising::majority_map({.level = 2}), TransferMatrix{}};
    const std::vector<neighbours::Spins> spins(20, neighbours::Spins(24, 1));
    has(message(minimiser, spins), "coarse size of a datum under the map is 12; allowed: 5");
}

/// Its draws have any size: a sum of X is told by as many numbers as one likes.
struct AnyNumber {
    using fine_type = std::vector<double>;
    using coarse_type = std::vector<int>;

    Index parameter_count() const { return 0; }
    struct Likelihood {
        double mean, count;
        double log_density(const coarse_type& X) const {
            double sum = 0.0;
            for (const int letter : X) sum += letter;
            return -0.5 * count * (mean - sum) * (mean - sum);
        }
    };
    Likelihood likelihood(const fine_type& x, const Vector&) const {
        double sum = 0.0;
        for (const double value : x) sum += value;
        return {sum / static_cast<double>(x.size()), static_cast<double>(x.size())};
    }
    fine_type sample(const coarse_type& X, const Vector&, auto& rng) const {
        double sum = 0.0;
        for (const int letter : X) sum += letter;
        return fine_type(static_cast<std::size_t>(1 + uniform_index(rng, 1000)), sum);
    }
};

TEST(DataSizes, AreFreeWhereDrawsDiffer) {
    const EMCoarseGrainer grainer{SamplesOnly<std::vector<double>>{}, CoarseRing{{4}}, AnyNumber{},
                                  Enumeration{}};
    const std::vector<std::vector<double>> data{{1.0}, {4.0, 5.0}, {2.0, 3.0, 1.0}};
    EXPECT_EQ(grainer.prepare(data, 1.0).forms.size(), 3u);
}

TEST(DataSizes, OfCoordinates) {
    const EMCoarseGrainer grainer{SamplesOnly<Vector>{}, gaussian::coarse_chain({.beads = 3}),
                                  gaussian::block_map({.coarse_beads = 4}), GaussianEngine{}};
    has(message(grainer, std::vector<Vector>(3, Vector::Zero(8))),
        "gaussian::LinearMap::sample: number of coarse coordinates is 3; allowed: 4");
}

template <class F>
std::string refused(const F& f) {
    return support::thrown<ArgumentError>(f).what();
}

auto ring_of(Index sites) {
    return EMCoarseGrainer{SamplesOnly<std::vector<int>>{}, CoarseRing{{sites}}, Unsized{}, TransferMatrix{}};
}

// What is refused leaves no trace: one by one, in ranges, and in the place of an earlier form.
TEST(DataSizes, OfConfigurationsWhileASimulationRuns) {
    OnlineFit online{ring_of(10), {.beta = 0.8}};
    has(refused([&] { online.add(sites_24[0]); }), "predcg::OnlineFit: size of a datum is 24; allowed: 20");
    has(refused([&] { online.add(sites_24); }), "size of a datum is 24; allowed: 20");
    EXPECT_EQ(online.configurations(), 0);

    OnlineFit other{ring_of(12), {.beta = 0.8}};
    auto mixed = sites_24;
    for (int round = 0; round < 3; ++round) {
        other.add(sites_24);
        for (const std::size_t size : {20u, 23u, 25u, 28u}) {
            mixed[7].resize(size, 0);
            has(refused([&] { other.add(mixed[7]); }),
                "size of a datum is " + std::to_string(size) + "; allowed: 24");
        }
        has(refused([&] { other.add(mixed); }), "size of a datum is 28; allowed: 24");
    }
    EXPECT_EQ(other.configurations(), 3 * 20 + 3 * 7);
    const OnlineFit copy = other;  // refers to models of its own
    EXPECT_EQ(copy.estimate()["bond"], other.estimate()["bond"]);

    has(refused([] {
            OnlineFit(EMCoarseGrainer{Ring{{26}, 1.0, 0.3}, CoarseRing{{12}}, Unsized{}, TransferMatrix{}},
                      {.beta = 0.8});
        }),
        "predcg::OnlineFit: size of the fine model's configurations is 26; allowed: 24");
}

/// No density under letter 2.
struct TwoColours : Unsized {
    bool takes(int letter) const { return letter < 2; }
};
TEST(DataSizes, OfLettersWhileASimulationRuns) {
    has(refused([] {
            OnlineFit(EMCoarseGrainer{SamplesOnly<std::vector<int>>{}, CoarseRing{{12}}, TwoColours{},
                                      TransferMatrix{}},
                      {.beta = 0.8});
        }),
        "predcg::OnlineFit: letter of the coarse potential's space is 2");
}

// Bytes of a fit of configurations of another size: of a map that draws, and of one that does not.
TEST(DataSizes, OfBytesThatAreLoaded) {
    const auto spins = [](std::size_t size) { return neighbours::Spins(size, 1); };
    const auto check = [&](const auto& grainer, bool is_known_before) {
        OnlineFit twelve{grainer(2), {.beta = 0.3}};
        for (int k = 0; k < 5; ++k) twelve.add(spins(12));
        std::stringstream file;
        twelve.save(file);
        const std::string bytes = file.str();
        const auto load = [&](auto& online) {
            std::stringstream in(bytes);
            online.load(in);
        };
        OnlineFit again{grainer(2), {.beta = 0.3}}, other{grainer(4), {.beta = 0.3}};
        load(again);
        again.add(spins(12));
        EXPECT_EQ(again.configurations(), 6);
        if (is_known_before) {
            has(refused([&] { load(other); }), "size of the configurations is 12; allowed: 24");
        } else {
            OnlineFit begun = other;
            begun.add(spins(24));
            has(refused([&] { load(begun); }), "size of the configurations is 12; allowed: 24");
            load(other);
            has(refused([&] { other.add(spins(24)); }),
                "size of the first configuration after load is 24; allowed: 12");
        }
    };
    const auto potential = ising::coarse_chain({.sites = 6, .pair_range = 1});
    check(
        [&](Index level) {
            return EMCoarseGrainer{SamplesOnly<neighbours::Spins>{},
                                   potential,
                                   ising::bernoulli_map({.level = level}),
                                   TransferMatrix{},
                                   Newton{},
                                   weak_prior()};
        },
        true);
    check(
        [&](Index level) {
            return RelativeEntropy{potential, ising::majority_map({.level = level}), TransferMatrix{},
                                   Newton{}, weak_prior()};
        },
        false);
}

}  // namespace
}  // namespace data_sizes_test
