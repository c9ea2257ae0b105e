#pragma once
// The posterior's part of fit.json.
#include "model/ising_posterior.hpp"

#include <nlohmann/json.hpp>

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
void add_posterior(nlohmann::ordered_json& json, const SavedPosterior& saved);

/// Method, names, moments of a posterior; and its draws, with what is said of them.
nlohmann::ordered_json moments_json(const predcg::PosteriorResult& posterior);
nlohmann::ordered_json draws_json(const predcg::PosteriorResult& posterior, double credibility);

/// Reads both, of the parameters of a fit. Throws InputError for other numbers of rows, or rows of different
/// lengths.
predcg::PosteriorResult posterior_result_from(const nlohmann::ordered_json& json,
                                              const predcg::Estimate& fit);
/// Reads "posterior" of a fit; draws and what was said of them.
SavedPosterior posterior_from(const nlohmann::ordered_json& json, const IsingFit& fit);

nlohmann::ordered_json json_of(const predcg::EffectiveData& data);

/// Adds mean, bounds and errors of an interval: numbers for one component, arrays for several.
void add_interval(nlohmann::ordered_json& json, const predcg::CredibleInterval& interval);

}  // namespace cli
