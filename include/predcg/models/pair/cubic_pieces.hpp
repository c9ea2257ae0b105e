#pragma once
// Pair energies as cubic pieces of equal width, for loops over many pairs.
#include <predcg/chains/lanes.hpp>
#include <predcg/core/types.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
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
        using predcg::detail::lane_count, predcg::detail::Lanes;
        Eigen::Map<Eigen::ArrayXd> x(values, count);  // std::sqrt may set errno, which vectors cannot
        x = x.sqrt() * inverse_ + offset_;
        const double* const pieces = pieces_.front().data();
        Index first = 0;
        for (; first + lane_count <= count; first += lane_count) {
            std::uint32_t begins[lane_count];
            Lanes t;
            for (Index lane = 0; lane < lane_count; ++lane) {
                const int at = static_cast<int>(values[first + lane]);
                begins[lane] = 4 * static_cast<std::uint32_t>(at);
                t[lane] = values[first + lane] - static_cast<double>(at);
            }
            const auto [c0, c1] = Lanes::gathered_pairs<1>(pieces, begins);
            const auto [c2, c3] = Lanes::gathered_pairs<1>(pieces + 2, begins);
            const Lanes energy = (c0 + t * c1) + t * t * (c2 + t * c3);
            for (Index lane = 0; lane < lane_count; ++lane) values[first + lane] = energy[lane];
        }
        for (Index k = first; k < count; ++k) {
            const int at = static_cast<int>(values[k]);
            const Piece& c = pieces_[static_cast<std::size_t>(at)];
            const double t = values[k] - static_cast<double>(at);
            values[k] = (c[0] + t * c[1]) + t * t * (c[2] + t * c[3]);
        }
    }

private:
    double inverse_, offset_, cutoff_;
    std::vector<Piece> pieces_;
};

}  // namespace predcg::pair
