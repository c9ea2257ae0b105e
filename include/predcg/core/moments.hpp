#pragma once
#include <predcg/core/types.hpp>

#include <limits>
#include <optional>
#include <utility>

namespace predcg {

/// First and second moments of a statistic under a target.
struct Moments {
    Vector mean;                          ///< E[s], length s.size()
    Matrix covariance;                    ///< Cov[s]
    Vector standard_error;                ///< of the mean; zero from an exact engine
    std::optional<double> log_partition;  ///< log of the target's integral, from an engine that knows it
};

/// E[x_i x_j] of n sites, as numbers: n x n, or only the first rows of that, period x n, where moving all
/// sites of a ring by `period`, which divides n, changes nothing (1: translation-invariant); or a band, those
/// of sites at most `lags` apart.
class SecondMoments {
public:
    SecondMoments() = default;
    /// All rows, or the first `period` of them.
    SecondMoments(Matrix first_rows) : rows_(std::move(first_rows)) {}
    /// From an expression.
    template <MatrixLike M>
    SecondMoments(const M& first_rows) : rows_(first_rows) {}

    /// Row l of n columns, lags + 1 rows: E[x_i x_{i+l}] in column i; what lies behind the end is not read.
    static SecondMoments band(Matrix by_lag) {
        SecondMoments moments(std::move(by_lag));
        moments.is_band_ = true;
        return moments;
    }

    /// NaN outside of a band.
    double operator()(Index i, Index j) const {
        if (is_band_) {
            const Index first = i < j ? i : j, lag = i < j ? j - i : i - j;
            return lag < rows_.rows() ? rows_(lag, first) : std::numeric_limits<double>::quiet_NaN();
        }
        if (period() == sites()) return rows_(i, j);
        const Index moved = i - i % period();
        return rows_(i - moved, j < moved ? j - moved + sites() : j - moved);
    }

    Index sites() const { return rows_.cols(); }
    /// Moving all sites by so many changes nothing; sites() where nothing is known of it.
    Index period() const { return is_band_ ? sites() : rows_.rows(); }
    /// The largest distance of sites whose moment is known.
    Index lags() const { return is_band_ ? rows_.rows() - 1 : sites() - 1; }
    bool is_band() const { return is_band_; }
    /// Numbers that are stored.
    Index stored() const { return rows_.size(); }
    /// Of the whole matrix; 0: not known.
    Index size() const { return sites() * sites(); }
    /// All of them, n x n.
    Matrix matrix() const {
        Matrix all(sites(), sites());
        for (Index j = 0; j < sites(); ++j)
            for (Index i = 0; i < sites(); ++i) all(i, j) = (*this)(i, j);
        return all;
    }

private:
    Matrix rows_;
    bool is_band_ = false;
};

/// Sites in a row: first .. first + count - 1.
struct SiteRange {
    Index first = 0;
    Index count = 0;
};

/// First and second moments of the site values, as numbers: enough for every observable that is at most
/// quadratic in them.
struct SiteMoments {
    Vector mean;           ///< E[x_i]
    SecondMoments second;  ///< E[x_i x_j]; empty if only the mean was asked for
};

}  // namespace predcg
