#include "model/ising_posterior.hpp"

#include "model/ising_grainer.hpp"

#include <predcg/models/ising/observables.hpp>

#include <utility>

namespace cli {

using namespace predcg;

namespace {

/// f(grainer of the model).
template <class F>
auto with_grainer(const FitModel& model, F&& f) {
    return model.prior == PriorChoice::flat ? f(grainer_of(model, flat_prior()))
                                            : f(grainer_of(model, weak_prior()));
}

template <class Grainer>
auto prepared(const Grainer& grainer, const FitModel& model, const Configurations& data,
              std::optional<double> weight) {
    const std::vector<double> weights(weight ? data.size() : 0, weight.value_or(1.0));
    return grainer.prepare(data, model.beta, weights);
}

}  // namespace

IsingPosterior posterior_of(const FitModel& model, const Configurations& data, const IsingFit& fit,
                            const PosteriorChoice& choice, std::optional<double> weight) {
    return with_grainer(model, [&](const auto& grainer) -> IsingPosterior {
        return posterior_by(grainer, prepared(grainer, model, data, weight), fit, choice);
    });
}

EffectiveData effective_data_of(const FitModel& model, const Configurations& data, const IsingFit& fit) {
    return with_grainer(model, [&](const auto& grainer) {
        return effective_data(data, checked("m", ising::Magnetization{}),
                              checked("R", ising::Correlation{model.boundary}, {1}),
                              checked("score", Score(grainer, model.beta, fit.parameters)));
    });
}

IsingFit fit_weighted(const FitModel& model, const Configurations& data, double weight,
                      FitSettings settings) {
    settings.beta = model.beta;
    return with_grainer(model, [&](const auto& grainer) {
        return any_fit(grainer.fit_prepared(prepared(grainer, model, data, weight), settings));
    });
}

CredibleInterval magnetization_interval(const IsingPosterior& posterior, const CredibleSettings& settings) {
    return predict(posterior, ising::Magnetization{}, settings);
}

CredibleInterval correlation_interval(const IsingPosterior& posterior, Boundary boundary,
                                      const CredibleSettings& settings) {
    return predict(posterior, ising::Correlation{boundary}, settings);
}

std::vector<PredictiveCheck> checks_of(const IsingPosterior& posterior, const Configurations& data,
                                       Boundary boundary, const CheckSettings& settings) {
    return predictive_checks(posterior, data, settings, checked("m", ising::Magnetization{}),
                             checked("R", ising::Correlation{boundary}, {1, 2}),
                             checked("-log p", NegativeLogDensity{}));
}

Configurations draw_configurations(const IsingPosterior& posterior, Index samples, std::uint64_t seed) {
    return draw_predictive(posterior, samples, seed);
}

Configurations draw_configurations(const IsingFit& fit, Index samples, std::uint64_t seed) {
    return draw_predictive(fit, samples, seed);
}

Vector predicted(const IsingFit& fit, Boundary boundary, bool correlation) {
    return correlation ? predict(fit, ising::Correlation{boundary}).mean
                       : predict(fit, ising::Magnetization{}).mean;
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
