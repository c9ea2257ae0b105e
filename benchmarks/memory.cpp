// Memory, of a process of its own for each: what prepared data keep, what it takes at most to prepare them,
// and what a process that fits needs. Linux.
#include "support/benchmark.hpp"

#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/predcg.hpp>

#include <fstream>
#include <optional>
#include <string>
#include <vector>

#ifdef __linux__
#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

namespace {

using namespace predcg;
using Spins = std::vector<ising::Spin>;

/// Bytes in memory, and the most that there were.
struct Memory {
    double now = 0.0, peak = 0.0;
};

Memory memory_in_use() {
    Memory memory;
    std::string line;
    for (std::ifstream status("/proc/self/status"); std::getline(status, line);) {
        if (line.rfind("VmRSS:", 0) == 0) memory.now = 1024.0 * std::stod(line.substr(6));
        if (line.rfind("VmHWM:", 0) == 0) memory.peak = 1024.0 * std::stod(line.substr(6));
    }
    return memory;
}

/// What f() adds to a process, and at most; f returns what is to be kept. In a child, whose peak begins anew.
template <class F>
std::optional<Memory> in_a_process(const F& f) {
#ifdef __linux__
    int ends[2];
    if (pipe(ends) != 0) return {};
    const pid_t child = fork();
    if (child == 0) {
        malloc_trim(0);
        const Memory before = memory_in_use();
        const auto kept = f();
        const Memory after = memory_in_use();
        benchmark::DoNotOptimize(&kept);
        const Memory added{after.now - before.now, after.peak - before.now};
        _exit(write(ends[1], &added, sizeof added) == sizeof added ? 0 : 1);
    }
    close(ends[1]);
    Memory added;
    const bool was_read = read(ends[0], &added, sizeof added) == sizeof added;
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    if (child > 0 && was_read && status == 0) return added;
#else
    (void)f;
#endif
    return {};
}

/// Counters "bytes" and "peak_bytes", in units of `units` bytes.
template <class F>
void add(const std::string& group, const std::string& member, double units, F f) {
    auto* const registered =
        benchmark::RegisterBenchmark((group + "/" + member).c_str(), [=](benchmark::State& state) {
            set_threads(1);
            for (auto _ : state) {
                const auto added = in_a_process(f);
                if (!added) {
                    state.SkipWithError("memory is not known here");
                    break;
                }
                state.counters["kept"] = added->now / units;
                state.counters["peak"] = added->peak / units;
            }
        });
    registered->Iterations(1)->Unit(benchmark::kMillisecond)->UseRealTime();
    if (!bench::smoke()) registered->Repetitions(3);
}

auto grainer_of(Index coarse_sites, Index level) {
    return EMCoarseGrainer{SamplesOnly<Spins>{},
                           ising::coarse_chain({.sites = coarse_sites, .pair_range = 1, .field = 0.3}),
                           ising::bernoulli_map({.level = level}), TransferMatrix{}};
}

std::vector<Spins> data_of(Index sites, Index samples) {
    return generate(ising::chain({.sites = sites, .field = 0.3}), {.beta = 0.3, .samples = samples})
        .configurations;
}

}  // namespace

int main(int argc, char** argv) {
    for (const Index level : {2, 4}) {
        const Index samples = bench::size(100'000, 10'000), coarse_sites = 64 / level;
        add("prepared data, bytes a coarse site and datum",
            "10^5 data of 64 sites, level " + std::to_string(level),
            static_cast<double>(samples * coarse_sites),
            [=, grainer = grainer_of(coarse_sites, level), data = data_of(64, samples)] {
                return grainer.prepare(data, 0.3);
            });
    }
    add("exact fit with its data, megabytes", "one datum of 10^5 sites", 1e6, [] {
        const Index sites = bench::size(100'000, 1'000);
        return grainer_of(sites / 2, 2).fit(data_of(sites, 1), {.beta = 0.3});
    });
    return bench::run(argc, argv);
}
