#include "basics/numbers.hpp"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <system_error>

namespace cli {

namespace {

template <class T>
std::optional<T> parse(std::string_view text) {
    if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
    T value{};
    const char* end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || at != end) return std::nullopt;
    return value;
}

}  // namespace

std::string text_of(double value) {
    char buffer[32];
    const auto written = std::to_chars(buffer, buffer + sizeof buffer, value);
    return {buffer, written.ptr};
}

std::string brief(double value) {
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, "%.6g", value);
    return buffer;
}

std::string fixed(double value, int digits) {
    char buffer[400];
    std::snprintf(buffer, sizeof buffer, "%.*f", digits, value);
    const std::string text = buffer;
    // a rounded-off negative number is no "-0.000"
    return text.find_first_of("123456789ni") == std::string::npos && text[0] == '-' ? text.substr(1) : text;
}

std::optional<double> parse_number(std::string_view text) { return parse<double>(text); }
std::optional<std::int64_t> parse_integer(std::string_view text) { return parse<std::int64_t>(text); }
std::optional<std::uint64_t> parse_seed(std::string_view text) { return parse<std::uint64_t>(text); }

std::string in_quotes(std::string_view text) {
    constexpr std::size_t longest = 40;
    std::string clean = "'";
    for (const char c : text.substr(0, longest)) clean += static_cast<unsigned char>(c) < 32 ? '?' : c;
    return clean + (text.size() > longest ? "...'" : "'");
}

}  // namespace cli
