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

/// Normal densities with weights.
class NormalMixture {
public:
    [[gnu::cold]] void add(Vector mean, const Matrix& covariance, double weight = 1.0) {
        linalg::SymmetricEigen eigen(covariance);
        Part part{std::move(mean), eigen.vectors, linalg::transposed(eigen.vectors), weight,
                  std::log(weight)};
        for (Index l = 0; l < eigen.values.size(); ++l) {
            const double width = std::sqrt(std::max(eigen.values[l], std::numeric_limits<double>::min()));
            part.log_height -= std::log(width);
            for (Index k = 0; k < eigen.values.size(); ++k) {
                part.root(k, l) *= width;
                part.inverse(l, k) /= width;
            }
        }
        parts_.push_back(std::move(part));
        total_ += weight;
    }

    std::size_t size() const { return parts_.size(); }

    /// The same densities of v = (axes^T (u - centre)) / width, width and axes those of an eigenvalue
    /// problem.
    [[gnu::cold]] NormalMixture seen_from(const Vector& centre, const Matrix& axes,
                                          const Vector& width) const {
        NormalMixture other;
        for (const Part& part : parts_) {
            Matrix root = linalg::product(linalg::transposed(axes), part.root);
            for (Index l = 0; l < root.cols(); ++l)
                for (Index k = 0; k < root.rows(); ++k) root(k, l) /= width[k];
            other.add(along_axes(axes, part.mean, centre, width),
                      linalg::product(root, linalg::transposed(root)), part.weight);
        }
        return other;
    }

    /// The same, with normals from the one with number `first` on that are `factor` times as wide.
    [[gnu::cold]] NormalMixture widened(std::size_t first, double factor) const {
        NormalMixture other;
        for (std::size_t j = 0; j < parts_.size(); ++j)
            other.add(parts_[j].mean,
                      linalg::scaled(parts_[j].covariance(), j < first ? 1.0 : factor * factor),
                      parts_[j].weight);
        return other;
    }

    /// The mixture that a step of EM makes of this one, of points with importance weights that add up to 1:
    /// the parts of the points that the normals have are their weights (or `least_weight`, where that is
    /// more) and, of those from number `first` on, their means and covariances. The covariance is drawn
    /// towards the one it was as if five points had shown that; a normal with fewer effective points than
    /// twice the dimension stays where it is. Cappe, Douc, Guillin, Marin, Robert, Stat. Comput. 18 (2008)
    /// 447.
    [[gnu::cold]] NormalMixture fitted(const std::vector<Vector>& points, const Vector& weights,
                                       std::size_t first, double least_weight) const {
        constexpr double trust = 5.0;
        const Index size = points.front().size();
        Matrix share(static_cast<Index>(parts_.size()), weights.size());
        for (Index k = 0; k < weights.size(); ++k) {
            const Vector& u = points[static_cast<std::size_t>(k)];
            const double log_sum = log_density(u);
            for (Index j = 0; j < share.rows(); ++j)
                share(j, k) =
                    weights[k] * std::exp(parts_[static_cast<std::size_t>(j)].log_density(u) - log_sum);
        }
        NormalMixture other;
        for (std::size_t j = 0; j < parts_.size(); ++j) {
            const Vector w = linalg::row_of(share, static_cast<Index>(j));
            const double sum = linalg::sum(w), effective = sum * sum / linalg::squared_norm(w);
            Vector mean = parts_[j].mean;
            Matrix covariance = parts_[j].covariance();
            if (j >= first && effective >= 2.0 * static_cast<double>(size)) {
                mean.setZero();
                for (Index k = 0; k < w.size(); ++k)
                    linalg::add(mean, points[static_cast<std::size_t>(k)], w[k] / sum);
                const double keep = effective / (effective + trust);
                covariance = linalg::scaled(covariance, 1.0 - keep);
                for (Index k = 0; k < w.size(); ++k) {
                    Vector away = points[static_cast<std::size_t>(k)];
                    linalg::add(away, mean, -1.0);
                    for (Index l = 0; l < size; ++l)
                        for (Index i = 0; i < size; ++i)
                            covariance(i, l) += keep * w[k] / sum * away[i] * away[l];
                }
            }
            other.add(std::move(mean), covariance, std::max(sum, least_weight));
        }
        return other;
    }

    template <RandomBits R>
    Vector draw(R& rng) const {
        double left = total_ * uniform(rng);
        std::size_t j = 0;
        while (j + 1 < parts_.size() && left >= parts_[j].weight) left -= parts_[j++].weight;
        const Part& part = parts_[j];
        const Vector normal = standard_normal_vector(rng, part.mean.size());
        Vector u = part.mean;
        for (Index l = 0; l < u.size(); ++l)
            for (Index k = 0; k < u.size(); ++k) u[k] += part.root(k, l) * normal[l];
        return u;
    }

    /// Up to a constant.
    double log_density(const Vector& u) const {
        double largest = -std::numeric_limits<double>::infinity(), sum = 0.0;
        for (const Part& part : parts_) {
            const double value = part.log_density(u);
            if (value <= largest) {
                sum += std::exp(value - largest);
            } else {
                sum = sum * std::exp(largest - value) + 1.0;
                largest = value;
            }
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
        visit(self.parts_, self.total_);
    }

private:
    struct Part {
        Vector mean;
        Matrix root, inverse;  ///< u = mean + root n, n = inverse (u - mean) independent and of variance 1
        double weight = 1.0, log_height = 0.0;

        Matrix covariance() const { return linalg::product(root, linalg::transposed(root)); }
        /// Its term of the mixture, up to the same constant for all.
        double log_density(const Vector& u) const {
            double squares = 0.0;
            for (Index l = 0; l < u.size(); ++l) {
                double normal = 0.0;
                for (Index k = 0; k < u.size(); ++k) normal += inverse(l, k) * (u[k] - mean[k]);
                squares += normal * normal;
            }
            return log_height - 0.5 * squares;
        }

        /// To be saved (core/bytes.hpp).
        template <class Self, class Visit>
        static void members(Self& self, Visit&& visit) {
            visit(self.mean, self.root, self.inverse, self.weight, self.log_height);
        }
    };
    std::vector<Part> parts_;
    double total_ = 0.0;
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

/// Rounds of fitted_mixture, and draws of each.
inline constexpr Index mixture_rounds = 5, mixture_draws = 800;
/// Normals that are added there, the k-th k times as wide as the posterior at its mode.
inline constexpr int mixture_parts = 5;

/// A mixture fitted to a target by importance sampling: in each round draws of the mixture, weighted by the
/// ratio of the densities, say what the next one is. The normals of `known` keep their places, so that the
/// ratio stays small where the fitted ones leave something out. It ends where draws of a round are worth 0.6
/// of their number as independent ones of the target. `known` itself where those of the last round are worth
/// less than 0.1, or those of any round less than 0.03 or two for each dimension, as among many parameters.
/// `value_of(points)` are the log densities. Cost: at most mixture_rounds mixture_draws log densities.
template <RandomBits R, class Values>
[[gnu::cold]] NormalMixture fitted_mixture(const NormalMixture& known, Index size, R& rng,
                                           Values&& value_of) {
    constexpr double least_weight = 0.1, widened = 1.35, least = 0.03, enough = 0.6;
    NormalMixture mixture = known;
    for (int k = 1; k <= mixture_parts; ++k) add_round(mixture, size, k);
    const double draws = static_cast<double>(mixture_draws);
    double effective = 0.0;
    for (Index round = 0; round < mixture_rounds && effective < enough * draws; ++round) {
        std::vector<Vector> points;
        for (Index k = 0; k < mixture_draws; ++k) points.push_back(mixture.draw(rng));
        Vector weights = value_of(points);
        double largest = -std::numeric_limits<double>::infinity();
        for (Index k = 0; k < mixture_draws; ++k) {
            weights[k] -= mixture.log_density(points[static_cast<std::size_t>(k)]);
            largest = std::max(largest, weights[k]);
        }
        if (!std::isfinite(largest)) return known;
        for (double& weight : weights) weight = std::exp(weight - largest);
        linalg::divide(weights, linalg::sum(weights));
        effective = 1.0 / linalg::squared_norm(weights);
        if (effective < std::max(least * draws, 2.0 * static_cast<double>(size))) return known;
        mixture = mixture.fitted(points, weights, known.size(), least_weight);
    }
    return effective < 0.1 * draws ? known : mixture.widened(known.size(), widened);
}

}  // namespace predcg::detail
