#pragma once
// Bond lengths, angles and dihedrals of points, and points from them.
#include <predcg/geometry/box.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

namespace predcg {

/// Angle at b between a and c, in [0, pi]; exact to rounding also near 0 and pi. NaN if two coincide.
inline double bond_angle(const Point& a, const Point& b, const Point& c) {
    const Point u = detail::minus(a, b), v = detail::minus(c, b);
    if (detail::dot(u, u) == 0.0 || detail::dot(v, v) == 0.0) return detail::undefined;
    return std::atan2(detail::norm(detail::cross(u, v)), detail::dot(u, v));
}

/// Dihedral angle of a-b-c-d in (-pi, pi]: 0 is cis, pi trans; positive if the bond in front is turned
/// clockwise to cover the one behind, seen along b-c from either end (IUPAC, Pure Appl. Chem. 45 (1976) 11).
/// A gauche+ state of an alkane is near +pi/3. NaN where three points in a row lie on a line.
inline double dihedral_angle(const Point& a, const Point& b, const Point& c, const Point& d) {
    const Point u = detail::minus(b, a), v = detail::minus(c, b), w = detail::minus(d, c);
    const Point before = detail::cross(u, v), after = detail::cross(v, w);
    const double sine = detail::norm(v) * detail::dot(u, after), cosine = detail::dot(before, after);
    if (detail::dot(before, before) == 0.0 || detail::dot(after, after) == 0.0) return detail::undefined;
    const double angle = std::atan2(sine, cosine);
    return angle == -std::atan2(0.0, -1.0) ? -angle : angle;  // -pi is pi
}

/// Lengths, angles and dihedrals of a ZMatrix.
struct InternalCoordinates {
    Vector lengths;    ///< of site i = 1..n-1, in nm
    Vector angles;     ///< of site i = 2..n-1, in (0, pi)
    Vector dihedrals;  ///< of site i = 3..n-1, in (-pi, pi]
};

/// Which sites an internal coordinate is of: site i has a bond to a, an angle i-a-b and a dihedral i-a-b-c,
/// where a, b, c come before it. n sites have n-1 lengths, n-2 angles, n-3 dihedrals; the other six of 3 n
/// coordinates are position and orientation.
class ZMatrix {
public:
    /// {a, b, c} of each site; entries that a site does not have (of the first three) are not read. Throws
    /// ArgumentError for entries that are not different sites before i.
    explicit ZMatrix(std::vector<std::array<Index, 3>> references) : references_(std::move(references)) {
        require(!references_.empty(), "ZMatrix", "number of sites", 0, "an integer >= 1");
        for (std::size_t i = 1; i < references_.size(); ++i) {
            const auto& r = references_[i];
            for (std::size_t k = 0; k < std::min<std::size_t>(i, 3); ++k) {
                require_range(r[k], 0, static_cast<Index>(i) - 1, "ZMatrix", "reference of a site",
                              "a site before it");
                for (std::size_t l = 0; l < k; ++l)
                    require(r[k] != r[l], "ZMatrix", "reference of a site", r[k], "different sites");
            }
        }
    }

    /// Site i refers to i-1, i-2, i-3: an unbranched chain.
    static ZMatrix chain(Index sites) {
        require(sites >= 1, "ZMatrix::chain", "sites", sites, "an integer >= 1");
        std::vector<std::array<Index, 3>> references(static_cast<std::size_t>(sites));
        for (Index i = 0; i < sites; ++i) references[static_cast<std::size_t>(i)] = {i - 1, i - 2, i - 3};
        return ZMatrix(std::move(references));
    }

    /// Number of sites.
    Index sites() const { return static_cast<Index>(references_.size()); }

    /// Of whole molecules, or by nearest images. Throws ArgumentError for another number of sites.
    InternalCoordinates internal(const Points& x) const {
        const Index n = sites();
        require_equal(static_cast<Index>(x.size()), n, "ZMatrix::internal", "number of sites");
        InternalCoordinates q{Vector(std::max<Index>(n - 1, 0)), Vector(std::max<Index>(n - 2, 0)),
                              Vector(std::max<Index>(n - 3, 0))};
        for (Index i = 1; i < n; ++i) {
            const auto at = [&](std::size_t k) -> const Point& { return x[reference(i, k)]; };
            const Point& site = x[static_cast<std::size_t>(i)];
            q.lengths[i - 1] = detail::norm(detail::minus(site, at(0)));
            if (i >= 2) q.angles[i - 2] = bond_angle(site, at(0), at(1));
            if (i >= 3) q.dihedrals[i - 3] = dihedral_angle(site, at(0), at(1), at(2));
        }
        return q;
    }

    /// Site 0 at the origin, site 1 on the x axis, site 2 in the plane y >= 0 of x and y; the others from
    /// lengths, angles and dihedrals. Throws ArgumentError for other numbers of them, lengths that are not
    /// positive, angles outside (0, pi) and dihedrals that are not finite.
    Points cartesian(const InternalCoordinates& q) const {
        const Index n = sites();
        require_sizes(q, "ZMatrix::cartesian");
        Points x(static_cast<std::size_t>(n), Point{});
        for (Index i = 1; i < n; ++i) {
            const double r = q.lengths[i - 1];
            Point& site = x[static_cast<std::size_t>(i)];
            if (i == 1) {
                site = {r, 0.0, 0.0};
                continue;
            }
            const double theta = q.angles[i - 2], along = -r * std::cos(theta), away = r * std::sin(theta);
            const Point &a = x[reference(i, 0)], &b = x[reference(i, 1)];
            const Point axis = unit(detail::minus(a, b));  // from b to a, and on
            if (i == 2) {                                  // the axis is +-x
                site = detail::plus(a, {along * axis[0], away, 0.0});
                continue;
            }
            const Point normal = unit(detail::cross(detail::minus(b, x[reference(i, 2)]), axis));
            const Point in_plane = detail::cross(normal, axis);
            const double phi = q.dihedrals[i - 3];
            for (std::size_t c = 0; c < 3; ++c)
                site[c] =
                    a[c] + along * axis[c] + away * (std::cos(phi) * in_plane[c] + std::sin(phi) * normal[c]);
        }
        return x;
    }

    /// log |d x / d q| of the Cartesian volume, up to a constant (8 pi^2 times the volume that holds the
    /// first site): sum of 2 log r over the lengths and of log sin theta over the angles. A density of x that
    /// depends on q only is, as one of q, exp(log_jacobian) times as large: a density of cos theta and r^3
    /// has no such factor. Throws ArgumentError as cartesian().
    double log_jacobian(const InternalCoordinates& q) const {
        require_sizes(q, "ZMatrix::log_jacobian");
        double sum = 0.0;
        for (const double r : q.lengths) sum += 2.0 * std::log(r);
        for (const double theta : q.angles) sum += std::log(std::sin(theta));
        return sum;
    }

private:
    std::size_t reference(Index site, std::size_t k) const {
        return static_cast<std::size_t>(references_[static_cast<std::size_t>(site)][k]);
    }

    static Point unit(const Point& a) { return detail::times(1.0 / detail::norm(a), a); }

    void require_sizes(const InternalCoordinates& q, const char* function) const {
        const Index n = sites();
        require_equal(q.lengths.size(), n - 1, function, "number of lengths");
        require_equal(q.angles.size(), std::max<Index>(n - 2, 0), function, "number of angles");
        require_equal(q.dihedrals.size(), std::max<Index>(n - 3, 0), function, "number of dihedrals");
        for (const double r : q.lengths) require_positive(r, function, "length");
        for (const double theta : q.angles)
            require(theta > 0.0 && theta < 4.0 && std::sin(theta) > 0.0, function, "angle", theta,
                    "a number in (0, pi)");
        for (const double phi : q.dihedrals) require_finite(phi, function, "dihedral");
    }

    std::vector<std::array<Index, 3>> references_;
};

}  // namespace predcg
