#pragma once
// Draws of one number by M chains of N iterations: an N x M matrix; S = M N. One chain may be a vector.
#include <predcg/core/error.hpp>
#include <predcg/core/linalg.hpp>
#include <predcg/core/types.hpp>

#include <limits>
#include <string_view>

namespace predcg::statistics {

/// Draws of one number: rows are iterations, columns are chains. Binds to a Matrix, a Vector or a block of
/// one without a copy.
using ChainDraws = Eigen::Ref<const Matrix>;

}  // namespace predcg::statistics

namespace predcg::detail {

inline void require_draws(const statistics::ChainDraws& draws, Index iterations, std::string_view function) {
    constexpr Index many = std::numeric_limits<Index>::max();
    require_range(draws.rows(), iterations, many, function, "number of iterations");
    require_range(draws.cols(), 1, many, function, "number of chains");
}

inline bool all_finite(const statistics::ChainDraws& draws) {
    for (Index m = 0; m < draws.cols(); ++m)
        if (!linalg::all_finite(draws.data() + draws.outerStride() * m, draws.rows())) return false;
    return true;
}

inline bool all_equal(const statistics::ChainDraws& draws) {
    for (Index m = 0; m < draws.cols(); ++m)
        for (Index n = 0; n < draws.rows(); ++n)
            if (draws(n, m) != draws(0, 0)) return false;
    return true;
}

/// Whether there is anything to diagnose: all draws finite, and not all the same.
inline bool vary(const statistics::ChainDraws& draws) { return all_finite(draws) && !all_equal(draws); }

/// First and second half of every chain, as chains. The middle draw of an odd number is left out.
inline Matrix split_chains(const statistics::ChainDraws& draws) {
    const Index half = draws.rows() / 2;
    Matrix halves(half, 2 * draws.cols());
    for (Index m = 0; m < draws.cols(); ++m)
        for (Index n = 0; n < half; ++n) {
            halves(n, m) = draws(n, m);
            halves(n, draws.cols() + m) = draws(draws.rows() - half + n, m);
        }
    return halves;
}

}  // namespace predcg::detail
