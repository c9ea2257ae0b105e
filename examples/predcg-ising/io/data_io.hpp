#pragma once
#include "model/configurations.hpp"

#include <filesystem>
#include <string>

namespace cli {

/// Reads configurations of spins: one on each line, -1 and +1 separated by commas, all of one length.
/// Spaces around a number, CRLF, and empty lines at the end are accepted. Throws InputError, with file and
/// line, for anything else, and for a line of more than 64 MiB or more than 2^30 spins.
Configurations read_configurations(const std::filesystem::path& path);

/// Throws InputError for more spins than one file may hold.
void require_writable(predcg::Index samples, predcg::Index sites);

/// The same form, as generate writes it.
std::string csv_of(const Configurations& configurations);

}  // namespace cli
