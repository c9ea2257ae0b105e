#include "io/json_parts.hpp"

#include <cmath>
#include <limits>

namespace cli {

using namespace predcg;

Json list_of(const Vector& v) { return std::vector<double>(v.begin(), v.end()); }

Json known(double value) { return std::isfinite(value) ? Json(value) : Json(); }
Json known(const std::optional<double>& value) { return value ? known(*value) : Json(); }

double value_of(const Json& json) {
    return json.is_null() ? std::numeric_limits<double>::quiet_NaN() : json.get<double>();
}
std::optional<double> known_value(const Json& json) {
    return json.is_null() ? std::nullopt : std::optional(json.get<double>());
}
Vector vector_of(const Json& list) {
    const auto values = list.get<std::vector<double>>();
    return Eigen::Map<const Vector>(values.data(), static_cast<Index>(values.size()));
}
Vector values_of(const Json& object, const std::vector<std::string>& names) {
    Vector values(static_cast<Index>(names.size()));
    for (std::size_t k = 0; k < names.size(); ++k)
        values[static_cast<Index>(k)] = value_of(object.at(names[k]));
    return values;
}

Json named(const std::vector<std::string>& names, const Vector& values) {
    Json object = Json::object();
    for (std::size_t k = 0; k < names.size(); ++k) object[names[k]] = known(values[static_cast<Index>(k)]);
    return object;
}

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
