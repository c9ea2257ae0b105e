#pragma once
#include <predcg/concepts/factor.hpp>
#include <predcg/concepts/target.hpp>
#include <predcg/structure/forwarding.hpp>

#include <utility>

namespace predcg {

/// The target pi(X) L(X), where L is a factor without a space of its own, such as a likelihood in X:
/// q(X|x) = Product{p_c, map.likelihood(x, eta)}. A product has a structure iff both factors have it.
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
    template <class X, class Letter>
        requires LocalFactor<A, X, Letter> && LocalFactor<B, X, Letter>
    double log_density_difference(const X& configuration, Index i, Letter v) const {
        return target().log_density_difference(configuration, i, v) +
               factor().log_density_difference(configuration, i, v);
    }
    template <class X>
        requires DifferentiableFactor<A, X> && DifferentiableFactor<B, X>
    auto log_density_gradient(const X& configuration) const -> Vector {
        return target().log_density_gradient(configuration) + factor().log_density_gradient(configuration);
    }
    QuadraticForm quadratic() const
        requires QuadraticFactor<A> && QuadraticFactor<B>
    {
        return QuadraticForm(target().quadratic()) + QuadraticForm(factor().quadratic());
    }
};

}  // namespace predcg
