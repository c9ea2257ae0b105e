#pragma once
// Configurations inside arrays and structs of the host's, read where they are.
#include <predcg/core/real_coordinates.hpp>

#include <concepts>
#include <cstddef>
#include <iterator>
#include <span>
#include <type_traits>

namespace predcg {

/// `size` values of type T, the first at an address and each `stride` bytes after the one before: a
/// configuration as it lies in the host's memory, which must outlive the view. Reads only; copies refer to
/// the same memory. A row of a matrix that is stored by columns:
///
///     Strided<double> row(&a[i], columns, rows * sizeof(double));
///
/// Of a member of structs see strided(structs, &Struct::member).
template <class T>
class Strided {
public:
    using value_type = T;
    static constexpr bool refers_to_data = true;  ///< where a map's prepared form is one: see by_reference

    Strided() = default;
    /// `stride` in bytes, of either sign.
    Strided(const T* first, Index size, std::ptrdiff_t stride = sizeof(T))
        : first_(reinterpret_cast<const std::byte*>(first)), stride_(stride),
          size_(static_cast<std::size_t>(size)) {}
    /// Of a vector, array or span of T.
    template <class C>
        requires(!MatrixLike<C> &&
                 requires(const C& c) {
                     { c.data() } -> std::same_as<const T*>;
                     { c.size() } -> std::same_as<std::size_t>;
                 })
    Strided(const C& values) : Strided(values.data(), static_cast<Index>(values.size())) {}
    /// Of a span of values that are not const.
    Strided(std::span<T> values) : Strided(values.data(), static_cast<Index>(values.size())) {}

    std::size_t size() const { return size_; }
    const T& operator[](std::size_t k) const {
        return *reinterpret_cast<const T*>(first_ + stride_ * static_cast<std::ptrdiff_t>(k));
    }

    /// Goes through the values once, in order.
    class Iterator {
    public:
        using value_type = T;
        using difference_type = std::ptrdiff_t;

        Iterator() = default;
        Iterator(const Strided& view, std::size_t at) : view_(view), at_(at) {}
        const T& operator*() const { return view_[at_]; }
        Iterator& operator++() { return ++at_, *this; }
        Iterator operator++(int) { return {view_, at_++}; }
        bool operator==(const Iterator& other) const { return at_ == other.at_; }

    private:
        Strided view_;
        std::size_t at_ = 0;
    };
    Iterator begin() const { return {*this, 0}; }
    Iterator end() const { return {*this, size_}; }

private:
    const std::byte* first_ = nullptr;
    std::ptrdiff_t stride_ = 0;
    std::size_t size_ = 0;
};

/// A member of all structs of an array as one configuration:
///
///     struct Site { std::int8_t spin; double field; };
///     auto x = strided(std::span(sites, n), &Site::spin);    // or a std::vector<Site>
template <class Structs, class S, class T>
    requires requires(const Structs& structs) {
        { structs.data() } -> std::convertible_to<const S*>;
        structs.size();
    }
Strided<T> strided(const Structs& structs, T S::*member) {
    const S* const first = structs.data();
    const auto size = static_cast<Index>(structs.size());
    return size == 0 ? Strided<T>() : Strided<T>(&(first->*member), size, sizeof(S));
}

/// Coordinates of a view can be read: T are numbers, or points with coordinates.
template <class T>
    requires(detail::is_number<T> || detail::KnowsCoordinates<T>)
struct RealCoordinates<Strided<T>> {
    static void each(const Strided<T>& X, auto&& f) {
        for (std::size_t k = 0; k < X.size(); ++k) detail::each_number(X[k], f);
    }
};

}  // namespace predcg
