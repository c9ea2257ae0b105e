#pragma once
#include <predcg/core/types.hpp>

namespace predcg {

/// A feature that is a sum of `count` terms with two values each: their histogram follows from its mean.
struct TwoValuedTerms {
    Index feature = 0;              ///< Its number.
    double count = 0.0;             ///< number of terms
    double low = -1.0, high = 1.0;  ///< The two values.
};

}  // namespace predcg
