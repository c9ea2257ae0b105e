#include "io/hierarchy_json.hpp"

#include "basics/errors.hpp"
#include "basics/numbers.hpp"
#include "files/agreement.hpp"
#include "io/fit_json.hpp"
#include "io/json_parts.hpp"
#include "io/posterior_json.hpp"

#include <predcg/version.hpp>

#include <cmath>
#include <fstream>
#include <utility>

namespace cli {

using namespace predcg;

namespace {

Json map_json(const HierarchyModel& model) {
    Json map{{"name", word_for(maps, model.of.map)}};
    if (is_logistic(model.of.map)) map["link"] = model.of.probit ? "probit" : "logit";
    return map;
}

Json level_json(const SavedHierarchy& saved, std::size_t k) {
    const HierarchyPart& part = saved.found.levels[k];
    Json map = map_json(saved.model);
    map["parameters"] = named(part.fit.map_names, part.fit.parameters.eta);
    Json json{
        {"level", k + 1},
        {"sites", saved.model.sites(k + 1)},
        {"block", saved.model.levels[k]},
        {"status", to_string(part.fit.status)},
        {"iterations", part.fit.iterations},
        {"theta_c", part.has_theta ? named(part.fit.coarse_names, part.fit.parameters.theta) : Json(nullptr)},
        {"map", std::move(map)},
        {"log_likelihood", known(part.fit.log_likelihood)},
        {"log_posterior", known(part.fit.log_posterior)},
        {"directions", directions_of(part.fit, PriorChoice::weak)}};
    if (part.posterior) {
        json["posterior"] = moments_json(*part.posterior);
        json["posterior"]["reliable"] = part.posterior->reliable;
        json["posterior"]["remarks"] = part.posterior->remarks;
    }
    return json;
}

Json flow_json(const std::vector<FlowLevel>& flow) {
    Json levels = Json::array();
    for (const FlowLevel& level : flow) {
        Json couplings = Json::object();
        for (std::size_t j = 0; j < level.names.size(); ++j) {
            const auto at = static_cast<Index>(j);
            couplings[level.names[j]] = {{"value", known(level.couplings[at])},
                                         {"sd", known(level.sd[at])},
                                         {"lower", known(level.lower[at])},
                                         {"upper", known(level.upper[at])}};
        }
        levels.push_back({{"sites", level.sites}, {"couplings", std::move(couplings)}});
    }
    return levels;
}

/// What a level says of the model and of its map.
void require_level(const Part& level, const HierarchyModel& model, std::size_t k) {
    const std::vector<std::string> names = level_chain(model, model.sites(k + 1)).parameter_names(),
                                   of_map = level_map(model, k).parameter_names();
    if (level.has("level")) level.at("level").require_count(static_cast<Index>(k) + 1, "its place");
    if (level.has("sites")) level.at("sites").require_count(model.sites(k + 1), "model.levels");
    if (level.has("block")) level.at("block").require_count(model.levels[k], "model.levels");
    const Part map = level.at("map");
    const Json expected = map_json(model);
    for (const auto& [key, word] : expected.items())
        if (map.has(key)) map.at(key).require(map.at(key).value() == word, word.dump() + ", as map has");
    map.at("parameters").require_numbers(of_map);
    std::vector<std::string> all;
    // Where all levels are learnt at once, those below the last have no theta_c.
    if (k + 1 == model.count() || (level.has("theta_c") && !level.at("theta_c").value().is_null())) {
        level.at("theta_c").require_numbers(names);
        all = names;
    }
    all.insert(all.end(), of_map.begin(), of_map.end());
    if (level.has("directions"))
        for (std::size_t d = 0; d < level.at("directions").value().size(); ++d)
            level.at("directions").at(d).at("coefficients").require_keys(all);
    if (level.has("posterior")) require_moments(level.at("posterior"), all);
}

/// What the parts say of each other.
void require_agreement(const Part& hierarchy, const HierarchyModel& model) {
    const Part levels = hierarchy.at("levels");
    levels.require_size(model.count(), "model.levels");
    for (std::size_t k = 0; k < model.count(); ++k) require_level(levels.at(k), model, k);
}

HierarchyModel hierarchy_model_from(const Json& json) {
    HierarchyModel model;
    Json of = json.at("model");
    (void)Part(of, "model").at("levels");
    for (const Json& level : of.at("levels")) {
        model.levels.push_back(level.get<Index>());
        if (!level.is_number_integer() || model.levels.back() < 2)
            throw InputError("levels", level.dump(), "integers >= 2");
    }
    of["level"] = 1;  // model_from reads that of a fit
    model.of = model_from(of);
    read_map(json.at("map"), model.of);
    model.mode = word_of(json, "mode", hierarchy_modes);
    if (model.levels.empty()) throw InputError("levels", "[]", "one integer or more");
    if (!(model.of.beta > 0.0 && std::isfinite(model.of.beta)))
        throw InputError("beta", json.at("model").at("beta").dump(), "a number > 0");
    check_hierarchy(model);
    return model;
}

Schema hierarchy_schema() {
    const Schema named = Schema::map(Schema::number_or_null());
    return Schema::object(
        {{"mode", Schema::text()},
         {"model", model_schema()},
         {"map", Schema::object({{"name", Schema::text()}, Schema::optional("link", Schema::text())})},
         {"levels",
          Schema::list(
              Schema::object({{"map", Schema::object({{"parameters", named}})},
                              Schema::optional("directions",
                                               Schema::list(Schema::object({{"coefficients", named}}), 1000)),
                              Schema::optional("posterior", Schema::object(moments_fields()))}),
              64)},
         {"samples", Schema::integer(1)},
         {"seed", Schema::seed()},
         {"version", Schema::text()},
         Schema::optional("posterior", posterior_schema())});
}

SavedHierarchy saved_hierarchy(const Json& json) {
    SavedHierarchy saved;
    saved.model = hierarchy_model_from(json);
    const HierarchyModel& model = saved.model;
    saved.samples = json.at("samples").get<Index>();
    const Json& levels = json.at("levels");
    require_agreement(Part(json), model);
    Estimate& whole = saved.found.whole;
    whole.coarse_names = level_chain(model, model.sites(model.count())).parameter_names();
    whole.parameters.theta = values_of(levels.back().at("theta_c"), whole.coarse_names);
    for (std::size_t k = 0; k < model.count(); ++k) {
        const auto names = level_map(model, k).parameter_names();
        for (const std::string& name : names)
            whole.map_names.push_back("level_" + std::to_string(k + 1) + "." + name);
        whole.parameters.eta =
            linalg::joined(whole.parameters.eta, values_of(levels[k].at("map").at("parameters"), names));
    }
    whole.beta = model.of.beta;
    if (!json.contains("posterior")) return saved;
    saved.credibility = json.at("posterior").at("credibility").get<double>();
    saved.found.posterior = posterior_result_from(json.at("posterior"), whole);
    if (json.contains("credibility"))
        Part(json).at("credibility").require_number(saved.credibility, "posterior.credibility");
    // Throws where the draws are not those of the model.
    hierarchy_at(model, *saved.found.posterior, 0, model.of.fine_sites);
    return saved;
}

}  // namespace

std::string json_of(const SavedHierarchy& saved) {
    const LearntHierarchy& found = saved.found;
    Json model = model_of(saved.model.of);
    for (const char* of_a_fit : {"level", "coarse_sites"}) model.erase(of_a_fit);
    model["levels"] = saved.model.levels;
    Json levels = Json::array();
    for (std::size_t k = 0; k < found.levels.size(); ++k) levels.push_back(level_json(saved, k));
    Json json{{"status", to_string(found.status)},
              {"mode", word_for(hierarchy_modes, saved.model.mode)},
              {"model", std::move(model)},
              {"map", map_json(saved.model)},
              {"log_likelihood", known(found.log_likelihood)},
              {"levels", std::move(levels)},
              {"flow", flow_json(found.flow)},
              {"remarks", found.remarks}};
    if (found.posterior) {
        json["posterior"] = moments_json(*found.posterior);
        json["posterior"].update(draws_json(*found.posterior, saved.credibility));
    }
    json.update({{"credibility", saved.credibility},
                 {"samples", saved.samples},
                 {"seed", saved.seed},
                 {"version", version_string}});
    return sealed(std::move(json), result_format);
}

namespace {

constexpr const char* a_hierarchy = "a hierarchy that predcg-ising wrote";

/// A file that has levels; nothing for others: what is wrong with those, load_fit says.
std::optional<Json> with_levels(const std::string& text) {
    try {
        Json json = parsed(text);
        if (json.contains("levels")) return json;
    } catch (const InputError&) {
    }
    return std::nullopt;
}

}  // namespace

std::optional<SavedHierarchy> hierarchy_from(const std::string& text, const std::string& name) {
    static const Schema schema = hierarchy_schema();
    std::optional<Json> json = with_levels(text);
    if (!json) return std::nullopt;
    return with_name(name, a_hierarchy,
                     [&] { return saved_hierarchy(unsealed(std::move(*json), result_format, schema)); });
}

std::optional<SavedHierarchy> load_hierarchy(const std::filesystem::path& path) {
    std::string text;
    try {
        text = text_of_file(path, "--fit", a_hierarchy);
    } catch (const InputError&) {
        return std::nullopt;  // load_fit says the same
    }
    return hierarchy_from(text, path.string());
}

}  // namespace cli
