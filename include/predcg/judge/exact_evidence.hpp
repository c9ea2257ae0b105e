#pragma once
#include <predcg/core/parallel.hpp>
#include <predcg/judge/cut_normal.hpp>
#include <predcg/judge/evidence.hpp>
#include <predcg/posterior/posterior.hpp>
#include <predcg/statistics/bridge_sampling.hpp>
#include <predcg/statistics/moments.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace predcg {

/// Settings of exact_evidence.
struct ExactEvidenceSettings {
    Index proposals = 0;         ///< draws of the normal; 0: as many as half the draws of the posterior
    double largest_error = 0.1;  ///< of log p(data | model); beyond it the result is flagged
    statistics::BridgeSettings bridge{};  ///< Settings of bridge sampling.
    std::uint64_t seed = 1;
};

namespace detail {

/// Draws in z = scale * (theta_c, eta): first or second half of every chain, one after the other.
inline Matrix half_of_chains(const PosteriorResult& posterior, const Vector& scale, bool second) {
    const Index length = posterior.draw_count() / posterior.chains, half = length / 2;
    const Index count = second ? length - half : half;
    Matrix z(scale.size(), count * posterior.chains);
    for (Index c = 0; c < posterior.chains; ++c)
        for (Index k = 0; k < count; ++k)
            z.col(c * count + k) =
                scale.cwiseProduct(posterior.draws.col(c * length + (second ? half : 0) + k));
    return z;
}

/// The normal with mean and covariance of the columns, cut at the walls.
inline CutNormal normal_of(const Matrix& z, const std::vector<Wall>& walls) {
    const Index d = z.rows();
    statistics::MeanAndCovariance moments = statistics::moments_of_columns(z);
    Vector lower = Vector::Constant(d, -std::numeric_limits<double>::infinity());
    for (const Wall& wall : walls)
        for (Index k = 0; k < d; ++k)
            if (wall.normal[k] != 0.0) lower[k] = wall.offset / wall.normal[k];
    return {std::move(moments.mean), moments.covariance, std::move(lower)};
}

}  // namespace detail

/// log p(data | model) by integration over the exact posterior: bridge sampling between draws of the full
/// posterior (full_posterior, or exchange_posterior with exact draws of p_c) and a normal in z = (beta
/// theta_c, eta) with their mean and covariance, cut at the bounds of the prior. The first half of every
/// chain makes the normal, the second half is compared with it.
///
/// standard_error is the Monte Carlo error of log_evidence, autocorrelation included. Flagged (reliable,
/// remarks) where the posterior is, where the error exceeds the limit, or where the bridge has not converged;
/// log_evidence is absent where the draws do not vary. Cost: one log density of LogPosterior for each draw of
/// the second half and each proposal. Needs exact engines. Throws ArgumentError for draws that are not of the
/// exact posterior, less than 8 a chain, bad settings or an improper prior.
/// Gronau et al., J. Math. Psychol. 81 (2017) 80.
template <class Learner, class AnyData>
Evidence exact_evidence(const Learner& learner, const AnyData& any_data, const PosteriorResult& posterior,
                        const ExactEvidenceSettings& settings = {}) {
    constexpr const char* name = "exact_evidence";
    require(posterior.method == PosteriorMethod::full || posterior.method == PosteriorMethod::exchange, name,
            "posterior.method", std::string_view(to_string(posterior.method)), "'full' or 'exchange'");
    require_range(posterior.draw_count() / posterior.chains, 8, std::numeric_limits<Index>::max(), name,
                  "draws of a chain");
    require(settings.proposals == 0 || settings.proposals >= 2, name, "proposals", settings.proposals,
            "0 or an integer >= 2");
    require_positive(settings.largest_error, name, "largest_error");
    detail::require_same_model(posterior.fit, learner.coarse(), learner.map(), name);
    const auto problem = detail::problem_of(learner, any_data, posterior.fit.beta);
    detail::require_proper(problem.prior_is_proper(), name);
    const LogPosterior target(problem);
    const Vector& factor = problem.coordinates().factor();

    Evidence evidence;
    const auto flag = [&](std::string why) {
        evidence.reliable = false;
        evidence.remarks.push_back(std::move(why));
    };
    if (!posterior.reliable) {
        flag("the posterior is flagged");
        evidence.remarks.insert(evidence.remarks.end(), posterior.remarks.begin(), posterior.remarks.end());
    }
    const auto normal =
        detail::normal_of(detail::half_of_chains(posterior, factor, false), target.space().walls());
    if (!normal.ok()) {
        flag("the draws do not vary in every direction");
        return evidence;
    }
    // The draws have the label of the fit: so has the density that they are of, of both labels together.
    const Coordinates& c = problem.coordinates();
    const auto log_density = [&](const Vector& z) {
        const double value = target.log_density(z);
        const Parameters at = c.parameters(z);
        const auto other = flipped(learner.coarse(), learner.map(), at);
        if (!other || !std::isfinite(value)) return value;
        if (detail::other_label(learner.coarse(), learner.map(), at, posterior.fit.parameters.eta))
            return -std::numeric_limits<double>::infinity();
        return value + std::log1p(std::exp(problem.log_prior(c.z(*other)) - problem.log_prior(z)));
    };
    const Matrix z = detail::half_of_chains(posterior, factor, true);
    const Index count = z.cols() / posterior.chains;
    Matrix at_draws(count, posterior.chains);
    detail::for_each(problem.data(), z.cols(), [&](Index k) {
        at_draws.data()[k] = log_density(z.col(k)) - normal.log_density(z.col(k));
    });
    Vector at_proposals(settings.proposals > 0 ? settings.proposals : z.cols());
    detail::for_each(problem.data(), at_proposals.size(), [&](Index k) {
        Philox4x32 rng = make_stream(settings.seed, Purpose::evidence, static_cast<std::uint64_t>(k));
        const Vector proposal = normal.draw(rng);
        at_proposals[k] = log_density(proposal) - normal.log_density(proposal);
    });
    const double size = static_cast<double>(z.cols());
    const double worth =
        detail::vary(at_draws) ? std::min(size, statistics::effective_sample_size(at_draws)) : size;
    const statistics::BridgeEstimate estimate =
        statistics::bridge_sampling(at_draws, at_proposals, worth, settings.bridge);
    evidence.log_evidence = estimate.log_ratio;
    evidence.standard_error = estimate.standard_error;
    if (!estimate.converged) flag("the bridge has not converged: more iterations");
    if (!(estimate.standard_error <= settings.largest_error))
        flag("the Monte Carlo error is " + to_text(estimate.standard_error) + ", above " +
             to_text(settings.largest_error) + ": more draws");
    return evidence;
}

}  // namespace predcg
