#pragma once
// The iterations by which coarse potentials were fitted before likelihoods were: all of them move theta until
// the model's moments are the target's. The gradient says how far they are:
//     gradient_k = <f_k>_c - t_k  (of one datum, f = dU_c/dtheta, t its target mean, coordinates beta theta).
#include <predcg/concepts/coarse_potential.hpp>
#include <predcg/concepts/optimizer.hpp>
#include <predcg/core/error.hpp>
#include <predcg/core/linalg.hpp>
#include <predcg/optimize/step.hpp>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace predcg {

/// Inverse Monte Carlo: the linear response  <f_k>_c - t_k = sum_l Cov_c(f_k, f_l) dz_l  of z = beta theta,
/// solved for the matched features alone (all, if none are named); the others stay where the fit starts. With
/// all features and a potential linear in theta this is Newton's step on the relative entropy. Where the
/// covariances are singular a multiple of the identity is added. Steps longer than max_step are shortened.
/// Lyubartsev, Laaksonen, Phys. Rev. E 52 (1995) 3730.
struct InverseMonteCarlo {
    std::vector<Index> matched{};  ///< Features whose means are matched; none named: all.
    double step_tolerance = 1e-9;
    double max_step = 3.0;

    struct State {};

    double tolerance() const { return step_tolerance; }

    std::optional<Vector> step(State&, const Vector&, const Vector& gradient,
                               const Matrix& information) const {
        const Index p = gradient.size();
        std::vector<Index> which = matched;
        for (const Index k : which)
            require_range(k, 0, p - 1, "InverseMonteCarlo", "matched", "features of the potential");
        for (Index k = 0; matched.empty() && k < p; ++k) which.push_back(k);
        std::ranges::sort(which);  // a feature named twice is one
        which.erase(std::unique(which.begin(), which.end()), which.end());
        const Vector matched_step =
            ascent_step(linalg::selected(information, which), linalg::selected(gradient, which));
        return shortened(linalg::scattered(matched_step, which, p), max_step);
    }
};

/// Iterative Boltzmann inversion, each term by its own histogram,
///     u_k(s) += 1/beta ln(P_model,k(s) / P_target,k(s)),
/// for potentials whose features are sums of terms with two values (TwoValuedTerms), where it reads
///     dz_k = (logit P_model,k(high) - logit P_target,k(high)) / (high - low):
/// for a pair of +-1, beta dtheta_k = atanh(c_target) - atanh(c_model). It ignores that terms interact: exact
/// where they do not, else a step in a direction that rises, which may overshoot: each time a step takes back
/// a quarter of the one before, all later ones are halved once more. Features without histograms stay where
/// the fit starts. Steps longer than max_step are shortened. Its target moments come from
/// RelativeEntropy::fit. Reith, Puetz, Mueller-Plathe, J. Comput. Chem. 24 (2003) 1624; Soper, Chem. Phys.
/// 202 (1996) 295.
struct IterativeBoltzmann {
    double step_tolerance = 1e-9;
    double max_step = 3.0;
    std::vector<TwoValuedTerms> terms{};  ///< from the potential
    Vector targets{};                     ///< mean features of the mapped data

    /// What is kept between steps.
    struct State {
        double gain = 1.0;  ///< Factor of the steps: halved where they overshoot.
        Vector last{};      ///< The step before.

        /// To be saved (core/bytes.hpp).
        template <class Self, class Visit>
        static void members(Self& self, Visit&& visit) {
            visit(self.gain, self.last);
        }
    };

    double tolerance() const { return step_tolerance; }

    std::optional<Vector> step(State& state, const Vector&, const Vector& gradient, const Matrix&) const {
        require_equal(gradient.size(), targets.size(), "IterativeBoltzmann", "number of parameters",
                      "the number of target moments");
        Vector step = Vector::Zero(gradient.size());
        for (const TwoValuedTerms& t : terms) {
            const double target = targets[t.feature], model = target + gradient[t.feature];
            step[t.feature] = (logit_high(t, model) - logit_high(t, target)) / (t.high - t.low);
        }
        step *= step_fraction(step, max_step);
        if (state.last.size() == step.size() &&
            linalg::dot(state.last, step) < -0.25 * linalg::squared_norm(state.last))
            state.gain *= 0.5;
        state.last = step;
        step *= state.gain;
        return step;
    }

private:
    /// logit of the fraction of terms that are high, from the feature's mean; kept finite where all are
    /// alike.
    static double logit_high(const TwoValuedTerms& t, double mean) {
        const double p = std::clamp((mean / t.count - t.low) / (t.high - t.low), 1e-15, 1.0 - 1e-15);
        return std::log(p) - std::log1p(-p);
    }
};

}  // namespace predcg
