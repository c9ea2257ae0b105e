#include "fit_json.hpp"

#include "errors.hpp"
#include "numbers.hpp"

#include <predcg/version.hpp>

#include <nlohmann/json.hpp>

#include <array>
#include <fstream>
#include <utility>

namespace cli {

using namespace predcg;
using Json = nlohmann::ordered_json;

namespace {

constexpr std::array<Status, 4> all_statuses{Status::converged, Status::limit, Status::stopped,
                                             Status::not_identified};

Json list_of(const Vector& v) { return std::vector<double>(v.begin(), v.end()); }

Vector vector_of(const Json& list) {
    const auto values = list.get<std::vector<double>>();
    return Eigen::Map<const Vector>(values.data(), static_cast<Index>(values.size()));
}

Json named(const std::vector<std::string>& names, const Vector& values) {
    Json object = Json::object();
    for (std::size_t k = 0; k < names.size(); ++k) object[names[k]] = values[static_cast<Index>(k)];
    return object;
}

Vector values_of(const Json& object, const std::vector<std::string>& names) {
    Vector values(static_cast<Index>(names.size()));
    for (std::size_t k = 0; k < names.size(); ++k)
        values[static_cast<Index>(k)] = object.at(names[k]).get<double>();
    return values;
}

std::vector<std::string> all_names(const FitResult& fit) {
    std::vector<std::string> names = fit.coarse_names;
    names.insert(names.end(), fit.map_names.begin(), fit.map_names.end());
    return names;
}

Json directions_of(const FitResult& fit, PriorChoice prior) {
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
    return {{"fine_sites", model.fine_sites},
            {"coarse_sites", model.fine_sites / model.level},
            {"level", model.level},
            {"linear", model.linear},
            {"pair_range", model.pair_range},
            {"triplets", triplets},
            {"field", model.field},
            {"beta", model.beta},
            {"boundary", model.boundary == Boundary::open ? "open" : "periodic"},
            {"prior", model.prior == PriorChoice::flat ? "flat" : "weak"}};
}

/// A word of the file, or an InputError.
template <class T>
T word_of(const Json& json, const std::string& key, const std::vector<std::pair<std::string, T>>& words) {
    const auto text = json.at(key).get<std::string>();
    std::string allowed;
    for (const auto& [word, value] : words) {
        if (text == word) return value;
        allowed += (allowed.empty() ? "" : " or ") + word;
    }
    throw InputError(key, in_quotes(text), allowed);
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
    return model;
}

FitResult result_from(const Json& json, const FitModel& model, const ising::CoarseChain<>& coarse) {
    FitResult result;
    std::vector<std::pair<std::string, Status>> statuses;
    for (const Status status : all_statuses) statuses.emplace_back(to_string(status), status);
    result.status = word_of<Status>(json, "status", statuses);
    result.iterations = json.at("iterations").get<Index>();
    result.coarse_names = coarse.parameter_names();
    result.map_names = ising::bernoulli_map({.level = model.level}).parameter_names();
    result.parameters.theta = values_of(json.at("theta_c"), result.coarse_names);
    result.parameters.eta = values_of(json, result.map_names);
    result.beta = model.beta;
    result.data_count = json.at("samples").get<double>();
    result.log_likelihood = json.at("log_likelihood").get<double>();
    result.log_posterior = json.at("log_posterior").get<double>();
    for (const Json& d : json.at("directions"))
        result.directions.push_back({d.at("information").get<double>(),
                                     values_of(d.at("coefficients"), all_names(result)),
                                     d.at("direction").get<std::string>()});
    result.seed = json.at("seed").get<std::uint64_t>();
    return result;
}

SavedFit saved_from(const Json& json) {
    const FitModel model = model_from(json.at("model"));
    const auto coarse = coarse_chain_of(model);
    const Json &m = json.at("magnetization"), &R = json.at("correlation");
    return {model,
            json.at("samples").get<Index>(),
            IsingFit(result_from(json, model, coarse), coarse, ising::bernoulli_map({.level = model.level}),
                     TransferMatrix{}),
            {m.at("data").get<double>(), m.at("mean").get<double>(), vector_of(R.at("data")),
             vector_of(R.at("mean"))}};
}

}  // namespace

std::string json_of(const SavedFit& saved) {
    const IsingFit& fit = saved.fit;
    const Comparison& c = saved.comparison;
    Json lags = Json::array();
    for (Index l = 0; l < c.correlation_mean.size(); ++l) lags.push_back(l);
    Json json{{"status", to_string(fit.status)},
              {"iterations", fit.iterations},
              {"engine", "exact"},
              {"optimizer", "newton"},
              {"names", fit.coarse_names},
              {"theta_c", named(fit.coarse_names, fit.parameters.theta)},
              {"theta_cf", fit.map.theta_cf(fit.parameters.eta)},
              {fit.map_names.front(), fit.parameters.eta[0]},
              {"log_likelihood", fit.log_likelihood},
              {"log_posterior", fit.log_posterior},
              {"magnetization", {{"data", c.magnetization_data}, {"mean", c.magnetization_mean}}},
              {"correlation",
               {{"lag", lags}, {"data", list_of(c.correlation_data)}, {"mean", list_of(c.correlation_mean)}}},
              {"directions", directions_of(fit, saved.model.prior)},
              {"model", model_of(saved.model)},
              {"samples", saved.samples},
              {"seed", fit.seed},
              {"version", version_string}};
    return json.dump(1) + "\n";
}

SavedFit load_fit(const std::filesystem::path& path) {
    std::ifstream in(path);
    if (!in)
        throw InputError("--fit", in_quotes(path.string()) + " (it cannot be read)", "a file that fit wrote");
    try {
        return saved_from(Json::parse(in));
    } catch (const InputError& error) {
        throw InputError(path.string() + ": " + error.what());
    } catch (const std::exception& error) {  // of the JSON library, or of the models
        throw InputError(path.string() + ": no fit that predcg-ising wrote: " + error.what());
    }
}

}  // namespace cli
