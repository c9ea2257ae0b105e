#pragma once
#include <predcg/core/small_dense.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

namespace predcg {

/// A direction of parameter space about which the data say less than the weak prior does.
struct Direction {
    double information = 0.0;  ///< eigenvalue of the likelihood's observed information
    Vector coefficients;       ///< unit vector in (beta theta_c, eta)
    std::string text;          ///< "0.98 pair_1 + 0.20 linear"
};

/// Precision of the weak prior, 1 / 2^2: directions with less information than this are not identified.
inline constexpr double identified_from = 0.25;

/// Directions whose eigenvalue of `information`, in the coordinates (beta theta_c, eta), is below the
/// threshold, smallest first.
inline std::vector<Direction> weak_directions(const Matrix& information,
                                              const std::vector<std::string>& names,
                                              double threshold = identified_from) {
    std::vector<Direction> weak;
    if (information.size() == 0) return weak;
    const SmallEigen eigen(information);
    for (Index k = 0; k < information.rows() && eigen.values[k] < threshold; ++k) {
        Direction direction{eigen.values[k], eigen.vectors.col(k), {}};
        std::vector<Index> order(static_cast<std::size_t>(information.rows()));
        for (std::size_t j = 0; j < order.size(); ++j) order[j] = static_cast<Index>(j);
        const auto size = [&](Index j) { return std::abs(direction.coefficients[j]); };
        std::sort(order.begin(), order.end(), [&](Index a, Index b) { return size(a) > size(b); });
        if (direction.coefficients[order[0]] < 0.0) direction.coefficients *= -1.0;
        for (const Index j : order) {
            const double c = direction.coefficients[j];
            if (std::abs(c) < 0.05 && !direction.text.empty()) break;
            char number[32];
            std::snprintf(number, sizeof number, "%.2f ", std::abs(c));
            direction.text += direction.text.empty() ? "" : c < 0.0 ? " - " : " + ";
            direction.text += number + names[static_cast<std::size_t>(j)];
        }
        weak.push_back(std::move(direction));
    }
    return weak;
}

}  // namespace predcg
