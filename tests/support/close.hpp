#pragma once
// Comparison of numbers, vectors and matrices, relative for large values and absolute for small ones.
#include <predcg/core/types.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

namespace support {

/// |a - b| <= tolerance max(1, |b|); infinities must be equal.
inline void expect_close(double a, double b, double tolerance, const std::string& what = "") {
    if (std::isinf(a) || std::isinf(b))
        EXPECT_EQ(a, b) << what;
    else
        EXPECT_NEAR(a, b, tolerance * std::max(1.0, std::abs(b))) << what;
}

/// The same for every component.
template <predcg::MatrixLike A, predcg::MatrixLike B>
void expect_close(const A& a, const B& b, double tolerance, const std::string& what = "") {
    ASSERT_EQ(a.rows(), b.rows()) << what;
    ASSERT_EQ(a.cols(), b.cols()) << what;
    for (predcg::Index j = 0; j < b.cols(); ++j)
        for (predcg::Index i = 0; i < b.rows(); ++i)
            expect_close(a(i, j), b(i, j), tolerance,
                         what + " (" + std::to_string(i) + ", " + std::to_string(j) + ")");
}

}  // namespace support
