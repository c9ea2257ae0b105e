#pragma once
#include "io/posterior_json.hpp"
#include "model/ising_fit.hpp"

#include <nlohmann/json_fwd.hpp>

#include <filesystem>
#include <optional>
#include <string>

namespace cli {

/// A fit with its model and what was compared: the content of fit.json.
struct SavedFit {
    FitModel model;
    FitMethod method;
    Index samples = 0;
    IsingFit fit;
    Comparison comparison;
    std::optional<SavedPosterior> posterior{};
    std::optional<predcg::EffectiveData> trajectory{};  ///< written, not read back
};

/// Reads what model_of (json_parts.hpp) wrote, and the "map" of a file that has one. Throw InputError for
/// unknown words, and as the JSON library.
FitModel model_from(const nlohmann::ordered_json& json);
void read_map(const nlohmann::ordered_json& json, FitModel& model);

/// What "model" may hold.
Schema model_schema();

std::string json_of(const SavedFit& saved);

/// A saved fit, ready for predict(). Throws InputError, naming file and key, for a file that is no fit.
SavedFit load_fit(const std::filesystem::path& path);
/// The same of its text.
SavedFit fit_from(const std::string& text, const std::string& name);

}  // namespace cli
