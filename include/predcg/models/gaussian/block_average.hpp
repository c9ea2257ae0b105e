#pragma once
#include <predcg/concepts/deterministic_map.hpp>
#include <predcg/core/linalg.hpp>
#include <predcg/core/real_coordinates.hpp>
#include <predcg/models/gaussian/stiffness.hpp>

#include <type_traits>
#include <utility>

namespace predcg::gaussian {

/// X = A x with a known matrix A (coarse x fine coordinates). x and X are vectors, or of any type that
/// RealCoordinates knows, by their coordinates in its order; an X is then a copy of `shape` with others.
template <RealConfiguration Fine = Vector, RealConfiguration Coarse = Vector>
class BasicLinearProjection {
public:
    using fine_type = Fine;
    using coarse_type = Coarse;

    /// Throws ArgumentError for an empty A.
    explicit BasicLinearProjection(Matrix A, Coarse shape = {}) : A_(std::move(A)), shape_(std::move(shape)) {
        require(A_.size() > 0, "gaussian::LinearProjection", "size of A", A_.size(),
                "at least one row and column");
        if constexpr (!std::is_same_v<Coarse, Vector>)
            require_equal(coordinate_count(shape_), A_.rows(), "gaussian::LinearProjection",
                          "coordinates of the shape", "the rows of A");
    }

    /// The matrix that averages: coarse by fine coordinates.
    const Matrix& A() const { return A_; }

    /// Throws ArgumentError for a wrong number of coordinates, or one that is not finite.
    Coarse operator()(const Fine& fine) const {
        const Vector x = coordinates_of(fine);
        require_equal(x.size(), A_.cols(), "gaussian::LinearProjection", "number of fine coordinates");
        for (const double value : x) require_finite(value, "gaussian::LinearProjection", "coordinate");
        Coarse X = shape_;
        set_coordinates(X, linalg::product(A_, x));
        return X;
    }

private:
    Matrix A_;
    Coarse shape_;
};
/// The projection of vectors.
using LinearProjection = BasicLinearProjection<>;

/// Settings of gaussian::block_average.
struct BlockAverageSettings {
    Index coarse_beads = 8;
    Index level = 2;
    Index dimension = 1;
};

/// Every coarse bead is the mean of its block's fine beads.
template <RealConfiguration Fine = Vector, RealConfiguration Coarse = Vector>
BasicLinearProjection<Fine, Coarse> block_average(const BlockAverageSettings& s = {}) {
    require(s.coarse_beads >= 1, "gaussian::block_average", "coarse_beads", s.coarse_beads,
            "an integer >= 1");
    require(s.level >= 1, "gaussian::block_average", "level", s.level, "an integer >= 1");
    require(s.dimension >= 1, "gaussian::block_average", "dimension", s.dimension, "an integer >= 1");
    Matrix A = Matrix::Zero(s.coarse_beads, s.coarse_beads * s.level);
    for (Index i = 0; i < A.cols(); ++i) A(i / s.level, i) = 1.0 / static_cast<double>(s.level);
    return BasicLinearProjection<Fine, Coarse>(expanded(A, s.dimension),
                                               blank_points<Coarse>(A.rows(), s.dimension));
}

}  // namespace predcg::gaussian
