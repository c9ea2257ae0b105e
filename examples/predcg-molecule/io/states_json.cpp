#include "io/states_json.hpp"

#include "files/agreement.hpp"
#include "files/posterior_json.hpp"

#include <predcg/version.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace cli::molecules {

using namespace predcg;

namespace {

/// Averages that are one number, by the place they have.
constexpr std::array<std::pair<const char*, StatesPrediction::Place>, 6> numbers{
    {{"mean_gauche", StatesPrediction::gauche},
     {"same_per_chain", StatesPrediction::same},
     {"opposite_per_chain", StatesPrediction::opposite},
     {"squared_end_to_end", StatesPrediction::end_to_end},
     {"squared_gyration", StatesPrediction::gyration},
     {"characteristic_ratio", StatesPrediction::characteristic_ratio}}};

Json averages_json(const Vector& values) {
    Json json;
    for (const auto& [name, place] : numbers) json[name] = values[place];
    json["trans_fraction_by_site"] = list_of(values.tail(values.size() - StatesPrediction::trans));
    return json;
}

Json prediction_json(const StatesPrediction& prediction) {
    Json json = averages_json(prediction.values);
    if (!prediction.interval) return json;
    const CredibleInterval& interval = *prediction.interval;
    json["credibility"] = interval.credibility;
    json["reliable"] = interval.reliable;
    json["remarks"] = interval.remarks;
    json["posterior_mean"] = averages_json(interval.mean);
    json["posterior_sd"] = averages_json(interval.sd);
    json["lower"] = averages_json(interval.lower);
    json["upper"] = averages_json(interval.upper);
    return json;
}

Vector joined(const Parameters& p) {
    Vector all(p.theta.size() + p.eta.size());
    all << p.theta, p.eta;
    return all;
}

std::vector<std::string> names_of_all(const Estimate& fit) {
    std::vector<std::string> names = fit.coarse_names;
    names.insert(names.end(), fit.map_names.begin(), fit.map_names.end());
    return names;
}

/// Energies and the map's parameters; behind them are those of lengths and angles.
constexpr Index of_states = 6;

/// What the parts say of each other.
void require_agreement(const Part& fit, const std::vector<std::string>& names, double beta) {
    const std::vector<std::string> of_estimate(names.begin(), names.begin() + of_states),
        of_geometry(names.begin() + of_states, names.end());
    if (fit.has("names")) fit.at("names").require_names(of_estimate);
    fit.at("estimate").require_numbers(of_estimate);
    fit.at("geometry").require_numbers(of_geometry);
    if (fit.has("beta")) fit.at("beta").require_number(beta, "temperature");
}

double positive(const Json& json, const char* key) {
    const double value = json.at(key).get<double>();
    if (!(value > 0.0) || !std::isfinite(value)) throw InputError(key, text_of(value), "a finite number > 0");
    return value;
}

Schema states_schema() {
    const Schema named = Schema::map(Schema::number_or_null());
    return Schema::object({{"status", Schema::text()},
                           {"temperature", Schema::number_above(0.0)},
                           {"sites", Schema::integer(5, most_sites)},
                           {"estimate", named},
                           {"geometry", named},
                           {"effective_frames", Schema::number_above(0.0)},
                           {"seed", Schema::seed()},
                           {"version", Schema::text()},
                           Schema::optional("posterior", posterior_schema())});
}

SavedStates saved_states(const Json& json) {
    const double temperature = positive(json, "temperature");
    const auto sites = json.at("sites").get<Index>();
    if (sites < 5 || sites > most_sites)
        throw InputError("sites", std::to_string(sites), "5 to " + std::to_string(most_sites));
    const StatesChain chain = chain_of(sites);
    const StatesMap map = map_of_molecules();
    ExactEstimate estimate;
    estimate.coarse_names = chain.parameter_names();
    estimate.map_names = map.parameter_names();
    std::vector<std::string> names = names_of_all(estimate);
    require_agreement(Part(json), names, 1.0 / (boltzmann_constant * temperature));
    Vector values(std::ssize(names));
    for (std::size_t k = 0; k < names.size(); ++k)
        values[static_cast<Index>(k)] =
            json.at(static_cast<Index>(k) < of_states ? "estimate" : "geometry").at(names[k]).get<double>();
    const Index coarse = std::ssize(estimate.coarse_names);
    estimate.parameters = {values.head(coarse), values.tail(values.size() - coarse)};
    (void)map.geometry().moments(map.geometry_part(estimate.parameters.eta));  // refuses what no chain has
    estimate.beta = 1.0 / (boltzmann_constant * temperature);
    estimate.data_count = json.at("effective_frames").get<double>();
    SavedStates saved{temperature, sites, StatesFit(estimate, chain, map, TransferMatrix{})};
    if (!json.contains("posterior")) return saved;
    PosteriorResult result = posterior_result_from(json.at("posterior"), estimate);
    for (Index k = 0; k < result.draws.cols(); ++k)
        (void)map.geometry().moments(map.geometry_part(result.parameters(k).eta));
    saved.posterior = StatesPosterior(std::move(result), chain, map, TransferMatrix{});
    return saved;
}

}  // namespace

std::string json_of(const LearntStates& learnt, const StatesPrediction& prediction) {
    const StatesFit& fit = learnt.fit;
    const StatesSettings& settings = learnt.settings;
    std::vector<std::string> names = names_of_all(fit), geometry(names.begin() + of_states, names.end());
    names.resize(of_states);
    const Vector values = joined(fit.parameters);
    Json json{{"status", to_string(fit.status)},
              {"iterations", fit.iterations},
              {"frames", learnt.frames},
              {"chains", learnt.chains},
              {"sites", learnt.sites},
              {"temperature", settings.temperature},
              {"beta", settings.beta()},
              {"prior", word_for(priors, settings.prior)},
              {"names", names},
              {"estimate", named(names, values.head(of_states))},
              {"geometry", named(geometry, values.tail(values.size() - of_states))},
              {"log_likelihood", known(fit.log_likelihood)},
              {"log_posterior", known(fit.log_posterior)},
              {"effective_frames", learnt.effective_frames()},
              {"prediction", prediction_json(prediction)}};
    if (learnt.worth) json["autocorrelation"] = cli::json_of(*learnt.worth);
    if (learnt.posterior) {
        json["checks"] = checks_json(learnt.checks);
        json["posterior"] = moments_json(*learnt.posterior);
        json["posterior"].update(draws_json(*learnt.posterior, settings.credibility));
    }
    json["seed"] = settings.seed;
    json["version"] = version_string;
    return sealed(std::move(json), result_format);
}

std::string json_of(const StatesPrediction& prediction) {
    Json json{{"sites", prediction.sites}, {"temperature", prediction.temperature}};
    json["prediction"] = prediction_json(prediction);
    json["version"] = version_string;
    return json.dump(1) + "\n";
}

namespace {

constexpr const char* a_states_fit = "a file that predcg-molecule states fit wrote";

}  // namespace

SavedStates states_from(const std::string& text, const std::string& name) {
    static const Schema schema = states_schema();
    return read_json(text, name, a_states_fit, schema, saved_states);
}

SavedStates load_states(const std::string& path) {
    return states_from(text_of_file(path, "--fit", a_states_fit), path);
}

}  // namespace cli::molecules
