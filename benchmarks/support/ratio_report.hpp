#pragma once
// Benchmarks in groups, reported as ratios of CPU times to the group's baseline in the same run.
#include <predcg/core/parallel.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

namespace bench {

/// Every benchmark's name, "group/member", as they are to be reported.
inline std::vector<std::string>& names() {
    static std::vector<std::string> all;
    return all;
}

/// Registers `body`, timed as a whole, as a member of a group; the group's first member is its baseline. Its
/// time is the processor's, on one thread; with `threads` the clock's, on so many.
template <class Body>
void add(const std::string& group, const std::string& member, Body body, predcg::Index threads = 0) {
    const auto in_group = [&](const std::string& name) { return name.rfind(group + "/", 0) == 0; };
    auto place = std::find_if(names().rbegin(), names().rend(), in_group).base();
    if (place == names().begin()) place = names().end();  // a new group
    names().insert(place, group + "/" + member);
    auto* const registered =
        benchmark::RegisterBenchmark((group + "/" + member).c_str(), [=](benchmark::State& state) {
            predcg::set_threads(std::max<predcg::Index>(1, threads));
            const Body* opaque = &body;
            benchmark::DoNotOptimize(opaque);  // so that nothing is computed once for all calls
            for (auto _ : state) {
                auto result = (*opaque)();
                benchmark::DoNotOptimize(result);
            }
        });
    if (threads > 0) registered->UseRealTime();
}

/// Prints a Markdown table: for each benchmark the median over repetitions of the time of one call, the
/// interquartile range relative to it, and its ratio to the median of the baseline.
class RatioReporter : public benchmark::BenchmarkReporter {
public:
    bool ReportContext(const Context&) override { return true; }

    void ReportRuns(const std::vector<Run>& runs) override {
        for (const Run& run : runs)
            if (run.run_type == Run::RT_Iteration && !run.error_occurred)
                times_[run.run_name.function_name].push_back(
                    (run.run_name.time_type.empty() ? run.cpu_accumulated_time : run.real_accumulated_time) /
                    static_cast<double>(run.iterations));
    }

    void Finalize() override {
        std::printf("\n| | | median | spread | ratio |\n|---|---|---:|---:|---:|\n");
        std::string group;
        double baseline = 1.0;
        for (const std::string& name : names()) {
            Times& times = times_[name];
            if (times.empty()) continue;  // filtered out
            const auto slash = name.rfind('/');
            std::sort(times.begin(), times.end());
            const double median = quantile(times, 0.5);
            const double spread = (quantile(times, 0.75) - quantile(times, 0.25)) / median;
            const bool first = name.substr(0, slash) != group;
            if (first) {
                group = name.substr(0, slash);
                baseline = median;
            }
            std::printf("| %s | %s | %s | %.0f %% | %s |\n", first ? group.c_str() : "",
                        name.substr(slash + 1).c_str(), seconds(median).c_str(), 100.0 * spread,
                        ratio(median / baseline).c_str());
        }
        std::printf("\n");
    }

private:
    using Times = std::vector<double>;

    static double quantile(const Times& sorted, double p) {
        const double place = p * static_cast<double>(sorted.size() - 1);
        const auto below = static_cast<std::size_t>(place);
        const std::size_t above = std::min(below + 1, sorted.size() - 1);
        return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
    }

    static std::string seconds(double t) {
        const char* units[] = {"s", "ms", "us", "ns"};
        int unit = 0;
        while (t < 1.0 && unit < 3) {
            t *= 1000.0;
            ++unit;
        }
        return formatted(t < 10.0 ? "%.2f" : t < 100.0 ? "%.1f" : "%.0f", t) + " " + units[unit];
    }

    static std::string ratio(double r) {
        return formatted(r < 0.0995 ? "%#.2g" : r < 9.95 ? "%.2f" : r < 99.5 ? "%.1f" : "%.0f", r);
    }

    static std::string formatted(const char* format, double value) {
        char buffer[32];
        std::snprintf(buffer, sizeof buffer, format, value);
        return buffer;
    }

    std::map<std::string, Times> times_;
};

inline int run(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
    RatioReporter reporter;
    benchmark::RunSpecifiedBenchmarks(&reporter);
    benchmark::Shutdown();
    return 0;
}

}  // namespace bench
