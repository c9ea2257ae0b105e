#include "program/cost_limits.hpp"

#include "basics/errors.hpp"
#include "basics/numbers.hpp"
#include "terminal/messages.hpp"

#include <predcg/core/parallel.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <limits>
#include <optional>
#include <sys/resource.h>

namespace cli {

namespace {

/// "MemAvailable: 123 kB" of /proc/meminfo, in bytes.
double available_of_machine() {
    std::ifstream in("/proc/meminfo");
    double kilobytes = 0.0;
    for (std::string word; in >> word;)
        if (word == "MemAvailable:" && in >> kilobytes) return 1024.0 * kilobytes;
    return std::numeric_limits<double>::infinity();
}

/// A number in a file, or nothing: the file may not be there, or say max.
std::optional<double> number_in(const char* path) {
    std::ifstream in(path);
    double value = 0.0;
    return in >> value ? std::optional(value) : std::nullopt;
}

double processor_threads() { return static_cast<double>(predcg::threads()); }

/// The part that takes most, by what(part).
template <class What>
const PartOfWork* largest(const CostEstimate& estimate, What what) {
    const PartOfWork* most = nullptr;
    for (const PartOfWork& part : estimate.parts)
        if (most == nullptr || what(part) > what(*most)) most = &part;
    return most;
}

std::string total_text(const CostEstimate& estimate) {
    return "about " + duration_text(estimate.seconds(processor_threads())) + " and " +
           memory_text(estimate.bytes());
}

std::string share_text(const CostEstimate& estimate, const PartOfWork& part) {
    const double all = estimate.processor_seconds();
    return part.name + (all > 0.0 ? " (" + fixed(100.0 * part.seconds() / all, 0) + " %)" : std::string());
}

void print_estimate(const CostEstimate& estimate) {
    for (const PartOfWork& part : estimate.parts)
        std::printf("%-28s %12.4g s %12.4g MB\n", part.name.c_str(), part.seconds(), 1e-6 * part.cost.bytes);
    std::printf("%-28s %12.4g s %12.4g MB\n", "all, of processors", estimate.processor_seconds(),
                1e-6 * estimate.bytes());
    std::printf("%-28s %12.4g s\n", ("by the clock, threads: " + std::to_string(predcg::threads())).c_str(),
                estimate.seconds(processor_threads()));
}

}  // namespace

void add_cost_options(CLI::App& app, CostOptions& options) {
    app.add_flag("--yes", options.yes,
                 "Begin even where it is estimated to take more than " + duration_text(most_seconds) +
                     " or " + fixed(100.0 * most_of_memory, 0) + " % of the memory that is available")
        ->group("Costs");
    app.add_flag("--estimate", options.estimate, "Say what the command would take, and end")->group("Costs");
}

double available_memory() {
    double bytes = available_of_machine();
    if (const auto most = number_in("/sys/fs/cgroup/memory.max"))
        bytes = std::min(bytes, *most - number_in("/sys/fs/cgroup/memory.current").value_or(0.0));
    rlimit limit{};
    if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
        bytes = std::min(bytes, static_cast<double>(limit.rlim_cur));
    return std::max(bytes, 0.0);
}

std::string duration_text(double seconds) {
    if (!(seconds < 1e13)) return "more than 300000 years";
    if (seconds < 1.0) return "a second";
    if (seconds < 100.0) return fixed(seconds, 0) + " s";
    if (seconds < 6000.0) return fixed(seconds / 60.0, seconds < 600.0 ? 1 : 0) + " min";
    if (seconds < 172800.0) return fixed(seconds / 3600.0, 1) + " h";
    if (seconds < 730.0 * 86400.0) return fixed(seconds / 86400.0, 0) + " days";
    return fixed(seconds / (365.25 * 86400.0), 0) + " years";
}

std::string memory_text(double bytes) {
    return bytes < 1e8 ? fixed(1e-6 * bytes, 0) + " MB" : fixed(1e-9 * bytes, bytes < 1e10 ? 1 : 0) + " GB";
}

bool is_affordable(const CostEstimate& estimate, const CostOptions& options) {
    if (options.estimate) {
        print_estimate(estimate);
        return false;
    }
    if (estimate.parts.empty()) return true;
    const double seconds = estimate.seconds(processor_threads()), bytes = estimate.bytes();
    if (seconds < said_seconds && bytes < said_bytes && bytes < 0.1 * available_memory()) return true;
    const double room = most_of_memory * available_memory();
    const bool too_long = !(seconds <= most_seconds), too_large = !(bytes <= room);
    const PartOfWork* most =
        too_large && !too_long
            ? largest(estimate, [](const PartOfWork& part) { return part.cost.bytes; })
            : largest(estimate, [](const PartOfWork& part) { return part.cost.operations; });
    const std::string what =
        "this takes " + total_text(estimate) + ", most of it " + share_text(estimate, *most);
    if ((too_long || too_large) && !options.yes)
        throw InputError(what + "; allowed without --yes: " + duration_text(most_seconds) + " and " +
                         memory_text(room) + "; " + (most->advice.empty() ? "" : most->advice + ", or ") +
                         "--yes to begin all the same");
    if (seconds > said_seconds || bytes > said_bytes) say(what);
    return true;
}

}  // namespace cli
