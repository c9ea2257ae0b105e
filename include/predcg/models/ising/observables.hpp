#pragma once
#include <predcg/concepts/observable.hpp>
#include <predcg/core/window.hpp>

#include <algorithm>
#include <cstddef>

namespace predcg::ising {

/// m = (1/n) sum_i x_i.
struct Magnetization {
    template <class X>
    double operator()(const X& x) const {
        double sum = 0.0;
        for (std::size_t i = 0; i < static_cast<std::size_t>(x.size()); ++i) sum += static_cast<double>(x[i]);
        return sum / static_cast<double>(x.size());
    }

    int order() const { return 1; }
    double from_moments(const SiteMoments& moments) const {
        double sum = 0.0;
        for (const double m : moments.mean) sum += m;
        return sum / static_cast<double>(moments.mean.size());
    }
};

/// R_l = (1/n) sum_i x_i x_{i+l}, l = 0..n/2, or 0..most_lag where that is less. Periodic: all n terms; open:
/// n-l terms over n. The boundary is the fine chain's, `Correlation{fine.boundary()}`: a configuration does
/// not know it, and there is no default. Of an open chain with a most_lag n most_lag second moments suffice,
/// and are kept (BernoulliMap).
struct Correlation {
    Boundary boundary;
    Index most_lag = -1;  ///< -1: n/2

    /// Of a ring, or of an open chain.
    explicit Correlation(Boundary fine_boundary, Index largest_lag = -1)
        : boundary(fine_boundary), most_lag(largest_lag) {}

    /// Cost: a nanosecond or so for each site and lag.
    template <class X>
    Vector operator()(const X& x) const {
        const auto n = static_cast<Index>(x.size());
        const auto number = [&](Index i) { return static_cast<double>(x[static_cast<std::size_t>(i)]); };
        const double terms = static_cast<double>(n);
        Vector R = Vector::Zero(largest_lag_of(n) + 1);
        double* const sums = R.data();
        // Lags side by side: each sum has its terms in the order of the sites.
        for (Index i = 0; i < n; ++i) {
            const double here = number(i);
            const Index inside = std::min(R.size(), n - i);
            for (Index l = 0; l < inside; ++l) sums[l] += here * number(i + l) / terms;
            if (boundary == Boundary::open) continue;
            for (Index l = inside; l < R.size(); ++l) sums[l] += here * number(i + l - n) / terms;
        }
        return R;
    }

    int order() const { return 2; }
    /// Second moments of sites further apart are not read; -1: all may be.
    Index lags() const { return most_lag; }
    Vector from_moments(const SiteMoments& moments) const {
        // Of a ring the first so many sites stand for all.
        const Index n = moments.mean.size(), period = moments.second.period();
        const Index terms = boundary == Boundary::open ? n : period;
        Vector R = Vector::Zero(largest_lag_of(n) + 1);
        for (Index l = 0; l < R.size(); ++l)
            for (Index i = 0; i < (boundary == Boundary::open ? n - l : terms); ++i)
                R[l] += moments.second(i, i + l < n ? i + l : i + l - n) / static_cast<double>(terms);
        return R;
    }

private:
    Index largest_lag_of(Index n) const { return most_lag < 0 || most_lag > n / 2 ? n / 2 : most_lag; }
};

}  // namespace predcg::ising
