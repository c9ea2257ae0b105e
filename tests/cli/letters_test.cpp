// fit --letters 3: what it loses against two letters, what the file says, what is refused, calibration.
#include "fit_command.hpp"

#include <cmath>
#include <string>
#include <vector>

namespace letters_test {
using cli_test::FitCommand;
using cli_test::Json;
using cli_test::read_json;
using cli_test::read_text;

namespace {

/// The divergence of a fit from the fine chain that made its data, by their mean: log p_f(x) of the data less
/// their log-likelihood, U from the data's m and R_k.
double loss(const Json& fit, const Json& truth, double beta, double field,
            const std::vector<double>& couplings) {
    const double n = fit["model"]["fine_sites"];
    double energy = -field * n * fit["magnetization"]["data"].get<double>();
    for (std::size_t k = 1; k <= couplings.size(); ++k)
        energy -= couplings[k - 1] * n * fit["correlation"]["data"][k].get<double>();
    return -beta * energy - truth["log_partition"].get<double>() -
           fit["log_likelihood"].get<double>() / fit["samples"].get<double>();
}

struct Losses {
    std::string chain;  ///< options of it
    double beta, field;
    std::vector<double> couplings;
    double two, three;  ///< of the best models of four parameters, level 2, nats
};

class ThreeLetters : public FitCommand {
protected:
    /// From N data the divergence is known to sqrt(2 KL / N), as log p_f / p has mean KL and variance 2 KL
    /// where p is near p_f.
    void expect_losses(const Losses& known) {
        constexpr double N = 5000.0;
        run_well("generate --sites 12 --samples 5000 --seed 3 --out data.csv " + known.chain);
        run_well("truth --sites 12 --out truth.json " + known.chain);
        const Json exact = read_json(at("truth.json"));
        const std::string options = "--data data.csv --linear --beta " + std::to_string(known.beta) +
                                    " --field " + std::to_string(known.field);
        const auto expect_loss = [&](const std::string& model, double loss_known) {
            const double found = loss(fit(options + model), exact, known.beta, known.field, known.couplings);
            EXPECT_NEAR(found, loss_known, 4.0 * std::sqrt(2.0 * loss_known / N)) << model;
        };
        expect_loss(" --pair-range 2", known.two);
        expect_loss(" --letters 3 --square", known.three);
    }
};

TEST_F(ThreeLetters, PayWhereCouplingsAreLong) {
    std::vector<double> J;
    const double sum = 1.0 + 1.0 / 2.0 + 1.0 / 3.0 + 1.0 / 4.0 + 1.0 / 5.0;
    for (const double k : {1.0, 2.0, 3.0, 4.0, 5.0})
        J.push_back(1.5 * sum / (5.0 * k));  // K / (L_f k), K = J_0 sum
    expect_losses({"--range 5 --strength 1.5 --field 0.3 --beta 0.3", 0.3, 0.3, J, 0.080, 0.028});
}

TEST_F(ThreeLetters, PayWhereCouplingsAreStrong) {
    expect_losses({"--beta 1", 1.0, 0.0, {1.0}, 0.606, 0.451});
}

TEST_F(ThreeLetters, StandInTheFileWithTheirTerms) {
    run_well("generate --sites 12 --samples 100 --beta 0.6 --out data.csv");
    const Json two = fit("--data data.csv --beta 0.6");
    EXPECT_EQ(two["model"]["letters"], 2);
    EXPECT_FALSE(two["model"].contains("square"));
    Json json = fit("--data data.csv --beta 0.6 --letters 3 --square --quad-range 2");
    EXPECT_EQ(json["model"]["letters"], 3);
    EXPECT_EQ(json["model"]["square"], true);
    EXPECT_EQ(json["model"]["quad_range"], 2);
    EXPECT_EQ(json["names"], Json({"pair_1", "square", "quad_1", "quad_2"}));
    EXPECT_EQ(json["map"], Json({{"name", "bernoulli"}, {"parameters", json["map"]["parameters"]}}));
    EXPECT_EQ(json["map"]["parameters"].size(), 1u);
    EXPECT_FALSE(json.contains("theta_cf"));
    EXPECT_FALSE(json["magnetization"].contains("standard_error")) << "predictions are exact";
    // Without the terms of three letters all letters are alike at theta = 0: one third of the sites are free.
    json["theta_c"] = {{"pair_1", 0.0}, {"square", 0.0}, {"quad_1", 0.0}, {"quad_2", 0.0}};
    json["map"]["parameters"]["own"] = 1.2;
    write("other.json", json.dump());
    run_well("predict --fit other.json --observable correlation --out R.json");
    EXPECT_NEAR(read_json(at("R.json"))["mean"][1].get<double>(), std::pow(std::tanh(0.6), 2) / 3.0, 1e-12)
        << "R_1: half of the neighbours are of one block, 2/3 of these letters not 0";
    json["model"]["letters"] = 4;
    write("other.json", json.dump());
    expect_refused("predict --fit other.json --out m.json", {"other.json", "letters", "4", "2 or 3"});
    // Files from before there were letters have two.
    Json old = two;
    old["model"].erase("letters");
    write("other.json", old.dump());
    run_well("predict --fit other.json --out m.json");
    EXPECT_EQ(read_json(at("m.json"))["mean"], two["magnetization"]["mean"]);
}

// Two modes of the posterior, X and -X, are one: the letters' coefficients of every draw are nearer to the
// fit's than after a flip. Without that a third of the draws were of the other mode.
TEST_F(ThreeLetters, HaveOneLabel) {
    run_well("generate --sites 12 --samples 5 --beta 0.3 --field 0.2 --seed 2 --out data.csv");
    for (const std::string model : {"--letters 3", "--map link2"}) {
        const auto outcome = run("fit --data data.csv --linear --beta 0.3 --field 0.2 " + model +
                                 " --posterior full --draws 400 --out fit.json");
        ASSERT_EQ(outcome.code, 0) << outcome.err;
        const Json json = read_json(at("fit.json")), &posterior = json["posterior"];
        std::vector<double> along(posterior["draws"][0].size(), 0.0);
        for (std::size_t k = 0; k < posterior["names"].size(); ++k) {
            const std::string name = posterior["names"][k];
            if (name != "own" && !name.starts_with("c_")) continue;
            for (std::size_t draw = 0; draw < along.size(); ++draw)
                along[draw] +=
                    posterior["draws"][k][draw].get<double>() * json["map"]["parameters"][name].get<double>();
        }
        ASSERT_EQ(along.size(), 400u);
        for (const double product : along) EXPECT_GE(product, 0.0) << model;
    }
}

TEST_F(ThreeLetters, AreRefusedWhereTheySayNothing) {
    write("data.csv", "1,-1,1,1,-1,1,1,1\n1,1,1,-1,-1,1,-1,1\n");
    const std::string fit = "fit --data data.csv --out fit.json ", sbc = "calibrate sbc --out a ",
                      coverage = "calibrate coverage --out a ";
    expect_refused(fit + "--letters 4", {"--letters", "'4'", "2 or 3"});
    for (const std::string& command : {fit, sbc, coverage}) {
        expect_refused(command + "--letters 3 --map decimation", {"--letters", "decimation", "fine spins"});
        expect_refused(command + "--square", {"--square", "only with --letters 3", "square of a spin is 1"});
        expect_refused(command + "--quad-range 1", {"--quad-range", "only with --letters 3"});
    }
    expect_refused(fit + "--letters 3 --quad-range 3", {"--quad-range: value 3", "0 to 2"});
    expect_refused(fit + "--letters 3 --posterior laplace-slides", {"'laplace-slides'", "--letters 3"});
    expect_refused(sbc + "--letters 3 --posterior laplace-slides", {"'laplace-slides'", "--letters 3"});
    expect_refused("relative-entropy --data data.csv --out a.json --letters 3", {"--letters"});
}

TEST_F(ThreeLetters, AreCalibrated) {
    run_well("calibrate sbc --sites 4 --samples 4 --replicates 2 --draws 100 --bins 5 --letters 3 --square "
             "--posterior laplace-joint --out ranks");
    const auto ranks = cli_test::read_table(at("ranks/sbc_ranks.csv"));
    EXPECT_EQ(ranks.size(), 4u);
    for (const char* name : {"pair_1", "square", "own", "m"}) EXPECT_TRUE(ranks.contains(name)) << name;
    expect_contains(read_text(at("ranks/report.html")), "letters -1, 0, 1");
    run_well("calibrate coverage --sites 6 --samples 10 --data-sets 2 --draws 100 --letters 3 "
             "--posterior laplace-joint --out coverage");
    expect_contains(read_text(at("coverage/report.html")), "letters -1, 0, 1");
}

}  // namespace
}  // namespace letters_test
