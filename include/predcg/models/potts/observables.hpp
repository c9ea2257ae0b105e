#pragma once
#include <predcg/core/linalg.hpp>
#include <predcg/core/moments.hpp>
#include <predcg/core/window.hpp>
#include <predcg/models/letters/coarse_chain.hpp>
#include <predcg/models/letters/lags.hpp>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace predcg::potts {

using letters::Letter;

/// The fraction of sites that have a letter.
struct LetterFraction {
    Letter letter = 0;

    template <class X>
    double operator()(const X& x) const {
        return static_cast<double>(std::count(x.begin(), x.end(), letter)) / static_cast<double>(x.size());
    }
    int order() const { return 1; }
    /// 1 for the letter, else 0.
    template <class Letters>
    Matrix letter_values(const Letters& letters) const {
        Matrix values(static_cast<Index>(letters.size()), 1);
        for (std::size_t a = 0; a < letters.size(); ++a)
            values(static_cast<Index>(a), 0) = letters[a] == letter ? 1.0 : 0.0;
        return values;
    }
    double from_letter_moments(const std::vector<SiteMoments>& moments) const {
        const Vector& of_sites = moments.front().mean;
        return linalg::sum(of_sites) / static_cast<double>(of_sites.size());
    }
};

/// A_l = (1/n) sum_i [x_i = x_{i+l}], l = 0..most_lag. Periodic: all n terms; open: n-l terms over n.
struct Agreement {
    Boundary boundary = Boundary::periodic;
    Index most_lag = 1;

    template <class X>
    Vector operator()(const X& x) const {
        const auto n = static_cast<Index>(x.size());
        return letters::detail::by_lag(boundary, most_lag, n, n, [&](Index i, Index j) {
            return x[static_cast<std::size_t>(i)] == x[static_cast<std::size_t>(j)] ? 1.0 : 0.0;
        });
    }
    int order() const { return 2; }
    /// A number for each letter, which is 1 for it and else 0.
    template <class Letters>
    Matrix letter_values(const Letters& letters) const {
        const auto q = static_cast<Index>(letters.size());
        return Matrix::Identity(q, q);
    }
    Vector from_letter_moments(const std::vector<SiteMoments>& moments) const {
        const SecondMoments& first = moments.front().second;
        return letters::detail::by_lag(boundary, most_lag, first.sites(), first.period(),
                                       [&](Index i, Index j) {
                                           double sum = 0.0;
                                           for (const SiteMoments& of_letter : moments)
                                               sum += of_letter.second(i, j);
                                           return sum;
                                       });
    }
};

}  // namespace predcg::potts
