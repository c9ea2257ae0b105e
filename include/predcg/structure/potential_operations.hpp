#pragma once
// One spelling for what different kinds of coarse potentials provide: callers need not know which.
#include <predcg/concepts/coarse_potential.hpp>
#include <predcg/core/linalg.hpp>

#include <cmath>

namespace predcg {

/// The part of a linear potential's energy that does not depend on theta; zero where there is none.
template <LinearCoarsePotential U>
double base_energy(const U& u, const configuration_t<space_t<U>>& X) {
    if constexpr (detail::HasBaseEnergy<U>)
        return u.base_energy(X);
    else
        return 0.0;
}

/// U_c(X, theta).
template <CoarsePotential U>
double energy(const U& u, const configuration_t<space_t<U>>& X, const Vector& theta) {
    if constexpr (HasEnergy<U>)
        return u.energy(X, theta);
    else
        return linalg::dot(theta, u.features(X)) + base_energy(u, X);
}

/// dU_c/dtheta at (X, theta).
template <LearnablePotential U>
auto parameter_gradient(const U& u, const configuration_t<space_t<U>>& X,
                        [[maybe_unused]] const Vector& theta) {
    if constexpr (LinearCoarsePotential<U>)
        return u.features(X);
    else
        return u.parameter_gradient(X, theta);
}

namespace detail {
/// Hessian from central differences of a gradient, step cbrt(epsilon) relative: error about 1e-10.
template <class Gradient>
Matrix difference_hessian(const Vector& theta, Gradient&& gradient) {
    const Index n = theta.size();
    Matrix hessian(n, n);
    for (Index k = 0; k < n; ++k) {
        const double step = 6e-6 * std::max(1.0, std::abs(theta[k]));
        Vector up = theta, down = theta;
        up[k] += step;
        down[k] -= step;
        const Vector above = gradient(up), below = gradient(down);
        for (Index l = 0; l < n; ++l) hessian(l, k) = (above[l] - below[l]) / (up[k] - down[k]);
    }
    for (Index l = 0; l < n; ++l)
        for (Index k = 0; k < l; ++k) hessian(k, l) = hessian(l, k) = 0.5 * (hessian(k, l) + hessian(l, k));
    return hessian;
}
}  // namespace detail

/// d2U_c/dtheta2 at (X, theta), p x p: zero for linear potentials, the user's, or central differences.
template <LearnablePotential U>
Matrix parameter_hessian(const U& u, const configuration_t<space_t<U>>& X, const Vector& theta) {
    if constexpr (LinearCoarsePotential<U>)
        return Matrix::Zero(theta.size(), theta.size());
    else if constexpr (HasParameterHessian<U>)
        return u.parameter_hessian(X, theta);
    else
        return detail::difference_hessian(
            theta, [&](const Vector& at) -> Vector { return u.parameter_gradient(X, at); });
}

/// The window's part of U_c(X, theta).
template <ChainCoarsePotential U>
double local_energy(const U& u, Index i, std::span<const letter_t<space_t<U>>> w, const Vector& theta) {
    if constexpr (detail::HasLocalEnergy<U>) {
        return u.local_energy(i, w, theta);
    } else {
        double value = linalg::dot(theta, u.local_features(i, w));
        if constexpr (detail::HasLocalBaseEnergy<U>) value += u.local_base_energy(i, w);
        return value;
    }
}

/// The window's part of dU_c/dtheta.
template <ChainCoarsePotential U>
    requires detail::HasLocalFeatures<U> || detail::HasLocalParameterGradient<U>
auto local_parameter_gradient(const U& u, Index i, std::span<const letter_t<space_t<U>>> w,
                              [[maybe_unused]] const Vector& theta) {
    if constexpr (detail::HasLocalFeatures<U>)
        return u.local_features(i, w);
    else
        return u.local_parameter_gradient(i, w, theta);
}

/// The window's part of d2U_c/dtheta2.
template <ChainCoarsePotential U>
    requires detail::HasLocalParameterGradient<U> && (!LinearCoarsePotential<U>)
Matrix local_parameter_hessian(const U& u, Index i, std::span<const letter_t<space_t<U>>> w,
                               const Vector& theta) {
    if constexpr (detail::HasLocalParameterHessian<U>)
        return u.local_parameter_hessian(i, w, theta);
    else
        return detail::difference_hessian(
            theta, [&](const Vector& at) -> Vector { return u.local_parameter_gradient(i, w, at); });
}

}  // namespace predcg
