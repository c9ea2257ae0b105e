#pragma once
// One row of a table that ranks models.
#include <predcg/judge/exact_evidence.hpp>
#include <predcg/judge/leave_one_out.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/posterior/full_posterior.hpp>

#include <string>
#include <utility>

namespace predcg {

/// Settings of score_model, step by step.
struct ScoreSettings {
    FitSettings fit{};  ///< Of the fit.
    /// Of the Laplace evidence.
    LaplaceSettings laplace{.draws = 1000};
    ChainSettings posterior{};            ///< Of the full posterior.
    ExactEvidenceSettings evidence{};     ///< Of the exact evidence.
    LeaveOneOutSettings leave_one_out{};  ///< Of the predictive density of data left out.
};

/// What can be said for a model: evidences and leave_one_out.elpd larger is better, bic smaller.
struct ModelScore {
    std::string name;
    Index parameters = 0;         ///< theta_c and eta together
    double log_likelihood = 0.0;  ///< at the mode
    double bic = 0.0;             ///< Bayesian information criterion.
    Evidence laplace, exact;      ///< Evidence by this method.
    LeaveOneOut leave_one_out;    ///< Predictive density of data left out.

    /// Of exact evidence and leave-one-out; the Laplace evidence has its own flag.
    bool reliable() const { return exact.reliable && leave_one_out.reliable; }
};

/// The scores of a model that has been fitted: Laplace and exact evidence, leave-one-out density from one
/// full posterior. Data as for full_posterior. Cost: that of full_posterior, and about two log densities more
/// for each of its draws. Needs exact engines and a proper prior; throws as these functions do, and Stopped
/// where the fit was.
template <class Learner, class AnyData>
ModelScore score_fit(std::string name, const Learner& learner, const AnyData& any_data,
                     const ExactEstimate& fit, const ScoreSettings& settings = {}) {
    const auto& data = detail::as_prepared(learner, any_data, fit.beta);
    detail::require_here(data, "score_model");
    if (fit.status == Status::stopped) throw Stopped("score_model");
    ModelScore score;
    score.name = std::move(name);
    score.parameters = fit.parameters.theta.size() + fit.parameters.eta.size();
    score.log_likelihood = fit.log_likelihood;
    score.bic = bic(fit);
    score.laplace = laplace_evidence(learner, data, fit, settings.laplace);
    if (score.parameters == 0) {  // nothing to integrate over: the evidence is the likelihood
        PosteriorResult point;
        point.fit = static_cast<const Estimate&>(fit);
        point.draws.resize(0, 25);
        score.exact = score.laplace;
        score.leave_one_out = leave_one_out(learner, data, point, settings.leave_one_out);
        return score;
    }
    const auto posterior = full_posterior(learner, data, fit, settings.posterior);
    score.exact = exact_evidence(learner, data, posterior, settings.evidence);
    score.leave_one_out = leave_one_out(learner, data, posterior, settings.leave_one_out);
    return score;
}

/// Fits a model, and all its scores (score_fit).
template <class Learner, class AnyData>
ModelScore score_model(std::string name, const Learner& learner, const AnyData& any_data, double beta,
                       const ScoreSettings& settings = {}) {
    const auto& data = detail::as_prepared(learner, any_data, beta);
    detail::require_here(data, "score_model");
    return score_fit(std::move(name), learner, data, learner.fit_prepared(data, settings.fit), settings);
}

}  // namespace predcg
