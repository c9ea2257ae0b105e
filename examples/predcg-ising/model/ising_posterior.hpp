#pragma once
// The posteriors that the command line and the studies use, and what is made of them.
#include "model/ising_fit.hpp"

#include <predcg/judge/checks.hpp>
#include <predcg/judge/effective_data.hpp>
#include <predcg/posterior/posterior.hpp>
#include <predcg/predict/credible_interval.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <vector>

namespace cli {

using IsingPosterior = predcg::Posterior<ChosenChain, ChosenMap, predcg::TransferMatrix>;

struct PosteriorChoice {
    predcg::PosteriorMethod method = predcg::PosteriorMethod::full;
    Index draws = 4000;  ///< in all
    Index warm_up = 300;
    std::uint64_t seed = 1;
    double largest_pareto_k = 0.7;  ///< of the joint approximation; beyond it there are no draws
    std::stop_token stop{};         ///< of chains, as is all that follows
    std::function<void(const predcg::ChainProgress&)> observer{};
    std::function<void(const predcg::DrawsOfChain&)> on_draws{};
    predcg::CheckpointPlace checkpoint{};
};

/// Throws ArgumentError for a flat prior and the full method, too few draws, or the slides' method with
/// another map than Bernoulli's.
IsingPosterior posterior_of(const FitModel& model, const Configurations& data, const IsingFit& fit,
                            const PosteriorChoice& choice, std::optional<double> weight = {});

/// What data in the order of a trajectory are worth: m, R_1, and the score at the fit.
predcg::EffectiveData effective_data_of(const FitModel& model, const Configurations& data,
                                        const IsingFit& fit);

/// The fit with every datum weighted.
IsingFit fit_weighted(const FitModel& model, const Configurations& data, double weight,
                      predcg::FitSettings settings);

predcg::CredibleInterval magnetization_interval(const IsingPosterior& posterior,
                                                const predcg::CredibleSettings& settings);
predcg::CredibleInterval correlation_interval(const IsingPosterior& posterior,
                                              const predcg::ising::Correlation& R,
                                              const predcg::CredibleSettings& settings);

/// m, R_1, R_2, -log p(x|theta).
std::vector<predcg::PredictiveCheck> checks_of(const IsingPosterior& posterior, const Configurations& data,
                                               predcg::Boundary boundary,
                                               const predcg::CheckSettings& settings);

/// x ~ p(x | data), or at the estimate.
Configurations draw_configurations(const IsingPosterior& posterior, Index samples, std::uint64_t seed,
                                   const std::stop_token& stop = {});
Configurations draw_configurations(const IsingFit& fit, Index samples, std::uint64_t seed,
                                   const std::stop_token& stop = {});

/// E[m], or E[R_l] for l = 0..n/2, or 0..lags where those are less, at the estimate.
predcg::Prediction predicted(const IsingFit& fit, predcg::Boundary boundary, bool correlation,
                             Index lags = -1);

/// The same posterior, or fit, on another number of fine sites.
IsingPosterior resized(const IsingPosterior& posterior, FitModel model, Index fine_sites);
IsingFit resized(const IsingFit& fit, FitModel model, Index fine_sites);

}  // namespace cli
