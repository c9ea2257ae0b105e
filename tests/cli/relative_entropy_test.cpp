// relative-entropy: the reference, what the file says, its kin, and what is refused.
#include "io/fit_json.hpp"
#include "model/ising_relative_entropy.hpp"
#include "program.hpp"
#include "reference.hpp"

#include <predcg/version.hpp>

namespace relative_entropy_test {
using namespace predcg;
using cli_test::Json;
using cli_test::read_json;
using cli_test::read_text;

namespace {

class RelativeEntropyCommand : public cli_test::Program {
protected:
    Json learn(const std::string& options, const std::string& set = "A") {
        run_well("relative-entropy --data " + data_file(set) + " " + options + " --out re.json");
        return read_json(at("re.json"));
    }

    /// The options that describe a reference model.
    static std::string options_of(const Json& json, const Json& model) {
        return "--prior flat --beta " + json["truth"]["beta"].dump() + " --field " +
               json["truth"]["field"].dump() + cli_test::options_of_terms(model);
    }
};

TEST_F(RelativeEntropyCommand, MeetsTheReference) {
    for (const std::string set : {"A", "B", "C"}) {
        const auto reference = reference::load(set);
        for (const auto& model : reference["models"]) {
            const std::string what = options_of(reference, model);
            const Json json = learn(what, set);
            EXPECT_EQ(json["status"], "converged") << what;
            const auto& expected = model["relative_entropy"];
            ASSERT_EQ(json["names"].size(), expected["parameters"].size());
            for (std::size_t k = 0; k < json["names"].size(); ++k) {
                const std::string name = json["names"][k];
                EXPECT_EQ(name, model["parameters"][k]);
                reference::expect_near(json["theta_c"][name], expected["parameters"][k], 1e-8, what);
                reference::expect_near(json["target_moments"][name], expected["target_feature_means"][k],
                                       1e-8, what);
                EXPECT_GT(json["standard_errors"][name], 0.0) << what;
            }
        }
    }
}

TEST_F(RelativeEntropyCommand, FileSaysWhatWasDone) {
    const Json json = learn("--level 4 --field 0.3 --linear --pair-range 2 --triplet 1,2 --seed 7");
    EXPECT_EQ(json["status"], "converged");
    EXPECT_EQ(json["method"], "relative-entropy");
    EXPECT_EQ(json["engine"], "exact");
    EXPECT_EQ(json["names"], Json::array({"linear", "pair_1", "pair_2", "triplet_1_2"}));
    EXPECT_EQ(json["ties"], "average");
    EXPECT_EQ(json["reconstruction"], "uniform");
    EXPECT_EQ(json["directions"], Json::array());
    EXPECT_EQ(json["samples"], 50);
    EXPECT_EQ(json["seed"], 7);
    EXPECT_EQ(json["version"], version_string);
    EXPECT_EQ(json["model"]["coarse_sites"], 8);
    EXPECT_EQ(json["model"]["prior"], "weak");
    ASSERT_EQ(json["correlation"].size(), 17);
    EXPECT_NEAR(json["correlation"][0].get<double>(), 1.0, 1e-14);
    EXPECT_EQ(json["data"]["correlation"].size(), 17);
    EXPECT_NEAR(json["data"]["magnetization"].get<double>(), 0.135, 1e-14);
    EXPECT_FALSE(json.contains("monte_carlo"));
}

// With a linear term p_c has the data's M, ties counting 0: at level 2 that is m of the data, and a third of
// it comes back; half with ties that count half.
TEST_F(RelativeEntropyCommand, ReconstructionKeepsAThirdOfTheMagnetization) {
    const std::string options = "--field 0.3 --linear --prior flat";
    EXPECT_NEAR(learn(options)["magnetization"].get<double>(), 0.135 / 3.0, 1e-9);
    EXPECT_NEAR(learn(options + " --reconstruction tie-weighted")["magnetization"].get<double>(), 0.135 / 2.0,
                1e-9);
}

TEST_F(RelativeEntropyCommand, MethodsMeetAtTheSamePoint) {
    const std::string options = "--field 0.3 --linear --pair-range 2 --prior flat --method ";
    const Json newton = learn(options + "relative-entropy"), inverse = learn(options + "inverse-monte-carlo"),
               boltzmann = learn(options + "iterative-boltzmann");
    EXPECT_EQ(newton["iterations"], inverse["iterations"]);
    EXPECT_GT(boltzmann["iterations"], newton["iterations"]);
    EXPECT_EQ(boltzmann["method"], "iterative-boltzmann");
    for (const std::string name : newton["names"]) {
        reference::expect_near(inverse["theta_c"][name], newton["theta_c"][name], 1e-9, name);
        reference::expect_near(boltzmann["theta_c"][name], newton["theta_c"][name], 1e-6, name);
    }
}

TEST_F(RelativeEntropyCommand, TiesAreDrawnBySeed) {
    const std::string options = "--field 0.3 --linear --ties draw --seed ";
    const Json one = learn(options + "1"), again = learn(options + "1"), two = learn(options + "2");
    EXPECT_EQ(one, again);
    EXPECT_EQ(one["ties"], "draw");
    EXPECT_NE(one["target_moments"], two["target_moments"]);
    EXPECT_NE(one["target_moments"], learn("--field 0.3 --linear")["target_moments"]);
}

TEST_F(RelativeEntropyCommand, SampledMomentsMeetExactOnes) {
    const std::string options = "--field 0.3 --linear ";
    const Json exact = learn(options), sampled = learn(options + "--engine monte-carlo --seed 3");
    EXPECT_EQ(sampled["status"], "converged");
    EXPECT_TRUE(sampled["objective"].is_null());
    EXPECT_EQ(sampled["monte_carlo"]["coarse_samples"], 200);
    for (const std::string name : exact["names"]) {
        const double error = sampled["monte_carlo"]["standard_errors"][name];
        const double sd = exact["standard_errors"][name];
        EXPECT_LT(error, 0.2 * sd) << name;
        EXPECT_NEAR(sampled["theta_c"][name].get<double>(), exact["theta_c"][name].get<double>(), 0.5 * sd);
    }
    const Json other = learn(options + "--engine monte-carlo --optimizer robbins-monro --sampler metropolis "
                                       "--coarse-samples 100 --iterations 300");
    EXPECT_LE(other["iterations"], 300);
    EXPECT_EQ(other["monte_carlo"]["sampler"], "metropolis");
    EXPECT_EQ(other["monte_carlo"]["coarse_samples"], 100);
}

TEST_F(RelativeEntropyCommand, DefaultsAreThoseOfTheHelp) {
    learn("");
    const std::string first = read_text(at("re.json"));
    learn("--level 2 --pair-range 1 --field 0 --beta 0.3 --boundary periodic --prior weak --engine exact "
          "--optimizer newton --method relative-entropy --ties average --reconstruction uniform "
          "--iterations 200 --seed 1");
    EXPECT_EQ(first, read_text(at("re.json")));
}

TEST_F(RelativeEntropyCommand, SummaryAndWarnings) {
    const auto good = run_well("relative-entropy --data " + data_file("A") + " --field 0.3 --out re.json");
    for (const char* part : {"status", "converged", "pair_1", "target moment 1.68", "reconstructed"})
        EXPECT_NE(good.out.find(part), std::string::npos) << good.out;
    write("saturated.csv", "1,1,1,1\n1,1,1,1\n");
    const auto open = run("relative-entropy --data saturated.csv --linear --prior flat --out re.json");
    EXPECT_EQ(open.code, 0);
    EXPECT_NE(open.err.find("do not identify"), std::string::npos) << open.err;
    const Json json = read_json(at("re.json"));
    EXPECT_EQ(json["status"], "not identified");
    EXPECT_FALSE(json["directions"].empty());
    const auto limit = run("relative-entropy --data " + data_file("A") + " --iterations 1 --out re.json");
    EXPECT_EQ(limit.code, 0);
    EXPECT_NE(limit.err.find("not converged within 1 iterations"), std::string::npos) << limit.err;
    EXPECT_EQ(read_json(at("re.json"))["status"], "limit");
}

TEST_F(RelativeEntropyCommand, RefusesInWords) {
    const std::string start = "relative-entropy --data " + data_file("A") + " --out re.json ";
    expect_refused(start + "--level 3", {"--level", "3", "1, 2, 4, 8, 16, 32"});
    expect_refused(start + "--ties toss", {"--ties", "'toss'", "average or draw"});
    expect_refused(start + "--method newton", {"--method", "relative-entropy or inverse-monte-carlo"});
    expect_refused(start + "--reconstruction none", {"--reconstruction", "uniform or tie-weighted"});
    expect_refused(start + "--beta 0", {"--beta", "> 0"});
    expect_refused(start + "--pair-range 9", {"--pair-range", "9"});
    expect_refused(start + "--coarse-samples 100", {"--coarse-samples", "--engine monte-carlo"});
    expect_refused(start + "--optimizer robbins-monro", {"--optimizer", "--engine monte-carlo"});
    expect_refused(start + "--engine monte-carlo --method iterative-boltzmann",
                   {"--method", "relative-entropy"});
    expect_refused(start + "--latent-samples 5", {"--latent-samples"});
    expect_refused("relative-entropy --data none.csv --out re.json", {"none.csv"});
    expect_refused("relative-entropy --data " + data_file("A"), {"--out"});
    write("broken.csv", "1,-1\n1,2\n");
    expect_refused("relative-entropy --data broken.csv --out re.json", {"broken.csv", "2"});
    expect_refused("relative-entropy --data broken.csv --out broken.csv", {"broken.csv"});
}

TEST(IsingRelativeEntropy, IsTheCommandsFunction) {
    cli::FitModel model;
    model.linear = true;
    model.field = 0.3;
    const auto result = cli::relative_entropy_of(model, reference::load_data("A"));
    EXPECT_EQ(result.fit.status, Status::converged);
    EXPECT_EQ(result.fit.coarse_names.size(), 2);
    EXPECT_NEAR(result.target_moments[0], 1.08, 1e-12);
    EXPECT_EQ(result.standard_errors.size(), 2);
    EXPECT_EQ(result.correlation.size(), 17);
    const auto inverse = cli::relative_entropy_of(model, reference::load_data("A"), {},
                                                  cli::MatchingMethod::inverse_monte_carlo);
    EXPECT_NEAR(inverse.magnetization, result.magnetization, 1e-9);
}

}  // namespace
}  // namespace relative_entropy_test
