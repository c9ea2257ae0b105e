#pragma once
// Sums over all pairs of a configuration.
#include <predcg/geometry/periodic_space.hpp>
#include <predcg/models/pair/pair_function.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

namespace predcg::pair {

namespace detail {
/// Throws ArgumentError for a cut-off that is not positive, or beyond half the shortest edge.
inline void require_cutoff(double cutoff, const MinimumImage& image, const char* name) {
    require_positive(cutoff, name, "cutoff");
    require(
        cutoff <= image.reach(), name, "cutoff", cutoff,
        "at most half the shortest edge of the box: beyond it a particle would see two images of another");
}

/// Places within the box, coordinate by coordinate, and squared distances of nearest images from one place:
/// loops without branches.
class PlacesInBox {
public:
    explicit PlacesInBox(const MinimumImage& image, std::size_t count = 0) : image_(image) { resize(count); }

    void resize(std::size_t count) {
        for (auto& axis : x_) axis.resize(count);
    }
    std::size_t size() const { return x_[0].size(); }
    /// What lies outside comes in. Throws ArgumentError for coordinates that are not finite.
    void take(const Points& X, const char* name) {
        resize(X.size());
        for (std::size_t i = 0; i < X.size(); ++i) {
            for (const double x : X[i]) require_finite(x, name, "coordinate");
            set(i, image_.wrapped(X[i]));
        }
    }
    Point operator[](std::size_t i) const { return {x_[0][i], x_[1][i], x_[2][i]}; }
    /// To a place within the box.
    void set(std::size_t i, const Point& inside) {
        for (std::size_t k = 0; k < 3; ++k) x_[k][i] = inside[k];
    }

    /// Of the first `count` particles from a place within the box.
    void squared_distances(const Point& from, std::size_t count, double* to) const {
        const double* const x = x_[0].data();
        const double* const y = x_[1].data();
        const double* const z = x_[2].data();
        const Point& L = image_.lengths();
        const double a = from[0], b = from[1], c = from[2], A = L[0], B = L[1], C = L[2];
        for (std::size_t j = 0; j < count; ++j) {
            const double dx = nearest(x[j] - a, A), dy = nearest(y[j] - b, B), dz = nearest(z[j] - c, C);
            to[j] = dx * dx + dy * dy + dz * dz;
        }
    }
    /// Of particle j.
    double squared_distance(const Point& from, std::size_t j) const {
        const Point& L = image_.lengths();
        const double dx = nearest(x_[0][j] - from[0], L[0]), dy = nearest(x_[1][j] - from[1], L[1]),
                     dz = nearest(x_[2][j] - from[2], L[2]);
        return dx * dx + dy * dy + dz * dz;
    }
    const MinimumImage& image() const { return image_; }

private:
    /// |d| of the nearest image, for |d| <= length.
    static double nearest(double d, double length) {
        d = std::abs(d);
        const double other = length - d;
        return d < other ? d : other;
    }

    MinimumImage image_;
    std::array<std::vector<double>, 3> x_;
};

/// f(r) of all pairs closer than the cut-off. The box repeats along all edges.
template <class F>
void each_distance(const Points& X, const MinimumImage& image, double cutoff, F&& f) {
    PlacesInBox places(image);
    places.take(X, "sum over pairs");
    const double largest = cutoff * cutoff;
    std::vector<double> squares(X.size());
    for (std::size_t i = 1; i < X.size(); ++i) {
        places.squared_distances(places[i], i, squares.data());
        std::size_t count = 0;
        for (std::size_t j = 0; j < i; ++j) {
            const double square = squares[j];
            squares[count] = square;
            count += square < largest;
        }
        for (std::size_t k = 0; k < count; ++k) squares[k] = std::sqrt(squares[k]);
        for (std::size_t k = 0; k < count; ++k) f(squares[k]);
    }
}
}  // namespace detail

/// U = sum_{i<j} u(r_ij), r_ij the distance of nearest images. O(n^2).
template <PairFunction U>
double energy(const U& u, const PeriodicSpace<Points>& space, const Points& X) {
    double sum = 0.0;
    detail::each_distance(X, space.image(), u.cutoff(), [&](double r) { sum += u.pair_energy(r); });
    return sum;
}

/// U, and dU/dX, which overwrites `gradient`. O(n^2).
template <PairFunction U>
double energy_and_gradient(const U& u, const PeriodicSpace<Points>& space, const Points& X,
                           Points& gradient) {
    const MinimumImage& image = space.image();
    const double largest = u.cutoff() * u.cutoff();
    gradient.assign(X.size(), Point{});
    double sum = 0.0;
    for (std::size_t i = 0; i < X.size(); ++i)
        for (std::size_t j = 0; j < i; ++j) {
            const Point d = image.difference(X[j], X[i]);
            const double square = predcg::detail::dot(d, d);
            if (!(square < largest)) continue;
            const double r = std::sqrt(square), slope = r > 0.0 ? u.pair_slope(r) / r : 0.0;
            sum += u.pair_energy(r);
            for (std::size_t k = 0; k < 3; ++k) {
                gradient[i][k] += slope * d[k];
                gradient[j][k] -= slope * d[k];
            }
        }
    return sum;
}

/// sum_k d^2 U / dX_k^2 = 2 sum_{i<j} (u''(r_ij) + 2 u'(r_ij) / r_ij). O(n^2).
template <PairFunction U>
double energy_laplacian(const U& u, const PeriodicSpace<Points>& space, const Points& X) {
    double sum = 0.0;
    detail::each_distance(X, space.image(), u.cutoff(),
                          [&](double r) { sum += 2.0 * u.pair_curvature(r) + 4.0 * u.pair_slope(r) / r; });
    return sum;
}

}  // namespace predcg::pair
