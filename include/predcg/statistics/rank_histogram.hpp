#pragma once
#include <predcg/core/error.hpp>
#include <predcg/statistics/special_functions.hpp>

#include <vector>

namespace predcg::statistics {

/// Ranks 0..largest counted in bins of equal width, and whether they are uniform.
struct RankHistogram {
    std::vector<Index> counts;  ///< Number of ranks in each bin.
    double expected = 0.0;      ///< in each bin
    double chi_square = 0.0;    ///< sum (count - expected)^2 / expected
    double p_value = 1.0;       ///< of chi-square with bins - 1 degrees of freedom

    /// Central range of a bin's count under uniformity: binomial quantiles.
    Index lowest = 0, highest = 0;
};

}  // namespace predcg::statistics

namespace predcg::detail {

/// The smallest k with P(Binomial(n, q) <= k) >= p.
inline Index binomial_quantile(Index n, double q, double p) {
    for (Index k = 0; k < n; ++k) {
        // P(<= k) = I_{1-q}(n-k, k+1)
        if (beta_probability(static_cast<double>(n - k), static_cast<double>(k + 1), 1.0 - q) >= p) return k;
    }
    return n;
}

inline void require_bins(Index bins, Index largest, const char* function) {
    require_range(bins, 2, largest + 1, function, "bins");
    require((largest + 1) % bins == 0, function, "bins", bins,
            "a divisor of the number of ranks, " + to_text(largest + 1));
}

}  // namespace predcg::detail

namespace predcg::statistics {

/// Throws ArgumentError unless `bins` divides largest + 1, or for a rank outside 0..largest.
inline RankHistogram rank_histogram(const std::vector<Index>& ranks, Index largest, Index bins,
                                    double band = 0.99) {
    detail::require_bins(bins, largest, "rank_histogram");
    require(!ranks.empty(), "rank_histogram", "number of ranks", Index{0}, "at least one");
    RankHistogram h;
    h.counts.assign(static_cast<std::size_t>(bins), 0);
    for (const Index rank : ranks) {
        require_range(rank, 0, largest, "rank_histogram", "rank");
        ++h.counts[static_cast<std::size_t>(rank * bins / (largest + 1))];
    }
    const auto n = static_cast<Index>(ranks.size());
    h.expected = static_cast<double>(n) / static_cast<double>(bins);
    for (const Index count : h.counts)
        h.chi_square += (static_cast<double>(count) - h.expected) *
                        (static_cast<double>(count) - h.expected) / h.expected;
    h.p_value = detail::gamma_tail(0.5 * static_cast<double>(bins - 1), 0.5 * h.chi_square);
    h.lowest = detail::binomial_quantile(n, 1.0 / static_cast<double>(bins), 0.5 * (1.0 - band));
    h.highest = detail::binomial_quantile(n, 1.0 / static_cast<double>(bins), 0.5 * (1.0 + band));
    return h;
}

}  // namespace predcg::statistics
