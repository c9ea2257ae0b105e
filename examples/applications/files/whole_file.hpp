#pragma once
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <string>
#include <string_view>

namespace cli {

/// Writes the text as this file, which is there whole or as it was before: the text is written and
/// synchronised under no name, or where the file system must have one under another name of the same
/// directory, and renamed. An existing file keeps its mode; a new one gets that of `like` if it is there.
/// Throws std::runtime_error with the system's reason; then nothing is left behind. What programs that were
/// killed while they wrote this file have left is removed.
void write_whole(const std::filesystem::path& path, std::string_view text,
                 const std::filesystem::path& like = {});

/// Whether write_whole could write it: throws std::system_error if not. Leaves nothing behind.
void try_to_write(const std::filesystem::path& path);

/// The bytes of a regular file, no more than `most`; none of anything else. A pipe that nobody writes to is
/// not waited for.
std::string bytes_of(const std::filesystem::path& path,
                     std::size_t most = std::numeric_limits<std::size_t>::max());

/// Where a name's symbolic links lead, whether there is something or not; the name itself if it is no link.
/// Empty where they lead nowhere but round.
std::filesystem::path behind_links(std::filesystem::path path);

/// Whether both names are one file: the same that is there, or the same place where there is none yet.
bool is_same_file(const std::filesystem::path& a, const std::filesystem::path& b);

/// Writes and flushes; throws std::runtime_error where that fails.
void write_to(std::FILE* stream, std::string_view text);

}  // namespace cli
