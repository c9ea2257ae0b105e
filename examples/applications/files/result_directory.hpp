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

/// What keeps the results that stand in a directory from being those that were published there, in words;
/// empty if they are: its manifest is there, and every file has the bytes that the manifest says.
std::string damage_of(const std::filesystem::path& directory);
/// What was missing of the results when they were published, in words: figures, say.
std::string missing_from(const std::filesystem::path& directory);

/// A directory of results that belong together. They are made in a hidden directory beside it, with a
/// manifest of their hashes (manifest.json), and take the place of the old ones in one step: whatever stops
/// the program leaves the old or the new results, whole. Files of the directory that are no results stay in
/// it. Directory and files keep their modes. What earlier programs that were killed have left beside it is
/// removed.
///
/// A directory that cannot be replaced (the current one, or one above it) gets its files one after the other,
/// the manifest last: damage_of tells where that was interrupted.
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
    /// All files take the place of the results before, which are gone. `missing`: what results lack, in
    /// words.
    void publish(const std::string& missing = {}) const;

private:
    void begin() const;
    void replace() const;
    void move_files() const;

    std::filesystem::path path_, place_, staging_;
    bool made_ = false;        // by us, so removed again if nothing came of it
    bool replaceable_ = true;  // by a rename
    mutable int lock_ = -1;    // of the staging directory, as long as it is in use
};

}  // namespace cli::study
