#pragma once
#include "molecules/states.hpp"

#include <optional>
#include <string>

namespace cli::molecules {

/// The content of the file that `states fit` writes; `prediction` is of the same molecule at the same
/// temperature.
std::string json_of(const LearntStates& learnt, const StatesPrediction& prediction);

/// What `states predict` writes.
std::string json_of(const StatesPrediction& prediction);

/// A saved fit, ready for predictions.
struct SavedStates {
    double temperature = 0.0;  ///< K, of the data
    Index sites = 0;           ///< of a molecule
    StatesFit fit;
    std::optional<StatesPosterior> posterior{};
};

/// Throws InputError, naming file and key, for a file that `states fit` did not write.
SavedStates load_states(const std::string& path);
/// The same of its text.
SavedStates states_from(const std::string& text, const std::string& name);

}  // namespace cli::molecules
