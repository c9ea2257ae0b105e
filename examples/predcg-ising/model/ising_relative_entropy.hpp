#pragma once
// Relative entropy minimisation with the majority map, and its kin, as the command line and the studies do
// it.
#include "model/any_estimate.hpp"
#include "model/configurations.hpp"
#include "model/models.hpp"

#include <predcg/relative_entropy/mapped_data.hpp>

namespace cli {

enum class MatchingMethod { relative_entropy, inverse_monte_carlo, iterative_boltzmann };
enum class Reconstruction { uniform, tie_weighted };

struct IsingRelativeEntropy {
    AnyEstimate fit;
    predcg::Vector target_moments;   ///< of the mapped data: means of -dU_c/dtheta, sums over all sites
    predcg::Vector standard_errors;  ///< of theta_c, by the sandwich, energy
    double magnetization = 0.0;      ///< after reconstruction
    predcg::Vector correlation;      ///< after reconstruction, lags 0..n/2
};

/// What is not in the model: how moments are matched, what is done with ties, and the way back.
struct MatchingChoice {
    MatchingMethod method = MatchingMethod::relative_entropy;
    predcg::Ties ties = predcg::Ties::average;
    Reconstruction reconstruction = Reconstruction::uniform;
};

/// Exact; settings.beta is the model's. Every method matches the moments of all terms, so that they differ in
/// their steps alone.
IsingRelativeEntropy relative_entropy_of(const FitModel& model, const Configurations& data,
                                         predcg::FitSettings settings, const MatchingChoice& choice);

/// The same with ties averaged and the source's reconstruction, uniform over all consistent blocks.
IsingRelativeEntropy relative_entropy_of(const FitModel& model, const Configurations& data,
                                         const predcg::FitSettings& settings = {},
                                         MatchingMethod method = MatchingMethod::relative_entropy);

/// The same with sampled moments of p_c, method.coarse_samples an iteration; in
/// monte_carlo_relative_entropy.cpp. Not for other choices of method than relative_entropy.
IsingRelativeEntropy relative_entropy_by_sampling(const FitModel& model, const FitMethod& method,
                                                  const Configurations& data, predcg::FitSettings settings,
                                                  const MatchingChoice& choice);

/// Exact predictions of a fit after reconstruction, beside what is given.
IsingRelativeEntropy with_predictions(const FitModel& model, Reconstruction reconstruction, AnyEstimate fit,
                                      const predcg::Vector& feature_means, predcg::Vector standard_errors);

}  // namespace cli
