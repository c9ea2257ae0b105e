#pragma once
// A site's derivatives by eta, that the user does not write.
#include <predcg/maps/site_map.hpp>
#include <predcg/structure/autodiff.hpp>

#include <concepts>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace predcg {

/// The density of a site by one function, templated on its scalar (SiteDensity says what it is):
///
///     template <class S>
///     S log_density(double count, std::span<const double> t, Index a, const VectorOf<S>& eta) const;
template <class D>
concept SiteFunction = requires(const D density, double count, std::span<const double> t, Index letter,
                                const Vector& eta, const VectorOf<Dual2>& dual) {
    { density.log_density(count, t, letter, eta) } -> std::convertible_to<double>;
    { density.log_density(count, t, letter, dual) } -> std::same_as<Dual2>;
};

/// A SiteDensity from one function, with whatever the density has else.
template <SiteFunction D>
class AutoDiffSite : public D {
public:
    /// Of a density.
    explicit AutoDiffSite(D density) : D(std::move(density)) {}

    Expansion expansion(double count, std::span<const double> t, Index letter, const Vector& eta) const {
        const auto f = [&](const auto& at) { return this->log_density(count, t, letter, at); };
        return {f(eta), detail::dual_gradient(eta, f), detail::dual_hessian(eta, f)};
    }
};

/// A density of a user's own as a map: derivatives come by themselves where it gives none.
///
///     const auto map = predcg::site_map(MyDensity{});
template <class Fine = Vector, class Coarse = std::vector<std::uint8_t>, class Density>
auto site_map(Density density) {
    constexpr bool takes = [] {
        if constexpr (SiteDensity<Density> || !SiteFunction<Density>)
            return SiteDensity<Density>;
        else
            return SiteDensity<AutoDiffSite<Density>>;
    }();
    static_assert(takes,
                  "predcg: a site's density needs letters(), parameter_count(), statistic_count(), "
                  "statistic(x, t), draw(letter, eta, rng) and either expansion(count, t, letter, eta) or a "
                  "template log_density(count, t, letter, eta) that returns eta's scalar (concept "
                  "SiteDensity)");
    if constexpr (SiteDensity<Density>)
        return SiteMap<Density, Fine, Coarse>(std::move(density));
    else if constexpr (takes)
        return SiteMap<AutoDiffSite<Density>, Fine, Coarse>(AutoDiffSite<Density>(std::move(density)));
}

}  // namespace predcg
