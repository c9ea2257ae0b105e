// fit: estimates, predictions, what the file says, and that it can be used again.
#include "basics/errors.hpp"
#include "fit_command.hpp"
#include "io/data_io.hpp"
#include "io/fit_json.hpp"
#include "model/ising_posterior.hpp"
#include "reference.hpp"

#include <predcg/models/ising/observables.hpp>
#include <predcg/predict/fine_scale.hpp>
#include <predcg/version.hpp>

#include <cmath>

namespace fit_test {
using namespace predcg;
using cli_test::FitCommand;
using cli_test::Json;
using cli_test::options_of_terms;
using cli_test::read_json;
using cli_test::read_text;

namespace {

TEST_F(FitCommand, MeetsTheReferenceMaxima) {
    const auto reference = reference::load("A");
    const std::string common = "fit --data " + data_file("A") + " --prior flat --out fit.json --beta " +
                               reference["truth"]["beta"].dump() + " --field " +
                               reference["truth"]["field"].dump();
    for (const auto& model : reference["models"]) {
        const std::string what = options_of_terms(model);
        const auto outcome = run(common + what);
        ASSERT_EQ(outcome.code, 0) << outcome.err;
        const Json json = read_json(at("fit.json"));
        const auto& maximum = model["maximum_likelihood"];
        if (maximum.is_null()) {
            EXPECT_EQ(json["status"], "not identified") << what;
            EXPECT_FALSE(json["directions"].empty()) << what;
            EXPECT_EQ(json["directions"][0]["kind"], "not identified");
            continue;
        }
        EXPECT_EQ(json["status"], "converged") << what;
        const auto& names = json["names"];
        for (std::size_t k = 0; k < names.size(); ++k) {
            EXPECT_EQ(names[k], model["parameters"][k]);
            reference::expect_near(json["theta_c"][names[k].get<std::string>()], maximum["parameters"][k],
                                   1e-6, what);
        }
        reference::expect_near(json["theta_cf"], maximum["theta_cf"], 1e-6, what);
        reference::expect_near(json["log_likelihood"], maximum["log_likelihood"], 1e-6, what);
        reference::expect_near(json["magnetization"]["mean"], maximum["predicted_magnetization"], 1e-6, what);
        reference::expect_near(json["magnetization"]["data"], reference["data_magnetization"], 1e-14, what);
        reference::expect_close(reference::vector_of(json["correlation"]["mean"]),
                                reference::vector_of(maximum["predicted_correlation"]), 1e-6, what);
    }
}

TEST_F(FitCommand, FileSaysWhatWasDone) {
    const Json json =
        fit("--data " + data_file("A") +
            " --level 4 --field 0.3 --linear --pair-range 2 --triplet 2,1 --triplet 1,1 --seed 7");
    EXPECT_EQ(json["status"], "converged");
    EXPECT_EQ(json["engine"], "exact");
    EXPECT_EQ(json["names"], Json::array({"linear", "pair_1", "pair_2", "triplet_1_1", "triplet_1_2"}));
    EXPECT_EQ(json["theta_c"].size(), 5);
    EXPECT_EQ(json["seed"], 7);
    EXPECT_EQ(json["version"], version_string);
    EXPECT_EQ(json["samples"], 50);
    EXPECT_GT(json["iterations"], 0);
    const Json& model = json["model"];
    EXPECT_EQ(model["fine_sites"], 32);
    EXPECT_EQ(model["coarse_sites"], 8);
    EXPECT_EQ(model["level"], 4);
    EXPECT_EQ(model["linear"], true);
    EXPECT_EQ(model["pair_range"], 2);
    EXPECT_EQ(model["triplets"], Json::parse("[[1,1],[1,2]]"));
    EXPECT_EQ(model["field"], 0.3);
    EXPECT_EQ(model["beta"], 0.3);
    EXPECT_EQ(model["boundary"], "periodic");
    EXPECT_EQ(model["prior"], "weak");
    const Json& R = json["correlation"];
    ASSERT_EQ(R["lag"].size(), 17);
    for (std::size_t l = 0; l < 17; ++l) EXPECT_EQ(R["lag"][l], l);
    EXPECT_EQ(R["data"].size(), 17);
    EXPECT_EQ(R["mean"].size(), 17);
    EXPECT_NEAR(R["data"][0].get<double>(), 1.0, 1e-12);
    EXPECT_NEAR(R["mean"][0].get<double>(), 1.0, 1e-12);
}

TEST_F(FitCommand, DefaultsAreThoseOfTheHelp) {
    const std::string data = "--data " + data_file("B");
    fit(data);
    const std::string first = read_text(at("fit.json"));
    fit(data +
        " --level 2 --pair-range 1 --field 0 --beta 0.3 --boundary periodic --prior weak --engine exact "
        "--optimizer newton --iterations 200 --seed 1");
    EXPECT_EQ(first, read_text(at("fit.json")));
}

TEST_F(FitCommand, SummaryIsShortAndReadable) {
    const auto outcome = run_well("fit --data " + data_file("A") + " --field 0.3 --linear --out fit.json");
    const Json json = read_json(at("fit.json"));
    for (const std::string part : {"converged", "linear", "pair_1", "theta_cf", "fit.json"})
        EXPECT_NE(outcome.out.find(part), std::string::npos) << part << "\n" << outcome.out;
    char m[32];
    std::snprintf(m, sizeof m, "prediction %.6f", json["magnetization"]["mean"].get<double>());
    EXPECT_NE(outcome.out.find(m), std::string::npos) << outcome.out;
}

TEST_F(FitCommand, LoadedFitPredictsTheSame) {
    for (const std::string options :
         {" --field 0.3 --linear --pair-range 2 --triplet 1,2", " --field 0.3 --pair-range 0 --prior flat",
          " --field 0.3 --linear --engine monte-carlo --sampler metropolis --optimizer robbins-monro",
          " --engine monte-carlo --prior flat --iterations 0 --latent-samples 7",
          " --field -0.1 --boundary open --level 4 --beta 0.5"}) {
        run("fit --data " + data_file("A") + options + " --out fit.json");
        const cli::SavedFit saved = cli::load_fit(at("fit.json"));
        const Json json = read_json(at("fit.json"));
        EXPECT_EQ(cli::predicted_magnetization(saved.fit).value(), json["magnetization"]["mean"]) << options;
        const Vector R = cli::predicted(saved.fit, saved.model.boundary, true).mean;
        EXPECT_EQ(R, reference::vector_of(json["correlation"]["mean"])) << options;
        EXPECT_EQ(cli::json_of(saved), read_text(at("fit.json"))) << options;
    }
}

TEST_F(FitCommand, FilesThatAreNoFitAreRefused) {
    run_well("fit --data " + data_file("A") + " --out fit.json");
    const std::string whole = read_text(at("fit.json"));
    auto json = nlohmann::ordered_json::parse(whole);
    json.erase("checksum");
    const std::string text = json.dump(1);
    const auto load_error = [&](const std::string& content) {
        write("broken.json", content);
        try {
            cli::load_fit(at("broken.json"));
        } catch (const cli::InputError& error) {
            return std::string(error.what());
        }
        return std::string("no error");
    };
    const auto with = [&](const std::string& from, const std::string& to) {
        std::string changed = text;
        return load_error(changed.replace(changed.find(from), from.size(), to));
    };
    EXPECT_NE(load_error(text.substr(0, 200)).find("broken.json"), std::string::npos);
    EXPECT_NE(load_error("[]").find("broken.json"), std::string::npos);
    EXPECT_NE(with("\"theta_c\"", "\"theta_x\"").find("theta_c"), std::string::npos);
    EXPECT_NE(with("\"weak\"", "\"strong\"").find("'weak', 'flat'"), std::string::npos);
    EXPECT_NE(with("\"level\": 2", "\"level\": 3").find("broken.json"), std::string::npos);
    EXPECT_NE(with("\"beta\": 0.3", "\"beta\": \"x\"").find("broken.json"), std::string::npos);
    EXPECT_THROW(cli::load_fit(at("missing.json")), cli::InputError);
    // Places, values and ranges.
    const auto expect_wrong = [&](const std::string& from, const std::string& to, const std::string& part) {
        const std::string error = with(from, to);
        EXPECT_NE(error.find(part), std::string::npos) << from << " -> " << to << "\n  says: " << error;
    };
    expect_wrong("\"level\": 2", "\"level\": 1.5",
                 "model.level: value 1.5; allowed: a whole number from 1 to");
    expect_wrong("\"field\": 0.0", "\"field\": 1e300", "model.field: value 1e+300");
    expect_wrong("\"iterations\": ", "\"iterations\": 1e300, \"old\": ", "iterations: value 1e+300");
    expect_wrong("\"seed\": 1", "\"seed\": -1", "seed: value -1");
    expect_wrong("\"theta_cf\": ", "\"theta_cf\": 0.5, \"old\": ", "theta_cf: value 0.5");
    expect_wrong("\"format\": 1", "\"format\": 2", "format: value 2; allowed: 1");
    expect_wrong("\"data\": [", "\"data\": [\"x\", ", "correlation.data[0]: value \"x\"");
    EXPECT_NE(
        load_error("{\"a\": " + std::string(100, '[') + std::string(100, ']') + "}").find("nested deeper"),
        std::string::npos);
    EXPECT_EQ(load_error(text), "no error") << "without its checksum";
    EXPECT_EQ(load_error(whole), "no error");
    // No digit of a whole file can be another one.
    const auto keys = whole.find("\"checksum\"");
    for (std::size_t k = 0; k < keys; ++k) {
        if (whole[k] < '0' || whole[k] > '9') continue;
        std::string damaged = whole;
        damaged[k] = whole[k] == '7' ? '8' : '7';
        // The last of 17 digits may say the same number.
        if (nlohmann::ordered_json::parse(damaged, nullptr, false) == nlohmann::ordered_json::parse(whole))
            continue;
        EXPECT_NE(load_error(damaged), "no error") << k;
    }
}

TEST_F(FitCommand, SameCommandSameBytes) {
    const std::string options = "fit --data " + data_file("C") + " --linear --pair-range 2 --seed 9 --out ";
    run_well(options + "a.json");
    run_well(options + "b.json");
    EXPECT_EQ(read_text(at("a.json")), read_text(at("b.json")));
    run(options + "c.json --engine monte-carlo --iterations 250");
    run(options + "d.json --engine monte-carlo --iterations 250");
    EXPECT_EQ(read_text(at("c.json")), read_text(at("d.json")));
}

TEST_F(FitCommand, OpenChainsHaveOpenCorrelations) {
    const Json json = fit("--data " + data_file("B") + " --boundary open --linear");
    EXPECT_EQ(json["model"]["boundary"], "open");
    const auto data = cli::read_configurations(data_file("B"));
    EXPECT_EQ(reference::vector_of(json["correlation"]["data"]),
              data_mean(data, ising::Correlation{Boundary::open}));
}

TEST_F(FitCommand, SaturatedData) {
    run_well("generate --beta 1 --field 3.9 --out data.csv");
    run_well("truth --beta 1 --field 3.9 --out truth.json");
    const std::string common = "fit --data data.csv --beta 1 --field 3.9 --out fit.json --prior ";
    const auto flat = run(common + "flat");
    EXPECT_EQ(flat.code, 0);
    EXPECT_EQ(read_json(at("fit.json"))["status"], "not identified");
    EXPECT_NE(flat.err.find("do not identify"), std::string::npos) << flat.err;
    EXPECT_NE(flat.err.find("pair_1"), std::string::npos) << flat.err;

    const auto weak = run_well(common + "weak");
    const Json json = read_json(at("fit.json"));
    EXPECT_EQ(json["status"], "converged");
    EXPECT_NEAR(json["magnetization"]["mean"].get<double>(),
                read_json(at("truth.json"))["magnetization"].get<double>(), 0.02);
}

TEST_F(FitCommand, DirectionsLeftToThePriorAreListed) {
    run_well("generate --field 4.5 --out data.csv");
    const auto outcome = run_well("fit --data data.csv --field 4.5 --linear --out fit.json");
    const Json json = read_json(at("fit.json"));
    EXPECT_EQ(json["status"], "converged");
    ASSERT_EQ(json["directions"].size(), 1u);
    const Json& direction = json["directions"][0];
    EXPECT_EQ(direction["kind"], "prior-dominated");
    EXPECT_LT(direction["information"], 0.25);
    double length = 0.0;
    for (const char* name : {"linear", "pair_1", "logit_theta_cf"})
        length += std::pow(direction["coefficients"][name].get<double>(), 2);
    EXPECT_NEAR(length, 1.0, 1e-12);
    EXPECT_NE(outcome.out.find("prior-dominated"), std::string::npos) << outcome.out;
    EXPECT_NE(outcome.out.find(direction["direction"].get<std::string>()), std::string::npos) << outcome.out;
}

TEST_F(FitCommand, FourHundredSites) {
    run_well("generate --sites 400 --field 0.3 --samples 20 --out data.csv");
    const Json json = fit("--data data.csv --field 0.3 --linear");
    EXPECT_EQ(json["status"], "converged");
    EXPECT_EQ(json["model"]["coarse_sites"], 200);
    EXPECT_EQ(json["correlation"]["lag"].size(), 201);
    EXPECT_NEAR(json["magnetization"]["mean"].get<double>(), json["magnetization"]["data"].get<double>(),
                0.01);
}

TEST_F(FitCommand, IterationLimitIsAStatus) {
    const auto outcome = run("fit --data " + data_file("A") + " --iterations 1 --out fit.json");
    EXPECT_EQ(outcome.code, 0);
    EXPECT_NE(outcome.err.find("--iterations"), std::string::npos) << outcome.err;
    EXPECT_EQ(read_json(at("fit.json"))["status"], "limit");
}

TEST_F(FitCommand, ModelWithoutTerms) {
    const Json json = fit("--data " + data_file("A") + " --field 0.3 --pair-range 0");
    EXPECT_EQ(json["names"], Json::array());
    EXPECT_EQ(json["theta_c"], Json::object());
    EXPECT_EQ(json["status"], "converged");
}

TEST_F(FitCommand, AcceptsWindowsLinesAndWhatSpreadsheetsAdd) {
    std::string text = read_text(data_file("A")), crlf, spaced = "\xEF\xBB\xBF";
    for (const char c : text) {
        crlf += c == '\n' ? std::string("\r\n") : std::string(1, c);
        spaced += c == ',' ? std::string(" , +") : std::string(1, c);
    }
    for (std::string bad = "+-"; spaced.find(bad) != std::string::npos;)
        spaced.replace(spaced.find(bad), 2, "-");
    fit("--data " + data_file("A"));
    const std::string expected = read_text(at("fit.json"));
    text.pop_back();  // no end of line
    for (const std::string& variant : {text, text + "\n\n", crlf, crlf + "\r\n", spaced}) {
        write("variant.csv", variant);
        fit("--data variant.csv");
        EXPECT_EQ(read_text(at("fit.json")), expected);
    }
}

}  // namespace
}  // namespace fit_test
