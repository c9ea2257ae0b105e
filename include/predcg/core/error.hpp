#pragma once
// The exceptions of the library. Nothing here prints; a message names function, argument, value and range.
#include <predcg/core/types.hpp>

#include <charconv>
#include <cmath>
#include <concepts>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace predcg {

namespace detail {
/// The parts, one after the other; `a + b + c` would cost every file its temporaries, and g++ 12 a false
/// -Wrestrict.
[[gnu::cold]] inline std::string joined(std::initializer_list<std::string_view> parts) {
    std::string all;
    for (const std::string_view part : parts) all += part;
    return all;
}
}  // namespace detail

/// A value as text for a message: shortest form that reads back equal.
template <class T>
[[gnu::cold]] std::string to_text(const T& value) {
    if constexpr (std::convertible_to<T, std::string_view>) {
        return detail::joined({"'", value, "'"});
    } else if constexpr (std::integral<T>) {
        return std::to_string(value);  // shorter code than to_chars compiles to
    } else {
        char buffer[64];
        const auto written = std::to_chars(buffer, buffer + sizeof buffer, value);
        return std::string(buffer, written.ptr);
    }
}

namespace detail {
/// So many digits, for people: "0.31", "2.5e+03"; with a point in every locale. With chars_format::fixed so
/// many after the point.
[[gnu::cold]] inline std::string rounded(double x, int digits,
                                         std::chars_format format = std::chars_format::general) {
    char buffer[352];  // the largest number in full
    const auto written = std::to_chars(buffer, buffer + sizeof buffer, x, format, digits);
    return std::string(buffer, written.ptr);
}
}  // namespace detail

// Visible, so that they are caught on the other side of a shared library that hides its symbols.

/// A bad argument, found before any work was done.
class [[gnu::visibility("default")]] ArgumentError : public std::invalid_argument {
public:
    /// Puts the message together: function, argument, value, what is allowed.
    [[gnu::cold]] ArgumentError(std::string function, std::string argument, std::string value,
                                std::string allowed)
        : std::invalid_argument(
              detail::joined({"predcg::", function, ": ", argument, " is ", value, "; allowed: ", allowed})),
          function_(std::move(function)), argument_(std::move(argument)), value_(std::move(value)),
          allowed_(std::move(allowed)) {}

    /// The function that was called, without namespace.
    const std::string& function() const noexcept { return function_; }
    /// The argument that is wrong.
    const std::string& argument() const noexcept { return argument_; }
    /// The value it has, as text.
    const std::string& value() const noexcept { return value_; }
    /// What it may be, in words.
    const std::string& allowed() const noexcept { return allowed_; }

private:
    std::string function_, argument_, value_, allowed_;
};

namespace detail {
// Cold: a check costs its caller a comparison and a jump that is never taken.
[[noreturn, gnu::cold]] inline void argument_error(std::string_view function, std::string_view argument,
                                                   const std::string& value, std::string_view allowed) {
    throw ArgumentError(std::string(function), std::string(argument), value, std::string(allowed));
}
[[noreturn, gnu::cold]] inline void range_error(std::string_view function, std::string_view argument,
                                                Index value, Index smallest, Index largest,
                                                std::string_view what) {
    const std::string from = to_text(smallest), to = to_text(largest);
    argument_error(function, argument, to_text(value),
                   joined({from, smallest == largest ? "" : " to ", smallest == largest ? "" : to,
                           what.empty() ? "" : ", ", what}));
}
}  // namespace detail

/// Throws ArgumentError unless `holds`. The text is made only when it is needed.
template <class T>
constexpr void require(bool holds, std::string_view function, std::string_view argument, const T& value,
                       std::string_view allowed) {
    if (!holds) [[unlikely]]
        detail::argument_error(function, argument, to_text(value), allowed);
}

/// Throws ArgumentError unless smallest <= value <= largest; `what` explains the bounds.
constexpr void require_range(Index value, Index smallest, Index largest, std::string_view function,
                             std::string_view argument, std::string_view what = "") {
    if (!(smallest <= value && value <= largest)) [[unlikely]]
        detail::range_error(function, argument, value, smallest, largest, what);
}

/// Throws ArgumentError unless value == expected; `what` explains the expected value.
constexpr void require_equal(Index value, Index expected, std::string_view function,
                             std::string_view argument, std::string_view what = "") {
    require_range(value, expected, expected, function, argument, what);
}

/// Throws ArgumentError unless `value` is finite and > 0.
inline void require_positive(double value, std::string_view function, std::string_view argument) {
    require(std::isfinite(value) && value > 0.0, function, argument, value, "a finite number > 0");
}

/// Throws ArgumentError unless `value` is finite.
inline void require_finite(double value, std::string_view function, std::string_view argument) {
    require(std::isfinite(value), function, argument, value, "a finite number");
}

/// An exact computation that would cost more than its limit; thrown before any work.
class [[gnu::visibility("default")]] CostError : public std::runtime_error {
public:
    /// Puts the message together: cost, limit, unit, and what to do instead.
    [[gnu::cold]] CostError(std::string_view function, double cost, double limit, std::string_view unit,
                            std::string_view advice)
        : std::runtime_error(detail::joined({"predcg::", function, ": estimated cost ", to_text(cost), " ",
                                             unit, " exceeds the limit ", to_text(limit), "; ", advice})),
          cost_(cost), limit_(limit) {}

    /// The estimated cost, in the unit that the message names.
    double cost() const noexcept { return cost_; }
    /// The limit that it exceeds.
    double limit() const noexcept { return limit_; }

private:
    double cost_, limit_;
};

namespace detail {
/// Throws CostError for second moments of more than `limit` bytes.
[[gnu::cold]] inline void require_memory(double bytes, double limit, const char* function) {
    if (!(bytes <= limit))
        throw CostError(
            function, bytes, limit, "bytes",
            "these are second moments of all pairs of sites: sample instead (always_sample of the "
            "settings of predict), or raise the engine's memory_limit");
}
}  // namespace detail

/// NaN, overflow or an improper density during a computation.
class [[gnu::visibility("default")]] NumericalError : public std::runtime_error {
public:
    /// What failed, in words.
    [[gnu::cold]] explicit NumericalError(const std::string& what)
        : std::runtime_error(detail::joined({"predcg::", what})) {}
};

/// A fit that met a NumericalError; it carries the last state that was good.
class [[gnu::visibility("default")]] FitError : public NumericalError {
public:
    /// What failed, at which parameters, in which iteration.
    [[gnu::cold]] FitError(const std::string& what, Vector theta, Vector eta, Index iteration)
        : NumericalError(what), theta_(std::move(theta)), eta_(std::move(eta)), iteration_(iteration) {}

    /// Parameters where it failed.
    const Vector& theta() const noexcept { return theta_; }
    /// Parameters of the map where it failed.
    const Vector& eta() const noexcept { return eta_; }
    /// The iteration that failed.
    Index iteration() const noexcept { return iteration_; }

private:
    Vector theta_, eta_;
    Index iteration_;
};

/// Work that ended because its stop token asked for it, where there is no partial result to return.
class [[gnu::visibility("default")]] Stopped : public std::runtime_error {
public:
    /// Says which function was stopped.
    [[gnu::cold]] explicit Stopped(std::string_view function)
        : std::runtime_error(detail::joined({"predcg::", function, ": stopped on request"})) {}
};

}  // namespace predcg
