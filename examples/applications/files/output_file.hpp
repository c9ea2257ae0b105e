#pragma once
#include <cstdio>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>

namespace cli {

/// The result of a command. A file is there completely or not at all (write_whole); `-`, and the names that a
/// system has for it, is standard output; other devices and pipes are written directly.
class OutputFile {
public:
    /// Finds out now, before any work, whether it can be written, and that it is none of the files that the
    /// command reads; throws InputError if not. With `-`, what the command says goes to standard error.
    OutputFile(std::filesystem::path path, std::initializer_list<std::filesystem::path> inputs);

    const std::filesystem::path& path() const { return path_; }

    /// Throws std::runtime_error where writing fails; then the file is as it was before.
    void commit(std::string_view text) const;

private:
    enum class Kind { file, device, standard_output };

    std::filesystem::path path_;    // as given
    std::filesystem::path target_;  // behind symbolic links
    Kind kind_ = Kind::file;
};

/// Whether the program was started with its standard output closed (or open for reading alone).
bool standard_output_is_closed();

/// Where a command says what it did: standard output, or standard error if the result is on the former.
std::FILE* told_to();

/// One line of it.
void print_line(const std::string& name, const std::string& value);

}  // namespace cli
