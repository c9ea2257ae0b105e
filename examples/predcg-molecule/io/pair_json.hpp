#pragma once
#include "molecules/pair_model.hpp"

#include <string>

namespace cli::molecules {

/// A table: r, u, f, cutoff.
std::string json_of(const predcg::Columns& rows, double cutoff);

/// The potential of a file that `pair fit` wrote. Throws InputError, naming file and key, for others.
AnyPair load_pair_potential(const std::string& path);

}  // namespace cli::molecules
