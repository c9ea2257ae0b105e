#include "molecules/states.hpp"

#include "basics/errors.hpp"

#include <predcg/geometry/observables.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/rotamers/dimensions.hpp>
#include <predcg/models/rotamers/molecule_observables.hpp>
#include <predcg/optimize/newton.hpp>
#include <predcg/posterior/full_posterior.hpp>
#include <predcg/posterior/with_independent.hpp>
#include <predcg/predict/density_by_site.hpp>
#include <predcg/predict/predict.hpp>
#include <predcg/statistics/autocorrelation.hpp>
#include <predcg/structure/boltzmann.hpp>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

namespace cli::molecules {

using namespace predcg;

namespace {

constexpr Index fewest_for_autocorrelation = 10;

template <class Prior>
auto states_grainer(Index sites, const Prior& prior) {
    return EMCoarseGrainer{SamplesOnly<Vector>{}, chain_of(sites), rotamers::von_mises_map(),
                           TransferMatrix{},      Newton{},        prior};
}

/// Lengths and angles behind the states' parameters, as for all that is predicted.
StatesFit with_geometry(ExactEstimate estimate, Index sites, const Vector& geometry) {
    const StatesMap map = map_of_molecules();
    Vector eta(estimate.parameters.eta.size() + geometry.size());
    eta << estimate.parameters.eta, geometry;
    estimate.parameters.eta = std::move(eta);
    estimate.map_names = map.parameter_names();
    return {std::move(estimate), chain_of(sites), map, TransferMatrix{}};
}

std::vector<PredictiveCheck> states_checks(const StatesPosterior& posterior, const ChainData& data,
                                           std::uint64_t seed) {
    std::vector<PredictiveCheck> checks = predictive_checks(
        posterior, data.molecules, {.replicates = 400, .seed = seed}, checked("R_g", RadiusOfGyration{}),
        checked("sd R_g", StandardDeviation{RadiusOfGyration{}}), checked("R_ee", EndToEnd{}),
        checked("sd R_ee", StandardDeviation{EndToEnd{}}),
        checked("counts", rotamers::GaucheCounts(data.sites)),
        checked("angles", rotamers::AnglesBesideGauche(data.sites)));
    const char* const names[]{"N_gauche",
                              "N_same",
                              "N_opposite",
                              "angle with no gauche beside",
                              "angle with one gauche beside",
                              "angle with two gauche beside"};
    for (std::size_t k = 0; k < std::size(names); ++k)
        checks[checks.size() - std::size(names) + k].name = names[k];
    return checks;
}

/// Means of every bin over the data, and their errors.
template <class O>
void add_data(DistributionBand& band, const ChainData& data, const O& histogram) {
    Matrix values(histogram.size(), std::ssize(data.molecules));
    for (Index k = 0; k < values.cols(); ++k)
        values.col(k) = histogram(data.molecules[static_cast<std::size_t>(k)]);
    band.data.resize(values.rows());
    band.data_error.resize(values.rows());
    for (Index j = 0; j < values.rows(); ++j) {
        const Vector series = values.row(j).transpose();
        band.data[j] = statistics::mean(series);
        band.data_error[j] = statistics::error_of_mean(series);
    }
}

void add_model(DistributionBand& band, const CredibleInterval& interval) {
    band.mean = interval.mean;
    band.lower = interval.lower;
    band.upper = interval.upper;
}

/// No narrower than two standard deviations of the posterior, as large as sampling leaves it open that they
/// are: where sampling hides the spread of a bin, the interval alone would have no width.
void widen_by_sampling(DistributionBand& band, const CredibleInterval& interval) {
    for (Index j = 0; j < band.mean.size(); ++j) {
        const double room = 2.0 * (interval.sd[j] + interval.sd_error[j]);
        if (!std::isfinite(room)) continue;
        band.lower[j] = std::min(band.lower[j], std::max(0.0, band.mean[j] - room));
        band.upper[j] = std::max(band.upper[j], band.mean[j] + room);
    }
}

/// Draws of a posterior, evenly spread, as one chain.
StatesPosterior thinned(const StatesPosterior& posterior, Index most) {
    const Index all = posterior.draw_count(), count = std::min(most, all);
    PosteriorResult few = posterior;
    few.draws.resize(posterior.draws.rows(), count);
    for (Index k = 0; k < count; ++k) few.draws.col(k) = posterior.draws.col(k * all / count);
    few.chains = 1;
    return {std::move(few), posterior.coarse, posterior.map, posterior.engine};
}

/// The averages of a prediction at parameters.
Vector averages_at(const StatesChain& chain, const StatesMap& map, const Parameters& at, double beta) {
    const auto target = boltzmann(chain, at.theta, beta);
    const Index turns = chain.space().size();
    Vector values = Vector::Zero(StatesPrediction::trans + turns);
    const std::vector<Vector> windows = TransferMatrix{}.window_marginals(target);
    for (Index i = 0; i < turns; ++i) {
        const Vector& p = windows[static_cast<std::size_t>(i)];  // of (X_i, X_i+1), or of X_i, the last
        const Index q = p.size() / 3;
        for (Index code = 0; code < p.size(); ++code) {
            const Index a = code / q, b = code % q;
            if (a == rotamers::trans) {
                values[StatesPrediction::trans + i] += p[code];
                continue;
            }
            values[StatesPrediction::gauche] += p[code];
            if (q == 3 && b != rotamers::trans)
                values[a == b ? StatesPrediction::same : StatesPrediction::opposite] += p[code];
        }
    }
    const auto size = rotamers::chain_dimensions(target, map, at.eta);
    values[StatesPrediction::end_to_end] = size.squared_end_to_end;
    values[StatesPrediction::gyration] = size.squared_gyration;
    values[StatesPrediction::characteristic_ratio] = size.characteristic_ratio();
    return values;
}

}  // namespace

StatesChain chain_of(Index sites) { return rotamers::chain({.sites = sites - 3}); }

StatesMap map_of_molecules() { return {rotamers::von_mises_map(), rotamers::ChainGeometry()}; }

void check(const StatesSettings& settings) {
    if (settings.posterior && settings.prior == Prior::flat)
        throw InputError("--prior", "'flat'",
                         "weak with --posterior full: where the data do not tell states apart the likelihood "
                         "does not fall, and a flat prior leaves the posterior without an integral");
}

LearntStates learn_states(const ChainData& data, const StatesSettings& settings,
                          const std::function<void(double, const char*)>& progress) {
    check(settings);
    progress(0.0, "fit");
    std::vector<Vector> dihedrals;
    std::vector<InternalCoordinates> internal;
    const ZMatrix chain = ZMatrix::chain(data.sites);
    for (const Points& x : data.molecules) {
        internal.push_back(chain.internal(x));
        dihedrals.push_back(internal.back().dihedrals);
    }
    const double beta = settings.beta();
    const auto weak = states_grainer(data.sites, weak_prior(rotamers::von_mises_map()));
    FitSettings how{.beta = beta, .seed = settings.seed};
    how.stop = settings.stop;
    how.checkpoint = settings.checkpoint.within("fit");
    ExactEstimate estimate = settings.prior == Prior::weak
                                 ? weak.fit(dihedrals, how).result()
                                 : states_grainer(data.sites, flat_prior()).fit(dihedrals, how).result();
    if (estimate.status == Status::stopped) throw Stopped("learn_states");
    std::optional<EffectiveData> worth;
    if (std::ssize(dihedrals) >= fewest_for_autocorrelation)
        worth = effective_data(dihedrals, checked("score", Score(weak, beta, estimate.parameters)));
    const double weight = worth && !settings.independent ? 1.0 / worth->time : 1.0;
    const rotamers::GeometryPosterior geometry(rotamers::ChainGeometry(), internal, weight);
    LearntStates learnt{settings,
                        data.frames,
                        data.chains,
                        data.sites,
                        with_geometry(estimate, data.sites, geometry.centre()),
                        worth};
    if (!settings.posterior) return learnt;
    progress(1.0, "posterior");
    const auto weighted = weak.prepare(dihedrals, beta, std::vector<double>(dihedrals.size(), weight));
    how.checkpoint = settings.checkpoint.within("weighted fit");
    const auto mode = weak.fit_prepared(weighted, how);
    if (mode.status == Status::stopped) return learnt;
    try {
        const auto of_states = full_posterior(weak, weighted, mode,
                                              {.draws = settings.draws,
                                               .seed = settings.seed,
                                               .on_draws = settings.on_draws,
                                               .stop = settings.stop,
                                               .checkpoint = settings.checkpoint.within("posterior")});
        learnt.posterior = with_independent(of_states, map_of_molecules(), geometry.centre(),
                                            geometry.draws(of_states.draw_count(), settings.seed));
    } catch (const Stopped&) {
        return learnt;
    }
    progress(2.0, "predictive checks");
    learnt.checks = states_checks(*learnt.posterior, data, settings.seed);
    return learnt;
}

StatesPrediction predict_states(const StatesFit& fit, const StatesPosterior* posterior, Index sites,
                                double temperature, double credibility, const std::stop_token& stop) {
    const double beta = 1.0 / (boltzmann_constant * temperature);
    const StatesChain chain = chain_of(sites);
    const auto averages = [&](const StatesMap& map, const Parameters& at) {
        if (stop.stop_requested()) throw Stopped("predict_states");
        return averages_at(chain, map, at, beta);
    };
    StatesPrediction prediction{sites, temperature, averages(fit.map, fit.parameters)};
    if (posterior == nullptr) return prediction;
    try {
        prediction.interval = credible_interval(
            *posterior,
            [&](const auto& models, const Parameters& at, double) { return averages(models.map, at); },
            credibility);
    } catch (const Stopped&) {
        // There are the averages.
    }
    return prediction;
}

StatesDistributions distributions_of(const LearntStates& learnt, const ChainData& data, Index samples) {
    const StatesPosterior& posterior = *learnt.posterior;
    const double credibility = learnt.settings.credibility;
    constexpr Index bins = 36, most_sampled = 250;
    constexpr double degrees = 57.29577951308232;
    StatesDistributions all;
    const auto dihedral = dihedral_distribution(DihedralAngles::chain(learnt.sites), bins);
    add_data(all.dihedral, data, dihedral);
    // The mean over a bin, by its middle and quarters.
    Vector points(3 * bins);
    for (Index k = 0; k < bins; ++k)
        for (Index j = 0; j < 3; ++j)
            points[3 * k + j] =
                dihedral.centres()[k] + (static_cast<double>(j) - 1.0) / 3.0 * dihedral.width();
    add_model(all.dihedral, credible_interval(
                                posterior,
                                [&](const auto& models, const Parameters& at, double beta) {
                                    const StatesMap& map = models.map;
                                    const Vector p =
                                        density_by_site(models, map.states(),
                                                        {at.theta, map.state_part(at.eta)}, beta, points)
                                            .rowwise()
                                            .mean();
                                    Vector means(bins);
                                    for (Index k = 0; k < bins; ++k)
                                        means[k] = statistics::mean(p.segment(3 * k, 3));
                                    return means;
                                },
                                credibility));
    all.dihedral.at = degrees * dihedral.centres();
    for (Vector* v : {&all.dihedral.data, &all.dihedral.data_error, &all.dihedral.mean, &all.dihedral.lower,
                      &all.dihedral.upper})
        *v /= degrees;

    Vector ends(std::ssize(data.molecules));
    for (Index k = 0; k < ends.size(); ++k) ends[k] = EndToEnd{}(data.molecules[static_cast<std::size_t>(k)]);
    const double room = 0.15 * (ends.maxCoeff() - ends.minCoeff());
    const Histogram end_to_end(EndToEnd{}, ends.minCoeff() - room, ends.maxCoeff() + room, 24);
    add_data(all.end_to_end, data, end_to_end);
    const CredibleInterval sampled = predict(
        thinned(posterior, most_sampled), end_to_end,
        {.credibility = credibility, .samples = samples, .predictive = false, .seed = learnt.settings.seed});
    add_model(all.end_to_end, sampled);
    widen_by_sampling(all.end_to_end, sampled);
    all.end_to_end.at = end_to_end.centres();
    return all;
}

}  // namespace cli::molecules
