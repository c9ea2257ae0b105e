#include "io/fit_json.hpp"

#include "basics/errors.hpp"
#include "basics/numbers.hpp"
#include "files/agreement.hpp"
#include "io/json_parts.hpp"

#include <predcg/version.hpp>

#include <nlohmann/json.hpp>

#include <array>
#include <cmath>
#include <fstream>
#include <limits>
#include <utility>

namespace cli {

using namespace predcg;

namespace {

constexpr std::array<Status, 4> all_statuses{Status::converged, Status::limit, Status::stopped,
                                             Status::not_identified};

Parameters parameters_of(const Json& object, const AnyEstimate& fit) {
    return {values_of(object, fit.coarse_names), values_of(object, fit.map_names)};
}

MonteCarloReport report_from(const Json& json, const AnyEstimate& fit) {
    const Json& diagnostics = json.at("diagnostics");
    const auto unknown = [](std::size_t count) {
        return Vector(Vector::Constant(static_cast<Index>(count), std::numeric_limits<double>::quiet_NaN()));
    };
    return {parameters_of(json.at("standard_errors"), fit),
            parameters_of(diagnostics.at("drift"), fit),
            json.contains("posterior_deviations")  // absent from older files
                ? parameters_of(json.at("posterior_deviations"), fit)
                : Parameters{unknown(fit.coarse_names.size()), unknown(fit.map_names.size())},
            diagnostics.at("averaged").get<Index>(),
            json.at("latent_samples").get<Index>(),
            json.at("coarse_samples").get<Index>()};
}

}  // namespace

Index letters_of(const Json& json) {
    for (const auto& [word, count] : letter_counts)
        if (json == count) return count;
    throw InputError("letters", json.dump(), "2 or 3");
}

Schema model_schema() {
    const Schema range = Schema::integer(0, 1'000'000);
    return Schema::object({{"fine_sites", Schema::integer(1, 1'000'000'000)},
                           Schema::optional("level", Schema::integer(1, 1'000'000'000)),
                           {"linear", Schema::boolean()},
                           {"pair_range", range},
                           {"triplets", Schema::list(Schema::pair(Schema::integer(1, 1'000'000)), 1000)},
                           {"field", Schema::number()},
                           {"beta", Schema::number_above(0.0)},
                           {"boundary", Schema::word({"periodic", "open"})},
                           {"prior", Schema::word({"weak", "flat"})},
                           Schema::optional("square", Schema::boolean()),
                           Schema::optional("quad_range", range)});
}

FitModel model_from(const Json& json) {
    FitModel model;
    model.fine_sites = json.at("fine_sites").get<Index>();
    model.level = json.at("level").get<Index>();
    model.linear = json.at("linear").get<bool>();
    model.pair_range = json.at("pair_range").get<Index>();
    for (const Json& t : json.at("triplets")) model.triplets.push_back({t.at(0), t.at(1)});
    model.field = json.at("field").get<double>();
    model.beta = json.at("beta").get<double>();
    model.boundary =
        word_of<Boundary>(json, "boundary", {{"periodic", Boundary::periodic}, {"open", Boundary::open}});
    model.prior =
        word_of<PriorChoice>(json, "prior", {{"weak", PriorChoice::weak}, {"flat", PriorChoice::flat}});
    if (json.contains("letters")) model.letters = letters_of(json.at("letters"));
    if (model.letters == 3) {
        for (const char* key : {"square", "quad_range"}) (void)Part(json, "model").at(key);
        model.square = json.at("square").get<bool>();
        model.quad_range = json.at("quad_range").get<Index>();
    }
    return model;
}

/// What says which map it is; files without are of the Bernoulli map.
void read_map(const Json& json, FitModel& model) {
    model.map = word_of(json, "name", maps);
    if (!is_logistic(model.map)) return;
    (void)Part(json, "map").at("link");
    model.probit = word_of<bool>(json, "link", {{"logit", false}, {"probit", true}});
}

namespace {

/// Keys of the map: theta_cf where there is one, else its name and parameters.
void add_map(Json& json, const SavedFit& saved) {
    const IsingFit& fit = saved.fit;
    if (fit.map.has_theta_cf()) {
        json["theta_cf"] = fit.map.theta_cf(fit.parameters.eta);
        json[fit.map_names.front()] = fit.parameters.eta[0];
        return;
    }
    Json map{{"name", word_for(maps, saved.model.map)}};
    if (is_logistic(saved.model.map)) map["link"] = saved.model.probit ? "probit" : "logit";
    map["parameters"] = named(fit.map_names, fit.parameters.eta);
    json["map"] = std::move(map);
}

AnyEstimate result_from(const Json& json, const FitModel& model, const ChosenChain& coarse) {
    AnyEstimate result;
    Choices<Status> statuses;
    for (const Status status : all_statuses) statuses.emplace_back(to_string(status), status);
    result.status = word_of<Status>(json, "status", statuses);
    result.iterations = json.at("iterations").get<Index>();
    result.coarse_names = coarse.parameter_names();
    result.map_names = map_of(model).parameter_names();
    result.parameters.theta = values_of(json.at("theta_c"), result.coarse_names);
    result.parameters.eta =
        values_of(model.has_theta_cf() ? json : json.at("map").at("parameters"), result.map_names);
    result.beta = model.beta;
    result.data_count = json.at("effective_samples").get<double>();
    result.log_likelihood = known_value(json.at("log_likelihood"));
    result.log_posterior = known_value(json.at("log_posterior"));
    for (const Json& d : json.at("directions"))
        result.directions.push_back({d.at("information").get<double>(),
                                     values_of(d.at("coefficients"), all_names(result)),
                                     d.at("direction").get<std::string>()});
    result.seed = json.at("seed").get<std::uint64_t>();
    if (json.contains("monte_carlo")) {
        result.monte_carlo = report_from(json.at("monte_carlo"), result);
        result.remarks =
            json.at("monte_carlo").at("diagnostics").value("remarks", std::vector<std::string>{});
    }
    return result;
}

FitMethod method_from(const Json& json) {
    FitMethod method;
    method.engine = word_of(json, "engine", engines);
    method.optimizer = word_of(json, "optimizer", optimizers);
    if (method.engine == Engine::exact) return method;
    const Json& monte_carlo = json.at("monte_carlo");
    method.kernel = word_of(monte_carlo, "sampler", kernels);
    method.latent_samples = monte_carlo.at("latent_samples").get<Index>();
    method.coarse_samples = monte_carlo.at("coarse_samples").get<Index>();
    return method;
}

Schema fit_schema() {
    const Schema number = Schema::number_or_null(), named = Schema::map(number), known = Schema::number(),
                 all_known = Schema::list(known);
    Schema::Field diagnostics{
        "diagnostics", Schema::object({{"averaged", Schema::integer(0)},
                                       {"drift", named},
                                       Schema::optional("remarks", Schema::list(Schema::text(), 1000))})};
    std::vector<std::string> statuses;
    for (const Status status : all_statuses) statuses.emplace_back(to_string(status));
    return Schema::object(
        {{"status", Schema::word(std::move(statuses))},
         {"iterations", Schema::integer(0)},
         {"engine", Schema::word(words_of(engines))},
         {"optimizer", Schema::word(words_of(optimizers))},
         {"theta_c", named},
         Schema::optional("theta_cf", Schema::number(0.0, 1.0)),
         Schema::optional("logit_theta_cf", Schema::number()),
         Schema::optional("map", Schema::object({{"name", Schema::text()},
                                                 Schema::optional("link", Schema::text()),
                                                 {"parameters", named}})),
         {"log_likelihood", number},
         {"log_posterior", number},
         {"magnetization",
          Schema::object({{"data", known}, {"mean", known}, Schema::optional("standard_error", number)})},
         {"correlation", Schema::object({{"data", all_known},
                                         {"mean", all_known},
                                         Schema::optional("standard_error", Schema::list(number))})},
         {"directions",
          Schema::list(Schema::object(
                           {{"information", known}, {"direction", Schema::text()}, {"coefficients", named}}),
                       1'000'000)},
         {"model", model_schema()},
         {"samples", Schema::integer(1)},
         {"effective_samples", Schema::number_above(0.0)},
         {"seed", Schema::seed()},
         {"version", Schema::text()},
         Schema::optional("monte_carlo", Schema::object({{"sampler", Schema::text()},
                                                         {"latent_samples", Schema::integer(0)},
                                                         {"coarse_samples", Schema::integer(0)},
                                                         {"standard_errors", named},
                                                         Schema::optional("posterior_deviations", named),
                                                         std::move(diagnostics)})),
         Schema::optional("posterior", posterior_schema())});
}

/// The parameters of the map: theta_cf in two words, or those of a map with a name.
void require_map(const Part& fit, const FitModel& model, const std::vector<std::string>& names) {
    if (!model.has_theta_cf()) return fit.at("map").at("parameters").require_numbers(names);
    for (const std::string& name : names) (void)fit.at(name);
    if (!fit.has("theta_cf")) return;
    const double theta_cf = fit.at("theta_cf").value().get<double>();
    const double expected = 1.0 / (1.0 + std::exp(-fit.at(names.front()).value().get<double>()));
    fit.at("theta_cf")
        .require(std::abs(theta_cf - expected) <= 1e-9,
                 text_of(expected) + ", as " + names.front() + " says");
}

void require_comparison(const Part& fit) {
    const Part m = fit.at("magnetization"), R = fit.at("correlation");
    const std::size_t lags = R.at("mean").value().size();
    for (const char* key : {"data", "lag", "standard_error"})
        if (R.has(key)) R.at(key).require_size(lags, R.at("mean").place());
    if (R.has("lag"))
        for (std::size_t l = 0; l < lags; ++l)
            R.at("lag").at(l).require_count(static_cast<Index>(l), "its place");
    if (m.has("standard_error") || R.has("standard_error"))
        for (const Part& part : {m, R}) (void)part.at("standard_error");
    for (const Part& part : {m, R})
        for (const char* key : {"data", "mean"}) part.at(key).require_within(-1.0, 1.0);
}

/// What the parts say of each other.
void require_agreement(const Part& fit, const FitModel& model, const ChosenChain& coarse) {
    const std::vector<std::string> names = coarse.parameter_names(), of_map = map_of(model).parameter_names();
    std::vector<std::string> all = names;
    all.insert(all.end(), of_map.begin(), of_map.end());
    if (fit.has("names")) fit.at("names").require_names(names);
    fit.at("theta_c").require_numbers(names);
    require_map(fit, model, of_map);
    if (fit.at("model").has("coarse_sites"))
        fit.at("model")
            .at("coarse_sites")
            .require_count(model.fine_sites / model.level, "fine_sites / level");
    const Part effective = fit.at("effective_samples");
    const auto samples = fit.at("samples").value().get<double>();
    effective.require(effective.value().get<double>() <= samples * (1.0 + 1e-9),
                      "at most samples, " + text_of(samples));
    require_comparison(fit);
    const Part directions = fit.at("directions");
    for (std::size_t k = 0; k < directions.value().size(); ++k)
        directions.at(k).at("coefficients").require_keys(all);
    if (fit.at("engine").value() != word_for(engines, Engine::exact)) (void)fit.at("monte_carlo");
    if (!fit.has("monte_carlo")) return;
    const Part sampled = fit.at("monte_carlo");
    sampled.at("standard_errors").require_keys(all);
    sampled.at("diagnostics").at("drift").require_keys(all);
    if (sampled.has("posterior_deviations"))  // absent from older files
        sampled.at("posterior_deviations").require_keys(all);
}

SavedFit saved_from(const Json& json) {
    const Part fit(json);
    (void)fit.at("model").at("level");  // which a hierarchy's model does not have
    FitModel model = model_from(json.at("model"));
    if (json.contains("map")) read_map(json.at("map"), model);
    const auto coarse = coarse_chain_of(model);
    require_agreement(fit, model, coarse);
    const Json &m = json.at("magnetization"), &R = json.at("correlation");
    SavedFit saved{model,
                   method_from(json),
                   json.at("samples").get<Index>(),
                   IsingFit(result_from(json, model, coarse), coarse, map_of(model), TransferMatrix{}),
                   {m.at("data").get<double>(), m.at("mean").get<double>(), vector_of(R.at("data")),
                    vector_of(R.at("mean"))}};
    if (m.contains("standard_error")) {
        saved.comparison.magnetization_error = value_of(m.at("standard_error"));
        saved.comparison.correlation_error = vector_of(R.at("standard_error"));
    }
    if (json.contains("posterior")) saved.posterior = posterior_from(json.at("posterior"), saved.fit);
    return saved;
}

}  // namespace

std::string json_of(const SavedFit& saved) {
    const IsingFit& fit = saved.fit;
    const Comparison& c = saved.comparison;
    Json lags = Json::array();
    for (Index l = 0; l < c.correlation_mean.size(); ++l) lags.push_back(l);
    Json json{{"status", to_string(fit.status)},
              {"iterations", fit.iterations},
              {"engine", word_for(engines, saved.method.engine)},
              {"optimizer", word_for(optimizers, saved.method.optimizer)},
              {"names", fit.coarse_names},
              {"theta_c", named(fit.coarse_names, fit.parameters.theta)}};
    add_map(json, saved);
    json.update(
        {{"log_likelihood", known(fit.log_likelihood)},
         {"log_posterior", known(fit.log_posterior)},
         {"magnetization", {{"data", c.magnetization_data}, {"mean", c.magnetization_mean}}},
         {"correlation",
          {{"lag", lags}, {"data", list_of(c.correlation_data)}, {"mean", list_of(c.correlation_mean)}}},
         {"directions", directions_of(fit, saved.model.prior)},
         {"model", model_of(saved.model)},
         {"samples", saved.samples},
         {"effective_samples", fit.data_count},
         {"seed", fit.seed},
         {"version", version_string}});
    if (c.magnetization_error) {
        json["magnetization"]["standard_error"] = *c.magnetization_error;
        json["correlation"]["standard_error"] = list_of(c.correlation_error);
    }
    if (fit.monte_carlo) json["monte_carlo"] = monte_carlo_of(fit, saved.method.kernel);
    if (saved.trajectory) json["trajectory"] = json_of(*saved.trajectory);
    if (saved.posterior) add_posterior(json, *saved.posterior);
    return sealed(std::move(json), result_format);
}

namespace {

constexpr const char* a_fit = "a fit that predcg-ising wrote";

}  // namespace

SavedFit fit_from(const std::string& text, const std::string& name) {
    static const Schema schema = fit_schema();
    return read_json(text, name, a_fit, schema, saved_from);
}

SavedFit load_fit(const std::filesystem::path& path) {
    return fit_from(text_of_file(path, "--fit", a_fit), path.string());
}

}  // namespace cli
