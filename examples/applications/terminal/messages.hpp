#pragma once
#include <string>

namespace cli {

/// The name that messages begin with.
void name_program(const std::string& name);

/// "<program>: <message>" on standard error.
void say(const std::string& message);

/// "<program>: warning: <message>" on standard error.
void warn(const std::string& message);

}  // namespace cli
