#pragma once
#include <predcg/models/letters/coarse_chain.hpp>

#include <compare>
#include <string_view>
#include <vector>

namespace predcg::potts {

using letters::Letter;

/// How often each letter stands in each block: all that q(X|x) needs of a datum.
struct LetterCounts {
    std::vector<int> counts;  ///< block after block, q numbers each
    Index letters = 0;        ///< q
    Index level = 0;

    friend auto operator<=>(const LetterCounts&, const LetterCounts&) = default;

    Index blocks() const { return static_cast<Index>(counts.size()) / letters; }
    /// Of letter a in block r.
    int at(Index r, Index a) const { return counts[static_cast<std::size_t>(r * letters + a)]; }
};

/// Counts of any container of letters 0..q-1 with size() and []. Throws ArgumentError, in the name of
/// `function`, if the level does not divide the number of sites or a value is no letter.
template <class X>
LetterCounts letter_counts(const X& x, Index q, Index level, std::string_view function) {
    const auto n = static_cast<Index>(x.size());
    if (n <= 0 || n % level != 0)
        predcg::detail::argument_error(function, "number of fine sites", to_text(n),
                                       "a positive multiple of the level " + to_text(level));
    LetterCounts blocks{std::vector<int>(static_cast<std::size_t>(n / level * q), 0), q, level};
    for (Index i = 0; i < n; ++i) {
        const auto letter = static_cast<Index>(x[static_cast<std::size_t>(i)]);
        if (!(letter >= 0 && letter < q))
            predcg::detail::argument_error(function, "letter at site " + to_text(i), to_text(letter),
                                           "0 to " + to_text(q - 1));
        ++blocks.counts[static_cast<std::size_t>(i / level * q + letter)];
    }
    return blocks;
}

}  // namespace predcg::potts
