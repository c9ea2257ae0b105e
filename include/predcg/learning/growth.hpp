#pragma once
// Growing Monte Carlo sample sizes: when is an EM step more than noise?
#include <predcg/concepts/expectation_engine.hpp>
#include <predcg/engines/roles.hpp>
#include <predcg/learning/likelihood_expansion.hpp>

#include <algorithm>
#include <cmath>

namespace predcg::detail {

/// An engine with `factor` times the samples; exact engines as they are.
template <class Engine>
Engine with_more_samples(const Engine& engine, double factor) {
    if constexpr (has_roles<Engine>) {
        return {with_more_samples(engine.latent, factor), with_more_samples(engine.coarse, factor)};
    } else if constexpr (ResizableEngine<Engine>) {
        return engine.with_samples(
            static_cast<Index>(std::llround(factor * static_cast<double>(engine.settings().samples))));
    } else {
        return engine;
    }
}

/// Squared Monte Carlo error of g . step, where g is the log-likelihood's gradient in (theta_c, eta): from
/// the squared errors of the expectations, with their correlations taken from the covariances.
inline double gradient_noise(const Matrix& slope, const ExpectedStatistics& statistics,
                             const CoarseMoments& coarse, const Vector& step, double beta) {
    const auto variance = [](const Vector& w, const Vector& noise, const Matrix& covariance) {
        double sum = 0.0;
        for (Index k = 0; k < w.size(); ++k)
            for (Index l = 0; l < w.size(); ++l) {
                const double norm = std::sqrt(std::max(covariance(k, k) * covariance(l, l), 1e-300));
                sum += w[k] * w[l] * std::sqrt(noise[k] * noise[l]) * covariance(k, l) / norm;
            }
        return std::max(sum, 0.0);
    };
    const Index p = coarse.gradient.mean.size();
    Vector latent = Vector::Zero(slope.cols()), model(p), model_noise(p);
    for (Index j = 0; j < slope.cols(); ++j)
        for (Index k = 0; k < step.size(); ++k) latent[j] += slope(k, j) * step[k];
    for (Index k = 0; k < p; ++k) {
        model[k] = beta * statistics.count * step[k];
        model_noise[k] = coarse.gradient.standard_error[k] * coarse.gradient.standard_error[k];
    }
    return variance(latent, statistics.noise, statistics.covariance) +
           variance(model, model_noise, coarse.gradient.covariance);
}

}  // namespace predcg::detail
