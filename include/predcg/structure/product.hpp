#pragma once
#include <predcg/concepts/factor.hpp>
#include <predcg/concepts/site_classes.hpp>
#include <predcg/concepts/target.hpp>
#include <predcg/structure/forwarding.hpp>

#include <limits>
#include <utility>

namespace predcg {

/// The target pi(X) L(X), where L is a factor without a space of its own, such as a likelihood in X:
/// q(X|x) = Product{p_c, map.likelihood(x, eta)}. A product has a structure iff both factors have it;
/// differences of one site it has where each factor has them or windows.
template <Target A, Factor<configuration_t<space_t<A>>> B>
class Product : public detail::OfParts<A, B> {
    using Base = detail::OfParts<A, B>;

public:
    /// The density of `target` times a factor in X.
    Product(A target, B factor) : Base(std::move(target), std::move(factor)) {}

    decltype(auto) space() const { return target().space(); }
    const A& target() const { return this->first_; }
    const B& factor() const { return this->second_; }

    double log_density(const configuration_t<space_t<A>>& X) const {
        return target().log_density(X) + factor().log_density(X);
    }

    template <class Letter>
        requires ChainFactor<A, Letter> && ChainFactor<B, Letter>
    double local_log_density(Index i, std::span<const Letter> w) const {
        return target().local_log_density(i, detail::narrow(w, target().window())) +
               factor().local_log_density(i, detail::narrow(w, factor().window()));
    }
    /// Of each factor by its own member, or from its windows.
    template <class X, class Letter>
        requires detail::DifferencesKnown<A, X, Letter> && detail::DifferencesKnown<B, X, Letter>
    double log_density_difference(const X& configuration, Index i, Letter v) const {
        const double first = detail::difference_of(target(), configuration, i, v);
        if (first == -std::numeric_limits<double>::infinity()) return first;
        const double second = detail::difference_of(factor(), configuration, i, v);
        return second == -std::numeric_limits<double>::infinity() ? second : first + second;
    }
    NeighbourList neighbours() const
        requires(HasNeighbours<A> || HasNeighbours<B>) && detail::NeighboursKnown<A> &&
                detail::NeighboursKnown<B>
    {
        const Index sites = space().size();
        return common_neighbours(detail::neighbours_of(target(), sites),
                                 detail::neighbours_of(factor(), sites));
    }
    /// On a chain that both are. On a graph where the factor is one of single sites: windows have an order of
    /// their own among the neighbours.
    bool translation_invariant() const {
        if constexpr (HasWindow<A> && HasWindow<B>)
            return Base::translation_invariant();
        else
            return single_sites() && Base::translation_invariant();
    }
    /// Of a factor of single sites, where all sites are alike to the target.
    Index site_class(Index i) const
        requires ClassifiedSites<B>
    {
        return classes_hold() ? Index(factor().site_class(i)) : i;
    }
    Index class_count() const
        requires ClassifiedSites<B>
    {
        return classes_hold() ? Index(factor().class_count()) : Index(space().size());
    }
    template <class X>
        requires DifferentiableFactor<A, X> && DifferentiableFactor<B, X>
    auto log_density_gradient(const X& configuration) const -> Vector {
        Vector sum = Vector::Zero(coordinate_count(configuration));
        detail::add_coordinates(sum, 1.0, target().log_density_gradient(configuration));
        detail::add_coordinates(sum, 1.0, factor().log_density_gradient(configuration));
        return sum;
    }
    template <class X>
        requires DifferentiableFactor<A, X> && DifferentiableFactor<B, X>
    double add_log_density_gradient(const X& configuration, Vector& sum, X& room) const {
        return detail::add_log_density_gradient(target(), configuration, sum, room) +
               detail::add_log_density_gradient(factor(), configuration, sum, room);
    }
    QuadraticForm quadratic() const
        requires QuadraticFactor<A> && QuadraticFactor<B>
    {
        return QuadraticForm(target().quadratic()) + QuadraticForm(factor().quadratic());
    }

private:
    bool single_sites() const {
        if constexpr (HasWindow<B>)
            return Window(factor().window()).width == 1;
        else
            return false;
    }
    bool classes_hold() const { return single_sites() && is_translation_invariant(target()); }
};

}  // namespace predcg
