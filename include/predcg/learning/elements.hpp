#pragma once
// Configurations of the host's own types, copied element by element.
#include <predcg/core/error.hpp>
#include <predcg/core/types.hpp>

#include <cmath>
#include <concepts>
#include <iterator>
#include <limits>
#include <type_traits>
#include <utility>

namespace predcg::detail {

template <class R>
using element_of = std::remove_cvref_t<decltype(*std::ranges::begin(std::declval<const R&>()))>;

/// A row of elements that another row can be copied into, as many as it has if it is not Resizable.
template <class C>
concept RowOfElements =
    std::default_initializable<C> && std::copyable<C> && InputRange<C> && InputRange<const C> &&
    requires(C& row, const element_of<C>& one) { *std::ranges::begin(row) = one; };

/// A row whose elements convert to those of C.
template <class X, class C>
concept ElementsFor =
    RowOfElements<C> && InputRange<const X> && std::forward_iterator<iterator_of<const X>> &&
    std::convertible_to<element_of<X>, element_of<C>>;

/// Whether a number is one of the type To, of which none is rounded: numbers of real types are rounded, those
/// of integers never.
template <class To, class From>
bool has_value(const From& from) {
    if constexpr (std::is_floating_point_v<From>) {
        const From behind = std::ldexp(From{1}, std::numeric_limits<To>::digits);
        const From first = std::is_signed_v<To> ? -behind : From{0};
        return from >= first && from < behind && from == std::trunc(from);
    } else {
        const auto to = static_cast<To>(from);
        return +static_cast<From>(to) == +from && (+to < 0) == (+from < 0);
    }
}

/// Copies the elements of one row to another, which gets as many if it can. Throws ArgumentError where it
/// cannot and has another number of them, and for a number that an integer cannot be.
template <class C, class X>
    requires ElementsFor<X, C>
void copy_elements(const X& from, C& to, const char* function) {
    using Element = element_of<C>;
    using Given = element_of<X>;
    const auto count = std::distance(std::ranges::begin(from), std::ranges::end(from));
    if constexpr (Resizable<C>)
        to.resize(static_cast<decltype(to.size())>(count));
    else
        require_equal(static_cast<Index>(count),
                      static_cast<Index>(std::distance(std::ranges::begin(to), std::ranges::end(to))),
                      function, "number of elements", "that of the map's fine_type");
    auto at = std::ranges::begin(to);
    for (const Given& one : from) {
        if constexpr (std::is_integral_v<Element> && std::is_arithmetic_v<Given>)
            require(has_value<Element>(one), function, "element", one,
                    "a number of the elements of the map's fine_type");
        *at = static_cast<Element>(one);
        ++at;
    }
}

}  // namespace predcg::detail
