#pragma once
// Derivatives by central differences of sixth order: the error is about 1e-12 for functions of order one, if
// their argument varies on a scale of order one.
#include <vector>

namespace differences {

/// d/dt of f(t) at 0.
template <class T, class F>
auto along(F&& f, T step) {
    using Value = decltype(f(step));
    const auto odd = [&](T t) { return Value(f(t) - f(-t)); };
    return Value((odd(step) * T(45) - odd(2 * step) * T(9) + odd(3 * step)) / (60 * step));
}

/// d/dx_k of f at x, k = 0.., for f(std::vector<T>) -> T.
template <class T, class F>
std::vector<T> gradient(F&& f, const std::vector<T>& x, T step = T(1e-3)) {
    std::vector<T> g(x.size());
    for (std::size_t k = 0; k < x.size(); ++k)
        g[k] = along(
            [&](T displacement) {
                std::vector<T> there = x;
                there[k] += displacement;
                return f(there);
            },
            step);
    return g;
}

/// Column k is d/dx_k of f at x, for vector-valued f(V) -> V of Eigen vectors.
template <class M, class V, class F>
M jacobian(F&& f, const V& x, double step = 1e-3) {
    M J(f(x).size(), x.size());
    for (auto k = J.cols() - J.cols(); k < J.cols(); ++k)
        J.col(k) = along(
            [&](double displacement) {
                V there = x;
                there[k] += displacement;
                return V(f(there));
            },
            step);
    return J;
}

}  // namespace differences
