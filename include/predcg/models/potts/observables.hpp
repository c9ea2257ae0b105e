#pragma once
#include <predcg/concepts/observable.hpp>
#include <predcg/core/window.hpp>
#include <predcg/models/letters/coarse_chain.hpp>

#include <algorithm>

namespace predcg::potts {

using letters::Letter;

/// The fraction of sites that have a letter.
struct LetterFraction {
    Letter letter = 0;

    template <class X>
    double operator()(const X& x) const {
        return static_cast<double>(std::count(x.begin(), x.end(), letter)) / static_cast<double>(x.size());
    }
    /// The same from P(x_i = a, x_j = b), letters in order.
    template <class Pairs>
    double from_pairs(const Pairs& pairs) const {
        double sum = 0.0;
        for (Index i = 0; i < pairs.period(); ++i) sum += pairs(i, i)(letter, letter);
        return sum / static_cast<double>(pairs.period());
    }
};

/// A_l = (1/n) sum_i [x_i = x_{i+l}], l = 0..most_lag. Periodic: all n terms; open: n-l terms over n.
struct Agreement {
    Boundary boundary = Boundary::periodic;
    Index most_lag = 1;

    template <class X>
    Vector operator()(const X& x) const {
        const auto n = static_cast<Index>(x.size());
        return by_lag(n, n, [&](Index i, Index j) {
            return x[static_cast<std::size_t>(i)] == x[static_cast<std::size_t>(j)] ? 1.0 : 0.0;
        });
    }
    /// The same from P(x_i = a, x_j = b).
    template <class Pairs>
    Vector from_pairs(const Pairs& pairs) const {
        return by_lag(pairs.sites(), pairs.period(), [&](Index i, Index j) {
            const Matrix both = pairs(i, j);
            double sum = 0.0;
            for (Index a = 0; a < both.rows(); ++a) sum += both(a, a);
            return sum;
        });
    }

private:
    /// Of a ring the first `period` sites stand for all.
    template <class F>
    Vector by_lag(Index n, Index period, F&& equal) const {
        Vector A = Vector::Zero(std::min(most_lag, n - 1) + 1);
        const bool open = boundary == Boundary::open;
        for (Index l = 0; l < A.size(); ++l)
            for (Index i = 0; i < (open ? n - l : period); ++i)
                A[l] += equal(i, (i + l) % n) / static_cast<double>(open ? n : period);
        return A;
    }
};

}  // namespace predcg::potts
