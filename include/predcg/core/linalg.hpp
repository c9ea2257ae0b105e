#pragma once
// Dense linear algebra for as many rows as a model has parameters. Eigen's blocked kernels would do the
// same, but instantiating them takes longer than compiling the rest of a fit; nothing here is meant for
// large matrices.
#include <predcg/core/types.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

namespace predcg::linalg {

/// max_k |v_k|, 0 for an empty vector.
inline double largest(const Vector& v) {
    double top = 0.0;
    for (const double x : v) top = std::max(top, std::abs(x));
    return top;
}

inline double sum(const Vector& v) {
    double total = 0.0;
    for (const double x : v) total += x;
    return total;
}

/// u . v, for vectors of any extent.
template <class U, class V>
double dot(const U& u, const V& v) {
    double sum = 0.0;
    for (Index k = 0; k < u.size(); ++k) sum += u[k] * v[k];
    return sum;
}

/// Of long series: four sums side by side, which need not wait for each other.
inline double dot(const double* u, const double* v, Index count) {
    double sums[4]{};
    Index k = 0;
    for (; k + 4 <= count; k += 4)
        for (Index l = 0; l < 4; ++l) sums[l] += u[k + l] * v[k + l];
    for (; k < count; ++k) sums[0] += u[k] * v[k];
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

/// |v|^2, for a vector of any extent.
template <class V>
double squared_norm(const V& v) {
    return dot(v, v);
}

/// |v|.
template <class V>
double norm(const V& v) {
    return std::sqrt(squared_norm(v));
}

/// c A or c v.
template <class M>
M scaled(M m, double c) {
    for (Index k = 0; k < m.size(); ++k) m.data()[k] *= c;
    return m;
}

/// In place, entry by entry: m += c other, for shapes that are alike; m *= c; m /= c. Plain loops, because
/// each of Eigen's expressions costs every program that includes it.
template <class M>
void add(M& m, const M& other, double c = 1.0) {
    eigen_assert(m.size() == other.size());
    for (Index k = 0; k < m.size(); ++k) m.data()[k] += c * other.data()[k];
}
/// m c, in place.
template <class M>
void multiply(M& m, double c) {
    for (Index k = 0; k < m.size(); ++k) m.data()[k] *= c;
}
/// m / c, in place.
template <class M>
void divide(M& m, double c) {
    for (Index k = 0; k < m.size(); ++k) m.data()[k] /= c;
}

/// Entry by entry: u_k v_k, and u_k / v_k.
inline Vector times(Vector u, const Vector& v) {
    for (Index k = 0; k < u.size(); ++k) u[k] *= v[k];
    return u;
}
/// Entry by entry: u_k / v_k.
inline Vector over(Vector u, const Vector& v) {
    for (Index k = 0; k < u.size(); ++k) u[k] /= v[k];
    return u;
}

/// tr(A B), of square matrices.
inline double trace_of_product(const Matrix& A, const Matrix& B) {
    double sum = 0.0;
    for (Index j = 0; j < A.cols(); ++j)
        for (Index i = 0; i < A.rows(); ++i) sum += A(i, j) * B(j, i);
    return sum;
}

/// C + m m^T: second moments from covariance and mean.
inline Matrix second_moments(Matrix covariance, const Vector& mean) {
    for (Index l = 0; l < mean.size(); ++l)
        for (Index k = 0; k < mean.size(); ++k) covariance(k, l) += mean[k] * mean[l];
    return covariance;
}

/// The first entry of a column.
inline double* column(Matrix& m, Index k) { return m.data() + m.rows() * k; }
/// The first entry of a column.
inline const double* column(const Matrix& m, Index k) { return m.data() + m.rows() * k; }

/// Copies: entries first..first+count-1, a column, the leading count x count block.
inline Vector part(const Vector& v, Index first, Index count) {
    Vector p(count);
    for (Index k = 0; k < count; ++k) p[k] = v[first + k];
    return p;
}
/// (u, v).
inline Vector joined(const Vector& u, const Vector& v) {
    Vector all(u.size() + v.size());
    std::copy(v.data(), v.data() + v.size(), std::copy(u.data(), u.data() + u.size(), all.data()));
    return all;
}
/// Column k, copied.
inline Vector column_of(const Matrix& m, Index k) {
    Vector c(m.rows());
    for (Index i = 0; i < m.rows(); ++i) c[i] = m(i, k);
    return c;
}
/// So many numbers, copied.
inline Vector vector_of(const double* first, std::size_t count) {
    Vector all(static_cast<Index>(count));
    std::copy(first, first + count, all.data());
    return all;
}
/// Row k, copied.
inline Vector row_of(const Matrix& m, Index k) {
    Vector r(m.cols());
    for (Index j = 0; j < m.cols(); ++j) r[j] = m(k, j);
    return r;
}
/// The leading count x count block, copied.
inline Matrix leading_block(const Matrix& m, Index count) {
    Matrix b(count, count);
    for (Index l = 0; l < count; ++l)
        for (Index k = 0; k < count; ++k) b(k, l) = m(k, l);
    return b;
}

/// The first `count` rows, copied.
inline Matrix leading_rows(const Matrix& m, Index count) {
    Matrix r(count, m.cols());
    for (Index l = 0; l < m.cols(); ++l)
        for (Index k = 0; k < count; ++k) r(k, l) = m(k, l);
    return r;
}

/// Column k := v.
inline void set_column(Matrix& m, Index k, const Vector& v) {
    eigen_assert(m.rows() == v.size());
    std::copy(v.data(), v.data() + v.size(), column(m, k));
}

/// Whether each entry is 1.
inline bool all_ones(const Vector& v) {
    bool ones = true;
    for (const double x : v) ones = ones && x == 1.0;
    return ones;
}
/// Whether each number is finite.
inline bool all_finite(const double* first, Index count) {
    for (Index k = 0; k < count; ++k)
        if (!std::isfinite(first[k])) return false;
    return true;
}

/// Whether each entry is finite.
template <class M>
bool all_finite(const M& m) {
    return all_finite(m.data(), m.size());
}

/// z + t step, raised to the lower bounds.
inline Vector moved(Vector z, double t, const Vector& step, const Vector& lower) {
    for (Index k = 0; k < z.size(); ++k) z[k] = std::max(z[k] + t * step[k], lower[k]);
    return z;
}

/// The entries, or rows and columns, with the given indices; and back, zero elsewhere.
inline Vector selected(const Vector& v, const std::vector<Index>& at) {
    Vector part(static_cast<Index>(at.size()));
    for (std::size_t k = 0; k < at.size(); ++k) part[static_cast<Index>(k)] = v[at[k]];
    return part;
}
/// The rows and columns with the given indices.
inline Matrix selected(const Matrix& m, const std::vector<Index>& at) {
    const auto n = static_cast<Index>(at.size());
    Matrix part(n, n);
    for (Index l = 0; l < n; ++l)
        for (Index k = 0; k < n; ++k)
            part(k, l) = m(at[static_cast<std::size_t>(k)], at[static_cast<std::size_t>(l)]);
    return part;
}
/// A vector of `size` with the part's entries at the given indices, zero elsewhere.
inline Vector scattered(const Vector& part, const std::vector<Index>& at, Index size) {
    Vector v = Vector::Zero(size);
    for (std::size_t k = 0; k < at.size(); ++k) v[at[k]] = part[static_cast<Index>(k)];
    return v;
}
/// All entries but one.
inline Vector without(const Vector& v, Index at) {
    Vector rest(v.size() - 1);
    for (Index k = 0; k < rest.size(); ++k) rest[k] = v[k < at ? k : k + 1];
    return rest;
}

/// A^T.
inline Matrix transposed(const Matrix& A) {
    Matrix T(A.cols(), A.rows());
    for (Index j = 0; j < A.cols(); ++j)
        for (Index i = 0; i < A.rows(); ++i) T(j, i) = A(i, j);
    return T;
}

/// A B, in column sweeps; fine for a few hundred rows.
inline Matrix product(const Matrix& A, const Matrix& B) {
    Matrix C = Matrix::Zero(A.rows(), B.cols());
    for (Index j = 0; j < B.cols(); ++j)
        for (Index k = 0; k < A.cols(); ++k)
            for (Index i = 0; i < A.rows(); ++i) C(i, j) += A(i, k) * B(k, j);
    return C;
}

/// A x, and A^T x.
inline Vector applied(const Matrix& A, const Vector& x) {
    Vector y = Vector::Zero(A.rows());
    for (Index j = 0; j < A.cols(); ++j)
        for (Index i = 0; i < A.rows(); ++i) y[i] += A(i, j) * x[j];
    return y;
}
/// A^T x.
inline Vector applied_transposed(const Matrix& A, const Vector& x) {
    Vector y(A.cols());
    for (Index j = 0; j < A.cols(); ++j) {
        double sum = 0.0;
        for (Index i = 0; i < A.rows(); ++i) sum += A(i, j) * x[i];
        y[j] = sum;
    }
    return y;
}

/// D C D^T, for few rows: O(rows cols (rows + cols)).
inline Matrix sandwich(const Matrix& D, const Matrix& C) {
    const Matrix DC = product(D, C);
    Matrix S = Matrix::Zero(D.rows(), D.rows());
    for (Index l = 0; l < D.rows(); ++l)
        for (Index j = 0; j < D.cols(); ++j)
            for (Index k = 0; k < D.rows(); ++k) S(k, l) += DC(k, j) * D(l, j);
    return S;
}

/// P = L L^T of a symmetric matrix (lower triangle read); ok() is false where it is not positive definite
/// to rounding. O(n^3), unblocked (Golub and Van Loan, "Matrix Computations", 4.2).
class Cholesky {
public:
    /// Factors P = L L^T; see ok().
    explicit Cholesky(Matrix P) : L_(std::move(P)) {
        const Index n = L_.rows();
        for (Index j = 0; j < n; ++j) {
            const double before = L_(j, j);
            for (Index k = 0; k < j; ++k) L_(j, j) -= L_(j, k) * L_(j, k);
            const double rounding = static_cast<double>(n) * std::numeric_limits<double>::epsilon() * before;
            if (!(L_(j, j) > rounding)) {
                ok_ = false;
                return;
            }
            L_(j, j) = std::sqrt(L_(j, j));
            for (Index i = j + 1; i < n; ++i) {
                for (Index k = 0; k < j; ++k) L_(i, j) -= L_(i, k) * L_(j, k);
                L_(i, j) /= L_(j, j);
            }
        }
    }

    /// Whether P is positive definite.
    bool ok() const { return ok_; }

    /// L, where ok(); its strict upper triangle is not zero but what P had there.
    const Matrix& factor() const { return L_; }

    /// P^-1 b.
    Vector solve(Vector b) const {
        solve_lower(b.data());
        solve_upper(b.data());
        return b;
    }
    /// In place: L^-1 b, and L^-T b.
    void solve_lower(double* b) const {
        for (Index i = 0; i < L_.rows(); ++i) {
            for (Index k = 0; k < i; ++k) b[i] -= L_(i, k) * b[k];
            b[i] /= L_(i, i);
        }
    }
    /// b := L^-T b.
    void solve_upper(double* b) const {
        const Index n = L_.rows();
        for (Index i = n - 1; i >= 0; --i) {
            for (Index k = i + 1; k < n; ++k) b[i] -= L_(k, i) * b[k];
            b[i] /= L_(i, i);
        }
    }

private:
    Matrix L_;
    bool ok_ = true;
};

/// Eigenvalues (ascending) and unit eigenvectors (columns) of a symmetric matrix, by cyclic Jacobi
/// rotations: small eigenvalues to high relative accuracy (Golub and Van Loan, 8.5). O(n^3) a sweep.
struct SymmetricEigen {
    Vector values;   ///< In ascending order.
    Matrix vectors;  ///< Columns, of length 1.

    /// Eigenvalues and eigenvectors of a symmetric matrix.
    [[gnu::cold]] explicit SymmetricEigen(Matrix A)
        : values(A.rows()), vectors(Matrix::Zero(A.rows(), A.cols())) {
        const Index n = A.rows();
        for (Index k = 0; k < n; ++k) vectors(k, k) = 1.0;
        for (int sweep = 0; sweep < 60; ++sweep) {
            double off = 0.0, all = 0.0;
            for (Index j = 0; j < n; ++j)
                for (Index i = 0; i < n; ++i) (i == j ? all : off) += A(i, j) * A(i, j);
            if (!(off > 1e-34 * (all + off))) break;
            for (Index p = 0; p < n; ++p)
                for (Index q = p + 1; q < n; ++q) rotate(A, p, q);
        }
        for (Index k = 0; k < n; ++k) values[k] = A(k, k);
        for (Index k = 0; k < n; ++k) {  // selection sort: few and far between
            Index least = k;
            for (Index l = k + 1; l < n; ++l)
                if (values[l] < values[least]) least = l;
            std::swap(values[k], values[least]);
            for (Index i = 0; i < n; ++i) std::swap(vectors(i, k), vectors(i, least));
        }
    }

private:
    void rotate(Matrix& A, Index p, Index q) {
        if (A(p, q) == 0.0) return;
        const double tau = (A(q, q) - A(p, p)) / (2.0 * A(p, q));
        const double t = (tau >= 0.0 ? 1.0 : -1.0) / (std::abs(tau) + std::sqrt(1.0 + tau * tau));
        const double c = 1.0 / std::sqrt(1.0 + t * t), s = t * c;
        const auto turn = [c, s](double& x, double& y) {
            const double before = x;
            x = c * before - s * y;
            y = s * before + c * y;
        };
        for (Index k = 0; k < A.rows(); ++k) turn(A(k, p), A(k, q));
        for (Index k = 0; k < A.rows(); ++k) turn(A(p, k), A(q, k));
        for (Index k = 0; k < A.rows(); ++k) turn(vectors(k, p), vectors(k, q));
        A(p, q) = A(q, p) = 0.0;  // what rounding leaves would keep sweeps from ending
    }
};

}  // namespace predcg::linalg
