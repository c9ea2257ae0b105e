#pragma once
// What a fit takes and what it returns: plain values.
#include <predcg/core/error.hpp>
#include <predcg/learning/identifiability.hpp>
#include <predcg/learning/likelihood_expansion.hpp>
#include <predcg/learning/parameter_names.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace predcg {

enum class Status {
    converged,       ///< the last Newton step was within the tolerance
    limit,           ///< the iteration limit was reached first, or no step rises any more
    stopped,         ///< a stop was requested
    not_identified,  ///< improper prior, and the data leave a direction open (see Fit::directions)
};

constexpr std::string_view to_string(Status status) {
    switch (status) {
    case Status::converged:
        return "converged";
    case Status::limit:
        return "limit";
    case Status::stopped:
        return "stopped";
    case Status::not_identified:
        return "not identified";
    }
    return "";
}

struct Parameters {
    Vector theta;  ///< theta_c, in energy units
    Vector eta;    ///< unconstrained parameters of the map
};

/// One iteration of one start.
struct TraceEntry {
    Index start = 0;
    Index iteration = 0;
    Vector theta, eta;
    double log_likelihood = 0.0;
    double log_posterior = 0.0;  ///< log-likelihood + log prior density of (beta theta_c, eta)
    double step = 0.0;           ///< largest component of the step proposed here, in (beta theta_c, eta)
    bool em_step = false;        ///< an EM step was taken from here, not the optimizer's
};

/// How a fit goes on with an engine that samples: from one start, since likelihoods are not known.
struct StochasticSettings {
    double tolerance = 0.1;        ///< Monte Carlo error of every parameter, in posterior standard deviations
    Index minimum_iterations = 0;  ///< no test of convergence before
    Index batch = 0;               ///< data in an iteration, drawn without replacement; 0: all
    bool grow = false;             ///< ascent-based Monte Carlo EM: full steps, sample size grows as needed
    double largest_growth = 64.0;  ///< of the sample size
};

struct FitSettings {
    std::optional<double> beta{};       ///< of the data; needed unless the data carry it
    Index iterations = 200;             ///< limit for each start
    Index starts = 8;                   ///< the first is the models' own, the others are drawn around it
    std::uint64_t seed = 1;             ///< of the starts
    std::optional<Parameters> start{};  ///< begin here, and only here
    StochasticSettings stochastic{};    ///< for engines that sample
    std::function<void(const TraceEntry&)> observer{};
    std::stop_token stop{};
};

/// How one start ended.
struct StartSummary {
    Status status = Status::limit;
    Index iterations = 0;
    double log_posterior = 0.0;
    Parameters parameters;
};

/// What a fit with a sampling engine knows about its own errors; NaN where it does not: after few iterations,
/// or where the averaged information is not positive definite.
struct MonteCarloReport {
    Parameters standard_errors;  ///< of the estimates, from sampling alone
    Parameters drift;            ///< Newton step left at the average, to be compared with the errors
    Index averaged = 0;          ///< iterations in the average
    Index latent_samples = 0;    ///< for each datum and iteration, at the end
    Index coarse_samples = 0;
};

/// The result of a fit, without the models.
struct FitResult {
    Status status = Status::limit;
    Index iterations = 0;  ///< of the start that won
    Parameters parameters;
    std::vector<std::string> coarse_names, map_names;
    double beta = 0.0;
    double data_count = 0.0;
    double log_likelihood = 0.0;
    double log_posterior = 0.0;
    LikelihoodExpansion likelihood;     ///< at the parameters
    std::vector<Direction> directions;  ///< not identified, or left to the prior
    std::vector<TraceEntry> trace;      ///< of the start that won
    std::vector<StartSummary> starts;
    std::uint64_t seed = 0;
    std::optional<MonteCarloReport> monte_carlo{};  ///< then log_likelihood and log_posterior are NaN
    std::optional<double> variational_objective{};  ///< then, too; see EMCoarseGrainer::variational_objective

    /// A parameter by its name, coarse or map. Throws ArgumentError for a name that is not there.
    [[gnu::cold]] double operator[](std::string_view name) const {
        std::string known;
        for (const auto* block : {&coarse_names, &map_names})
            for (std::size_t k = 0; k < block->size(); ++k) {
                if ((*block)[k] == name)
                    return (block == &coarse_names ? parameters.theta
                                                   : parameters.eta)[static_cast<Index>(k)];
                known += (known.empty() ? "" : ", ") + (*block)[k];
            }
        throw ArgumentError("Fit", "parameter name", "'" + std::string(name) + "'", known);
    }
};

namespace detail {
/// Throws ArgumentError unless a result has the parameters of these models.
template <class Coarse, class Map>
void require_same_model(const FitResult& fit, const Coarse& coarse, const Map& map,
                        std::string_view function) {
    if (!fit.coarse_names.empty() || !fit.map_names.empty()) {  // absent from results put together by hand
        require_same_names(fit.coarse_names, coarse_names_of(coarse), function, "coarse parameters");
        require_same_names(fit.map_names, map_names_of(map), function, "map parameters");
    }
    require_equal(fit.parameters.theta.size(), coarse.parameter_count(), function, "length of theta");
    require_equal(fit.parameters.eta.size(), map.parameter_count(), function, "length of eta");
}
}  // namespace detail

/// A fit with the models it belongs to: all that predictions need.
template <class Coarse, class Map, class Engine>
struct Fit : FitResult {
    Coarse coarse;
    Map map;
    Engine engine;

    Fit(FitResult result, Coarse coarse_potential, Map probabilistic_map, Engine expectation_engine)
        : FitResult(std::move(result)), coarse(std::move(coarse_potential)),
          map(std::move(probabilistic_map)), engine(std::move(expectation_engine)) {
        detail::require_same_model(*this, coarse, map, "Fit");
    }

    /// The same parameters with another engine: learnt with one that cannot predict (MeanField), predicted
    /// with one that can.
    template <class OtherEngine>
    Fit<Coarse, Map, OtherEngine> with_engine(OtherEngine other) const {
        return {static_cast<const FitResult&>(*this), coarse, map, std::move(other)};
    }

    /// The same parameters with models of another size, for potentials that have the same parameters there:
    /// fit a chain of 32 sites, predict one of 10^4. Throws ArgumentError if the names differ.
    template <class OtherCoarse, class OtherMap>
    Fit<OtherCoarse, OtherMap, Engine> with_models(OtherCoarse other_coarse, OtherMap other_map) const {
        return {static_cast<const FitResult&>(*this), std::move(other_coarse), std::move(other_map), engine};
    }
};

}  // namespace predcg
