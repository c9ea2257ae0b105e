// Directions that data leave open: which, how many, and their text.
#include <predcg/learning/identifiability.hpp>

#include <gtest/gtest.h>

#include "test_seed.hpp"

namespace identifiability_test {
using namespace predcg;

namespace {

const std::vector<std::string> names{"linear", "pair_1", "logit_theta_cf"};

/// sum_k values[k] v_k v_k^T of orthonormal columns v.
Matrix with_spectrum(const Matrix& vectors, const Vector& values) {
    return vectors * values.asDiagonal() * vectors.transpose();
}

TEST(WeakDirections, NoneWhereAllIsKnown) {
    EXPECT_TRUE(detail::weak_directions(Vector{{0.25, 1.0, 7.0}}.asDiagonal(), names).empty());
    EXPECT_TRUE(detail::weak_directions(Matrix(0, 0), {}).empty());
}

TEST(WeakDirections, TheThresholdIsAQuarter) {
    EXPECT_EQ(detail::weak_directions(Vector{{0.2499, 1.0, 7.0}}.asDiagonal(), names).size(), 1u);
    EXPECT_EQ(detail::weak_directions(Vector{{0.2499, 1.0, 7.0}}.asDiagonal(), names, 2.0).size(), 2u);
}

TEST(WeakDirections, SmallestFirstNegativeOnesToo) {
    const auto weak = detail::weak_directions(Vector{{0.1, -3.0, 7.0}}.asDiagonal(), names);
    ASSERT_EQ(weak.size(), 2u);
    EXPECT_DOUBLE_EQ(weak[0].information, -3.0);
    EXPECT_EQ(weak[0].text, "1.00 pair_1");
    EXPECT_DOUBLE_EQ(weak[1].information, 0.1);
    EXPECT_EQ(weak[1].text, "1.00 linear");
}

TEST(WeakDirections, ACombinationIsNamedByItsParts) {
    const Matrix v{{0.6, 0.8, 0.0}, {-0.8, 0.6, 0.0}, {0.0, 0.0, 1.0}};
    const auto weak = detail::weak_directions(with_spectrum(v, Vector{{0.01, 2.0, 3.0}}), names);
    ASSERT_EQ(weak.size(), 1u);
    EXPECT_NEAR(weak[0].information, 0.01, 1e-14);
    EXPECT_EQ(weak[0].text, "0.80 pair_1 - 0.60 linear");
    EXPECT_NEAR((weak[0].coefficients - Vector{{-0.6, 0.8, 0.0}}).norm(), 0.0, 1e-12);
}

TEST(WeakDirections, TheLargestPartIsPositive) {
    auto rng = test_rng(1);
    std::normal_distribution<double> normal;
    for (int repeat = 0; repeat < 100; ++repeat) {
        const Vector v = Vector{{normal(rng), normal(rng), normal(rng)}}.normalized();
        const Matrix information = Vector{{2.0, 2.5, 3.0}}.asDiagonal();
        const auto weak = detail::weak_directions(information - 50.0 * v * v.transpose(), names);
        ASSERT_EQ(weak.size(), 1u);
        EXPECT_GT(std::abs(weak[0].coefficients.dot(v)), 0.99);
        EXPECT_EQ(weak[0].coefficients.maxCoeff(), weak[0].coefficients.lpNorm<Eigen::Infinity>());
        EXPECT_NE(weak[0].text.front(), '-');
    }
}

// Parts below 0.05 are left out of the text, not of the numbers.
TEST(WeakDirections, SmallPartsAreLeftOut) {
    const double c = std::cos(0.04), s = std::sin(0.04);
    const Matrix v{{-c, s, 0.0}, {-s, -c, 0.0}, {0.0, 0.0, 1.0}};
    const auto weak = detail::weak_directions(with_spectrum(v, Vector{{0.0, 2.0, 3.0}}), names);
    ASSERT_EQ(weak.size(), 1u);
    EXPECT_EQ(weak[0].text, "1.00 linear");
    EXPECT_NEAR((weak[0].coefficients - Vector{{c, s, 0.0}}).norm(), 0.0, 1e-12);
}

// The largest coefficient is positive; terms come by falling size.
TEST(Directions, AreDescribedWithTheirSigns) {
    Direction direction{};
    direction.coefficients = Vector{{0.6, -0.8, 0.01}};
    detail::describe(direction, {"a", "b", "c"});
    EXPECT_EQ(direction.coefficients, (Vector{{-0.6, 0.8, -0.01}}));
    EXPECT_EQ(direction.text, "0.80 b - 0.60 a");
}

}  // namespace
}  // namespace identifiability_test
