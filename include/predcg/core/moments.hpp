#pragma once
#include <predcg/core/types.hpp>

#include <optional>

namespace predcg {

/// First and second moments of a statistic under a target.
struct Moments {
    Vector mean;                          ///< E[s], length s.size()
    Matrix covariance;                    ///< Cov[s]
    Vector standard_error;                ///< of the mean; zero from an exact engine
    std::optional<double> log_partition;  ///< log of the target's integral, from an engine that knows it
};

/// First and second moments of the site values, as numbers: enough for every observable that is at most
/// quadratic in them.
struct SiteMoments {
    Vector mean;    ///< E[x_i]
    Matrix second;  ///< E[x_i x_j]; empty if only the mean was asked for
};

}  // namespace predcg
