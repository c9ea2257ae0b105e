#pragma once
#include <predcg/concepts/coarse_potential.hpp>
#include <predcg/core/space.hpp>

#include <cstdint>
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

/// What letters are to a chain.
struct Tables {
    Matrix pair;                             ///< g(a, b), symmetric, q x q
    Matrix fields{};                         ///< f_c(a), q x number of fields; none if empty
    std::string pair_name = "pair";          ///< parameters are pair_1, pair_2...
    std::vector<std::string> field_names{};  ///< one for each column of `fields`
};

/// Where the letters are: sites, range of the pairs, boundary.
struct ChainSettings {
    Index sites = 16;
    bool fields = false;  ///< whether there are terms of single sites
    Index pair_range = 1;
    Boundary boundary = Boundary::periodic;
};

/// Coarse chain of q letters, linear in theta_c (energies), by tables g and f:
///     U_c = - sum_c theta_c sum_i f_c(X_i) - sum_{k=1..L_c} theta_k sum_i g(X_i, X_{i+k}).
/// Order of parameters: fields, then pairs. Open chains have the indices inside only. Cost of features
/// O(n p), of energy_difference O(p).
template <std::size_t Q, Index Sites = dynamic>
class CoarseChain {
public:
    /// Throws ArgumentError: tables of another size than q, a pair table that is not symmetric, or
    /// pair_range outside 0..sites/2 (ring) or 0..sites-1 (open).
    [[gnu::cold]] CoarseChain(ChainSettings settings, Tables tables)
        : settings_(settings), space_(letters::space<Q, Sites>(settings.sites)), tables_(std::move(tables)) {
        const bool ring = settings.boundary == Boundary::periodic;
        require_range(settings.pair_range, 0, ring ? settings.sites / 2 : settings.sites - 1,
                      "letters::CoarseChain", "pair_range",
                      ring ? "half the coarse sites" : "the coarse sites - 1");
        constexpr auto q = static_cast<Index>(Q);
        require_equal(tables_.pair.rows(), q, "letters::CoarseChain", "rows of the pair table");
        require_equal(tables_.pair.cols(), q, "letters::CoarseChain", "columns of the pair table");
        for (Index a = 0; a < q; ++a)
            for (Index b = 0; b < a; ++b)
                require(tables_.pair(a, b) == tables_.pair(b, a), "letters::CoarseChain", "pair table",
                        tables_.pair(a, b), "symmetric");
        if (settings.fields)
            require_equal(tables_.fields.rows(), q, "letters::CoarseChain", "rows of the field table");
    }

    const Space<Q, Sites>& space() const { return space_; }
    const ChainSettings& settings() const { return settings_; }
    const Tables& tables() const { return tables_; }
    Boundary boundary() const { return settings_.boundary; }

    Index parameter_count() const { return field_count() + settings_.pair_range; }
    [[gnu::cold]] std::vector<std::string> parameter_names() const {
        std::vector<std::string> names;
        if (settings_.fields) names = tables_.field_names;
        for (Index k = 1; k <= settings_.pair_range; ++k)
            names.push_back(tables_.pair_name + "_" + to_text(k));
        return names;
    }

    /// dU_c/dtheta.
    template <class X>
    Vector features(const X& configuration) const {
        require_equal(static_cast<Index>(configuration.size()), space_.size(),
                      "letters::CoarseChain::features", "number of sites");
        Vector sum = Vector::Zero(parameter_count());
        const Index n = space_.size(), f = field_count();
        for (Index i = 0; i < n; ++i) {
            const Index a = at(configuration, i);
            for (Index c = 0; c < f; ++c) sum[c] -= tables_.fields(a, c);
            for (Index k = 1; k <= settings_.pair_range; ++k)
                if (i + k < n || settings_.boundary == Boundary::periodic)
                    sum[f + k - 1] -= tables_.pair(a, at(configuration, (i + k) % n));
        }
        return sum;
    }

    /// U_c(X with X_i := v) - U_c(X).
    template <class X>
    double energy_difference(const X& configuration, Index i, Letter v, const Vector& theta) const {
        const Index n = space_.size(), f = field_count(), a = at(configuration, i), b = v;
        double change = 0.0;
        for (Index c = 0; c < f; ++c) change -= theta[c] * (tables_.fields(b, c) - tables_.fields(a, c));
        for (Index k = 1; k <= settings_.pair_range; ++k)
            for (const Index j : {i + k, i - k}) {
                if ((j < 0 || j >= n) && settings_.boundary == Boundary::open) continue;
                const Index there = (j + n) % n;
                if (there == i)  // a ring of one site
                    change -= theta[f + k - 1] * 0.5 * (tables_.pair(b, b) - tables_.pair(a, a));
                else
                    change -= theta[f + k - 1] * (tables_.pair(b, at(configuration, there)) -
                                                  tables_.pair(a, at(configuration, there)));
            }
        return change;
    }

    Window window() const { return {1 + settings_.pair_range, settings_.boundary}; }

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
    Index field_count() const { return settings_.fields ? tables_.fields.cols() : 0; }
    template <class X>
    static Index at(const X& configuration, Index i) {
        return static_cast<Index>(configuration[static_cast<std::size_t>(i)]);
    }
    template <class F>
    void visit(std::span<const Letter> w, F&& f) const {
        Index p = 0;
        for (; p < field_count(); ++p) f(p, -tables_.fields(w[0], p));
        for (std::size_t k = 1; k < w.size(); ++k) f(p++, -tables_.pair(w[0], w[k]));
    }

    ChainSettings settings_;
    Space<Q, Sites> space_;
    Tables tables_;
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
