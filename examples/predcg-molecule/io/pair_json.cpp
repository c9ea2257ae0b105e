#include "io/pair_json.hpp"

#include "files/json.hpp"
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

}  // namespace

std::string json_of(const Columns& rows, double cutoff) {
    const Json json{{"r", list_of(rows.x)},
                    {"u", list_of(rows.u)},
                    {"f", list_of(rows.f)},
                    {"cutoff", cutoff},
                    {"units", {{"r", "nm"}, {"u", "kJ/mol"}, {"f", "kJ/(mol nm)"}}},
                    {"version", version_string}};
    return json.dump(1) + "\n";
}

AnyPair load_pair_potential(const std::string& path) {
    return read_json(path, "--fit", "a file that predcg-molecule pair fit wrote", [](const Json& json) {
        const pair::SplinePotential potential = pair_model_from(json.at("model")).potential();
        return AnyPair(pair::at(potential, numbers_from(json, "theta", potential.parameter_count())));
    });
}

}  // namespace cli::molecules
