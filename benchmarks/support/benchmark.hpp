#pragma once
// Benchmarks in groups, the first member of a group being what the others are compared with: names are
// "group/member". benchmarks/report.py makes tables of what a run writes.
#include <predcg/core/parallel.hpp>

#include <Eigen/Core>
#include <benchmark/benchmark.h>
#include <boost/version.hpp>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string>
#include <utility>

namespace bench {

/// Whether only to see that all runs: the environment variable PREDCG_BENCHMARK_SMOKE is there.
inline bool smoke() { return std::getenv("PREDCG_BENCHMARK_SMOKE") != nullptr; }

/// `full`, but no more than `small` where smoke(): names stay, times mean nothing.
inline predcg::Index size(predcg::Index full, predcg::Index small) {
    return smoke() ? std::min(full, small) : full;
}

namespace detail {

/// Times of the processor, on one thread; with `threads` by the clock, on so many.
template <class Make>
benchmark::internal::Benchmark* add(const std::string& name, Make make, predcg::Index threads) {
    auto* const registered =
        benchmark::RegisterBenchmark(name.c_str(), [make, threads](benchmark::State& state) {
            predcg::set_threads(std::max<predcg::Index>(1, threads));
            const auto& body = make();
            const auto* opaque = &body;
            // So that nothing is computed once for all calls. A pointer that DoNotOptimize of benchmark 1.7
            // gives to g++ 12, as "+m,r", may come back as another one.
            asm volatile("" : "+r"(opaque) : : "memory");
            for (auto _ : state) {
                auto result = (*opaque)();
                benchmark::DoNotOptimize(result);
            }
        });
    if (threads > 0) registered->UseRealTime();
    return registered;
}

}  // namespace detail

/// Registers `body`, timed as a whole, as a member of a group.
template <class Body>
void add(const std::string& group, const std::string& member, Body body, predcg::Index threads = 0) {
    detail::add(
        group + "/" + member, [body = std::move(body)]() -> const Body& { return body; }, threads);
}

/// The same for what takes seconds or much memory: `make()`, untimed, gives the body before each repetition,
/// of which there are three at most, of one call.
template <class Make>
void add_large(const std::string& group, const std::string& member, Make make, predcg::Index threads = 0) {
    auto* const registered = detail::add(group + "/" + member, std::move(make), threads);
    registered->Iterations(1)->Unit(benchmark::kMillisecond);
    if (!smoke()) registered->Repetitions(3);
}

/// What report.py says about the run, beside what Google Benchmark keeps of it.
inline void describe() {
    std::string line, processor = "unknown";
    for (std::ifstream file("/proc/cpuinfo"); std::getline(file, line);)
        if (line.rfind("model name", 0) == 0) processor = line.substr(line.find(':') + 2);
    benchmark::AddCustomContext("processor", processor);
#ifdef __clang__
    benchmark::AddCustomContext("compiler", "clang++ " __clang_version__);
#elif defined(__GNUC__)
    benchmark::AddCustomContext("compiler", "g++ " __VERSION__);
#endif
#ifdef PREDCG_BENCHMARK_FLAGS
    benchmark::AddCustomContext("flags", PREDCG_BENCHMARK_FLAGS);
#endif
    benchmark::AddCustomContext("Eigen", std::to_string(EIGEN_WORLD_VERSION) + "." +
                                             std::to_string(EIGEN_MAJOR_VERSION) + "." +
                                             std::to_string(EIGEN_MINOR_VERSION));
    benchmark::AddCustomContext("Boost", std::to_string(BOOST_VERSION / 100000) + "." +
                                             std::to_string(BOOST_VERSION / 100 % 1000));
    if (smoke()) benchmark::AddCustomContext("smoke", "yes");
}

inline int run(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
    describe();
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    return 0;
}

}  // namespace bench
