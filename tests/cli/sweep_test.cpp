// study sweep: its files, and its numbers against the other subcommands.
#include "program.hpp"
#include "z_score.hpp"

#include <algorithm>
#include <cmath>

namespace sweep_test {

namespace fs = std::filesystem;
using cli_test::fixed;
using cli_test::numbers;
using cli_test::read_json;
using cli_test::read_table;
using cli_test::read_text;

namespace {

class Sweep : public cli_test::Program {};

constexpr const char* small =
    "--sites 16 --samples 12 --draws 400 --seed 40 --field-from -0.9 --field-to 0.9 ";
/// Of the k-th field and one of pair_1, {linear, pair_1} and Monte Carlo, for data of seed `first` and on.
std::string seed_of(std::size_t model, std::size_t field, std::size_t first = 40) {
    return " --seed " + std::to_string(1000003 * (first + field) + model);
}

TEST_F(Sweep, WritesTablesFiguresAndReport) {
    const auto outcome = run_well(std::string("study sweep --out sweep ") + small);
    EXPECT_EQ(outcome.out, "report: " + fs::canonical(at("sweep/report.html")).string() + "\n");
    std::vector<std::string> expected{"report.html",       "sweep_data.csv",   "sweep_magnetization.gp",
                                      "sweep_predcg.csv",  "sweep_theta_c.gp", "sweep_predcg_linear.csv",
                                      "sweep_theta_cf.gp", "sweep_truth.csv",  "sweep_monte_carlo.csv",
                                      "sweep_paths.csv",   "sweep_paths.gp",   "sweep_relative_entropy.csv",
                                      "report.json",       "manifest.json"};
    if (has_gnuplot())
        for (const char* name : {"sweep_magnetization", "sweep_theta_c", "sweep_theta_cf", "sweep_paths"})
            for (const char* kind : {".svg", ".png"}) expected.push_back(std::string(name) + kind);
    std::sort(expected.begin(), expected.end());
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(at("sweep"))) {
        found.push_back(entry.path().filename().string());
        EXPECT_GT(fs::file_size(entry.path()), 100u) << entry.path();
    }
    std::sort(found.begin(), found.end());
    EXPECT_EQ(found, expected);
}

TEST_F(Sweep, NumbersAreThoseOfGenerateTruthAndFit) {
    run_well(std::string("study sweep --out sweep ") + small);
    const auto data = read_table(at("sweep/sweep_data.csv"));
    EXPECT_EQ(numbers(data.at("field")), (std::vector<double>{-0.9, -0.3, 0.3, 0.9}));
    EXPECT_EQ(data.at("seed"), (std::vector<std::string>{"40", "41", "42", "43"}));
    for (std::size_t k = 0; k < 4; ++k) {
        const std::string chain = " --sites 16 --field " + data.at("field")[k];
        run_well("generate --samples 12 --seed " + data.at("seed")[k] + chain + " --out data.csv");
        run_well("truth" + chain + " --out truth.json");
        EXPECT_EQ(numbers(data.at("truth"))[k], read_json(at("truth.json"))["magnetization"]);
        for (const std::string model : {"", " --linear"}) {
            const auto table =
                read_table(at(model.empty() ? "sweep/sweep_predcg.csv" : "sweep/sweep_predcg_linear.csv"));
            run_well("fit --data data.csv --field " + data.at("field")[k] + model +
                     seed_of(model.empty() ? 0 : 1, k) + " --out fit.json");
            const auto fit = read_json(at("fit.json"));
            EXPECT_EQ(numbers(data.at("magnetization"))[k], fit["magnetization"]["data"]);
            EXPECT_EQ(table.at("status")[k], fit["status"]);
            for (const std::string name : fit["names"])
                EXPECT_EQ(numbers(table.at(name))[k], fit["theta_c"][name]) << name;
            for (const char* name : {"theta_cf", "logit_theta_cf", "log_likelihood", "iterations"})
                EXPECT_EQ(numbers(table.at(name))[k], fit[name]) << name;
            EXPECT_EQ(numbers(table.at("magnetization"))[k], fit["magnetization"]["mean"]);
            EXPECT_EQ(numbers(table.at("open_directions"))[k], fit["directions"].size());
        }
    }
    const auto curve = read_table(at("sweep/sweep_truth.csv"));
    EXPECT_GT(curve.at("field").size(), 40u);
    EXPECT_EQ(curve.at("magnetization").front(), data.at("truth").front());
    EXPECT_EQ(curve.at("magnetization").back(), data.at("truth").back());
}

TEST_F(Sweep, MonteCarloIsThatOfFit) {
    run_well(std::string("study sweep --out sweep ") + small);
    const auto data = read_table(at("sweep/sweep_data.csv"));
    const auto table = read_table(at("sweep/sweep_monte_carlo.csv"));
    for (std::size_t k = 0; k < 4; ++k) {
        const std::string field = " --field " + data.at("field")[k], seed = " --seed " + data.at("seed")[k];
        run_well("generate --samples 12 --sites 16" + seed + field + " --out data.csv");
        const std::string method = " --engine monte-carlo --optimizer robbins-monro";
        ASSERT_EQ(run("fit --data data.csv" + field + seed_of(2, k) + method + " --out fit.json").code, 0);
        const auto fit = read_json(at("fit.json"));
        const auto& errors = fit["monte_carlo"]["standard_errors"];
        EXPECT_EQ(table.at("status")[k], fit["status"]);
        EXPECT_EQ(numbers(table.at("iterations"))[k], fit["iterations"]);
        EXPECT_EQ(numbers(table.at("pair_1"))[k], fit["theta_c"]["pair_1"]);
        EXPECT_EQ(numbers(table.at("theta_cf"))[k], fit["theta_cf"]);
        EXPECT_EQ(numbers(table.at("pair_1_error"))[k], errors["pair_1"]);
        EXPECT_EQ(numbers(table.at("logit_theta_cf_error"))[k], errors["logit_theta_cf"]);
        EXPECT_EQ(table.at("log_likelihood")[k], "nan");
        // m is sampled, fit's is exact, at one estimate
        expect_z(numbers(table.at("magnetization"))[k], fit["magnetization"]["mean"],
                 numbers(table.at("magnetization_error"))[k], "m" + field);
    }
}

TEST_F(Sweep, PathsLeadToTheExactFit) {
    run_well(std::string("study sweep --out sweep ") + small);
    const auto paths = read_table(at("sweep/sweep_paths.csv"));
    const auto exact = read_table(at("sweep/sweep_predcg.csv"));
    const std::string report = read_text(at("sweep/report.html"));
    expect_contains(report, "{pair_1} at &mu; = 0.30");
    for (const char* name : {"pair_1", "theta_cf"}) {
        const auto limit = numbers(paths.at(std::string(name) + "_exact"));
        ASSERT_EQ(limit.size(), 400u);
        EXPECT_EQ(limit, std::vector<double>(400, numbers(exact.at(name))[2])) << name;
        for (const char* method : {"_robbins_monro", "_newton"}) {
            const auto path = numbers(paths.at(name + std::string(method)));
            EXPECT_EQ(path[0], std::string(name) == "pair_1" ? 0.0 : 1.0 / (1.0 + std::exp(-1.0)));
            double mean = 0.0, spread = 0.0;
            for (std::size_t t = 200; t < 400; ++t) mean += path[t] / 200.0;
            for (std::size_t t = 200; t < 400; ++t) spread += std::pow(path[t] - mean, 2) / 200.0;
            EXPECT_GT(spread, 0.0);
            EXPECT_LT(std::abs(mean - limit[0]), 3.0 * std::sqrt(spread)) << name << method;
            if (std::string(name) == "pair_1")
                expect_contains(report, fixed(mean, 3) + " &plusmn; " + fixed(std::sqrt(spread), 3));
        }
    }
}

TEST_F(Sweep, StandardErrorOfTheData) {
    run_well(std::string("study sweep --out sweep ") + small);
    run_well("generate --sites 16 --field -0.9 --samples 12 --seed 40 --out data.csv");
    const std::string text = read_text(at("data.csv"));
    std::vector<double> m;
    for (std::size_t start = 0, end = 0; (end = text.find('\n', start)) != std::string::npos;
         start = end + 1) {
        const std::string line = text.substr(start, end - start);
        m.push_back(1.0 - static_cast<double>(std::count(line.begin(), line.end(), '-')) / 8.0);
    }
    double mean = 0.0, scatter = 0.0;
    for (const double x : m) mean += x / 12.0;
    for (const double x : m) scatter += (x - mean) * (x - mean);
    const auto data = read_table(at("sweep/sweep_data.csv"));
    EXPECT_NEAR(numbers(data.at("standard_error"))[0], std::sqrt(scatter / 11.0 / 12.0), 1e-12);
}

TEST_F(Sweep, ReportStandsAlone) {
    run_well(std::string("study sweep --out sweep ") + small);
    const std::string report = read_text(at("sweep/report.html"));
    for (const std::string reference : {"src=", "<script", "<link", "@import", "url("})
        EXPECT_EQ(report.find(reference), std::string::npos) << reference;
    for (std::size_t at_link = report.find("href=\""); at_link != std::string::npos;
         at_link = report.find("href=\"", at_link + 1)) {  // figures refer to themselves with single quotes
        const auto end = report.find('"', at_link + 6);
        const std::string file = report.substr(at_link + 6, end - at_link - 6);
        EXPECT_TRUE(fs::exists(at("sweep/" + file))) << file;
    }
    std::size_t figures = 0;
    for (auto place = report.find("<svg"); place != std::string::npos; place = report.find("<svg", place + 1))
        ++figures;
    EXPECT_EQ(figures, has_gnuplot() ? 4u : 0u);
}

TEST_F(Sweep, WithoutGnuplotNumbersAndScriptsRemain) {
    run(std::string("study sweep --out sweep ") + small);
    const auto bare = run(std::string("study sweep --out bare ") + small, {.environment = "PATH=/nowhere"});
    EXPECT_EQ(bare.code, 0);
    expect_contains(bare.err, "gnuplot was not found");
    expect_contains(bare.out, "report.html");
    for (const char* file : {"sweep_data.csv", "sweep_predcg.csv", "sweep_theta_c.gp"})
        EXPECT_EQ(read_text(at("sweep") / file), read_text(at("bare") / file)) << file;
    EXPECT_FALSE(fs::exists(at("bare/sweep_theta_c.svg")));
    expect_contains(read_text(at("bare/report.html")), "Not drawn");
}

TEST_F(Sweep, SameSeedSameTables) {
    run_well(std::string("study sweep --out a ") + small);
    run_well(std::string("study sweep --out b ") + small);
    run_well(std::string("study sweep --out c --seed 41 ") +
             "--sites 16 --samples 12 --draws 400 --field-from -0.9 --field-to 0.9");
    for (const char* file : {"sweep_data.csv", "sweep_truth.csv", "sweep_predcg.csv",
                             "sweep_predcg_linear.csv", "sweep_monte_carlo.csv", "sweep_paths.csv"})
        EXPECT_EQ(read_text(at("a") / file), read_text(at("b") / file)) << file;
    EXPECT_NE(read_text(at("a/sweep_predcg.csv")), read_text(at("c/sweep_predcg.csv")));
}

TEST_F(Sweep, EveryOptionReachesTheStudy) {
    run_well("study sweep --sites 12 --strength 0.8 --range 2 --exponent 0.5 --normalisation total "
             "--boundary open "
             "--beta 0.5 --level 3 --samples 7 --seed 5 --prior flat --field-from 0.2 --field-to 0.5 "
             "--field-step 0.3 "
             "--out sweep");
    const std::string chain = " --sites 12 --strength 0.8 --range 2 --exponent 0.5 --normalisation total "
                              "--boundary open --beta 0.5 --field 0.5";
    run_well("truth" + chain + " --out truth.json");
    run_well("generate --samples 7 --seed 6" + chain + " --out data.csv");
    run("fit --data data.csv --level 3 --boundary open --beta 0.5 --field 0.5 --prior flat" +
        seed_of(0, 1, 5) + " --out fit.json");
    const auto fit = read_json(at("fit.json"));
    EXPECT_EQ(numbers(read_table(at("sweep/sweep_data.csv")).at("truth")).at(1),
              read_json(at("truth.json"))["magnetization"]);
    EXPECT_EQ(numbers(read_table(at("sweep/sweep_predcg.csv")).at("log_likelihood")).at(1),
              fit["log_likelihood"]);
}

TEST_F(Sweep, OneFieldIsEnough) {
    run_well("study sweep --sites 8 --samples 1 --field-from 0.3 --field-to 0.3 --out 'a sweep'");
    EXPECT_EQ(numbers(read_table(at("a sweep/sweep_data.csv")).at("field")), std::vector<double>{0.3});
}

}  // namespace
}  // namespace sweep_test
