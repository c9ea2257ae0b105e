#pragma once
// Jumps of a chain to places that have nothing to do with where it stands: where a posterior is wide in one
// place and narrow in another, no step suits both.
#include <predcg/core/linalg.hpp>
#include <predcg/core/logistic.hpp>
#include <predcg/core/random.hpp>
#include <predcg/learning/coordinates.hpp>
#include <predcg/learning/estimate.hpp>
#include <predcg/learning/labels.hpp>
#include <predcg/posterior/log_posterior.hpp>
#include <predcg/posterior/normal_mixture.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace predcg::detail {

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

/// Adds the normals about the other maxima that the starts of a fit have found, and about all maxima with the
/// other label of the coarse letters (flipped, in learning/labels.hpp), in the coordinates u of `target`,
/// z = centre + scale u, `scale` with orthogonal columns. Costs an expansion and a log density for each.
template <class Problem, class T>
[[gnu::cold]] void add_maxima(NormalMixture& mixture, const Problem& problem, const Estimate& fit,
                              const T& target) {
    const Coordinates& c = problem.coordinates();
    const Vector& centre = target.centre();
    const Matrix& scale = target.scale();
    const Matrix across = linalg::transposed(scale);
    const Index size = c.size();
    std::vector<Vector> known{Vector::Zero(size)};  // u
    std::vector<Matrix> informations{Matrix(Matrix::Zero(size, size))};
    for (Index k = 0; k < size; ++k) informations[0](k, k) = 1.0;
    const LogPosterior exact(problem);  // of z: by way of u a z at a wall may be behind it
    const double best = exact.log_density(centre);
    const auto add = [&](const Parameters& parameters) {
        const Vector z = c.z(parameters);
        Vector away = z;
        linalg::add(away, centre, -1.0);
        Vector u(size);
        for (Index k = 0; k < size; ++k) {
            const Vector axis = linalg::column_of(scale, k);
            u[k] = linalg::dot(axis, away) / linalg::squared_norm(axis);
        }
        for (std::size_t other = 0; other < known.size(); ++other) {
            const Vector& at = known[other];
            double distance = 0.0;
            for (Index l = 0; l < size; ++l)
                for (Index k = 0; k < size; ++k)
                    distance += (u[k] - at[k]) * informations[other](k, l) * (u[l] - at[l]);
            if (distance < 1.0) return;
        }
        if (!(exact.log_density(z) > best - lowest_maximum)) return;
        Matrix information =
            linalg::product(linalg::product(across, problem.point(z).posterior_information), scale);
        const linalg::Cholesky factor(information);
        if (!factor.ok()) return;
        mixture.add(u, inverse_of(factor, size));
        known.push_back(std::move(u));
        informations.push_back(std::move(information));
    };
    const auto add_flipped = [&](const Parameters& parameters) {
        if (const auto other = flipped(problem.coarse(), problem.map(), parameters)) add(*other);
    };
    add_flipped(fit.parameters);
    for (const StartSummary& start : fit.starts) {
        if (start.joined) continue;
        add(start.parameters);
        add_flipped(start.parameters);
    }
}

/// Independent normals of mean 0.
[[gnu::cold]] inline void add_round(NormalMixture& mixture, Index size, double sd) {
    Matrix covariance = Matrix::Zero(size, size);
    for (Index k = 0; k < size; ++k) covariance(k, k) = sd * sd;
    mixture.add(Vector::Zero(size), covariance);
}

/// Rounds of fitted_jumps, and draws of each.
inline constexpr Index mixture_rounds = 20, mixture_draws = 800;
/// As many normals are added there, or a little more: as many about each maximum.
inline constexpr std::size_t mixture_parts = 12;

/// Points of several mixtures and what they are worth as draws of a target: weights are the ratio of its
/// density to the mean of those of all mixtures (Owen, Zhou, J. Am. Stat. Assoc. 95 (2000) 135; Cornuet,
/// Marin, Mira, Robert, Scand. J. Stat. 39 (2012) 798).
class ImportanceSample {
public:
    /// Adds points of a mixture, as many each time. Returns how many independent draws of the target they
    /// alone are worth; 0 where it has no density at any of them.
    [[gnu::cold]] double add(const NormalMixture& from, const std::vector<Vector>& points,
                             Vector log_target) {
        for (double& value : log_target)  // nor is a density one that is no number
            if (!(value < std::numeric_limits<double>::infinity()))
                value = -std::numeric_limits<double>::infinity();
        const Vector old = points_.empty() ? Vector() : from.log_densities(points_);
        for (Index k = 0; k < old.size(); ++k)
            sums_[static_cast<std::size_t>(k)] = log_sum_exp(sums_[static_cast<std::size_t>(k)], old[k]);
        const Vector own = from.log_densities(points);
        Vector all = own;
        for (const NormalMixture& mixture : from_) {
            const Vector other = mixture.log_densities(points);
            for (Index k = 0; k < all.size(); ++k) all[k] = log_sum_exp(all[k], other[k]);
        }
        Vector log_weights(own.size());
        for (Index k = 0; k < own.size(); ++k) log_weights[k] = log_target[k] - own[k];
        points_.insert(points_.end(), points.begin(), points.end());
        targets_.insert(targets_.end(), log_target.begin(), log_target.end());
        sums_.insert(sums_.end(), all.begin(), all.end());
        from_.push_back(from);
        return normalised(log_weights, 1.0).second;
    }

    const std::vector<Vector>& points() const { return points_; }

    /// Weights that add up to 1, raised to the power, at most 1, with which they are worth so many draws.
    [[gnu::cold]] Vector weights(double least) const {
        Vector log_weights(std::ssize(points_));
        for (Index k = 0; k < log_weights.size(); ++k) {
            const auto at = static_cast<std::size_t>(k);
            log_weights[k] = targets_[at] - sums_[at];
        }
        auto found = normalised(log_weights, 1.0);
        double low = 0.0, high = 1.0;
        for (int step = 0; step < 20 && (step > 0 ? high - low > 0.01 : found.second < least); ++step) {
            const double power = 0.5 * (low + high);
            found = normalised(log_weights, power);
            (found.second < least ? high : low) = power;
        }
        return found.first;
    }

private:
    /// exp(power log_weights) over their sum, and how many draws that is worth.
    static std::pair<Vector, double> normalised(const Vector& log_weights, double power) {
        double largest = -std::numeric_limits<double>::infinity();
        for (const double log_weight : log_weights) largest = std::max(largest, log_weight);
        Vector weights = Vector::Zero(log_weights.size());
        if (!std::isfinite(largest)) return {weights, 0.0};
        for (Index k = 0; k < weights.size(); ++k) weights[k] = std::exp(power * (log_weights[k] - largest));
        linalg::divide(weights, linalg::sum(weights));
        return {weights, 1.0 / linalg::squared_norm(weights)};
    }

    std::vector<NormalMixture> from_;
    std::vector<Vector> points_;
    std::vector<double> targets_, sums_;  ///< logs: of the target's density, of the sum of the mixtures'
};

/// Densities that jumps are drawn from, and how they came about.
struct JumpDensities {
    /// Whether they were fitted to the target, and whether draws of them are worth little.
    enum class Fit { none, rough, good };

    NormalMixture mixture;
    Fit fit = Fit::none;

    bool is_fitted() const { return fit != Fit::none; }
    bool is_rough() const { return fit == Fit::rough; }

    /// To be saved (core/bytes.hpp).
    template <class Self, class Visit>
    static void members(Self& self, Visit&& visit) {
        visit(self.mixture, self.fit);
    }
};

/// Densities fitted to a target by adaptive importance sampling: in each round draws of the mixture join
/// those of earlier rounds, and a step of EM on all of them, weighted, makes the next mixture. While few of
/// them carry the weight, weights are raised to a power below 1: the next mixture is then between this one
/// and the target. The first mixture is that of the normals of `known`, of which the first `centres` are
/// about maxima, and wider ones about these, 1, 1.5, 2, ... times. The normals of `known` keep their places,
/// so that the ratio stays small where the fitted ones leave something out. After four rounds each of the
/// others is joined by one twice as wide. The fit is good, and ends, where draws of a round are worth 0.6 of
/// their number as independent ones of the target. `known` itself where those of no round are worth 0.1, or
/// of none of the first three twice the number of dimensions, as among many parameters. `value_of(points)`
/// are the log densities. Cost: at most mixture_rounds mixture_draws log densities.
template <RandomBits R, class Values>
[[gnu::cold]] JumpDensities fitted_jumps(const NormalMixture& known, std::size_t centres, Index size, R& rng,
                                         Values&& value_of) {
    constexpr double least_weight = 0.01, wider = 1.2, enough = 0.6, flattened = 0.2;
    constexpr auto draws = static_cast<double>(mixture_draws);
    NormalMixture mixture = known;
    for (double wide = 1.0; mixture.size() < known.size() + mixture_parts; wide += 0.5)
        for (std::size_t k = 0; k < centres; ++k) mixture.add_wider(k, wide);
    const std::size_t first_parts = mixture.size();
    ImportanceSample sample;
    double best = 0.0, effective = 0.0;
    for (Index round = 0; round < mixture_rounds && effective < enough * draws; ++round) {
        if (round == 4)  // a target of many shapes; nearly all points of this round look further away
            for (std::size_t k = known.size(); k < first_parts; ++k) mixture.add_wider(k, 2.0);
        const NormalMixture from = mixture.widened(known.size(), wider);
        std::vector<Vector> points;
        for (Index k = 0; k < mixture_draws; ++k) points.push_back(from.draw(rng));
        effective = sample.add(from, points, value_of(points));
        best = std::max(best, effective);
        if (!(effective > 0.0) || (round == 2 && best < 2.0 * static_cast<double>(size))) return {known};
        mixture =
            mixture.fitted(sample.points(), sample.weights(flattened * draws), known.size(), least_weight);
    }
    if (best < 0.1 * draws) return {known};
    return {mixture.widened(known.size(), wider),
            effective < enough * draws ? JumpDensities::Fit::rough : JumpDensities::Fit::good};
}

}  // namespace predcg::detail
