#pragma once
#include <predcg/core/compiler.hpp>

#include <algorithm>
#include <cmath>

namespace predcg {

/// 1 / (1 + exp(-x)), without overflow.
inline double logistic(double x) {
    if (x >= 0.0) return 1.0 / (1.0 + std::exp(-x));
    const double e = std::exp(x);
    return e / (1.0 + e);
}

/// log(p / (1 - p)), the inverse of logistic.
inline double logit(double p) { return std::log(p) - std::log1p(-p); }

/// log(1 + exp(x)) = -log(1 - logistic(x)), without overflow.
inline double log1p_exp(double x) { return x > 0.0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); }

/// log(exp(a) + exp(b)), a and b finite, without overflow.
inline double log_sum_exp(double a, double b) {
    return std::max(a, b) + std::log1p(std::exp(-std::abs(a - b)));
}

}  // namespace predcg
