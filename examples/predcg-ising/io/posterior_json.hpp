#pragma once
// The posterior's part of fit.json.
#include "files/posterior_json.hpp"
#include "model/ising_posterior.hpp"

#include <optional>
#include <vector>

namespace cli {

/// What was found with a posterior.
struct PosteriorFindings {
    std::optional<predcg::CredibleInterval> magnetization, correlation;  ///< absent without draws
    std::vector<predcg::PredictiveCheck> checks;
};

/// A posterior as it is saved. Findings are written, not read back.
struct SavedPosterior {
    IsingPosterior posterior;
    double credibility = 0.95;
    PosteriorFindings findings;
};

/// Adds "posterior", "checks", and the intervals in "magnetization" and "correlation".
void add_posterior(Json& json, const SavedPosterior& saved);

/// Reads "posterior" of a fit; draws and what was said of them.
SavedPosterior posterior_from(const Json& json, const IsingFit& fit);

}  // namespace cli
