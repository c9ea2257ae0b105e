#pragma once
// Configurations of the host's own types, copied element by element.
#include <predcg/core/error.hpp>
#include <predcg/core/types.hpp>

#include <cmath>
#include <concepts>
#include <iterator>
#include <limits>
#include <memory>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace predcg::detail {

template <class R>
using element_of = std::remove_cvref_t<decltype(*std::ranges::begin(std::declval<const R&>()))>;

/// The length that a type has, dynamic if it can have any.
template <class C>
inline constexpr Index length_of = dynamic;
template <class C>
    requires requires { std::tuple_size<C>::value; }
inline constexpr Index length_of<C> = static_cast<Index>(std::tuple_size<C>::value);
template <OfEigen C>
inline constexpr Index length_of<C> = C::SizeAtCompileTime;

/// Objects of Eigen that are rows have one dimension, and are not bounded.
template <class C>
inline constexpr bool is_row = true;
template <OfEigen C>
inline constexpr bool is_row<C> =
    bool(C::IsVectorAtCompileTime) && Index{C::MaxSizeAtCompileTime} == Index{C::SizeAtCompileTime};

/// Has one length, or can get any.
template <class C>
concept HasLength = length_of<C> != dynamic || Resizable<C>;

/// A row that owns its elements.
template <class C>
concept RowOfElements =
    std::default_initializable<C> && InputRange<C> && InputRange<const C> && is_row<C> && HasLength<C> &&
    requires(C& row, const element_of<C>& one) { *std::ranges::begin(row) = one; };

/// Elements that are copied to others: numbers to numbers, objects of Eigen to the same, others to what they
/// convert to.
template <class From, class To>
inline constexpr bool is_copied = std::is_arithmetic_v<From> || !std::is_arithmetic_v<To>;
template <class From, OfEigen To>
inline constexpr bool is_copied<From, To> = std::same_as<From, To>;

template <class From, class To>
concept ElementFor = std::convertible_to<const From&, To> && is_copied<From, To>;

/// A row, but no text, whose elements can be copied to a row C.
template <class X, class C>
concept ElementsFor =
    RowOfElements<C> && InputRange<const X> && is_row<X> && std::forward_iterator<iterator_of<const X>> &&
    !std::convertible_to<const X&, std::string_view> && ElementFor<element_of<X>, element_of<C>>;

/// What is a configuration of this type, or converts to one. Eigen says of rows of other numbers that they
/// do, and does not compile.
template <class X, class C>
concept ConfigurationFor = std::convertible_to<const X&, const C&> && [] {
    if constexpr (OfEigen<X> && OfEigen<C>)
        return std::same_as<scalar_of<X>, scalar_of<C>>;
    else
        return true;
}();

/// Whether a number has its value in the type To: exactly if that is one of integers, rounded if of real
/// numbers.
template <class To, class From>
bool has_value(const From& from) {
    if constexpr (std::is_floating_point_v<To>) {
        if constexpr (std::is_floating_point_v<From> && sizeof(From) > sizeof(To))
            return !(std::abs(from) > static_cast<From>(std::numeric_limits<To>::max()));
        return true;
    } else if constexpr (std::is_floating_point_v<From>) {
        const From behind = std::ldexp(From{1}, std::numeric_limits<To>::digits);
        const From first = std::is_signed_v<To> ? -behind : From{0};
        return from >= first && from < behind && from == std::trunc(from);
    } else {
        const auto to = static_cast<To>(from);
        return +static_cast<From>(to) == +from && (+to < 0) == (+from < 0);
    }
}

/// Copies the elements of one row to another, which gets as many if it can. Throws ArgumentError where it
/// cannot and has another number of them, and for a number that is out of its range, or none of its integers.
template <class C, class X>
    requires ElementsFor<X, C>
void copy_elements(const X& from, C& to, const char* function) {
    using Element = element_of<C>;
    const auto count = std::ranges::distance(std::ranges::begin(from), std::ranges::end(from));
    if constexpr (length_of<C> != dynamic)
        require_equal(static_cast<Index>(count), length_of<C>, function, "number of elements",
                      "that of the map's fine_type");
    else
        to.resize(static_cast<decltype(to.size())>(count));
    auto at = std::ranges::begin(to);
    for (const element_of<X>& one : from) {
        if constexpr (std::is_arithmetic_v<Element>)
            require(has_value<Element>(one), function, "element", one,
                    "a number of the elements of the map's fine_type");
        *at = static_cast<Element>(one);
        ++at;
    }
}

/// A configuration that others are copied into. A copy of it has one of its own.
class CopiedConfiguration {
public:
    CopiedConfiguration() = default;
    CopiedConfiguration(const CopiedConfiguration&) {}
    CopiedConfiguration(CopiedConfiguration&&) noexcept = default;
    CopiedConfiguration& operator=(const CopiedConfiguration& other) {
        if (this != &other) configuration_.reset();
        return *this;
    }
    CopiedConfiguration& operator=(CopiedConfiguration&&) noexcept = default;
    ~CopiedConfiguration() = default;

    /// Always of the same type.
    template <class C>
    C& of() {
        if (!configuration_) configuration_ = std::make_shared<C>();
        return *static_cast<C*>(configuration_.get());
    }

private:
    std::shared_ptr<void> configuration_;
};

}  // namespace predcg::detail
