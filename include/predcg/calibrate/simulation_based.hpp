#pragma once
#include <predcg/calibrate/uniformity.hpp>
#include <predcg/posterior/full_posterior.hpp>
#include <predcg/predict/checks.hpp>
#include <predcg/priors/draw.hpp>

#include <string>
#include <utility>
#include <vector>

namespace predcg {

struct SimulationBasedSettings {
    double beta = 1.0;
    Index data = 10;          ///< in each replicate
    Index replicates = 200;   ///< draws of the parameters from the prior
    Index ranked_draws = 99;  ///< of each posterior, thinned evenly; ranks are 0..ranked_draws
    Index bins = 20;
    std::uint64_t seed = 1;
    Index threads = 1;  ///< results do not depend on it
};

/// Ranks of true values among posterior draws: parameters first, then observables' expectations.
struct SimulationBasedCalibration {
    std::vector<std::string> names;
    std::vector<std::vector<Index>> ranks;  ///< one list for each name
    std::vector<RankHistogram> histograms;
    Index unreliable = 0;  ///< posteriors that were flagged; they are counted all the same
    Index largest_rank = 0;
};

namespace detail {

/// Parameters from the prior that the potential admits.
template <class Grainer, RandomBits R>
Parameters draw_parameters(const Grainer& grainer, double beta, R& rng) {
    for (int attempt = 0; attempt < 10000; ++attempt) {
        Parameters at{draw_prior(grainer.prior().coarse, grainer.coarse().parameter_count(), rng) / beta,
                      draw_prior(grainer.prior().map, grainer.map().parameter_count(), rng)};
        if (is_admissible(grainer.coarse(), at.theta)) return at;
    }
    throw NumericalError("simulation_based_calibration: the prior hardly ever gives admissible parameters");
}

/// Number of values below the truth, equal ones split fairly.
template <RandomBits R>
Index rank_of(double truth, const std::vector<double>& values, R& rng) {
    Index below = 0, equal = 0;
    for (const double v : values) {
        below += v < truth;
        equal += v == truth;
    }
    return below + (equal > 0 ? uniform_index(rng, equal + 1) : 0);
}

}  // namespace detail

/// Simulation-based calibration (Talts, Betancourt, Simpson, Vehtari, Gelman, arXiv:1804.06788): parameters
/// from the prior, data from the model, the posterior of these data; the rank of the true value among
/// posterior draws is uniform if, and only if in practice, the posterior is right.
///
/// make_posterior(grainer, data, seed) -> Posterior, for example full_posterior with thinned settings; the
/// statistics are observables of the fine scale whose expectations are ranked. The models and the prior are
/// the grainer's; the prior must be proper.
template <class Grainer, class MakePosterior, class... O>
SimulationBasedCalibration
simulation_based_calibration(const Grainer& grainer, const SimulationBasedSettings& settings,
                             MakePosterior&& make_posterior, const CheckedStatistic<O>&... statistics) {
    constexpr Index many = std::numeric_limits<Index>::max();
    constexpr const char* name = "simulation_based_calibration";
    require_positive(settings.beta, name, "beta");
    require_range(settings.data, 1, many, name, "data");
    require_range(settings.replicates, 1, many, name, "replicates");
    require_range(settings.ranked_draws, 1, many, name, "ranked_draws");
    const Index p = grainer.coarse().parameter_count(), m = grainer.map().parameter_count();
    struct Replicate {
        std::vector<Index> ranks;
        std::vector<std::string> names;
        bool reliable = true;
    };
    std::vector<Replicate> replicates(static_cast<std::size_t>(settings.replicates));
    parallel_for(settings.replicates, settings.threads, [&](Index r) {
        Replicate& replicate = replicates[static_cast<std::size_t>(r)];
        Philox4x32 rng = make_stream(settings.seed, Purpose::calibrate, static_cast<std::uint32_t>(r));
        const Parameters truth = detail::draw_parameters(grainer, settings.beta, rng);
        const auto configurations = detail::draw_data(detail::GrainerModels(grainer), truth, settings.beta,
                                                      static_cast<std::size_t>(settings.data), rng);
        const auto data = grainer.prepare(configurations, settings.beta);
        const std::uint64_t seed = settings.seed + 1 + static_cast<std::uint64_t>(r);
        const auto posterior = make_posterior(grainer, data, seed);
        replicate.reliable = posterior.reliable;
        replicate.names = posterior.names();
        detail::require_draws_of(posterior, name);
        const Index draws = posterior.draw_count();
        require_range(draws, settings.ranked_draws, many, name, "draws of the posterior",
                      "at least ranked_draws");
        std::vector<Index> chosen;
        for (Index k = 0; k < settings.ranked_draws; ++k)
            chosen.push_back((2 * k + 1) * draws / (2 * settings.ranked_draws));
        std::vector<double> values(chosen.size());
        for (Index k = 0; k < p + m; ++k) {
            for (std::size_t j = 0; j < chosen.size(); ++j) values[j] = posterior.draws(k, chosen[j]);
            const double value = k < p ? truth.theta[k] : truth.eta[k - p];
            replicate.ranks.push_back(detail::rank_of(value, values, rng));
        }
        const auto rank_statistic = [&](const auto& statistic) {
            const auto expected = [&](const Parameters& at, std::size_t stream) {
                const Vector all =
                    detail::fine_expectation(posterior, at, settings.beta, statistic.observable,
                                             {.seed = seed, .stream = static_cast<std::uint32_t>(stream)})
                        .mean;
                return statistic.components.empty() ? all : selected(all, statistic.components);
            };
            const Vector true_values = expected(truth, chosen.size());
            Matrix drawn(true_values.size(), settings.ranked_draws);
            for (std::size_t j = 0; j < chosen.size(); ++j)
                drawn.col(static_cast<Index>(j)) = expected(posterior.parameters(chosen[j]), j);
            for (Index c = 0; c < true_values.size(); ++c) {
                for (std::size_t j = 0; j < chosen.size(); ++j) values[j] = drawn(c, static_cast<Index>(j));
                replicate.ranks.push_back(detail::rank_of(true_values[c], values, rng));
                replicate.names.push_back(detail::component_name(statistic, c, true_values.size()));
            }
        };
        (rank_statistic(statistics), ...);
    });
    SimulationBasedCalibration result;
    result.largest_rank = settings.ranked_draws;
    result.names = replicates.front().names;
    for (std::size_t k = 0; k < result.names.size(); ++k) {
        result.ranks.emplace_back();
        for (const Replicate& replicate : replicates) result.ranks.back().push_back(replicate.ranks[k]);
        result.histograms.push_back(
            rank_histogram(result.ranks.back(), settings.ranked_draws, settings.bins));
    }
    for (const Replicate& replicate : replicates) result.unreliable += !replicate.reliable;
    return result;
}

}  // namespace predcg
