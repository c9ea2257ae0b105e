#pragma once
#include <predcg/core/types.hpp>
#include <predcg/statistics/special_functions.hpp>

namespace predcg::statistics {

/// Central interval of a probability of which `successes` of `trials` were seen (Clopper and Pearson,
/// Biometrika 26 (1934) 404).
struct Proportion {
    Index successes = 0, trials = 0;  ///< Counts.

    /// successes / trials.
    double value() const { return static_cast<double>(successes) / static_cast<double>(trials); }
    double lower(double confidence = 0.95) const {
        if (successes == 0) return 0.0;
        return detail::beta_quantile(static_cast<double>(successes),
                                     static_cast<double>(trials - successes + 1), 0.5 * (1.0 - confidence));
    }
    double upper(double confidence = 0.95) const {
        if (successes == trials) return 1.0;
        return detail::beta_quantile(static_cast<double>(successes + 1),
                                     static_cast<double>(trials - successes), 0.5 * (1.0 + confidence));
    }
};

}  // namespace predcg::statistics
