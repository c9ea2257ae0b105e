// predcg-molecule states: exact numbers, files that read back, what is refused.
#include "program.hpp"
#include "reference.hpp"

#include <cstdio>

namespace molecule_states_test {
namespace fs = cli_test::fs;

using cli_test::Json;
using cli_test::read_json;
using cli_test::read_text;

namespace {

class States : public cli_test::MoleculeProgram {
protected:
    static std::string fit_of_decane(const std::string& more) {
        return "states fit" + decane() + " --temperature 400" + more + " --out fit.json";
    }
};

TEST_F(States, AreThoseOfAnIndependentProgram) {
    const auto exact = reference::load("decane");
    const std::pair<const char*, const char*> sets[]{{"frames 0,10,...,5000", ""},
                                                     {"frames 0,100,...,5000", " --every 10"}};
    for (const auto& [name, options] : sets) {
        run_well(fit_of_decane(std::string(" --prior flat") + options));
        const Json fit = read_json(at("fit.json"));
        const auto expected = exact["sets"][name];
        EXPECT_EQ(fit["status"], "converged");
        EXPECT_EQ(fit["frames"], expected["frames"]);
        EXPECT_NEAR(fit["beta"], double(exact["beta"]), 1e-15);
        EXPECT_EQ(fit["names"],
                  (Json{"E_gauche", "E_same", "E_opposite", "log_kappa_t", "log_kappa_g", "phi_g"}));
        for (std::size_t k = 0; k < 6; ++k)
            EXPECT_NEAR(fit["estimate"][std::string(fit["names"][k])], double(expected["maximum"][k]), 2e-6);
        EXPECT_NEAR(fit["log_likelihood"], double(expected["maximum_log_likelihood"]), 1e-8);
        const auto& prediction = expected["prediction"];
        for (const char* number : {"mean_gauche", "same_per_chain", "opposite_per_chain"})
            EXPECT_NEAR(fit["prediction"][number], double(prediction[number]), 1e-6) << number;
        for (std::size_t i = 0; i < 7; ++i)
            EXPECT_NEAR(fit["prediction"]["trans_fraction_by_site"][i],
                        double(prediction["trans_fraction_by_site"][i]), 1e-6);
        EXPECT_FALSE(fit.contains("posterior"));
    }
}

TEST_F(States, PosteriorIsWrittenReadBackAndTransferred) {
    const std::string options = " --every 10 --posterior full --draws 400 --seed 3";
    run(fit_of_decane(options));  // may warn
    const std::string once = read_text(at("fit.json"));
    run(fit_of_decane(options + " --threads 1"));
    EXPECT_EQ(read_text(at("fit.json")), once);
    const Json fit = Json::parse(once);
    const Json& posterior = fit["posterior"];
    EXPECT_EQ(posterior["names"].size(), 10u);
    EXPECT_EQ(posterior["draws"].size(), 10u);
    EXPECT_EQ(posterior["draws"][0].size(), 400u);
    EXPECT_EQ(fit["checks"].size(), 10u);
    // Of the same chain the file's own prediction comes back: nothing is lost on the way.
    run_well("states predict --fit fit.json --out same.json");
    EXPECT_EQ(read_json(at("same.json"))["prediction"], fit["prediction"]);
    run_well("states predict --fit fit.json --sites 20 --temperature 300 --out longer.json");
    const Json longer = read_json(at("longer.json"));
    EXPECT_EQ(longer["sites"], 20);
    EXPECT_EQ(longer["prediction"]["trans_fraction_by_site"].size(), 17u);
    const auto ratio = [](const Json& file, const char* what) -> double {
        return file["prediction"][what]["characteristic_ratio"];
    };
    EXPECT_GT(ratio(longer, "lower"), ratio(fit, "upper")) << "longer, colder chains are stiffer";
    EXPECT_LT(ratio(longer, "lower"), ratio(longer, "upper"));
    const auto out = run("states predict --fit fit.json --out -");
    EXPECT_EQ(Json::parse(out.out), read_json(at("same.json")));
    expect_contains(out.err, "gauche states");
    // What takes long is said, and ends with what it has.
    const std::string longest = "states predict --fit fit.json --sites 100000 --out longest.json ";
    const auto estimate = run_well(longest + "--estimate");
    for (const char* part : {"the averages", "intervals", "all, of processors"})
        expect_contains(estimate.out, part);
    EXPECT_FALSE(fs::exists(at("longest.json")));
    const auto stopped = run(longest + "--max-time 0.3");
    EXPECT_EQ(stopped.code, 3) << stopped.err;
    expect_contains(stopped.err, "before the intervals were found");
    const Json prediction = read_json(at("longest.json"))["prediction"];
    EXPECT_EQ(prediction["trans_fraction_by_site"].size(), 99997u);
    EXPECT_FALSE(prediction.contains("lower"));
}

TEST_F(States, OfAGroTrajectoryNeedNoStructure) {
    // Two molecules of five sites: every frame is a datum of each.
    std::string text;
    const int frames = 3;
    for (int f = 0; f < frames; ++f) {
        text += "chains t= " + std::to_string(f) + "\n   10\n";
        for (int i = 0; i < 10; ++i) {
            char line[80];
            const int s = i % 5;
            std::snprintf(line, sizeof line, "%5dPEN     C%d%5d%8.3f%8.3f%8.3f\n", i / 5 + 1, s + 1, i + 1,
                          0.125 * s + 1.0, 0.09 * (s % 2) + 0.01 * f * (s == 4 ? 1 : 0) + 1.0,
                          1.0 + i / 5 + 0.01 * f * s);
            text += line;
        }
        text += "   5.00000   5.00000   5.00000\n";
    }
    write("chains.gro", text);
    run("states fit --trajectory chains.gro --temperature 300 --out fit.json");
    const Json fit = read_json(at("fit.json"));
    EXPECT_EQ(fit["frames"], frames);
    EXPECT_EQ(fit["chains"], 2);
    EXPECT_EQ(fit["sites"], 5);
}

TEST_F(States, RefusesWhatDoesNotFit) {
    const std::string fit = "states fit" + decane() + " --out fit.json --temperature ";
    expect_refused(fit + "0", {"--temperature", "'0'", "> 0"});
    expect_refused(fit + "400 --first 501", {"--first", "501 frames"});
    expect_refused(fit + "400 --every 0", {"--every", "'0'", ">= 1"});
    expect_refused(fit + "400 --posterior full --prior flat", {"--prior", "weak"});
    expect_refused(fit + "400 --draws 100", {"--draws", "--posterior full"});
    expect_refused(fit + "400 --posterior full --credibility 1", {"--credibility", "between 0 and 1"});
    expect_refused("states fit --trajectory " + example_file("decane.xtc") +
                       " --temperature 400 --out fit.json",
                   {"--structure", "which molecule"});
    expect_refused("states fit" + water() + " --temperature 300 --out fit.json",
                   {"--structure", "molecules of 3 atoms", "five sites or more"});
    expect_refused("states fit --trajectory " + example_file("decane.xtc") + " --structure " +
                       example_file("water.gro") + " --temperature 400 --out fit.json",
                   {"--structure"});
}

TEST_F(States, RefusesFilesThatNoFitWrote) {
    run_well(fit_of_decane(" --every 50"));
    const Json good = read_json(at("fit.json"));
    const auto refused = [&](const Json& json, const std::vector<std::string>& parts) {
        write("bad.json", json.dump());
        expect_refused("states predict --fit bad.json --out new.json", parts);
    };
    Json bad = good;
    bad["temperature"] = -1;
    refused(bad, {"bad.json", "temperature", "above 0"});
    bad = good;
    bad["sites"] = 1e18;
    refused(bad, {"bad.json", "sites", "5 to 100000"});
    bad = good;
    bad["estimate"].erase("E_same");
    refused(bad, {"bad.json", "E_same"});
    bad = good;
    bad["estimate"]["E_same"] = "none";
    refused(bad, {"bad.json", "states fit wrote"});
    bad = good;
    bad["geometry"]["cos_angle"] = 2.0;
    refused(bad, {"bad.json", "mean angle"});
    refused(Json::array(), {"bad.json", "states fit wrote"});
    write("cut.json", good.dump().substr(0, 100));
    expect_refused("states predict --fit cut.json --out new.json", {"cut.json", "states fit wrote"});
    expect_refused("states predict --fit none.json --out new.json", {"--fit", "none.json", "no such file"});
    expect_refused("states predict --fit fit.json --out fit.json", {"--out", "it is what is read"});
    expect_refused("states predict --fit fit.json --sites 4 --out new.json", {"--sites", "'4'", ">= 5"});
}

}  // namespace
}  // namespace molecule_states_test
