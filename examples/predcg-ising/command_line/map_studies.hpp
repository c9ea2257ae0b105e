#pragma once
#include "program/command.hpp"

namespace cli {

/// The studies of maps and of flows, below `study`.
Command add_maps_study(CLI::App& study);
Command add_flow_study(CLI::App& study);

}  // namespace cli
