#include "model/ising_posterior.hpp"

#include "model/map_learner.hpp"

#include <utility>

namespace cli {

using namespace predcg;

IsingPosterior posterior_of(const FitModel& model, const Configurations& data, const IsingFit& fit,
                            const PosteriorChoice& choice, std::optional<double> weight) {
    return learner_of(fit.map).posterior(model, data, fit, choice, weight);
}

EffectiveData effective_data_of(const FitModel& model, const Configurations& data, const IsingFit& fit) {
    return learner_of(fit.map).effective_data(model, data, fit);
}

IsingFit fit_weighted(const FitModel& model, const Configurations& data, double weight,
                      FitSettings settings) {
    return learner_of(map_of(model)).fit(model, data, weight, std::move(settings));
}

CredibleInterval magnetization_interval(const IsingPosterior& posterior, const CredibleSettings& settings) {
    return learner_of(posterior.map).magnetization(posterior, settings);
}

CredibleInterval correlation_interval(const IsingPosterior& posterior, const ising::Correlation& R,
                                      const CredibleSettings& settings) {
    return learner_of(posterior.map).correlation(posterior, R, settings);
}

std::vector<PredictiveCheck> checks_of(const IsingPosterior& posterior, const Configurations& data,
                                       Boundary boundary, const CheckSettings& settings) {
    return learner_of(posterior.map).checks(posterior, data, boundary, settings);
}

Configurations draw_configurations(const IsingPosterior& posterior, Index samples, std::uint64_t seed,
                                   const std::stop_token& stop) {
    return learner_of(posterior.map).draws(posterior, samples, seed, stop);
}

Configurations draw_configurations(const IsingFit& fit, Index samples, std::uint64_t seed,
                                   const std::stop_token& stop) {
    return learner_of(fit.map).draws(fit, samples, seed, stop);
}

Prediction predicted(const IsingFit& fit, Boundary boundary, bool correlation, Index lags) {
    const MapLearner& learner = learner_of(fit.map);
    return correlation ? learner.correlation(fit, ising::Correlation(boundary, lags))
                       : learner.magnetization(fit);
}

IsingPosterior resized(const IsingPosterior& posterior, FitModel model, Index fine_sites) {
    model.fine_sites = fine_sites;
    return posterior.with_models(coarse_chain_of(model), posterior.map);
}

IsingFit resized(const IsingFit& fit, FitModel model, Index fine_sites) {
    model.fine_sites = fine_sites;
    return fit.with_models(coarse_chain_of(model), fit.map);
}

}  // namespace cli
