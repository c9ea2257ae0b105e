#pragma once
// Words and numbers of a line of text.
#include <predcg/core/compiler.hpp>

#include <charconv>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>

/// Parts of a line.
namespace predcg::detail::text {
inline bool is_blank(char c) { return c == ' ' || c == '\t'; }

inline std::string_view trimmed(std::string_view s) {
    while (!s.empty() && is_blank(s.front())) s.remove_prefix(1);
    while (!s.empty() && is_blank(s.back())) s.remove_suffix(1);
    return s;
}

/// The next word, which is taken off the front; empty at the end.
inline std::string_view word(std::string_view& rest) {
    std::size_t begin = 0;
    while (begin < rest.size() && is_blank(rest[begin])) ++begin;
    std::size_t end = begin;
    while (end < rest.size() && !is_blank(rest[end])) ++end;
    const std::string_view found = rest.substr(begin, end - begin);
    rest.remove_prefix(end);
    return found;
}

/// All of s as a number, finite if it is a double.
template <class T>
bool parse(std::string_view s, T& value) {
    if (s.size() > 1 && s.front() == '+' && s[1] != '-') s.remove_prefix(1);
    const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), value);
    if (error != std::errc() || end != s.data() + s.size()) return false;
    if constexpr (std::is_floating_point_v<T>) return std::isfinite(value);
    return true;
}

/// A short form for messages.
inline std::string quoted(std::string_view s) {
    constexpr std::size_t most = 40;
    std::string shown = "'";
    for (const char c : s.substr(0, most)) shown += c >= ' ' && c <= '~' ? c : '?';
    return shown + (s.size() > most ? "...'" : "'");
}
}  // namespace predcg::detail::text
