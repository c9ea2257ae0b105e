#pragma once
#include <predcg/core/types.hpp>
#include <predcg/core/window.hpp>

namespace predcg::gaussian {

/// Adds to K the K' with 1/2 sum_ij K'_ij x_i x_j = stiffness/2 sum_i (x_{i+distance} - x_i)^2; open:
/// pairs inside.
inline void add_bonds(Matrix& K, double stiffness, Index distance, Boundary boundary) {
    const Index beads = K.rows();
    const Index bonds = boundary == Boundary::periodic ? beads : beads - distance;
    for (Index i = 0; i < bonds; ++i) {
        const Index j = (i + distance) % beads;
        K(i, i) += stiffness;
        K(j, j) += stiffness;
        K(i, j) -= stiffness;
        K(j, i) -= stiffness;
    }
}

/// K for each of d coordinates of a bead: the Kronecker product of K with the d x d identity.
inline Matrix expanded(const Matrix& K, Index dimension) {
    Matrix result = Matrix::Zero(K.rows() * dimension, K.cols() * dimension);
    for (Index i = 0; i < K.rows(); ++i)
        for (Index j = 0; j < K.cols(); ++j)
            for (Index c = 0; c < dimension; ++c) result(i * dimension + c, j * dimension + c) = K(i, j);
    return result;
}

}  // namespace predcg::gaussian
