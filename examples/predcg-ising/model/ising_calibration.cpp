#include "model/ising_calibration.hpp"

#include "model/ising_grainer.hpp"

#include <predcg/kernels/single_site.hpp>
#include <predcg/models/ising/observables.hpp>
#include <predcg/predict/fine_scale.hpp>

#include <limits>

namespace cli {

using namespace predcg;

namespace {

PosteriorChoice with_draws_always(PosteriorChoice choice, std::uint64_t seed) {
    choice.seed = seed;
    choice.largest_pareto_k = std::numeric_limits<double>::infinity();
    return choice;
}

IsingPosterior flagged(IsingPosterior posterior) {
    if (posterior.pareto_k && !(*posterior.pareto_k <= flagged_pareto_k)) posterior.reliable = false;
    return posterior;
}

Configurations draw(const CoverageData& data, std::uint64_t seed) {
    const auto fine = ising::chain(data.fine.chain);
    if (!data.chain)
        return generate(fine, {.beta = data.fine.beta, .samples = data.samples, .seed = seed}).configurations;
    Philox4x32 rng = make_stream(seed, Purpose::generate);
    TrajectorySettings settings = *data.chain;
    settings.samples = data.samples;
    return trajectory(Metropolis{}, Boltzmann(fine, data.fine.beta), settings, rng);
}

}  // namespace

SimulationBasedCalibration rank_calibration(const FitModel& model, SimulationBasedSettings settings,
                                            const PosteriorChoice& choice,
                                            const std::function<void()>& count) {
    settings.beta = model.beta;
    return simulation_based_calibration(
        grainer_of(model, weak_prior()), settings,
        [&](const auto& grainer, const auto& data, std::uint64_t seed) {
            const IsingFit fit = any_fit(grainer.fit_prepared(data, {.beta = model.beta, .seed = seed}));
            IsingPosterior posterior =
                flagged(posterior_by(grainer, data, fit, with_draws_always(choice, seed)));
            count();
            return posterior;
        },
        checked("m", ising::Magnetization{}));
}

Vector true_values(const FineModel& fine) {
    const auto chain = ising::chain(fine.chain);
    const double m = truth(chain, fine.beta, ising::Magnetization{}).value();
    const Vector R = truth(chain, fine.beta, ising::Correlation{fine.chain.boundary}).mean;
    Vector values(2);
    values << m, R[1];
    return values;
}

Coverage coverage_of(const FitModel& model, const CoverageData& data, const CoverageSettings& settings,
                     const PosteriorChoice& choice, const std::function<void()>& count) {
    return coverage(
        settings, [&](std::uint64_t seed) { return draw(data, seed); },
        [&](const Configurations& configurations, std::uint64_t seed) {
            IsingFit fit = fit_samples(model, configurations, {.seed = seed});
            std::optional<double> weight;
            if (data.weighted) {
                weight = 1.0 / effective_data_of(model, configurations, fit).time;
                fit = fit_weighted(model, configurations, *weight, {.seed = seed});
            }
            IsingPosterior posterior =
                flagged(posterior_of(model, configurations, fit, with_draws_always(choice, seed), weight));
            count();
            return posterior;
        },
        true_values(data.fine), checked("m", ising::Magnetization{}),
        checked("R", ising::Correlation{data.fine.chain.boundary}, {1}));
}

}  // namespace cli
