#pragma once
#include <predcg/concepts/fine_potential.hpp>
#include <predcg/models/ising/spin.hpp>

#include <cmath>
#include <vector>

namespace predcg::ising {

/// How the overall strength J_0 sets the couplings J_k = K / (L k^a) of range L.
enum class Normalisation {
    slides,  ///< K = J_0 L^(1-a) sum_k k^-a, as printed in the source
    total,   ///< K = J_0 L / sum_k k^-a, so that sum_k J_k = J_0
};

/// Settings of ising::chain.
struct FineChainSettings {
    Index sites = 32;
    double strength = 1.0;                                ///< J_0, energy
    Index range = 1;                                      ///< L_f; 0: no interaction
    double exponent = 1.0;                                ///< a
    Normalisation normalisation = Normalisation::slides;  ///< What J_0 means.
    Boundary boundary = Boundary::periodic;
    double field = 0.0;  ///< mu, energy
};

/// Fine Ising chain, x_i in {-1, +1}:
///     U(x) = - sum_{k=1..L} J_k sum_i x_i x_{i+k} - mu sum_i x_i.
/// Periodic: i over all sites, i+k mod n (at n = 2, k = 1 the bond counts twice). Open: pairs inside.
/// Cost O(n L) for energy, O(L) for energy_difference.
/// Schoeberl, Zabaras, Koutsourelakis, J. Comput. Phys. 333 (2017) 49, sec. 3.1.
template <Index Sites = dynamic>
class FineChain {
public:
    /// Throws ArgumentError for sites < 1, range outside 0..sites-1, or numbers that are not finite.
    [[gnu::cold]] explicit FineChain(const FineChainSettings& settings)
        : settings_(settings), space_(spin_space<Sites>(settings.sites)) {
        const Index n = settings.sites, range = settings.range;
        require_range(range, 0, n - 1, "ising::chain", "range", "sites - 1");
        require_finite(settings.strength, "ising::chain", "strength");
        require_finite(settings.exponent, "ising::chain", "exponent");
        require_finite(settings.field, "ising::chain", "field");
        const double length = static_cast<double>(range);
        double sum = 0.0;
        for (Index k = 1; k <= range; ++k) sum += std::pow(static_cast<double>(k), -settings.exponent);
        const double K = settings.normalisation == Normalisation::slides
                             ? settings.strength * std::pow(length, 1.0 - settings.exponent) * sum
                             : settings.strength * length / sum;
        for (Index k = 1; k <= range; ++k) {
            couplings_.push_back(K / (length * std::pow(static_cast<double>(k), settings.exponent)));
            require(std::isfinite(couplings_.back()), "ising::chain", "exponent", settings.exponent,
                    "an exponent that gives finite couplings");
        }
        // On a ring a bond of length k > n/2 is one of length n - k.
        folded_ = couplings_;
        if (settings.boundary == Boundary::periodic && 2 * range > n) {
            folded_.resize(static_cast<std::size_t>(n / 2));
            for (Index k = n / 2 + 1; k <= range; ++k)
                folded_[static_cast<std::size_t>(n - k - 1)] += couplings_[static_cast<std::size_t>(k - 1)];
        }
    }

    const SpinSpace<Sites>& space() const { return space_; }
    const FineChainSettings& settings() const { return settings_; }
    Boundary boundary() const { return settings_.boundary; }
    /// J_1..J_L.
    const std::vector<double>& couplings() const { return couplings_; }

    template <class X>
    double energy(const X& x) const {
        detail::require_size(x, space_.size(), "ising::FineChain::energy");
        double pairs = 0.0, sum = 0.0;
        for (Index i = 0; i < space_.size(); ++i) {
            const double here = static_cast<double>(x[static_cast<std::size_t>(i)]);
            sum += here;
            for (std::size_t k = 0; k < folded_.size(); ++k)
                pairs += folded_[k] * here * at(x, i, static_cast<Index>(k) + 1);
        }
        return -pairs - settings_.field * sum;
    }

    /// U(x with x_i := v) - U(x).
    template <class X>
    double energy_difference(const X& x, Index i, Spin v) const {
        double neighbours = 0.0;
        for (std::size_t k = 0; k < folded_.size(); ++k) {
            const Index distance = static_cast<Index>(k) + 1;
            neighbours += folded_[k] * (at(x, i, distance) + at(x, i, -distance));
        }
        return -(static_cast<double>(v) - at(x, i, 0)) * (neighbours + settings_.field);
    }

    Window window() const { return {1 + static_cast<Index>(folded_.size()), settings_.boundary}; }

    double local_energy(Index, std::span<const Spin> w) const {
        double pairs = 0.0;
        for (std::size_t k = 1; k < w.size(); ++k) pairs += folded_[k - 1] * static_cast<double>(w[k]);
        return -static_cast<double>(w[0]) * (pairs + settings_.field);
    }

    bool translation_invariant() const { return true; }

private:
    template <class X>
    double at(const X& x, Index i, Index offset) const {
        return detail::site_value(x, i, offset, space_.size(), settings_.boundary);
    }

    FineChainSettings settings_;
    SpinSpace<Sites> space_;
    std::vector<double> couplings_, folded_;
};

/// The fine chain; `chain<32>(...)` fixes the number of sites at compile time.
template <Index Sites = dynamic>
FineChain<Sites> chain(FineChainSettings settings = {}) {
    if constexpr (Sites != dynamic) settings.sites = Sites;
    return FineChain<Sites>(settings);
}

}  // namespace predcg::ising
