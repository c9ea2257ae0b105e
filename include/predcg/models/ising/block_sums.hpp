#pragma once
#include <predcg/models/ising/spin.hpp>

#include <compare>
#include <cstdint>
#include <string_view>
#include <vector>

namespace predcg::ising {

/// Block sums h_r = sum_s x_rs, block r = fine sites r l_c .. r l_c + l_c - 1: all that q(X|x) needs of a
/// datum. Data with equal block sums are one.
struct BlockSums {
    std::vector<int> sums;  ///< h_r, one for each coarse site.
    Index level = 0;

    friend auto operator<=>(const BlockSums&, const BlockSums&) = default;

    /// Equal for equal sums, and seldom else: prepare_data finds equal data by it.
    std::uint64_t hash() const {
        std::uint64_t h = 0;
        for (const int sum : sums) h = (h ^ static_cast<std::uint32_t>(sum)) * 0x9E3779B97F4A7C15u;
        return h ^ (h >> 32);
    }
};

/// Block sums of any container of spins with size() and []. Throws ArgumentError, in the name of `function`,
/// if the level does not divide the number of sites or a value is not -1 or +1.
template <class X>
BlockSums block_sums(const X& x, Index level, std::string_view function) {
    const auto n = static_cast<Index>(x.size());
    if (n <= 0 || n % level != 0)
        predcg::detail::argument_error(function, "number of fine sites", to_text(n),
                                       "a positive multiple of the level " + to_text(level));
    BlockSums blocks{std::vector<int>(static_cast<std::size_t>(n / level), 0), level};
    for (Index i = 0; i < n; ++i) {
        const auto spin = x[static_cast<std::size_t>(i)];
        if (!(spin == 1 || spin == -1))
            predcg::detail::argument_error(function, "spin at site " + to_text(i),
                                           to_text(static_cast<double>(spin)), "-1 or +1");
        blocks.sums[static_cast<std::size_t>(i / level)] += spin > 0 ? 1 : -1;
    }
    return blocks;
}

}  // namespace predcg::ising
