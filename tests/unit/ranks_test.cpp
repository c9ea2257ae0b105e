// Average ranks and Spearman's rank correlation: worked by hand, and the formula for ranks without ties.
#include <predcg/statistics/ranks.hpp>

#include <gtest/gtest.h>

#include "test_seed.hpp"
#include "thrown.hpp"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>

namespace ranks_test {
using namespace predcg;
using namespace predcg::statistics;

namespace {

Vector vector(std::initializer_list<double> values) {
    Vector v(static_cast<Index>(values.size()));
    std::copy(values.begin(), values.end(), v.begin());
    return v;
}

TEST(AverageRanks, EqualValuesShareTheirs) {
    EXPECT_EQ(average_ranks(vector({0.5, -2.0, 7.0})), vector({2.0, 1.0, 3.0}));
    EXPECT_EQ(average_ranks(vector({3.0, 1.0, 3.0, 3.0, 0.0, 1.0})), vector({5.0, 2.5, 5.0, 5.0, 1.0, 2.5}));
    EXPECT_EQ(average_ranks(vector({4.0, 4.0})), vector({1.5, 1.5}));
    EXPECT_EQ(average_ranks(Vector(0)).size(), 0);
}

TEST(RankCorrelation, IsOneForAnythingThatRisesAndMinusOneForAnythingThatFalls) {
    const Vector x = vector({-1.0, 0.0, 0.5, 2.0, 9.0});
    EXPECT_EQ(rank_correlation(x, x.array().exp().matrix()), 1.0);
    EXPECT_EQ(rank_correlation(x, -x.array().cube().matrix()), -1.0);
}

TEST(RankCorrelation, WithTiesByHand) {
    // ranks 1.5, 1.5, 3, 4 and 1, 2, 4, 3: less 2.5, products 1.5 + 0.5 + 0.75 + 0.75, squares 4.5 and 5
    EXPECT_DOUBLE_EQ(rank_correlation(vector({2.0, 2.0, 3.0, 8.0}), vector({0.0, 1.0, 5.0, 4.0})),
                     3.5 / std::sqrt(4.5 * 5.0));
}

TEST(RankCorrelation, WithoutTiesFollowsFromDifferencesOfRanks) {
    auto rng = test_rng(1);
    const auto any = [&rng] { return static_cast<double>(rng() >> 32); };
    Vector x(40), y(40);
    for (Index k = 0; k < x.size(); ++k) {
        x[k] = any();
        y[k] = x[k] + 0.7 * any();
    }
    const double n = 40.0, squares = (average_ranks(x) - average_ranks(y)).squaredNorm();
    EXPECT_DOUBLE_EQ(rank_correlation(x, y), 1.0 - 6.0 * squares / (n * (n * n - 1.0)));
}

TEST(RankCorrelation, IsZeroWhereOneDoesNotVary) {
    EXPECT_EQ(rank_correlation(vector({1.0, 1.0, 1.0}), vector({1.0, 2.0, 3.0})), 0.0);
    EXPECT_EQ(rank_correlation(vector({1.0, 2.0, 3.0}), vector({5.0, 5.0, 5.0})), 0.0);
    EXPECT_EQ(rank_correlation(vector({1.0}), vector({2.0})), 0.0);
    EXPECT_EQ(rank_correlation(Vector(0), Vector(0)), 0.0);
}

TEST(RankCorrelation, IsNotANumberIfAValueIsNone) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    EXPECT_TRUE(average_ranks(vector({1.0, nan, 0.0})).array().isNaN().all());
    EXPECT_TRUE(std::isnan(rank_correlation(vector({1.0, nan, 0.0}), vector({1.0, 2.0, 3.0}))));
    EXPECT_TRUE(std::isnan(rank_correlation(vector({1.0, 2.0}), vector({nan, nan}))));
}

TEST(RankCorrelation, RefusesDifferentSizes) {
    const auto error = support::thrown<ArgumentError>([] { rank_correlation(Vector(2), Vector(3)); });
    EXPECT_EQ(error.argument(), "size of y");
}

}  // namespace
}  // namespace ranks_test
