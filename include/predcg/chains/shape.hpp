#pragma once
// The windows of a chain: their codes, states, and tables over them.
#include <predcg/concepts/statistic.hpp>
#include <predcg/core/error.hpp>
#include <predcg/core/scratch.hpp>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <span>
#include <type_traits>
#include <vector>

namespace predcg::detail {

/// Sizes of a chain problem. A window code is the base-q number of its letters, first letter most
/// significant; a state is the code of the window's first width-1 letters. A window with code c leads
/// from state c / q to state c % states.
///
/// An open chain is run over n steps, too: windows that would reach past the end have their missing
/// letters fixed to letter 0, so that it ends in state 0.
struct ChainShape {
    Index sites = 0;
    Index letters = 0;  // q
    Index width = 1;
    Index states = 1;  // q^(width-1)
    bool periodic = true;

    Index codes() const { return states * letters; }
    /// Two letters, windows of two: the case that is worth a pass of its own.
    bool is_smallest_ring() const { return periodic && letters == 2 && states == 2; }
    /// A ring is cut open once for each state; an open chain needs one run.
    Index starts() const { return periodic ? states : 1; }
    Index table_count(bool translation_invariant) const {
        if (!translation_invariant) return sites;
        return periodic ? 1 : std::min(sites, width);
    }
    /// Which table site i uses, where the full windows share one.
    Index table_of(Index site, bool translation_invariant) const {
        if (!translation_invariant) return site;
        return periodic ? 0 : std::max<Index>(0, site - (sites - width));
    }
    Index window_length(Index site) const { return periodic ? width : std::min(width, sites - site); }
    /// Codes of a site's windows are multiples of this: 1, but for windows cut by an open end.
    Index code_step(Index site) const {
        Index step = 1;
        for (Index k = window_length(site); k < width; ++k) step *= letters;
        return step;
    }
};

template <class Space>
[[gnu::cold]] ChainShape chain_shape(const Space& space, Window window, const char* function) {
    ChainShape shape;
    shape.sites = space.size();
    shape.letters = static_cast<Index>(std::ranges::size(space.values()));
    shape.periodic = window.boundary == Boundary::periodic && window.width > 1;
    require_range(window.width, 1, shape.periodic ? shape.sites : std::numeric_limits<Index>::max(), function,
                  "window width", "the number of sites");
    shape.width = std::min(window.width, shape.sites);
    const double states = std::pow(static_cast<double>(shape.letters), static_cast<double>(shape.width - 1));
    if (states * static_cast<double>(shape.letters) > 1e9)  // before the integer overflows
        throw CostError(function, states * static_cast<double>(shape.letters), 1e9, "window states",
                        "shorten the range of the interactions");
    for (Index k = 1; k < shape.width; ++k) shape.states *= shape.letters;
    return shape;
}

/// Calls f(code, state, next state) for every window.
template <class F>
void for_each_window(const ChainShape& shape, F&& f) {
    const Index q = shape.letters, states = shape.states;
    if (states == 1) {
        for (Index a = 0; a < q; ++a) f(a, Index{0}, Index{0});
        return;
    }
    const Index stride = states / q;
    for (Index first = 0; first < q; ++first)
        for (Index middle = 0; middle < stride; ++middle)
            for (Index last = 0; last < q; ++last) {
                const Index next = middle * q + last;
                f(first * states + next, first * stride + middle, next);
            }
}

/// Where the letters of a window are written.
template <class Letter>
using WindowLetters =
    std::conditional_t<std::is_trivially_copyable_v<Letter>, Scratch<Letter>, std::vector<Letter>>;

/// Calls visit(code, window letters) for every window of a site. Windows that an open end cuts are shorter.
/// `window` is where the letters are written.
template <class Space, class Letters, class F>
void windows_of(const ChainShape& shape, const Space& space, Index site, Letters& window, F&& visit) {
    using Letter = letter_t<Space>;
    const auto& letters = space.values();
    window.resize(static_cast<decltype(window.size())>(shape.width));
    const Index length = shape.window_length(site), step = shape.code_step(site);
    for (Index code = 0; code < shape.codes(); code += step) {
        Index rest = code;
        for (Index k = shape.width - 1; k >= 0; --k, rest /= shape.letters)
            window.data()[k] =
                *(std::ranges::begin(letters) + static_cast<std::ptrdiff_t>(rest % shape.letters));
        visit(code, std::span<const Letter>(window.data(), static_cast<std::size_t>(length)));
    }
}

/// Calls visit(table, code, window letters, site) for every entry of the tables; entries whose window
/// reaches past an open end get no call.
template <class Space, class F>
void tabulate(const ChainShape& shape, const Space& space, bool translation_invariant, F&& visit) {
    const Index tables = shape.table_count(translation_invariant);
    WindowLetters<letter_t<Space>> letters;
    for (Index t = 0; t < tables; ++t) {
        Index site = t;
        if (translation_invariant) site = shape.periodic ? 0 : shape.sites - shape.width + t;
        windows_of(shape, space, site, letters,
                   [&](Index code, auto window) { visit(t, code, window, site); });
    }
}

}  // namespace predcg::detail
