#pragma once
#include <predcg/core/moments.hpp>
#include <predcg/core/types.hpp>

#include <concepts>
#include <vector>

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
