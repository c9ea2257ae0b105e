#pragma once
// What a directory of results says of its files: manifest.json.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace cli::study {

struct Manifest {
    struct File {
        std::uint64_t bytes = 0;
        std::string hash{};
        bool operator==(const File&) const = default;
    };
    std::string missing{};              ///< what results lack, in words
    std::map<std::string, File> files;  ///< by name
};

/// FNV-1a, 16 digits.
std::string hash_of(std::string_view bytes);

/// A name in a directory: no path out of it, nor into another.
bool is_plain_name(std::string_view name);

std::string manifest_text(const Manifest& manifest);
/// None where the text is no manifest: other types, or names that are not plain.
std::optional<Manifest> manifest_from(const std::string& text);

}  // namespace cli::study
