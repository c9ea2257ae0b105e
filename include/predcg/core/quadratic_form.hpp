#pragma once
#include <predcg/core/linalg.hpp>
#include <predcg/core/types.hpp>

namespace predcg {

/// f(X) = 1/2 X^T A X + b^T X + c with A symmetric (n x n), b (n), c a number.
struct QuadraticForm {
    Matrix A;
    Vector b;        ///< Vector of the linear part.
    double c = 0.0;  ///< The constant.

    /// The form that is zero, in n coordinates.
    static QuadraticForm zero(Index n) { return {Matrix::Zero(n, n), Vector::Zero(n), 0.0}; }

    template <VectorLike V>
    double operator()(const V& X) const {
        double sum = c;
        for (Index j = 0; j < A.cols(); ++j) {
            double column = 0.0;
            for (Index i = 0; i < A.rows(); ++i) column += X[i] * A(i, j);
            sum += (0.5 * column + b[j]) * X[j];
        }
        return sum;
    }

    /// A X + b.
    template <VectorLike V>
    Vector gradient(const V& X) const {
        Vector slope = b;
        for (Index j = 0; j < A.cols(); ++j)
            for (Index i = 0; i < A.rows(); ++i) slope[i] += A(i, j) * X[j];
        return slope;
    }

    /// The sum of two forms.
    QuadraticForm& operator+=(const QuadraticForm& other) {
        linalg::add(A, other.A);
        linalg::add(b, other.b);
        c += other.c;
        return *this;
    }

    /// The form times a factor.
    QuadraticForm& operator*=(double factor) {
        linalg::multiply(A, factor);
        linalg::multiply(b, factor);
        c *= factor;
        return *this;
    }

    friend QuadraticForm operator+(QuadraticForm f, const QuadraticForm& g) { return f += g; }
    friend QuadraticForm operator*(double factor, QuadraticForm f) { return f *= factor; }
};

}  // namespace predcg
