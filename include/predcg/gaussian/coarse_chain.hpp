#pragma once
#include <predcg/concepts/coarse_potential.hpp>
#include <predcg/core/small_dense.hpp>
#include <predcg/gaussian/chain.hpp>

#include <array>
#include <string>
#include <vector>

namespace predcg::gaussian {

struct CoarseChainSettings {
    Index beads = 8;
    Index dimension = 1;
    bool second = true;   ///< learn a second-neighbour stiffness, too
    double tether = 0.1;  ///< known, energy / length^2
    Boundary boundary = Boundary::open;
};

/// Coarse harmonic chain, linear in theta_c = (bond, second), stiffnesses in energy / length^2:
///     U_c = theta_bond 1/2 sum_i |X_{i+1} - X_i|^2 + theta_second 1/2 sum_i |X_{i+2} - X_i|^2
///           + tether 1/2 sum_i |X_i|^2.
/// Admissible where the whole stiffness matrix is positive definite (Cholesky, O(n^3)).
class CoarseChain {
public:
    /// Throws ArgumentError for beads < 2 (3 with second), dimension < 1, tether <= 0.
    explicit CoarseChain(const CoarseChainSettings& settings)
        : dimension_(settings.dimension), space_(checked_size(settings)),
          tether_(settings.tether * Matrix::Identity(settings.beads, settings.beads)) {
        for (Index distance = 1; distance <= (settings.second ? 2 : 1); ++distance)
            terms_.push_back(neighbour_stiffness(settings.beads, distance, settings.boundary));
    }

    const RealSpace<>& space() const { return space_; }
    Index parameter_count() const { return static_cast<Index>(terms_.size()); }
    std::vector<std::string> parameter_names() const {
        return terms_.size() == 2 ? std::vector<std::string>{"bond", "second"}
                                  : std::vector<std::string>{"bond"};
    }

    Vector features(const Vector& X) const {
        Vector f(parameter_count());
        for (Index k = 0; k < f.size(); ++k) f[k] = feature_quadratic(k)(X);
        return f;
    }

    double base_energy(const Vector& X) const { return form(tether_)(X); }

    QuadraticForm quadratic(const Vector& theta) const { return form(stiffness(theta)); }
    QuadraticForm feature_quadratic(Index k) const { return form(terms_[static_cast<std::size_t>(k)]); }

    bool admissible(const Vector& theta) const { return SmallCholesky(stiffness(theta)).ok(); }

private:
    static Index checked_size(const CoarseChainSettings& s) {
        require(s.beads >= (s.second ? 3 : 2), "gaussian::CoarseChain", "beads", s.beads,
                s.second ? "an integer >= 3" : "an integer >= 2");
        require(s.dimension >= 1, "gaussian::CoarseChain", "dimension", s.dimension, "an integer >= 1");
        require_positive(s.tether, "gaussian::CoarseChain", "tether");
        return s.beads * s.dimension;
    }

    Matrix stiffness(const Vector& theta) const {
        Matrix K = tether_;
        for (std::size_t k = 0; k < terms_.size(); ++k) K += theta[static_cast<Index>(k)] * terms_[k];
        return K;
    }

    QuadraticForm form(const Matrix& K) const {
        return {expanded(K, dimension_), Vector::Zero(space_.size()), 0.0};
    }

    Index dimension_;
    RealSpace<> space_;
    Matrix tether_;
    std::vector<Matrix> terms_;
};

inline CoarseChain coarse_chain(const CoarseChainSettings& settings = {}) { return CoarseChain(settings); }

}  // namespace predcg::gaussian
