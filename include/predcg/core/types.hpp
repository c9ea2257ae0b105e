#pragma once
// Vector aliases and the two return-type concepts that every other header uses.
#include <predcg/core/compiler.hpp>

#include <Eigen/Core>

#include <concepts>
#include <iterator>
#include <limits>
#include <type_traits>
#include <utility>

namespace predcg {

using Index = Eigen::Index;      ///< Signed numbers of sites, parameters, data.
using Vector = Eigen::VectorXd;  ///< Column vector of doubles.
using Matrix = Eigen::MatrixXd;  ///< Matrix of doubles, by columns.
/// Column vector of numbers of another type.
template <class T>
using VectorOf = Eigen::Matrix<T, Eigen::Dynamic, 1>;

/// Extent of something whose size is known only at run time.
inline constexpr Index dynamic = Eigen::Dynamic;

namespace detail {
/// Eigen's objects and expressions.
template <class T>
concept OfEigen = requires { typename std::remove_cvref_t<T>::PlainObject; };
}  // namespace detail

/// A real number: convertible to double, but not an Eigen object (Eigen's 1x1 products convert silently).
template <class T>
concept RealValue = std::convertible_to<T, double> && !detail::OfEigen<T>;

namespace detail {
template <class R>
using iterator_of = decltype(std::ranges::begin(std::declval<R&>()));

/// What a number is where it is not defined: NaN.
inline constexpr double undefined = std::numeric_limits<double>::quiet_NaN();

template <class V>
using scalar_of = typename std::remove_cvref_t<V>::Scalar;
}  // namespace detail

/// A range to be read once, as std::ranges::input_range: `<ranges>` would cost each file a twentieth of what
/// Eigen/Core does.
template <class R>
concept InputRange = requires(R& r) {
    std::ranges::begin(r);
    std::ranges::end(r);
} && std::input_iterator<detail::iterator_of<R>>;

/// A container whose length can be set: `resize(n)`.
template <class X>
concept Resizable = requires(X& x) { x.resize(std::size_t{}); };

/// A column vector of doubles. Scalar and shape are checked here, because Eigen's own conversions are
/// unconstrained: `std::convertible_to<Vector>` accepts a matrix of complex numbers.
template <class V>
concept VectorLike = detail::OfEigen<V> && std::same_as<detail::scalar_of<V>, double> &&
                     std::remove_cvref_t<V>::ColsAtCompileTime == 1;

/// A matrix of doubles (a vector is one, too).
template <class M>
concept MatrixLike = detail::OfEigen<M> && std::same_as<detail::scalar_of<M>, double>;

/// Compile-time length of a VectorLike, or `dynamic`.
template <VectorLike V>
inline constexpr Index extent_of = std::remove_cvref_t<V>::RowsAtCompileTime;

namespace detail {
/// Length of two vectors set end to end; dynamic if either is.
constexpr Index sum_of_extents(Index a, Index b) { return a == dynamic || b == dynamic ? dynamic : a + b; }
}  // namespace detail

}  // namespace predcg
