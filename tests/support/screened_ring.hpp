#pragma once
// A ring whose couplings decay, and whose energy is not linear in its parameters.
#include <predcg/core/types.hpp>
#include <predcg/core/window.hpp>
#include <predcg/models/ising/spin.hpp>

#include <cmath>
#include <span>
#include <string>
#include <vector>

namespace support {

using namespace predcg;

/// U = - A sum_i sum_{r = 1, 2} exp(-r / xi) / r X_i X_{i+r} on a ring: A and xi trade along a curved valley.
struct Screened {
    ising::SpinSpace<> spins;

    const ising::SpinSpace<>& space() const { return spins; }
    Index parameter_count() const { return 2; }
    std::vector<std::string> parameter_names() const { return {"A", "xi"}; }
    Vector start() const { return Vector::Ones(2); }
    bool admissible(const Vector& theta) const { return theta[1] > 0.0; }
    Window window() const { return {3, Boundary::periodic}; }
    bool translation_invariant() const { return true; }
    template <class T>
    T of_products(double near, double far, const VectorOf<T>& theta) const {
        using std::exp;
        return -(theta[0] * (T(near) * exp(T(-1.0) / theta[1]) + T(0.5 * far) * exp(T(-2.0) / theta[1])));
    }
    template <class T>
    T energy(const std::vector<ising::Spin>& X, const VectorOf<T>& theta) const {
        double near = 0.0, far = 0.0;
        const std::size_t n = X.size();
        for (std::size_t i = 0; i < n; ++i) {
            near += X[i] * X[(i + 1) % n];
            far += X[i] * X[(i + 2) % n];
        }
        return of_products(near, far, theta);
    }
    template <class T>
    T local_energy(Index, std::span<const ising::Spin> w, const VectorOf<T>& theta) const {
        return of_products(w[0] * w[1], w[0] * w[2], theta);
    }
};

}  // namespace support
