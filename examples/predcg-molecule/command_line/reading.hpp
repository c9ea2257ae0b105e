#pragma once
// The options that say which frames are read, and how.
#include "molecules/chain_data.hpp"

#include <CLI/CLI.hpp>

#include <string>

namespace cli::molecules {

/// Throws InputError unless it is between 0 and 1.
void check_credibility(double credibility);

struct ReadOptions {
    TrajectoryFile trajectory;
    std::string structure;
    FrameChoice frames;
};

/// --trajectory, --structure, --first, --every and --frames, and how they are read.
void add_reading(CLI::App& app, ReadOptions& options);

/// --structure.
void add_structure(CLI::App& app, std::string& path);
/// --format, --length-in-nm and --step-in-ps.
void add_format(CLI::App& app, TrajectoryFile& file);

}  // namespace cli::molecules
