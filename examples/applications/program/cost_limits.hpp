#pragma once
// Costs before work: said where a command takes long, refused where it takes more than was agreed to.
#include "basics/cost_estimate.hpp"

#include <CLI/CLI.hpp>

#include <string>

namespace cli {

/// --yes and --estimate.
struct CostOptions {
    bool yes = false, estimate = false;
};
void add_cost_options(CLI::App& app, CostOptions& options);

/// Above these the estimate is said.
inline constexpr double said_seconds = 60.0, said_bytes = 2e9;
/// Above these --yes is needed: by the clock, and of the memory that can be had now.
inline constexpr double most_seconds = 3600.0, most_of_memory = 0.8;

/// Bytes that the process can get now: what the machine has to give, within the limits of the process and its
/// group; infinite where the system does not tell.
double available_memory();

/// "3 h 20 min", "1.2 GB".
std::string duration_text(double seconds);
std::string memory_text(double bytes);

/// Whether the work is to begin: not after --estimate, which prints the estimate. Throws InputError above the
/// limits, unless --yes was given.
bool is_affordable(const CostEstimate& estimate, const CostOptions& options);

}  // namespace cli
