// Streams with an identity, and the distributions drawn from them.
#include <predcg/core/random.hpp>

#include "frequencies.hpp"
#include "test_seed.hpp"
#include "thrown.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <random>
#include <set>
#include <vector>

namespace random_test {
using namespace predcg;

namespace {

// Part of reproducibility: a purpose never changes its number.
static_assert(static_cast<int>(Purpose::generate) == 1 && static_cast<int>(Purpose::start) == 2 &&
              static_cast<int>(Purpose::predict) == 3 && static_cast<int>(Purpose::latent) == 4 &&
              static_cast<int>(Purpose::coarse) == 5 && static_cast<int>(Purpose::check) == 6 &&
              static_cast<int>(Purpose::batch) == 7 && static_cast<int>(Purpose::posterior) == 8 &&
              static_cast<int>(Purpose::replicate) == 9 && static_cast<int>(Purpose::calibrate) == 10 &&
              static_cast<int>(Purpose::predictive) == 11 && static_cast<int>(Purpose::tie) == 12 &&
              static_cast<int>(Purpose::mean_field) == 13 && static_cast<int>(Purpose::folds) == 14 &&
              static_cast<int>(Purpose::laplace) == 15 && static_cast<int>(Purpose::laplace_slides) == 16 &&
              static_cast<int>(Purpose::exchange) == 17 && static_cast<int>(Purpose::evidence) == 18 &&
              static_cast<int>(Purpose::curvature_latent) == 19 &&
              static_cast<int>(Purpose::curvature_coarse) == 20 &&
              static_cast<int>(Purpose::predict_chain) == 22 &&
              static_cast<int>(Purpose::predict_fine) == 23 &&
              static_cast<int>(Purpose::draw_posterior) == 24 && static_cast<int>(Purpose::draw_fit) == 25 &&
              static_cast<int>(Purpose::blank) == 26 && static_cast<int>(Purpose::geometry) == 40);

TEST(Stream, IdentityIsKeyAndCounter) {
    Philox4x32 expected;
    expected.set_key({0x55667788, 0x11223344});
    expected.set_counter({static_cast<std::uint32_t>(Purpose::predict), 20, 30, 0});
    EXPECT_EQ(make_stream(0x1122334455667788, Purpose::predict, 20, 30), expected);
    EXPECT_EQ(make_stream(5, Purpose::start), make_stream(5, Purpose::start, 0, 0));
}

// Index, purpose and call share the first counter word: 12 bits of call, 12 of index, 8 of purpose.
TEST(Stream, LongIndicesAndCallsAreInTheFirstCounterWord) {
    const StreamKey key{.seed = 0x1122334455667788,
                        .purpose = Purpose::blank,
                        .index = 0xABC'89ABCDEF,
                        .iteration = 0xFEDCBA98,
                        .call = 0x123};
    Philox4x32 expected;
    expected.set_key({0x55667788, 0x11223344});
    expected.set_counter({0x123'ABC'1A, 0x89ABCDEF, 0xFEDCBA98, 0});
    EXPECT_EQ(make_stream(key), expected);
    EXPECT_EQ(make_stream(key.seed, key.purpose, key.index, key.iteration),
              make_stream({key.seed, key.purpose, key.index, key.iteration, 0}));
}

// The first block of (seed 20151, latent, datum 7, iteration 3), by an implementation of Philox 4x32-10 of
// its own with the counter (4, 7, 3, 0). The numbers are those of all versions.
TEST(Stream, ShortIndicesGiveGoldenNumbers) {
    auto stream = make_stream(20151, Purpose::latent, 7, 3);
    const std::vector<std::uint64_t> block{stream(), stream(), stream(), stream()};
    EXPECT_EQ(block, (std::vector<std::uint64_t>{3771081709u, 3114350661u, 4294768305u, 2981794403u}));
}

TEST(Stream, RefusesWhatTheCounterCannotHold) {
    const auto refused = [](const StreamKey& key) {
        return support::thrown<ArgumentError>([&] { (void)make_stream(key); }).argument();
    };
    EXPECT_NO_THROW((void)make_stream({.index = (1ULL << 44) - 1, .call = (1U << 12) - 1}));
    EXPECT_EQ(refused({.index = 1ULL << 44}), "index");
    EXPECT_EQ(refused({.index = ~0ULL}), "index");
    EXPECT_EQ(refused({.call = 1U << 12}), "call");
    EXPECT_EQ(refused({.call = ~0U}), "call");
}

TEST(Stream, EveryPartOfTheIdentityMatters) {
    const std::uint64_t seed = test_seed();
    std::vector<Philox4x32> streams{make_stream(seed, Purpose::generate),
                                    make_stream(seed + 1, Purpose::generate),
                                    make_stream(seed ^ (1ULL << 32), Purpose::generate),
                                    make_stream(seed ^ (1ULL << 63), Purpose::generate),
                                    make_stream(seed, Purpose::start),
                                    make_stream(seed, Purpose::generate, 1),
                                    make_stream(seed, Purpose::generate, 0, 1),
                                    make_stream(seed, Purpose::generate, 1, 1),
                                    make_stream(seed, Purpose::generate, 0xFFFFFFFF),
                                    make_stream(seed, Purpose::generate, 0, 0xFFFFFFFF),
                                    make_stream(seed, Purpose::generate, 1ULL << 32),
                                    make_stream(seed, Purpose::generate, 1ULL << 43),
                                    make_stream({.seed = seed, .purpose = Purpose::generate, .call = 1}),
                                    make_stream({.seed = seed, .purpose = Purpose::generate, .call = 2048})};
    // 112 outputs of 32 bits: two equal ones by chance have a probability below 1e-6, so whole blocks are
    // compared: two equal blocks of 128 bits are no chance.
    std::set<std::vector<std::uint64_t>> blocks;
    for (auto& stream : streams)
        for (int k = 0; k < 2; ++k) blocks.insert({stream(), stream(), stream(), stream()});
    EXPECT_EQ(blocks.size(), 2 * streams.size());
}

/// A generator whose every bit is the same.
template <std::uint32_t Word>
struct Constant {
    using result_type = std::uint32_t;
    static constexpr result_type min() { return 0; }
    static constexpr result_type max() { return 0xFFFFFFFF; }
    result_type operator()() { return Word; }
};

TEST(Uniform, NeverReachesOne) {
    Constant<0xFFFFFFFF> ones;
    Constant<0> zeros;
    EXPECT_LT(uniform(ones), 1.0);
    EXPECT_GT(uniform(ones), 1.0 - 1e-15);
    EXPECT_EQ(uniform(zeros), 0.0);
}

TEST(UniformIndex, ReachesBothEnds) {
    Constant<0xFFFFFFFF> ones;
    Constant<0> zeros;
    EXPECT_EQ(uniform_index(zeros, 7), 0);
    EXPECT_EQ(uniform_index(zeros, 1), 0);
    EXPECT_EQ(uniform_index(ones, 1), 0);
    EXPECT_EQ(uniform_index(ones, 8), 7);
    EXPECT_EQ(uniform_index(ones, Index{1} << 40), (Index{1} << 40) - 1);
}

template <class R>
class Distributions : public testing::Test {
public:
    R rng{static_cast<typename R::result_type>(test_seed() % 1000000 + 1)};
};
// The library's engine and three of the standard's: 32 and 64 bits, and a range that is no power of two.
using Generators = testing::Types<Philox4x32, std::mt19937, std::mt19937_64, std::minstd_rand>;
TYPED_TEST_SUITE(Distributions, Generators);

constexpr int draw_count = 100000;

/// Mean and variance as z-scores: |z| < 7 for both; by the central limit theorem (n = 1e5 draws of bounded
/// or normal variables) a false alarm has probability < 1e-10.
void expect_moments(const std::vector<double>& draws, double mean, double variance, double fourth) {
    const double n = static_cast<double>(draws.size());
    double sum = 0.0, squares = 0.0, products = 0.0;
    for (std::size_t k = 0; k < draws.size(); ++k) {
        const double d = draws[k] - mean;
        sum += d;
        squares += d * d;
        if (k > 0) products += d * (draws[k - 1] - mean);
    }
    EXPECT_LT(std::abs(sum / std::sqrt(n * variance)), 7.0) << "mean";
    EXPECT_LT(std::abs((squares - n * variance) / std::sqrt(n * (fourth - variance * variance))), 7.0)
        << "variance";
    EXPECT_LT(std::abs(products / std::sqrt((n - 1.0) * variance * variance)), 7.0) << "neighbours";
}

TYPED_TEST(Distributions, Uniform) {
    std::vector<double> draws;
    for (int k = 0; k < draw_count; ++k) {
        draws.push_back(uniform(this->rng));
        ASSERT_GE(draws.back(), 0.0);
        ASSERT_LT(draws.back(), 1.0);
    }
    expect_moments(draws, 0.5, 1.0 / 12.0, 1.0 / 80.0);
    EXPECT_LT(support::kolmogorov(draws, [](double u) { return u; }), support::kolmogorov_limit);
    // 53 bits: the lower half of the mantissa is uniform, too.
    for (double& u : draws) u = std::fmod(u * 0x1p32, 1.0);
    EXPECT_LT(support::kolmogorov(draws, [](double u) { return u; }), support::kolmogorov_limit);
}

TYPED_TEST(Distributions, UniformIndex) {
    for (const Index count : {2, 3, 7}) {
        std::vector<double> hits(static_cast<std::size_t>(count), 0.0);
        for (int k = 0; k < draw_count; ++k) {
            const Index drawn = uniform_index(this->rng, count);
            ASSERT_TRUE(0 <= drawn && drawn < count);
            hits[static_cast<std::size_t>(drawn)] += 1.0;
        }
        for (const double h : hits)
            EXPECT_LT(std::abs(support::frequency_z(h, draw_count, 1.0 / static_cast<double>(count))),
                      support::frequency_limit)
                << h << " of " << draw_count << " for 1/" << count;
    }
}

double normal_distribution(double z) { return 0.5 * std::erfc(-z / std::numbers::sqrt2); }

TYPED_TEST(Distributions, StandardNormal) {
    std::vector<double> draws;
    for (int k = 0; k < draw_count; ++k) draws.push_back(standard_normal(this->rng));
    expect_moments(draws, 0.0, 1.0, 3.0);
    EXPECT_LT(support::kolmogorov(draws, normal_distribution), support::kolmogorov_limit);
}

TYPED_TEST(Distributions, StandardNormalVector) {
    const Vector z = standard_normal_vector(this->rng, draw_count);
    ASSERT_EQ(z.size(), draw_count);
    const std::vector<double> draws(z.begin(), z.end());
    expect_moments(draws, 0.0, 1.0, 3.0);
    EXPECT_LT(support::kolmogorov(draws, normal_distribution), support::kolmogorov_limit);
}

}  // namespace
}  // namespace random_test
