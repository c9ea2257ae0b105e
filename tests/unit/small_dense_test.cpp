// The small dense algebra against its definitions.
#include <predcg/core/linalg.hpp>
#include <predcg/learning/blocks.hpp>

#include "close.hpp"
#include "test_seed.hpp"

#include <gtest/gtest.h>

namespace small_dense_test {
using namespace predcg;
using support::expect_close;

namespace {

/// Random symmetric matrix with eigenvalues of order one, and its square, which is positive definite.
class SmallDense : public testing::TestWithParam<int> {
protected:
    Matrix random_matrix(Index rows, Index cols) {
        Matrix m(rows, cols);
        for (Index j = 0; j < cols; ++j)
            for (Index i = 0; i < rows; ++i) m(i, j) = normal(rng);
        return m;
    }

    std::mt19937_64 rng = test_rng(static_cast<std::uint64_t>(GetParam()));
    std::normal_distribution<double> normal;
    Index n = GetParam();
};

TEST_P(SmallDense, Product) {
    const Matrix A = random_matrix(n, n + 1), B = random_matrix(n + 1, 3);
    Matrix C = Matrix::Zero(n, 3);
    for (Index i = 0; i < n; ++i)
        for (Index j = 0; j < 3; ++j)
            for (Index k = 0; k <= n; ++k) C(i, j) += A(i, k) * B(k, j);
    expect_close(linalg::product(A, B), C, 1e-13);
}

TEST_P(SmallDense, Sandwich) {
    const Matrix D = random_matrix(n, n + 1), C = random_matrix(n + 1, n + 1);
    expect_close(linalg::sandwich(D, C), linalg::product(D, linalg::product(C, linalg::transposed(D))),
                 1e-12);
}

TEST_P(SmallDense, CholeskySolves) {
    const Matrix R = random_matrix(n, n);
    const Matrix P = linalg::product(R, R.transpose()) + Matrix::Identity(n, n);
    const Vector b = random_matrix(n, 1);
    const linalg::Cholesky factor(P);
    ASSERT_TRUE(factor.ok());
    expect_close(Vector(linalg::product(P, factor.solve(b))), b, 1e-11);
    Matrix lower_only = P;
    for (Index j = 0; j < n; ++j)
        for (Index i = 0; i < j; ++i) lower_only(i, j) = std::numeric_limits<double>::quiet_NaN();
    expect_close(linalg::Cholesky(lower_only).solve(b), factor.solve(b), 0.0);
}

TEST_P(SmallDense, CholeskyRefusesWhatIsNotPositiveDefinite) {
    const Matrix R = random_matrix(n, n);
    const Matrix P = linalg::product(R, R.transpose()) + Matrix::Identity(n, n);
    for (Index k = 0; k < n; ++k) {  // x^T P x < 0 for the unit vector k
        Matrix indefinite = P;
        indefinite(k, k) = -1e-3;
        EXPECT_FALSE(linalg::Cholesky(indefinite).ok()) << k;
    }
    Matrix with_nan = P;
    with_nan(n - 1, 0) = std::numeric_limits<double>::quiet_NaN();
    EXPECT_FALSE(linalg::Cholesky(with_nan).ok());
    if (n > 1) {  // rank one, in numbers without rounding
        Matrix singular = Matrix::Ones(n, n);
        EXPECT_FALSE(linalg::Cholesky(singular).ok());
        singular(1, 1) += std::numeric_limits<double>::epsilon();  // a pivot that may be rounding only
        EXPECT_FALSE(linalg::Cholesky(singular.topLeftCorner(2, 2)).ok());
    }
}

TEST_P(SmallDense, EigenvaluesAndVectors) {
    const Matrix R = random_matrix(n, n);
    const Matrix A = R + R.transpose();
    const linalg::SymmetricEigen eigen(A);
    for (Index k = 0; k + 1 < n; ++k) EXPECT_LE(eigen.values[k], eigen.values[k + 1]);
    expect_close(linalg::product(eigen.vectors.transpose(), eigen.vectors), Matrix::Identity(n, n), 1e-13);
    expect_close(linalg::product(A, eigen.vectors), linalg::product(eigen.vectors, eigen.values.asDiagonal()),
                 1e-12);
}

TEST_P(SmallDense, SelectedAndScattered) {
    const Vector v = random_matrix(n, 1);
    const Matrix m = random_matrix(n, n);
    std::vector<Index> at;
    for (Index k = 0; k < n; k += 2) at.push_back(k);
    const Vector part = linalg::selected(v, at);
    const Matrix block = linalg::selected(m, at);
    ASSERT_EQ(part.size(), static_cast<Index>(at.size()));
    const Vector back = linalg::scattered(part, at, n);
    for (Index k = 0; k < n; ++k) EXPECT_EQ(back[k], k % 2 == 0 ? v[k] : 0.0);
    for (Index k = 0; k < block.rows(); ++k)
        for (Index l = 0; l < block.cols(); ++l) EXPECT_EQ(block(k, l), m(2 * k, 2 * l));
}

INSTANTIATE_TEST_SUITE_P(Sizes, SmallDense, testing::Values(1, 2, 3, 5, 9));

TEST(SmallDenseValues, SmallEigenvaluesToHighRelativeAccuracy) {
    Matrix A(3, 3);  // diagonally graded: eigenvalues 1, 1e-8, 1e-16 to first order
    A << 1.0, 1e-5, 1e-9, 1e-5, 2e-8, 1e-13, 1e-9, 1e-13, 1e-16;
    const linalg::SymmetricEigen eigen(A);
    EXPECT_GT(eigen.values[0], 0.0);
    // The determinant is that of the matrix: 1e-16 (2e-8 - 1e-10) + ..., computed here term by term.
    const double det = 2e-24 + 2e-27 - 1e-26 - 1e-26 - 2e-26;
    EXPECT_NEAR(eigen.values.prod() / det, 1.0, 1e-8);
}

TEST(SmallDenseValues, EmptyMatrices) {
    EXPECT_TRUE(linalg::Cholesky(Matrix(0, 0)).ok());
    EXPECT_EQ(linalg::Cholesky(Matrix(0, 0)).solve(Vector(0)).size(), 0);
    EXPECT_EQ(linalg::SymmetricEigen(Matrix(0, 0)).values.size(), 0);
    EXPECT_EQ(linalg::largest(Vector(0)), 0.0);
}

TEST(SmallDenseValues, Vectors) {
    Vector v(3), step(3), lower(3);
    v << 1.0, -4.0, 2.0;
    step << 1.0, 1.0, -10.0;
    lower << -9.0, -9.0, 0.5;
    EXPECT_EQ(linalg::largest(v), 4.0);
    EXPECT_EQ(linalg::moved(v, 0.5, step, lower), (Vector(3) << 1.5, -3.5, 0.5).finished());
    EXPECT_TRUE(linalg::all_finite(v.data(), 3));
    v[2] = std::numeric_limits<double>::infinity();
    EXPECT_FALSE(linalg::all_finite(v.data(), 3));
    EXPECT_TRUE(linalg::all_finite(v.data(), 2));
}

TEST(SmallDenseValues, PartsPutTogether) {
    Matrix m(3, 2);
    m << 1.0, 4.0, 2.0, 5.0, 3.0, 6.0;
    const Matrix two_rows = linalg::leading_rows(m, 2);
    EXPECT_EQ(two_rows.rows(), 2);
    EXPECT_EQ(two_rows, (Matrix(2, 2) << 1.0, 4.0, 2.0, 5.0).finished());
    const Vector u = linalg::row_of(m, 1), v = linalg::column_of(m, 0);
    EXPECT_EQ(linalg::joined(u, v), (Vector(5) << 2.0, 5.0, 1.0, 2.0, 3.0).finished());
    linalg::set_column(m, 1, v);
    EXPECT_EQ(linalg::vector_of(m.data(), 6), (Vector(6) << 1.0, 2.0, 3.0, 1.0, 2.0, 3.0).finished());
}

TEST(Blocks, OfThetaAndEta) {
    Vector v{{1.0, 2.0, 3.0, 4.0, 5.0}};
    const detail::Blocks of_vector(v, 2);
    EXPECT_EQ(of_vector.coarse(1), 2.0);
    EXPECT_EQ(of_vector.map(0), 3.0);
    EXPECT_EQ(of_vector.map(2), 5.0);
    Matrix m = v * v.transpose();
    const detail::Blocks of_matrix(m, 2);
    EXPECT_EQ(of_matrix.coarse(0, 1), 2.0);
    EXPECT_EQ(of_matrix.map(0, 2), 15.0);
    of_matrix.map(1, 0) = -1.0;
    EXPECT_EQ(m(3, 2), -1.0);
}

}  // namespace
}  // namespace small_dense_test
