// hierarchy: levels are learnt, read back, predicted and sampled; the exact flow of a coupling; what is
// refused.
#include "program.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace hierarchy_test {
using cli_test::Json;
using cli_test::read_json;
using cli_test::read_text;

namespace {

class HierarchyCommand : public cli_test::Program {
protected:
    /// Runs it; remarks on standard error are allowed.
    Json learn(const std::string& options) {
        const auto outcome = run("hierarchy --data data.csv " + options + " --out h.json");
        EXPECT_EQ(outcome.code, 0) << outcome.err;
        return read_json(at("h.json"));
    }
    Json predict(const std::string& options) {
        run_well("predict --fit h.json " + options + " --out p.json");
        return read_json(at("p.json"));
    }
    std::vector<std::vector<double>> table(const std::string& name) {
        std::vector<std::vector<double>> rows;
        std::istringstream lines(read_text(at(name)));
        for (std::string line; std::getline(lines, line);) {
            rows.emplace_back();
            std::istringstream values(line);
            for (std::string value; std::getline(values, value, ',');)
                rows.back().push_back(std::stod(value));
        }
        return rows;
    }
};

TEST_F(HierarchyCommand, FlowOfDecimationIsTheExactOne) {
    run_well("generate --sites 64 --beta 1 --samples 200 --out data.csv");
    const std::string common = "--beta 1 --levels 2,2,2 --map decimation";
    const Json anchored = learn(common);
    EXPECT_EQ(anchored["status"], "converged");
    EXPECT_EQ(anchored["mode"], "anchored");
    EXPECT_TRUE(anchored["remarks"].empty());
    ASSERT_EQ(anchored["levels"].size(), 3u);
    ASSERT_EQ(anchored["flow"].size(), 3u);
    double K = 1.0;
    for (std::size_t k = 0; k < 3; ++k) {
        K = 0.5 * std::log(std::cosh(2.0 * K));
        const Json &level = anchored["levels"][k], &flow = anchored["flow"][k],
                   &of = flow["couplings"]["pair_1"];
        const int sites = 32 >> k;
        EXPECT_EQ(level["sites"], sites);
        EXPECT_EQ(flow["sites"], sites);
        EXPECT_EQ(of["value"], level["theta_c"]["pair_1"]);  // beta is 1
        const double sd = of["sd"].get<double>();
        EXPECT_LT(std::abs(of["value"].get<double>() - K), 4.0 * sd);
        EXPECT_NEAR(sd, std::cosh(K) / std::sqrt(200.0 * sites), 0.1 * sd);
        EXPECT_NEAR(of["upper"].get<double>() - of["lower"].get<double>(), 3.92 * sd, 1.2 * sd);
        EXPECT_EQ(level["map"]["parameters"].size(), 3u);
        EXPECT_EQ(level["posterior"]["names"].size(), 4u);
        EXPECT_EQ(level["posterior"]["covariance"].size(), 4u);
        EXPECT_NEAR(level["posterior"]["sd"][0].get<double>(), sd, 1e-12);
    }
    EXPECT_EQ(anchored["posterior"]["names"].back(), "level_3.next_1");
    EXPECT_EQ(anchored["posterior"]["draws"].size(), 1u + 9u);
    // With copied spins the levels are learnt at once.
    Json joint = learn(common + " --mode joint");
    EXPECT_EQ(joint["mode"], "joint");
    joint["mode"] = "anchored";
    EXPECT_EQ(joint, anchored);

    const Json distilled = learn(common + " --mode distilled");
    EXPECT_EQ(distilled["levels"][0], anchored["levels"][0]);
    for (std::size_t k = 1; k < 3; ++k) {
        const auto value = [&](const char* key, std::size_t level) {
            return distilled["flow"][level]["couplings"]["pair_1"][key].get<double>();
        };
        const double below = value("value", k - 1), slope = std::tanh(2.0 * below);
        // Weak priors above the first level and the ring's closing leave 1e-3 or so.
        EXPECT_NEAR(value("value", k), 0.5 * std::log(std::cosh(2.0 * below)), 2e-3);
        // 1000 draws know a standard deviation to 2 %.
        EXPECT_NEAR(value("sd", k), slope * value("sd", k - 1), 0.08 * value("sd", k));
        EXPECT_EQ(distilled["levels"][k]["log_likelihood"], nullptr);
    }
}

TEST_F(HierarchyCommand, IsReadBackPredictedAndSampled) {
    run_well("generate --sites 16 --beta 0.8 --field 0.1 --samples 100 --out data.csv");
    const Json json = learn("--beta 0.8 --field 0.1 --levels 2,2 --map decimation --linear --draws 400");
    const Json R = predict("--observable correlation");
    ASSERT_EQ(R["mean"].size(), 9u);
    EXPECT_FALSE(R.contains("level"));
    const Json above = predict("--observable correlation --level 1");
    EXPECT_EQ(above["level"], 1);
    EXPECT_EQ(above["sites"], 8);
    ASSERT_EQ(above["mean"].size(), 5u);
    // Neighbours above are two fine sites from each other.
    for (std::size_t l = 1; l < 4; ++l) {
        const double error =
            std::hypot(above["standard_error"][l].get<double>(), R["standard_error"][2 * l].get<double>());
        EXPECT_LT(std::abs(above["mean"][l].get<double>() - R["mean"][2 * l].get<double>()),
                  4.5 * error + 1e-12)
            << l;
        EXPECT_LT(above["lower"][l], above["upper"][l]);
        EXPECT_NEAR(above["posterior_mean"][l].get<double>(), R["posterior_mean"][2 * l].get<double>(), 0.02);
    }
    EXPECT_EQ(predict("--level 2 --sites 40")["sites"], 40);
    EXPECT_EQ(predict("--credibility 0.5")["credibility"], 0.5);

    run_well("sample --fit h.json --samples 3000 --sites 24 --out x.csv");
    run_well("sample --fit h.json --samples 50 --level 2 --sites 6 --out X.csv");
    EXPECT_EQ(table("X.csv").size(), 50u);
    EXPECT_EQ(table("X.csv")[0].size(), 6u);
    const Json far = predict("--observable correlation --sites 24");
    double r = 0.0;
    const auto rows = table("x.csv");
    for (const auto& x : rows)
        for (std::size_t i = 0; i < 24; ++i) r += x[i] * x[(i + 1) % 24] / (24.0 * 3000.0);
    EXPECT_NEAR(r, far["posterior_mean"][1].get<double>(), 0.02);  // 4 standard errors of 0.25 / sqrt(3000)
}

TEST_F(HierarchyCommand, SoftLevelsAreLearntAtOnce) {
    run_well("generate --sites 16 --beta 0.8 --samples 30 --out data.csv");
    const std::string common = "--beta 0.8 --levels 2,2 --map link2 --draws 50";
    const Json greedy = learn(common + " --samples 0");
    EXPECT_EQ(greedy["log_likelihood"], nullptr);
    EXPECT_NE(greedy["remarks"][0].get<std::string>().find("too narrow"), std::string::npos);
    const Json distilled = learn(common + " --samples 0 --mode distilled");
    EXPECT_EQ(distilled["levels"][0]["theta_c"], greedy["levels"][0]["theta_c"]);
    EXPECT_LT(distilled["flow"][1]["couplings"]["pair_1"]["value"],
              distilled["flow"][0]["couplings"]["pair_1"]["value"]);
    const Json joint = learn(common + " --samples 0 --mode joint");
    EXPECT_EQ(joint["status"], "converged");
    EXPECT_TRUE(joint["log_likelihood"].is_number());
    EXPECT_EQ(joint["levels"][0]["theta_c"], nullptr);
    EXPECT_TRUE(joint["levels"][1]["theta_c"].contains("pair_1"));
    ASSERT_EQ(joint["flow"].size(), 1u);
    EXPECT_EQ(joint["flow"][0]["sites"], 4);
    ASSERT_EQ(joint["levels"][0]["posterior"]["names"].size(), 4u);
    ASSERT_EQ(joint["levels"][1]["posterior"]["names"].size(), 5u);
    if (!joint.contains("posterior")) return;
    const Json &whole = joint["posterior"], &lower = joint["levels"][0]["posterior"];
    EXPECT_EQ(whole["names"][1], "level_1.inner");
    EXPECT_EQ(whole["sd"][1], lower["sd"][0]);
    EXPECT_EQ(whole["covariance"][1][4], lower["covariance"][0][3]);
    const Json R = predict("--observable correlation");
    EXPECT_LT(R["lower"][1], R["upper"][1]);
}

class HierarchyOfMaps : public HierarchyCommand, public testing::WithParamInterface<const char*> {};

TEST_P(HierarchyOfMaps, IsLearntAndPredicted) {
    run_well("generate --sites 12 --samples 20 --beta 0.6 --out data.csv");
    for (const std::string mode : {"anchored", "distilled"}) {
        const Json json = learn("--beta 0.6 --levels 2,2 --draws 25 --samples 4 --iterations 60 --mode " +
                                mode + " --map " + GetParam());
        ASSERT_EQ(json["levels"].size(), 2u);
        EXPECT_EQ(json["levels"][1]["sites"], 3);
        const std::string word = GetParam();
        EXPECT_EQ(json["map"]["name"], word.substr(0, word.find(' ')));
        EXPECT_FALSE(json["levels"][1]["map"]["parameters"].empty());
        EXPECT_TRUE(std::isfinite(predict("--level 1")["mean"].get<double>()));
        if (word.find("decimation") != 0) break;  // every draw is a fit of several starts there
    }
}

INSTANTIATE_TEST_SUITE_P(All, HierarchyOfMaps,
                         testing::Values("bernoulli", "logistic --probit", "autoregressive --boundary open",
                                         "decimation --boundary open"),
                         [](const auto& test) {
                             std::string name = test.param;
                             std::replace_if(
                                 name.begin(), name.end(), [](char c) { return c == ' ' || c == '-'; }, '_');
                             return name;
                         });

TEST_F(HierarchyCommand, OptionsThatDoNotGoTogetherAreRefused) {
    run_well("generate --sites 64 --samples 40 --beta 0.6 --out data.csv");
    const std::string command = "hierarchy --data data.csv --out h.json ";
    for (const std::string levels : {"2,,2", "2,1", "2.5", "two", "2,", "''"})
        expect_refused(command + "--levels " + levels, {"--levels", "integers >= 2"});
    expect_refused(command + "--levels 2,3", {"--levels", "3 of level 2", "32"});
    expect_refused(command + "--levels 8,8", {"--levels", "8 of level 2"});
    expect_refused(command + "--levels 8,4 --pair-range 0 --linear --map link4",
                   {"2 coarse sites", "at least 4"});
    expect_refused(command + "--levels 2,2,2,2 --pair-range 3", {"--pair-range"});
    expect_refused(command + "--mode both", {"--mode", "'both'", "anchored or distilled or joint"});
    expect_refused(command + "--probit --map link2", {"--probit", "link2"});
    expect_refused(command + "--credibility 1", {"--credibility"});
    expect_refused(command + "--samples 0", {"--samples", "32"});
    expect_refused(command + "--levels 2,2,2 --map link2 --mode joint",
                   {"--mode", "'joint'", "128 letters", "40 different configurations", "open chains"});
    expect_refused(command + "--levels 2,2,2,2 --map link2 --mode joint",
                   {"32768", "letters", "fewer levels"});
}

TEST_F(HierarchyCommand, FilesThatAreWrongAreRefused) {
    run_well("generate --sites 16 --samples 300 --beta 0.6 --out data.csv");
    const Json good = learn("--beta 0.6 --levels 2,2 --map decimation --draws 400");
    ASSERT_TRUE(good.contains("posterior"));
    const auto expect_wrong = [&](auto&& change, const std::vector<std::string>& parts) {
        Json other = good;
        change(other);
        write("other.json", other.dump());
        std::vector<std::string> all{"other.json"};
        all.insert(all.end(), parts.begin(), parts.end());
        expect_refused("predict --fit other.json --out m.json", all);
    };
    expect_wrong([](Json& j) { j["mode"] = "both"; }, {"mode", "both"});
    expect_wrong([](Json& j) { j["map"]["name"] = "pair"; }, {"name", "pair"});
    expect_wrong([](Json& j) { j["model"]["levels"] = {2, 3}; }, {"--levels", "3 of level 2"});
    expect_wrong([](Json& j) { j["model"]["levels"] = {2, 0}; }, {"levels", "0"});
    expect_wrong([](Json& j) { j["model"]["levels"] = {2, 2.5}; }, {"levels", "2.5"});
    expect_wrong([](Json& j) { j["model"]["levels"] = Json::array(); }, {"levels"});
    expect_wrong([](Json& j) { j["model"]["levels"] = {2}; }, {"levels", "a list of 2"});
    expect_wrong([](Json& j) { j["model"]["beta"] = -1.0; }, {"beta", "-1"});
    expect_wrong([](Json& j) { j["levels"][0]["map"]["parameters"].erase("next_1"); }, {"next_1"});
    expect_wrong([](Json& j) { j["levels"][0]["map"]["parameters"]["next_1"] = nullptr; },
                 {"next_1", "null"});
    expect_wrong([](Json& j) { j["levels"][1]["theta_c"] = nullptr; }, {"levels[1].theta_c", "null"});
    expect_wrong([](Json& j) { j["posterior"]["draws"].erase(2); }, {"posterior.draws", "a list of 6"});
    expect_wrong([](Json& j) { j["posterior"]["draws"][3].erase(2); },
                 {"posterior.draws[3]", "a list of 399"});
    expect_wrong([](Json& j) { j["posterior"]["draws"][3][2] = nullptr; }, {"draws"});
    expect_wrong([](Json& j) { j["posterior"]["mean"].erase(0); }, {"posterior.mean", "a list of 6"});
    expect_wrong([](Json& j) { j["posterior"]["credibility"] = 1.5; }, {"credibility", "1.5"});

    expect_refused("predict --fit h.json --level 3 --out m.json", {"--level", "0", "2"});
    expect_refused("predict --fit h.json --sites 10 --out m.json", {"--sites", "4"});
    expect_refused("predict --fit h.json --level 1 --sites 9 --out m.json", {"--sites", "2"});
    run_well("fit --data data.csv --beta 0.6 --out fit.json");
    expect_refused("predict --fit fit.json --level 1 --out m.json", {"--level", "hierarchy"});
    expect_refused("sample --fit fit.json --level 1 --out m.csv", {"--level", "hierarchy"});
}

}  // namespace
}  // namespace hierarchy_test
