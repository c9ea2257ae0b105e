#pragma once
#include <predcg/core/error.hpp>
#include <predcg/core/linalg.hpp>
#include <predcg/core/types.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

namespace predcg::detail {

/// 0..n-1, so that the values there rise.
inline std::vector<Index> ascending_order(const Vector& values) {
    std::vector<Index> order(static_cast<std::size_t>(values.size()));
    for (std::size_t k = 0; k < order.size(); ++k) order[k] = static_cast<Index>(k);
    std::sort(order.begin(), order.end(), [&](Index a, Index b) { return values[a] < values[b]; });
    return order;
}

}  // namespace predcg::detail

namespace predcg::statistics {

/// Ranks 1..n of values, in their order; equal values share the average of theirs. All NaN if a value is NaN.
///
/// Cost O(n log n).
inline Vector average_ranks(const Vector& values) {
    for (const double x : values)
        if (std::isnan(x)) return Vector::Constant(values.size(), std::numeric_limits<double>::quiet_NaN());
    const std::vector<Index> order = detail::ascending_order(values);
    Vector ranks(values.size());
    for (std::size_t first = 0, end = 0; first < order.size(); first = end) {
        while (end < order.size() && values[order[end]] == values[order[first]]) ++end;
        for (std::size_t k = first; k < end; ++k)
            ranks[order[k]] = 0.5 * static_cast<double>(first + 1 + end);
    }
    return ranks;
}

/// Spearman's rank correlation: Pearson's correlation of the average ranks r of x and s of y,
///
///     rho = sum_k (r_k - c) (s_k - c) / sqrt(sum_k (r_k - c)^2 sum_k (s_k - c)^2),   c = (n + 1)/2
///
/// in [-1, 1]; 1 where y rises whenever x does. 0 where one of the two does not vary, NaN if a value is NaN.
/// The sums are of multiples of 1/4, hence exact, as long as n is below 10^5. C. Spearman, Am. J. Psychol. 15
/// (1904) 72.
///
/// Cost O(n log n). Throws ArgumentError for x and y of different sizes.
inline double rank_correlation(const Vector& x, const Vector& y) {
    require(x.size() == y.size(), "rank_correlation", "size of y", y.size(),
            "that of x, " + std::to_string(x.size()));
    const double centre = 0.5 * (static_cast<double>(x.size()) + 1.0);
    Vector r = average_ranks(x), s = average_ranks(y);
    for (double& rank : r) rank -= centre;
    for (double& rank : s) rank -= centre;
    const double squares = linalg::squared_norm(r) * linalg::squared_norm(s);
    return squares == 0.0 ? 0.0 : linalg::dot(r, s) / std::sqrt(squares);
}

}  // namespace predcg::statistics
