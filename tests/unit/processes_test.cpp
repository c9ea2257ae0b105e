// Several processes: here they are threads, with a communicator of the tests' own.
#include <predcg/core/processes.hpp>
#include <predcg/judge/coverage.hpp>
#include <predcg/judge/leave_one_out.hpp>
#include <predcg/judge/simulation_based.hpp>
#include <predcg/learning/spread_data.hpp>
#include <predcg/models/ising/chain.hpp>
#include <predcg/models/ising/observables.hpp>
#include <predcg/monte_carlo.hpp>
#include <predcg/posterior.hpp>
#include <predcg/predict/fine_scale.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "normal_posterior.hpp"
#include "on_threads.hpp"
#include "test_seed.hpp"
#include "thread_processes.hpp"
#include "thrown.hpp"

namespace processes_test {
using namespace predcg;
using support::in_processes;
using support::OnThreads;

namespace {

constexpr double beta = 0.6;
const ising::CoarseChainSettings model{.sites = 6, .linear = true, .pair_range = 1};

template <class Engine, class Climb>
auto grainer_with(const Engine& engine, const Climb& climb) {
    return EMCoarseGrainer{SamplesOnly<std::vector<ising::Spin>>{},
                           ising::coarse_chain(model),
                           ising::bernoulli_map({.level = 2}),
                           engine,
                           climb,
                           weak_prior()};
}
auto grainer() { return grainer_with(TransferMatrix{}, Newton{}); }
auto some_data(Index count, std::uint64_t seed = test_seed()) {
    return generate(ising::chain({.sites = 12, .field = 0.3}),
                    {.beta = beta, .samples = count, .seed = seed});
}

/// This process's part of them.
template <class Data>
auto part_of(const Data& data, const Processes& processes) {
    const Share share = share_of(std::ssize(data.configurations), processes);
    return std::span(data.configurations)
        .subspan(static_cast<std::size_t>(share.first), static_cast<std::size_t>(share.count));
}

Vector all_of(const Parameters& at) {
    Vector all(at.theta.size() + at.eta.size());
    all << at.theta, at.eta;
    return all;
}

TEST(Processes, SumAndGather) {
    for (const Index size : {1, 2, 3, 4}) {
        const auto found = in_processes(size, [&](const Processes& processes) {
            EXPECT_EQ(processes.size(), size);
            EXPECT_EQ(processes.sum(processes.rank() + 1), size * (size + 1) / 2);
            const std::vector<std::int64_t> own(static_cast<std::size_t>(processes.rank()), processes.rank());
            return processes.gather(own);
        });
        for (const auto& all : found) {
            ASSERT_EQ(std::ssize(all), size);
            for (std::size_t r = 0; r < all.size(); ++r)
                EXPECT_EQ(all[r], std::vector<std::int64_t>(r, static_cast<std::int64_t>(r)));
        }
    }
}

TEST(Processes, RecordsReadBackExactly) {
    detail::Record record;
    record.put(Index{-7});
    record.put(-0.1);
    record.put("m\xc3\xbc");
    record.put(std::numeric_limits<double>::infinity());
    detail::RecordReader read(record.words);
    EXPECT_EQ(read.index(), -7);
    EXPECT_EQ(read.number(), -0.1);
    EXPECT_EQ(read.text(), "m\xc3\xbc");
    EXPECT_EQ(read.number(), std::numeric_limits<double>::infinity());
}

/// What comes out of agree in each of three processes, of which some have errors.
std::vector<std::string> outcomes(const std::vector<std::string>& errors) {
    return in_processes(std::ssize(errors), [&](const Processes& processes) -> std::string {
        const std::string& mine = errors[static_cast<std::size_t>(processes.rank())];
        std::exception_ptr error;
        if (mine == "numerical") error = std::make_exception_ptr(NumericalError("no density"));
        if (mine == "argument") error = std::make_exception_ptr(ArgumentError("f", "x", "1", "2"));
        try {
            processes.agree(error);
            return "fine";
        } catch (const ProcessError& e) {
            return std::string("process: ") + e.what();
        } catch (const NumericalError& e) {
            return std::string("numerical: ") + e.what();
        } catch (const ArgumentError& e) {
            return std::string("argument: ") + e.what();
        }
    });
}

TEST(Processes, AgreeOnErrors) {
    EXPECT_EQ(outcomes({"", "", ""}), (std::vector<std::string>{"fine", "fine", "fine"}));
    const std::string there = "predcg::process 1 of 3: predcg::";
    EXPECT_EQ(outcomes({"", "numerical", ""}),
              (std::vector<std::string>{"numerical: " + there + "no density", "numerical: predcg::no density",
                                        "numerical: " + there + "no density"}));
    const std::string refused = "predcg::f: x is 1; allowed: 2";
    EXPECT_EQ(outcomes({"", "argument", ""}),
              (std::vector<std::string>{"process: process 1 of 3: " + refused, "argument: " + refused,
                                        "process: process 1 of 3: " + refused}));
    // A numerical error that another process does not survive is none that a fit may step back from.
    EXPECT_EQ(outcomes({"numerical", "argument", ""}),
              (std::vector<std::string>{"process: process 1 of 3: " + refused, "argument: " + refused,
                                        "process: process 1 of 3: " + refused}));
}

TEST(Processes, ShareOutRecords) {
    for (const Index size : {1, 2, 3, 5})
        for (const Index count : {0, 1, 4, 11}) {
            const auto found = in_processes(size, [&](const Processes& processes) {
                const auto records = detail::share_out(std::optional(processes), count, [&](Index k) {
                    EXPECT_EQ(k % size, processes.rank());
                    detail::Record record;
                    for (Index j = 0; j <= k; ++j) record.put(static_cast<double>(10 * k + j));
                    return record;
                });
                std::vector<double> all;
                for (const detail::Record& record : records) {
                    detail::RecordReader read(record.words);
                    for (std::size_t j = 0; j < record.words.size(); ++j) all.push_back(read.number());
                }
                return all;
            });
            std::vector<double> expected;
            for (Index k = 0; k < count; ++k)
                for (Index j = 0; j <= k; ++j) expected.push_back(static_cast<double>(10 * k + j));
            for (const auto& one : found) EXPECT_EQ(one, expected) << size << ' ' << count;
        }
}

TEST(Shares, AreWholeChunksAndAllData) {
    for (const Index count : {1, 7, 8, 50, 127, 128, 1000, 10000, 1000000}) {
        const Index chunk = detail::spread_chunk(count);
        EXPECT_GE(chunk, 8);
        EXPECT_EQ(largest_chunk % chunk, 0);
        for (const Index size : {1, 2, 3, 4, 7}) {
            const Index chunks = (count + chunk - 1) / chunk;
            if (size > chunks) {
                EXPECT_THROW((void)share_of(count, 0, size), ArgumentError);
                continue;
            }
            Index next = 0;
            for (Index rank = 0; rank < size; ++rank) {
                const Share share = share_of(count, rank, size);
                EXPECT_EQ(share.first, next);
                EXPECT_EQ(share.first % chunk, 0);
                EXPECT_GE(share.count, 1);
                EXPECT_LE(share.count, (chunks / size + 1) * chunk);
                next += share.count;
            }
            EXPECT_EQ(next, count);
        }
    }
    EXPECT_THROW((void)share_of(100, 3, 3), ArgumentError);
}

/// f(processes) in 1, 2, 3 and 4 processes with 1, 2, 3 and 8 threads: the same everywhere.
template <class F>
auto same_everywhere(F&& f) {
    const OnThreads one(1);
    const auto expected = in_processes(1, f).front();
    for (const Index size : {1, 2, 3, 4})
        for (const Index threads : {1, 2, 3, 8}) {
            const OnThreads on(threads);
            for (const auto& result : in_processes(size, f))
                EXPECT_EQ(result, expected) << size << " processes, " << threads << " threads";
        }
    return expected;
}

TEST(SpreadData, ExactFitsAreTheSameInAnyNumberOfProcesses) {
    const auto data = some_data(300);
    const auto g = grainer();
    const Vector found = same_everywhere([&](const Processes& processes) {
        const auto prepared = prepare_spread(g, processes, part_of(data, processes), beta);
        const auto fit = g.fit_prepared(prepared, {.seed = 3});
        EXPECT_EQ(fit.data_count, 300.0);
        Vector all(6);
        all << all_of(fit.parameters), fit.log_likelihood, fit.likelihood.observed()(0, 2),
            fit.likelihood.gradient[1];
        return all;
    });
    const auto here = g.fit(data, {.seed = 3});  // the same but for rounding
    EXPECT_NEAR(found[3], here.log_likelihood, 1e-9 * std::abs(here.log_likelihood));
    for (Index k = 0; k < 3; ++k) EXPECT_NEAR(found[k], all_of(here.parameters)[k], 1e-7);
}

TEST(SpreadData, MonteCarloFitsAreTheSame) {
    const auto data = some_data(60);
    const auto run = [&](const auto& engine) {
        const auto g = grainer_with(engine, StochasticNewton{});
        const FitSettings settings{.iterations = 30, .seed = test_seed()};
        const Vector found = same_everywhere([&](const Processes& processes) {
            const auto prepared = prepare_spread(g, processes, part_of(data, processes), beta);
            return all_of(g.fit_prepared(prepared, settings).parameters);
        });
        // Streams belong to data, whichever process has them: without merging the draws are the same.
        auto plain = in_processes(1, [&](const Processes& processes) {
                         return prepare_spread(g, processes, data, beta);
                     }).front();
        plain.spread.reset();
        const Vector here = all_of(g.fit_prepared(plain, settings).parameters);
        for (Index k = 0; k < here.size(); ++k) EXPECT_NEAR(found[k], here[k], 1e-9);
    };
    run(MonteCarlo(HeatBath{}, {.samples = 20}));
    run(MonteCarlo(HeatBath{}, {.samples = 64, .chains = 32}));
}

TEST(SpreadData, WeightsAndParts) {
    const auto data = some_data(24);
    const auto g = grainer();
    std::vector<double> weights;
    for (int k = 0; k < 24; ++k) weights.push_back(0.5 + 0.1 * k);
    const auto here = g.fit_prepared(g.prepare(data, beta, weights));
    // Parts that are not whole chunks: all but the bytes.
    const auto found = in_processes(3, [&](const Processes& processes) {
        const Index first = std::array{0, 5, 17}[static_cast<std::size_t>(processes.rank())];
        const Index count = std::array{5, 12, 7}[static_cast<std::size_t>(processes.rank())];
        const auto part = [&](const auto& all) {
            return std::span(all).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
        };
        const auto prepared = prepare_spread(g, processes, part(data.configurations), beta, part(weights));
        EXPECT_EQ(prepared.count, 39.6);
        EXPECT_EQ(prepared.spread->first(), first);
        return all_of(g.fit_prepared(prepared).parameters);
    });
    for (const Vector& one : found)
        for (Index k = 0; k < one.size(); ++k) EXPECT_NEAR(one[k], all_of(here.parameters)[k], 1e-7);
}

TEST(SpreadData, PosteriorsAreTheSame) {
    const auto data = some_data(40, 1);
    const auto g = grainer();
    const auto fit = g.fit(data);
    const Matrix found = same_everywhere([&](const Processes& processes) -> Matrix {
        const auto prepared = prepare_spread(g, processes, part_of(data, processes), beta);
        const auto laplace = laplace_joint(g, prepared, fit, {.draws = 25, .seed = 2});
        const auto full = full_posterior(g, prepared, fit, {.draws = 12, .chains = 2, .warm_up = 10});
        Matrix all(3, laplace.draw_count() + full.draw_count());
        all << laplace.draws, full.draws;
        return all;
    });
    EXPECT_EQ(found.cols(), 25 + 12);  // Laplace has draws of these data
}

TEST(SpreadData, WhatNeedsAllDataRefusesThem) {
    const auto data = some_data(40);
    const auto g = grainer();
    const auto fit = g.fit(data);
    const auto posterior = full_posterior(g, data, fit, {.draws = 40, .warm_up = 10});
    const auto sampling = g.with_engine(TransferMatrix{});
    const auto messages = in_processes(2, [&](const Processes& processes) {
        const auto prepared = prepare_spread(g, processes, part_of(data, processes), beta);
        const auto message = [](auto&& f) { return std::string(support::thrown<ArgumentError>(f).what()); };
        return std::vector<std::string>{
            message([&] { (void)leave_one_out(g, prepared, posterior); }),
            message([&] { (void)exchange_posterior(sampling, prepared, fit); }),
            message([&] { (void)full_posterior(g, prepared, fit, {.draws = 40, .processes = processes}); })};
    });
    for (const auto& of_process : messages)
        for (const std::string& message : of_process)
            EXPECT_NE(message.find("data is 'spread over processes'"), std::string::npos) << message;
}

TEST(SpreadData, BadPartsAreRefusedInEveryProcess) {
    const auto data = some_data(16);
    const auto g = grainer();
    const auto prepare = [&](Index count, double own_beta, std::vector<double> weights = {}) {
        return in_processes(2, [&](const Processes& processes) -> std::string {
            const bool second = processes.rank() == 1;
            try {
                (void)prepare_spread(
                    g, processes,
                    std::span(data.configurations).first(static_cast<std::size_t>(second ? count : 8)),
                    second ? own_beta : beta,
                    second ? std::span<const double>(weights) : std::span<const double>());
                return "";
            } catch (const std::exception& e) {
                return e.what();
            }
        });
    };
    const auto both_say = [](const std::vector<std::string>& messages, const std::string& what) {
        for (const std::string& message : messages)
            EXPECT_NE(message.find(what), std::string::npos) << message;
    };
    EXPECT_EQ(prepare(8, beta), (std::vector<std::string>{"", ""}));
    both_say(prepare(0, beta), "number of data of a process is 0");
    both_say(prepare(8, 0.7), "beta is 0.7");
    both_say(prepare(2, beta, {1.0}), "the weights'");
    both_say(prepare(2, beta, {1.0, 2.0, 3.0}), "number of data is 2");
    both_say(prepare(2, beta, {1.0, 0.0}), "weight is 0");
}

/// An engine that fails at one of the data.
struct FailsAtADatum {
    bool numerical = false;
    template <class T>
    using State = NoState;
    template <class T, class S>
    Moments expect(const T& target, const S& statistic, NoState&, const StreamKey& key) const {
        if (key.purpose == Purpose::latent && key.index == 30) {
            if (numerical) throw NumericalError("datum 30");
            throw CostError("datum 30", 2.0, 1.0, "operations", "less");
        }
        return TransferMatrix{}.expect(target, statistic);
    }
    template <class T>
    double log_partition(const T& target) const {
        return TransferMatrix{}.log_partition(target);
    }
};

// A failure in one process ends the fit in all of them: none waits for ever.
TEST(SpreadData, ErrorsInOneProcessAreEverybodys) {
    const auto data = some_data(40);
    for (const bool numerical : {false, true}) {
        const auto g = grainer_with(FailsAtADatum{numerical}, Newton{});
        const auto messages = in_processes(3, [&](const Processes& processes) -> std::string {
            try {
                (void)g.fit_prepared(prepare_spread(g, processes, part_of(data, processes), beta));
                return "no error";
            } catch (const std::exception& e) {
                return e.what();
            }
        });
        for (const std::string& message : messages)
            EXPECT_NE(message.find("datum 30"), std::string::npos) << message;
    }
}

TEST(SpreadData, OneProcessStopsAll) {
    const auto data = some_data(40);
    const auto g = grainer();
    const auto all = in_processes(3, [&](const Processes& processes) {
        std::stop_source source;
        if (processes.rank() == 1) source.request_stop();
        const auto prepared = prepare_spread(g, processes, part_of(data, processes), beta);
        return std::string(to_string(g.fit_prepared(prepared, {.stop = source.get_token()}).status));
    });
    for (const std::string& status : all) EXPECT_EQ(status, to_string(Status::stopped));
}

/// Asks one process to stop after so many questions that all agree on.
class StopsLater {
public:
    StopsLater(support::ThreadCommunicator communicator, std::stop_source source, Index after)
        : communicator_(std::move(communicator)), source_(std::move(source)), after_(after) {}

    Index rank() const { return communicator_.rank(); }
    Index size() const { return communicator_.size(); }
    void sum(std::span<std::int64_t> numbers) const {
        communicator_.sum(numbers);
        if (numbers.size() == 1 && ++*asked_ == after_ && rank() == 1) source_.request_stop();
    }
    /// Number of questions so far, of all copies.
    std::shared_ptr<const Index> asked() const { return asked_; }

private:
    support::ThreadCommunicator communicator_;
    mutable std::stop_source source_;
    Index after_;
    std::shared_ptr<Index> asked_ = std::make_shared<Index>(0);
};

// Whenever the stop comes: while jumps are fitted, between moves, after the last of a chain, after all.
TEST(SpreadData, OneProcessStopsAllWithinAPosterior) {
    const auto data = some_data(40);
    const auto g = grainer();
    const auto fit = g.fit(data);
    const auto ends_after = [&](Index after, Index& asked) {
        const support::ThreadCommunicator first(0, 2);
        std::vector<std::string> ends(2);
        {
            std::vector<std::jthread> threads;
            for (const std::size_t rank : {0u, 1u})
                threads.emplace_back([&, rank] {
                    std::stop_source source;
                    const StopsLater later(first.of_rank(static_cast<Index>(rank)), source, after);
                    const Processes processes(later);
                    const auto prepared = prepare_spread(g, processes, part_of(data, processes), beta);
                    ChainSettings settings{.draws = 12, .chains = 2, .warm_up = 10};
                    settings.stop = source.get_token();
                    try {
                        (void)full_posterior(g, prepared, fit, settings);
                        ends[rank] = "draws";
                    } catch (const Stopped&) {
                        ends[rank] = "stopped";
                    }
                    if (rank == 0) asked = *later.asked();
                });
        }
        EXPECT_EQ(ends[0], ends[1]) << after;
        return ends[0];
    };
    Index all = 0, asked = 0;
    EXPECT_EQ(ends_after(1'000'000, all), "draws");
    // Once for each round of fitting, whether there is a checkpoint, and, of 2 chains of 10 + 6 moves, before
    // those up to a next trajectory, in each of four phases.
    ASSERT_GE(all, 2 + 2 * 4);
    ASSERT_LE(all, 1 + detail::mixture_rounds + 2 * 16);
    for (Index after = 1; after <= all + 1; ++after)
        EXPECT_EQ(ends_after(after, asked), after < all ? "stopped" : "draws") << after << " of " << all;
}

/// An engine that likes chunks that are no power of two.
struct ChunksOfTwelve : TransferMatrix {
    template <class T>
    using State = NoState;
    template <class B>
    static Index chunk(const B&) {
        return 12;
    }
};

TEST(SpreadData, ChunksDivideThePartsWhateverTheEngineLikes) {
    const auto data = some_data(1100);
    const auto g = grainer_with(ChunksOfTwelve{}, Newton{});
    (void)same_everywhere([&](const Processes& processes) {
        const auto problem = g.problem(prepare_spread(g, processes, part_of(data, processes), beta));
        Vector all(40);
        for (Index k = 0; k < 40; ++k) {
            auto state = problem.state({Vector{{0.02 * static_cast<double>(k), 0.3}}, Vector{{0.7}}});
            all[k] = problem.expect(state).coarse[1];
        }
        return all;
    });
}

TEST(SharedOut, ChainsAreTheSame) {
    const auto data = some_data(20);
    const auto g = grainer();
    const auto fit = g.fit(data);
    const ChainSettings settings{.draws = 30, .chains = 5, .warm_up = 20};
    const auto expected = full_posterior(g, data, fit, settings);
    const Matrix draws = same_everywhere([&](const Processes& processes) {
        ChainSettings shared = settings;
        shared.processes = processes;
        const auto posterior = full_posterior(g, data, fit, shared);
        EXPECT_EQ(posterior.acceptance, expected.acceptance);
        return posterior.draws;
    });
    EXPECT_EQ(draws, expected.draws);
    // A process that is to stop ends the others' work, too.
    const auto messages = in_processes(2, [&](const Processes& processes) -> std::string {
        ChainSettings shared = settings;
        shared.processes = processes;
        std::stop_source source;
        if (processes.rank() == 0) source.request_stop();
        shared.stop = source.get_token();
        try {
            (void)full_posterior(g, data, fit, shared);
            return "";
        } catch (const Stopped& e) {
            return e.what();
        }
    });
    for (const std::string& message : messages)
        EXPECT_NE(message.find("stopped on request"), std::string::npos) << message;
}

TEST(SharedOut, ReplicatesOfCalibrationsAreTheSame) {
    const auto g = grainer();
    const auto ranks = [&](const std::optional<Processes>& processes) {
        SimulationBasedSettings settings{
            .beta = beta, .data = 4, .replicates = 6, .ranked_draws = 9, .bins = 10, .seed = 5};
        settings.processes = processes;
        const auto result = simulation_based_calibration(
            g, settings,
            [](const auto& learner, const auto& data, std::uint64_t seed) {
                return full_posterior(learner, data, learner.fit_prepared(data),
                                      {.draws = 18, .chains = 2, .warm_up = 5, .seed = seed});
            },
            checked("m", ising::Magnetization{}));
        EXPECT_EQ(result.names.back(), "m");
        return std::pair(result.ranks, result.unreliable);
    };
    const auto expected = ranks({});
    EXPECT_EQ(same_everywhere([&](const Processes& processes) { return ranks(processes); }), expected);

    const auto widths = [&](const std::optional<Processes>& processes) -> Vector {
        CoverageSettings settings{.data_sets = 5, .levels = {0.5, 0.9}, .seed = 7};
        settings.processes = processes;
        const Coverage c = coverage(
            settings, [](std::uint64_t seed) { return static_cast<double>(seed); },
            [](double y, std::uint64_t seed) { return support::normal_posterior(y, 1.0, 51, seed); },
            Vector::Constant(1, 0.5), checked("m", ising::Magnetization{}));
        Vector all(13);
        all << c.widths[0].row(0).transpose(), c.widths[1].row(0).transpose(), c.held[0][0].value(),
            c.held[1][0].value(), static_cast<double>(c.names.size());
        return all;
    };
    const Vector alone = widths({});
    EXPECT_EQ(same_everywhere([&](const Processes& processes) { return widths(processes); }), alone);
}

}  // namespace
}  // namespace processes_test
