#pragma once
// Mean, variance and covariance of numbers that count the same. One after the other:
// running_moments.hpp; with weights: moment_accumulator.hpp; of correlated draws the standard error is that
// of autocorrelation.hpp.
#include <predcg/core/error.hpp>
#include <predcg/core/types.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace predcg::statistics {

/// Mean of all entries; exact where they are equal, so that a chain that never moved has no variance.
/// Throws ArgumentError for none.
inline double mean(const Eigen::Ref<const Matrix>& values) {
    require_range(values.size(), 1, std::numeric_limits<Index>::max(), "mean", "number of values");
    const double first = std::isfinite(values(0, 0)) ? values(0, 0) : 0.0;
    double sum = 0.0;
    for (Index l = 0; l < values.cols(); ++l)
        for (Index k = 0; k < values.rows(); ++k) sum += values(k, l) - first;
    return first + sum / static_cast<double>(values.size());
}

/// Variance of all n entries, sum (x - mean)^2 / (n - 1); NaN for one. Throws ArgumentError for none.
inline double variance(const Eigen::Ref<const Matrix>& values) {
    const double centre = mean(values);
    if (values.size() < 2) return detail::undefined;
    double sum = 0.0;
    for (Index l = 0; l < values.cols(); ++l)
        for (Index k = 0; k < values.rows(); ++k) sum += (values(k, l) - centre) * (values(k, l) - centre);
    return sum / static_cast<double>(values.size() - 1);
}

/// Standard error of the mean of n independent entries, sqrt(variance / n); NaN for one. Throws ArgumentError
/// for none.
inline double standard_error(const Eigen::Ref<const Matrix>& values) {
    return std::sqrt(variance(values) / static_cast<double>(values.size()));
}

/// Mean and covariance of weighted vectors.
struct MeanAndCovariance {
    Vector mean;
    Matrix covariance;  ///< sum (x - mean)(x - mean)^T / (n - 1); zero for one
};

/// Mean and covariance of the columns. Cost O(n d^2). Throws ArgumentError for none.
inline MeanAndCovariance moments_of_columns(const Matrix& columns) {
    require_range(columns.cols(), 1, std::numeric_limits<Index>::max(), "moments_of_columns",
                  "number of columns");
    const Index d = columns.rows();
    const double n = static_cast<double>(columns.cols());
    MeanAndCovariance m{Vector::Zero(d), Matrix::Zero(d, d)};
    for (Index k = 0; k < columns.cols(); ++k)
        for (Index a = 0; a < d; ++a) m.mean[a] += columns(a, k);
    for (double& x : m.mean) x /= n;
    for (Index k = 0; k < columns.cols(); ++k)
        for (Index b = 0; b < d; ++b)
            for (Index a = 0; a < d; ++a)
                m.covariance(a, b) +=
                    (columns(a, k) - m.mean[a]) * (columns(b, k) - m.mean[b]) / std::max(1.0, n - 1.0);
    return m;
}

}  // namespace predcg::statistics
