// Loops on several threads, their setting, and sums over chunks of data.
#include <predcg/core/parallel.hpp>
#include <predcg/engines/transfer_matrix.hpp>

#include <gtest/gtest.h>

#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <mutex>
#include <numeric>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "on_threads.hpp"
#include "random_chain.hpp"
#include "test_seed.hpp"
#include "thrown.hpp"

namespace parallel_test {
using namespace predcg;
using support::OnThreads;

namespace {

TEST(Threads, AreThoseThatWereSetOrTheDefault) {
    const Index by_default = threads();
    EXPECT_GE(by_default, 1);
    set_threads(3);
    EXPECT_EQ(threads(), 3);
    set_threads(0);
    EXPECT_EQ(threads(), by_default);
    EXPECT_THROW(set_threads(-1), ArgumentError);
    EXPECT_THROW(set_threads(most_threads + 1), ArgumentError);
    EXPECT_EQ(threads(), by_default);
}

TEST(Threads, OfTheEnvironmentAreReadStrictly) {
    EXPECT_EQ(detail::default_threads("5"), 5);
    EXPECT_EQ(detail::default_threads("4096"), 4096);
    const Index all = detail::default_threads(nullptr);
    EXPECT_GE(all, 1);
    EXPECT_EQ(detail::default_threads(""), all);
    for (const char* bad : {"0", "-1", "4097", "two", "2.5", " 2", "2 ", "99999999999999999999"}) {
        const auto error = support::thrown<ArgumentError>([&] { (void)detail::default_threads(bad); });
        EXPECT_EQ(error.value(), bad);
        EXPECT_NE(std::string(error.what()).find("PREDCG_THREADS"), std::string::npos) << error.what();
    }
}

TEST(ParallelFor, DoesEveryItemOnce) {
    for (const Index n : {1, 2, 3, 8, 16})
        for (const Index count : {0, 1, 2, 7, 1000}) {
            const OnThreads on(n);
            std::vector<std::atomic<int>> done(static_cast<std::size_t>(count));
            parallel_for(count, [&](Index k) { ++done[static_cast<std::size_t>(k)]; });
            for (Index k = 0; k < count; ++k)
                EXPECT_EQ(done[static_cast<std::size_t>(k)], 1) << n << ' ' << k;
        }
}

/// Waits until so many threads wait at the same time; false if they do not come within a minute.
bool meet(std::atomic<Index>& here, Index expected) {
    ++here;
    const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (here < expected) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::yield();
    }
    return true;
}

TEST(ParallelFor, UsesAsManyThreadsAsWereSet) {
    for (const Index n : {2, 3, 8, 4}) {
        const OnThreads on(n);
        std::atomic<Index> here{0}, met{0};
        parallel_for(n, [&](Index) { met += meet(here, n); });
        EXPECT_EQ(met, n);
        std::atomic<Index> now{0}, most{0};  // and no more
        parallel_for(200, [&](Index) {
            const Index in = ++now;
            for (Index seen = most; seen < in && !most.compare_exchange_weak(seen, in);) {
            }
            std::this_thread::sleep_for(std::chrono::microseconds(100));
            --now;
        });
        EXPECT_LE(most, n);
    }
}

// The threads that the outer loop leaves idle help in the inner ones.
TEST(ParallelFor, LoopsWithinLoopsShareTheThreads) {
    const OnThreads on(3);
    std::atomic<Index> here{0}, met{0};
    parallel_for(2, [&](Index outer) {
        if (outer == 0) parallel_for(3, [&](Index) { met += meet(here, 2); });
    });
    EXPECT_EQ(met, 3);
    std::atomic<Index> sum{0};
    parallel_for(20, [&](Index a) {
        parallel_for(20, [&](Index b) { parallel_for(3, [&](Index c) { sum += 100 * a + 10 * b + c; }); });
    });
    EXPECT_EQ(sum, 100 * 190 * 60 + 10 * 190 * 60 + 3 * 400);
}

// Who waits with a lock held does not take an item that wants the same lock.
TEST(ParallelFor, LoopsUnderALock) {
    const OnThreads on(4);
    for (int repeat = 0; repeat < 30; ++repeat) {
        std::mutex mutex;
        bool made = false;
        const auto make_once = [&] {
            const std::lock_guard lock(mutex);
            if (std::exchange(made, true)) return;
            parallel_for(
                3, [](Index k) { std::this_thread::sleep_for(std::chrono::microseconds(300 + 300 * k)); });
        };
        std::atomic<int> done{0};
        parallel_for(4, [&](Index k) {
            std::this_thread::sleep_for(std::chrono::microseconds(200 * k));
            parallel_for(4, [&](Index) {
                make_once();
                ++done;
            });
        });
        EXPECT_EQ(done, 16);
    }
}

// A child that a process forks has no pool's threads, and comes to its end all the same, whatever the
// threads were doing.
TEST(ParallelFor, InAForkedChild) {
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
    GTEST_SKIP() << "AddressSanitizer's own locks do not survive a fork of a process with threads";
#endif
#endif
    const OnThreads on(3);
    std::vector<Index> parts(100);
    const auto sum = [&] {
        parallel_for(100, [&](Index k) { parts[static_cast<std::size_t>(k)] = k; });
        return std::accumulate(parts.begin(), parts.end(), Index{0});
    };
    for (int repeat = 0; repeat < 50; ++repeat) {
        EXPECT_EQ(sum(), 4950);
        std::this_thread::sleep_for(std::chrono::microseconds(2 * repeat));
        const pid_t child = fork();
        if (child == 0) {
            const bool right = sum() == 4950 && sum() == 4950;
            if (repeat == 0) std::exit(right ? 7 : 8);  // with all destructors
            _exit(right ? 7 : 8);
        }
        int status = 0;
        ASSERT_EQ(waitpid(child, &status, 0), child);
        EXPECT_TRUE(WIFEXITED(status));
        EXPECT_EQ(WEXITSTATUS(status), 7);
    }
}

TEST(Threads, AreThoseOfTheAffinity) {
    cpu_set_t before, one;
    ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
    EXPECT_EQ(detail::usable_processors(), CPU_COUNT(&before));
    int first = 0;
    while (!CPU_ISSET(first, &before)) ++first;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
    EXPECT_EQ(detail::usable_processors(), 1);
    sched_setaffinity(0, sizeof before, &before);
}

TEST(ParallelFor, SeveralCallersAtTheSameTime) {
    const OnThreads on(4);
    std::vector<Index> sums(6);
    {
        std::vector<std::jthread> callers;
        for (std::size_t caller = 0; caller < sums.size(); ++caller)
            callers.emplace_back([&, caller] {
                for (int repeat = 0; repeat < 200; ++repeat) {
                    std::vector<Index> squares(50);
                    parallel_for(50, [&](Index k) { squares[static_cast<std::size_t>(k)] = k * k; });
                    for (const Index s : squares) sums[caller] += s;
                }
            });
    }
    for (const Index sum : sums) EXPECT_EQ(sum, 200 * 40425);
}

TEST(ParallelFor, ThrowsTheErrorOfTheFirstItem) {
    for (const Index n : {1, 2, 8}) {
        const OnThreads on(n);
        for (int repeat = 0; repeat < 50; ++repeat) {
            std::atomic<Index> done{0};
            const auto error = support::thrown<std::runtime_error>([&] {
                parallel_for(1000, [&](Index k) {
                    if (k >= 10 && k % 2 == 0) throw std::runtime_error(std::to_string(k));
                    ++done;
                });
            });
            EXPECT_STREQ(error.what(), "10") << n;
            EXPECT_GE(done, 10);
            EXPECT_LT(done, 1000);
        }
        Index after = 0;  // the pool is as good as before
        std::vector<Index> ones(100);
        parallel_for(100, [&](Index k) { ones[static_cast<std::size_t>(k)] = 1; });
        for (const Index one : ones) after += one;
        EXPECT_EQ(after, 100);
    }
}

TEST(ChunkOf, IsAPowerOfTwoWorthAThread) {
    EXPECT_EQ(chunk_of(1e9), 1);
    EXPECT_EQ(chunk_of(1e9, 8), 8);
    EXPECT_EQ(chunk_of(0.0), largest_chunk);
    EXPECT_EQ(chunk_of(1e3), 128);
    for (const double cost : {1.0, 70.0, 90.0, 333.0, 2000.0, 30000.0}) {
        const Index chunk = chunk_of(cost);
        EXPECT_EQ(largest_chunk % chunk, 0) << cost;
        if (chunk > 1 && chunk < largest_chunk) {
            EXPECT_GT(static_cast<double>(chunk) * cost, 0.6e5);
            EXPECT_LT(static_cast<double>(chunk) * cost, 1.4e5);
        }
    }
}

// Chunks of wide windows are the smallest there are: 30 data are four of them.
TEST(Batches, OfAnExactEngineDoNotDependOnThreads) {
    auto rng = test_rng(911);
    const support::NumberSpace space{24, {-1.0, 1.0}};
    const Window ring{5, Boundary::periodic}, pairs{2, Boundary::periodic}, sites{1, Boundary::periodic};
    std::normal_distribution<double> normal;
    const auto table = [&](const Window& window) {
        return support::WindowTable(space, window, false, [&] { return normal(rng); });
    };
    const support::TableTarget common{space, ring, false, table(ring)};
    const support::TableStatistic statistic{space, pairs, false, {table(pairs), table(pairs)}};
    std::vector<support::TableTarget> factors;
    std::vector<Index> which;
    std::vector<double> weights;
    for (Index k = 0; k < 30; ++k) {
        factors.push_back({space, sites, false, table(sites)});
        which.push_back(k);
        weights.push_back(1.0 + 0.1 * static_cast<double>(k));
    }
    const Batch batch(
        common, statistic, [&](Index k) { return factors[static_cast<std::size_t>(k)]; },
        [](Index) { return EmptyStatistic{}; }, which, weights);
    ASSERT_LT(TransferMatrix{}.chunk(batch), 30);
    std::vector<NoState> states(30);
    const auto check = [&]<Want want>(Wanted<want>) {
        const auto run = [&](Index n) {
            const OnThreads on(n);
            return expect<want>(TransferMatrix{}, batch, states, {});
        };
        const BatchMoments one = run(1);
        for (const Index n : {2, 3, 8, 16}) {
            const BatchMoments more = run(n);
            EXPECT_EQ(more.mean, one.mean) << n;
            EXPECT_EQ(more.covariance, one.covariance) << n;
            EXPECT_EQ(*more.log_partition, *one.log_partition) << n;
            EXPECT_EQ(more.log_partitions, one.log_partitions) << n;
        }
        return one;
    };
    const BatchMoments values = check(Wanted<Want::log_partitions>{});
    const BatchMoments means = check(Wanted<Want::means>{});
    const BatchMoments all = check(Wanted<Want::covariances>{});
    // All data are there, each in its place.
    ASSERT_EQ(values.log_partitions.size(), 30);
    BatchMoments sums = BatchMoments::zero(2, Want::covariances);
    for (const Index k : which) {
        const Moments m = TransferMatrix{}.expect(batch.target(k), batch.joint(k));
        EXPECT_NEAR(values.log_partitions[k], *m.log_partition, 1e-11 * std::abs(*m.log_partition)) << k;
        sums.add(m, batch.weight(k));
    }
    for (Index k = 0; k < 2; ++k) {
        EXPECT_NEAR(means.mean[k], sums.mean[k], 1e-10);
        EXPECT_NEAR(all.mean[k], sums.mean[k], 1e-10);
        for (Index l = 0; l < 2; ++l) EXPECT_NEAR(all.covariance(k, l), sums.covariance(k, l), 1e-8);
    }
}

}  // namespace
}  // namespace parallel_test
