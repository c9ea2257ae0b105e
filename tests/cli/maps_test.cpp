// fit --map: each map is fitted, read back, predicted and sampled; a reference maximum; what is refused.
#include "fit_command.hpp"
#include "reference.hpp"

#include <cmath>
#include <sstream>
#include <utility>

namespace maps_test {
using cli_test::FitCommand;
using cli_test::Json;
using cli_test::read_json;
using cli_test::read_text;

namespace {

/// The case of tests/data/exact_maps.json.
Json case_of(const std::string& name) {
    const auto maps = reference::load("maps");
    for (const auto& one : maps["cases"])
        if (one["name"] == name) return one;
    return {};
}

TEST_F(FitCommand, LinkMapMeetsTheReferenceMaximum) {
    // Its prior is the weak one: sd 2 of beta theta_c.
    const Json known = case_of("A_l2_link2"), &maximum = known["maximum"];
    const Json json = fit("--data " + data_file("A") + " --field 0.3 --beta 0.3 --linear --map link2");
    EXPECT_EQ(json["status"], "converged");
    reference::expect_near(json["log_likelihood"], maximum["log_likelihood"], 1e-6, "log_likelihood");
    EXPECT_EQ(json["map"]["name"], "link2");
    EXPECT_FALSE(json.contains("theta_cf"));
    for (std::size_t k = 0; k < known["parameters"].size(); ++k) {
        const std::string name = known["parameters"][k];
        const Json& of = json["theta_c"].contains(name) ? json["theta_c"] : json["map"]["parameters"];
        reference::expect_near(of.at(name), maximum["parameters"][k], 1e-5, name);
    }
    EXPECT_EQ(json["map"]["parameters"].size(), 4u);
    const auto expect_predicted = [](const Json& of, double value) {
        const double error = of.value("standard_error", 0.0);
        EXPECT_NEAR(of["mean"].get<double>(), value, 5.0 * error + 1e-6);
    };
    expect_predicted(json["magnetization"], maximum["predicted_magnetization"]);
    const Json& R = json["correlation"];
    for (const std::size_t l : {1u, 2u, 5u})
        expect_predicted(
            {{"mean", R["mean"][l]},
             {"standard_error", R.contains("standard_error") ? R["standard_error"][l] : Json(0.0)}},
            maximum["predicted_correlation"][l]);
}

struct MapCase {
    const char* name;
    const char* options;
    std::vector<std::string> parameters;  ///< some of them
    bool posterior = false;               ///< by chains; it takes seconds
};
void PrintTo(const MapCase& one, std::ostream* out) { *out << one.name; }

class Maps : public FitCommand, public testing::WithParamInterface<MapCase> {};

TEST_P(Maps, IsFittedReadBackPredictedAndSampled) {
    run_well("generate --sites 12 --samples 20 --beta 0.6 --field 0.2 --out data.csv");
    const std::string map = std::string(" --map ") + GetParam().options;
    const std::string common = "--data data.csv --beta 0.6 --field 0.2";
    const Json json = fit(common + map);
    const std::string word = map.substr(7, map.find(' ', 7) - 7);
    EXPECT_EQ(json["status"], "converged");
    EXPECT_EQ(json["map"]["name"], word);
    EXPECT_EQ(json["map"].contains("link"), word == "logistic" || word == "autoregressive");
    for (const std::string& name : GetParam().parameters)
        EXPECT_TRUE(json["map"]["parameters"].contains(name)) << name;
    run_well("predict --fit fit.json --out m.json");
    EXPECT_EQ(read_json(at("m.json"))["mean"], json["magnetization"]["mean"]);
    // A sample has the moments that the fit predicts.
    run_well("sample --fit fit.json --samples 2000 --sites 24 --out x.csv");
    run_well("predict --fit fit.json --sites 24 --observable correlation --out R.json");
    double m = 0.0, r = 0.0;
    std::istringstream lines(read_text(at("x.csv")));
    for (std::string line; std::getline(lines, line);) {
        std::vector<double> x;
        std::istringstream values(line);
        for (std::string value; std::getline(values, value, ',');) x.push_back(std::stod(value));
        ASSERT_EQ(x.size(), 24u);
        for (std::size_t i = 0; i < 24; ++i) {
            m += x[i] / (24.0 * 2000.0);
            r += x[i] * x[(i + 1) % 24] / (24.0 * 2000.0);
        }
    }
    // Standard errors of both are below 1 / sqrt(2000) times the spread of one configuration, 0.35.
    EXPECT_NEAR(m, json["magnetization"]["data"].get<double>(), 0.15);
    EXPECT_NEAR(r, read_json(at("R.json"))["mean"][1].get<double>(), 0.04);
    // Bernoulli's map misses it.
    EXPECT_NEAR(r, json["correlation"]["data"][1].get<double>(), word == "bernoulli" ? 0.15 : 0.1);

    if (!GetParam().posterior) return;
    // So few draws are flagged, on standard error.
    const auto outcome = run("fit " + common + map + " --posterior full --draws 100 --out fit.json");
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    const Json of = read_json(at("fit.json")), &posterior = of["posterior"];
    EXPECT_EQ(of["map"], json["map"]);
    EXPECT_EQ(posterior["names"].size(), json["theta_c"].size() + json["map"]["parameters"].size());
    EXPECT_EQ(posterior["diagnostics"]["r_hat"].size(), posterior["names"].size());
    EXPECT_FALSE(posterior.contains("theta_cf"));
    run_well("predict --fit fit.json --observable correlation --out R.json");
    const Json R = read_json(at("R.json"));
    for (const char* key : {"mean", "lower", "upper"}) EXPECT_EQ(R[key], of["correlation"][key]) << key;
    EXPECT_LT(R["lower"][1], R["upper"][1]);
    run_well("sample --fit fit.json --samples 100 --out x.csv");
}

TEST_P(Maps, IsFittedBySampling) {
    run_well("generate --sites 12 --samples 30 --beta 0.6 --out data.csv");
    const auto outcome = run("fit --data data.csv --beta 0.6 --engine monte-carlo --iterations 40 --map " +
                             std::string(GetParam().options) + " --out fit.json");
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    const Json json = read_json(at("fit.json"));
    EXPECT_EQ(json["engine"], "monte-carlo");
    for (const std::string& name : GetParam().parameters) {
        EXPECT_TRUE(std::isfinite(json["map"]["parameters"].at(name).get<double>())) << name;
        EXPECT_TRUE(json["monte_carlo"]["standard_errors"].contains(name)) << name;
    }
    run_well("predict --fit fit.json --out m.json");
    EXPECT_EQ(read_json(at("m.json"))["mean"], json["magnetization"]["mean"]);
}

INSTANTIATE_TEST_SUITE_P(
    All, Maps,
    testing::Values(MapCase{"logistic", "logistic", {"intercept_0", "previous_0", "own_1", "next_1"}},
                    MapCase{"probit", "logistic --probit", {"intercept_0", "previous_0", "own_1", "next_1"}},
                    MapCase{"autoregressive", "autoregressive --level 3", {"fine_1", "fine_2", "own_2"}},
                    MapCase{"link2", "link2 --boundary open", {"inner", "field", "c_0,0", "c_0,1"}, true},
                    MapCase{"link4", "link4", {"inner", "field", "c_0,-1", "c_0,0", "c_0,1", "c_0,2"}},
                    MapCase{"decimation", "decimation", {"intercept_1", "fine_1", "next_1"}, true},
                    MapCase{"three_letters", "bernoulli --letters 3 --square", {"own"}, true},
                    MapCase{"logistic_of_three", "logistic --probit --letters 3", {"own_0", "next_1"}},
                    MapCase{"link2_of_three",
                            "link2 --letters 3 --linear --quad-range 1 --boundary open",
                            {"inner", "c_0,1"}}),
    [](const auto& test) { return std::string(test.param.name); });

TEST_F(FitCommand, FlatPriorOfAMapIsMaximumLikelihood) {
    run_well("generate --sites 12 --samples 60 --beta 0.6 --out data.csv");
    const Json weak = fit("--data data.csv --beta 0.6 --map decimation");
    const Json flat = fit("--data data.csv --beta 0.6 --map decimation --prior flat");
    EXPECT_EQ(flat["status"], "converged");
    EXPECT_GT(flat["log_likelihood"], weak["log_likelihood"]);
    EXPECT_EQ(flat["log_posterior"], flat["log_likelihood"]);
}

TEST_F(FitCommand, JointLaplaceOfAMap) {
    run_well("generate --sites 12 --samples 200 --beta 0.6 --out data.csv");
    const Json posterior =
        fit("--data data.csv --beta 0.6 --map decimation --posterior laplace-joint --draws 50")["posterior"];
    EXPECT_EQ(posterior["method"], "laplace-joint");
    ASSERT_EQ(posterior["draws"].size(), 4u);
    EXPECT_EQ(posterior["draws"][0].size(), 50u);
}

TEST_F(FitCommand, BernoulliIsTheMapWithoutOne) {
    const std::string data = "--data " + data_file("A") + " --field 0.3";
    const Json json = fit(data);
    EXPECT_TRUE(json.contains("theta_cf"));
    EXPECT_FALSE(json.contains("map"));
    const std::string first = read_text(at("fit.json"));
    fit(data + " --map bernoulli");
    EXPECT_EQ(first, read_text(at("fit.json")));
}

TEST_F(FitCommand, MapsThatDoNotGoTogetherAreRefused) {
    write("data.csv", "1,-1,1,1,-1,1,1,1\n1,1,1,-1,-1,1,-1,1\n");
    const std::string fit = "fit --data data.csv --out fit.json ";
    expect_refused(fit + "--map links", {"--map", "'links'", "bernoulli or logistic", "decimation"});
    for (const std::string map : {"link2", "link4", "decimation", "bernoulli"})
        expect_refused(fit + "--probit --map " + map, {"--probit", "logistic or autoregressive", map});
    expect_refused(fit + "--map link2 --posterior laplace-slides", {"'laplace-slides'", "--map link2"});
    expect_refused("calibrate sbc --map link2 --posterior laplace-slides --out a", {"'laplace-slides'"});
    expect_refused("calibrate coverage --map link2 --posterior full,laplace-slides --out a",
                   {"'laplace-slides'"});
    expect_refused("calibrate sbc --map decimation --probit --out a", {"--probit", "decimation"});
    expect_refused("calibrate coverage --map decimation --probit --out a", {"--probit", "decimation"});
}

TEST_F(FitCommand, FilesOfUnknownMapsAreRefused) {
    run_well("generate --sites 8 --samples 20 --beta 0.6 --out data.csv");
    Json json = fit("--data data.csv --beta 0.6 --map logistic");
    for (const auto& [key, value] : {std::pair("name", "pair"), {"link", "tanh"}}) {
        Json other = json;
        other["map"][key] = value;
        write("other.json", other.dump());
        expect_refused("predict --fit other.json --out m.json", {"other.json", key, value});
    }
    json["map"]["parameters"].erase("own_0");
    write("other.json", json.dump());
    expect_refused("predict --fit other.json --out m.json", {"other.json", "own_0"});
}

TEST_F(FitCommand, CalibratesWithAMap) {
    run_well("calibrate sbc --sites 4 --samples 4 --replicates 2 --draws 100 --bins 5 --map decimation "
             "--posterior laplace-joint --out ranks");
    const auto ranks = cli_test::read_table(at("ranks/sbc_ranks.csv"));
    for (const char* name : {"pair_1", "intercept_1", "fine_1", "next_1", "m"})
        EXPECT_TRUE(ranks.contains(name)) << name;
    expect_contains(read_text(at("ranks/report.html")), "map decimation");
}

}  // namespace
}  // namespace maps_test
