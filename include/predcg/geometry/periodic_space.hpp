#pragma once
// Particles in a box that repeats.
#include <predcg/core/random.hpp>
#include <predcg/core/real_coordinates.hpp>
#include <predcg/geometry/box.hpp>

#include <cmath>
#include <cstddef>
#include <utility>

namespace predcg {

/// n particles in an orthorhombic box that repeats along all edges: configurations are 3 n coordinates in nm,
/// x, y, z of one particle after the other, of a type of the user's choice (RealCoordinates knows which).
///
/// Coordinates outside the box are images of places inside. Energies are to be functions of nearest images
/// (image()), then kernels on R^n need not wrap; `wrapped` brings a configuration back where coordinates have
/// grown. scales() are what kernels begin with: the mean distance of particles, (V/n)^{1/3}, divided by 10.
template <RealConfiguration X = Points>
class PeriodicSpace {
public:
    using configuration_type = X;

    /// Configurations are copies of `shape` with other coordinates. Throws ArgumentError for a number of
    /// coordinates that is not a positive multiple of 3, for triclinic boxes and for edges of length 0.
    PeriodicSpace(X shape, const Box& box)
        : shape_(std::move(shape)), box_(box), image_(box), size_(coordinate_count(shape_)) {
        require(size_ >= 3 && size_ % 3 == 0, "PeriodicSpace", "number of coordinates", size_,
                "a positive multiple of 3");
        for (const double length : image_.lengths())
            require(length > 0.0, "PeriodicSpace", "length of an edge", length,
                    "a number > 0: elsewhere than in a box a uniform start needs walls");
    }
    /// n particles, for types that are sized by their number (blank_points).
    PeriodicSpace(Index particles, const Box& box)
        requires detail::SizedByPoints<X>
        : PeriodicSpace(blank_points<X>(particles, 3), box) {}

    /// Number of coordinates, 3 n.
    Index size() const { return size_; }
    /// Number of particles, n.
    Index particles() const { return size_ / 3; }
    /// What repeats.
    const Box& box() const { return box_; }
    /// Differences of places by nearest images.
    const MinimumImage& image() const { return image_; }

    /// Typical steps of the coordinates in nm.
    Vector scales() const {
        return Vector::Constant(size_, 0.1 * std::cbrt(box_.volume() / static_cast<double>(particles())));
    }

    /// Independent places, uniform in the box.
    template <RandomBits R>
    X random(R& rng) const {
        X start = shape_;
        std::size_t k = 0;
        RealCoordinates<X>::each(start, [&](double& x) { x = image_.lengths()[k++ % 3] * uniform(rng); });
        return start;
    }

    /// x with all coordinates in [0, L_k). Throws ArgumentError for another number of coordinates.
    X wrapped(X x) const {
        require_equal(coordinate_count(x), size_, "PeriodicSpace::wrapped", "number of coordinates");
        Vector all = coordinates_of(x);
        for (Index k = 0; k < size_; k += 3) {
            const Point inside = image_.wrapped({all[k], all[k + 1], all[k + 2]});
            for (Index c = 0; c < 3; ++c) all[k + c] = inside[static_cast<std::size_t>(c)];
        }
        set_coordinates(x, all);
        return x;
    }

private:
    X shape_;
    Box box_;
    MinimumImage image_;
    Index size_;
};

}  // namespace predcg
