#pragma once
#include <predcg/core/moments.hpp>
#include <predcg/core/types.hpp>

#include <concepts>
#include <vector>

namespace predcg {

/// A quantity of interest that is a number.
template <class O, class X>
concept NumberObservable = requires(const O observable, const X& x) {
    { observable(x) } -> RealValue;
};

/// A quantity of interest of a fine configuration: a number or a vector.
template <class O, class X>
concept Observable = requires(const O observable, const X& x) { observable(x); } &&
                     (NumberObservable<O, X> || requires(const O observable, const X& x) {
                         { observable(x) } -> VectorLike;
                     });

/// An observable at most quadratic in the site values, so that its expectation follows exactly from their
/// moments: order() is 1 or 2, from_moments(m) the expectation.
template <class O>
concept MomentObservable = requires(const O observable, const SiteMoments& moments) {
    { observable.order() } -> std::convertible_to<int>;
    observable.from_moments(moments);
};

/// Needs second moments of sites so far apart at most: `Index lags() const`, < 0 for all. Exact expectations
/// then keep a band of them.
template <class O>
concept HasLags = requires(const O observable) {
    { observable.lags() } -> std::convertible_to<Index>;
};

/// Depends on the parameters: `bind(models, parameters, beta) const` is the observable at these.
template <class O, class Models, class Parameters>
concept HasBind = requires(const O observable, const Models& models, const Parameters& at, double beta) {
    observable.bind(models, at, beta);
};

/// Knows its mean over data without each of its values: `Vector mean(const Data&) const`.
template <class O, class Data>
concept HasMean = requires(const O observable, const Data& data) {
    { observable.mean(data) } -> VectorLike;
};

/// Prepares data once for its means at many parameters: `prepared(data) const`, and `mean_of` of what that
/// returns, a vector.
template <class O, class Data>
concept HasMeanOfPrepared = requires(const O observable, const Data& data) {
    { observable.mean_of(observable.prepared(data)) } -> VectorLike;
};

/// The same of letters that need not be numbers: letter_values(letters) are numbers v_c(a) that the letters
/// of a range stand for, a row for each letter and a column for each c; from_letter_moments(m) is the
/// expectation from the moments of v_c(x_i), c after c.
template <class O, class Letters>
concept LetterObservable =
    requires(const O observable, const Letters& letters, const std::vector<SiteMoments>& moments) {
        { observable.order() } -> std::convertible_to<int>;
        { observable.letter_values(letters) } -> std::convertible_to<Matrix>;
        observable.from_letter_moments(moments);
    };

}  // namespace predcg
