// study levels, models and all: numbers against `fit`, and a report that stands alone.
#include "model/ising_fit.hpp"
#include "program.hpp"
#include "studies/all.hpp"
#include "studies/experiment.hpp"
#include "studies/flow.hpp"
#include "studies/maps.hpp"
#include "studies/model_study.hpp"
#include "terminal/interrupt.hpp"

#include <predcg/core/checkpoint.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string_view>
#include <thread>
#include <type_traits>

#include "on_threads.hpp"

namespace study_parts_test {

namespace fs = std::filesystem;
using cli_test::numbers;
using cli_test::read_json;
using cli_test::read_table;
using cli_test::read_text;
using predcg::Index;

namespace {

class Studies : public cli_test::Program {
protected:
    static std::size_t count(const std::string& text, const std::string& part) {
        std::size_t found = 0;
        for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
        return found;
    }

    static std::size_t place(const std::vector<std::string>& column, const std::string& word) {
        return static_cast<std::size_t>(std::find(column.begin(), column.end(), word) - column.begin());
    }

    /// The text of a data: URI.
    static std::string decoded(const std::string& uri) {
        std::string text;
        for (std::size_t k = uri.find(',') + 1; k < uri.size(); ++k)
            if (uri[k] == '%') {
                text += static_cast<char>(std::stoi(uri.substr(k + 1, 2), nullptr, 16));
                k += 2;
            } else {
                text += uri[k];
            }
        return text;
    }
};

constexpr const char* small =
    " --sites 16 --range 2 --strength 1.5 --samples 12 --data-sets 1 --draws 200 --seed 40"
    " --field-from -0.9 --field-to 0.9 --field-step 1.8 ";
constexpr const char* chain = " --sites 16 --range 2 --strength 1.5 ";

TEST_F(Studies, LevelsAreThoseOfFit) {
    run_well(std::string("study levels --out levels") + small);
    for (const std::string level : {"2", "4", "8"}) {
        const auto table = read_table(at("levels/levels_magnetization_" + level + ".csv"));
        for (std::size_t k = 0; k < 2; ++k) {
            const std::string field = " --field " + table.at("field")[k];
            run_well("generate --samples 12 --seed " + std::to_string(40 + k) + chain + field +
                     " --out data.csv");
            run_well("fit --data data.csv --linear --level " + level + field + " --out fit.json");
            const auto fit = read_json(at("fit.json"));
            EXPECT_NEAR(numbers(table.at("prediction"))[k], fit["magnetization"]["mean"], 1e-8);
            EXPECT_EQ(numbers(table.at("data"))[k], fit["magnetization"]["data"]);
            EXPECT_LT(numbers(table.at("full_lower"))[k], numbers(table.at("full_upper"))[k]);
        }
        const auto R = read_table(at("levels/levels_correlation_" + level + ".csv"));
        run_well("generate --samples 12 --seed 42" + std::string(chain) + " --field 0 --out data.csv");
        run_well("fit --data data.csv --linear --level " + level + " --field 0 --out fit.json");
        const auto fit = read_json(at("fit.json"));
        for (std::size_t l = 0; l < 9; ++l) {
            EXPECT_NEAR(numbers(R.at("prediction"))[l], fit["correlation"]["mean"][l], 1e-8);
            EXPECT_NEAR(numbers(R.at("data"))[l], fit["correlation"]["data"][l], 1e-12);
        }
    }
    EXPECT_FALSE(fs::exists(at("levels/levels_magnetization_16.csv")));  // one coarse site
    // Errors follow from the tables.
    const auto errors = read_table(at("levels/levels_errors.csv"));
    const auto m = read_table(at("levels/levels_magnetization_4.csv"));
    double squares = 0.0, all = 0.0;
    for (std::size_t k = 0; k < 2; ++k) {
        squares += std::pow(numbers(m.at("prediction"))[k] - numbers(m.at("truth"))[k], 2);
        all += std::pow(numbers(m.at("truth"))[k], 2);
    }
    EXPECT_NEAR(numbers(errors.at("magnetization_error"))[1], std::sqrt(squares / all), 1e-12);
}

TEST_F(Studies, ModelsAreThoseOfFit) {
    run_well(std::string("study models --pair-range 1 --out models") + small);
    const auto table = read_table(at("models/models_magnetization.csv"));
    const auto errors = read_table(at("models/models_errors.csv"));
    const auto ranking = read_table(at("models/models_ranking.csv"));
    ASSERT_EQ(errors.at("model").size(), 12u);
    EXPECT_EQ(std::set<std::string>(ranking.at("model").begin(), ranking.at("model").end()),
              std::set<std::string>(errors.at("model").begin(), errors.at("model").end()));
    const auto evidence = numbers(ranking.at("evidence"));
    EXPECT_TRUE(std::is_sorted(evidence.rbegin(), evidence.rend()));
    EXPECT_EQ(ranking.at("parameters")[place(ranking.at("model"), "[112]")], "6");
    const std::vector<std::pair<std::string, std::string>> options{
        {"[000]", "--pair-range 0"},
        {"[110]", "--linear"},
        {"[011]", "--triplet 1,1"},
        {"[112]", "--linear --triplet 1,1 --triplet 1,2 --triplet 2,2"}};
    for (const auto& [name, terms] : options) {
        const std::size_t row = place(table.at("model"), name);  // of the first field
        run_well("generate --samples 12 --seed 40 --field -0.9" + std::string(chain) + "--out data.csv");
        run_well("fit --data data.csv --field -0.9 " + terms + " --out fit.json");
        EXPECT_NEAR(numbers(table.at("magnetization"))[row],
                    read_json(at("fit.json"))["magnetization"]["mean"], 1e-7)
            << name;
        double squares = 0.0, all = 0.0;
        for (std::size_t k = row; k < row + 2; ++k) {
            squares += std::pow(numbers(table.at("magnetization"))[k] - numbers(table.at("truth"))[k], 2);
            all += std::pow(numbers(table.at("truth"))[k], 2);
        }
        EXPECT_NEAR(numbers(errors.at("magnetization_error"))[place(errors.at("model"), name)],
                    std::sqrt(squares / all), 1e-12);
    }
}

TEST_F(Studies, AllStandsAloneAndIsNotDoneTwice) {
    const auto first = run("study all --quick --out all");
    ASSERT_EQ(first.code, 0) << first.err;
    const std::string report = read_text(at("all/report.html"));
    for (const char* claim :
         {"relative entropy with its reconstruction cannot predict m", "coincide", "uncertainty shrinks",
          "is enough for m", "needs a finer level", "linear and pair terms are necessary",
          "longer triplets bring no gain", "How to select mappings", "Probit- or Logit",
          "O model for coarse variables", "Hierarchical coarse-graining", "Coarse-graining water"})
        EXPECT_GE(count(report, claim), 2u) << claim;  // in the table and at the figure
    EXPECT_EQ(count(report, "<svg"), count(report, "<figure"));
    for (const std::string reference : {"src=", "<script", "<link", "@import", "url("})
        EXPECT_EQ(count(report, reference), 0u) << reference;
    std::size_t embedded = 0;
    for (auto start = report.find("href=\""); start != std::string::npos;
         start = report.find("href=\"", start + 1)) {
        const std::string target = report.substr(start + 6, report.find('"', start + 6) - start - 6);
        if (target[0] == '#') {
            EXPECT_EQ(count(report, "id=\"" + target.substr(1) + "\""), 1u) << target;
        } else if (target.starts_with("data:")) {
            const auto name_at = report.rfind("download=\"", start) + 10;
            const std::string name = report.substr(name_at, report.find('"', name_at) - name_at);
            const std::string part = name.substr(0, name.find('_'));
            EXPECT_EQ(decoded(target), read_text(at("all/" + (part == "data" ? "data-size" : part)) / name))
                << name;
            ++embedded;
        } else {
            EXPECT_TRUE(target.starts_with("https://doi.org/")) << target;
        }
    }
    EXPECT_GT(embedded, 20u);

    // Another version left the levels, and a table of the flow is empty; the rest is kept, with the time it
    // took then.
    const std::string levels = read_text(at("all/levels/settings.json")),
                      sweep = read_text(at("all/sweep/report.json"));
    write("all/levels/settings.json", levels + " ");
    fs::path table;
    for (const auto& entry : fs::directory_iterator(at("all/flow")))
        if (entry.path().extension() == ".csv") table = entry.path();
    const std::string numbers_before = read_text(table);
    fs::resize_file(table, 0);
    const auto second = run("study all --quick --out all");
    EXPECT_EQ(second.code, 0);
    EXPECT_EQ(count(second.out, "kept from before"), 5u) << second.out;
    EXPECT_EQ(count(second.out, "levels: done again: its settings or the version are others"), 1u)
        << second.out;
    EXPECT_EQ(count(second.out, "flow: done again: " + table.filename().string() + " was changed"), 1u)
        << second.out;
    EXPECT_EQ(read_text(table), numbers_before);
    EXPECT_EQ(read_text(at("all/levels/settings.json")), levels);
    EXPECT_EQ(read_text(at("all/sweep/report.json")), sweep);
}

TEST_F(Studies, CtrlCKeepsWhatIsFinished) {
    std::atomic<bool> ended{false};
    std::string said;
    std::stop_source stop;
    cli::watch_interrupts(stop, cli::Interrupts::throw_too, 0.0, "");
    std::thread worker([&] {
        try {
            cli::study::run_all({.quick = true}, at("all").string());
        } catch (const cli::Interrupted& interrupted) {
            said = interrupted.what();
        }
        ended = true;
    });
    while (!fs::exists(at("all/sweep/settings.json")) && !ended)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    if (!ended) std::raise(SIGINT);
    worker.join();
    cli::unwatch_interrupts();
    EXPECT_NE(said.find("kept in"), std::string::npos) << said;
    EXPECT_NE(said.find("sweep"), std::string::npos) << said;
    EXPECT_NE(said.find("same command again"), std::string::npos) << said;
    EXPECT_TRUE(fs::exists(at("all/sweep/report.html")));
    EXPECT_FALSE(fs::exists(at("all/models")));
    EXPECT_NE(read_text(at("all/report.html")).find("Not finished: "), std::string::npos);
}

/// A study that is stopped after 60 savings, then after 120, .., until it ends. Each stop is heeded at once:
/// what is saved after it is the iteration at work, or what chains have, and the results that are there.
template <class Settings, class Run>
auto stopped_often(Settings settings, Run run, Index& stops) {
    std::string bytes;
    std::optional<std::invoke_result_t<Run, const Settings&>> result;
    for (stops = 0; !result; ++stops) {
        std::stop_source stop;
        cli::watch_interrupts(stop, cli::Interrupts::throw_too, 0.0, "");
        Index savings = 0;
        const Index last = 60 * (stops + 1);
        const auto kept = std::make_shared<predcg::Checkpoint>(
            "study",
            [&](std::string_view all) {
                bytes = all;
                if (++savings != last) return;
                cli::interrupt();
                cli::pass_interrupts_on();
            },
            std::chrono::seconds(0));
        if (!bytes.empty()) kept->resume(bytes);
        settings.stop = stop.get_token();
        settings.checkpoint = predcg::CheckpointPlace(kept);
        try {
            result = run(settings);
        } catch (const cli::Interrupted&) {
            EXPECT_LE(savings, last + 8);
        }
        cli::unwatch_interrupts();
    }
    return std::move(*result);
}

/// What `write` tells of a study that was stopped and of one that was not, in the tables of both.
template <class Settings, class Run, class Write>
void expect_to_stop_and_go_on(const fs::path& there, const Settings& settings, Run run, Write write,
                              Index least) {
    const support::OnThreads on(1);
    const std::string path = std::getenv("PATH");
    ::setenv("PATH", "/nowhere", 1);  // no gnuplot
    const auto tables = [&](const auto& result) {
        std::map<std::string, std::string> all;
        {
            const cli::study::ResultDirectory directory(there);
            directory.publish(write(
                result, [] { return 0.0; }, directory));
        }
        for (const auto& entry : fs::directory_iterator(there))
            if (entry.path().extension() == ".csv")
                all[entry.path().filename().string()] = read_text(entry.path());
        fs::remove_all(there);
        return all;
    };
    Index stops = 0;
    const auto resumed = tables(stopped_often(settings, run, stops));
    EXPECT_TRUE(resumed == tables(run(settings)));
    EXPECT_GE(resumed.size(), 2u);
    EXPECT_GE(stops, least);
    ::setenv("PATH", path.c_str(), 1);
}

TEST_F(Studies, FitsAndFlowsStopWithinAndGoOn) {
    using namespace cli::study;
    expect_to_stop_and_go_on(at("out"),
                             FlowSettings{.sites = 48, .samples = 50, .data_sets = 2, .draws = 200}, run_flow,
                             write_flow, 4);
    expect_to_stop_and_go_on(at("out"),
                             MapsSettings{.sites = 10,
                                          .samples = {20},
                                          .data_sets = 1,
                                          .banded_sites = 12,
                                          .banded_samples = 20,
                                          .posteriors = 1,
                                          .draws = 16},
                             run_maps, write_maps, 5);
    expect_to_stop_and_go_on(at("out"),
                             ModelsSettings{.fine = {.chain = {.sites = 16}},
                                            .fields = {0.0, 0.0, 0.6},
                                            .pair_range = 0,
                                            .samples = 20,
                                            .data_sets = 1,
                                            .draws = 32},
                             run_models, write_models, 3);
}

/// On data with every spin turned over, in the opposite field.
TEST(Symmetry, ParametersOnMirroredData) {
    using namespace cli;
    const FineModel fine = study::in_field({}, 0.9);
    const Configurations data = study::samples_of(fine, 50, 1);
    Configurations mirrored = data;
    for (auto& x : mirrored)
        for (auto& spin : x) spin = static_cast<predcg::ising::Spin>(-spin);
    for (const bool linear : {false, true}) {
        FitModel model = study::pair_model(fine, 2);
        model.linear = linear;
        const IsingFit there = fit_samples(model, data, {});
        model.field = -model.field;
        const IsingFit back = fit_samples(model, mirrored, {});
        EXPECT_NEAR(there["pair_1"], back["pair_1"], 1e-10);
        EXPECT_NEAR(there.map.theta_cf(there.parameters.eta), back.map.theta_cf(back.parameters.eta), 1e-10);
        if (linear) {
            EXPECT_NEAR(there["linear"], -back["linear"], 1e-10);
        }
    }
}

}  // namespace
}  // namespace study_parts_test
