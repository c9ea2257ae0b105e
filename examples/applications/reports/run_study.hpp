#pragma once
#include "files/result_directory.hpp"
#include "terminal/messages.hpp"

#include <chrono>
#include <cstdio>
#include <string>

namespace cli::study {

/// Runs a study and writes what it found; run(settings) and write(result, seconds, directory).
template <class Settings, class Run, class Write>
void run_into(const Settings& settings, const ResultDirectory& directory, Run run, Write write) {
    const auto start = std::chrono::steady_clock::now();
    const auto result = run(settings);
    const auto seconds = [start] {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    };
    const std::string problem = write(result, seconds, directory);
    directory.publish(problem);
    if (!problem.empty()) warn(problem);
}

/// Where the report is.
inline void print_report(const std::filesystem::path& directory) {
    std::printf("report: %s\n",
                std::filesystem::absolute(directory / "report.html").lexically_normal().c_str());
}

/// The same in a directory of its own, and says where the report is.
template <class Settings, class Run, class Write>
void run_study(const Settings& settings, const std::string& out, Run run, Write write) {
    check(settings);
    const ResultDirectory directory(out);
    run_into(settings, directory, run, write);
    print_report(directory.path());
}

}  // namespace cli::study
