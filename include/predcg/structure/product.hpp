#pragma once
#include <predcg/concepts/factor.hpp>

#include <algorithm>
#include <utility>

namespace predcg {

/// The target pi(X) L(X), where L is a factor without a space of its own, such as a likelihood in X:
/// q(X|x) = Product{p_c, map.likelihood(x, eta)}. A product has a structure iff both factors have it.
template <Target A, Factor<configuration_t<space_t<A>>> B>
class Product {
    using Space = space_t<A>;
    static constexpr bool is_chain = ChainTarget<A> && HasWindow<B>;

public:
    Product(A target, B factor) : target_(std::move(target)), factor_(std::move(factor)) {
        if constexpr (is_chain) window_ = common_window(target_.window(), factor_.window());
    }

    decltype(auto) space() const { return target_.space(); }
    const A& target() const { return target_; }
    const B& factor() const { return factor_; }

    double log_density(const configuration_t<Space>& X) const {
        return target_.log_density(X) + factor_.log_density(X);
    }

    Window window() const
        requires(is_chain)
    {
        return window_;
    }

    template <class Letter>
        requires ChainTarget<A> && ChainFactor<B, Letter>
    double local_log_density(Index i, std::span<const Letter> w) const {
        return target_.local_log_density(i, detail::narrow(w, Window(target_.window()).width)) +
               factor_.local_log_density(i, detail::narrow(w, Window(factor_.window()).width));
    }

    bool translation_invariant() const {
        return is_translation_invariant(target_) && is_translation_invariant(factor_);
    }

    template <class X, class Letter>
        requires LocalFactor<A, X, Letter> && LocalFactor<B, X, Letter>
    double log_density_difference(const X& configuration, Index i, Letter v) const {
        return target_.log_density_difference(configuration, i, v) +
               factor_.log_density_difference(configuration, i, v);
    }

    QuadraticForm quadratic() const
        requires(GaussianTarget<A> && QuadraticFactor<B>)
    {
        return QuadraticForm(target_.quadratic()) + QuadraticForm(factor_.quadratic());
    }

    template <class X>
        requires DifferentiableFactor<A, X> && DifferentiableFactor<B, X>
    auto log_density_gradient(const X& configuration) const -> Vector {
        return target_.log_density_gradient(configuration) + factor_.log_density_gradient(configuration);
    }

private:
    A target_;
    B factor_;
    Window window_{};
};

}  // namespace predcg
