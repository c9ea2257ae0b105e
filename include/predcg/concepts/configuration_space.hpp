#pragma once
#include <predcg/core/random.hpp>
#include <predcg/core/types.hpp>

#include <concepts>
#include <iterator>
#include <type_traits>
#include <utility>

namespace predcg {

/// Where configurations live.
///
///     struct MySpace {
///         using configuration_type = ...;          // anything copyable
///         Index size() const;                      // number of sites or coordinates
///         configuration_type random(auto& rng) const;   // a start anywhere in the space
///     };
template <class S>
concept ConfigurationSpace = std::copyable<S> &&  // fits and targets keep their space by value
                             requires {
                                 typename S::configuration_type;  // algorithms store configurations
                                 requires std::copyable<typename S::configuration_type>;
                             } && requires(const S space, Philox4x32& rng) {
                                 {
                                     space.size()
                                 } -> std::convertible_to<Index>;  // loops over sites, cost estimates
                                 {
                                     space.random(rng)
                                 } -> std::convertible_to<typename S::configuration_type>;  // starts, storage
                             };

/// Type of a space's configurations.
template <ConfigurationSpace S>
using configuration_t = typename S::configuration_type;

/// The space of anything that has `space()`.
template <class T>
using space_t = std::remove_cvref_t<decltype(std::declval<const T&>().space())>;

namespace detail {
template <class S>
using alphabet_iterator = iterator_of<const std::remove_cvref_t<decltype(std::declval<const S&>().values())>>;
template <class S>
using alphabet_letter = std::iter_value_t<alphabet_iterator<S>>;
}  // namespace detail

/// A space of n sites with the same finite alphabet each: what enumeration and transfer matrices need.
template <class S>
concept FiniteSpace =
    ConfigurationSpace<S> &&
    requires(const S space) {
        requires std::random_access_iterator<detail::alphabet_iterator<S>>;  // the alphabet, in a fixed order
        std::ranges::size(space.values());                                   // its size q: states are counted
        requires std::regular<detail::alphabet_letter<S>>;                   // stored, compared
    } &&
    requires(configuration_t<S>& X, const configuration_t<S>& fixed, Index i,
             detail::alphabet_letter<S> letter) {
        X[static_cast<std::size_t>(i)] = letter;      // sites are set one by one,
        letter = fixed[static_cast<std::size_t>(i)];  // and read
    };

/// Type of a site's value.
template <FiniteSpace S>
using letter_t = detail::alphabet_letter<S>;

/// Letters that stand for numbers: site moments are defined.
template <class S>
concept NumericSpace = FiniteSpace<S> && std::is_convertible_v<detail::alphabet_letter<S>, double>;

/// Some configuration of the right size, to be overwritten site by site.
template <FiniteSpace S>
configuration_t<S> blank_configuration(const S& space) {
    auto stream = make_stream(0, Purpose::blank);
    return space.random(stream);
}

}  // namespace predcg
