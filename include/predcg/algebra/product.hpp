#pragma once
#include <predcg/concepts/target.hpp>

#include <algorithm>
#include <utility>

namespace predcg {

namespace detail {
template <class F, class Letter>
concept ChainFactor = requires(const F f, Index i, std::span<const Letter> w) {
    { f.window() } -> std::convertible_to<Window>;
    { f.log_weight(i, w) } -> RealValue;
};

/// The first letters of a window, for a term that reaches less far.
template <class Letter>
std::span<const Letter> narrow(std::span<const Letter> w, Index width) {
    return w.first(std::min(w.size(), static_cast<std::size_t>(width)));
}
}  // namespace detail

/// The target pi(X) L(X), where L is a factor without a space of its own, such as a likelihood in X:
/// q(X|x) = Product{p_c, map.likelihood(x, eta)}. A product has a structure iff both factors have it.
template <Target A, class B>
    requires requires(const B b, const configuration_t<target_space_t<A>>& X) {
        { b.log_density(X) } -> RealValue;
    }
class Product {
    using Space = target_space_t<A>;

public:
    Product(A target, B factor) : target_(std::move(target)), factor_(std::move(factor)) {
        if constexpr (
            requires {
                { target_.window() } -> std::convertible_to<Window>;
            } &&
            requires {
                { factor_.window() } -> std::convertible_to<Window>;
            })
            window_ = common_window(target_.window(), factor_.window());
    }

    decltype(auto) space() const { return target_.space(); }

    double log_density(const configuration_t<Space>& X) const {
        return target_.log_density(X) + factor_.log_density(X);
    }

    Window window() const requires ChainTarget<A> && requires(const B b) {
        { b.window() } -> std::convertible_to<Window>;
    }
    { return window_; }

    template <class Letter>
    double
    log_weight(Index i,
               std::span<const Letter> w) const requires ChainTarget<A> && detail::ChainFactor<B, Letter> {
        return target_.log_weight(i, detail::narrow(w, Window(target_.window()).width)) +
               factor_.log_weight(i, detail::narrow(w, Window(factor_.window()).width));
    }

    bool translation_invariant() const {
        return is_translation_invariant(target_) && is_translation_invariant(factor_);
    }

    template <class X, class Letter>
    double log_ratio(const X& configuration, Index i, Letter v) const requires LocalTarget<A> &&
        requires(const B b, const X& c) {
        { b.log_ratio(c, i, v) } -> RealValue;
    }
    { return target_.log_ratio(configuration, i, v) + factor_.log_ratio(configuration, i, v); }

    QuadraticForm quadratic() const requires GaussianTarget<A> && requires(const B b) {
        { b.quadratic() } -> std::convertible_to<QuadraticForm>;
    }
    { return QuadraticForm(target_.quadratic()) + QuadraticForm(factor_.quadratic()); }

private:
    A target_;
    B factor_;
    Window window_{};
};

}  // namespace predcg
