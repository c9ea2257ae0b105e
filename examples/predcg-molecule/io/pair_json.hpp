#pragma once
#include "molecules/pair_fit.hpp"

#include <optional>
#include <string>

namespace cli::molecules {

/// A table: r, u, f, cutoff.
std::string json_of(const predcg::Columns& rows, double cutoff);

/// The content of the file that `pair fit` writes; without checks it has none.
std::string json_of(const LearntPair& learnt, const std::optional<predcg::LiquidChecks>& checks,
                    const PairSettings& settings);

/// What `pair check` writes.
std::string json_of(const predcg::LiquidChecks& checks, Index frames);

/// A saved fit, ready for checks. Throws InputError, naming file and key, for other files.
SavedPair load_pair(const std::string& path);
/// The same of its text.
SavedPair pair_from(const std::string& text, const std::string& name);

/// The potential of a file that `pair fit` wrote. Throws InputError, naming file and key, for others.
AnyPair load_pair_potential(const std::string& path);
/// The same of its text.
AnyPair pair_potential_from(const std::string& text, const std::string& name);

}  // namespace cli::molecules
