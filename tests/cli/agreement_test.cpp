// Parts of a result file that contradict each other are refused, with their place; what the programs write,
// and what version 0.1 wrote, is read.
#include "basics/errors.hpp"
#include "io/fit_json.hpp"
#include "io/hierarchy_json.hpp"
#include "io/pair_json.hpp"
#include "io/states_json.hpp"
#include "program.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

namespace agreement_test {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using Damage = std::function<void(Json&)>;

Json parsed(const fs::path& path) { return Json::parse(cli_test::read_text(path)); }
fs::path old(const std::string& name) { return fs::path(PREDCG_TEST_DATA) / "version_0.1" / name; }
fs::path corpus(const std::string& name) { return fs::path(PREDCG_FUZZ_CORPUS) / name; }

void read_as(const std::string& kind, const std::string& text) {
    if (kind == "fit") (void)cli::fit_from(text, "it");
    if (kind == "hierarchy" && !cli::hierarchy_from(text, "it")) throw cli::InputError("no hierarchy");
    if (kind == "states") (void)cli::molecules::states_from(text, "it");
    if (kind == "pair") (void)cli::molecules::pair_from(text, "it");
}

struct Case {
    std::string begin;  // of the words after the file's name: place, and value
    Damage damage;
};

/// Every one is refused with the words that its case has.
void expect_refused(const std::string& kind, const Json& whole, const std::vector<Case>& cases) {
    EXPECT_NO_THROW(read_as(kind, whole.dump()));
    for (const Case& one : cases) {
        Json json = whole;
        one.damage(json);
        std::string words;
        try {
            read_as(kind, json.dump());
        } catch (const cli::InputError& error) {
            words = error.what();
        }
        EXPECT_EQ(words.rfind("it: " + one.begin, 0), 0u) << one.begin << "\n" << words;
        EXPECT_NE(words.find("; allowed: "), std::string::npos) << words;
    }
}

void reverse(Json& list) { std::reverse(list.begin(), list.end()); }

/// Cases that all posteriors have in common.
std::vector<Case> of_posterior(const Json& whole) {
    const Json& names = whole["posterior"]["names"];
    return {
        {"posterior.names[0]: value " + names.back().dump(),
         [](Json& j) {
             for (const char* key : {"draws", "names", "mean", "sd"}) reverse(j["posterior"][key]);
             for (Json& row : j["posterior"]["covariance"]) reverse(row);
             reverse(j["posterior"]["covariance"]);
         }},
        {"posterior.mean[", [](Json& j) { reverse(j["posterior"]["draws"]); }},
        {"posterior.names: value a list of " + std::to_string(names.size() + 1),
         [](Json& j) { j["posterior"]["names"].push_back("more"); }},
        {"posterior.sd[1]: value -", [](Json& j) { j["posterior"]["sd"][1] = -0.5; }},
        {"posterior.sd: value a list of ", [](Json& j) { j["posterior"]["sd"].erase(0); }},
        {"posterior.covariance[1][1]: value ",
         [](Json& j) {
             Json& c = j["posterior"]["covariance"][1][1];
             c = c.get<double>() * (1.0 + 1e-7);
         }},
        {"posterior.covariance[1][0]: value ",
         [](Json& j) {
             Json& c = j["posterior"]["covariance"][1][0];
             c = c.get<double>() * 0.5;
         }},
        {"posterior.covariance[1][0]: value 1000",
         [](Json& j) {
             j["posterior"]["covariance"][1][0] = 1000.0;
             j["posterior"]["covariance"][0][1] = 1000.0;
         }},
        {"posterior.covariance[2]: value a list of ",
         [](Json& j) { j["posterior"]["covariance"][2].erase(0); }},
        {"posterior.draws[1]: value a list of ", [](Json& j) { j["posterior"]["draws"][1].erase(0); }},
        {"posterior.draws: value a list of ",
         [](Json& j) {
             for (Json& row : j["posterior"]["draws"]) row = {row[0]};
             j["posterior"]["chains"] = 1;
         }},
        {"posterior.diagnostics.reliable: value true",
         [](Json& j) {
             for (Json& row : j["posterior"]["draws"]) row = Json::array();
             j["posterior"]["diagnostics"]["reliable"] = true;
         }},
        {"posterior.credibility: value 1", [](Json& j) { j["posterior"]["credibility"] = 1; }},
    };
}

TEST(Agreement, OfFitsIsRequired) {
    const Json fit = parsed(old("fit.json"));
    std::vector<Case> cases = of_posterior(fit);
    const std::vector<Case> own{
        {"posterior.mean[0]: value 0.1", [](Json& j) { j["posterior"]["mean"][0] = 0.1; }},
        {"posterior.sd[0]: value ",
         [](Json& j) {
             Json& p = j["posterior"];
             p["sd"][0] = 2.0 * p["sd"][0].get<double>();
             p["covariance"][0][0] = 4.0 * p["covariance"][0][0].get<double>();
         }},
        {"posterior.diagnostics.ess_bulk: value a list of 2",
         [](Json& j) { j["posterior"]["diagnostics"]["ess_bulk"].erase(0); }},
        {"posterior.diagnostics.ess_tail: value absent",
         [](Json& j) { j["posterior"]["diagnostics"].erase("ess_tail"); }},
        {"posterior.diagnostics.acceptance: value 1.5",
         [](Json& j) { j["posterior"]["diagnostics"]["acceptance"] = 1.5; }},
        {"names[0]: value \"pair_1\"", [](Json& j) { reverse(j["names"]); }},
        {"theta_c.pair_2: value 3.0", [](Json& j) { j["theta_c"]["pair_2"] = 3.0; }},
        {"theta_c.pair_1: value null", [](Json& j) { j["theta_c"]["pair_1"] = nullptr; }},
        {"theta_c.pair_1: value absent", [](Json& j) { j["theta_c"].erase("pair_1"); }},
        {"logit_theta_cf: value absent", [](Json& j) { j.erase("logit_theta_cf"); }},
        {"theta_cf: value ", [](Json& j) { j["theta_cf"] = j["theta_cf"].get<double>() * 0.9; }},
        {"model.coarse_sites: value 16", [](Json& j) { j["model"]["coarse_sites"] = 16; }},
        {"model.level: value absent", [](Json& j) { j["model"].erase("level"); }},
        {"effective_samples: value 13.0", [](Json& j) { j["effective_samples"] = 13.0; }},
        {"magnetization.mean: value 7", [](Json& j) { j["magnetization"]["mean"] = 7; }},
        {"magnetization.data: value -1.5", [](Json& j) { j["magnetization"]["data"] = -1.5; }},
        {"correlation.data: value a list of ", [](Json& j) { j["correlation"]["data"].erase(0); }},
        {"correlation.lag[1]: value 2", [](Json& j) { j["correlation"]["lag"][1] = 2; }},
        {"correlation.mean[1]: value 3.0", [](Json& j) { j["correlation"]["mean"][1] = 3.0; }},
        {"correlation.standard_error: value absent",
         [](Json& j) { j["magnetization"]["standard_error"] = 0.1; }},
        {"monte_carlo: value absent", [](Json& j) { j["engine"] = "monte-carlo"; }},
    };
    cases.insert(cases.end(), own.begin(), own.end());
    expect_refused("fit", fit, cases);
}

TEST(Agreement, OfFitsWithOtherMapsIsRequired) {
    expect_refused(
        "fit", parsed(corpus("fit/map.json")),
        {{"map.parameters.own_0: value absent", [](Json& j) { j["map"]["parameters"].erase("own_0"); }},
         {"map.link: value absent", [](Json& j) { j["map"].erase("link"); }},
         // of a normal at the mode, without draws
         {"posterior.mean[0]: value 0.5", [](Json& j) { j["posterior"]["mean"][0] = 0.5; }}});
    expect_refused("fit", parsed(corpus("fit/letters.json")),
                   {{"model.quad_range: value absent", [](Json& j) { j["model"].erase("quad_range"); }}});
    expect_refused("fit", parsed(corpus("fit/sampled.json")),
                   {{"monte_carlo.standard_errors.more: value 1.0",
                     [](Json& j) { j["monte_carlo"]["standard_errors"]["more"] = 1.0; }},
                    {"monte_carlo.diagnostics.drift.pair_1: value absent",
                     [](Json& j) { j["monte_carlo"]["diagnostics"]["drift"].erase("pair_1"); }},
                    {"monte_carlo: value absent", [](Json& j) { j.erase("monte_carlo"); }}});
}

TEST(Agreement, OfHierarchiesIsRequired) {
    const Json hierarchy = parsed(old("hierarchy.json"));
    std::vector<Case> cases = of_posterior(hierarchy);
    const std::vector<Case> own{
        {"levels[0].level: value 2", [](Json& j) { reverse(j["levels"]); }},
        {"levels[1].sites: value 8", [](Json& j) { j["levels"][1]["sites"] = 8; }},
        {"levels[0].block: value 4", [](Json& j) { j["levels"][0]["block"] = 4; }},
        {"levels: value a list of 1", [](Json& j) { j["levels"].erase(1); }},
        {"levels[1].map.name: value \"link2\"", [](Json& j) { j["levels"][1]["map"]["name"] = "link2"; }},
        {"levels[1].theta_c.pair_1: value null",
         [](Json& j) { j["levels"][1]["theta_c"]["pair_1"] = nullptr; }},
        {"levels[0].theta_c.more: value 1.0", [](Json& j) { j["levels"][0]["theta_c"]["more"] = 1.0; }},
        {"levels[1].map.parameters.fine_1: value absent",
         [](Json& j) { j["levels"][1]["map"]["parameters"].erase("fine_1"); }},
        {"levels[0].posterior.sd[0]: value -1.0",
         [](Json& j) { j["levels"][0]["posterior"]["sd"][0] = -1.0; }},
        {"credibility: value 0.5", [](Json& j) { j["credibility"] = 0.5; }},
        {"model.levels: value absent", [](Json& j) { j["model"].erase("levels"); }},
    };
    cases.insert(cases.end(), own.begin(), own.end());
    expect_refused("hierarchy", hierarchy, cases);
}

TEST(Agreement, OfMoleculesIsRequired) {
    const Json states = parsed(corpus("states/posterior.json"));
    std::vector<Case> cases = of_posterior(states);
    const std::vector<Case> own{
        {"beta: value ", [](Json& j) { j["beta"] = j["beta"].get<double>() * (1.0 + 1e-7); }},
        {"names[0]: value ", [](Json& j) { reverse(j["names"]); }},
        {"estimate.E_same: value null", [](Json& j) { j["estimate"]["E_same"] = nullptr; }},
        {"estimate.more: value 1", [](Json& j) { j["estimate"]["more"] = 1; }},
        {"geometry.bond: value absent", [](Json& j) { j["geometry"].erase("bond"); }},
    };
    cases.insert(cases.end(), own.begin(), own.end());
    expect_refused("states", states, cases);
    const Json pair = parsed(corpus("pair/small.json"));
    expect_refused("pair", pair, of_posterior(pair));
    expect_refused("pair", pair,
                   {{"knots: value a list of 2",
                     [](Json& j) {
                         j["knots"] = {0.1, 0.2};
                     }},
                    {"effective_frames: value ", [](Json& j) { j["frames"] = 0; }},
                    {"credibility: value 0.5", [](Json& j) { j["credibility"] = 0.5; }}});
}

/// Else the fuzzer begins with what is refused.
TEST(Agreement, IsInTheCorpus) {
    for (const std::string kind : {"fit", "hierarchy", "states", "pair"}) {
        for (const auto& entry : fs::directory_iterator(corpus(kind)))
            EXPECT_NO_THROW(read_as(kind, cli_test::read_text(entry.path()))) << entry.path();
    }
}

class AgreementOfWritten : public cli_test::Program {};

/// Predictions are those that version 0.1 made of its files.
TEST_F(AgreementOfWritten, FilesOfVersion01AreRead) {
    for (const std::string name : {"fit", "hierarchy"}) {
        run_well("predict --fit '" + old(name + ".json").string() + "' " +
                 (name == "fit" ? "" : "--level 1 ") + "--out m.json");
        Json found = parsed(at("m.json")), expected = parsed(old(name + "_magnetization.json"));
        for (Json* json : {&found, &expected}) json->erase("version");
        for (const auto& [key, value] : expected.items()) {
            if (!value.is_number_float()) continue;
            EXPECT_NEAR(found[key].get<double>(), value.get<double>(), 1e-12) << name << " " << key;
        }
        EXPECT_EQ(found.size(), expected.size());
    }
}

TEST_F(AgreementOfWritten, FilesAreRead) {
    run_well("generate --sites 16 --samples 20 --field 0.3 --out data.csv");
    const auto expect_read = [&](const std::string& kind, const std::string& options) {
        const auto outcome = run(kind + " --data data.csv " + options + " --out f.json");
        EXPECT_EQ(outcome.code, 0) << options << outcome.err;
        EXPECT_NO_THROW(read_as(kind, cli_test::read_text(at("f.json")))) << options;
    };
    for (const std::string posterior : {"full --linear", "laplace-joint", "laplace-slides"})
        expect_read("fit", "--draws 25 --posterior " + posterior);
    expect_read("fit", "--letters 3 --square --map link2");
    expect_read("fit", "--linear --prior flat --trajectory");
    expect_read("fit", "--engine monte-carlo --latent-samples 5 --coarse-samples 10 --iterations 50");
    for (const std::string mode : {"anchored", "distilled", "joint", "joint --posterior full"})
        expect_read("hierarchy", "--levels 2,2 --draws 25 --mode " + mode);
}

}  // namespace

}  // namespace agreement_test
