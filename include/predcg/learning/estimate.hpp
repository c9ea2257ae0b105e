#pragma once
// What a fit returns: plain values.
#include <predcg/core/error.hpp>
#include <predcg/learning/fit_settings.hpp>
#include <predcg/learning/identifiability.hpp>
#include <predcg/learning/likelihood_expansion.hpp>
#include <predcg/learning/parameters.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace predcg {

/// How a fit ended.
enum class Status {
    converged,       ///< the last Newton step was within the tolerance, or it was on the hill that an earlier
                     ///< start climbed
    limit,           ///< the iteration limit was reached first, or no step rises any more
    stopped,         ///< a stop was requested
    not_identified,  ///< improper prior, and the data leave a direction open (see Estimate::directions)
};

/// In words; empty for a value that is none of them.
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

/// How one start ended.
struct StartSummary {
    Status status = Status::limit;
    Index iterations = 0;
    std::optional<double> log_posterior{};  ///< where likelihoods are known
    Parameters parameters;
    /// The earlier start whose hill this one was found to be on (docs/method.md, "Joined starts"): the rest
    /// was not computed, and log posterior and parameters are those of that start. Iterations are those until
    /// then.
    std::optional<Index> joined{};

    /// To be saved (core/bytes.hpp).
    template <class Self, class Visit>
    static void members(Self& self, Visit&& visit) {
        visit(self.status, self.iterations, self.log_posterior, self.parameters, self.joined);
    }
};

/// What every fit finds, without the models.
struct Estimate {
    Status status = Status::limit;
    Index iterations = 0;  ///< of the start that won
    Parameters parameters;
    std::vector<std::string> coarse_names, map_names;
    double beta = 0.0;
    double data_count = 0.0;
    LikelihoodDerivatives likelihood;   ///< at the parameters
    std::vector<Direction> directions;  ///< not identified, or left to the prior
    std::vector<TraceEntry> trace;      ///< of the start that won
    std::vector<StartSummary> starts;
    std::uint64_t seed = 0;
    std::vector<std::string> remarks;  ///< what to know before the numbers are used, a sentence each

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
        throw ArgumentError("Fit", "parameter name", to_text(name), known);
    }
};

/// Of a fit that knows likelihoods.
struct ExactEstimate : Estimate {
    double log_likelihood = 0.0;
    double log_posterior = 0.0;  ///< log-likelihood + log prior density of z
};

/// Of a fit that climbed the log-likelihood with bounds in the place of log Z.
struct VariationalEstimate : Estimate {
    double variational_objective = 0.0;  ///< LearningProblem::variational_objective
};

/// What a fit with a sampling engine knows about its own errors; NaN where it does not: after few iterations,
/// or where the averaged information is not positive definite.
struct MonteCarloReport {
    Parameters standard_errors;       ///< of the estimates, from sampling alone
    Parameters drift;                 ///< Newton step left at the average, to be compared with the errors
    Parameters posterior_deviations;  ///< standard deviations of the posterior, as the fit knows it: the unit
                                      ///< of both
    Index averaged = 0;               ///< iterations in the average
    Index latent_samples = 0;         ///< for each datum and iteration, at the end
    Index coarse_samples = 0;         ///< in each iteration, at the end
};

/// Of a fit that followed noisy gradients.
struct SampledEstimate : Estimate {
    MonteCarloReport monte_carlo;  ///< Errors by sampling, and samples taken.
};

namespace detail {
/// Throws ArgumentError unless a result has the parameters of these models.
template <class Coarse, class Map>
[[gnu::cold]] void require_same_model(const Estimate& fit, const Coarse& coarse, const Map& map,
                                      std::string_view function) {
    if (!fit.coarse_names.empty() || !fit.map_names.empty()) {  // absent from results put together by hand
        require_same_names(fit.coarse_names, coarse_names_of(coarse), function, "coarse parameters");
        require_same_names(fit.map_names, map_names_of(map), function, "map parameters");
    }
    require_equal(fit.parameters.theta.size(), coarse.parameter_count(), function, "length of theta");
    require_equal(fit.parameters.eta.size(), map.parameter_count(), function, "length of eta");
}
}  // namespace detail

/// An estimate with the models it belongs to: all that predictions need. Result is what the fit knows beyond
/// an Estimate: ExactEstimate, VariationalEstimate or SampledEstimate.
template <class Coarse, class Map, class Engine, class Result = Estimate>
struct Fit : Result {
    Coarse coarse;
    Map map;
    Engine engine;

    /// What a fit found, with its models.
    [[gnu::cold]] Fit(Result result, Coarse coarse_potential, Map probabilistic_map,
                      Engine expectation_engine)
        : Result(std::move(result)), coarse(std::move(coarse_potential)), map(std::move(probabilistic_map)),
          engine(std::move(expectation_engine)) {
        detail::require_same_model(*this, coarse, map, "Fit");
    }

    /// The estimate alone.
    const Result& result() const { return *this; }

    /// The same parameters with another engine: learnt with one that cannot predict (MeanField), predicted
    /// with one that can.
    template <class OtherEngine>
    Fit<Coarse, Map, OtherEngine, Result> with_engine(OtherEngine other) const {
        return {result(), coarse, map, std::move(other)};
    }

    /// The same parameters with models of another size, for potentials that have the same parameters there:
    /// fit a chain of 32 sites, predict one of 10^4. Throws ArgumentError if the names differ.
    template <class OtherCoarse, class OtherMap>
    Fit<OtherCoarse, OtherMap, Engine, Result> with_models(OtherCoarse other_coarse,
                                                           OtherMap other_map) const {
        return {result(), std::move(other_coarse), std::move(other_map), engine};
    }
};

}  // namespace predcg
