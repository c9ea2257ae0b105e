#pragma once
// The options that say which frames are read, and how.
#include "molecules/trajectory_file.hpp"

#include <CLI/CLI.hpp>

#include <string>

namespace cli::molecules {

/// --structure.
void add_structure(CLI::App& app, std::string& path);
/// --format, --length-in-nm and --step-in-ps.
void add_format(CLI::App& app, TrajectoryFile& file);

}  // namespace cli::molecules
