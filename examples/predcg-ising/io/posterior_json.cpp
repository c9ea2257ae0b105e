#include "io/posterior_json.hpp"

namespace cli {

using namespace predcg;

namespace {

/// Mean and central interval of theta_cf.
Json theta_cf_of(const IsingPosterior& posterior, double credibility) {
    Vector values(posterior.draw_count());
    for (Index k = 0; k < values.size(); ++k) values[k] = posterior.map.theta_cf(posterior.parameters(k).eta);
    if (values.size() == 0) return nullptr;
    return {{"mean", statistics::mean(values)},
            {"lower", statistics::quantile(values, 0.5 * (1.0 - credibility))},
            {"upper", statistics::quantile(values, 0.5 * (1.0 + credibility))}};
}

}  // namespace

void add_posterior(Json& json, const SavedPosterior& saved) {
    const IsingPosterior& posterior = saved.posterior;
    if (saved.findings.magnetization) add_interval(json["magnetization"], *saved.findings.magnetization);
    if (saved.findings.correlation) add_interval(json["correlation"], *saved.findings.correlation);
    json["checks"] = checks_json(saved.findings.checks);
    Json& part = json["posterior"];
    part = moments_json(posterior);
    if (posterior.map.has_theta_cf()) part["theta_cf"] = theta_cf_of(posterior, saved.credibility);
    part.update(draws_json(posterior, saved.credibility));
}

SavedPosterior posterior_from(const Json& json, const IsingFit& fit) {
    return {IsingPosterior(posterior_result_from(json, fit), fit.coarse, fit.map, fit.engine),
            json.at("credibility").get<double>(),
            {}};
}

}  // namespace cli
