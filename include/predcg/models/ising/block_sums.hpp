#pragma once
#include <predcg/core/moments.hpp>
#include <predcg/models/ising/spin.hpp>

#include <compare>
#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

namespace predcg::ising {

/// Block sums h_r = sum_s x_rs, block r = fine sites r l_c .. r l_c + l_c - 1: all that q(X|x) needs of a
/// datum. Data with equal block sums are one.
struct BlockSums {
    std::vector<std::int16_t> sums;  ///< h_r, one for each coarse site.
    Index level = 0;                 ///< l_c, at most largest_level

    /// Of levels, so that sums fit into their type.
    static constexpr Index largest_level = std::numeric_limits<std::int16_t>::max();

    friend auto operator<=>(const BlockSums&, const BlockSums&) = default;

    /// Equal for equal sums, and seldom else: prepare_data finds equal data by it.
    std::uint64_t hash() const {
        std::uint64_t h = 0;
        for (const std::int16_t sum : sums) h = (h ^ static_cast<std::uint16_t>(sum)) * 0x9E3779B97F4A7C15u;
        return h ^ (h >> 32);
    }
};

namespace detail {
/// Throws ArgumentError unless 1 <= level <= BlockSums::largest_level.
inline void require_level(Index level, std::string_view function) {
    require(level >= 1 && level <= BlockSums::largest_level, function, "level", level,
            "an integer from 1 to " + to_text(BlockSums::largest_level));
}
}  // namespace detail

/// Block sums of any container of spins with size() and []. Throws ArgumentError, in the name of `function`,
/// if the level is not 1 to 32767 or does not divide the number of sites, or a value is not -1 or +1.
template <class X>
BlockSums block_sums(const X& x, Index level, std::string_view function) {
    detail::require_level(level, function);
    const auto n = static_cast<Index>(x.size());
    if (n <= 0 || n % level != 0)
        predcg::detail::argument_error(function, "number of fine sites", to_text(n),
                                       "a positive multiple of the level " + to_text(level));
    BlockSums blocks{std::vector<std::int16_t>(static_cast<std::size_t>(n / level)), level};
    Index i = 0;
    for (std::int16_t& block : blocks.sums) {
        int sum = 0;
        for (const Index end = i + level; i < end; ++i) {
            const auto spin = x[static_cast<std::size_t>(i)];
            if (!(spin == 1 || spin == -1))
                predcg::detail::argument_error(function, "spin at site " + to_text(i),
                                               to_text(static_cast<double>(spin)), "-1 or +1");
            sum += spin > 0 ? 1 : -1;
        }
        block = static_cast<std::int16_t>(sum);
    }
    return blocks;
}

namespace detail {

/// E[x_i x_j] of spins that are independent in different blocks given X, with E[x_rs | X_r] = t X_r: t^2
/// E[X_r X_s] in different blocks, `pair` in the same one. From a band of coarse ones a band of as many lags
/// times the level.
inline SecondMoments block_second_moments(const SecondMoments& coarse, Index level, double t, double pair) {
    const Index n = coarse.sites() * level;
    if (coarse.is_band()) {
        Matrix band = Matrix::Zero(coarse.lags() * level + 1, n);
        for (Index i = 0; i < n; ++i)
            for (Index l = 0; l < band.rows() && i + l < n; ++l) {
                const Index r = i / level, s = (i + l) / level;
                band(l, i) = l == 0 ? 1.0 : r == s ? pair : t * t * coarse(r, s);
            }
        return SecondMoments::band(std::move(band));
    }
    Matrix second(coarse.period() * level, n);
    double* to = second.data();
    for (Index j = 0; j < n; ++j)
        for (Index r = 0, s = j / level; r < coarse.period(); ++r) {
            const double value = r == s ? pair : t * t * coarse(r, s);
            for (Index k = 0; k < level; ++k) *to++ = value;
        }
    for (Index i = 0; i < second.rows(); ++i) second(i, i) = 1.0;
    return second;
}

}  // namespace detail

}  // namespace predcg::ising
