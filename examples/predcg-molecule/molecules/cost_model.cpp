#include "molecules/cost_model.hpp"

#include <predcg/core/linalg.hpp>
#include <predcg/statistics/moments.hpp>
#include <predcg/statistics/quantile.hpp>

#include <algorithm>
#include <cmath>

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

/// Sweeps over all molecules of a liquid. A move looks at all molecules, or at those listed as near, and
/// makes energies of its neighbours.
Cost sweeps(const LiquidData& data, double cutoff, double number) {
    const auto molecules = static_cast<double>(data.molecules);
    const double near = neighbours_of(data, cutoff);
    const double looked_at = std::min(molecules, std::max(1000.0, 2.2 * near));
    constexpr double distance = 1.0, energy = 7.0;  // ns
    return {number * molecules * (distance * looked_at + energy * near), 0.0};
}

/// Configurations of the liquid, ten sweeps apart, after warm-up.
constexpr double thinning = 10.0, liquid_warm_up = 500.0;

/// How far the posterior is from its mode: of log p_c(X | theta) - log p_c(X | mode) the variance over X,
/// which frames of the data stand for, at 95 % of the draws. The share of configurations at the mode in
/// effect at a draw is about exp(-variance).
double log_weight_variance(const SavedPair& saved, const LiquidData& data) {
    const pair::SplinePotential potential = saved.model.potential();
    constexpr Index most_frames = 50, most_draws = 100;
    const Index frames = std::min(data.frames, most_frames),
                draws = std::min(saved.posterior.draw_count(), most_draws);
    if (draws == 0 || frames < 2) return 0.0;
    Matrix features(potential.parameter_count(), frames);
    for (Index k = 0; k < frames; ++k)
        linalg::set_column(
            features, k,
            potential.features(data.centres[static_cast<std::size_t>(k * data.frames / frames)]));
    Vector variances(draws);
    for (Index k = 0; k < draws; ++k) {
        const Vector theta = saved.posterior.parameters(k * saved.posterior.draw_count() / draws).theta;
        const Vector log_weights = linalg::applied_transposed(features, theta - saved.theta());
        variances[k] = statistics::variance(log_weights) * saved.model.beta() * saved.model.beta();
    }
    return statistics::quantile(variances, 0.95);
}

double held_by(const LiquidData& data) {
    return program_bytes + 24.0 * static_cast<double>(data.frames * data.molecules) *
                               (1.0 + static_cast<double>(data.masses.size()));
}

/// Checks: configurations at the mode, structure of these and of all frames, and the same for each draw
/// that has chains of its own.
void add_checks(CostEstimate& estimate, const LiquidData& data, double cutoff,
                const PairCheckSettings& checks, double own_draws) {
    const predcg::LiquidSettings fixed;
    const double sites = static_cast<double>(data.molecules) * static_cast<double>(data.masses.size());
    const auto samples = static_cast<double>(checks.samples), own = static_cast<double>(fixed.own_samples);
    // Distances of all pairs of sites, for tetrahedral order and all radial distributions.
    const Cost structure{16.0 * 0.5 * sites * sites, 0.0};
    estimate.add(
        {"checks",
         sweeps(data, cutoff, liquid_warm_up * static_cast<double>(fixed.chains) + thinning * samples) +
             (samples + static_cast<double>(data.frames)) * structure + Cost{0.0, 24.0 * samples * sites},
         "fewer --check-samples, --checks none"});
    // Draws, but for 512 at most, have two of them, which tells the noise of sampling.
    const double chains = own_draws + std::min(own_draws, static_cast<double>(detail::most_repeated));
    estimate.add({"chains of draws",
                  chains * (sweeps(data, cutoff, liquid_warm_up + thinning * own) + own * structure),
                  "fewer --check-draws"});
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
    Cost cost = sweeps(data, settings.cutoff, thinning * 2.5 * samples);
    cost.bytes = 16.0 * 2.5 * samples * knots;
    estimate.add({"the fit", cost, "fewer --samples, a shorter --cutoff"});
    estimate.add({"smoothness and posterior", Cost{8.0 * nanoseconds_a_second * knots / 31.0, 0.0},
                  "a larger --knot-distance"});
    if (checks == nullptr) return estimate;
    // Of water 11 frames left a posterior that is wider than configurations at the mode reach, 51 did not,
    // and between them some.
    const bool is_wide = data.frames < 30;
    const Index draws = std::min(settings.draws, checks->draws);
    add_checks(estimate, data, settings.cutoff, *checks, is_wide ? static_cast<double>(draws) : 0.0);
    return estimate;
}

CostEstimate cost_of_pair_checks(const LiquidData& data, const SavedPair& saved,
                                 const PairCheckSettings& checks) {
    require_liquid_of(saved, data);
    CostEstimate estimate{held_by(data), {}};
    const Index draws = std::min(saved.posterior.draw_count(), checks.draws);
    const bool is_wide = log_weight_variance(saved, data) > std::log(10.0);
    add_checks(estimate, data, saved.model.spline.cutoff, checks, is_wide ? static_cast<double>(draws) : 0.0);
    return estimate;
}

}  // namespace cli::molecules
