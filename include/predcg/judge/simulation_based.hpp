#pragma once
#include <predcg/core/linalg.hpp>
#include <predcg/core/processes.hpp>
#include <predcg/judge/checked_expectations.hpp>
#include <predcg/judge/kept_records.hpp>
#include <predcg/learning/coordinates.hpp>
#include <predcg/learning/labels.hpp>
#include <predcg/priors/draw.hpp>
#include <predcg/statistics/rank_histogram.hpp>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace predcg {

/// Settings of simulation_based_calibration.
struct SimulationBasedSettings {
    double beta = 1.0;
    Index data = 10;          ///< in each replicate
    Index replicates = 200;   ///< draws of the parameters from the prior
    Index ranked_draws = 99;  ///< of each posterior, thinned evenly; ranks are 0..ranked_draws
    Index bins = 20;          ///< of the histograms, a divisor of ranked_draws + 1
    std::uint64_t seed = 1;
    /// Replicates are shared out to these processes, each of which gets all results; absent: all are done
    /// here. Collective where it is set.
    std::optional<Processes> processes{};
    CheckpointPlace checkpoint{};  ///< where results are kept (core/checkpoint.hpp)
};

/// Ranks of true values among posterior draws: parameters first, then observables' expectations.
struct SimulationBasedCalibration {
    std::vector<std::string> names;
    std::vector<std::vector<Index>> ranks;  ///< one list for each name; not of replicates without draws
    std::vector<statistics::RankHistogram> histograms;  ///< One for each name.
    Index unreliable = 0;     ///< posteriors that were flagged; those with draws are counted all the same
    Index without_draws = 0;  ///< of these, the ones that had none
    Index largest_rank = 0;   ///< Ranks are 0, ..., largest_rank.
};

namespace detail {

/// Parameters from the prior that the potential admits.
template <class Learner, RandomBits R>
Parameters draw_parameters(const Learner& learner, double beta, R& rng) {
    const Coordinates c(beta, learner.coarse(), learner.map(), learner.prior());
    for (int attempt = 0; attempt < 10000; ++attempt) {
        const Vector coarse = draw_prior(learner.prior().coarse, c.coarse_count(), rng);
        const Vector map = draw_prior(learner.prior().map, c.map_count(), rng);
        Parameters at = c.parameters(linalg::joined(coarse, map));
        if (is_admissible(learner.coarse(), at.theta)) return at;
    }
    throw NumericalError("simulation_based_calibration: the prior hardly ever gives admissible parameters");
}

/// Number of values below the truth, equal ones split fairly.
template <RandomBits R>
Index rank_of(double truth, const Vector& values, R& rng) {
    Index below = 0, equal = 0;
    for (const double v : values) {
        below += v < truth;
        equal += v == truth;
    }
    return below + (equal > 0 ? uniform_index(rng, equal + 1) : 0);
}

/// Of the true values of one replicate among the draws of its posterior.
struct Ranks {
    std::vector<std::string> names;
    std::vector<Index> ranks;  ///< none where the posterior has no draws
    bool reliable = true;
};

inline Record record_of(const Ranks& ranks) {
    Record record;
    record.put(Index{ranks.reliable});
    record.put(std::ssize(ranks.names));
    for (const std::string& name : ranks.names) record.put(name);
    record.put(std::ssize(ranks.ranks));
    for (const Index rank : ranks.ranks) record.put(rank);
    return record;
}
inline Ranks ranks_of(const Record& record) {
    RecordReader read(record.words);
    Ranks ranks;
    ranks.reliable = read.index() == 1;
    ranks.names.resize(static_cast<std::size_t>(read.index()));
    for (std::string& name : ranks.names) name = read.text();
    ranks.ranks.resize(static_cast<std::size_t>(read.index()));
    for (Index& rank : ranks.ranks) rank = read.index();
    return ranks;
}

template <class Learner, class MakePosterior, class... O>
Ranks replicate_ranks(const Learner& learner, const SimulationBasedSettings& settings, Index replicate,
                      MakePosterior&& make_posterior, const CheckedStatistic<O>&... statistics) {
    Philox4x32 rng = make_stream(settings.seed, Purpose::calibrate, static_cast<std::uint64_t>(replicate));
    const Parameters truth = draw_parameters(learner, settings.beta, rng);
    const auto configurations =
        draw_data(LearnerModels(learner), truth, settings.beta, static_cast<std::size_t>(settings.data), rng);
    const std::uint64_t seed = settings.seed + 1 + static_cast<std::uint64_t>(replicate);
    const auto posterior = make_posterior(learner, learner.prepare(configurations, settings.beta), seed);
    Ranks result{posterior.names(), {}, posterior.reliable};
    const Index draws = posterior.draw_count();
    if (draws == 0) return result;
    require_range(draws, settings.ranked_draws, std::numeric_limits<Index>::max(),
                  "simulation_based_calibration", "draws of the posterior", "at least ranked_draws");
    // A label that no data choose, for the truth as for the draws, whose label is that of their fit.
    const Vector signs = Vector::Ones(truth.eta.size());
    const auto values_at = [&](const Parameters& any_label, Index stream) {
        const Parameters at = with_label_of(signs, learner.coarse(), learner.map(), any_label);
        auto expected = checked_expectations(posterior, at, settings.beta, seed,
                                             static_cast<std::uint64_t>(stream), statistics...);
        return std::pair(linalg::joined(linalg::joined(at.theta, at.eta), expected.values),
                         std::move(expected.names));
    };
    const auto [true_values, statistic_names] = values_at(truth, settings.ranked_draws);
    result.names.insert(result.names.end(), statistic_names.begin(), statistic_names.end());
    Matrix drawn(true_values.size(), settings.ranked_draws);
    for (Index j = 0; j < settings.ranked_draws; ++j)
        linalg::set_column(
            drawn, j,
            values_at(posterior.parameters((2 * j + 1) * draws / (2 * settings.ranked_draws)), j).first);
    for (Index k = 0; k < true_values.size(); ++k) {
        const Vector values = linalg::row_of(drawn, k);
        result.ranks.push_back(rank_of(true_values[k], values, rng));
    }
    return result;
}

}  // namespace detail

/// Simulation-based calibration (Talts, Betancourt, Simpson, Vehtari, Gelman, arXiv:1804.06788): parameters
/// from the prior, data from the model, the posterior of these data; the rank of the true value among
/// posterior draws is uniform if, and only if in practice, the posterior is right.
///
/// make_posterior(learner, data, seed) -> Posterior, for example full_posterior with thinned settings; the
/// statistics are observables of the fine scale whose expectations are ranked. The models and the prior are
/// the learner's; the prior must be proper. Where models know flips of their letters' signs
/// (learning/labels.hpp), truth and draws are ranked with the label whose map parameters have the larger sum:
/// the label of a fit depends on the data, and ranks of a truth of the other label would tell nothing.
///
/// Throws ArgumentError for bad settings, an improper prior or posteriors with fewer draws than are ranked;
/// NumericalError where no posterior has draws.
template <class Learner, class MakePosterior, class... O>
SimulationBasedCalibration
simulation_based_calibration(const Learner& learner, const SimulationBasedSettings& settings,
                             MakePosterior&& make_posterior, const CheckedStatistic<O>&... statistics) {
    constexpr Index many = std::numeric_limits<Index>::max();
    constexpr const char* name = "simulation_based_calibration";
    require_positive(settings.beta, name, "beta");
    require_range(settings.data, 1, many, name, "data");
    require_range(settings.replicates, 1, many, name, "replicates");
    require_range(settings.ranked_draws, 1, many, name, "ranked_draws");
    detail::require_bins(settings.bins, settings.ranked_draws, name);
    const auto records =
        detail::share_out_kept(settings.processes, settings.checkpoint, settings.replicates, [&](Index r) {
            return detail::record_of(
                detail::replicate_ranks(learner, settings, r, make_posterior, statistics...));
        });
    SimulationBasedCalibration result;
    result.largest_rank = settings.ranked_draws;
    for (const detail::Record& record : records) {
        const detail::Ranks replicate = detail::ranks_of(record);
        result.unreliable += !replicate.reliable;
        result.without_draws += replicate.ranks.empty();
        if (replicate.ranks.empty()) continue;
        result.names = replicate.names;
        result.ranks.resize(result.names.size());
        for (std::size_t k = 0; k < result.names.size(); ++k) result.ranks[k].push_back(replicate.ranks[k]);
    }
    if (result.names.empty()) throw NumericalError(std::string(name) + ": no posterior has draws");
    for (const std::vector<Index>& ranks : result.ranks)
        result.histograms.push_back(statistics::rank_histogram(ranks, settings.ranked_draws, settings.bins));
    return result;
}

}  // namespace predcg
