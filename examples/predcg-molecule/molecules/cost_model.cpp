#include "molecules/cost_model.hpp"

namespace cli::molecules {

using namespace predcg;

namespace {

constexpr double nanoseconds_a_second = 1e9, program_bytes = 8e6;
constexpr double site_average = 1200.0;  ///< ns, of a prediction at some parameters

/// Neighbours of a molecule within the cut-off.
double neighbours_of(const LiquidData& data, double cutoff) {
    const double volume = data.edges[0] * data.edges[1] * data.edges[2];
    return static_cast<double>(data.molecules) / volume * 4.18879 * cutoff * cutoff * cutoff;
}

/// Samples of the liquid, ten moves of every molecule apart.
Cost sampling(const LiquidData& data, double cutoff, double samples) {
    const double moves = 10.0 * samples * static_cast<double>(data.molecules);
    return {moves * (200.0 + 7.0 * neighbours_of(data, cutoff)), 0.0};
}

double held_by(const LiquidData& data) {
    return program_bytes + 24.0 * static_cast<double>(data.frames * data.molecules) *
                               (1.0 + static_cast<double>(data.masses.size()));
}

void add_checks(CostEstimate& estimate, const LiquidData& data, double cutoff,
                const PairCheckSettings& checks) {
    const double sites = static_cast<double>(data.molecules) * static_cast<double>(data.masses.size());
    const auto samples = static_cast<double>(checks.samples);
    // Distances of all pairs of sites, in samples and frames.
    const double distances = 0.5 * sites * sites * (samples + static_cast<double>(data.frames));
    estimate.add({"checks", sampling(data, cutoff, samples) + Cost{10.0 * distances, 24.0 * samples * sites},
                  "fewer --check-samples, --checks none"});
}

}  // namespace

CostEstimate cost_of_states(const ChainData& data, const StatesSettings& settings) {
    CostEstimate estimate;
    const double molecules = static_cast<double>(data.frames) * static_cast<double>(data.chains);
    const double sites = static_cast<double>(data.sites), angles = molecules * (sites - 3.0);
    estimate.held = program_bytes + molecules * sites * 100.0;
    estimate.add({"the fit", Cost{150.0 * 200.0 * angles, 0.0}, "fewer frames: raise --every"});
    if (!settings.posterior) return estimate;
    const auto draws = static_cast<double>(settings.draws);
    constexpr double warm_up = 4.0 * 300.0, evaluations = 6.0, replicates = 400.0;
    estimate.add({"the posterior", Cost{(draws + warm_up) * evaluations * 100.0 * angles, 0.0},
                  "fewer --draws, or fewer frames: raise --every"});
    estimate.add({"predictions", Cost{draws * 2000.0 * sites, 0.0}, "fewer --draws"});
    estimate.add({"predictive checks", Cost{replicates * molecules * sites * 600.0, 0.0},
                  "fewer frames: raise --every"});
    return estimate;
}

CostEstimate cost_of_states_prediction(Index sites, Index draws) {
    CostEstimate estimate{program_bytes, {}};
    const double each = site_average * static_cast<double>(sites), n = static_cast<double>(draws);
    // Marginals of all windows, and the values as text.
    estimate.add({"the averages", Cost{each, 300.0 * static_cast<double>(sites)}, "fewer --sites", false});
    if (draws > 0)
        estimate.add({"intervals", Cost{n * each, (300.0 + 16.0 * n) * static_cast<double>(sites)},
                      "fewer --sites, or a fit with fewer --draws"});
    return estimate;
}

CostEstimate cost_of_pair(const LiquidData& data, const PairSettings& settings,
                          const PairCheckSettings* checks) {
    CostEstimate estimate{held_by(data), {}};
    const auto samples = static_cast<double>(settings.samples);
    const double knots = 0.7 * settings.cutoff / settings.knot_distance;
    // Rounds that grow to all samples; features of them are kept.
    Cost cost = sampling(data, settings.cutoff, 2.5 * samples);
    cost.bytes = 16.0 * 2.5 * samples * knots;
    estimate.add({"the fit", cost, "fewer --samples, a shorter --cutoff"});
    estimate.add({"smoothness and posterior", Cost{8.0 * nanoseconds_a_second * knots / 31.0, 0.0},
                  "a larger --knot-distance"});
    if (checks != nullptr) add_checks(estimate, data, settings.cutoff, *checks);
    return estimate;
}

CostEstimate cost_of_pair_checks(const LiquidData& data, double cutoff, const PairCheckSettings& checks) {
    CostEstimate estimate{held_by(data), {}};
    add_checks(estimate, data, cutoff, checks);
    return estimate;
}

}  // namespace cli::molecules
