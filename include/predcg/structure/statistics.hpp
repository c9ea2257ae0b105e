#pragma once
// Statistics that the learning equations are made of.
#include <predcg/concepts/statistic.hpp>
#include <predcg/concepts/target.hpp>
#include <predcg/structure/forwarding.hpp>
#include <predcg/structure/potential_operations.hpp>

#include <utility>

namespace predcg {

/// G(X) = dU_c/dtheta at fixed theta. A view: the potential must outlive it.
template <LearnablePotential U>
class EnergyGradient : public detail::AtTheta<U> {
public:
    /// Features of U at theta; refers to U.
    EnergyGradient(const U& potential, Vector theta) : detail::AtTheta<U>(potential, std::move(theta)) {}

    Index size() const { return this->theta_.size(); }

    auto operator()(const configuration_t<space_t<U>>& X) const {
        return parameter_gradient(this->part(), X, this->theta_);
    }

    template <class Letter>
    auto local(Index i, std::span<const Letter> w) const
        requires requires(const U u, const Vector& t) { local_parameter_gradient(u, i, w, t); }
    {
        return local_parameter_gradient(this->part(), i, w, this->theta_);
    }
    QuadraticForm quadratic(Index k) const
        requires QuadraticCoarsePotential<U> && LinearCoarsePotential<U>
    {
        return this->part().feature_quadratic(k);
    }
};

/// H(X) = d2U_c/dtheta2 at fixed theta, written as a vector of p*p numbers. Only for potentials that are
/// not linear in theta. A view: the potential must outlive it.
template <LearnablePotential U>
    requires(!LinearCoarsePotential<U>)
class EnergyHessian : public detail::AtTheta<U> {
public:
    /// Second derivatives of U at theta; refers to U.
    EnergyHessian(const U& potential, Vector theta) : detail::AtTheta<U>(potential, std::move(theta)) {}

    Index size() const { return this->theta_.size() * this->theta_.size(); }

    Vector operator()(const configuration_t<space_t<U>>& X) const {
        return parameter_hessian(this->part(), X, this->theta_).reshaped();
    }

    template <class Letter>
    Vector local(Index i, std::span<const Letter> w) const
        requires requires(const U u, const Vector& t) { local_parameter_hessian(u, i, w, t); }
    {
        return local_parameter_hessian(this->part(), i, w, this->theta_).reshaped();
    }
};

/// log pi(X) of a target as a statistic with the target's structure. A view: the target must outlive it.
template <Target T>
class LogDensity : public detail::OfPart<const T*> {
    using One = Eigen::Matrix<double, 1, 1>;

public:
    /// The log density of a target, as a statistic; refers to it.
    explicit LogDensity(const T& target) : detail::OfPart<const T*>(&target) {}

    Index size() const { return 1; }

    One operator()(const configuration_t<space_t<T>>& X) const {
        return One::Constant(this->part().log_density(X));
    }

    template <class Letter>
        requires ChainFactor<T, Letter>
    One local(Index i, std::span<const Letter> w) const {
        return One::Constant(this->part().local_log_density(i, w));
    }
    QuadraticForm quadratic(Index) const
        requires QuadraticFactor<T>
    {
        return this->part().quadratic();
    }
};

/// Two statistics set end to end. It keeps a structure iff both have it.
template <class A, class B>
class Stack : public detail::OfParts<A, B> {
    using Base = detail::OfParts<A, B>;
    using Base::first_, Base::second_;

public:
    /// Both, one after the other.
    Stack(A first, B second) : Base(std::move(first), std::move(second)) {}

    Index size() const { return Index(first_.size()) + Index(second_.size()); }

    template <class X>
    auto operator()(const X& configuration) const
        requires Statistic<A, X> && Statistic<B, X>
    {
        return joined(first_(configuration), second_(configuration));
    }

    template <class Letter>
    auto local(Index i, std::span<const Letter> w) const
        requires ChainStatistic<A, Letter> && ChainStatistic<B, Letter>
    {
        return joined(first_.local(i, detail::narrow(w, first_.window())),
                      second_.local(i, detail::narrow(w, second_.window())));
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
            Eigen::Matrix<double, detail::sum_of_extents(extent_of<V>, extent_of<W>), 1> both(v.size() +
                                                                                              w.size());
            for (Index k = 0; k < v.size(); ++k) both[k] = v[k];
            for (Index k = 0; k < w.size(); ++k) both[v.size() + k] = w[k];
            return both;
        }
    }
};

}  // namespace predcg
