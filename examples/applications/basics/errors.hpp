#pragma once
#include <stdexcept>
#include <string>

namespace cli {

/// Bad usage or input: exit code 2. Any other exception means that the run failed: exit code 1.
class InputError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;

    /// "<where>: value <value>; allowed: <allowed>", where = an option, a key, or a file and a line.
    InputError(const std::string& where, const std::string& value, const std::string& allowed)
        : std::runtime_error(where + ": value " + value + "; allowed: " + allowed) {}
};

}  // namespace cli
