#pragma once
#include <predcg/core/space.hpp>
#include <predcg/learning/learning_problem.hpp>

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace predcg {

/// A learning problem as a target on z, for samplers:
///     log p(z | x) = sum_i log Z(q_i) - N log Z(p_c) + log prior(z),
/// q_i ~ p_cf(x_i|X, eta) exp(-beta U_c). -infinity where the potential does not admit theta_c, or the
/// density of X has no integral; lower bounds of priors are walls of its space. Needs exact engines. Cost:
/// one log_partition, or for the gradient one mean, for each distinct datum and for p_c, by the batch
/// contract. A view of the problem.
template <class Problem>
class LogPosterior {
public:
    static_assert(Problem::is_exact,
                  "predcg: this posterior needs exact engines for q(X|x) and p_c (log_partition); with "
                  "sampling engines use exchange_posterior");

    /// Refers to the problem.
    explicit LogPosterior(const Problem& problem)
        : problem_(&problem), space_(problem.coordinates().size(), walls(problem.coordinates().lower())) {}

    const WalledSpace& space() const { return space_; }

    double log_density(const Vector& z) const {
        if (!inside(z)) return outside;
        try {
            return problem_->log_likelihood(problem_->coordinates().parameters(z)) + problem_->log_prior(z);
        } catch (const NumericalError&) {
            return outside;  // no density of X there
        }
    }

    /// The same at several z, side by side where the engine can (LearningProblem::log_likelihoods).
    Vector log_densities(const std::vector<Vector>& z) const {
        Vector values = Vector::Constant(std::ssize(z), outside);
        std::vector<Parameters> there;
        std::vector<Index> which;
        for (Index k = 0; k < values.size(); ++k) {
            const Vector& one = z[static_cast<std::size_t>(k)];
            if (!inside(one)) continue;
            there.push_back(problem_->coordinates().parameters(one));
            which.push_back(k);
        }
        const Vector likelihoods = problem_->log_likelihoods(there);
        for (Index j = 0; j < likelihoods.size(); ++j) {
            const Index k = which[static_cast<std::size_t>(j)];
            try {
                values[k] = likelihoods[j] + problem_->log_prior(z[static_cast<std::size_t>(k)]);
            } catch (const NumericalError&) {  // as in log_density
            }
        }
        return values;
    }

    Vector log_density_gradient(const Vector& z) const { return log_density_and_gradient(z).second; }

    std::pair<double, Vector> log_density_and_gradient(const Vector& z) const {
        if (inside(z)) {
            try {
                return problem_->value_and_gradient(z);
            } catch (const NumericalError&) {
            }
        }
        return {outside, Vector::Zero(z.size())};
    }

private:
    static constexpr double outside = -std::numeric_limits<double>::infinity();

    bool inside(const Vector& z) const {
        const Coordinates& c = problem_->coordinates();
        for (Index k = 0; k < z.size(); ++k)
            if (!(std::isfinite(z[k]) && z[k] >= c.lower()[k])) return false;
        return problem_->is_admissible(c.parameters(z));
    }

    [[gnu::cold]] static std::vector<Wall> walls(const Vector& lower) {
        std::vector<Wall> walls;
        for (Index k = 0; k < lower.size(); ++k)
            if (std::isfinite(lower[k])) {
                walls.push_back({Vector::Zero(lower.size()), lower[k]});
                walls.back().normal[k] = 1.0;
            }
        return walls;
    }

    const Problem* problem_;
    WalledSpace space_;
};

}  // namespace predcg
