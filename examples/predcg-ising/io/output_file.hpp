#pragma once
#include <filesystem>
#include <string_view>

namespace cli {

/// A result file that is there completely or not at all: the text goes to a temporary name in the same
/// directory, which is then renamed. A device or pipe (/dev/stdout) is written directly.
class OutputFile {
public:
    /// Finds out now, before any work, whether the file can be written; throws InputError if not.
    explicit OutputFile(std::filesystem::path path);

    const std::filesystem::path& path() const { return path_; }

    /// Throws std::runtime_error where writing fails; then the file is as it was before.
    void commit(std::string_view text) const;

private:
    std::filesystem::path path_;    // as given
    std::filesystem::path target_;  // behind symbolic links
    bool direct_ = false;
};

/// Throws InputError if `out` is the file `data`, which would be overwritten.
void require_distinct(const std::filesystem::path& data, const std::filesystem::path& out);

}  // namespace cli
