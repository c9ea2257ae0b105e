#pragma once
// Jumps of a chain to places that have nothing to do with where it stands: where a posterior is wide in one
// place and narrow in another, no step suits both.
#include <predcg/core/linalg.hpp>
#include <predcg/core/random.hpp>
#include <predcg/learning/coordinates.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace predcg::detail {

/// Normal densities with equal weights.
class NormalMixture {
public:
    void add(Vector mean, const Matrix& covariance) {
        linalg::SymmetricEigen eigen(covariance);
        double log_volume = 0.0;
        for (double& value : eigen.values) {
            value = std::sqrt(std::max(value, std::numeric_limits<double>::min()));
            log_volume += std::log(value);
        }
        parts_.push_back({std::move(mean), std::move(eigen.values), std::move(eigen.vectors), log_volume});
    }

    /// The same densities of v = (axes^T (u - centre)) / width, width and axes those of an eigenvalue
    /// problem.
    NormalMixture seen_from(const Vector& centre, const Matrix& axes, const Vector& width) const {
        NormalMixture other;
        const Matrix turned = width.cwiseInverse().asDiagonal() * axes.transpose();
        for (const Part& part : parts_) {
            const Matrix root = turned * part.axes * part.width.asDiagonal();
            other.add(turned * (part.mean - centre), root * root.transpose());
        }
        return other;
    }

    template <RandomBits R>
    Vector draw(R& rng) const {
        const auto count = static_cast<double>(parts_.size());
        const Part& part = parts_[static_cast<std::size_t>(std::min(uniform(rng) * count, count - 1.0))];
        const Vector normal = standard_normal_vector(rng, part.mean.size());
        return part.mean + part.axes * part.width.cwiseProduct(normal);
    }

    /// Up to a constant.
    double log_density(const Vector& u) const {
        double largest = -std::numeric_limits<double>::infinity(), sum = 0.0;
        for (const Part& part : parts_) {
            const Vector distance = (part.axes.transpose() * (u - part.mean)).cwiseQuotient(part.width);
            const double value = -part.log_volume - 0.5 * distance.squaredNorm();
            const double top = std::max(largest, value);
            sum = sum * std::exp(largest - top) + std::exp(value - top);
            largest = top;
        }
        return largest + std::log(sum);
    }

private:
    struct Part {
        Vector mean, width;
        Matrix axes;
        double log_volume;
    };
    std::vector<Part> parts_;
};

/// A mean, and the information about it.
struct NormalShape {
    Vector mean;
    Matrix information;
};

/// The normal that a prior is, or is like at its mode, whatever its bounds; found by Newton's method from z
/// on, or not.
template <class Problem>
[[gnu::cold]] std::optional<NormalShape> normal_like_prior(const Problem& problem, Vector z) {
    const Coordinates& c = problem.coordinates();
    const Index p = c.coarse_count(), m = c.map_count();
    const auto& prior = problem.prior();
    for (int iteration = 0; iteration < 50; ++iteration) {
        Vector gradient(p + m);
        gradient << prior.coarse.gradient(c.coarse_part(z)), prior.map.gradient(c.map_part(z));
        Matrix information = Matrix::Zero(p + m, p + m);
        information.topLeftCorner(p, p) = -prior.coarse.hessian(c.coarse_part(z));
        information.bottomRightCorner(m, m) = -prior.map.hessian(c.map_part(z));
        const linalg::Cholesky factor(information);
        if (!factor.ok()) return {};
        const Vector step = factor.solve(gradient);
        if (!linalg::all_finite(step)) return {};
        if (linalg::largest(step) <= 1e-6) return NormalShape{std::move(z), std::move(information)};
        z += step;
    }
    return {};
}

}  // namespace predcg::detail
