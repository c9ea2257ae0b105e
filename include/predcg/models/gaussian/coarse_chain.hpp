#pragma once
#include <predcg/concepts/coarse_potential.hpp>
#include <predcg/core/linalg.hpp>
#include <predcg/models/gaussian/chain.hpp>

#include <string>
#include <vector>

namespace predcg::gaussian {

/// Settings of gaussian::coarse_chain.
struct CoarseChainSettings {
    Index beads = 8;
    Index dimension = 1;
    bool second = true;   ///< learn a second-neighbour stiffness, too
    double tether = 0.1;  ///< known, energy / length^2
    Boundary boundary = Boundary::open;
    /// A typical distance, in the unit of X: what fits measure stiffnesses by, and what chains of X begin
    /// with.
    double length = 1.0;
};

/// Coarse harmonic chain, linear in theta_c = (bond, second), stiffnesses in energy / length^2:
///     U_c = theta_bond 1/2 sum_i |X_{i+1} - X_i|^2 + theta_second 1/2 sum_i |X_{i+2} - X_i|^2
///           + tether 1/2 sum_i |X_i|^2.
/// Admissible where the whole stiffness matrix is positive definite (Cholesky, O(n^3)).
class CoarseChain {
public:
    /// Throws ArgumentError for beads < 2 (3 with second), dimension < 1, tether <= 0, length <= 0.
    explicit CoarseChain(const CoarseChainSettings& settings)
        : space_(checked_size(settings), settings.length), length_(settings.length) {
        const Matrix none = Matrix::Zero(settings.beads, settings.beads);
        Matrix tether = none;
        for (Index i = 0; i < settings.beads; ++i) tether(i, i) = settings.tether;
        base_ = form(tether, settings.dimension);
        for (Index distance = 1; distance <= (settings.second ? 2 : 1); ++distance) {
            Matrix bonds = none;
            add_bonds(bonds, 1.0, distance, settings.boundary);
            terms_.push_back(form(bonds, settings.dimension));
        }
    }

    const RealSpace<>& space() const { return space_; }
    Index parameter_count() const { return static_cast<Index>(terms_.size()); }
    std::vector<std::string> parameter_names() const {
        if (terms_.size() == 2) return {"bond", "second"};
        return {"bond"};
    }

    /// 1 / length^2: beta times a stiffness in these units is a number.
    Vector scales() const { return Vector::Constant(parameter_count(), 1.0 / (length_ * length_)); }

    Vector features(const Vector& X) const {
        Vector f(parameter_count());
        for (Index k = 0; k < f.size(); ++k) f[k] = feature_quadratic(k)(X);
        return f;
    }

    double base_energy(const Vector& X) const { return base_(X); }

    QuadraticForm quadratic(const Vector& theta) const {
        QuadraticForm energy = base_;
        for (Index k = 0; k < parameter_count(); ++k) linalg::add(energy.A, feature_quadratic(k).A, theta[k]);
        return energy;
    }
    const QuadraticForm& feature_quadratic(Index k) const { return terms_[static_cast<std::size_t>(k)]; }

    bool admissible(const Vector& theta) const { return linalg::Cholesky(quadratic(theta).A).ok(); }

private:
    static Index checked_size(const CoarseChainSettings& s) {
        require(s.beads >= (s.second ? 3 : 2), "gaussian::CoarseChain", "beads", s.beads,
                s.second ? "an integer >= 3" : "an integer >= 2");
        require(s.dimension >= 1, "gaussian::CoarseChain", "dimension", s.dimension, "an integer >= 1");
        require_positive(s.tether, "gaussian::CoarseChain", "tether");
        require_positive(s.length, "gaussian::CoarseChain", "length");
        return s.beads * s.dimension;
    }

    static QuadraticForm form(const Matrix& K, Index dimension) {
        return {expanded(K, dimension), Vector::Zero(K.rows() * dimension), 0.0};
    }

    RealSpace<> space_;
    double length_;
    QuadraticForm base_;
    std::vector<QuadraticForm> terms_;
};

/// The coarse chain of these settings.
inline CoarseChain coarse_chain(const CoarseChainSettings& settings = {}) { return CoarseChain(settings); }

}  // namespace predcg::gaussian
