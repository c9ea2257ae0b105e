#pragma once
#include <predcg/learning/estimate.hpp>

#include <optional>
#include <utility>

namespace cli {

/// An estimate by either engine: what only exact fits know, or only sampled ones, is there or not.
struct AnyEstimate : predcg::Estimate {
    std::optional<double> log_likelihood{}, log_posterior{};
    std::optional<predcg::MonteCarloReport> monte_carlo{};

    AnyEstimate() = default;
    AnyEstimate(predcg::ExactEstimate exact)
        : Estimate(static_cast<Estimate&&>(exact)), log_likelihood(exact.log_likelihood),
          log_posterior(exact.log_posterior) {}
    AnyEstimate(predcg::SampledEstimate sampled)
        : Estimate(static_cast<Estimate&&>(sampled)), monte_carlo(std::move(sampled.monte_carlo)) {}
};

}  // namespace cli
