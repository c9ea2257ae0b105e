#pragma once
#include "program/command.hpp"

#include <vector>

namespace cli {

/// What main does: reads the arguments into the commands below `app`, whose name is the program's, and runs
/// the one that was given. Returns the exit code: 0 the result was written, 1 the run failed and nothing was,
/// 2 bad usage or input, 3 it was stopped. What went wrong is said on standard error.
/// Before it runs, the process is confined to what the command needs (confine.hpp).
int run_program(CLI::App& app, const std::vector<Command>& commands, int argc, char** argv);

}  // namespace cli
