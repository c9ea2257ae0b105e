// What several processes gain and what their sums cost, by the clock of the slowest; member: "P processes".
//     for n in 1 2; do PREDCG_THREADS=1 mpirun -np $n bench_processes; done
#include "../support/benchmark.hpp"

#include <predcg/mpi.hpp>
#include <predcg/predcg.hpp>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace predcg;

/// Seconds of f() in the slowest process.
template <class F>
double slowest(const Processes& processes, F&& f) {
    (void)processes.sum(1);  // begin together
    const auto begin = std::chrono::steady_clock::now();
    f();
    detail::Record record;
    record.put(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    double longest = 0.0;
    for (const auto& of_one : processes.gather(record.words))
        longest = std::max(longest, detail::RecordReader(of_one).number());
    return longest;
}

/// As many calls in every process, since they wait for each other.
template <class F>
void add(const Processes& processes, const std::string& group, Index calls, F f) {
    const std::string member =
        processes.size() == 1 ? "one process" : std::to_string(processes.size()) + " processes";
    benchmark::RegisterBenchmark((group + "/" + member).c_str(),
                                 [&processes, f](benchmark::State& state) {
                                     set_threads(1);
                                     f();
                                     for (auto _ : state) state.SetIterationTime(slowest(processes, f));
                                 })
        ->Iterations(calls)
        ->UseManualTime();
}

/// Says nothing.
class Silent : public benchmark::BenchmarkReporter {
public:
    bool ReportContext(const Context&) override { return true; }
    void ReportRuns(const std::vector<Run>&) override {}
};

int measure(const Processes& processes, int argc, char** argv) {
    for (const Index count : {10'000, 100'000}) {
        const auto all = generate(ising::chain({.sites = 64, .field = 0.3}),
                                  {.beta = 0.6, .samples = bench::size(count, 1'000)});
        const Share share = share_of(std::ssize(all.configurations), processes);
        const auto part =
            std::span(all.configurations)
                .subspan(static_cast<std::size_t>(share.first), static_cast<std::size_t>(share.count));
        const EMCoarseGrainer grainer{SamplesOnly<std::vector<ising::Spin>>{},
                                      ising::coarse_chain({.sites = 32, .linear = true, .pair_range = 1}),
                                      ising::bernoulli_map({.level = 2}), TransferMatrix{}};
        add(processes, "E-step, " + std::to_string(count) + " data of 64 sites", 200'000 / count,
            [grainer, data = prepare_spread(grainer, processes, part, 0.6)] {
                const auto problem = grainer.problem(data);
                auto state = problem.state({Vector{{0.2, 0.6}}, Vector::Ones(1)});
                (void)problem.expect(state);
            });
    }
    for (const Index d : {1, 3, 11, 51}) {
        const auto words = static_cast<std::size_t>(2 * d + 2 + d * (d + 1) / 2) * ExactSum::word_count;
        add(processes,
            "sums of " + std::to_string(d) + " statistics, " + std::to_string(8 * words) + " bytes", 100,
            [&processes, words] {
                std::vector<std::int64_t> numbers(words);
                processes.sum(numbers);
            });
    }
    std::vector<char*> words;
    for (int k = 0; k < argc; ++k) {
        const std::string_view word(argv[k]);
        const auto is = [&](const char* option) { return word.find(option) != std::string_view::npos; };
        if (is("random_interleaving")) continue;  // processes would go through them in different orders
        if (processes.rank() > 0 && is("--benchmark_out")) continue;
        words.push_back(argv[k]);
    }
    argc = static_cast<int>(words.size());
    benchmark::Initialize(&argc, words.data());
    if (benchmark::ReportUnrecognizedArguments(argc, words.data())) return 2;
    bench::describe();
    Silent silent;
    if (processes.rank() == 0)
        benchmark::RunSpecifiedBenchmarks();
    else
        benchmark::RunSpecifiedBenchmarks(&silent);
    benchmark::Shutdown();
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    return predcg::mpi::run(argc, argv,
                            [&](const Processes& processes) { return measure(processes, argc, argv); });
}
