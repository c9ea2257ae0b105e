#pragma once
// Configurations in R^n of any type, seen as n numbers.
#include <predcg/core/error.hpp>
#include <predcg/core/types.hpp>

#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>
#include <vector>

namespace predcg {

/// How a configuration in R^n holds its coordinates. Ready-made for Eigen's matrices, std::vector and
/// std::array, of doubles or of each other; a type of one's own is taught in one function:
///
///     template <>
///     struct predcg::RealCoordinates<Polymer> {
///         static void each(auto& X, auto&& f) {          // f(coordinate), in an order that never changes
///             for (auto& bead : X.beads) f(bead.x), f(bead.y), f(bead.z);
///         }
///     };
///
/// X and its copies have the same number of coordinates. Optional, for energies that are to be differentiated
/// by X (structure/autodiff.hpp) where the type is a template: `template <class S> static Polymer<S>
/// with_scalar(const Polymer<double>& X)`, an object of X's shape with numbers of type S, whose values do not
/// matter.
template <class X>
struct RealCoordinates {};

namespace detail {
template <class T>
inline constexpr bool is_number = std::is_same_v<T, double>;  // and what stands for one in derivatives

template <class C>
concept KnowsCoordinates = requires(C& X) { RealCoordinates<C>::each(X, [](auto&) {}); };

/// f of every number in a coordinate, point or configuration.
template <class C, class F>
void each_number(C& X, F& f) {
    using Plain = std::remove_const_t<C>;
    if constexpr (KnowsCoordinates<Plain>)
        RealCoordinates<Plain>::each(X, f);
    else
        f(X);
}

/// An object of the same shape with scalars S.
template <class S, class C>
    requires is_number<C> || requires(const C& like) { RealCoordinates<C>::template with_scalar<S>(like); }
auto with_scalar([[maybe_unused]] const C& like) {
    if constexpr (is_number<C>)
        return S(0.0);
    else
        return RealCoordinates<C>::template with_scalar<S>(like);
}
}  // namespace detail

template <class T, int rows, int columns, int options, int max_rows, int max_columns>
    requires detail::is_number<T>
struct RealCoordinates<Eigen::Matrix<T, rows, columns, options, max_rows, max_columns>> {
    template <class S>
    static auto with_scalar(const auto& X) {
        return Eigen::Matrix<S, rows, columns, options, max_rows, max_columns>(X.rows(), X.cols());
    }
    static void each(auto& X, auto&& f) {
        for (Index k = 0; k < X.size(); ++k) f(X.data()[k]);
    }
};

template <class P>
    requires(detail::is_number<P> || detail::KnowsCoordinates<P>)
struct RealCoordinates<std::vector<P>> {
    template <class S>
    static auto with_scalar(const std::vector<P>& X) {
        std::vector<decltype(detail::with_scalar<S>(std::declval<const P&>()))> like;
        like.reserve(X.size());
        for (const P& point : X) like.push_back(detail::with_scalar<S>(point));
        return like;
    }
    static void each(auto& X, auto&& f) {
        for (auto& point : X) detail::each_number(point, f);
    }
};

template <class P, std::size_t N>
    requires(detail::is_number<P> || detail::KnowsCoordinates<P>)
struct RealCoordinates<std::array<P, N>> {
    template <class S>
    static auto with_scalar(const std::array<P, N>& X) {
        std::array<decltype(detail::with_scalar<S>(std::declval<const P&>())), N> like{};
        for (std::size_t k = 0; k < N; ++k) like[k] = detail::with_scalar<S>(X[k]);
        return like;
    }
    static void each(auto& X, auto&& f) {
        for (auto& point : X) detail::each_number(point, f);
    }
};

/// An array: its elements, one after the other.
template <class P, std::size_t N>
    requires(detail::is_number<P> || detail::KnowsCoordinates<P>)
struct RealCoordinates<P[N]> {
    static void each(auto& X, auto&& f) {
        for (auto& point : X) detail::each_number(point, f);
    }
};

/// What has n real numbers to be read, as views of a host's memory have.
template <class X>
concept ReadableCoordinates =
    requires(const X& configuration) { RealCoordinates<X>::each(configuration, [](const double&) {}); };

/// A configuration that is n real numbers: kernels on R^n move it.
template <class X>
concept RealConfiguration = std::copyable<X> && detail::KnowsCoordinates<X> && requires(X& configuration) {
    RealCoordinates<X>::each(configuration, [](double&) {});
};

/// n.
template <ReadableCoordinates X>
Index coordinate_count(const X& configuration) {
    if constexpr (std::is_same_v<X, Vector>) {
        return configuration.size();
    } else {
        Index n = 0;
        RealCoordinates<X>::each(configuration, [&](const double&) { ++n; });
        return n;
    }
}

/// Writes the coordinates of X to a vector, which gets their number as its size.
template <ReadableCoordinates X>
void read_coordinates(const X& configuration, Vector& to) {
    if constexpr (std::is_same_v<X, Vector>) {
        to = configuration;
    } else {
        to.resize(coordinate_count(configuration));
        double* next = to.data();
        RealCoordinates<X>::each(configuration, [&](const double& x) { *next++ = x; });
    }
}

/// The coordinates of X as a vector of n numbers.
template <ReadableCoordinates X>
Vector coordinates_of(const X& configuration) {
    Vector read;
    read_coordinates(configuration, read);
    return read;
}

/// Gives X, which has n coordinates, those of a vector of n numbers.
template <RealConfiguration X>
void set_coordinates(X& configuration, const Vector& from) {
    if constexpr (std::is_same_v<X, Vector>) {
        configuration = from;
    } else {
        const double* next = from.data();
        RealCoordinates<X>::each(configuration, [&](double& x) { x = *next++; });
    }
}

namespace detail {
template <class X>
concept SizedByPoints = MatrixLike<X> || std::is_constructible_v<X, std::size_t>;
}  // namespace detail

/// n points in R^d as X: a vector of n d numbers, a d x n matrix, or X(n). Throws ArgumentError where that
/// does not have n d coordinates.
template <RealConfiguration X>
    requires detail::SizedByPoints<X>
X blank_points(Index points, Index dimension = 3) {
    require(points >= 1, "blank_points", "points", points, "an integer >= 1");
    require(dimension >= 1, "blank_points", "dimension", dimension, "an integer >= 1");
    const auto blank = [&]() -> X {
        if constexpr (VectorLike<X>)
            return X::Zero(points * dimension);
        else if constexpr (MatrixLike<X>)
            return X::Zero(dimension, points);
        else
            return X(static_cast<std::size_t>(points));
    };
    if constexpr (MatrixLike<X> && !VectorLike<X>) {  // Eigen would end the program
        constexpr Index rows = X::RowsAtCompileTime, columns = X::ColsAtCompileTime;
        require(rows == dynamic || rows == dimension, "blank_points", "dimension", dimension,
                "the rows of the configuration type");
        require(columns == dynamic || columns == points, "blank_points", "points", points,
                "the columns of the configuration type");
    } else if constexpr (VectorLike<X>) {
        constexpr Index size = X::RowsAtCompileTime;
        require(size == dynamic || size == points * dimension, "blank_points", "points times dimension",
                points * dimension, "the size of the configuration type");
    }
    X configuration = blank();
    require_equal(coordinate_count(configuration), points * dimension, "blank_points",
                  "coordinates of the configuration", "points times dimension");
    return configuration;
}

namespace detail {
constexpr bool may_agree(Index a, Index b) { return a == dynamic || b == dynamic || a == b; }
/// Matrices, no vectors, whose numbers are stored in the same order.
template <class G, class X>
concept MatrixOfShape =
    MatrixLike<G> && MatrixLike<X> && !VectorLike<X> &&
    bool(std::remove_cvref_t<G>::PlainObject::IsRowMajor) == bool(X::PlainObject::IsRowMajor) &&
    may_agree(std::remove_cvref_t<G>::RowsAtCompileTime, X::RowsAtCompileTime) &&
    may_agree(std::remove_cvref_t<G>::ColsAtCompileTime, X::ColsAtCompileTime);
}  // namespace detail

/// What a derivative by X may be: a vector of n numbers, or of the kind that X is.
template <class G, class X>
concept GradientLike =
    VectorLike<G> ||
    (RealConfiguration<X> && (std::same_as<std::remove_cvref_t<G>, X> || detail::MatrixOfShape<G, X>));

namespace detail {
/// sum += weight g. Throws ArgumentError for a gradient of another length.
template <class G>
void add_coordinates(Vector& sum, double weight, const G& gradient) {
    Index count = 0;
    if constexpr (MatrixLike<G>)
        count = gradient.size();
    else
        count = coordinate_count(gradient);
    require_equal(count, sum.size(), "kernel", "length of a gradient by X", "the number of coordinates of X");
    if constexpr (VectorLike<G>) {
        sum += weight * gradient;
    } else if constexpr (MatrixLike<G>) {
        const typename G::PlainObject plain = gradient;
        for (Index k = 0; k < plain.size(); ++k) sum[k] += weight * plain.data()[k];
    } else {
        Index k = 0;
        RealCoordinates<G>::each(gradient, [&](const double& g) { sum[k++] += weight * g; });
    }
}
}  // namespace detail

}  // namespace predcg
