#pragma once
// Energies of pairs of particles as functions of their distance.
#include <predcg/core/error.hpp>
#include <predcg/core/types.hpp>

#include <cmath>
#include <concepts>
#include <utility>

namespace predcg::pair {

/// u(r) of a pair of particles, r > 0, with its derivatives u' and u''. All three are 0 from cutoff() on.
template <class U>
concept PairFunction = std::copyable<U> && requires(const U u, double r) {
    { u.pair_energy(r) } -> std::convertible_to<double>;
    { u.pair_slope(r) } -> std::convertible_to<double>;
    { u.pair_curvature(r) } -> std::convertible_to<double>;
    { u.cutoff() } -> std::convertible_to<double>;
};

/// u(r; theta) of a pair of particles, with its derivatives by r, and theta to be learnt.
template <class U>
concept LearnablePair = std::copyable<U> && requires(const U u, double r, const Vector& theta) {
    { u.pair_energy(r, theta) } -> std::convertible_to<double>;
    { u.pair_slope(r, theta) } -> std::convertible_to<double>;
    { u.pair_curvature(r, theta) } -> std::convertible_to<double>;
    { u.cutoff() } -> std::convertible_to<double>;
    { u.parameter_count() } -> std::convertible_to<Index>;
};

/// A learnable pair potential at fixed parameters.
template <LearnablePair U>
class At {
public:
    /// Throws ArgumentError unless theta has parameter_count() elements.
    At(U potential, Vector theta) : potential_(std::move(potential)), theta_(std::move(theta)) {
        require_equal(theta_.size(), potential_.parameter_count(), "pair::at", "size of theta");
    }

    double pair_energy(double r) const { return potential_.pair_energy(r, theta_); }        ///< u(r)
    double pair_slope(double r) const { return potential_.pair_slope(r, theta_); }          ///< u'(r)
    double pair_curvature(double r) const { return potential_.pair_curvature(r, theta_); }  ///< u''(r)
    double cutoff() const { return potential_.cutoff(); }  ///< from here on u is 0; nm
    const U& potential() const { return potential_; }      ///< what was learnt
    const Vector& theta() const { return theta_; }         ///< where it is

private:
    U potential_;
    Vector theta_;
};

/// u(r; theta) at fixed theta, as a PairFunction.
template <LearnablePair U>
At<U> at(U potential, Vector theta) {
    return At<U>(std::move(potential), std::move(theta));
}

/// The Lennard-Jones potential, made smooth at its cut-off c by its own Taylor polynomial there:
///
///     u(r) = w(r) - w(c) - (r-c) w'(c) - (r-c)^2 w''(c) / 2,   w(r) = 4 epsilon ((sigma/r)^12 -
///     (sigma/r)^6),
///
/// for r < c, else 0. So u, u' and u'' are continuous, and cubic splines that end at c come near to it.
class LennardJones {
public:
    /// epsilon in the unit of energy, sigma and cut-off in nm. Throws ArgumentError unless all are positive.
    LennardJones(double epsilon, double sigma, double cutoff)
        : epsilon_(epsilon), sigma_(sigma), cutoff_(cutoff) {
        require_positive(epsilon, "pair::LennardJones", "epsilon");
        require_positive(sigma, "pair::LennardJones", "sigma");
        require_positive(cutoff, "pair::LennardJones", "cutoff");
        at_cutoff_ = bare(cutoff);
    }

    /// u(r).
    double pair_energy(double r) const {
        if (!(r < cutoff_)) return 0.0;
        const double d = r - cutoff_;
        return bare(r).value - at_cutoff_.value - d * (at_cutoff_.slope + 0.5 * d * at_cutoff_.curvature);
    }
    /// u'(r).
    double pair_slope(double r) const {
        if (!(r < cutoff_)) return 0.0;
        return bare(r).slope - at_cutoff_.slope - (r - cutoff_) * at_cutoff_.curvature;
    }
    /// u''(r).
    double pair_curvature(double r) const {
        return r < cutoff_ ? bare(r).curvature - at_cutoff_.curvature : 0.0;
    }
    double cutoff() const { return cutoff_; }    ///< c in nm
    double epsilon() const { return epsilon_; }  ///< depth of w
    double sigma() const { return sigma_; }      ///< zero of w in nm

private:
    struct Derivatives {
        double value = 0.0, slope = 0.0, curvature = 0.0;
    };
    Derivatives bare(double r) const {
        const double ratio = sigma_ / r, square = ratio * ratio, sixth = square * square * square;
        return {4.0 * epsilon_ * sixth * (sixth - 1.0), -24.0 * epsilon_ * sixth * (2.0 * sixth - 1.0) / r,
                24.0 * epsilon_ * sixth * (26.0 * sixth - 7.0) / (r * r)};
    }

    double epsilon_, sigma_, cutoff_;
    Derivatives at_cutoff_{};
};

}  // namespace predcg::pair
