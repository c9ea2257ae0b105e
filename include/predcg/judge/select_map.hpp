#pragma once
// Which map, and which coarse terms with it.
#include <predcg/engines/enumeration.hpp>
#include <predcg/judge/model_score.hpp>
#include <predcg/structure/boltzmann.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace predcg {

/// A learner with a name: a map with coarse terms, to be chosen among others.
template <class Learner>
struct Candidate {
    std::string name;
    Learner learner;
};
/// The type of the learner follows.
template <class Learner>
Candidate(std::string, Learner) -> Candidate<Learner>;

/// All configurations of a fine model with their probabilities: data without noise, where there are few.
template <class X>
struct Population {
    std::vector<X> configurations;
    std::vector<double> probabilities;
    double mean_log_density = 0.0;  ///< sum p log p
};

/// The population of a fine model with a finite space, p ~ exp(-beta U). Throws CostError for more than 2^20
/// configurations.
template <FinePotential U>
auto population(const U& fine, double beta) {
    using X = configuration_t<space_t<U>>;
    Population<X> all;
    Enumeration{.limit = 1048576.0}.visit(Boltzmann(fine, beta), [&](const X& x, double log_density) {
        all.configurations.push_back(x);
        all.probabilities.push_back(log_density);
    });
    const double largest = *std::max_element(all.probabilities.begin(), all.probabilities.end());
    double sum = 0.0;
    for (double& p : all.probabilities) sum += p = std::exp(p - largest);
    for (double& p : all.probabilities) {
        p /= sum;
        if (p > 0.0) all.mean_log_density += p * std::log(p);
    }
    return all;
}

/// Kullback-Leibler divergence, in nats, of a learner's p(x) at these parameters from a population's. Cost: a
/// log density of every configuration.
template <class Learner, class X>
double divergence_from(const Population<X>& truth, const Learner& learner, const Parameters& at,
                       double beta) {
    const auto data = learner.prepare(truth.configurations, beta, truth.probabilities);
    return truth.mean_log_density - learner.problem(data).log_likelihood(at);
}

/// A row of select_map.
struct MapScore : ModelScore {
    ExactEstimate fit;
    std::optional<double> divergence{};  ///< KL in nats at the fit, where the truth is known

    /// Exact evidence, or Laplace's, or -infinity where neither is there.
    double log_evidence() const {
        return exact.log_evidence.value_or(
            laplace.log_evidence.value_or(-std::numeric_limits<double>::infinity()));
    }
};

/// Models in the order they were given, and their places, the best first.
struct MapSelection {
    std::vector<MapScore> models;
    std::vector<std::size_t> by_evidence, by_leave_one_out;

    const MapScore& best() const { return models[by_evidence.front()]; }
};

namespace detail {

/// The larger model's start with the parameters of a smaller one, all of whose names it has; absent where it
/// has not.
[[gnu::cold]] inline std::optional<Parameters> continued(const Estimate& smaller,
                                                         const std::vector<std::string>& coarse_names,
                                                         const std::vector<std::string>& map_names,
                                                         Parameters start) {
    const auto carry = [](const std::vector<std::string>& from, const Vector& values,
                          const std::vector<std::string>& to, Vector& into) {
        for (std::size_t k = 0; k < from.size(); ++k) {
            const auto at = std::find(to.begin(), to.end(), from[k]);
            if (at == to.end()) return false;
            into[at - to.begin()] = values[static_cast<Index>(k)];
        }
        return true;
    };
    for (double& value : start.theta) value = 0.0;  // what the smaller model has not
    for (double& value : start.eta) value = 0.0;
    if (!carry(smaller.coarse_names, smaller.parameters.theta, coarse_names, start.theta) ||
        !carry(smaller.map_names, smaller.parameters.eta, map_names, start.eta))
        return std::nullopt;
    return start;
}

/// Fits from the model's own starts and from every smaller model that it holds, and keeps the best.
template <class Learner>
auto fit_with_continuation(const Learner& learner, const typename Learner::Data& data,
                           const FitSettings& settings, const std::vector<const Estimate*>& smaller) {
    auto best = learner.fit_prepared(data, settings);
    for (const Estimate* from : smaller) {
        FitSettings again = settings;
        again.start = continued(*from, best.coarse_names, best.map_names, best.parameters);
        if (!again.start || !is_admissible(learner.coarse(), again.start->theta)) continue;
        auto other = learner.fit_prepared(data, again);
        if (other.log_posterior > best.log_posterior + 1e-9 * std::abs(best.log_posterior))
            best = std::move(other);
    }
    return best;
}

template <class Data, class X, class... Learners>
[[gnu::cold]] MapSelection select_among(const Data& data, double beta, const ScoreSettings& settings,
                                        const Population<X>* truth,
                                        const Candidate<Learners>&... candidates) {
    using Smaller = std::vector<const Estimate*>;
    const auto score = [&](const auto& candidate, const Smaller& smaller) {
        const auto& learner = candidate.learner;
        const auto prepared = learner.prepare(data, beta);
        const auto fit = fit_with_continuation(learner, prepared, settings.fit, smaller);
        MapScore row{score_fit(candidate.name, learner, prepared, fit, settings), fit.result(), {}};
        if constexpr (std::is_same_v<X, typename std::remove_cvref_t<decltype(learner.map())>::fine_type>)
            if (truth) row.divergence = divergence_from(*truth, learner, fit.parameters, beta);
        return row;
    };
    const std::vector<Index> sizes{
        (candidates.learner.coarse().parameter_count() + candidates.learner.map().parameter_count())...};
    const std::vector<std::function<MapScore(const Smaller&)>> scores{
        [&](const Smaller& smaller) { return score(candidates, smaller); }...};
    MapSelection selection;
    selection.models.resize(sizes.size());
    std::vector<std::size_t> order(sizes.size());
    for (std::size_t k = 0; k < order.size(); ++k) order[k] = k;
    selection.by_evidence = selection.by_leave_one_out = order;
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return sizes[a] < sizes[b]; });
    Smaller done;
    for (const std::size_t k : order) {
        selection.models[k] = scores[k](done);
        done.push_back(&selection.models[k].fit);
    }
    const auto sort_by = [&](std::vector<std::size_t>& places, auto&& value) {
        std::stable_sort(places.begin(), places.end(), [&](std::size_t a, std::size_t b) {
            return value(selection.models[a]) > value(selection.models[b]);
        });
    };
    sort_by(selection.by_evidence, [](const MapScore& m) { return m.log_evidence(); });
    sort_by(selection.by_leave_one_out, [](const MapScore& m) { return m.leave_one_out.elpd; });
    return selection;
}

}  // namespace detail

/// Scores maps with coarse terms, of any types, on the same data, and ranks them by evidence and by
/// leave-one-out density:
///
///     select_map(data, beta, {}, Candidate{"link", grainer_a}, Candidate{"decimation", grainer_b});
///
/// Smaller models are fitted first; one whose parameters' names are all among those of a larger one is a
/// start of it, beside its own (several maxima: docs/maps.md). All candidates see the same random numbers, so
/// that they differ by what they are, and equal ones have equal scores. Evidence depends on the priors;
/// weak_prior(map) is each map's own. Cost and exceptions of score_model for each candidate; data:
/// configurations.
template <class Data, class... Learners>
MapSelection select_map(const Data& data, double beta, const ScoreSettings& settings,
                        const Candidate<Learners>&... candidates) {
    return detail::select_among(data, beta, settings, static_cast<const Population<int>*>(nullptr),
                                candidates...);
}

/// The same, with the divergence of each fit from the truth.
template <class Data, class X, class... Learners>
MapSelection select_map(const Data& data, double beta, const ScoreSettings& settings,
                        const Population<X>& truth, const Candidate<Learners>&... candidates) {
    return detail::select_among(data, beta, settings, &truth, candidates...);
}

}  // namespace predcg
