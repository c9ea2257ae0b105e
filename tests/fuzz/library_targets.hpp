#pragma once
#include "targets.hpp"

#include <array>

namespace fuzz {

extern const std::array<Target, 7> library_targets;

}  // namespace fuzz
