#pragma once
#include <predcg/core/error.hpp>
#include <predcg/statistics/chain_draws.hpp>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

namespace predcg::detail {

inline std::vector<double> sorted(const statistics::ChainDraws& draws) {
    std::vector<double> all;
    all.reserve(static_cast<std::size_t>(draws.size()));
    for (Index m = 0; m < draws.cols(); ++m)
        for (Index n = 0; n < draws.rows(); ++n) all.push_back(draws(n, m));
    std::sort(all.begin(), all.end());
    return all;
}

inline void require_probability(double p, std::string_view function) {
    require(p > 0.0 && p < 1.0, function, "p", p, "a number between 0 and 1");
}

}  // namespace predcg::detail

namespace predcg::statistics {

/// The p-quantile of all draws: linear between the order statistics around place (S - 1) p (type 7 of Hyndman
/// and Fan, Am. Stat. 50 (1996) 361). Cost O(S log S). Throws ArgumentError for no draws or p outside (0, 1).
inline double quantile(const ChainDraws& draws, double p) {
    detail::require_draws(draws, 1, "quantile");
    detail::require_probability(p, "quantile");
    const std::vector<double> x = detail::sorted(draws);
    const double place = p * static_cast<double>(x.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, x.size() - 1);
    return x[below] + (place - static_cast<double>(below)) * (x[above] - x[below]);
}

}  // namespace predcg::statistics
