#pragma once
// Posteriors, intervals and checks in JSON files.
#include "files/json.hpp"

#include <predcg/judge/checks.hpp>
#include <predcg/judge/effective_data.hpp>
#include <predcg/posterior/posterior.hpp>
#include <predcg/predict/credible_interval.hpp>

#include <vector>

namespace cli {

/// Method, names, moments of a posterior; and its draws, with what is said of them.
Json moments_json(const predcg::PosteriorResult& posterior);
Json draws_json(const predcg::PosteriorResult& posterior, double credibility);

/// What a file has of a posterior; and of its moments alone.
Schema posterior_schema();
std::vector<Schema::Field> moments_fields();

/// Reads both, of the parameters of a fit. Throws InputError where they do not agree with it or with each
/// other (require_posterior).
predcg::PosteriorResult posterior_result_from(const Json& json, const predcg::Estimate& fit);

Json checks_json(const std::vector<predcg::PredictiveCheck>& checks);

Json json_of(const predcg::EffectiveData& data);

/// Adds mean, bounds and errors of an interval: numbers for one component, arrays for several.
void add_interval(Json& json, const predcg::CredibleInterval& interval);

}  // namespace cli
