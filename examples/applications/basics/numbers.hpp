#pragma once
// Numbers as text, both ways.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cli {

/// The shortest text that reads back as the same double (at most 17 significant digits); "nan", "inf".
std::string text_of(double value);

/// `value` with so many digits after the point, for people.
std::string fixed(double value, int digits);

/// `value` in six significant digits, for people.
std::string brief(double value);

/// All of `text` as a number, or nothing; a leading + is accepted, spaces around it are not.
std::optional<double> parse_number(std::string_view text);
std::optional<std::int64_t> parse_integer(std::string_view text);
std::optional<std::uint64_t> parse_seed(std::string_view text);

/// `text` in quotes and fit for one line of a message: control characters replaced, long text cut.
std::string in_quotes(std::string_view text);

}  // namespace cli
