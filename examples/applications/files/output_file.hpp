#pragma once
#include <cstdio>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace cli {

/// The descriptor of this process that a name stands for: `-`, /dev/stdout, /dev/fd/N, /proc/self/fd/N, or a
/// symbolic link that leads there; -1 for one of another process.
std::optional<int> descriptor_named(const std::filesystem::path& path);

/// The result of a command. A file is there completely or not at all (write_whole), behind symbolic links,
/// too; `-`, and the names that a system has for it, is standard output; what other descriptors that were
/// handed over stand for is written on from where it is, as a shell's >(...) asks for; other devices and
/// pipes are written directly.
class OutputFile {
public:
    /// Finds out now, before any work, whether it can be written, and that it is none of the files that the
    /// command reads; throws InputError, naming the option, if not. With standard output, what the command
    /// says goes to standard error.
    OutputFile(std::filesystem::path path, std::initializer_list<std::filesystem::path> inputs,
               const std::string& option = "--out");

    const std::filesystem::path& path() const { return path_; }

    /// Throws std::runtime_error where writing fails; then the file is as it was before.
    void commit(std::string_view text) const;

private:
    void write(std::string_view text) const;

    std::filesystem::path path_;    // as given
    std::filesystem::path target_;  // behind symbolic links
    std::optional<int> descriptor_{};
    bool is_device_ = false;
};

/// Whether the program was started with its standard output closed (or open for reading alone).
bool standard_output_is_closed();

/// Remembers that something was written, whole; and says what that was, for a run that fails then.
void note_written(const std::filesystem::path& path);
std::string written_so_far();

/// Where a command says what it did: standard output, or standard error if the result is on the former.
std::FILE* told_to();

/// One line of it.
void print_line(const std::string& name, const std::string& value);

}  // namespace cli
