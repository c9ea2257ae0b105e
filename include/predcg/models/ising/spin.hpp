#pragma once
#include <predcg/core/error.hpp>
#include <predcg/core/space.hpp>
#include <predcg/core/window.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace predcg::ising {

/// -1 or +1; in coarse chains of three letters 0, too.
using Spin = std::int8_t;

/// Chains of spins, of a length fixed at compile time or not.
template <Index Sites = dynamic>
using SpinSpace = LatticeSpace<Spin, 2, Sites>;

/// The space of `sites` spins. Throws ArgumentError for sites < 1.
template <Index Sites = dynamic>
SpinSpace<Sites> spin_space(Index sites) {
    return SpinSpace<Sites>({Spin{-1}, Spin{+1}}, sites);
}

/// The letters -1, +1 (two of them) or -1, 0, +1 (three).
template <std::size_t Letters>
constexpr std::array<Spin, Letters> letters() {
    static_assert(Letters == 2 || Letters == 3, "predcg: letters are -1, +1 or -1, 0, +1");
    if constexpr (Letters == 2)
        return {Spin{-1}, Spin{+1}};
    else
        return {Spin{-1}, Spin{0}, Spin{+1}};
}

namespace detail {

/// Site i + offset of a chain (offset may be negative), as a number; 0 past an open end, so that products
/// with indices outside vanish.
template <class X>
double site_value(const X& configuration, Index i, Index offset, Index sites, Boundary boundary) {
    Index j = i + offset;
    if (j < 0 || j >= sites) {
        if (boundary == Boundary::open) return 0.0;
        j = j < 0 ? j + sites : j - sites;
    }
    return static_cast<double>(configuration[static_cast<std::size_t>(j)]);
}

/// sum_i x_i, in integers.
template <class X>
double spin_sum(const X& configuration, Index sites) {
    int sum = 0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(sites); ++i)
        sum += static_cast<int>(configuration[i]);
    return static_cast<double>(sum);
}

/// sum_i x_i x_{i+k}, in integers: i over all sites of a ring, or where i+k is inside. k < sites.
template <class X>
double pair_sum(const X& configuration, Index k, Index sites, Boundary boundary) {
    const auto n = static_cast<std::size_t>(sites), offset = static_cast<std::size_t>(k);
    const auto product = [&](std::size_t i, std::size_t j) {
        return static_cast<int>(configuration[i]) * static_cast<int>(configuration[j]);
    };
    int sum = 0;
    for (std::size_t i = 0; i + offset < n; ++i) sum += product(i, i + offset);
    if (boundary == Boundary::periodic)
        for (std::size_t i = n - offset; i < n; ++i) sum += product(i, i + offset - n);
    return static_cast<double>(sum);
}

template <class X>
void require_size(const X& configuration, Index sites, const char* function) {
    require_equal(static_cast<Index>(configuration.size()), sites, function, "number of sites");
}

}  // namespace detail
}  // namespace predcg::ising
