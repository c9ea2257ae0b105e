#pragma once
// Windows on lattices of any dimension.
#include <predcg/core/window.hpp>

#include <array>
#include <concepts>
#include <vector>

namespace predcg {

/// Numbers of sites along the axes of a lattice. Site i = x_0 + n_0 (x_1 + n_1 (x_2 + ...)) has the
/// coordinates x_a = 0..n_a-1.
template <std::size_t Dim>
using Extents = std::array<Index, Dim>;

/// A window on a lattice: a box that reaches from its site upwards, with a Window along each axis; a Window
/// is that of a chain. Its letters are in the order of the box's own coordinates, axis 0 the fastest.
template <std::size_t Dim>
struct BoxWindow {
    std::array<Window, Dim> axes{};  ///< The window along each axis.

    friend bool operator==(const BoxWindow&, const BoxWindow&) = default;
};
/// As many axes as windows are given.
template <std::same_as<Window>... Axes>
BoxWindow(Axes...) -> BoxWindow<sizeof...(Axes)>;

/// The box that holds both, axis by axis.
template <std::size_t Dim>
BoxWindow<Dim> common_window(const BoxWindow<Dim>& a, const BoxWindow<Dim>& b) {
    BoxWindow<Dim> both;
    for (std::size_t axis = 0; axis < Dim; ++axis)
        both.axes[axis] = common_window(a.axes[axis], b.axes[axis]);
    return both;
}

/// Extents of the box at a site, cut where an open axis ends.
template <std::size_t Dim>
Extents<Dim> window_extents(const BoxWindow<Dim>& window, const Extents<Dim>& lattice, Index site) {
    Extents<Dim> extents;
    for (std::size_t axis = 0; axis < Dim; site /= lattice[axis++]) {
        const auto [width, boundary] = window.axes[axis];
        const Index left = lattice[axis] - site % lattice[axis];
        extents[axis] = boundary == Boundary::open ? std::min(width, left) : width;
    }
    return extents;
}

/// Number of sites of a lattice or a box.
template <std::size_t Dim>
Index site_count(const Extents<Dim>& extents) {
    Index count = 1;
    for (const Index n : extents) count *= n;
    return count;
}

/// The sites that the box at a site holds, in the order of its letters.
template <std::size_t Dim>
std::vector<Index> window_sites(const BoxWindow<Dim>& window, const Extents<Dim>& lattice, Index site) {
    const Extents<Dim> extents = window_extents(window, lattice, site);
    std::vector<Index> sites(static_cast<std::size_t>(site_count(extents)));
    for (std::size_t k = 0; k < sites.size(); ++k) {
        Index place = static_cast<Index>(k), start = site, stride = 1;
        for (std::size_t axis = 0; axis < Dim; ++axis) {
            const Index n = lattice[axis];
            sites[k] += stride * ((start % n + place % extents[axis]) % n);
            place /= extents[axis];
            start /= n;
            stride *= n;
        }
    }
    return sites;
}

namespace detail {

/// The places of a narrower box's letters among those of a box with these extents (window_extents).
template <std::size_t Dim>
std::vector<Index> narrow_places(const Extents<Dim>& extents, BoxWindow<Dim> narrower) {
    for (Window& axis : narrower.axes) axis.boundary = Boundary::open;
    return window_sites(narrower, extents, 0);
}

}  // namespace detail

}  // namespace predcg
