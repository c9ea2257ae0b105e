#pragma once
// The log posterior as the remembered expansions of a running simulation say it, and its mode.
#include <predcg/core/linalg.hpp>
#include <predcg/learning/coordinates.hpp>
#include <predcg/learning/expected_statistics.hpp>
#include <predcg/learning/identifiability.hpp>
#include <predcg/learning/likelihood_expansion.hpp>
#include <predcg/learning/online_memory.hpp>
#include <predcg/optimize/step.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace predcg::detail {

/// Covariances of means whose variances are known, with the correlations that single values have.
[[gnu::cold]] inline Matrix noise_of(const Matrix& covariance, const Vector& variances) {
    Matrix N = Matrix::Zero(variances.size(), variances.size());
    for (Index l = 0; l < variances.size(); ++l)
        for (Index k = 0; k < variances.size(); ++k) {
            const double scale = covariance(k, k) * covariance(l, l);
            const double correlation = k == l ? 1.0 : scale > 0.0 ? covariance(k, l) / std::sqrt(scale) : 0.0;
            N(k, l) = correlation * std::sqrt(variances[k] * variances[l]);
        }
    return N;
}

/// Second-order expansion of the log posterior in z: what OnlineMemory holds of the likelihood, and the
/// prior. Refers to both.
template <class Problem>
class OnlineExpansion {
public:
    OnlineExpansion(const Problem& problem, const OnlineMemory& memory)
        : problem_(&problem), memory_(&memory) {}

    /// Where a step leads.
    struct Next {
        Vector z;
        bool is_cut = false;  ///< It is shorter than to the mode.
    };

    /// The expansion's mode, as far as one step goes from z.
    Next next(const Vector& z) const {
        const OnlineSums sums = memory_->sum(use_at(z).first);
        // Few looks make the information of weak directions noise: a part of the complete one, which fades,
        // keeps steps short there.
        Vector step = mode(sums, z, 0.3 / static_cast<double>(memory_->blocks()));
        linalg::add(step, z, -1.0);
        double metric = quadratic(sums.complete, step) / sums.count;
        double fraction = step_fraction(step, 0.5);
        if (fraction * fraction * metric > 4.0) fraction = 2.0 / std::sqrt(metric);
        bool is_cut = fraction < 1.0;
        const Vector& lower = coordinates().lower();
        Vector to = linalg::moved(z, fraction, step, lower), gradient = sums.score(z);
        Matrix information = sums.information;
        add_prior(z, gradient, information);
        // At a bound there may be a saddle, by a symmetry, where a step ends that came without a minimum in
        // sight.
        if (!linalg::Cholesky(std::move(information)).ok())
            for (Index k = 0; k < to.size(); ++k)
                if (std::isfinite(lower[k])) to[k] = std::max(to[k], lower[k] + 0.25);
        to = admissible(z, std::move(to), is_cut);
        return {std::move(to), is_cut};
    }

    OnlineMemory::Use use_at(const Vector& z) const {
        Vector gradient = Vector::Zero(z.size());
        Matrix prior = Matrix::Zero(z.size(), z.size());
        add_prior(z, gradient, prior);
        return memory_->of_use(z, prior);
    }

    /// Adds gradient and minus the Hessian of the log prior.
    void add_prior(const Vector& z, Vector& gradient, Matrix& information) const {
        const Coordinates& c = coordinates();
        const auto add = [&](const auto& prior, const Vector& part, Index first) {
            const Vector slope = prior.gradient(part);
            const Matrix hessian = prior.hessian(part);
            for (Index l = 0; l < part.size(); ++l) {
                gradient[first + l] += slope[l];
                for (Index k = 0; k < part.size(); ++k) information(first + k, first + l) -= hessian(k, l);
            }
        };
        add(problem_->prior().coarse, c.coarse_part(z), 0);
        add(problem_->prior().map, c.map_part(z), c.coarse_count());
    }

    /// Of the expansion with the prior, by Newton steps from z; where its information is not positive
    /// definite one step with the complete one.
    Vector mode(const OnlineSums& sums, Vector z, double damping) const {
        const Vector& lower = coordinates().lower();
        for (int iteration = 0; iteration < 20; ++iteration) {
            Vector gradient = sums.score(z), step;
            Matrix information = sums.information;
            linalg::add(information, sums.complete, damping);
            add_prior(z, gradient, information);
            bool definite = newton_step(z, information, gradient, step);
            if (!definite) {  // a step of online EM, whose expansion is concave
                gradient = sums.em_slope;
                for (Index l = 0; l < z.size(); ++l)
                    for (Index k = 0; k < z.size(); ++k) gradient[k] -= sums.complete(k, l) * z[l];
                information = sums.complete;
                add_prior(z, gradient, information);
                step = ascent_step(information, gradient);
            }
            z = linalg::moved(z, 1.0, step, lower);
            if (!definite || damping > 0.0 || linalg::largest(step) < 1e-12) break;
        }
        return z;
    }

    /// z with the step that is left to the expansion's mode, where that is less than a posterior standard
    /// deviation.
    Vector corrected(const OnlineSums& sums, const Vector& z) const {
        const Vector best = mode(sums, z, 0.0);
        Vector gradient = sums.score(best);
        Matrix information = sums.information;
        add_prior(best, gradient, information);
        const linalg::Cholesky factor(std::move(information));
        if (!factor.ok()) return z;
        for (Index k = 0; k < z.size(); ++k)
            if (!(std::abs(best[k] - z[k]) <= std::sqrt(factor.solve(Vector::Unit(z.size(), k))[k])))
                return z;
        return problem_->is_admissible(coordinates().parameters(best)) ? best : z;
    }

    /// Derivatives in (theta_c, eta) of what is remembered.
    LikelihoodDerivatives likelihood(const OnlineSums& sums, const Vector& z) const {
        LikelihoodDerivatives e{sums.score(z), sums.complete, sums.complete};
        linalg::add(e.missing, sums.information, -1.0);
        const Vector& factor = coordinates().factor();
        for (Index l = 0; l < z.size(); ++l) {
            e.gradient[l] *= factor[l];
            for (Index k = 0; k < z.size(); ++k) {
                e.complete(k, l) *= factor[k] * factor[l];
                e.missing(k, l) *= factor[k] * factor[l];
            }
        }
        return e;
    }

    /// Directions whose information, less two errors of its own by the scatter between parts, is below that
    /// of the weak prior.
    std::vector<Direction> directions(const OnlineSums& sums, Index first) const {
        std::vector<Direction> weak;
        for (Direction& direction : weak_directions(sums.information, coordinates().names(),
                                                    std::numeric_limits<double>::infinity())) {
            const double n = static_cast<double>(memory_->used() - first);
            double squares = 0.0;
            for (Index p = first; p < memory_->used(); ++p) {
                const OnlineSums& part = memory_->part(p);
                const double differs = quadratic(part.information, direction.coefficients) -
                                       direction.information * part.count / sums.count;
                squares += differs * differs;
            }
            const double error = n > 1.0 ? std::sqrt(squares * n / (n - 1.0)) : 0.0;
            if (direction.information - 2.0 * (Problem::is_exact ? 0.0 : error) < identified_from)
                weak.push_back(std::move(direction));
        }
        return weak;
    }

    /// Covariance of the gradient by sampling, in (theta_c, eta).
    Matrix noise(const ExpectedStatistics& block, const CoarseMoments& coarse, const Vector& eta) const {
        const Index p = block.coarse.size(), m = coordinates().map_count();
        if constexpr (Problem::is_exact) {
            return Matrix::Zero(p + m, p + m);
        } else {
            Matrix N =
                linalg::sandwich(score_slope(problem_->map(), p, block.map.size(), eta, problem_->beta()),
                                 noise_of(block.covariance, block.noise));
            Vector variances = coarse.gradient.standard_error;
            for (double& x : variances) x *= x;
            const Matrix of_coarse = noise_of(coarse.gradient.covariance, variances);
            const double factor = problem_->beta() * block.count;
            for (Index l = 0; l < p; ++l)
                for (Index k = 0; k < p; ++k) N(k, l) += factor * factor * of_coarse(k, l);
            return N;
        }
    }

private:
    const Coordinates& coordinates() const { return problem_->coordinates(); }

    /// The step halved until it is within the models' domain.
    Vector admissible(const Vector& from, Vector to, bool& is_cut) const {
        for (int halvings = 0; halvings < 60; ++halvings) {
            if (linalg::all_finite(to) && problem_->is_admissible(coordinates().parameters(to))) return to;
            is_cut = true;
            for (Index k = 0; k < to.size(); ++k)
                to[k] = std::isfinite(to[k]) ? 0.5 * (from[k] + to[k]) : from[k];
        }
        return from;
    }

    /// I^-1 gradient on the coordinates that are not held at a bound. False where I is not definite.
    bool newton_step(const Vector& z, Matrix information, Vector gradient, Vector& step) const {
        for (Index k = 0; k < z.size(); ++k) {
            if (z[k] > coordinates().lower()[k] || gradient[k] > 0.0) continue;
            gradient[k] = 0.0;
            for (Index l = 0; l < z.size(); ++l) information(k, l) = information(l, k) = k == l ? 1.0 : 0.0;
        }
        const linalg::Cholesky factor(std::move(information));
        step = gradient;
        if (factor.ok()) step = factor.solve(std::move(gradient));
        return factor.ok();
    }

    const Problem* problem_;
    const OnlineMemory* memory_;
};

}  // namespace predcg::detail
