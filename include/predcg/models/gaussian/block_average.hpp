#pragma once
#include <predcg/concepts/deterministic_map.hpp>
#include <predcg/core/linalg.hpp>
#include <predcg/models/gaussian/stiffness.hpp>

#include <utility>

namespace predcg::gaussian {

/// X = A x with a known matrix A (coarse x fine coordinates).
class LinearProjection {
public:
    using fine_type = Vector;
    using coarse_type = Vector;

    /// Throws ArgumentError for an empty A.
    explicit LinearProjection(Matrix A) : A_(std::move(A)) {
        require(A_.size() > 0, "gaussian::LinearProjection", "size of A", A_.size(),
                "at least one row and column");
    }

    /// The matrix that averages: coarse by fine coordinates.
    const Matrix& A() const { return A_; }

    /// Throws ArgumentError for a wrong number of coordinates, or one that is not finite.
    Vector operator()(const Vector& x) const {
        require_equal(x.size(), A_.cols(), "gaussian::LinearProjection", "number of fine coordinates");
        for (const double value : x) require_finite(value, "gaussian::LinearProjection", "coordinate");
        return linalg::product(A_, x);
    }

private:
    Matrix A_;
};

/// Settings of gaussian::block_average.
struct BlockAverageSettings {
    Index coarse_beads = 8;
    Index level = 2;
    Index dimension = 1;
};

/// Every coarse bead is the mean of its block's fine beads.
inline LinearProjection block_average(const BlockAverageSettings& s = {}) {
    require(s.coarse_beads >= 1, "gaussian::block_average", "coarse_beads", s.coarse_beads,
            "an integer >= 1");
    require(s.level >= 1, "gaussian::block_average", "level", s.level, "an integer >= 1");
    require(s.dimension >= 1, "gaussian::block_average", "dimension", s.dimension, "an integer >= 1");
    Matrix A = Matrix::Zero(s.coarse_beads, s.coarse_beads * s.level);
    for (Index i = 0; i < A.cols(); ++i) A(i / s.level, i) = 1.0 / static_cast<double>(s.level);
    return LinearProjection(expanded(A, s.dimension));
}

}  // namespace predcg::gaussian
