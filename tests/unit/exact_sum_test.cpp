#include <predcg/core/exact_sum.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "test_seed.hpp"

namespace exact_sum_test {
using predcg::ExactSum;

namespace {

double sum_of(const std::vector<double>& terms) {
    ExactSum sum;
    for (const double term : terms) sum.add(term);
    return sum.value();
}

constexpr double tiny = std::numeric_limits<double>::denorm_min();
constexpr double huge = std::numeric_limits<double>::max();
constexpr double infinity = std::numeric_limits<double>::infinity();

TEST(ExactSum, OfOneTermIsTheTerm) {
    auto rng = test_rng(920);
    std::vector<double> terms{0.0, 1.0, tiny, 3.0 * tiny, std::numeric_limits<double>::min(), huge, 0.1};
    std::uniform_int_distribution<std::uint64_t> bits;
    while (terms.size() < 5000) {
        const double term = std::bit_cast<double>(bits(rng));
        if (std::isfinite(term)) terms.push_back(std::abs(term));
    }
    for (const double term : terms) {
        EXPECT_EQ(sum_of({term}), term);
        EXPECT_EQ(sum_of({-term}), -term);
        EXPECT_EQ(sum_of({term, -term}), 0.0);
    }
    EXPECT_EQ(sum_of({}), 0.0);
}

TEST(ExactSum, LosesNothing) {
    EXPECT_EQ(sum_of({1e300, 1.0, -1e300, 1e-300}), 1.0);
    EXPECT_EQ(sum_of({huge, tiny, -huge}), tiny);
    EXPECT_EQ(sum_of({-huge, -huge, huge, huge, -tiny}), -tiny);
    EXPECT_EQ(sum_of({huge, huge}), infinity);
    EXPECT_EQ(sum_of({huge, huge, -huge, -huge, 5.0}), 5.0);  // beyond the range in between
}

TEST(ExactSum, RoundsOnceToEven) {
    const double ulp = std::ldexp(1.0, -52);
    EXPECT_EQ(sum_of({1.0, 0.5 * ulp}), 1.0);
    EXPECT_EQ(sum_of({1.0 + ulp, 0.5 * ulp}), 1.0 + 2.0 * ulp);
    EXPECT_EQ(sum_of({1.0, 0.5 * ulp, tiny}), 1.0 + ulp) << "not half-way";
    EXPECT_EQ(sum_of({1.0, 0.5 * ulp, -tiny}), 1.0);
    EXPECT_EQ(sum_of({-1.0, -0.5 * ulp, -tiny}), -1.0 - ulp);
    // Of two doubles the sum of IEEE 754 is correctly rounded, too.
    auto rng = test_rng(921);
    std::uniform_real_distribution<double> mantissa(-1.0, 1.0);
    std::uniform_int_distribution<int> exponent(-60, 60);
    for (int k = 0; k < 20000; ++k) {
        const double a = std::ldexp(mantissa(rng), exponent(rng));
        const double b = std::ldexp(mantissa(rng), exponent(rng));
        ASSERT_EQ(sum_of({a, b}), a + b) << a << ' ' << b;
    }
}

TEST(ExactSum, DoesNotDependOnOrderOrParts) {
    auto rng = test_rng(922);
    std::normal_distribution<double> normal;
    std::uniform_int_distribution<int> exponent(-300, 300);
    std::vector<double> terms;
    for (int k = 0; k < 3000; ++k) terms.push_back(std::ldexp(normal(rng), exponent(rng)));
    const double once = sum_of(terms);
    for (int repeat = 0; repeat < 5; ++repeat) {
        std::shuffle(terms.begin(), terms.end(), rng);
        EXPECT_EQ(sum_of(terms), once);
        ExactSum parts[3], all;
        for (std::size_t k = 0; k < terms.size(); ++k) parts[k % 7 % 3].add(terms[k]);
        for (ExactSum& part : parts)
            for (std::size_t w = 0; w < ExactSum::word_count; ++w) all.words()[w] += part.words()[w];
        EXPECT_EQ(all.value(), once);
    }
}

TEST(ExactSum, OfManyTermsCarries) {
    ExactSum sum;
    for (int k = 0; k < 3'000'000; ++k) sum.add(0.1);
    EXPECT_EQ(sum.value(), 3e6 * 0.1);  // one rounding
    for (int k = 0; k < 3'000'000; ++k) sum.add(-0.1);
    EXPECT_EQ(sum.value(), 0.0);
}

TEST(ExactSum, KeepsWhatIsNotFinite) {
    EXPECT_EQ(sum_of({infinity, 1.0}), infinity);
    EXPECT_EQ(sum_of({-infinity, 1.0}), -infinity);
    EXPECT_TRUE(std::isnan(sum_of({infinity, -infinity})));
    EXPECT_TRUE(std::isnan(sum_of({std::nan(""), infinity})));
}

}  // namespace
}  // namespace exact_sum_test
