#pragma once
// Pair functions made of others: from a table, with a finite core, ended smoothly.
#include <predcg/core/error.hpp>
#include <predcg/core/types.hpp>
#include <predcg/models/pair/pair_function.hpp>
#include <predcg/tables/columns.hpp>
#include <predcg/tables/curve.hpp>

#include <cmath>
#include <utility>

namespace predcg::pair {

/// A pair potential from a table, of whatever program: a Curve within its points, the curve's parabola nearer
/// than the first one, and 0 from the last one on, which is the cut-off.
class Tabulated {
public:
    /// Throws ArgumentError where the table begins at r < 0, and where it does not repel at its first point
    /// (u' < 0, u'' >= 0): then nothing is known of nearer pairs.
    explicit Tabulated(Curve curve) : curve_(std::move(curve)) {
        require(curve_.first() >= 0.0, "pair::Tabulated", "first distance", curve_.first(), "a number >= 0");
        const CurvePoint first = curve_.at(curve_.first());
        require(
            first.slope < 0.0 && first.curvature >= 0.0, "pair::Tabulated", "slope at the first distance",
            first.slope,
            "a negative number with a curvature >= 0, so that the core goes on upwards: leave out rows where "
            "the table is flat or undefined, or add rows of a core");
    }
    /// Of columns in nm and the unit of energy; forces are used where they are there. Throws ArgumentError as
    /// Curve and the constructor above do.
    explicit Tabulated(const Columns& columns) : Tabulated(columns.curve()) {}

    double pair_energy(double r) const { return r < cutoff() ? curve_.at(r).value : 0.0; }         ///< u(r)
    double pair_slope(double r) const { return r < cutoff() ? curve_.at(r).slope : 0.0; }          ///< u'(r)
    double pair_curvature(double r) const { return r < cutoff() ? curve_.at(r).curvature : 0.0; }  ///< u''(r)
    double cutoff() const { return curve_.last(); }  ///< last point
    const Curve& curve() const { return curve_; }    ///< the table

private:
    Curve curve_;
};

/// A pair potential with a finite core: for r < c the parabola with u(c), u'(c) and u''(c). So u, u' and u''
/// are continuous, and finite at r = 0.
template <PairFunction U>
class FiniteCore {
public:
    /// c = 0 leaves u as it is. Throws ArgumentError unless c is 0, or below the cut-off and u'(c) < 0,
    /// u''(c) >= 0.
    FiniteCore(U u, double c) : u_(std::move(u)), core_(c) {
        if (c == 0.0) return;
        require(c > 0.0 && c < u_.cutoff(), "pair::FiniteCore", "core", c,
                "0, or a number below the cut-off");
        at_core_ = {u_.pair_energy(c), u_.pair_slope(c), u_.pair_curvature(c)};
        require(at_core_.slope < 0.0 && at_core_.curvature >= 0.0, "pair::FiniteCore", "slope at the core",
                at_core_.slope, "a negative number with a curvature >= 0: the core has to repel");
    }

    /// u(r).
    double pair_energy(double r) const {
        const double t = r - core_;
        return t < 0.0 ? at_core_.value + t * (at_core_.slope + 0.5 * t * at_core_.curvature)
                       : static_cast<double>(u_.pair_energy(r));
    }
    /// u'(r).
    double pair_slope(double r) const {
        const double t = r - core_;
        return t < 0.0 ? at_core_.slope + t * at_core_.curvature : static_cast<double>(u_.pair_slope(r));
    }
    /// u''(r).
    double pair_curvature(double r) const {
        return r < core_ ? at_core_.curvature : static_cast<double>(u_.pair_curvature(r));
    }
    double cutoff() const { return u_.cutoff(); }  ///< that of u
    double core() const { return core_; }          ///< c

private:
    U u_;
    double core_;
    CurvePoint at_core_{};
};

/// The largest r below the cut-off where u(r) >= energy, to 1e-12 of the cut-off; 0 if u stays below, as one
/// with a finite core may. Looks at 20 000 distances. Throws ArgumentError unless energy > 0.
template <PairFunction U>
double core_radius(const U& u, double energy) {
    require_positive(energy, "pair::core_radius", "energy");
    constexpr Index steps = 20'000;
    const double cutoff = u.cutoff();
    for (Index k = steps - 1; k > 0; --k) {
        double low = cutoff * static_cast<double>(k) / steps,
               high = cutoff * static_cast<double>(k + 1) / steps;
        if (!(u.pair_energy(low) >= energy)) continue;
        while (high - low > 1e-12 * cutoff) {
            const double middle = 0.5 * (low + high);
            (u.pair_energy(middle) >= energy ? low : high) = middle;
        }
        return low;
    }
    return 0.0;
}

/// A pair potential ended smoothly: u(r) times
///
///     S(t) = 1 - 10 t^3 + 15 t^4 - 6 t^5,   t = (r - a) / (c - a),   a < r < c,
///
/// so that u, u' and u'' are 0 at the cut-off c and continuous, and as they were for r <= a. This is what to
/// do with potentials that are cut off, tables of iterative Boltzmann inversion among them.
template <PairFunction U>
class Switched {
public:
    /// Throws ArgumentError unless 0 < a < c.
    Switched(U u, double a) : u_(std::move(u)), from_(a) {
        require(a > 0.0 && a < u_.cutoff(), "pair::Switched", "from", a,
                "a number between 0 and the cut-off");
    }

    /// u(r) S.
    double pair_energy(double r) const { return at(r).value; }
    /// Its derivative.
    double pair_slope(double r) const { return at(r).slope; }
    /// Its second derivative.
    double pair_curvature(double r) const { return at(r).curvature; }
    double cutoff() const { return u_.cutoff(); }  ///< that of u

private:
    CurvePoint at(double r) const {
        if (!(r < cutoff())) return {};
        const CurvePoint u{u_.pair_energy(r), u_.pair_slope(r), u_.pair_curvature(r)};
        if (r <= from_) return u;
        const double h = cutoff() - from_, t = (r - from_) / h, s = 1.0 - t;
        const double value = s * s * s * (1.0 + t * (3.0 + 6.0 * t));  // S, factored: exact near t = 1
        const double slope = -30.0 * t * t * s * s / h;
        const double curvature = -60.0 * t * s * (s - t) / (h * h);
        return {u.value * value, u.slope * value + u.value * slope,
                u.curvature * value + 2.0 * u.slope * slope + u.value * curvature};
    }

    U u_;
    double from_;
};

}  // namespace predcg::pair
