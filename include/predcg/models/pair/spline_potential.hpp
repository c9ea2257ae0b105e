#pragma once
// Pair potentials that are learnt: cubic splines.
#include <predcg/core/error.hpp>
#include <predcg/core/linalg.hpp>
#include <predcg/geometry/periodic_space.hpp>
#include <predcg/models/pair/cubic_pieces.hpp>
#include <predcg/models/pair/moving_pairs.hpp>
#include <predcg/models/pair/pair_function.hpp>
#include <predcg/models/pair/pair_sums.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace predcg::pair {

/// Settings of pair::SplinePotential.
struct SplineSettings {
    double cutoff = 0.9;   ///< c in nm, at most half the shortest edge of the box
    double core = 0.25;    ///< r_0 in nm, the first knot: about the smallest distance that was seen
    Index intervals = 32;  ///< between knots, K: as many as parameters
    /// kappa in energy / nm^2, fixed. At 300 K particles enter such a core by sqrt(k T / kappa) = 7 pm.
    double core_stiffness = 5e4;
};

/// One site a particle, in a box that repeats, with the same energy for all pairs:
///
///     U_c(X, theta) = sum_{i<j} u(r_ij),     r_ij the distance of nearest images,
///     u(r) = sum_{k=1}^{K} theta_k B_k(r)                                  r_0 <= r < c,
///     u(r) = u(r_0) + (r - r_0) u'(r_0) + kappa (r - r_0)^2 / 2            r < r_0,
///
/// with cubic B-splines B_k on uniform knots r_0, r_0 + h, ..., c, h = (c - r_0) / K. The three that are not
/// zero at c are left out, so u, u' and u'' are continuous there. Below r_0, the core, u and u' are
/// continuous; kappa is given and not learnt. The core is finite: in a box every theta has a normalisable
/// p_c. U_c is linear in theta, and the relative entropy is convex.
///
/// theta in the unit of energy. Energies of all pairs cost O(n^2).
class SplinePotential {
public:
    /// Throws ArgumentError for a cut-off beyond half the shortest edge, a core that is not in (0, cut-off),
    /// fewer than four or more than 4096 intervals, and a stiffness that is negative or not finite.
    SplinePotential(const SplineSettings& settings, PeriodicSpace<Points> space)
        : settings_(settings), space_(std::move(space)) {
        constexpr const char* name = "pair::SplinePotential";
        detail::require_cutoff(settings.cutoff, space_.image(), name);
        require(settings.core > 0.0 && settings.core < settings.cutoff, name, "core", settings.core,
                "a distance between 0 and the cut-off");
        require_range(settings.intervals, 4, 4096, name, "intervals");
        require(std::isfinite(settings.core_stiffness) && settings.core_stiffness >= 0.0, name,
                "core_stiffness", settings.core_stiffness, "a finite number >= 0");
        width_ = (settings.cutoff - settings.core) / static_cast<double>(settings.intervals);
    }

    const PeriodicSpace<Points>& space() const { return space_; }
    const SplineSettings& settings() const { return settings_; }
    Index parameter_count() const { return settings_.intervals; }
    double cutoff() const { return settings_.cutoff; }  ///< c in nm
    double core() const { return settings_.core; }      ///< r_0 in nm
    double width() const { return width_; }             ///< h in nm

    /// Where B_k is largest: r_0 + (k - 2) h. The first lies within the core.
    Vector centres() const {
        Vector r(parameter_count());
        for (Index k = 0; k < r.size(); ++k) r[k] = core() + static_cast<double>(k - 1) * width_;
        return r;
    }
    /// "r=0.270": centres in nm.
    std::vector<std::string> parameter_names() const {
        std::vector<std::string> names;
        for (const double r : centres()) {
            const auto picometres = static_cast<long>(std::lround(1000.0 * r));
            const std::string digits = std::to_string(1000 + picometres % 1000);
            names.push_back("r=" + std::to_string(picometres / 1000) + "." + digits.substr(1));
        }
        return names;
    }

    /// sum_{i<j} B_k(r_ij), with what of it the core continues. Throws ArgumentError for another number of
    /// particles.
    Vector features(const Points& X) const {
        Vector sum = Vector::Zero(parameter_count() + 3);
        double* to = sum.data();
        each_distance(X, [&](double r) {
            const Basis b = basis(r);
            for (std::size_t a = 0; a < 4; ++a) to[static_cast<std::size_t>(b.first) + a] += b.value[a];
        });
        return linalg::part(sum, 0, parameter_count());
    }
    /// kappa / 2 times the sum of (r_0 - r_ij)^2 over pairs in the core.
    double base_energy(const Points& X) const {
        double sum = 0.0;
        each_distance(X, [&](double r) { sum += base(r); });
        return sum;
    }

    /// U_c and dU_c/dX.
    double energy_and_gradient(const Points& X, const Vector& theta, Points& gradient) const {
        return pair::energy_and_gradient(at(*this, theta), space_, X, gradient);
    }
    /// sum_k d^2 U_c / dX_k^2.
    double energy_laplacian(const Points& X, const Vector& theta) const {
        return pair::energy_laplacian(at(*this, theta), space_, X);
    }

    /// sum_{i<j} r_ij B_k'(r_ij): the virial sum_{i<j} r u'(r) is theta . this + base_virial(X).
    Vector virial_features(const Points& X) const {
        Vector sum = Vector::Zero(parameter_count() + 3);
        each_distance(X, [&](double r) {
            const auto [first, t] = place(r);
            const std::array<double, 4> slope = slopes(t);
            for (std::size_t a = 0; a < 4; ++a) sum[first + static_cast<Index>(a)] += slope[a] * (r / width_);
        });
        return linalg::part(sum, 0, parameter_count());
    }
    /// -kappa times the sum of r_ij (r_0 - r_ij) over pairs in the core.
    double base_virial(const Points& X) const {
        double sum = 0.0;
        each_distance(X, [&](double r) { sum -= settings_.core_stiffness * r * depth(r); });
        return sum;
    }

    /// u(r).
    double pair_energy(double r, const Vector& theta) const {
        if (!(r < cutoff())) return 0.0;
        return along(basis(r).value, basis(r).first, theta) + base(r);
    }
    /// u'(r).
    double pair_slope(double r, const Vector& theta) const {
        if (!(r < cutoff())) return 0.0;
        const auto [first, t] = place(r);
        return along(slopes(t), first, theta) / width_ - settings_.core_stiffness * depth(r);
    }
    /// u''(r); at r_0 the value of r > r_0.
    double pair_curvature(double r, const Vector& theta) const {
        if (!(r < cutoff())) return 0.0;
        if (r < core()) return settings_.core_stiffness;
        const auto [first, t] = place(r);
        return along({1.0 - t, 3.0 * t - 2.0, 1.0 - 3.0 * t, t}, first, theta) / (width_ * width_);
    }
    /// B_k(r), so that u(r) = theta . B(r) + what does not depend on theta.
    Vector pair_features(double r) const {
        Vector all = Vector::Zero(parameter_count() + 3);
        if (r < cutoff()) {
            const Basis b = basis(r);
            for (std::size_t a = 0; a < 4; ++a) all[b.first + static_cast<Index>(a)] = b.value[a];
        }
        return linalg::part(all, 0, parameter_count());
    }

    /// u(r) as cubic pieces.
    CubicPieces pieces(const Vector& theta) const {
        require_equal(theta.size(), parameter_count(), "pair::SplinePotential", "size of theta",
                      "parameter_count()");
        const auto in_core = static_cast<Index>(std::ceil(core() / width_));
        std::vector<CubicPieces::Piece> all;
        const double value = along({1.0 / 6.0, 4.0 / 6.0, 1.0 / 6.0, 0.0}, 0, theta);
        const double slope = along({-0.5, 0.0, 0.5, 0.0}, 0, theta);
        const double bend = 0.5 * settings_.core_stiffness * width_ * width_;
        for (Index k = -in_core; k < 0; ++k) {
            const auto d = static_cast<double>(k);
            all.push_back({value + d * slope + bend * d * d, slope + 2.0 * bend * d, bend, 0.0});
        }
        for (Index k = 0; k < parameter_count(); ++k)
            all.push_back({along({1.0 / 6.0, 4.0 / 6.0, 1.0 / 6.0, 0.0}, k, theta),
                           along({-0.5, 0.0, 0.5, 0.0}, k, theta), along({0.5, -1.0, 0.5, 0.0}, k, theta),
                           along({-1.0 / 6.0, 0.5, -0.5, 1.0 / 6.0}, k, theta)});
        return {width_, static_cast<double>(in_core) - core() / width_, cutoff(), std::move(all)};
    }

    /// For kernels that move one particle at a time (concept MovesParticles).
    MovingPairs<CubicPieces> particle_moves(const Vector& theta) const { return {pieces(theta), space_}; }

private:
    struct Basis {
        Index first = 0;
        std::array<double, 4> value{};
    };
    struct Place {
        Index first = 0;
        double t = 0.0;
    };

    static std::array<double, 4> values(double t) {
        const double s = 1.0 - t;
        return {s * s * s / 6.0, ((3.0 * t - 6.0) * t * t + 4.0) / 6.0,
                (((3.0 - 3.0 * t) * t + 3.0) * t + 1.0) / 6.0, t * t * t / 6.0};
    }
    static std::array<double, 4> slopes(double t) {
        const double s = 1.0 - t;
        return {-0.5 * s * s, (1.5 * t - 2.0) * t, (1.0 - 1.5 * t) * t + 0.5, 0.5 * t * t};
    }

    /// Interval and place in it; r_0 for what is closer.
    Place place(double r) const {
        if (r <= core()) return {};
        const double x = (r - core()) / width_;
        const auto first = std::min(static_cast<Index>(x), parameter_count() - 1);
        return {first, x - static_cast<double>(first)};
    }
    double depth(double r) const { return r < core() ? core() - r : 0.0; }
    double base(double r) const { return 0.5 * settings_.core_stiffness * depth(r) * depth(r); }

    Basis basis(double r) const {
        const auto [first, t] = place(r);
        Basis b{first, values(t)};
        if (r < core()) {
            const double d = -depth(r) / width_;
            b.value[0] -= 0.5 * d;
            b.value[2] += 0.5 * d;
        }
        return b;
    }

    /// sum_a weight_a theta_{first + a}; theta is 0 beyond its end.
    double along(const std::array<double, 4>& weight, Index first, const Vector& theta) const {
        double sum = 0.0;
        for (Index a = 0; a < 4; ++a)
            if (first + a < parameter_count()) sum += weight[static_cast<std::size_t>(a)] * theta[first + a];
        return sum;
    }

    template <class F>
    void each_distance(const Points& X, F&& f) const {
        require_equal(coordinate_count(X), space_.size(), "pair::SplinePotential", "number of coordinates",
                      "that of the space");
        detail::each_distance(X, space_.image(), cutoff(), f);
    }

    SplineSettings settings_;
    PeriodicSpace<Points> space_;
    double width_;
};

}  // namespace predcg::pair
