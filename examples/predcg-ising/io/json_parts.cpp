#include "io/json_parts.hpp"

namespace cli {

using namespace predcg;

std::vector<std::string> all_names(const AnyEstimate& fit) {
    std::vector<std::string> names = fit.coarse_names;
    names.insert(names.end(), fit.map_names.begin(), fit.map_names.end());
    return names;
}

Json named(const AnyEstimate& fit, const Parameters& values) {
    Json object = named(fit.coarse_names, values.theta);
    object.update(named(fit.map_names, values.eta));
    return object;
}

Json monte_carlo_of(const AnyEstimate& fit, Kernel kernel) {
    const MonteCarloReport& report = *fit.monte_carlo;
    return {{"sampler", word_for(kernels, kernel)},
            {"latent_samples", report.latent_samples},
            {"coarse_samples", report.coarse_samples},
            {"standard_errors", named(fit, report.standard_errors)},
            {"posterior_deviations", named(fit, report.posterior_deviations)},
            {"diagnostics",
             {{"averaged", report.averaged}, {"drift", named(fit, report.drift)}, {"remarks", fit.remarks}}}};
}

Json directions_of(const AnyEstimate& fit, PriorChoice prior) {
    Json list = Json::array();
    for (const Direction& d : fit.directions)
        list.push_back({{"kind", direction_kind(prior)},
                        {"information", d.information},
                        {"direction", d.text},
                        {"coefficients", named(all_names(fit), d.coefficients)}});
    return list;
}

Json model_of(const FitModel& model) {
    Json triplets = Json::array();
    for (const auto& t : model.triplets) triplets.push_back({t.m, t.n});
    Json json{{"fine_sites", model.fine_sites},
              {"coarse_sites", model.fine_sites / model.level},
              {"level", model.level},
              {"linear", model.linear},
              {"pair_range", model.pair_range},
              {"triplets", triplets},
              {"field", model.field},
              {"beta", model.beta},
              {"boundary", model.boundary == Boundary::open ? "open" : "periodic"},
              {"prior", model.prior == PriorChoice::flat ? "flat" : "weak"},
              {"letters", model.letters}};
    if (model.letters == 3) json.update({{"square", model.square}, {"quad_range", model.quad_range}});
    return json;
}

}  // namespace cli
