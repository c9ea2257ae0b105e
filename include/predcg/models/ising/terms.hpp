#pragma once
// Which letters and terms a coarse Ising potential has, at run time or at compile time.
#include <predcg/core/error.hpp>
#include <predcg/core/window.hpp>

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <string>
#include <vector>

namespace predcg::ising {

/// Names a three-body term X_i X_{i+m} X_{i+m+n}, and its mirror image.
struct Triplet {
    Index m = 1;  ///< Distance of the first two.
    Index n = 1;  ///< Distance of the last two.

    friend constexpr auto operator<=>(const Triplet&, const Triplet&) = default;
};

/// Terms chosen at run time.
struct RuntimeTerms {
    static constexpr Index extent = dynamic;
    static constexpr std::size_t letters = 2;
    bool linear_term = false;         ///< Whether there is a term linear in the sites.
    Index pairs = 0;                  ///< Largest distance of the pair terms.
    std::vector<Triplet> three_body;  ///< The three-body terms, in order.

    bool linear() const { return linear_term; }
    Index pair_range() const { return pairs; }
    const std::vector<Triplet>& triplets() const { return three_body; }
};

/// Terms of letters -1, 0, +1, chosen at run time: those of spins, and even ones.
struct SpinOneTerms : RuntimeTerms {
    static constexpr std::size_t letters = 3;
    bool square_term = false;  ///< Whether there is a term in the squares of the sites.
    Index quads = 0;           ///< Largest distance of the pairs of squares.

    bool square() const { return square_term; }
    Index quad_range() const { return quads; }
};

/// Terms chosen at compile time: the same code, with loops of known length.
template <bool Linear, Index PairRange, Triplet... Triplets>
struct StaticTerms {
    static constexpr std::size_t letters = 2;
    static constexpr Index extent = (Linear ? 1 : 0) + PairRange + static_cast<Index>(sizeof...(Triplets));

    static constexpr bool linear() { return Linear; }
    static constexpr Index pair_range() { return PairRange; }
    static constexpr std::array<Triplet, sizeof...(Triplets)> triplets() { return {Triplets...}; }
};

namespace detail {

/// Distances of a three-body term's other sites from its first, first < second.
struct Offsets {
    Index first = 0;
    Index second = 0;
};

/// The gaps between the sites {i, i+a, i+a+b} of a ring, around it from i on.
constexpr std::array<Index, 3> gaps(Index a, Index b, Index sites) {
    std::array<Index, 2> place{a % sites, (a + b) % sites};
    if (place[0] > place[1]) std::swap(place[0], place[1]);
    return {place[0], place[1] - place[0], sites - place[1]};
}

/// The term {i, i+a, i+a+b}, summed over all i, written with the shortest window: on a ring the sum may
/// start at any of the three sites.
constexpr Offsets shortest(Index a, Index b, Index sites, Boundary boundary) {
    if (boundary == Boundary::open) return {a, a + b};
    const std::array<Index, 3> gap = gaps(a, b, sites);
    if (gap[2] >= gap[0] && gap[2] >= gap[1]) return {gap[0], gap[0] + gap[1]};
    if (gap[0] >= gap[1]) return {gap[1], gap[1] + gap[2]};
    return {gap[2], gap[2] + gap[0]};
}

}  // namespace detail
}  // namespace predcg::ising
