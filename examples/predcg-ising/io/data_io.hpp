#pragma once
#include "model/configurations.hpp"

#include <filesystem>
#include <string>

namespace cli {

/// Reads configurations of spins: one on each line, -1 and +1 separated by commas, all of one length.
/// Spaces around a number, CRLF, and empty lines at the end are accepted. Throws InputError, with file and
/// line, for anything else.
Configurations read_configurations(const std::filesystem::path& path);

/// The same form, as generate writes it.
std::string csv_of(const Configurations& configurations);

}  // namespace cli
