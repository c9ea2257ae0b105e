#pragma once
// Lengths and angles of a chain molecule as independent normals.
#include <predcg/core/linalg.hpp>
#include <predcg/core/random.hpp>
#include <predcg/geometry/internal_coordinates.hpp>
#include <predcg/priors/normal_sample.hpp>

#include <cmath>
#include <string>
#include <vector>

namespace predcg::rotamers {

/// What of a bond angle is normal.
enum class AngleVariable {
    cosine,  ///< cos theta
    angle,   ///< theta
};

/// Averages of a bond and of the angle behind it.
struct LinkMoments {
    double length = 0.0;          ///< E[b]
    double squared_length = 0.0;  ///< E[b^2]
    double cosine = 0.0;          ///< E[cos theta]
    double sine = 0.0;            ///< E[sin theta]
};

/// Density of the bond lengths b and the angles theta of an unbranched chain: all independent, all lengths
/// from one normal and all cos theta from another,
///     p(b, theta) = prod N(b_i; m_b, s_b^2) prod sin theta_j N(cos theta_j; m_c, s_c^2),
/// per db dtheta; AngleVariable::angle has N(theta_j; m, s^2) in the place of the second.
///
/// What is normal matters because a density is one of some volume. The Cartesian volume of a molecule is
/// prod b^2 db  prod sin theta dtheta  prod dphi (ZMatrix::log_jacobian), so that an energy harmonic in
/// cos theta makes cos theta normal, without a factor, while theta gets the factor sin theta, and is skew.
/// A normal of b has the density N / b^2 in Cartesian volume. m and s are what the data show of b and
/// cos theta, not the constants of a force field.
///
/// Parameters eta: m_b, log s_b (nm and its logarithm), m_c, log s_c.
class ChainGeometry {
public:
    /// With this variable of the angles.
    explicit ChainGeometry(AngleVariable of = AngleVariable::cosine) : variable_(of) {}

    /// What of an angle is normal.
    AngleVariable variable() const { return variable_; }

    Index parameter_count() const { return 4; }
    std::vector<std::string> parameter_names() const {
        const std::string angle = variable_ == AngleVariable::cosine ? "cos_angle" : "angle";
        return {"bond", "log_sd_bond", angle, "log_sd_" + angle};
    }

    /// log p(b, theta) per db dtheta; the dihedrals are not read. Throws ArgumentError as draw().
    double log_density(const InternalCoordinates& q, const Vector& eta) const {
        const Normals at = normals(eta, "ChainGeometry::log_density");
        double sum = 0.0;
        for (const double b : q.lengths) sum += at.bond.log_density(b);
        for (const double theta : q.angles) sum += at.angle.log_density(of(theta)) + log_slope(theta);
        return sum;
    }

    /// Lengths and angles of a chain of so many sites, no dihedrals. Lengths that are not positive and angles
    /// outside (0, pi) are drawn again. Throws ArgumentError for eta of another length, and for means that
    /// are not six standard deviations inside (0, infinity) and (-1, 1) or (0, pi): what of a normal lies
    /// beyond (2e-9) is neglected.
    template <RandomBits R>
    InternalCoordinates draw(Index sites, const Vector& eta, R& rng) const {
        require(sites >= 1, "ChainGeometry::draw", "sites", sites, "an integer >= 1");
        const Normals at = normals(eta, "ChainGeometry::draw");
        InternalCoordinates q{Vector(sites - 1), Vector(std::max<Index>(sites - 2, 0)), Vector(0)};
        for (double& b : q.lengths) b = at.bond.draw(rng);
        for (double& theta : q.angles) {
            theta = at.angle.draw(rng);
            if (variable_ == AngleVariable::cosine) theta = std::acos(theta);
        }
        return q;
    }

    /// Averages at eta, exact up to what draw() neglects. Throws ArgumentError as draw().
    LinkMoments moments(const Vector& eta) const {
        const Normals at = normals(eta, "ChainGeometry::moments");
        LinkMoments m{at.bond.mean, at.bond.mean * at.bond.mean + at.bond.sd * at.bond.sd, 0.0, 0.0};
        // The trapezoidal rule is exact to 1e-30 for an entire function times a normal, and to what lies
        // beyond the ends for one that is not.
        constexpr int half = 24;
        double total = 0.0;
        for (int k = -half; k <= half; ++k) {
            const double z = 6.0 * k / half, weight = std::exp(-0.5 * z * z);
            const double y = at.angle.mean + at.angle.sd * z;
            total += weight;
            m.cosine += weight * (variable_ == AngleVariable::cosine ? y : std::cos(y));
            m.sine += weight * (variable_ == AngleVariable::cosine ? std::sqrt(1.0 - y * y) : std::sin(y));
        }
        m.cosine /= total;
        m.sine /= total;
        return m;
    }

    /// What is normal of an angle.
    double of(double theta) const { return variable_ == AngleVariable::cosine ? std::cos(theta) : theta; }

private:
    struct Normal {
        double mean, sd, lower, upper;

        double log_density(double y) const {
            const double z = (y - mean) / sd;
            return -0.5 * z * z - std::log(sd) - 0.91893853320467274;  // log sqrt(2 pi)
        }
        template <RandomBits R>
        double draw(R& rng) const {
            double y = 0.0;
            do y = mean + sd * standard_normal(rng);
            while (!(y > lower && y < upper));
            return y;
        }
    };
    struct Normals {
        Normal bond, angle;
    };

    Normals normals(const Vector& eta, const char* function) const {
        require_equal(eta.size(), parameter_count(), function, "length of eta");
        const bool cosine = variable_ == AngleVariable::cosine;
        const Normals at{{eta[0], std::exp(eta[1]), 0.0, HUGE_VAL},
                         {eta[2], std::exp(eta[3]), cosine ? -1.0 : 0.0, cosine ? 1.0 : 3.14159265358979324}};
        for (const Normal* normal : {&at.bond, &at.angle}) {
            const double room = std::min(normal->mean - normal->lower, normal->upper - normal->mean);
            require(normal->sd > 0.0 && room >= 6.0 * normal->sd, function,
                    normal == &at.bond ? "mean length" : "mean angle", normal->mean,
                    "six standard deviations inside its range");
        }
        return at;
    }

    /// log |d of(theta) / d theta|.
    double log_slope(double theta) const {
        return variable_ == AngleVariable::cosine ? std::log(std::sin(theta)) : 0.0;
    }

    AngleVariable variable_;
};

/// Posterior of the parameters of a ChainGeometry given internal coordinates of molecules, each of which
/// counts as `weight` independent ones: two NormalSamples, exact, under the reference prior 1/(s_b s_c).
/// Draws are independent.
class GeometryPosterior {
public:
    /// Of any range of InternalCoordinates. Cost O(molecules x sites). Throws ArgumentError as NormalSample.
    template <class Molecules>
    GeometryPosterior(ChainGeometry geometry, const Molecules& molecules, double weight = 1.0)
        : geometry_(geometry) {
        for (const InternalCoordinates& q : molecules) {
            for (const double b : q.lengths) bonds_.add(b, weight);
            for (const double theta : q.angles) angles_.add(geometry_.of(theta), weight);
        }
    }

    const ChainGeometry& geometry() const { return geometry_; }
    /// The lengths.
    const NormalSample& bonds() const { return bonds_; }
    /// cos theta, or theta.
    const NormalSample& angles() const { return angles_; }

    /// Parameters eta at means and standard deviations of the data.
    Vector centre() const {
        Vector eta(4);
        eta << bonds_.mean(), std::log(bonds_.sd()), angles_.mean(), std::log(angles_.sd());
        return eta;
    }

    /// A draw of eta in each column.
    Matrix draws(Index count, std::uint64_t seed = 1) const {
        require(count >= 0, "GeometryPosterior::draws", "count", count, "an integer >= 0");
        Matrix eta(4, count);
        for (Index k = 0; k < count; ++k) {
            Philox4x32 rng = make_stream(seed, Purpose::geometry, static_cast<std::uint64_t>(k));
            const auto bond = bonds_.draw(rng), angle = angles_.draw(rng);
            eta.col(k) << bond.mean, std::log(bond.sd), angle.mean, std::log(angle.sd);
        }
        return eta;
    }

private:
    ChainGeometry geometry_;
    NormalSample bonds_, angles_;
};

}  // namespace predcg::rotamers
