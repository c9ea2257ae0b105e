#include "io/pair_json.hpp"

#include "files/agreement.hpp"
#include "files/posterior_json.hpp"
#include "molecules/words.hpp"

#include <predcg/version.hpp>

#include <cmath>
#include <utility>

namespace cli::molecules {

using namespace predcg;

namespace {

double number_within(const Json& json, const char* key, double least, double most) {
    const double value = json.at(key).get<double>();
    if (!(value >= least && value <= most))
        throw InputError(key, text_of(value), text_of(least) + " to " + text_of(most));
    return value;
}

Index count_within(const Json& json, const char* key, Index least, Index most) {
    const auto value = json.at(key).get<Index>();
    if (value < least || value > most)
        throw InputError(key, std::to_string(value), std::to_string(least) + " to " + std::to_string(most));
    return value;
}

/// Finite numbers, so many.
Vector numbers_from(const Json& json, const char* key, Index count) {
    const Vector values = vector_of(json.at(key));
    if (values.size() != count)
        throw InputError(key, std::to_string(values.size()) + " numbers", std::to_string(count));
    for (const double v : values)
        if (!std::isfinite(v)) throw InputError(key, text_of(v), "finite numbers");
    return values;
}

Schema model_schema() {
    return Schema::object({{"cutoff", Schema::number_above(0.0, 1e3)},
                           {"core", Schema::number_above(0.0, 1e3)},
                           {"core_stiffness", Schema::number(0.0, 1e12)},
                           {"intervals", Schema::integer(4, 4096)},
                           {"molecules", Schema::integer(2, 10'000'000)},
                           {"temperature", Schema::number_above(0.0, 1e6)},
                           {"box", Schema::list(Schema::number(), 3)},
                           {"masses", Schema::list(Schema::number(), 1000)},
                           {"sites", Schema::list(Schema::list(Schema::number(), 3), 1000)}});
}

/// What a potential needs.
std::vector<Schema::Field> potential_fields() {
    return {{"theta", Schema::list(Schema::number())}, {"model", model_schema()}};
}

Schema pair_schema() {
    std::vector<Schema::Field> fields = potential_fields();
    for (Schema::Field field : {Schema::Field{"status", Schema::text()},
                                {"effective_frames", Schema::number_above(0.0)},
                                {"seed", Schema::seed()},
                                {"version", Schema::text()},
                                {"posterior", posterior_schema()}})
        fields.push_back(std::move(field));
    return Schema::object(std::move(fields));
}

PairModel pair_model_from(const Json& json) {
    PairModel model;
    model.spline.cutoff = number_within(json, "cutoff", 1e-3, 1e3);
    model.spline.core = number_within(json, "core", 1e-6, model.spline.cutoff);
    model.spline.core_stiffness = number_within(json, "core_stiffness", 0.0, 1e12);
    model.spline.intervals = count_within(json, "intervals", 4, 4096);
    model.molecules = count_within(json, "molecules", 2, 10'000'000);
    model.temperature = number_within(json, "temperature", 1e-3, 1e6);
    const Vector edges = numbers_from(json, "box", 3);
    model.edges = {edges[0], edges[1], edges[2]};
    const Vector masses = vector_of(json.at("masses"));
    if (masses.size() > 1000)
        throw InputError("masses", std::to_string(masses.size()) + " numbers", "1000 at most");
    model.masses.assign(masses.begin(), masses.end());
    for (const Json& site : json.at("sites")) {
        const Vector x = vector_of(site);
        if (x.size() != 3) throw InputError("sites", std::to_string(x.size()) + " numbers", "3 of each site");
        model.sites.push_back({x[0], x[1], x[2]});
    }
    return model;
}

Json model_json(const PairModel& model) {
    Json sites = Json::array();
    for (const Point& site : model.sites) sites.push_back({site[0], site[1], site[2]});
    return {{"cutoff", model.spline.cutoff},
            {"core", model.spline.core},
            {"core_stiffness", model.spline.core_stiffness},
            {"intervals", model.spline.intervals},
            {"molecules", model.molecules},
            {"temperature", model.temperature},
            {"box", {model.edges[0], model.edges[1], model.edges[2]}},
            {"masses", model.masses},
            {"sites", sites}};
}

Json band_json(const RadialBand& band) {
    return {{"r", list_of(band.radii)},
            {"data", list_of(band.data)},
            {"data_error", list_of(band.data_error)},
            {"model", list_of(band.model)},
            {"lower", list_of(band.lower)},
            {"upper", list_of(band.upper)},
            {"rms", band.rms}};
}

Json check_json(const LiquidCheck& check) {
    return {{"statistic", check.name}, {"data", known(check.data)}, {"data_error", known(check.data_error)},
            {"model", check.model},    {"lower", check.lower},      {"upper", check.upper},
            {"z", known(check.z)},     {"p_value", check.p_value},  {"contradicted", check.contradicted},
            {"words", check.words}};
}

void add_checks(Json& json, const LiquidChecks& checks) {
    json["rdf"] = band_json(checks.bands.front());
    json["site_rdf"] = Json::object();
    for (std::size_t k = 1; k < checks.bands.size(); ++k)
        json["site_rdf"][checks.bands[k].name] = band_json(checks.bands[k]);
    json["checks"] = Json::array();
    for (const LiquidCheck& check : checks.checks) {
        json["checks"].push_back(check_json(check));
        if (check.name != "pressure") continue;
        json["pressure"] = {{"model", check.model},
                            {"lower", check.lower},
                            {"upper", check.upper},
                            {"data", known(check.data)}};
    }
    json["summary"] = checks.summary();
    const LatentNoise& noise = checks.noise;
    json["score_test"] = {{"score", known(noise.score)},
                          {"standard_error", known(noise.standard_error)},
                          {"z", known(noise.z)},
                          {"p_value", known(noise.p_value)},
                          {"found", noise.found},
                          {"variance", known(noise.variance)},
                          {"variance_error", known(noise.variance_error)},
                          {"words", noise.words}};
    json["remarks"] = checks.remarks;
}

}  // namespace

std::string json_of(const LearntPair& learnt, const std::optional<LiquidChecks>& checks,
                    const PairSettings& settings) {
    const PairModel& model = learnt.saved.model;
    const auto frames = static_cast<double>(learnt.frames);
    Json json{{"status", to_string(learnt.status)},
              {"rounds", learnt.rounds},
              {"frames", learnt.frames},
              {"effective_frames", frames / learnt.autocorrelation_time},
              {"knots", list_of(model.knots())},
              {"theta", list_of(learnt.saved.theta())},
              {"theta_sd", list_of(learnt.sd)},
              {"credibility", settings.credibility},
              {"r", list_of(learnt.band.r)},
              {"u", list_of(learnt.band.u)},
              {"u_lower", list_of(learnt.band.lower)},
              {"u_upper", list_of(learnt.band.upper)},
              {"smoothness", {{"sd", learnt.smoothness.sd}, {"decay", learnt.smoothness.decay}}},
              {"samples", learnt.samples},
              {"independent_samples", learnt.independent_samples}};
    if (checks) add_checks(json, *checks);
    json["model"] = model_json(model);
    json["posterior"] = moments_json(learnt.saved.posterior);
    json["posterior"].update(draws_json(learnt.saved.posterior, settings.credibility));
    json["seed"] = settings.seed;
    json["version"] = version_string;
    return sealed(std::move(json), result_format);
}

std::string json_of(const LiquidChecks& checks, Index frames) {
    Json json{{"frames", frames}};
    add_checks(json, checks);
    json["version"] = version_string;
    return json.dump(1) + "\n";
}

std::string json_of(const Columns& rows, double cutoff) {
    const Json json{{"r", list_of(rows.x)},
                    {"u", list_of(rows.u)},
                    {"f", list_of(rows.f)},
                    {"cutoff", cutoff},
                    {"units", {{"r", "nm"}, {"u", "kJ/mol"}, {"f", "kJ/(mol nm)"}}},
                    {"version", version_string}};
    return json.dump(1) + "\n";
}

namespace {

constexpr const char* a_pair_fit = "a file that predcg-molecule pair fit wrote";

/// What the parts say of each other.
void require_agreement(const Part& fit, const PairModel& model) {
    if (fit.has("knots")) {
        const Vector knots = model.knots();
        fit.at("knots").require_size(static_cast<std::size_t>(knots.size()), "model.intervals");
        for (Index k = 0; k < knots.size(); ++k)
            fit.at("knots").at(static_cast<std::size_t>(k)).require_number(knots[k], "model");
    }
    if (fit.has("frames")) {
        const Part effective = fit.at("effective_frames"), frames = fit.at("frames");
        effective.require(frames.value().is_number() &&
                              effective.value().get<double>() <= frames.value().get<double>() * (1.0 + 1e-9),
                          "at most frames, " + shortened(frames.value()));
    }
}

SavedPair saved_pair(const Json& json) {
    const PairModel model = pair_model_from(json.at("model"));
    const pair::SplinePotential potential = model.potential();
    require_agreement(Part(json), model);
    Estimate fit;
    fit.coarse_names = potential.parameter_names();
    fit.parameters = {numbers_from(json, "theta", potential.parameter_count()), Vector(0)};
    fit.beta = model.beta();
    fit.data_count = json.at("effective_frames").get<double>();
    SavedPair saved{model, posterior_result_from(json.at("posterior"), fit)};
    if (json.contains("credibility"))
        Part(json)
            .at("credibility")
            .require_number(json.at("posterior").at("credibility").get<double>(), "posterior.credibility");
    return saved;
}

AnyPair saved_potential(const Json& json) {
    const pair::SplinePotential potential = pair_model_from(json.at("model")).potential();
    return AnyPair(pair::at(potential, numbers_from(json, "theta", potential.parameter_count())));
}

}  // namespace

SavedPair pair_from(const std::string& text, const std::string& name) {
    static const Schema schema = pair_schema();
    return read_json(text, name, a_pair_fit, schema, saved_pair);
}

SavedPair load_pair(const std::string& path) {
    return pair_from(text_of_file(path, "--fit", a_pair_fit), path);
}

AnyPair pair_potential_from(const std::string& text, const std::string& name) {
    static const Schema schema = Schema::object(potential_fields());
    return read_json(text, name, a_pair_fit, schema, saved_potential);
}

AnyPair load_pair_potential(const std::string& path) {
    return pair_potential_from(text_of_file(path, "--fit", a_pair_fit), path);
}

}  // namespace cli::molecules
