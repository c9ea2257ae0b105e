#pragma once
// Derivatives by differences of fourth order: for a smooth function of order one, about 1e-11 in double and
// 1e-13 in long double with the step given.
#include <vector>

namespace differences {

/// d/dx_k of f at x, k = 0.., for f(std::vector<T>) -> T.
template <class T, class F>
std::vector<T> gradient(F&& f, const std::vector<T>& x, T step = T(1e-3)) {
    std::vector<T> g(x.size());
    for (std::size_t k = 0; k < x.size(); ++k) {
        const auto along = [&](T displacement) {
            std::vector<T> there = x;
            there[k] += displacement;
            return f(there);
        };
        g[k] = (8 * (along(step) - along(-step)) - (along(2 * step) - along(-2 * step))) / (12 * step);
    }
    return g;
}

/// d/dx_k of f at x, for vector-valued f(V) -> V of Eigen vectors: column k of a square matrix.
template <class M, class V, class F>
M jacobian(F&& f, const V& x, double step = 1e-3) {
    M J(x.size(), x.size());
    for (auto k = x.size() - x.size(); k < x.size(); ++k) {
        const auto along = [&](double displacement) {
            V there = x;
            there[k] += displacement;
            return V(f(there));
        };
        J.col(k) = (8.0 * (along(step) - along(-step)) - (along(2.0 * step) - along(-2.0 * step))) /
                   (12.0 * step);
    }
    return J;
}

}  // namespace differences
