#pragma once
#include <predcg/models/ising/spin.hpp>

#include <vector>

namespace cli {

using Configuration = std::vector<predcg::ising::Spin>;
using Configurations = std::vector<Configuration>;

}  // namespace cli
