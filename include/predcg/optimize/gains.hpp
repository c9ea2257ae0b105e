#pragma once
#include <predcg/core/error.hpp>
#include <predcg/core/types.hpp>

#include <algorithm>
#include <cmath>

namespace predcg {

/// Gains min(1, alpha / (t + A)^rho), 1/2 < rho <= 1, t = 0, 1, ...: fractions of a step that is in units of
/// the information. The default is 1 for two iterations, then falls: 0.24 at t = 26, 0.055 at t = 200.
struct Gains {
    double alpha = 3.0;  ///< their size
    double A = 3.0;      ///< until when the first hardly fall
    double rho = 0.75;   ///< how fast they fall

    /// Throws ArgumentError for alpha <= 0, A <= 0 or rho outside (1/2, 1].
    double operator()(Index t) const {
        require_positive(alpha, "Gains", "alpha");
        require_positive(A, "Gains", "A");
        require(rho > 0.5 && rho <= 1.0, "Gains", "rho", rho, "1/2 < rho <= 1");
        return std::min(1.0, alpha / std::pow(static_cast<double>(t) + A, rho));
    }
};

}  // namespace predcg
