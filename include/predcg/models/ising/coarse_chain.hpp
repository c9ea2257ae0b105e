#pragma once
#include <predcg/concepts/coarse_potential.hpp>
#include <predcg/models/ising/spin.hpp>
#include <predcg/models/ising/terms.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace predcg::ising {

/// Settings of ising::coarse_chain.
struct CoarseChainSettings {
    Index sites = 16;
    bool linear = false;
    Index pair_range = 0;             ///< L_c: pairs 1..L_c
    std::vector<Triplet> triplets{};  ///< in any order; (m, n) and (n, m) are the same term
    double field = 0.0;               ///< mu, known, energy
    Boundary boundary = Boundary::periodic;
};

/// Coarse Ising chain, X_i in {-1, +1}, linear in theta_c (energies):
///     U_c = - 1/2 theta_lin sum_i X_i - sum_{k=1..L_c} theta_k sum_i X_i X_{i+k}
///           - 1/2 sum_(m,n) theta_mn sum_i (X_i X_{i+m} X_{i+m+n} + X_i X_{i-m} X_{i-m-n}) - mu sum_i X_i
/// with every term optional. Order and names of parameters: linear, pair_1.., triplet_m_n (m <= n, sorted).
/// Terms of three letters, X_i in {-1, 0, +1} (Blume, Emery, Griffiths, Phys. Rev. A 4 (1971) 1071), go on
/// with
///     .. - theta_square sum_i X_i^2 - sum_{k=1..} theta_k sum_i X_i^2 X_{i+k}^2,  square, quad_1 ..
/// Open chains have the indices inside only. Cost of features O(n p), of energy_difference O(p).
/// Schoeberl, Zabaras, Koutsourelakis, J. Comput. Phys. 333 (2017) 49, sec. 3.1.
template <Index Sites = dynamic, class Terms = RuntimeTerms>
class CoarseChain {
public:
    using Space = LatticeSpace<Spin, Terms::letters, Sites>;
    using Features = Eigen::Matrix<double, Terms::extent, 1>;  ///< A vector of the features.

    /// Throws ArgumentError: pair_range outside 0..sites/2 (ring) or 0..sites-1 (open); a triplet whose
    /// distances are not below the sites, that repeats a site (m+n = sites of a ring), reaches outside (an
    /// open chain), or stands twice; field not finite.
    [[gnu::cold]] CoarseChain(Index sites, Terms terms, double field, Boundary boundary)
        : space_(letters<Terms::letters>(), sites), terms_(std::move(terms)), field_(field),
          boundary_(boundary) {
        const bool ring = boundary == Boundary::periodic;
        const Index largest = ring ? sites / 2 : sites - 1;
        require_range(terms_.pair_range(), 0, largest, "ising::coarse_chain", "pair_range",
                      ring ? "half the coarse sites" : "the coarse sites - 1");
        require_finite(field, "ising::coarse_chain", "field");
        window_.boundary = boundary;
        window_.width = 1 + terms_.pair_range();
        if constexpr (has_squares) {
            require_range(terms_.quad_range(), 0, largest, "ising::spin_one_chain", "quad_range",
                          ring ? "half the coarse sites" : "the coarse sites - 1");
            window_.width = std::max(window_.width, 1 + terms_.quad_range());
        }
        Triplet before{0, 0};
        for (const Triplet& t : terms_.triplets()) {
            require_triplet(t.m >= 1 && t.n >= 1 && t.m <= t.n, t, "distances m,n with 1 <= m <= n");
            require_triplet(t.n < sites && (ring ? t.m + t.n != sites : t.m < sites - t.n), t,
                            ring ? "three different sites: m and n below the coarse sites, m+n not these"
                                 : "m+n less than the coarse sites");
            require_triplet(before < t, t, "each triplet once, in order");
            before = t;
            const std::array<ising::detail::Offsets, 2> both{detail::shortest(t.m, t.n, sites, boundary),
                                                             detail::shortest(t.n, t.m, sites, boundary)};
            offsets_.push_back(both);
            for (const auto& o : both) window_.width = std::max(window_.width, o.second + 1);
        }
    }

    const Space& space() const { return space_; }
    /// Which terms it has.
    const Terms& terms() const { return terms_; }
    /// The known external field mu, energy.
    double field() const { return field_; }
    Boundary boundary() const { return boundary_; }

    Index parameter_count() const {
        if constexpr (Terms::extent != dynamic)
            return Terms::extent;
        else
            return (terms_.linear() ? 1 : 0) + terms_.pair_range() + static_cast<Index>(offsets_.size()) +
                   square_count();
    }

    [[gnu::cold]] std::vector<std::string> parameter_names() const {
        std::vector<std::string> names;
        if (terms_.linear()) names.push_back("linear");
        for (Index k = 1; k <= terms_.pair_range(); ++k) names.push_back("pair_" + to_text(k));
        for (const Triplet& t : terms_.triplets())
            names.push_back("triplet_" + to_text(t.m) + "_" + to_text(t.n));
        if constexpr (has_squares) {
            if (terms_.square()) names.push_back("square");
            for (Index k = 1; k <= terms_.quad_range(); ++k) names.push_back("quad_" + to_text(k));
        }
        return names;
    }

    /// dU_c/dtheta.
    template <class X>
    Features features(const X& configuration) const {
        detail::require_size(configuration, space_.size(), "ising::CoarseChain::features");
        Features sum = Features::Zero(parameter_count());
        Index p = 0;
        if (terms_.linear()) sum[p++] = -0.5 * detail::spin_sum(configuration, space_.size());
        for (Index k = 1; k <= terms_.pair_range(); ++k)
            sum[p++] = -detail::pair_sum(configuration, k, space_.size(), boundary_);
        for (const auto& both : offsets_) {
            double products = 0.0;
            for (Index i = 0; i < space_.size(); ++i)
                for (const auto& o : both)
                    products += at(configuration, i, 0) * at(configuration, i, o.first) *
                                at(configuration, i, o.second);
            sum[p++] = -0.5 * products;
        }
        if constexpr (has_squares) {
            const auto squares = [&](Index k) {
                double products = 0.0;
                for (Index i = 0; i < space_.size(); ++i)
                    products += square(at(configuration, i, 0)) * square(at(configuration, i, k));
                return products;
            };
            if (terms_.square()) sum[p++] = -squares(0);
            for (Index k = 1; k <= terms_.quad_range(); ++k) sum[p++] = -squares(k);
        }
        return sum;
    }

    /// -mu sum_i X_i.
    template <class X>
    double base_energy(const X& configuration) const {
        return -field_ * detail::spin_sum(configuration, space_.size());
    }

    /// U_c(X with X_i := v) - U_c(X).
    template <class X>
    double energy_difference(const X& configuration, Index i, Spin v, const Vector& theta) const {
        const auto value = [&](Index offset) { return at(configuration, i, offset); };
        double slope = -field_;  // dU_c/dX_i: every term of spins is linear in X_i
        Index p = 0;
        if (terms_.linear()) slope -= 0.5 * theta[p++];
        for (Index k = 1; k <= terms_.pair_range(); ++k) slope -= theta[p++] * (value(k) + value(-k));
        for (const auto& both : offsets_) {
            double products = 0.0;
            for (const auto& o : both)
                products += value(o.first) * value(o.second) + value(-o.first) * value(o.second - o.first) +
                            value(-o.second) * value(o.first - o.second);
            slope -= 0.5 * theta[p++] * products;
        }
        double change = (static_cast<double>(v) - value(0)) * slope;
        if constexpr (has_squares) {
            double by_square = 0.0;  // dU_c/d(X_i^2)
            if (terms_.square()) by_square -= theta[p++];
            for (Index k = 1; k <= terms_.quad_range(); ++k)
                by_square -= theta[p++] * (square(value(k)) + square(value(-k)));
            change += (square(static_cast<double>(v)) - square(value(0))) * by_square;
        }
        return change;
    }

    /// The theta_c under which -X has the energy of X, up to a constant: theta_lin -> -theta_lin - 4 mu,
    /// theta_mn -> -theta_mn. Absent for a field without a linear term that could take it up.
    [[gnu::cold]] std::optional<Vector> flipped(const Vector& theta) const {
        if (!terms_.linear() && field_ != 0.0) return std::nullopt;
        Vector other = theta;
        const std::vector<std::string> names = parameter_names();
        for (std::size_t k = 0; k < names.size(); ++k) {
            double& value = other[static_cast<Index>(k)];
            if (names[k] == "linear") value = -value - 4.0 * field_;
            if (names[k].starts_with("triplet_")) value = -value;
        }
        return other;
    }

    Window window() const { return window_; }

    Features local_features(Index, std::span<const Spin> w) const {
        Features sum = Features::Zero(parameter_count());
        visit_terms(w, [&](Index p, double feature) { sum[p] = feature; });
        return sum;
    }

    /// theta . local_features + local_base_energy, without a vector.
    double local_energy(Index i, std::span<const Spin> w, const Vector& theta) const {
        double sum = local_base_energy(i, w);
        visit_terms(w, [&](Index p, double feature) { sum += theta[p] * feature; });
        return sum;
    }

    double local_base_energy(Index, std::span<const Spin> w) const {
        return -field_ * static_cast<double>(w[0]);
    }

    bool translation_invariant() const { return true; }

    /// Every term takes two values: -X_i/2, -X_i X_{i+k}, and -X_i X_{i+m} X_{i+m+n}/2 with its mirror image.
    std::vector<TwoValuedTerms> two_valued_terms() const
        requires(Terms::letters == 2)
    {
        const Index n = space_.size();
        const auto inside = [&](Index reach) {
            return static_cast<double>(boundary_ == Boundary::periodic ? n : n - reach);
        };
        std::vector<TwoValuedTerms> list;
        const auto add = [&](double count, double value) {
            list.push_back({static_cast<Index>(list.size()), count, -value, value});
        };
        if (terms_.linear()) add(inside(0), 0.5);
        for (Index k = 1; k <= terms_.pair_range(); ++k) add(inside(k), 1.0);
        for (const Triplet& t : terms_.triplets()) add(2.0 * inside(t.m + t.n), 0.5);
        return list;
    }

private:
    static constexpr bool has_squares = Terms::letters > 2;  // the square of a spin is 1
    static double square(double x) { return x * x; }
    Index square_count() const {
        if constexpr (has_squares)
            return (terms_.square() ? 1 : 0) + terms_.quad_range();
        else
            return 0;
    }

    static void require_triplet(bool holds, const Triplet& t, const char* allowed) {
        if (!holds)
            predcg::detail::argument_error("ising::coarse_chain", "triplet",
                                           to_text(t.m) + "," + to_text(t.n), allowed);
    }

    template <class X>
    double at(const X& configuration, Index i, Index offset) const {
        return detail::site_value(configuration, i, offset, space_.size(), boundary_);
    }

    /// Calls f(p, feature) for the window's part of every feature; sites outside an open chain count 0.
    template <class F>
    void visit_terms(std::span<const Spin> w, F&& f) const {
        const auto value = [&](Index offset) {
            return offset < static_cast<Index>(w.size())
                       ? static_cast<double>(w[static_cast<std::size_t>(offset)])
                       : 0.0;
        };
        const double here = value(0);
        Index p = 0;
        if (terms_.linear()) f(p++, -0.5 * here);
        for (Index k = 1; k <= terms_.pair_range(); ++k) f(p++, -here * value(k));
        for (const auto& both : offsets_)
            f(p++, -0.5 * here *
                       (value(both[0].first) * value(both[0].second) +
                        value(both[1].first) * value(both[1].second)));
        if constexpr (has_squares) {
            if (terms_.square()) f(p++, -square(here));
            for (Index k = 1; k <= terms_.quad_range(); ++k) f(p++, -square(here) * square(value(k)));
        }
    }

    Space space_;
    Terms terms_;
    std::vector<std::array<detail::Offsets, 2>> offsets_;
    Window window_;
    double field_;
    Boundary boundary_;
};

namespace detail {
/// (m, n) with m <= n, sorted by insertion.
inline std::vector<Triplet> in_order(std::vector<Triplet> triplets) {
    for (std::size_t k = 0; k < triplets.size(); ++k) {
        if (triplets[k].m > triplets[k].n) std::swap(triplets[k].m, triplets[k].n);
        for (std::size_t l = k; l > 0 && triplets[l] < triplets[l - 1]; --l)
            std::swap(triplets[l], triplets[l - 1]);
    }
    return triplets;
}
}  // namespace detail

/// The coarse chain with terms chosen at run time.
inline CoarseChain<> coarse_chain(CoarseChainSettings settings) {
    return {
        settings.sites,
        RuntimeTerms{settings.linear, settings.pair_range, detail::in_order(std::move(settings.triplets))},
        settings.field, settings.boundary};
}

/// Settings of ising::spin_one_chain.
struct SpinOneChainSettings {
    Index sites = 16;
    bool linear = false;
    Index pair_range = 0;             ///< pairs 1..pair_range
    std::vector<Triplet> triplets{};  ///< in any order; (m, n) and (n, m) are the same term
    bool square = false;              ///< U_c -= theta sum_i X_i^2
    Index quad_range = 0;             ///< U_c -= theta sum_i X_i^2 X_{i+k}^2, k = 1..quad_range
    double field = 0.0;               ///< mu, known, energy
    Boundary boundary = Boundary::periodic;
};

/// The coarse chain of letters -1, 0, +1, with terms chosen at run time.
inline CoarseChain<dynamic, SpinOneTerms> spin_one_chain(SpinOneChainSettings settings) {
    return {
        settings.sites,
        SpinOneTerms{{settings.linear, settings.pair_range, detail::in_order(std::move(settings.triplets))},
                     settings.square,
                     settings.quad_range},
        settings.field, settings.boundary};
}

/// Settings of ising::static_coarse_chain.
struct StaticCoarseChainSettings {
    double field = 0.0;  ///< mu, known, energy
    Boundary boundary = Boundary::periodic;
};

/// The coarse chain with sites and terms fixed at compile time:
/// `coarse_chain<16, StaticTerms<true, 1>>({.field = 0.3})`.
template <Index Sites, class Terms>
CoarseChain<Sites, Terms> coarse_chain(StaticCoarseChainSettings settings = {}) {
    return {Sites, Terms{}, settings.field, settings.boundary};
}

}  // namespace predcg::ising
