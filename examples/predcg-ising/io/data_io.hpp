#pragma once
#include "model/configurations.hpp"

#include <filesystem>
#include <streambuf>
#include <string>

namespace cli {

/// Reads configurations of spins, as text or as NumPy's .npy, plain or packed by gzip: which it is, the bytes
/// say.
///
/// * Text: one configuration on each line, -1 and +1 separated by commas, all of one length. Spaces around a
///   number, CRLF, and empty lines at the end are accepted.
/// * .npy: an array of two axes, configurations and sites, of numbers -1 and +1, or of bool (`NpyReader`).
///
/// Throws InputError, with file and place, for anything else, and for a line of more than 64 MiB, more than
/// 4 GiB when unpacked, or more than 2^30 spins, where a configuration of fewer than 64 counts as 64.
Configurations read_configurations(const std::filesystem::path& path);
/// The same of unpacked bytes that have a name.
Configurations configurations_from(std::streambuf& bytes, const std::string& name);

/// Throws InputError for more spins than one file may hold.
void require_writable(predcg::Index samples, predcg::Index sites);

/// The same form, as generate writes it.
std::string csv_of(const Configurations& configurations);

}  // namespace cli
