#pragma once
#include <predcg/models/ising/spin.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace cli {

using Configuration = std::vector<predcg::ising::Spin>;
using Configurations = std::vector<Configuration>;

/// Reads configurations of spins: one on each line, -1 and +1 separated by commas, all of one length.
/// Spaces around a number, CRLF, and empty lines at the end are accepted. Throws InputError, with file and
/// line, for anything else.
Configurations read_configurations(const std::filesystem::path& path);

/// The same form, as generate writes it.
std::string csv_of(const Configurations& configurations);

}  // namespace cli
