#pragma once
#include "program/command.hpp"

#include <vector>

namespace cli::molecules {

Command add_info(CLI::App& app);
/// states fit and states predict.
std::vector<Command> add_states(CLI::App& app);
/// What there is below pair.
std::vector<Command> add_pair(CLI::App& app);

}  // namespace cli::molecules
