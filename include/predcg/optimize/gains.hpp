#pragma once
#include <predcg/core/error.hpp>
#include <predcg/core/types.hpp>

#include <cmath>

namespace predcg {

/// Gains alpha_t = alpha / (t + A)^rho, 1/2 < rho <= 1, t = 0, 1, ...
struct Gains {
    double alpha = 2.0;  ///< Their size.
    double A = 10.0;     ///< steps that are not taken: large gains at the start are left out
    double rho = 0.75;   ///< How fast they fall.

    /// Throws ArgumentError for alpha <= 0, A <= 0 or rho outside (1/2, 1].
    double operator()(Index t) const {
        require_positive(alpha, "Gains", "alpha");
        require_positive(A, "Gains", "A");
        require(rho > 0.5 && rho <= 1.0, "Gains", "rho", rho, "1/2 < rho <= 1");
        return alpha / std::pow(static_cast<double>(t) + A, rho);
    }
};

}  // namespace predcg
