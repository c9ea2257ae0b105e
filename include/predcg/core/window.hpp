#pragma once
// The shape of a chain: how far a term reaches, and whether the chain closes. Lattices: box_window.hpp.
#include <predcg/core/error.hpp>
#include <predcg/core/types.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <span>

namespace predcg {

/// Whether a chain is a ring, or has ends.
enum class Boundary {
    periodic,  ///< a ring
    open,      ///< two ends
};

/// A function on a chain of n sites that is a sum over i = 0..n-1 of terms of the window
/// w_i = (X_i, ..., X_{i+width-1}). Periodic: indices mod n, every window full (width <= n). Open: the
/// window is cut at the end of the chain, so w_i has min(width, n-i) letters.
struct Window {
    Index width = 1;  ///< Number of letters in a full window.
    Boundary boundary = Boundary::periodic;

    friend bool operator==(const Window&, const Window&) = default;
};

/// Is a sum over windows.
template <class F>
concept HasWindow = requires(const F f) {
    { f.window() } -> std::convertible_to<Window>;
};

/// The window that holds both. A width of one has no boundary; else the boundaries must agree.
inline Window common_window(const Window& a, const Window& b) {
    if (a.width <= 1) return {std::max(a.width, b.width), b.boundary};
    if (b.width <= 1) return a;
    if (a.boundary != b.boundary)
        throw ArgumentError("common_window", "boundary", "periodic in one factor and open in the other",
                            "the same boundary in all factors and statistics of a chain");
    return {std::max(a.width, b.width), a.boundary};
}

namespace detail {

/// The first letters of a window, for a term that reaches less far.
template <class Letter>
std::span<const Letter> narrow(std::span<const Letter> w, Index width) {
    return w.first(std::min(w.size(), static_cast<std::size_t>(width)));
}
template <class Letter>
std::span<const Letter> narrow(std::span<const Letter> w, const Window& window) {
    return narrow(w, window.width);
}

}  // namespace detail

}  // namespace predcg
