#pragma once
// Gaussian algebra with explicit inverses and determinants, and stiffness matrices from energies. (Eigen's LU
// would do; it takes longer to compile than a test.)
#include <predcg/core/types.hpp>
#include <predcg/core/window.hpp>

#include <cmath>
#include <random>
#include <utility>

namespace by_hand {

using predcg::Index;
using predcg::Matrix;
using predcg::Vector;

inline constexpr double pi = 3.14159265358979323846;

/// 1/2 sum_i [ bond |x_{i+1} - x_i|^2 + second |x_{i+2} - x_i|^2 + tether |x_i|^2 ].
inline double chain_energy(const Vector& x, Index dimension, double bond, double second, double tether,
                           predcg::Boundary boundary) {
    const Index n = x.size() / dimension;
    double energy = 0.0;
    for (Index i = 0; i < n; ++i)
        for (Index c = 0; c < dimension; ++c) {
            const auto at = [&](Index bead) { return x[bead % n * dimension + c]; };
            const bool ring = boundary == predcg::Boundary::periodic;
            if (ring || i + 1 < n) energy += 0.5 * bond * std::pow(at(i + 1) - at(i), 2);
            if (ring || i + 2 < n) energy += 0.5 * second * std::pow(at(i + 2) - at(i), 2);
            energy += 0.5 * tether * at(i) * at(i);
        }
    return energy;
}

/// A of a quadratic energy 1/2 x^T A x, from its values at unit vectors and their sums.
template <class Energy>
Matrix second_derivative(Index n, Energy&& energy) {
    Matrix A(n, n);
    for (Index j = 0; j < n; ++j)
        for (Index i = 0; i < n; ++i) {
            const Vector a = Vector::Unit(n, i), b = Vector::Unit(n, j);
            A(i, j) = energy(Vector(a + b)) - energy(a) - energy(b);
        }
    return A;
}

inline Matrix chain_stiffness(Index beads, Index dimension, double bond, double second, double tether,
                              predcg::Boundary boundary) {
    return second_derivative(beads * dimension, [&](const Vector& x) {
        return chain_energy(x, dimension, bond, second, tether, boundary);
    });
}

/// Products and transposes as loops: each form of Eigen's matrix product takes a second to compile.
inline Matrix times(const Matrix& A, const Matrix& B) {
    Matrix C = Matrix::Zero(A.rows(), B.cols());
    for (Index i = 0; i < A.rows(); ++i)
        for (Index j = 0; j < B.cols(); ++j)
            for (Index k = 0; k < A.cols(); ++k) C(i, j) += A(i, k) * B(k, j);
    return C;
}
template <class... More>
Matrix times(const Matrix& A, const Matrix& B, const Matrix& C, const More&... more) {
    return times(times(A, B), C, more...);
}
inline Matrix transposed(const Matrix& A) {
    Matrix B(A.cols(), A.rows());
    for (Index i = 0; i < A.rows(); ++i)
        for (Index j = 0; j < A.cols(); ++j) B(j, i) = A(i, j);
    return B;
}
/// x y^T.
inline Matrix outer(const Vector& x, const Vector& y) { return times(x, transposed(y)); }

/// Inverse and log |det| by Gauss-Jordan elimination with row pivoting.
struct Inverted {
    Matrix inverse;
    double log_determinant = 0.0;

    explicit Inverted(Matrix A) : inverse(Matrix::Identity(A.rows(), A.rows())) {
        const Index n = A.rows();
        for (Index k = 0; k < n; ++k) {
            Index top = k;
            for (Index i = k + 1; i < n; ++i)
                if (std::abs(A(i, k)) > std::abs(A(top, k))) top = i;
            for (Index j = 0; j < n; ++j) {
                std::swap(A(k, j), A(top, j));
                std::swap(inverse(k, j), inverse(top, j));
            }
            const double pivot = A(k, k);
            log_determinant += std::log(std::abs(pivot));
            for (Index j = 0; j < n; ++j) {
                A(k, j) /= pivot;
                inverse(k, j) /= pivot;
            }
            for (Index i = 0; i < n; ++i) {
                const double factor = A(i, k);
                if (i == k || factor == 0.0) continue;
                for (Index j = 0; j < n; ++j) {
                    A(i, j) -= factor * A(k, j);
                    inverse(i, j) -= factor * inverse(k, j);
                }
            }
        }
    }
};

inline double log_normal_density(const Vector& x, const Vector& mean, const Matrix& covariance) {
    const Inverted c(covariance);
    const Vector r = x - mean;
    return -0.5 * r.dot(Vector(times(c.inverse, r))) - 0.5 * c.log_determinant -
           0.5 * static_cast<double>(x.size()) * std::log(2.0 * pi);
}

template <class R>
Matrix random_matrix(R& rng, Index rows, Index cols) {
    std::normal_distribution<double> normal;
    Matrix m(rows, cols);
    for (Index j = 0; j < cols; ++j)
        for (Index i = 0; i < rows; ++i) m(i, j) = normal(rng);
    return m;
}

template <class R>
Vector random_vector(R& rng, Index size) {
    return random_matrix(rng, size, 1);
}

template <class R>
double random_between(R& rng, double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(rng);
}

}  // namespace by_hand
