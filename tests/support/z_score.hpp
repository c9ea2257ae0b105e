#pragma once
// Comparing averages of random numbers with exact values.
#include "chance.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

/// A true statement about a normal variable fails this one time in 1e10 (two-sided, 6.5 standard errors);
/// ten thousand such statements of the suite together once in a million runs.
inline constexpr support::ChanceLimit z_limit{6.5, 8.1e-11};

inline void expect_z(double estimate, double exact, double standard_error, const std::string& what) {
    EXPECT_LE(std::abs(estimate - exact), z_limit * standard_error)
        << what << ": " << estimate << " for " << exact << ", z = " << (estimate - exact) / standard_error;
}
