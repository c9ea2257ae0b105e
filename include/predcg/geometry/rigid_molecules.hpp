#pragma once
// From centres of mass back to sites: rigid molecules in random orientations.
#include <predcg/concepts/probabilistic_map.hpp>
#include <predcg/core/random.hpp>
#include <predcg/geometry/centre_of_mass.hpp>
#include <predcg/geometry/internal_coordinates.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <utility>
#include <vector>

namespace predcg {

/// A rotation of space.
class Rotation {
public:
    /// Uniform over all rotations (Haar measure), from three uniform numbers: K. Shoemake, "Uniform random
    /// rotations", Graphics Gems III (1992), 124.
    template <RandomBits R>
    static Rotation random(R& rng) {
        const double u = uniform(rng), a = 2.0 * std::numbers::pi * uniform(rng),
                     b = 2.0 * std::numbers::pi * uniform(rng);
        const double s = std::sqrt(1.0 - u), t = std::sqrt(u);
        return Rotation({t * std::cos(b), s * std::sin(a), s * std::cos(a), t * std::sin(b)});
    }

    /// Of a unit quaternion (w, x, y, z). Throws ArgumentError for a length that is not 1, to 1e-9.
    explicit Rotation(const std::array<double, 4>& q) {
        const auto [w, x, y, z] = q;
        const double length = std::sqrt(w * w + x * x + y * y + z * z);
        require(std::abs(length - 1.0) < 1e-9, "Rotation", "length of the quaternion", length, "1");
        rows_ = {Point{1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y - w * z), 2.0 * (x * z + w * y)},
                 Point{2.0 * (x * y + w * z), 1.0 - 2.0 * (x * x + z * z), 2.0 * (y * z - w * x)},
                 Point{2.0 * (x * z - w * y), 2.0 * (y * z + w * x), 1.0 - 2.0 * (x * x + y * y)}};
    }

    /// The place that a is turned to, about the origin.
    Point operator()(const Point& a) const {
        return {detail::dot(rows_[0], a), detail::dot(rows_[1], a), detail::dot(rows_[2], a)};
    }
    /// The matrix, row by row.
    std::array<Point, 3> rows() const { return rows_; }

private:
    std::array<Point, 3> rows_{};
};

/// The way back from centres of mass: around each X_r the same rigid molecule, turned uniformly and
/// independently of all others,
///
///     x_{r i} = X_r + R_r a_i,     R_r uniform on SO(3), sum_i m_i a_i = 0.
///
/// The half of a probabilistic map that draws (concept FineSampler), without parameters; x has no density, as
/// molecules are rigid. CentreOfMass of what is drawn is X again, and molecules are whole. What sites of
/// different molecules know of each other by their orientations is lost. Costs O(n).
class RigidMolecules {
public:
    using fine_type = Points;
    using coarse_type = Points;

    /// Places of the sites of one molecule in nm, wherever its centre lies, and their masses. Throws
    /// ArgumentError for none, for masses that are not one for each site or not positive, and for places that
    /// are not finite.
    RigidMolecules(Points sites, const std::vector<double>& masses)
        : sites_(std::move(sites)), centre_(masses) {
        require_equal(static_cast<Index>(masses.size()), static_cast<Index>(sites_.size()), "RigidMolecules",
                      "number of masses", "the number of sites");
        const Points centre = centre_(sites_);
        for (Point& site : sites_) site = detail::minus(site, centre.front());
    }

    /// Sites of one molecule, the centre of mass at the origin.
    const Points& sites() const { return sites_; }
    /// The map whose way back this is, for molecules that are whole.
    const CentreOfMass& centre_of_mass() const { return centre_; }
    Index parameter_count() const { return 0; }

    /// Molecules around X, in the order of X.
    template <RandomBits R>
    Points sample(const Points& X, const Vector& /*eta*/, R& rng) const {
        Points x;
        x.reserve(X.size() * sites_.size());
        for (const Point& centre : X) {
            const Rotation turned = Rotation::random(rng);
            for (const Point& site : sites_) x.push_back(detail::plus(centre, turned(site)));
        }
        return x;
    }

private:
    Points sites_;
    CentreOfMass centre_;
};

}  // namespace predcg
