#pragma once
#include <predcg/core/linalg.hpp>
#include <predcg/core/moments.hpp>
#include <predcg/core/window.hpp>
#include <predcg/models/rotamers/chain.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace predcg::rotamers {

namespace detail {
inline bool is_gauche(Letter a) { return a != trans; }
}  // namespace detail

/// How many states of a chain are gauche, and how many pairs of neighbours are gauche of the same, and of
/// opposite sign. An observable of letters, exact, and a statistic for engines.
class Counts {
public:
    static Index size() { return 3; }
    template <class X>
    Vector operator()(const X& x) const {
        Vector sum = Vector::Zero(3);
        for (std::size_t i = 0; i < x.size(); ++i)
            add(std::span(x).subspan(i, i + 1 < x.size() ? 2 : 1), sum);
        return sum;
    }

    static Window window() { return {2, Boundary::open}; }
    Vector local(Index, std::span<const Letter> w) const {
        Vector sum = Vector::Zero(3);
        add(w, sum);
        return sum;
    }

    static int order() { return 2; }
    /// [g+], [g-] and [gauche].
    template <class Letters>
    Matrix letter_values(const Letters& letters) const {
        Matrix values(static_cast<Index>(letters.size()), 3);
        for (std::size_t a = 0; a < letters.size(); ++a) {
            const auto row = static_cast<Index>(a);
            values(row, 0) = letters[a] == gauche_plus ? 1.0 : 0.0;
            values(row, 1) = letters[a] == gauche_minus ? 1.0 : 0.0;
            values(row, 2) = detail::is_gauche(letters[a]) ? 1.0 : 0.0;
        }
        return values;
    }
    Vector from_letter_moments(const std::vector<SiteMoments>& moments) const {
        Vector sum{{linalg::sum(moments[2].mean), 0.0, 0.0}};
        for (Index i = 0; i + 1 < moments[2].mean.size(); ++i) {
            const double same = moments[0].second(i, i + 1) + moments[1].second(i, i + 1);
            sum[1] += same;
            sum[2] += moments[2].second(i, i + 1) - same;
        }
        return sum;
    }

private:
    static void add(std::span<const Letter> w, Vector& sum) {
        if (!detail::is_gauche(w[0])) return;
        sum[0] += 1.0;
        if (w.size() > 1 && detail::is_gauche(w[1])) sum[w[0] == w[1] ? 1 : 2] += 1.0;
    }
};

/// Whether each site has a state: its expectation is the fraction, site by site.
struct StateBySite {
    Letter state = trans;  ///< Which state is looked for.

    template <class X>
    Vector operator()(const X& x) const {
        Vector here(static_cast<Index>(x.size()));
        for (std::size_t i = 0; i < x.size(); ++i) here[static_cast<Index>(i)] = x[i] == state ? 1.0 : 0.0;
        return here;
    }
    static int order() { return 1; }
    template <class Letters>
    Matrix letter_values(const Letters& letters) const {
        Matrix values(static_cast<Index>(letters.size()), 1);
        for (std::size_t a = 0; a < letters.size(); ++a)
            values(static_cast<Index>(a), 0) = letters[a] == state ? 1.0 : 0.0;
        return values;
    }
    Vector from_letter_moments(const std::vector<SiteMoments>& moments) const { return moments.front().mean; }
};

}  // namespace predcg::rotamers
