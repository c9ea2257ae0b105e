#pragma once
#include <predcg/core/random.hpp>
#include <predcg/kernels/conditionals.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace predcg {

/// The order in which a sweep visits the sites.
enum class SweepOrder {
    automatic,     ///< checkerboard for chains side by side, sequential for one
    sequential,    ///< 0, 1, ..., n-1
    random,        ///< n sites drawn with replacement
    checkerboard,  ///< sites that do not see each other one after the other: chains, neighbours()
};

namespace detail {

/// Knows an order of sites in which neighbours do not follow each other: `coloured_order()`, a range.
template <class Conditionals>
concept HasColouredOrder = requires(const Conditionals& target) { target.coloured_order(); };

/// Calls f(site) for the sites of one sweep. Throws ArgumentError for checkerboard on a target whose
/// interactions have no known range.
template <class Conditionals, RandomBits R, class F>
void sweep(const Conditionals& target, SweepOrder order, R& rng, F&& f) {
    const Index n = target.sites();
    if (order == SweepOrder::random) {
        for (Index k = 0; k < n; ++k) f(uniform_index(rng, n));
    } else if (order != SweepOrder::checkerboard || target.range() >= n - 1) {
        for (Index i = 0; i < n; ++i) f(i);
    } else if constexpr (HasColouredOrder<Conditionals>) {
        for (const Index i : target.coloured_order()) f(i);
    } else {
        require(target.range() >= 0, "sampling", "order", "checkerboard",
                "sequential or random, unless the target is a chain or has neighbours()");
        // Colours 0..range; on a ring the sites left over at the end have colours of their own.
        const Index colours = target.range() + 1;
        const Index regular = target.periodic() ? n - n % colours : n;
        for (Index colour = 0; colour < colours; ++colour)
            for (Index i = colour; i < regular; i += colours) f(i);
        for (Index i = regular; i < n; ++i) f(i);
    }
}

/// What chains that move side by side (kernels/replicas.hpp) need of a kernel.
struct ReplicaMoves {
    SweepOrder order;
    bool look_at_letter;  ///< whether a site's next letter depends on its letter
    /// Weights of a site's next letter, in any unit, from the log weights of q letters and its letter's
    /// place.
    void (*weigh)(const double* log_weights, Index q, Index here, double* weights);
};

}  // namespace detail

/// Heat bath (Gibbs): every visited site gets a letter drawn from its distribution given all others.
/// Any finite alphabet. Cost of a sweep: n q weights. S. Geman, D. Geman, IEEE PAMI 6 (1984) 721.
struct HeatBath {
    SweepOrder order = SweepOrder::automatic;  ///< of the sites in a sweep

    /// How engines move many chains of one target side by side.
    detail::ReplicaMoves side_by_side() const {
        return {order, false, [](const double* log_weights, Index q, Index, double* weights) {
                    const double top = *std::max_element(log_weights, log_weights + q);
                    for (Index a = 0; a < q; ++a)
                        weights[a] = log_weights[a] < top ? std::exp(log_weights[a] - top) : 1.0;
                }};
    }

    /// Tables of a target for many sweeps.
    template <FiniteTarget T>
    auto setup(const T& target) const {
        return detail::conditionals(target);
    }

    template <FiniteTarget T, RandomBits R>
    void advance(const T& target, configuration_t<space_t<T>>& X, R& rng) const {
        auto made = setup(target);
        advance_with(made, X, rng);
    }

    template <class Setup, class X, RandomBits R>
    void advance_with(Setup& target, X& configuration, R& rng) const {
        target.load(configuration);
        const Index q = target.letters();
        detail::sweep(target, order, rng, [&](Index i) {
            const double* cumulative = target.cumulative(i);
            const double u = uniform(rng);
            Index a = u >= cumulative[0];  // no branch to mispredict
            for (Index b = 1; b < q - 1; ++b) a += u >= cumulative[b];
            target.set(i, a);
        });
        target.store(configuration);
    }
};

/// Single-site Metropolis: propose another letter uniformly, accept with min(1, ratio). Cost of a sweep:
/// n ratios. Metropolis et al., J. Chem. Phys. 21 (1953) 1087.
struct Metropolis {
    SweepOrder order = SweepOrder::random;  ///< of the sites in a sweep

    /// How engines move many chains of one target side by side.
    detail::ReplicaMoves side_by_side() const {
        return {
            order, true, [](const double* log_weights, Index q, Index here, double* weights) {
                double stays = 1.0;
                for (Index a = 0; a < q; ++a) {
                    if (a == here) continue;
                    const bool is_possible = log_weights[a] > -std::numeric_limits<double>::infinity();
                    const double difference = is_possible ? log_weights[a] - log_weights[here] : 0.0;
                    const double ratio = !is_possible ? 0.0 : difference < 0.0 ? std::exp(difference) : 1.0;
                    stays -= weights[a] = ratio / static_cast<double>(q - 1);
                }
                weights[here] = std::max(stays, 0.0);
            }};
    }

    template <FiniteTarget T>
    auto setup(const T& target) const {
        return detail::conditionals(target);
    }

    template <FiniteTarget T, RandomBits R>
    void advance(const T& target, configuration_t<space_t<T>>& X, R& rng) const {
        auto made = setup(target);
        advance_with(made, X, rng);
    }

    template <class Setup, class X, RandomBits R>
    void advance_with(Setup& target, X& configuration, R& rng) const {
        target.load(configuration);
        const Index q = target.letters();
        if (q > 1)
            detail::sweep(target, order, rng, [&](Index i) {
                const Index shift = q == 2 ? 1 : 1 + uniform_index(rng, q - 1);
                const Index here = target.place(i), sum = here + shift;
                const Index there = sum < q ? sum : sum - q;
                const Index accepted = target.accepts(i, there, uniform(rng));
                target.set(i, here + accepted * (there - here));  // no branch to mispredict
            });
        target.store(configuration);
    }
};

}  // namespace predcg
