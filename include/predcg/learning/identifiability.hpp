#pragma once
#include <predcg/core/error.hpp>
#include <predcg/core/linalg.hpp>

#include <charconv>
#include <cmath>
#include <string>
#include <vector>

namespace predcg {

/// A direction of parameter space about which the data say less than the weak prior does.
struct Direction {
    double information = 0.0;  ///< eigenvalue of the likelihood's observed information
    Vector coefficients;       ///< unit vector in z = (beta theta_c / s_c, eta / s_m)
    std::string text;          ///< "0.98 pair_1 + 0.20 linear"
};

/// Precision of the weak prior, 1 / 2^2: directions with less information than this are not identified.
inline constexpr double identified_from = 0.25;

namespace detail {
/// Sign and text of a direction: terms by falling size, until they are below 0.05.
[[gnu::cold]] inline void describe(Direction& direction, const std::vector<std::string>& names) {
    Vector& c = direction.coefficients;
    Vector left = c;
    for (Index term = 0; term < c.size(); ++term) {
        Index top = 0;
        for (Index k = 1; k < c.size(); ++k)
            if (std::abs(left[k]) > std::abs(left[top])) top = k;
        if (term == 0 && c[top] < 0.0)
            for (Index k = 0; k < c.size(); ++k) c[k] = left[k] = -c[k];
        if (term > 0 && std::abs(left[top]) < 0.05) return;
        if (term > 0) direction.text += left[top] < 0.0 ? " - " : " + ";
        direction.text += rounded(std::abs(left[top]), 2, std::chars_format::fixed) + " " +
                          names[static_cast<std::size_t>(top)];
        left[top] = 0.0;
    }
}
/// Whether parameters of the coarse potential and of the map are both in it, to 0.05.
[[gnu::cold]] inline bool mixes(const Direction& direction, Index coarse) {
    bool of_coarse = false, of_map = false;
    for (Index k = 0; k < direction.coefficients.size(); ++k)
        if (std::abs(direction.coefficients[k]) >= 0.05) (k < coarse ? of_coarse : of_map) = true;
    return of_coarse && of_map;
}

/// "linear trades with field, c_0,0: predictions hardly depend on 0.98 linear - 0.17 field + 0.08 c_0,0", for
/// a direction along which the likelihood of a datum does not bend.
[[gnu::cold]] inline std::string trade(const Direction& direction, const std::vector<std::string>& names) {
    Index top = 0;
    for (Index k = 1; k < direction.coefficients.size(); ++k)
        if (std::abs(direction.coefficients[k]) > std::abs(direction.coefficients[top])) top = k;
    std::string others;
    for (Index k = 0; k < direction.coefficients.size(); ++k)
        if (k != top && std::abs(direction.coefficients[k]) >= 0.05)
            others += (others.empty() ? " trades with " : ", ") + names[static_cast<std::size_t>(k)];
    return names[static_cast<std::size_t>(top)] + (others.empty() ? " is open" : others) +
           ": predictions hardly depend on " + direction.text;
}

/// Less information for each datum than this, in a direction that is not identified, is none: predictions
/// hardly depend on it (a step of 1 changes the density of a datum by 5e-4 nats).
inline constexpr double gauge_below = 1e-3;

/// Directions whose eigenvalue of `information`, in the coordinates z = (beta theta_c / s_c, eta / s_m), is
/// below the threshold, smallest first.
[[gnu::cold]] inline std::vector<Direction> weak_directions(const Matrix& information,
                                                            const std::vector<std::string>& names,
                                                            double threshold = identified_from) {
    std::vector<Direction> weak;
    if (information.size() == 0) return weak;
    const linalg::SymmetricEigen eigen(information);
    for (Index k = 0; k < information.rows() && eigen.values[k] < threshold; ++k) {
        Direction direction{eigen.values[k], linalg::column_of(eigen.vectors, k), {}};
        detail::describe(direction, names);
        weak.push_back(std::move(direction));
    }
    return weak;
}
}  // namespace detail

}  // namespace predcg
