#pragma once
#include "program/command.hpp"

namespace cli::molecules {

Command add_info(CLI::App& app);

}  // namespace cli::molecules
