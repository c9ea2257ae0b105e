#pragma once
// Statistics that the learning equations are made of.
#include <predcg/concepts/statistic.hpp>
#include <predcg/structure/potential_operations.hpp>
#include <predcg/structure/product.hpp>

#include <utility>

namespace predcg {

/// G(X) = dU_c/dtheta at fixed theta. A view: the potential must outlive it.
template <LearnablePotential U>
class EnergyGradient {
public:
    EnergyGradient(const U& potential, Vector theta) : potential_(&potential), theta_(std::move(theta)) {}

    Index size() const { return theta_.size(); }

    auto operator()(const configuration_t<space_t<U>>& X) const {
        return parameter_gradient(*potential_, X, theta_);
    }

    Window window() const
        requires ChainCoarsePotential<U>
    {
        return potential_->window();
    }

    template <class Letter>
    auto local(Index i, std::span<const Letter> w) const
        requires requires(const U u, const Vector& t) { local_parameter_gradient(u, i, w, t); }
    {
        return local_parameter_gradient(*potential_, i, w, theta_);
    }

    bool translation_invariant() const { return is_translation_invariant(*potential_); }

    QuadraticForm quadratic(Index k) const
        requires QuadraticCoarsePotential<U> && LinearCoarsePotential<U>
    {
        return potential_->feature_quadratic(k);
    }

private:
    const U* potential_;
    Vector theta_;
};

/// H(X) = d2U_c/dtheta2 at fixed theta, written as a vector of p*p numbers. Only for potentials that are
/// not linear in theta. A view: the potential must outlive it.
template <LearnablePotential U>
    requires(!LinearCoarsePotential<U>)
class EnergyHessian {
public:
    EnergyHessian(const U& potential, Vector theta) : potential_(&potential), theta_(std::move(theta)) {}

    Index size() const { return theta_.size() * theta_.size(); }

    Vector operator()(const configuration_t<space_t<U>>& X) const {
        return parameter_hessian(*potential_, X, theta_).reshaped();
    }

    Window window() const
        requires ChainCoarsePotential<U>
    {
        return potential_->window();
    }

    template <class Letter>
    Vector local(Index i, std::span<const Letter> w) const
        requires ChainCoarsePotential<U> && detail::HasLocalParameterGradient<U>
    {
        return local_parameter_hessian(*potential_, i, w, theta_).reshaped();
    }

    bool translation_invariant() const { return is_translation_invariant(*potential_); }

private:
    const U* potential_;
    Vector theta_;
};

/// Two statistics set end to end. It keeps a structure iff both have it.
template <class A, class B>
class Stack {
public:
    Stack(A first, B second) : first_(std::move(first)), second_(std::move(second)) {
        if constexpr (
            requires {
                { first_.window() } -> std::convertible_to<Window>;
            } &&
            requires {
                { second_.window() } -> std::convertible_to<Window>;
            })
            window_ = common_window(first_.window(), second_.window());
    }

    Index size() const { return Index(first_.size()) + Index(second_.size()); }

    template <class X>
    auto operator()(const X& configuration) const
        requires Statistic<A, X> && Statistic<B, X>
    {
        return joined(first_(configuration), second_(configuration));
    }

    Window window() const
        requires requires(const A a, const B b) {
            { a.window() } -> std::convertible_to<Window>;
            { b.window() } -> std::convertible_to<Window>;
        }
    {
        return window_;
    }

    template <class Letter>
    auto local(Index i, std::span<const Letter> w) const
        requires ChainStatistic<A, Letter> && ChainStatistic<B, Letter>
    {
        return joined(first_.local(i, detail::narrow(w, Window(first_.window()).width)),
                      second_.local(i, detail::narrow(w, Window(second_.window()).width)));
    }

    bool translation_invariant() const {
        return is_translation_invariant(first_) && is_translation_invariant(second_);
    }

    QuadraticForm quadratic(Index k) const
        requires QuadraticStatistic<A> && QuadraticStatistic<B>
    {
        return k < Index(first_.size()) ? QuadraticForm(first_.quadratic(k))
                                        : QuadraticForm(second_.quadratic(k - Index(first_.size())));
    }

private:
    template <VectorLike V, VectorLike W>
    static auto joined(V v, const W& w) {
        if constexpr (extent_of<W> == 0) {
            return v;
        } else {
            Eigen::Matrix<double, sum_of_extents(extent_of<V>, extent_of<W>), 1> both(v.size() + w.size());
            for (Index k = 0; k < v.size(); ++k) both[k] = v[k];
            for (Index k = 0; k < w.size(); ++k) both[v.size() + k] = w[k];
            return both;
        }
    }

    A first_;
    B second_;
    Window window_{};
};

}  // namespace predcg
