#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace cli::study {

/// The whole file; empty where it cannot be read.
std::string read_file(const std::filesystem::path& file);
/// A file with something in it.
bool has_file(const std::filesystem::path& file);

/// A directory of results that belong together. Files are made in a hidden directory inside it and moved
/// to their names at the end, so that an interrupted run leaves the previous results whole.
class ResultDirectory {
public:
    /// Makes the directory where it is missing; throws InputError if it cannot be written.
    explicit ResultDirectory(const std::filesystem::path& path);
    ~ResultDirectory();
    ResultDirectory(const ResultDirectory&) = delete;
    ResultDirectory& operator=(const ResultDirectory&) = delete;

    const std::filesystem::path& path() const { return path_; }
    /// Where files are made until publish(); it appears with the first file.
    const std::filesystem::path& staging() const { return staging_; }

    void write(const std::string& name, std::string_view text) const;
    std::string read(const std::string& name) const;
    bool has(const std::string& name) const;
    /// Moves every file to its name.
    void publish() const;

private:
    std::filesystem::path path_, staging_;
    bool made_ = false;  // by us, so removed again if nothing came of it
};

}  // namespace cli::study
