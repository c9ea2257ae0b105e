#pragma once
#include <predcg/core/types.hpp>

namespace predcg {

/// Value, gradient and Hessian of a function of eta at a point.
struct Expansion {
    double value = 0.0;  ///< of the function
    Vector gradient;
    Matrix hessian;
};

/// One natural parameter of a map as a function of its unconstrained coordinate.
struct NaturalParameter {
    double value = 0.0;      ///< t(eta_k), for example a probability
    double slope = 0.0;      ///< dt/deta
    double curvature = 0.0;  ///< d2t/deta2
};

}  // namespace predcg
