#pragma once
// The same fit with sampled expectations.
#include "model/ising_fit.hpp"

#include <predcg/engines/monte_carlo_settings.hpp>

namespace cli {

/// Limit of iterations, unless told: a noisy one does less than an exact one.
inline constexpr Index sampled_iterations = 2000;

/// Whether as many chains of q(X|x) and of p_c as samples move side by side (docs/monte_carlo.md).
struct SideBySide {
    bool latent = false, coarse = false;
};
SideBySide chains_side_by_side(const FitModel& model, const FitMethod& method);

/// As many chains as samples, at most 256, where they move side by side; else one, as chains that move one by
/// one are dearer than samples of one.
predcg::MonteCarloSettings sampling(Index samples, bool side_by_side);

/// Monte Carlo EM from one start; settings.beta is the model's. The result is that of the sampling engine,
/// as a fit with the exact engine, for predictions.
IsingFit fit_by_sampling(const FitModel& model, const FitMethod& method, const Configurations& data,
                         predcg::FitSettings settings);

/// The same for one kind of map, at settings.beta.
AnyEstimate sampled_estimate(const FitModel& model, const FitMethod& method, const Configurations& data,
                             const predcg::FitSettings& settings, const BernoulliMap& map);
AnyEstimate sampled_estimate(const FitModel& model, const FitMethod& method, const Configurations& data,
                             const predcg::FitSettings& settings, const WindowMap& map);
AnyEstimate sampled_estimate(const FitModel& model, const FitMethod& method, const Configurations& data,
                             const predcg::FitSettings& settings, const DecimationMap& map);
AnyEstimate sampled_estimate(const FitModel& model, const FitMethod& method, const Configurations& data,
                             const predcg::FitSettings& settings, const ThreeLetterMap& map);

/// Magnetisation from so many draws of X, along one chain of the kernel, and x.
predcg::Prediction sampled_magnetization(const IsingFit& fit, Kernel kernel,
                                         const predcg::PredictSettings& settings);

}  // namespace cli
