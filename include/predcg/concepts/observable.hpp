#pragma once
#include <predcg/core/moments.hpp>
#include <predcg/core/types.hpp>

#include <concepts>

namespace predcg {

/// A quantity of interest of a fine configuration: a number or a vector.
template <class O, class X>
concept Observable =
    requires(const O observable, const X& x) { observable(x); } && (
                                                                       requires(const O o, const X& x) {
                                                                           { o(x) } -> RealValue;
                                                                       } ||
                                                                       requires(const O o, const X& x) {
                                                                           { o(x) } -> VectorLike;
                                                                       });

/// An observable at most quadratic in the site values, so that its expectation follows exactly from their
/// moments: order() is 1 or 2, from_moments(m) the expectation.
template <class O>
concept MomentObservable = requires(const O observable, const SiteMoments& moments) {
    { observable.order() } -> std::convertible_to<int>;
    observable.from_moments(moments);
};

/// An observable that is a sum over sites or pairs of sites, of letters that need not be numbers:
/// from_pairs(pairs) is the expectation, from pairs(i, j), the matrix of P(x_i = a, x_j = b) with letters in
/// the order of values(). pairs.sites() is n; the first pairs.period() sites stand for all.
template <class O, class Pairs>
concept PairObservable = requires(const O observable, const Pairs& pairs) { observable.from_pairs(pairs); };

}  // namespace predcg
