#pragma once
// Pair energies as cubic pieces of equal width, for loops over many pairs.
#include <predcg/chains/lanes.hpp>
#include <predcg/core/types.hpp>

#include <algorithm>
#include <array>
#include <cmath>
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
        square_roots(values, count);
        for (Index k = 0; k < count; ++k) values[k] = values[k] * inverse_ + offset_;
        Index first = 0;
        for (; first + lanes <= count; first += lanes) at_places(values + first);
        if (first == count) return;
        double last[lanes] = {};  // by the same operations, whatever the compiler fuses
        std::copy_n(values + first, count - first, last);
        at_places(last);
        std::copy_n(last, count - first, values + first);
    }

private:
    static constexpr Index lanes = predcg::detail::lane_count;

    /// By vectors; a loop of std::sqrt, which may set errno, is none. Four at a time: Eigen's root of eight
    /// is not rounded correctly.
    static void square_roots(double* values, Index count) {
        Index k = 0;
        for (; k + 4 <= count; k += 4) {
            Eigen::Map<Eigen::Array4d> x(values + k);
            x = x.sqrt();
        }
        for (; k < count; ++k) values[k] = std::sqrt(values[k]);
    }

    /// Places k + t, as many as there are lanes, become energies.
    void at_places(double* values) const {
        using predcg::detail::Lanes;
        std::uint32_t begins[lanes];
        Lanes t;
        for (Index lane = 0; lane < lanes; ++lane) {
            const int at = static_cast<int>(values[lane]);
            begins[lane] = 4 * static_cast<std::uint32_t>(at);
            t[lane] = values[lane] - static_cast<double>(at);
        }
        const double* const pieces = pieces_.front().data();
        const auto [c0, c1] = Lanes::gathered_pairs<1>(pieces, begins);
        const auto [c2, c3] = Lanes::gathered_pairs<1>(pieces + 2, begins);
        const Lanes energy = (c0 + t * c1) + t * t * (c2 + t * c3);
        for (Index lane = 0; lane < lanes; ++lane) values[lane] = energy[lane];
    }

    double inverse_, offset_, cutoff_;
    std::vector<Piece> pieces_;
};

}  // namespace predcg::pair
