// fit --posterior, predict, sample, study data-size: what the files say, and that it can be used again.
#include "io/data_io.hpp"
#include "io/fit_json.hpp"
#include "program.hpp"
#include "reference.hpp"

#include <cmath>

namespace posterior_test {
using namespace predcg;
using cli_test::Json;
using cli_test::numbers;
using cli_test::read_json;
using cli_test::read_table;
using cli_test::read_text;

namespace {

class PosteriorCommand : public cli_test::Program {
protected:
    /// A fit of set A, {linear, pair_1}.
    Json fit_a(const std::string& options, const std::string& out = "fit.json") const {
        const auto outcome = run("fit --data " + data_file("A") + " --linear --field 0.3 --beta 0.3 --out " +
                                 out + " " + options);
        EXPECT_EQ(outcome.code, 0) << outcome.err;
        return read_json(at(out));
    }

    static std::vector<double> list(const Json& json) { return json.get<std::vector<double>>(); }
};

// Within 6 of the reference's standard deviations over the root of the effective sample size.
TEST_F(PosteriorCommand, FullMeetsTheReference) {
    const auto exact = reference::load("A")["posterior"];
    const Json json = fit_a("--posterior full --draws 4000 --seed 3");
    const Json& posterior = json["posterior"];
    EXPECT_EQ(posterior["method"], "full");
    EXPECT_EQ(posterior["names"], (std::vector<std::string>{"linear", "pair_1", "logit_theta_cf"}));
    ASSERT_EQ(posterior["draws"].size(), 3u);
    for (std::size_t k = 0; k < 3; ++k) {
        const double sd = exact["sd"][k], error = 6.0 * sd / std::sqrt(1000.0);
        EXPECT_NEAR(posterior["mean"][k].get<double>(), exact["mean"][k].get<double>(), error);
        EXPECT_NEAR(posterior["sd"][k].get<double>(), sd, error);
        EXPECT_NEAR(posterior["covariance"][k][k].get<double>(),
                    std::pow(posterior["sd"][k].get<double>(), 2), 1e-12);
        EXPECT_LT(posterior["diagnostics"]["r_hat"][k].get<double>(), 1.01);
        EXPECT_GT(posterior["diagnostics"]["ess_tail"][k].get<double>(), 400.0);
        double mean = 0.0;
        for (const double x : list(posterior["draws"][k])) mean += x / 4000.0;
        EXPECT_NEAR(mean, posterior["mean"][k].get<double>(), 1e-12);
    }
    EXPECT_TRUE(posterior["diagnostics"]["reliable"].get<bool>());
    const Json &m = json["magnetization"], &R = json["correlation"];
    const double m_sd = exact["sd"][3];
    EXPECT_NEAR(m["lower"].get<double>(), exact["quantiles"][0][3].get<double>(), 0.35 * m_sd);
    EXPECT_NEAR(m["upper"].get<double>(), exact["quantiles"][4][3].get<double>(), 0.35 * m_sd);
    EXPECT_NEAR(m["posterior_mean"].get<double>(), exact["mean"][3].get<double>(), 0.2 * m_sd);
    EXPECT_LT(m["predictive_lower"].get<double>(), m["lower"].get<double>());
    ASSERT_EQ(R["lower"].size(), 17u);
    EXPECT_NEAR(R["lower"][0].get<double>(), 1.0, 1e-12);
    EXPECT_NEAR(R["posterior_mean"][1].get<double>(), exact["mean"][4].get<double>(),
                0.2 * exact["sd"][4].get<double>());
    ASSERT_EQ(json["checks"].size(), 4u);
    EXPECT_EQ(json["checks"][1]["statistic"], "R_1");
    EXPECT_TRUE(json["checks"][1]["contradicted"].get<bool>());
    EXPECT_FALSE(json["checks"][0]["contradicted"].get<bool>());
    EXPECT_NEAR(json["checks"][1]["z"].get<double>(), 2.95, 0.4);
    EXPECT_LT(json["checks"][1]["p_value"].get<double>(), 0.01);
    EXPECT_NEAR(json["checks"][1]["data"].get<double>(), R["data"][1].get<double>(), 1e-12);
    EXPECT_NEAR(json["checks"][0]["replicated_mean"].get<double>(), exact["mean"][3].get<double>(), m_sd);
    EXPECT_GT(m["monte_carlo_error"]["lower"].get<double>(), 0.0);
    EXPECT_LT(m["monte_carlo_error"]["upper"].get<double>(), 0.2 * m_sd);
    // theta_cf = 1 / (1 + exp(-eta)) rises with eta: its quantiles are those of the draws of eta
    const Json& theta_cf = posterior["theta_cf"];
    double below = 0.0, above = 0.0, mean = 0.0;
    for (const double eta : list(posterior["draws"][2])) {
        const double value = 1.0 / (1.0 + std::exp(-eta));
        below += value < theta_cf["lower"].get<double>() ? 1.0 / 4000.0 : 0.0;
        above += value > theta_cf["upper"].get<double>() ? 1.0 / 4000.0 : 0.0;
        mean += value / 4000.0;
    }
    EXPECT_NEAR(below, 0.025, 0.001);
    EXPECT_NEAR(above, 0.025, 0.001);
    EXPECT_NEAR(theta_cf["mean"].get<double>(), mean, 1e-12);
}

TEST_F(PosteriorCommand, SavedPosteriorsPredictTheSame) {
    const Json json = fit_a("--posterior full --draws 400 --seed 3 --credibility 0.8");
    const auto outcome = run("predict --fit fit.json --out m.json");
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    const Json m = read_json(at("m.json"));
    EXPECT_EQ(m["observable"], "magnetization");
    EXPECT_EQ(m["credibility"], 0.8);
    EXPECT_EQ(m["sites"], 32);
    for (const char* key : {"mean", "lower", "upper", "posterior_mean"})
        EXPECT_NEAR(m[key].get<double>(), json["magnetization"][key].get<double>(), 1e-12) << key;
    run_well("predict --fit fit.json --observable correlation --credibility 0.5 --out R.json");
    const Json R = read_json(at("R.json"));
    EXPECT_EQ(R["lag"].size(), 17u);
    EXPECT_NEAR(R["mean"][3].get<double>(), json["correlation"]["mean"][3].get<double>(), 1e-12);
    EXPECT_GT(R["lower"][1].get<double>(), json["correlation"]["lower"][1].get<double>());
    const cli::SavedFit loaded = cli::load_fit(at("fit.json"));
    ASSERT_TRUE(loaded.posterior);
    EXPECT_EQ(loaded.posterior->posterior.draw_count(), 400);
    EXPECT_EQ(loaded.posterior->posterior.diagnostics.size(), 3u);
}

TEST_F(PosteriorCommand, OtherSizesAndSamples) {
    fit_a("--posterior full --draws 200 --seed 3");
    run_well("predict --fit fit.json --sites 2000 --out long.json");
    const Json m = read_json(at("long.json"));
    EXPECT_EQ(m["sites"], 2000);
    EXPECT_GT(m["predictive_lower"].get<double>(), m["lower"].get<double>() - 0.1)
        << "m of a long chain has little spread";
    run_well("sample --fit fit.json --samples 7 --sites 64 --out x.csv");
    run_well("sample --fit fit.json --samples 7 --sites 64 --out y.csv");
    EXPECT_EQ(read_text(at("x.csv")), read_text(at("y.csv")));
    const auto x = cli::read_configurations(at("x.csv"));
    ASSERT_EQ(x.size(), 7u);
    EXPECT_EQ(x.front().size(), 64u);
    fit_a("", "plain.json");
    run_well("sample --fit plain.json --samples 3 --out z.csv");
    EXPECT_EQ(cli::read_configurations(at("z.csv")).front().size(), 32u);
    run_well("predict --fit plain.json --out plain_m.json");
    EXPECT_FALSE(read_json(at("plain_m.json")).contains("lower"));
}

TEST_F(PosteriorCommand, Approximations) {
    const Json joint = fit_a("--posterior laplace-joint --draws 1000 --seed 3");
    EXPECT_EQ(joint["posterior"]["method"], "laplace-joint");
    EXPECT_LT(joint["posterior"]["diagnostics"]["pareto_k"].get<double>(), 0.7);
    EXPECT_TRUE(joint["magnetization"].contains("lower"));
    const Json slides = fit_a("--posterior laplace-slides --draws 1000 --seed 3");
    EXPECT_EQ(slides["posterior"]["sd"][0], 0.0);
    const auto width = [](const Json& json) {
        return json["magnetization"]["upper"].get<double>() - json["magnetization"]["lower"].get<double>();
    };
    EXPECT_LT(width(slides), 0.5 * width(joint));
}

TEST_F(PosteriorCommand, TrajectoriesCountAsFewer) {
    const cli_test::Outcome drawn =
        run("generate --beta 1.2 --field 0.3 --sampler heat-bath --thinning 1 --samples 200 --out chain.csv");
    EXPECT_NE(drawn.err.find("the 200 samples are worth "), std::string::npos) << drawn.err;
    const std::string fit =
        "fit --data chain.csv --beta 1.2 --field 0.3 --linear --posterior laplace-slides ";
    run(fit + "--out all.json");
    run(fit + "--trajectory --out few.json");
    const Json all = read_json(at("all.json")), few = read_json(at("few.json"));
    EXPECT_FALSE(all.contains("trajectory"));
    const double worth = few["trajectory"]["effective_samples"];
    EXPECT_LT(worth, 150.0);
    EXPECT_EQ(few["trajectory"]["samples"], 200);
    EXPECT_NEAR(few["effective_samples"].get<double>(), worth, 1e-9 * worth);
    EXPECT_GT(few["posterior"]["sd"][2].get<double>(),
              all["posterior"]["sd"][2].get<double>() * std::sqrt(200.0 / worth) * 0.8);
}

TEST_F(PosteriorCommand, BadUseIsRefused) {
    const std::string fit = "fit --data " + data_file("A") + " --out fit.json --posterior full ";
    expect_refused(fit + "--credibility 1", {"--credibility", "1", "between 0 and 1"});
    expect_refused(fit + "--credibility nan", {"--credibility"});
    expect_refused(fit + "--draws 0", {"--draws", "0"});
    expect_refused(fit + "--prior flat", {"--prior", "flat", "weak"});
    expect_refused(fit + "--engine monte-carlo", {"--posterior", "--engine exact"});
    expect_refused("fit --data " + data_file("A") + " --out fit.json --draws 100",
                   {"--draws", "--posterior"});
    expect_refused("predict --fit nowhere.json --out m.json", {"--fit", "nowhere.json"});
    fit_a("");
    expect_refused("predict --fit fit.json --out fit.json", {"--out", "it is what is read"});
    expect_refused("predict --fit fit.json --sites 33 --out m.json", {"--sites", "33", "multiple"});
    expect_refused("predict --fit fit.json --credibility 2 --out m.json", {"--credibility", "2"});
    write("broken.json", "{\"posterior\": 1}");
    expect_refused("sample --fit broken.json --out x.csv", {"broken.json", "a fit that"});
}

class DataSize : public cli_test::Program {};

TEST_F(DataSize, TablesAreOfTheSettings) {
    const std::string command =
        "study data-size --sites 8 --range 1 --strength 1 --field-from -0.6 --field-to 0.6 --field-step 1.2 "
        "--data-sets 2 --draws 200 --out ";
    const auto outcome = run(command + "a");
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    const auto coverage = read_table(at("a/data_size_coverage.csv"));
    EXPECT_EQ(coverage.at("method"),
              (std::vector<std::string>{"full", "slides", "full", "slides", "full", "slides"}));
    for (const double trials : numbers(coverage.at("trials"))) EXPECT_EQ(trials, 4.0);
    const auto errors = read_table(at("a/data_size_errors.csv"));
    EXPECT_EQ(numbers(errors.at("samples")), (std::vector<double>{5, 10, 20, 50, 100}));
    const auto bands = read_table(at("a/data_size_magnetization_20.csv"));
    EXPECT_EQ(numbers(bands.at("field")), (std::vector<double>{-0.6, 0.6}));
    for (const std::string method : {"full", "slides"}) {
        const auto lower = numbers(bands.at(method + "_lower")), mean = numbers(bands.at(method + "_mean")),
                   upper = numbers(bands.at(method + "_upper"));
        for (std::size_t k = 0; k < lower.size(); ++k) {
            EXPECT_LT(lower[k], mean[k]) << method;
            EXPECT_LT(mean[k], upper[k]) << method;
        }
    }
    EXPECT_EQ(read_table(at("a/data_size_correlation_50.csv")).at("lag").size(), 5u);
    const std::string report = read_text(at("a/report.html"));
    EXPECT_NE(report.find("uncertainty shrinks"), std::string::npos);
    run(command + "b --threads 1");
    for (const char* file :
         {"data_size_coverage.csv", "data_size_errors.csv", "data_size_magnetization_10.csv"})
        EXPECT_EQ(read_text(at(std::string("a/") + file)), read_text(at(std::string("b/") + file))) << file;
}

}  // namespace
}  // namespace posterior_test
