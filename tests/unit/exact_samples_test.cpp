// Draws of the exact engines against exact probabilities.
#include <predcg/chains/backward.hpp>
#include <predcg/core/parallel.hpp>
#include <predcg/engines/enumeration.hpp>
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/models/ising/chain.hpp>
#include <predcg/predict/fine_scale.hpp>

#include "frequencies.hpp"
#include "random_chain.hpp"
#include "test_seed.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace exact_samples_test {
using namespace predcg;

namespace {

constexpr int draw_count = 20000;

/// Frequencies against probabilities: see frequency_limit for the chance of a false alarm. Here fewer than
/// 5000 comparisons are made.
void expect_frequency(double hits, double tries, double p, const std::string& what) {
    EXPECT_LT(std::abs(support::frequency_z(hits, tries, p)), support::frequency_limit)
        << what << ": " << hits << " of " << tries << " for p = " << p;
}

template <class Engine>
void expect_exact_draws(const Engine& engine, const support::TableTarget& target,
                        const support::ExactChain& exact, std::uint64_t seed) {
    auto sampler = engine.sampler(target);
    auto rng = make_stream(seed, Purpose::check);
    const auto n = static_cast<std::size_t>(target.chain.sites);
    const Index q = static_cast<Index>(target.chain.letters.size());
    std::vector<Matrix> pairs(n * n, Matrix::Zero(q, q));
    Matrix successive = Matrix::Zero(q, q);
    std::vector<std::vector<Index>> draws;
    for (int k = 0; k < draw_count; ++k) {
        const std::vector<double> X = sampler.draw(rng);
        ASSERT_EQ(X.size(), n);
        ASSERT_TRUE(std::isfinite(target.log_density(X))) << "a forbidden configuration was drawn";
        std::vector<Index> places;
        for (const double letter : X) places.push_back(target.chain.place(letter));
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t j = i; j < n; ++j) pairs[i * n + j](places[i], places[j]) += 1.0;
        if (k % 2 == 1) successive(draws.back()[0], places[0]) += 1.0;
        draws.push_back(std::move(places));
    }
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = i; j < n; ++j)
            for (Index a = 0; a < q; ++a)
                for (Index b = 0; b < q; ++b)
                    expect_frequency(pairs[i * n + j](a, b), draw_count, exact.pairs[i][j](a, b),
                                     "pair " + std::to_string(i) + ", " + std::to_string(j));
    const Matrix& single = exact.pairs[0][0];
    for (Index a = 0; a < q; ++a)
        for (Index b = 0; b < q; ++b)
            expect_frequency(successive(a, b), draw_count / 2, single(a, a) * single(b, b),
                             "successive draws");
    for (std::size_t i = 0; i < n; ++i) {  // windows: correlations of more than two sites
        Vector hits = Vector::Zero(exact.windows[i].size());
        for (const auto& places : draws) {
            Index code = 0, codes = 1;
            for (std::size_t j = i; codes < hits.size(); ++j, codes *= q) code = code * q + places[j % n];
            hits[code] += 1.0;
        }
        for (Index code = 0; code < hits.size(); ++code)
            expect_frequency(hits[code], draw_count, exact.windows[i][code],
                             "window of " + std::to_string(i));
    }
}

TEST(ExactSamples, HaveTheExactMarginals) {
    auto rng = test_rng(77);
    for (int model = 0; model < 6 && !HasFailure(); ++model) {
        support::RandomChain chain = support::random_chain(rng);
        while (chain.target.chain.sites < 3 || chain.target.chain.sites > 7)
            chain = support::random_chain(rng);
        SCOPED_TRACE(chain.what);
        const auto exact = support::sum_over_all(chain.target, chain.statistic, chain.target.chain);
        expect_exact_draws(TransferMatrix{}, chain.target, exact, test_seed() + 1);
        expect_exact_draws(Enumeration{}, chain.target, exact, test_seed() + 2);
    }
}

/// A ring with random weights, some of them forbidden, whose starts are carried side by side.
support::RandomChain wide_ring(std::size_t letters, Index width, Index sites) {
    auto rng = test_rng(1000 * static_cast<std::uint32_t>(letters) + static_cast<std::uint32_t>(width));
    std::normal_distribution<double> normal;
    support::RandomChain chain;
    support::TableTarget& target = chain.target;
    target.chain = {sites, letters == 2 ? std::vector{-1.0, 1.0} : std::vector{-1.0, 0.5, 2.0}};
    target.reach = {width, Boundary::periodic};
    target.table = support::WindowTable(target.chain, target.reach, false, [&] {
        return std::bernoulli_distribution(0.1)(rng) ? -std::numeric_limits<double>::infinity() : normal(rng);
    });
    const std::vector<double> ones(static_cast<std::size_t>(width), target.chain.letters[1]);
    for (Index i = 0; i < sites; ++i) target.table.at(i, ones) = 0.0;  // something is allowed
    chain.statistic.chain = target.chain;
    chain.statistic.tables.emplace_back(target.chain, Window{}, false, [] { return 1.0; });
    chain.what = std::to_string(letters) + " letters, window " + std::to_string(width) + ", " +
                 std::to_string(sites) + " sites";
    return chain;
}

/// Rings shorter and longer than two windows: few states lie close to start and end, or close to both.
TEST(ExactSamples, OfWideWindowsHaveTheExactMarginals) {
    struct Size {
        std::size_t letters;
        Index width, sites;
    };
    for (const Size& size : {Size{2, 4, 4}, Size{2, 5, 7}, Size{2, 5, 11}, Size{3, 3, 6}, Size{3, 4, 5}}) {
        const auto chain = wide_ring(size.letters, size.width, size.sites);
        SCOPED_TRACE(chain.what);
        const auto exact = support::sum_over_all(chain.target, chain.statistic, chain.target.chain);
        EXPECT_NEAR(TransferMatrix{}.log_partition(chain.target), exact.log_partition, 1e-12);
        expect_exact_draws(TransferMatrix{}, chain.target, exact, test_seed());
    }
}

/// Messages that are not kept are written over, those that are kept follow from them: they are the ones of a
/// pass that keeps all.
TEST(ExactSamples, MessagesDoNotDependOnHowManyAreKept) {
    for (const std::size_t letters : {2u, 3u})
        for (Index width = 2; width <= 5; ++width)
            for (Index sites = width; sites <= width + 4; ++sites) {
                const auto chain = wide_ring(letters, width, sites);
                SCOPED_TRACE(chain.what);
                const auto shape = detail::chain_shape(chain.target.chain, chain.target.reach, "test");
                const detail::WeightTables weights(shape, chain.target, "test");
                const Index kept = sites - width + 2;  // as the sampler has it, and room for two more
                for (Index start = 0; start < shape.starts(); ++start) {
                    const auto messages_of = [&](Index some) {
                        std::vector<double> messages(static_cast<std::size_t>((sites + 3) * shape.states));
                        const double log_scale =
                            detail::run_back(shape, weights, &start, 1, 1, some, messages.data());
                        messages.resize(static_cast<std::size_t>(kept * shape.states));
                        messages.push_back(log_scale);
                        return messages;
                    };
                    EXPECT_EQ(messages_of(kept), messages_of(sites + 1)) << "start " << start;
                }
            }
}

/// For any number of threads, and wherever the messages of a start come from.
TEST(ExactSamples, ManyAtOnceAreThoseOneByOne) {
    const auto check = [](const support::TableTarget& target) {
        auto sampler = TransferMatrix{}.sampler(target);
        const auto stream_of = [](Index k) {
            return make_stream(test_seed(), Purpose::check, static_cast<std::uint64_t>(k));
        };
        std::vector<std::vector<double>> one_by_one;
        for (Index k = 0; k < 3001; ++k) {
            auto rng = stream_of(k);
            one_by_one.push_back(sampler.draw(rng));
        }
        for (const Index threads : {1, 2, 3, 8, 16}) {
            set_threads(threads);
            EXPECT_EQ(sampler.draw_many(3001, stream_of), one_by_one) << threads << " threads";
        }
        set_threads(0);
        EXPECT_TRUE(sampler.draw_many(0, stream_of).empty());
    };
    for (const auto& chain : {wide_ring(2, 5, 60), wide_ring(3, 4, 9), wide_ring(2, 2, 2000)}) {
        SCOPED_TRACE(chain.what);
        check(chain.target);
    }
    auto rng = test_rng(78);
    for (int model = 0; model < 12; ++model) {
        const support::RandomChain chain = support::random_chain(rng);
        SCOPED_TRACE(chain.what);
        check(chain.target);
    }
}

/// A generator whose every bit is zero.
struct Zeros {
    using result_type = std::uint32_t;
    static constexpr result_type min() { return 0; }
    static constexpr result_type max() { return 0xFFFFFFFF; }
    result_type operator()() { return 0; }
};

TEST(ExactSamples, AUniformNumberOfZeroDrawsNothingForbidden) {
    support::TableTarget target;
    target.chain = {3, {0.0, 1.0}};
    target.reach = {2, Boundary::periodic};
    target.table = support::WindowTable(target.chain, target.reach, false, [] { return 0.0; });
    const std::vector<double> forbidden{0.0, 0.0};  // the first windows visited
    for (Index i = 0; i < 3; ++i) target.table.at(i, forbidden) = -std::numeric_limits<double>::infinity();
    Zeros zeros;
    EXPECT_TRUE(std::isfinite(target.log_density(TransferMatrix{}.sampler(target).draw(zeros))));
    EXPECT_TRUE(std::isfinite(target.log_density(Enumeration{}.sampler(target).draw(zeros))));
}

TEST(ExactSamples, DoNotDependOnTheMemoryForMessages) {
    const auto target = Boltzmann(ising::chain({.sites = 12, .range = 4}), 0.3);
    const TransferMatrix small{.memory_limit = 8.0 * 32 * 12 * 2};  // the tables, and messages of one start
    auto sampler = TransferMatrix{}.sampler(target), frugal = small.sampler(target);
    auto rng = make_stream(test_seed(), Purpose::check), same = rng;
    for (int k = 0; k < 200; ++k) EXPECT_EQ(sampler.draw(rng), frugal.draw(same)) << k;
}

TEST(ExactSamples, UsersGenerators) {
    const auto target = Boltzmann(ising::chain({.sites = 6, .field = 0.2}), 0.5);
    std::mt19937_64 rng(1);
    EXPECT_EQ(TransferMatrix{}.sampler(target).draw(rng).size(), 6u);
    EXPECT_EQ(Enumeration{}.sampler(target).draw(rng).size(), 6u);
}

TEST(Generate, TheFirstOfALongerRunAreTheSame) {
    const auto fine = ising::chain({.sites = 12, .range = 2, .field = 0.1});
    const auto check = [&](const auto& engine) {
        const auto few = generate(fine, {.beta = 0.4, .samples = 10, .seed = 5}, engine);
        const auto many = generate(fine, {.beta = 0.4, .samples = 50, .seed = 5}, engine);
        ASSERT_EQ(few.size(), 10u);
        ASSERT_EQ(many.size(), 50u);
        EXPECT_EQ(few.beta, 0.4);
        for (std::size_t k = 0; k < few.size(); ++k) EXPECT_EQ(few[k], many[k]) << k;
        const auto other = generate(fine, {.beta = 0.4, .samples = 10, .seed = 6}, engine);
        int equal = 0;
        for (std::size_t k = 0; k < few.size(); ++k) equal += few[k] == other[k];
        EXPECT_LT(equal, 10);
        std::map<std::vector<ising::Spin>, int> seen;
        for (const auto& x : many) ++seen[x];
        EXPECT_GT(seen.size(), 10u);  // samples differ from each other
    };
    check(TransferMatrix{});
    check(Enumeration{});
}

TEST(Generate, GivesTheSameForAnyNumberOfThreads) {
    const auto check = [](const auto& fine, Index samples, const auto& engine) {
        set_threads(1);
        const auto data = generate(fine, {.beta = 0.7, .samples = samples, .seed = 3}, engine).configurations;
        for (const Index threads : {2, 3, 8, 16}) {
            set_threads(threads);
            EXPECT_EQ(generate(fine, {.beta = 0.7, .samples = samples, .seed = 3}, engine).configurations,
                      data)
                << threads << " threads";
        }
        set_threads(0);
        auto rng = make_stream(3, Purpose::generate, static_cast<std::uint64_t>(samples - 1));
        EXPECT_EQ(engine.sampler(Boltzmann(fine, 0.7)).draw(rng), data.back());
    };
    check(ising::chain({.sites = 20, .range = 6}), 5000, TransferMatrix{});
    check(ising::chain({.sites = 20, .range = 1}), 20000, TransferMatrix{});
    check(ising::chain<8>({.range = 2}), 300, Enumeration{});
}

TEST(Generate, DataMeansAreTheTruth) {
    const auto fine = ising::chain({.sites = 10, .strength = 1.2, .range = 3, .field = 0.2});
    const double beta = 0.5;
    const SiteMoments exact = TransferMatrix{}.site_moments(Boltzmann(fine, beta), 1);
    const auto data = generate(fine, {.beta = beta, .samples = draw_count, .seed = test_seed()});
    for (std::size_t i = 0; i < 10; ++i) {
        double up = 0.0;
        for (const auto& x : data) up += x[i] > 0;
        expect_frequency(up, draw_count, 0.5 + 0.5 * exact.mean[static_cast<Index>(i)], "site");
    }
}

TEST(Generate, RefusesBadSettings) {
    const auto fine = ising::chain({.sites = 4});
    EXPECT_THROW(generate(fine, {.samples = 0}), ArgumentError);
    EXPECT_THROW(generate(fine, {.samples = -3}), ArgumentError);
    EXPECT_EQ(generate(fine, {.samples = 1}).configurations.size(), 1u);
    for (const double bad : {0.0, -1.0, std::nan("")})
        EXPECT_THROW(generate(fine, {.beta = bad}), ArgumentError);
}

}  // namespace
}  // namespace exact_samples_test
