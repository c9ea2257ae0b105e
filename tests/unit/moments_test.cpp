// Mean, variance and errors against long double; running moments of numbers, vectors and matrices.
#include <predcg/statistics/moments.hpp>
#include <predcg/statistics/running_moments.hpp>

#include "close.hpp"
#include "test_seed.hpp"
#include "thrown.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace moments_test {
using namespace predcg;
using namespace predcg::statistics;
using support::expect_close;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

Matrix random_matrix(std::mt19937_64& rng, Index rows, Index cols, double centre) {
    std::normal_distribution<double> normal(centre, 1.0);
    Matrix m(rows, cols);
    for (Index l = 0; l < cols; ++l)
        for (Index k = 0; k < rows; ++k) m(k, l) = normal(rng);
    return m;
}

long double mean_by_hand(const Matrix& m) {
    long double sum = 0.0L;
    for (Index k = 0; k < m.size(); ++k) sum += m.data()[k];
    return sum / static_cast<long double>(m.size());
}

double variance_by_hand(const Matrix& m) {
    const long double centre = mean_by_hand(m);
    long double sum = 0.0L;
    for (Index k = 0; k < m.size(); ++k) sum += (m.data()[k] - centre) * (m.data()[k] - centre);
    return static_cast<double>(sum / static_cast<long double>(m.size() - 1));
}

TEST(Moments, OfAllEntries) {
    auto rng = test_rng(1);
    for (const double centre : {0.0, 1e6}) {
        const Matrix m = random_matrix(rng, 17, 3, centre);
        EXPECT_NEAR(mean(m), static_cast<double>(mean_by_hand(m)), 1e-15 * std::max(1.0, centre));
        expect_close(variance(m), variance_by_hand(m), 1e-13);
        expect_close(standard_error(m), std::sqrt(variance_by_hand(m) / 51.0), 1e-13);
        expect_close(mean(m.row(1)), static_cast<double>(mean_by_hand(m.row(1))), 1e-15);
    }
}

TEST(Moments, OfEqualEntriesAreExact) {
    for (const double x : {0.1, -1.0 / 3.0, 1e300}) {
        const Vector v = Vector::Constant(7, x);
        EXPECT_EQ(mean(v), x);
        EXPECT_EQ(variance(v), 0.0);
        EXPECT_EQ(standard_error(v), 0.0);
    }
}

TEST(Moments, OfFewAndOfNone) {
    EXPECT_EQ(mean(Vector::Constant(1, 2.5)), 2.5);
    EXPECT_TRUE(std::isnan(variance(Vector::Constant(1, 2.5))));
    EXPECT_TRUE(std::isnan(standard_error(Vector::Constant(1, 2.5))));
    support::thrown<ArgumentError>([] { (void)mean(Vector()); });
    support::thrown<ArgumentError>([] { (void)variance(Vector()); });
    support::thrown<ArgumentError>([] { (void)moments_of_columns(Matrix(2, 0)); });
}

// An infinite entry is not hidden by where it stands.
TEST(Moments, InfiniteEntries) {
    EXPECT_EQ(mean(Vector{{infinity, 1.0}}), infinity);
    EXPECT_EQ(mean(Vector{{1.0, infinity}}), infinity);
    EXPECT_EQ(mean(Vector::Constant(1, infinity)), infinity);
    EXPECT_TRUE(std::isnan(mean(Vector{{infinity, -infinity}})));
    EXPECT_TRUE(std::isnan(variance(Vector{{infinity, 1.0}})));
}

TEST(Moments, OfColumns) {
    auto rng = test_rng(2);
    const Matrix z = random_matrix(rng, 3, 40, 5.0);
    const MeanAndCovariance m = moments_of_columns(z);
    for (Index a = 0; a < 3; ++a) {
        expect_close(m.mean[a], static_cast<double>(mean_by_hand(z.row(a))), 1e-15);
        expect_close(m.covariance(a, a), variance_by_hand(z.row(a)), 1e-13);
        for (Index b = 0; b < 3; ++b) {
            // Cov = (Var(a + b) - Var(a) - Var(b)) / 2
            const double sum = variance_by_hand(z.row(a) + z.row(b));
            const double parts = variance_by_hand(z.row(a)) + variance_by_hand(z.row(b));
            expect_close(m.covariance(a, b), 0.5 * (sum - parts), 1e-13);
            EXPECT_EQ(m.covariance(a, b), m.covariance(b, a));
        }
    }
    EXPECT_EQ(moments_of_columns(z.leftCols(1)).covariance, Matrix::Zero(3, 3));
}

/// Running moments of V at every entry, those of all values by hand.
template <class V>
void expect_running(std::mt19937_64& rng, Index rows, Index cols) {
    RunningMoments<V> running;
    const Matrix all = random_matrix(rng, rows * cols, 30, 1e4);
    for (Index k = 0; k < all.cols(); ++k) running.add(Eigen::Map<const V>(all.col(k).data(), rows, cols));
    EXPECT_EQ(running.count(), 30);
    for (Index k = 0; k < all.rows(); ++k) {
        const double expected = variance_by_hand(all.row(k));
        expect_close(running.mean().data()[k], static_cast<double>(mean_by_hand(all.row(k))), 1e-15);
        expect_close(running.variance().data()[k], expected, 1e-11);
        expect_close(running.scatter().data()[k], 29.0 * expected, 1e-11);
        expect_close(running.standard_error().data()[k], std::sqrt(expected / 30.0), 1e-11);
    }
}

TEST(RunningMoments, OfVectorsAndMatrices) {
    auto rng = test_rng(3);
    expect_running<Vector>(rng, 4, 1);
    expect_running<Matrix>(rng, 2, 3);
}

TEST(RunningMoments, OfNumbersAreThoseOfVectorsToTheLastBit) {
    auto rng = test_rng(4);
    const Matrix all = random_matrix(rng, 1, 25, -3.0);
    RunningMoments<double> numbers;
    RunningMoments<Vector> vectors;
    for (const double x : all.reshaped()) {
        numbers.add(x);
        vectors.add(Vector::Constant(1, x));
    }
    EXPECT_EQ(numbers.mean(), vectors.mean()[0]);
    EXPECT_EQ(numbers.variance(), vectors.variance()[0]);
    EXPECT_EQ(numbers.standard_error(), vectors.standard_error()[0]);
    expect_close(numbers.variance(), variance_by_hand(all), 1e-13);
}

TEST(RunningMoments, OfOneValueHaveNoError) {
    RunningMoments<Vector> one;
    one.add(Vector{{1.0, 2.0}});
    EXPECT_EQ(one.mean(), (Vector{{1.0, 2.0}}));
    EXPECT_EQ(one.scatter(), Vector::Zero(2));
    for (Index k = 0; k < 2; ++k) {
        EXPECT_TRUE(std::isnan(one.variance()[k]));
        EXPECT_TRUE(std::isnan(one.standard_error()[k]));
    }
}

TEST(RunningMoments, OfTwoValues) {
    RunningMoments<double> two;
    two.add(1.0);
    two.add(5.0);
    EXPECT_EQ(two.variance(), 8.0);
    EXPECT_EQ(two.standard_error(), 2.0);
}

}  // namespace
}  // namespace moments_test
