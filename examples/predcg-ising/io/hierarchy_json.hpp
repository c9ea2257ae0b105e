#pragma once
#include "model/hierarchy.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace cli {

/// A hierarchy with its model: the content of the file that `hierarchy` writes.
struct SavedHierarchy {
    HierarchyModel model;
    Index samples = 0;
    LearntHierarchy found;  ///< of a file that was read: the whole, and its posterior
    double credibility = 0.95;
    std::uint64_t seed = 1;
};

std::string json_of(const SavedHierarchy& saved);

/// A saved hierarchy, ready for predictions; nothing for a file that is none, which load_fit (fit_json.hpp)
/// may know. Throws InputError, naming file and key, for what is wrong in one.
std::optional<SavedHierarchy> load_hierarchy(const std::filesystem::path& path);
/// The same of its text.
std::optional<SavedHierarchy> hierarchy_from(const std::string& text, const std::string& name);

}  // namespace cli
