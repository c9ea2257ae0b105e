#pragma once
#include <predcg/concepts/fine_potential.hpp>
#include <predcg/core/error.hpp>
#include <predcg/core/space.hpp>
#include <predcg/models/gaussian/stiffness.hpp>

#include <cmath>
#include <utility>

namespace predcg::gaussian {

/// Settings of gaussian::chain.
struct FineChainSettings {
    Index beads = 16;
    Index dimension = 1;
    double bond = 1.0;    ///< spring to the next bead, energy / length^2
    double second = 0.0;  ///< spring to the second neighbour
    double tether = 0.1;  ///< spring of every bead to the origin; makes the density proper
    Boundary boundary = Boundary::open;
};

/// Fine harmonic chain of n beads in d dimensions: U(x) = 1/2 sum_{ij} K_ij x_i . x_j with a stiffness
/// matrix K (n x n, energy / length^2). A configuration is a vector of n d coordinates, bead by bead.
class FineChain {
public:
    /// Any stiffness matrix. Throws ArgumentError unless it is square and symmetric, dimension >= 1.
    FineChain(Matrix stiffness, Index dimension)
        : stiffness_(std::move(stiffness)), dimension_(dimension), space_(checked_size()) {}

    const RealSpace<>& space() const { return space_; }
    /// The matrix A of the energy 1/2 x^T A x.
    const Matrix& stiffness() const { return stiffness_; }
    Index dimension() const { return dimension_; }

    double energy(const Vector& x) const { return quadratic()(x); }

    QuadraticForm quadratic() const {
        return {expanded(stiffness_, dimension_), Vector::Zero(space_.size()), 0.0};
    }

private:
    Index checked_size() const {
        bool symmetric = stiffness_.rows() >= 1 && stiffness_.rows() == stiffness_.cols();
        for (Index j = 0; symmetric && j < stiffness_.cols(); ++j)
            for (Index i = 0; i < j; ++i)
                symmetric = symmetric && std::abs(stiffness_(i, j) - stiffness_(j, i)) <=
                                             1e-12 * std::abs(stiffness_(i, i));
        require(symmetric, "gaussian::FineChain", "rows of stiffness", stiffness_.rows(),
                "a symmetric matrix of at least one bead");
        require(dimension_ >= 1, "gaussian::FineChain", "dimension", dimension_, "an integer >= 1");
        return stiffness_.rows() * dimension_;
    }

    Matrix stiffness_;
    Index dimension_;
    RealSpace<> space_;
};

/// U = 1/2 sum_i [ bond |x_{i+1} - x_i|^2 + second |x_{i+2} - x_i|^2 + tether |x_i|^2 ].
inline FineChain chain(const FineChainSettings& settings = {}) {
    require(settings.beads >= 1, "gaussian::chain", "beads", settings.beads, "an integer >= 1");
    for (const double stiffness : {settings.bond, settings.second, settings.tether})
        require_finite(stiffness, "gaussian::chain", "stiffness");
    const Index n = settings.beads;
    Matrix K = Matrix::Zero(n, n);
    for (Index i = 0; i < n; ++i) K(i, i) = settings.tether;
    add_bonds(K, settings.bond, 1, settings.boundary);
    add_bonds(K, settings.second, 2, settings.boundary);
    return {std::move(K), settings.dimension};
}

}  // namespace predcg::gaussian
