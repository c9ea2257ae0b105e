#pragma once
// MapLearner for a type of map. A template: for the .cpp files that make the learners.
#include "model/ising_grainer.hpp"
#include "model/map_learner.hpp"

#include <predcg/models/ising/observables.hpp>
#include <predcg/predict/credible_interval.hpp>
#include <predcg/predict/predict.hpp>

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>
#include <variant>
#include <vector>

namespace cli {

template <class Map>
class LearnerOf : public MapLearner {
public:
    IsingFit fit(const FitModel& model, const Configurations& data, std::optional<double> weight,
                 predcg::FitSettings settings) const override {
        settings.beta = model.beta;
        return with_grainer(model, [&](const auto& grainer) {
            return any_fit(grainer.fit_prepared(prepared(grainer, model, data, weight), settings));
        });
    }

    IsingFit fit(const FitModel& model, const FinePopulation& population, double count,
                 predcg::FitSettings settings) const override {
        settings.beta = model.beta;
        std::vector<double> weights;
        for (const double p : population.probabilities) weights.push_back(count * p);
        return with_grainer(model, [&](const auto& grainer) {
            return any_fit(grainer.fit_prepared(
                grainer.prepare(population.configurations, model.beta, weights), settings));
        });
    }
    double divergence(const FitModel& model, const FinePopulation& population,
                      const IsingFit& fit) const override {
        return with_grainer(model, [&](const auto& grainer) {
            return predcg::divergence_from(population, grainer, fit.parameters, model.beta);
        });
    }

    IsingPosterior posterior(const FitModel& model, const Configurations& data, const IsingFit& fit,
                             const PosteriorChoice& choice, std::optional<double> weight) const override {
        return with_grainer(model, [&](const auto& grainer) -> IsingPosterior {
            const auto found = posterior_by(grainer, prepared(grainer, model, data, weight), fit, choice);
            return found.with_models(ChosenChain(found.coarse), ChosenMap(found.map));
        });
    }

    predcg::EffectiveData effective_data(const FitModel& model, const Configurations& data,
                                         const IsingFit& fit) const override {
        return with_grainer(model, [&](const auto& grainer) {
            return predcg::effective_data(
                data, m_, short_lags(model.boundary, model.fine_sites, 1),
                predcg::checked("score", predcg::Score(grainer, model.beta, fit.parameters)));
        });
    }

    predcg::Prediction magnetization(const IsingFit& fit) const override {
        return predict(of_kind<Map>(fit), predcg::ising::Magnetization{});
    }
    predcg::Prediction correlation(const IsingFit& fit, const predcg::ising::Correlation& R) const override {
        return predict(of_kind<Map>(fit), R);
    }
    predcg::CredibleInterval magnetization(const IsingPosterior& posterior,
                                           const predcg::CredibleSettings& settings) const override {
        return predict(of_kind<Map>(posterior), predcg::ising::Magnetization{}, settings);
    }
    predcg::CredibleInterval correlation(const IsingPosterior& posterior, const predcg::ising::Correlation& R,
                                         const predcg::CredibleSettings& settings) const override {
        return predict(of_kind<Map>(posterior), R, settings);
    }
    std::vector<predcg::PredictiveCheck> checks(const IsingPosterior& posterior, const Configurations& data,
                                                predcg::Boundary boundary,
                                                const predcg::CheckSettings& settings) const override {
        return predcg::predictive_checks(of_kind<Map>(posterior), data, settings, m_,
                                         short_lags(boundary, std::ssize(data.front()), 2),
                                         predcg::checked("-log p", predcg::NegativeLogDensity{}));
    }

    Configurations draws(const IsingFit& fit, Index samples, std::uint64_t seed,
                         const std::stop_token& stop) const override {
        return draw_predictive(of_kind<Map>(fit), samples, seed, stop);
    }
    Configurations draws(const IsingPosterior& posterior, Index samples, std::uint64_t seed,
                         const std::stop_token& stop) const override {
        return draw_predictive(of_kind<Map>(posterior), samples, seed, stop);
    }

    predcg::SimulationBasedCalibration ranks(const FitModel& model,
                                             const predcg::SimulationBasedSettings& settings,
                                             const PosteriorChoice& choice,
                                             const std::function<void()>& count) const override {
        return predcg::simulation_based_calibration(
            weak_grainer(model), settings,
            [&](const auto& grainer, const auto& data, std::uint64_t seed) {
                const IsingFit fit = any_fit(
                    grainer.fit_prepared(data, {.beta = model.beta, .seed = seed, .stop = choice.stop}));
                auto posterior = flagged(posterior_by(grainer, data, fit, with_draws_always(choice, seed)));
                count();
                return posterior;
            },
            m_);
    }

    predcg::Coverage coverage(const FitModel& model, const CoverageData& data,
                              const predcg::CoverageSettings& settings, const PosteriorChoice& choice,
                              const std::function<void()>& count) const override {
        const auto grainer = weak_grainer(model);
        return predcg::coverage(
            settings, [&](std::uint64_t seed) { return draw_data(data, seed); },
            [&](const Configurations& configurations, std::uint64_t seed) {
                const predcg::FitSettings settings_of_fit{.seed = seed, .stop = choice.stop};
                IsingFit fit = this->fit(model, configurations, {}, settings_of_fit);
                std::optional<double> weight;
                if (data.weighted) {
                    weight = 1.0 / effective_data(model, configurations, fit).time;
                    fit = this->fit(model, configurations, weight, settings_of_fit);
                }
                auto posterior =
                    flagged(posterior_by(grainer, prepared(grainer, model, configurations, weight), fit,
                                         with_draws_always(choice, seed)));
                count();
                return posterior;
            },
            true_values(data.fine), m_,
            predcg::checked("R", predcg::ising::Correlation{data.fine.chain.boundary}, {1}));
    }

private:
    /// R_1 to R_most, as far as so many sites have them; R_0 of a single one.
    static predcg::CheckedStatistic<predcg::ising::Correlation> short_lags(predcg::Boundary boundary,
                                                                           Index sites, Index most) {
        std::vector<Index> lags;
        most = std::min(most, sites / 2);
        for (Index lag = 1; lag <= most; ++lag) lags.push_back(lag);
        return predcg::checked("R", predcg::ising::Correlation(boundary, most), std::move(lags));
    }

    /// f(grainer of the model).
    template <class F>
    static auto with_grainer(const FitModel& model, F&& f) {
        const auto map = std::get<Map>(map_of(model).kind());
        return with_prior(model, map, [&](const auto& prior) { return f(grainer_of(model, map, prior)); });
    }
    static auto weak_grainer(const FitModel& model) {
        const auto map = std::get<Map>(map_of(model).kind());
        return grainer_of(model, map, weak_prior_of(map));
    }
    template <class Grainer>
    static auto prepared(const Grainer& grainer, const FitModel& model, const Configurations& data,
                         std::optional<double> weight) {
        const std::vector<double> weights(weight ? data.size() : 0, weight.value_or(1.0));
        return grainer.prepare(data, model.beta, weights);
    }

    static PosteriorChoice with_draws_always(PosteriorChoice choice, std::uint64_t seed) {
        choice.seed = seed;
        choice.largest_pareto_k = std::numeric_limits<double>::infinity();
        return choice;
    }
    template <class Posterior>
    static Posterior flagged(Posterior posterior) {
        if (posterior.pareto_k && !(*posterior.pareto_k <= flagged_pareto_k)) posterior.reliable = false;
        return posterior;
    }

    const predcg::CheckedStatistic<predcg::ising::Magnetization> m_ =
        predcg::checked("m", predcg::ising::Magnetization{});
};

}  // namespace cli
