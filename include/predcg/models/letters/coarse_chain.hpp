#pragma once
#include <predcg/concepts/coarse_potential.hpp>
#include <predcg/core/space.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace predcg::letters {

/// Place of a letter in its alphabet, 0..q-1.
using Letter = std::uint8_t;

/// Chains of q letters.
template <std::size_t Q, Index Sites = dynamic>
using Space = LatticeSpace<Letter, Q, Sites>;

/// The space of `sites` letters. Throws ArgumentError for sites < 1.
template <std::size_t Q, Index Sites = dynamic>
Space<Q, Sites> space(Index sites) {
    static_assert(Q >= 1 && Q <= 256, "predcg: letters are numbered 0 to 255");
    std::array<Letter, Q> places{};
    for (std::size_t a = 0; a < Q; ++a) places[a] = static_cast<Letter>(a);
    return Space<Q, Sites>(places, sites);
}

/// A term of single sites, -theta sum_i f(X_i).
struct SiteTerm {
    std::string name;
    Vector table;  ///< f(a), a number for each letter
};

/// A term of pairs that are `lag` sites apart, -theta sum_i g(X_i, X_{i+lag}). The table need not be
/// symmetric: its rows are the letter that comes first.
struct PairTerm {
    std::string name;
    Matrix table;   ///< g(a, b), q x q
    Index lag = 1;  ///< how many sites further the second letter is
};

/// What letters are to a chain: any number of terms, each with a parameter of its own name.
struct Terms {
    std::vector<SiteTerm> sites{};  ///< First in the order of parameters.
    std::vector<PairTerm> pairs{};  ///< Behind those of sites.
};

/// An alphabet with one pair table, which serves all lags.
struct Tables {
    Matrix pair;                             ///< g(a, b), q x q
    Matrix fields{};                         ///< f_c(a), q x number of fields; none if empty
    std::string pair_name = "pair";          ///< parameters are pair_1, pair_2...
    std::vector<std::string> field_names{};  ///< one for each column of `fields`
};

/// Where the letters are: sites, range of the pairs, boundary.
struct CoarseChainSettings {
    Index sites = 16;
    bool fields = false;  ///< whether there are terms of single sites
    Index pair_range = 1;
    Boundary boundary = Boundary::periodic;
};

/// The terms of an alphabet: its fields, where they are wanted, and g at the lags 1..pair_range. Throws
/// ArgumentError for pair_range < 0, or other numbers of names than fields.
[[gnu::cold]] inline Terms terms(const CoarseChainSettings& settings, const Tables& tables) {
    require(settings.pair_range >= 0, "letters::terms", "pair_range", settings.pair_range, "an integer >= 0");
    require_equal(std::ssize(tables.field_names), tables.fields.cols(), "letters::terms", "field names",
                  "the number of fields");
    Terms all;
    for (Index c = 0; settings.fields && c < tables.fields.cols(); ++c)
        all.sites.push_back({tables.field_names[static_cast<std::size_t>(c)], tables.fields.col(c)});
    for (Index k = 1; k <= settings.pair_range; ++k)
        all.pairs.push_back({tables.pair_name + "_" + to_text(k), tables.pair, k});
    return all;
}

/// Coarse chain of q letters, linear in theta_c (energies), by tables f and g:
///     U_c = - sum_c theta_c sum_i f_c(X_i) - sum_k theta_k sum_i g_k(X_i, X_{i+lag_k}).
/// Order of parameters: terms of sites, then of pairs. Open chains have the indices inside only. Cost of
/// features O(n p), of energy_difference O(p).
template <std::size_t Q, Index Sites = dynamic>
class CoarseChain {
public:
    /// Throws ArgumentError: tables of another size than q or with entries that are not finite, or a lag
    /// outside 1..sites/2 (ring) or 1..sites-1 (open).
    [[gnu::cold]] CoarseChain(Index sites, Boundary boundary, Terms terms)
        : boundary_(boundary), space_(letters::space<Q, Sites>(sites)), terms_(std::move(terms)) {
        constexpr auto name = "letters::CoarseChain";
        constexpr auto q = static_cast<Index>(Q);
        for (const SiteTerm& term : terms_.sites) {
            require_equal(term.table.size(), q, name, "numbers of the table " + term.name);
            for (const double value : term.table) require_finite(value, name, "number of " + term.name);
        }
        for (const PairTerm& term : terms_.pairs) {
            require_equal(term.table.rows(), q, name, "rows of the table " + term.name);
            require_equal(term.table.cols(), q, name, "columns of the table " + term.name);
            for (const double value : term.table.reshaped())
                require_finite(value, name, "number of " + term.name);
            const bool ring = boundary == Boundary::periodic;
            require_range(term.lag, 1, ring ? sites / 2 : sites - 1, name, "lag of " + term.name,
                          ring ? "half the coarse sites" : "the coarse sites - 1");
            reach_ = std::max(reach_, term.lag);
        }
    }
    /// Of an alphabet's terms. Throws ArgumentError likewise.
    [[gnu::cold]] CoarseChain(const CoarseChainSettings& settings, Tables tables)
        : CoarseChain(settings.sites, settings.boundary, letters::terms(settings, tables)) {
        tables_ = std::move(tables);
    }

    const Space<Q, Sites>& space() const { return space_; }
    /// In the order of the parameters.
    const Terms& terms() const { return terms_; }
    /// The alphabet's, where the chain was made of one.
    const Tables& tables() const { return tables_; }
    Boundary boundary() const { return boundary_; }

    Index parameter_count() const { return std::ssize(terms_.sites) + std::ssize(terms_.pairs); }
    [[gnu::cold]] std::vector<std::string> parameter_names() const {
        std::vector<std::string> names;
        names.reserve(terms_.sites.size() + terms_.pairs.size());
        for (const SiteTerm& term : terms_.sites) names.push_back(term.name);
        for (const PairTerm& term : terms_.pairs) names.push_back(term.name);
        return names;
    }

    /// dU_c/dtheta.
    template <class X>
    Vector features(const X& configuration) const {
        require_equal(static_cast<Index>(configuration.size()), space_.size(),
                      "letters::CoarseChain::features", "number of sites");
        Vector sum = Vector::Zero(parameter_count());
        const Index n = space_.size();
        for (Index i = 0; i < n; ++i) {
            const Index a = at(configuration, i);
            Index p = 0;
            for (const SiteTerm& term : terms_.sites) sum[p++] -= term.table[a];
            for (const PairTerm& term : terms_.pairs) {
                if (i + term.lag < n || boundary_ == Boundary::periodic)
                    sum[p] -= term.table(a, at(configuration, (i + term.lag) % n));
                ++p;
            }
        }
        return sum;
    }

    /// U_c(X with X_i := v) - U_c(X).
    template <class X>
    double energy_difference(const X& configuration, Index i, Letter v, const Vector& theta) const {
        const Index n = space_.size(), a = at(configuration, i), b = v;
        double change = 0.0;
        Index p = 0;
        for (const SiteTerm& term : terms_.sites) change -= theta[p++] * (term.table[b] - term.table[a]);
        for (const PairTerm& term : terms_.pairs) {
            const bool ring = boundary_ == Boundary::periodic;
            if (ring || i + term.lag < n) {
                const Index c = at(configuration, (i + term.lag) % n);
                change -= theta[p] * (term.table(b, c) - term.table(a, c));
            }
            if (ring || i - term.lag >= 0) {
                const Index c = at(configuration, (i - term.lag + n) % n);
                change -= theta[p] * (term.table(c, b) - term.table(c, a));
            }
            ++p;
        }
        return change;
    }

    Window window() const { return {1 + reach_, boundary_}; }

    Vector local_features(Index, std::span<const Letter> w) const {
        Vector sum = Vector::Zero(parameter_count());
        visit(w, [&](Index p, double feature) { sum[p] = feature; });
        return sum;
    }
    /// theta . local_features, without a vector.
    double local_energy(Index, std::span<const Letter> w, const Vector& theta) const {
        double sum = 0.0;
        visit(w, [&](Index p, double feature) { sum += theta[p] * feature; });
        return sum;
    }

    bool translation_invariant() const { return true; }

private:
    template <class X>
    static Index at(const X& configuration, Index i) {
        return static_cast<Index>(configuration[static_cast<std::size_t>(i)]);
    }
    template <class F>
    void visit(std::span<const Letter> w, F&& f) const {
        Index p = 0;
        for (const SiteTerm& term : terms_.sites) f(p++, -term.table[w[0]]);
        for (const PairTerm& term : terms_.pairs) {
            if (term.lag < std::ssize(w)) f(p, -term.table(w[0], w[static_cast<std::size_t>(term.lag)]));
            ++p;
        }
    }

    Boundary boundary_;
    Space<Q, Sites> space_;
    Terms terms_;
    Tables tables_{};
    Index reach_ = 0;  // the longest lag
};

/// The chain at known parameters, as a fine model: U(x) = theta . features(x).
template <std::size_t Q, Index Sites = dynamic>
class FineChain {
public:
    /// Throws ArgumentError for another number of parameters than the chain has.
    FineChain(CoarseChain<Q, Sites> chain, Vector theta)
        : chain_(std::move(chain)), theta_(std::move(theta)) {
        require_equal(theta_.size(), chain_.parameter_count(), "letters::FineChain", "number of parameters");
    }

    const Space<Q, Sites>& space() const { return chain_.space(); }
    Boundary boundary() const { return chain_.boundary(); }
    const Vector& theta() const { return theta_; }

    template <class X>
    double energy(const X& x) const {
        return linalg::dot(theta_, chain_.features(x));
    }
    template <class X>
    double energy_difference(const X& x, Index i, Letter v) const {
        return chain_.energy_difference(x, i, v, theta_);
    }
    Window window() const { return chain_.window(); }
    double local_energy(Index i, std::span<const Letter> w) const {
        return chain_.local_energy(i, w, theta_);
    }
    bool translation_invariant() const { return true; }

private:
    CoarseChain<Q, Sites> chain_;
    Vector theta_;
};

}  // namespace predcg::letters
