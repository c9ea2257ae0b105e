#pragma once
#include "molecules/trajectory_file.hpp"

#include <string>

namespace cli::molecules {

/// What `info` writes.
std::string json_of(const TrajectoryInfo& info);

}  // namespace cli::molecules
