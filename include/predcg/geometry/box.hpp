#pragma once
// Points in space, periodic boxes, and the nearest image of a point.
#include <predcg/core/error.hpp>
#include <predcg/core/real_coordinates.hpp>
#include <predcg/core/types.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <type_traits>
#include <vector>

namespace predcg {

/// A place, or a difference of places, in nm.
using Point = std::array<double, 3>;
/// n places.
using Points = std::vector<Point>;

namespace detail {
inline Point minus(const Point& a, const Point& b) { return {a[0] - b[0], a[1] - b[1], a[2] - b[2]}; }
inline Point plus(const Point& a, const Point& b) { return {a[0] + b[0], a[1] + b[1], a[2] + b[2]}; }
inline Point times(double s, const Point& a) { return {s * a[0], s * a[1], s * a[2]}; }
inline double dot(const Point& a, const Point& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }
inline double norm(const Point& a) { return std::sqrt(dot(a, a)); }
inline Point cross(const Point& a, const Point& b) {
    return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}

/// The points of a configuration with 3 n coordinates: itself where it is Points. Throws ArgumentError for
/// a number of coordinates that 3 does not divide.
inline const Points& points_of(const Points& x, const char* /*function*/) { return x; }
template <ReadableCoordinates X>
    requires(!std::is_same_v<X, Points>)
Points points_of(const X& x, const char* function) {
    const Vector all = coordinates_of(x);
    require(all.size() % 3 == 0, function, "number of coordinates", all.size(), "a multiple of 3");
    Points points(static_cast<std::size_t>(all.size() / 3));
    for (std::size_t i = 0; i < points.size(); ++i)
        for (std::size_t c = 0; c < 3; ++c) points[i][c] = all[static_cast<Index>(3 * i + c)];
    return points;
}
}  // namespace detail

/// A box that repeats along its three edges. An edge of length 0 does not repeat; by default none does.
struct Box {
    std::array<Point, 3> edges{};  ///< a, b, c in nm

    /// Edges along x, y, z. Throws ArgumentError unless each is finite and >= 0.
    static Box orthorhombic(double x, double y, double z) {
        for (const double length : {x, y, z})
            require(std::isfinite(length) && length >= 0.0, "Box::orthorhombic", "length", length,
                    "a finite number >= 0");
        Box box;
        box.edges = {Point{x, 0.0, 0.0}, Point{0.0, y, 0.0}, Point{0.0, 0.0, z}};
        return box;
    }
    /// Three equal edges along x, y, z.
    static Box cubic(double length) { return orthorhombic(length, length, length); }

    /// True if the edges lie along x, y, z, to 1e-9 of the longest.
    bool is_orthorhombic() const {
        double longest = 0.0, off = 0.0;
        for (std::size_t i = 0; i < 3; ++i)
            for (std::size_t j = 0; j < 3; ++j) {
                double& larger = i == j ? longest : off;
                larger = std::max(larger, std::abs(edges[i][j]));
            }
        return off <= 1e-9 * longest;
    }

    /// True if it repeats along edge k.
    bool repeats(std::size_t k) const { return detail::dot(edges[k], edges[k]) > 0.0; }

    /// Lengths of the edges; 0 where it does not repeat.
    Point lengths() const { return {detail::norm(edges[0]), detail::norm(edges[1]), detail::norm(edges[2])}; }

    /// |a . (b x c)|; 0 if it does not repeat along all edges.
    double volume() const { return std::abs(detail::dot(edges[0], detail::cross(edges[1], edges[2]))); }

    friend bool operator==(const Box&, const Box&) = default;
};

/// Differences of places by the nearest image: each component of b - a to within half the edge,
///
///     d_k - L_k round(d_k / L_k),    d = b - a;    d_k where the box does not repeat.
///
/// Orthorhombic boxes only: in a triclinic one the nearest image is not found by rounding.
class MinimumImage {
public:
    /// No box: differences are b - a.
    MinimumImage() = default;

    /// Throws ArgumentError for a triclinic box, and for edges that are negative or not finite.
    explicit MinimumImage(const Box& box) {
        require(box.is_orthorhombic(), "MinimumImage", "box", "triclinic",
                "an orthorhombic one, edges along x, y, z; make molecules whole and wrap them into a "
                "rectangular cell first, or use the simulation's own tools");
        for (std::size_t k = 0; k < 3; ++k) {
            const double length = box.edges[k][k];
            require(std::isfinite(length) && length >= 0.0, "MinimumImage", "length of an edge", length,
                    "a finite number >= 0");
            lengths_[k] = length;
            inverse_[k] = length > 0.0 ? 1.0 / length : 0.0;
        }
    }

    /// From a to the nearest image of b.
    Point difference(const Point& a, const Point& b) const {
        Point d = detail::minus(b, a);
        for (std::size_t k = 0; k < 3; ++k) d[k] -= lengths_[k] * std::nearbyint(d[k] * inverse_[k]);
        return d;
    }

    /// Squared distance of the nearest images.
    double squared_distance(const Point& a, const Point& b) const {
        const Point d = difference(a, b);
        return detail::dot(d, d);
    }

    /// Distance of the nearest images.
    double distance(const Point& a, const Point& b) const { return std::sqrt(squared_distance(a, b)); }

    /// The image of a with coordinates in [0, L_k).
    Point wrapped(Point a) const {
        for (std::size_t k = 0; k < 3; ++k)
            if (lengths_[k] > 0.0) {
                a[k] -= lengths_[k] * std::floor(a[k] * inverse_[k]);
                if (!(a[k] < lengths_[k])) a[k] = 0.0;  // rounding: -1e-20 + L is L
            }
        return a;
    }

    /// Lengths of the edges; 0 where the box does not repeat.
    const Point& lengths() const { return lengths_; }

    /// Half the shortest edge, as far as distances are unique; infinite without edges.
    double reach() const {
        double shortest = std::numeric_limits<double>::infinity();
        for (const double length : lengths_)
            if (length > 0.0) shortest = std::min(shortest, length);
        return 0.5 * shortest;
    }

private:
    Point lengths_{}, inverse_{};
};

}  // namespace predcg
