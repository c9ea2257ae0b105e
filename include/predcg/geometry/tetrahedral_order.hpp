#pragma once
// How tetrahedral the surroundings of sites are.
#include <predcg/concepts/observable.hpp>
#include <predcg/geometry/box.hpp>
#include <predcg/statistics/moments.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>

namespace predcg {

/// Orientational order of the four nearest neighbours (J. R. Errington, P. G. Debenedetti, Nature 409
/// (2001) 318),
///
///     q_i = 1 - 3/8 sum_{j<k} (cos psi_jik + 1/3)^2,
///
/// psi_jik the angle at i between neighbours j and k. 1 in a diamond lattice, 0 on average for neighbours in
/// random directions. By nearest images; orthorhombic boxes only. Costs all pairs, O(n^2).
class TetrahedralOrder {
public:
    /// Without a box, or in one. Throws ArgumentError for a triclinic one.
    explicit TetrahedralOrder(const Box& box = {}) : image_(box) {}

    /// q of every site. Throws ArgumentError for fewer than five.
    template <ReadableCoordinates X>
    Vector each(const X& configuration) const {
        const auto& x = detail::points_of(configuration, "TetrahedralOrder");
        require(x.size() >= 5, "TetrahedralOrder", "number of sites", static_cast<Index>(x.size()),
                "an integer >= 5");
        Vector q(static_cast<Index>(x.size()));
        for (std::size_t i = 0; i < x.size(); ++i) q[static_cast<Index>(i)] = of(x, i);
        return q;
    }

    /// Mean of q over all sites.
    template <ReadableCoordinates X>
    double operator()(const X& configuration) const {
        return statistics::mean(each(configuration));
    }

private:
    double of(const Points& x, std::size_t i) const {
        constexpr double infinity = std::numeric_limits<double>::infinity();
        std::array<double, 4> squared{infinity, infinity, infinity, infinity};
        std::array<Point, 4> to{};
        for (std::size_t j = 0; j < x.size(); ++j) {
            if (j == i) continue;
            const Point d = image_.difference(x[i], x[j]);
            const double r2 = detail::dot(d, d);
            if (!(r2 < squared[3])) continue;
            std::size_t k = 3;
            for (; k > 0 && r2 < squared[k - 1]; --k) {
                squared[k] = squared[k - 1];
                to[k] = to[k - 1];
            }
            squared[k] = r2;
            to[k] = d;
        }
        double sum = 0.0;
        for (std::size_t j = 0; j < 4; ++j)
            for (std::size_t k = 0; k < j; ++k) {
                const double cosine = detail::dot(to[j], to[k]) / std::sqrt(squared[j] * squared[k]);
                sum += (cosine + 1.0 / 3.0) * (cosine + 1.0 / 3.0);
            }
        return 1.0 - 0.375 * sum;
    }

    MinimumImage image_;
};

}  // namespace predcg
