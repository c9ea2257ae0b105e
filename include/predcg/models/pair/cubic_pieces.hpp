#pragma once
// Pair energies as cubic pieces of equal width, for loops over many pairs.
#include <predcg/core/types.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

namespace predcg::pair {

/// u(r) = sum_{a=0}^{3} c_{k,a} t^a with r = (k + t - offset) width, t in [0, 1), for 0 <= r < cutoff.
class CubicPieces {
public:
    using Piece = std::array<double, 4>;  ///< c_{k,0}, ..., c_{k,3}

    /// `pieces` reach from -offset width to the cut-off or further.
    CubicPieces(double width, double offset, double cutoff, std::vector<Piece> pieces)
        : inverse_(1.0 / width), offset_(offset), cutoff_(cutoff), pieces_(std::move(pieces)) {
        pieces_.push_back(Piece{});  // r just below the cut-off may round to it
    }

    double cutoff() const { return cutoff_; }  ///< in nm

    /// Squared distances, all below cutoff^2, become energies.
    void energies(double* values, Index count) const {
        for (Index k = 0; k < count; ++k) values[k] = std::sqrt(values[k]) * inverse_ + offset_;
        const Piece* pieces = pieces_.data();
        for (Index k = 0; k < count; ++k) {
            const double x = values[k];
            const int at = static_cast<int>(x);
            const Piece& c = pieces[at];
            const double t = x - static_cast<double>(at);
            values[k] = (c[0] + t * c[1]) + t * t * (c[2] + t * c[3]);
        }
    }

private:
    double inverse_, offset_, cutoff_;
    std::vector<Piece> pieces_;
};

}  // namespace predcg::pair
