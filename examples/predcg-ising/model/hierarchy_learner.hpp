#pragma once
// Learning of hierarchies with a type of map. Templates: for the .cpp files that make them, as they take long
// to compile.
#include "basics/errors.hpp"
#include "model/hierarchy.hpp"

#include <predcg/hierarchy/hierarchy_of.hpp>
#include <predcg/hierarchy/joined.hpp>
#include <predcg/posterior/full_posterior.hpp>
#include <predcg/posterior/laplace.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace cli {

template <class Map>
auto level_grainer(const HierarchyModel& model, std::size_t k) {
    const Map map = std::get<Map>(level_map(model, k).kind());
    return predcg::EMCoarseGrainer{predcg::SamplesOnly<Configuration>{},
                                   level_chain(model, model.sites(k + 1)),
                                   map,
                                   predcg::TransferMatrix{},
                                   predcg::Newton{},
                                   predcg::weak_prior(map)};
}

/// Levels' posteriors are combined draw by draw as independent: each has numbers of its own.
inline HierarchyChoice with_seed_of_level(HierarchyChoice choice, std::size_t level) {
    choice.seed += std::uint64_t{0x9e3779b97f4a7c15} * level;
    return choice;
}

/// By the way that was chosen; `part` of the checkpoint is its own. Throws Stopped where it was stopped
/// before there were draws.
template <class Grainer>
predcg::PosteriorResult level_posterior(const Grainer& grainer, const typename Grainer::Data& data,
                                        const predcg::Estimate& fit, const HierarchyChoice& choice,
                                        const std::string& part) {
    if (choice.full)
        return predcg::full_posterior(grainer, data, fit,
                                      {.draws = choice.draws,
                                       .seed = choice.seed,
                                       .observer =
                                           [&](const predcg::ChainProgress& done) {
                                               if (choice.progress)
                                                   choice.progress(part + ", chain " +
                                                                   std::to_string(done.chain + 1) +
                                                                   ", draw " + std::to_string(done.draws));
                                           },
                                       .stop = choice.stop,
                                       .checkpoint = choice.checkpoint.within(part)});
    if (choice.stop.stop_requested()) throw predcg::Stopped("laplace_joint");
    return predcg::laplace_joint(grainer, data, fit, {.draws = choice.draws, .seed = choice.seed});
}

/// The rows of the whole's posterior that are a level's parameters.
inline predcg::PosteriorResult rows_of_level(const predcg::PosteriorResult& whole,
                                             const predcg::Estimate& level, const std::vector<Index>& rows) {
    predcg::PosteriorResult own = whole;
    const auto size = static_cast<Index>(rows.size());
    own.fit = level;
    own.draws.resize(size, whole.draw_count());
    own.mean.resize(size);
    own.sd.resize(size);
    own.covariance.resize(size, size);
    own.diagnostics.clear();
    for (Index k = 0; k < size; ++k) {
        const Index row = rows[static_cast<std::size_t>(k)];
        own.mean[k] = whole.mean[row];
        own.sd[k] = whole.sd[row];
        if (!whole.diagnostics.empty())
            own.diagnostics.push_back(whole.diagnostics[static_cast<std::size_t>(row)]);
        for (Index d = 0; d < whole.draw_count(); ++d) own.draws(k, d) = whole.draws(row, d);
        for (Index l = 0; l < size; ++l)
            own.covariance(k, l) = whole.covariance(row, rows[static_cast<std::size_t>(l)]);
    }
    return own;
}

/// Throws InputError where an iteration for all levels at once takes too long. Of q letters, a ring costs
/// q^(2 W - 1) and an open chain q^W for each site, datum and covariance of the d statistics, which are the
/// gradient, the Hessian by the upper levels' parameters, and the score.
template <class Grainer>
void check_joint_cost(const HierarchyModel& model, const Grainer& grainer,
                      const typename Grainer::Data& data) {
    const double q = static_cast<double>(grainer.coarse().letters().count());
    const double width = static_cast<double>(grainer.coarse().window().width);
    const double p = static_cast<double>(grainer.coarse().parameter_count());
    const double d = p + p * p + static_cast<double>(grainer.map().parameter_count());
    const bool ring = model.of.boundary == predcg::Boundary::periodic;
    const double of_one = std::pow(q, ring ? 2.0 * width - 1.0 : width) *
                          static_cast<double>(model.sites(model.count())) * (2.0 + d * (d + 3.0) / 2.0);
    const double cost = of_one * static_cast<double>(data.forms.size());
    constexpr double most = 1e11;
    if (cost > most || of_one > grainer.engine().cost_limit)
        throw InputError("--mode", "'joint'",
                         "anchored or distilled here: levels that are learnt at once are a chain of " +
                             predcg::to_text(q) + " letters, and " + std::to_string(data.forms.size()) +
                             " different configurations take " + predcg::to_text(cost) +
                             " operations an iteration, above " + predcg::to_text(most) + " or " +
                             predcg::to_text(grainer.engine().cost_limit) +
                             " each; fewer levels or configurations will do, too" +
                             (ring ? ", and open chains cost less" : ""));
}

/// All levels at once, from the greedy fit on.
template <class Grainer, class Fit>
void learn_jointly(const HierarchyModel& model, const Grainer& grainer,
                   const typename Grainer::Data& prepared, const Fit& greedy, const HierarchyChoice& choice,
                   LearntHierarchy& found) {
    predcg::FitSettings settings = choice.fit_settings(model.of.beta, "joint fit");
    settings.start = joined_parameters(greedy);
    const auto fit = grainer.fit_prepared(prepared, settings);
    found.status = fit.status;
    found.log_likelihood = fit.log_likelihood;
    const Index p =
        fit.parameters.theta.size() - (found.whole.parameters.eta.size() - fit.parameters.eta.size());
    found.whole.parameters.theta = fit.parameters.theta.head(p);
    found.whole.parameters.eta = predcg::linalg::joined(
        fit.parameters.eta, fit.parameters.theta.tail(fit.parameters.theta.size() - p));
    found.whole.status = fit.status;
    found.whole.iterations = fit.iterations;
    std::optional<predcg::PosteriorResult> posterior;
    try {
        if (fit.status != predcg::Status::stopped)
            posterior =
                unjoined(level_posterior(grainer, prepared, fit, choice, "joint posterior"), found.whole);
    } catch (const predcg::Stopped&) {
        // There is the fit.
    }
    if (posterior && posterior->draw_count() > 0) found.posterior = posterior;

    Index at = p;
    for (std::size_t k = 0; k < found.levels.size(); ++k) {
        HierarchyPart& level = found.levels[k];
        const Index m = level.fit.parameters.eta.size();
        const bool top = k + 1 == found.levels.size();
        level.fit.parameters.eta = predcg::linalg::part(found.whole.parameters.eta, at - p, m);
        level.fit.parameters.theta = top ? found.whole.parameters.theta : predcg::Vector();
        if (!top) level.fit.coarse_names.clear();
        level.has_theta = top;
        level.fit.status = fit.status;
        level.fit.iterations = fit.iterations;
        level.fit.log_likelihood = level.fit.log_posterior = std::nullopt;
        level.fit.directions.clear();
        std::vector<Index> rows;
        for (Index j = 0; top && j < p; ++j) rows.push_back(j);
        for (Index j = 0; j < m; ++j) rows.push_back(at + j);
        if (posterior) level.posterior = rows_of_level(*posterior, level.fit, rows);
        at += m;
    }
}

/// What a greedy fit found.
template <class Fit>
LearntHierarchy learnt_levels(const Fit& fit) {
    LearntHierarchy found;
    found.whole = fit.model().result();
    for (const auto& level : fit.levels) {
        HierarchyPart part;
        part.fit = AnyEstimate(level.fit.result());
        if (!std::isfinite(*part.fit.log_likelihood))  // fitted to expected statistics
            part.fit.log_likelihood = part.fit.log_posterior = std::nullopt;
        if (found.status == predcg::Status::converged) found.status = part.fit.status;
        found.levels.push_back(std::move(part));
    }
    return found;
}

/// The couplings of the levels that have a p_c, by their posteriors.
inline LearntHierarchy with_flow(const HierarchyModel& model, const HierarchyChoice& choice,
                                 LearntHierarchy found) {
    for (std::size_t k = 0; k < found.levels.size(); ++k) {
        const HierarchyPart& level = found.levels[k];
        if (level.has_theta && level.posterior)
            found.flow.push_back(
                predcg::flow_level(*level.posterior, model.sites(k + 1), choice.credibility));
    }
    return found;
}

template <class Map>
LearntHierarchy learn_levels(const HierarchyModel& model, const Configurations& data,
                             const HierarchyChoice& choice) {
    using Grainer = decltype(level_grainer<Map>(model, 0));
    std::vector<Grainer> grainers;
    for (std::size_t k = 0; k < model.count(); ++k) grainers.push_back(level_grainer<Map>(model, k));
    const predcg::HierarchyOf hierarchy(std::move(grainers));
    predcg::HierarchySettings settings;
    settings.fit = choice.fit_settings(model.of.beta, "fit");
    settings.seed = choice.seed;
    settings.samples = choice.samples;
    const bool distilled = model.mode == HierarchyMode::distilled;
    settings.next = distilled ? predcg::NextLevel::distilled : predcg::NextLevel::anchored;
    constexpr bool latent = !predcg::ObservedFactor<typename Grainer::Problem::LatentFactor>;
    if constexpr (latent)
        if (model.learns_jointly()) {
            const auto grainer = predcg::joined(hierarchy, model.of.beta);
            const auto prepared = grainer.prepare(data, model.of.beta);
            check_joint_cost(model, grainer, prepared);
            const auto greedy = hierarchy.fit(data, settings);
            LearntHierarchy found = learnt_levels(greedy);
            learn_jointly(model, grainer, prepared, greedy, choice, found);
            return with_flow(model, choice, std::move(found));
        }
    const auto fit = hierarchy.fit(data, settings);
    LearntHierarchy found = learnt_levels(fit);
    std::vector<predcg::PosteriorResult> posteriors;
    try {
        for (std::size_t k = 0; k < (distilled ? 1 : model.count()); ++k)
            if (found.status != predcg::Status::stopped)
                posteriors.push_back(level_posterior(hierarchy.level(k), fit.data(k), fit.fit(k),
                                                     with_seed_of_level(choice, k),
                                                     "posterior of level " + std::to_string(k + 1)));
        if (distilled && !posteriors.empty() && posteriors[0].draw_count() > 0)
            posteriors = distilled_posteriors(hierarchy, fit, posteriors[0], settings);
    } catch (const predcg::Stopped&) {
        // There are those before it.
    }
    for (std::size_t k = 0; k < posteriors.size(); ++k) found.levels[k].posterior = posteriors[k];
    const bool drawn = posteriors.size() == model.count() &&
                       std::all_of(posteriors.begin(), posteriors.end(),
                                   [](const auto& one) { return one.draw_count() > 0; });
    if (drawn) found.posterior = fit.posterior(posteriors);
    if (latent && !distilled && model.count() > 1)
        found.remarks.push_back("levels above the first learnt from drawn X as if they were data: their "
                                "intervals are too narrow");
    return with_flow(model, choice, std::move(found));
}

}  // namespace cli
