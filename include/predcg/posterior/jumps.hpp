#pragma once
// Jumps of a chain to places that have nothing to do with where it stands: where a posterior is wide in one
// place and narrow in another, no step suits both.
#include <predcg/core/linalg.hpp>
#include <predcg/core/random.hpp>
#include <predcg/learning/coordinates.hpp>
#include <predcg/learning/estimate.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace predcg::detail {

/// Normal densities with equal weights.
class NormalMixture {
public:
    [[gnu::cold]] void add(Vector mean, const Matrix& covariance) {
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
    [[gnu::cold]] NormalMixture seen_from(const Vector& centre, const Matrix& axes,
                                          const Vector& width) const {
        NormalMixture other;
        for (const Part& part : parts_) {
            Matrix root = linalg::product(linalg::transposed(axes), part.axes);
            for (Index l = 0; l < root.cols(); ++l)
                for (Index k = 0; k < root.rows(); ++k) root(k, l) *= part.width[l] / width[k];
            other.add(along_axes(axes, part.mean, centre, width),
                      linalg::product(root, linalg::transposed(root)));
        }
        return other;
    }

    template <RandomBits R>
    Vector draw(R& rng) const {
        const auto count = static_cast<double>(parts_.size());
        const Part& part = parts_[static_cast<std::size_t>(std::min(uniform(rng) * count, count - 1.0))];
        const Vector normal = standard_normal_vector(rng, part.mean.size());
        Vector u = part.mean;
        for (Index l = 0; l < u.size(); ++l)
            for (Index k = 0; k < u.size(); ++k) u[k] += part.axes(k, l) * part.width[l] * normal[l];
        return u;
    }

    /// Up to a constant.
    double log_density(const Vector& u) const {
        double largest = -std::numeric_limits<double>::infinity(), sum = 0.0;
        for (const Part& part : parts_) {
            const Vector distance = along_axes(part.axes, u, part.mean, part.width);
            const double value = -part.log_volume - 0.5 * linalg::squared_norm(distance);
            const double top = std::max(largest, value);
            sum = sum * std::exp(largest - top) + std::exp(value - top);
            largest = top;
        }
        return largest + std::log(sum);
    }

    /// (axes^T (u - centre)) / width.
    static Vector along_axes(const Matrix& axes, const Vector& u, const Vector& centre, const Vector& width) {
        Vector v = Vector::Zero(u.size());
        for (Index l = 0; l < v.size(); ++l) {
            for (Index k = 0; k < v.size(); ++k) v[l] += axes(k, l) * (u[k] - centre[k]);
            v[l] /= width[l];
        }
        return v;
    }

    /// To be saved (core/bytes.hpp).
    template <class Self, class Visit>
    static void members(Self& self, Visit&& visit) {
        visit(self.parts_);
    }

private:
    struct Part {
        Vector mean, width;
        Matrix axes;
        double log_volume = 0.0;

        /// To be saved (core/bytes.hpp).
        template <class Self, class Visit>
        static void members(Self& self, Visit&& visit) {
            visit(self.mean, self.width, self.axes, self.log_volume);
        }
    };
    std::vector<Part> parts_;
};

/// The inverse of a matrix that was factorised.
[[gnu::cold]] inline Matrix inverse_of(const linalg::Cholesky& factor, Index size) {
    Matrix inverse(size, size);
    for (Index k = 0; k < size; ++k) {
        Vector unit = Vector::Zero(size);
        unit[k] = 1.0;
        const Vector solved = factor.solve(unit);
        std::copy(solved.begin(), solved.end(), linalg::column(inverse, k));
    }
    return inverse;
}

/// Adds the normal that a prior is, or is like at its mode, whatever its bounds, in coordinates u of
/// z = centre + scale u; its mode is looked for by Newton's method from the centre on, and nothing is added
/// where it is not found.
template <class Problem>
[[gnu::cold]] void add_prior(NormalMixture& mixture, const Problem& problem, const Vector& centre,
                             const Matrix& scale) {
    const Coordinates& c = problem.coordinates();
    const Index p = c.coarse_count(), size = c.size();
    const auto& prior = problem.prior();
    Vector u = Vector::Zero(size);
    for (int iteration = 0; iteration < 50; ++iteration) {
        Vector z = centre, gradient(size);
        for (Index l = 0; l < size; ++l)
            for (Index k = 0; k < size; ++k) z[k] += scale(k, l) * u[l];
        Matrix information = Matrix::Zero(size, size);
        const auto take = [&](const auto& block, const Vector& part, Index first) {
            const Vector slope = block.gradient(part);
            const Matrix hessian = block.hessian(part);
            for (Index l = 0; l < part.size(); ++l) {
                gradient[first + l] = slope[l];
                for (Index k = 0; k < part.size(); ++k) information(first + k, first + l) = -hessian(k, l);
            }
        };
        take(prior.coarse, c.coarse_part(z), 0);
        take(prior.map, c.map_part(z), p);
        const Matrix across = linalg::transposed(scale);
        const linalg::Cholesky factor(linalg::product(linalg::product(across, information), scale));
        if (!factor.ok()) return;
        Vector slope(size);
        for (Index k = 0; k < size; ++k) slope[k] = linalg::dot(linalg::column_of(scale, k), gradient);
        const Vector step = factor.solve(slope);
        if (!linalg::all_finite(step)) return;
        if (linalg::largest(step) <= 1e-6) {
            mixture.add(std::move(u), inverse_of(factor, size));
            return;
        }
        linalg::add(u, step);
    }
}

/// Maxima lower than the best by more than this, in nats, are no place to jump to.
inline constexpr double lowest_maximum = 8.0;

/// Adds the normals about the other maxima that the starts of a fit have found, in coordinates u of
/// z = centre + scale u, `scale` with orthogonal columns. Costs an expansion for each of them.
template <class Problem>
[[gnu::cold]] void add_maxima(NormalMixture& mixture, const Problem& problem, const Estimate& fit,
                              const Vector& centre, const Matrix& scale) {
    const Coordinates& c = problem.coordinates();
    const Index size = c.size();
    const Matrix across = linalg::transposed(scale);
    std::vector<Vector> known{Vector::Zero(size)};  // u
    std::vector<Matrix> informations{Matrix(Matrix::Zero(size, size))};
    for (Index k = 0; k < size; ++k) informations[0](k, k) = 1.0;
    double best = -std::numeric_limits<double>::infinity();
    for (const StartSummary& start : fit.starts) best = std::max(best, start.log_posterior.value_or(best));
    for (const StartSummary& start : fit.starts) {
        if (start.joined ||
            !(start.log_posterior.value_or(best - 2.0 * lowest_maximum) > best - lowest_maximum))
            continue;
        const Vector z = c.z(start.parameters);
        Vector away = z;
        linalg::add(away, centre, -1.0);
        Vector u(size);
        for (Index k = 0; k < size; ++k) {
            const Vector axis = linalg::column_of(scale, k);
            u[k] = linalg::dot(axis, away) / linalg::squared_norm(axis);
        }
        bool seen = false;
        for (std::size_t other = 0; other < known.size() && !seen; ++other) {
            const Vector& at = known[other];
            double distance = 0.0;
            for (Index l = 0; l < size; ++l)
                for (Index k = 0; k < size; ++k)
                    distance += (u[k] - at[k]) * informations[other](k, l) * (u[l] - at[l]);
            seen = distance < 1.0;
        }
        if (seen) continue;
        Matrix information =
            linalg::product(linalg::product(across, problem.point(z).posterior_information), scale);
        const linalg::Cholesky factor(information);
        if (!factor.ok()) continue;
        mixture.add(u, inverse_of(factor, size));
        known.push_back(std::move(u));
        informations.push_back(std::move(information));
    }
}

/// Independent normals of mean 0.
[[gnu::cold]] inline void add_round(NormalMixture& mixture, Index size, double sd) {
    Matrix covariance = Matrix::Zero(size, size);
    for (Index k = 0; k < size; ++k) covariance(k, k) = sd * sd;
    mixture.add(Vector::Zero(size), covariance);
}

}  // namespace predcg::detail
