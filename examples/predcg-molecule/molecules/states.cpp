#include "molecules/states.hpp"

#include "basics/errors.hpp"

#include <predcg/geometry/observables.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/rotamers/dimensions.hpp>
#include <predcg/models/rotamers/observables.hpp>
#include <predcg/optimize/newton.hpp>
#include <predcg/posterior/full_posterior.hpp>
#include <predcg/posterior/with_independent.hpp>
#include <predcg/predict/predict.hpp>
#include <predcg/structure/boltzmann.hpp>

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
    std::vector<PredictiveCheck> checks =
        predictive_checks(posterior, data.molecules, {.seed = seed}, checked("R_g", RadiusOfGyration{}),
                          checked("sd R_g", StandardDeviation{RadiusOfGyration{}}),
                          checked("R_ee", EndToEnd{}), checked("sd R_ee", StandardDeviation{EndToEnd{}}),
                          checked("counts", rotamers::GaucheCounts(data.sites)));
    const char* const counted[]{"N_gauche", "N_same", "N_opposite"};
    for (std::size_t k = 0; k < 3; ++k) checks[checks.size() - 3 + k].name = counted[k];
    return checks;
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
    const FitSettings how{.beta = beta, .seed = settings.seed};
    ExactEstimate estimate = settings.prior == Prior::weak
                                 ? weak.fit(dihedrals, how).result()
                                 : states_grainer(data.sites, flat_prior()).fit(dihedrals, how).result();
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
    const auto of_states = full_posterior(weak, weighted, weak.fit_prepared(weighted, how),
                                          {.draws = settings.draws, .seed = settings.seed});
    learnt.posterior = with_independent(of_states, map_of_molecules(), geometry.centre(),
                                        geometry.draws(of_states.draw_count(), settings.seed));
    progress(2.0, "predictive checks");
    learnt.checks = states_checks(*learnt.posterior, data, settings.seed);
    return learnt;
}

StatesPrediction predict_states(const StatesFit& fit, const StatesPosterior* posterior, Index sites,
                                double temperature, double credibility) {
    const double beta = 1.0 / (boltzmann_constant * temperature);
    const StatesChain chain = chain_of(sites);
    StatesPrediction prediction{sites, temperature, averages_at(chain, fit.map, fit.parameters, beta)};
    if (posterior != nullptr)
        prediction.interval = credible_interval(
            *posterior,
            [&](const auto& models, const Parameters& at, double) {
                return averages_at(chain, models.map, at, beta);
            },
            credibility);
    return prediction;
}

}  // namespace cli::molecules
