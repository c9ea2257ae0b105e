#pragma once
// The same fit with sampled expectations.
#include "model/ising_fit.hpp"

namespace cli {

/// Limit of iterations, unless told: a noisy one does less than an exact one.
inline constexpr Index sampled_iterations = 2000;

/// Monte Carlo EM from one start; settings.beta is the model's. The result is that of the sampling engine,
/// as a fit that predicts exactly.
IsingFit fit_by_sampling(const FitModel& model, const FitMethod& method, const Configurations& data,
                         predcg::FitSettings settings);

/// Magnetisation from so many draws of X, along one chain of the kernel, and x.
predcg::Prediction sampled_magnetization(const IsingFit& fit, Kernel kernel,
                                         const predcg::PredictSettings& settings);

}  // namespace cli
