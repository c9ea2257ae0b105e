// Probabilities and quantiles of the normal, beta and gamma distributions, against Boost.Math.
#include <predcg/statistics/special_functions.hpp>

#include <boost/math/special_functions/beta.hpp>
#include <boost/math/special_functions/erf.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace special_functions_test {
using namespace predcg;

namespace {

void expect_relative(double value, double expected, double tolerance, double a, double b = 0.0,
                     double c = 0.0) {
    EXPECT_LE(std::abs(value - expected), tolerance * std::abs(expected))
        << value << " for " << expected << " at " << a << ", " << b << ", " << c;
}

TEST(SpecialFunctions, NormalQuantile) {
    for (const double p : {1e-300, 1e-30, 1e-9, 1e-4, 0.01, 0.1, 0.3, 0.49})
        expect_relative(detail::normal_quantile(p), -std::numbers::sqrt2 * boost::math::erfc_inv(2.0 * p),
                        1e-13, p);
    for (const double p : {0.51, 0.7, 0.9, 0.999, 1.0 - 1e-9})
        expect_relative(detail::normal_quantile(p), -std::numbers::sqrt2 * boost::math::erfc_inv(2.0 * p),
                        1e-13, p);
    for (const double p : {0.499999, 0.5})
        EXPECT_NEAR(detail::normal_quantile(p), -std::numbers::sqrt2 * boost::math::erfc_inv(2.0 * p), 2e-16);
}

TEST(SpecialFunctions, Beta) {
    for (const double a : {0.5, 1.0, 2.0, 37.0, 400.5, 4000.0, 1e4})
        for (const double b : {0.5, 1.0, 3.0, 100.0, 2500.25, 1e4}) {
            for (const double x : {1e-6, 0.01, 0.3, 0.5, 0.8, 0.999}) {
                const double expected = boost::math::ibeta(a, b, x);
                if (expected > 1e-200)
                    expect_relative(detail::beta_probability(a, b, x), expected, 1e-10, a, b, x);
            }
            for (const double p : {1e-6, 0.025, 0.1586, 0.5, 0.95})
                expect_relative(detail::beta_quantile(a, b, p), boost::math::ibeta_inv(a, b, p), 1e-10, a, b,
                                p);
        }
    EXPECT_EQ(detail::beta_probability(2.0, 3.0, 0.0), 0.0);
    EXPECT_EQ(detail::beta_probability(2.0, 3.0, 1.0), 1.0);
}

// Where x and 1 - x both lie above their rounded means the mirror image is not asked for its own.
TEST(SpecialFunctions, BetaAtTheMean) {
    const double a = 47.248936869109144, b = 20.650926326131462, x = 0.69025795850762628;
    expect_relative(detail::beta_probability(a, b, x), boost::math::ibeta(a, b, x), 1e-11, a, b, x);
    EXPECT_EQ(detail::beta_quantile(6.0, 5.0, 1.0), 1.0);
    EXPECT_LT(detail::beta_quantile(6.0, 5.0, 0.0), 1e-300);
}

TEST(SpecialFunctions, GammaTail) {
    for (const double a : {0.5, 1.0, 4.5, 9.5, 50.0, 500.0})
        for (const double share : {0.1, 0.5, 0.9, 1.0, 1.5, 3.0})
            expect_relative(detail::gamma_tail(a, a * share), boost::math::gamma_q(a, a * share), 1e-11, a,
                            share);
    EXPECT_EQ(detail::gamma_tail(2.0, 0.0), 1.0);
}

}  // namespace
}  // namespace special_functions_test
