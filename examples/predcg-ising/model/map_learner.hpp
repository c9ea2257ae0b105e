#pragma once
// All that is compiled for each kind of map.
#include "model/ising_calibration.hpp"
#include "model/ising_population.hpp"
#include "model/ising_posterior.hpp"

#include <functional>
#include <optional>
#include <stop_token>

namespace cli {

/// Learns and predicts with one kind of map; the functions of ising_fit.hpp, ising_posterior.hpp,
/// ising_population.hpp and ising_calibration.hpp ask it, and say what is meant. LearnerOf (learner_of.hpp)
/// is all there are.
class MapLearner {
public:
    virtual ~MapLearner() = default;

    virtual IsingFit fit(const FitModel& model, const Configurations& data, std::optional<double> weight,
                         predcg::FitSettings settings) const = 0;
    virtual IsingFit fit(const FitModel& model, const FinePopulation& population, double count,
                         predcg::FitSettings settings) const = 0;
    virtual double divergence(const FitModel& model, const FinePopulation& population,
                              const IsingFit& fit) const = 0;
    virtual IsingPosterior posterior(const FitModel& model, const Configurations& data, const IsingFit& fit,
                                     const PosteriorChoice& choice, std::optional<double> weight) const = 0;
    virtual predcg::EffectiveData effective_data(const FitModel& model, const Configurations& data,
                                                 const IsingFit& fit) const = 0;

    virtual predcg::Prediction magnetization(const IsingFit& fit) const = 0;
    virtual predcg::Prediction correlation(const IsingFit& fit,
                                           const predcg::ising::Correlation& R) const = 0;
    virtual predcg::CredibleInterval magnetization(const IsingPosterior& posterior,
                                                   const predcg::CredibleSettings& settings) const = 0;
    virtual predcg::CredibleInterval correlation(const IsingPosterior& posterior,
                                                 const predcg::ising::Correlation& R,
                                                 const predcg::CredibleSettings& settings) const = 0;
    virtual std::vector<predcg::PredictiveCheck> checks(const IsingPosterior& posterior,
                                                        const Configurations& data, predcg::Boundary boundary,
                                                        const predcg::CheckSettings& settings) const = 0;

    virtual Configurations draws(const IsingFit& fit, Index samples, std::uint64_t seed,
                                 const std::stop_token& stop) const = 0;
    virtual Configurations draws(const IsingPosterior& posterior, Index samples, std::uint64_t seed,
                                 const std::stop_token& stop) const = 0;

    virtual predcg::SimulationBasedCalibration ranks(const FitModel& model,
                                                     const predcg::SimulationBasedSettings& settings,
                                                     const PosteriorChoice& choice,
                                                     const std::function<void()>& count) const = 0;
    virtual predcg::Coverage coverage(const FitModel& model, const CoverageData& data,
                                      const predcg::CoverageSettings& settings, const PosteriorChoice& choice,
                                      const std::function<void()>& count) const = 0;
};

/// Each in a file of its own.
const MapLearner& bernoulli_learner();
const MapLearner& window_learner();
const MapLearner& decimation_learner();
const MapLearner& three_letter_learner();

/// The one for a map.
const MapLearner& learner_of(const ChosenMap& map);

}  // namespace cli
