// calibrate: tables against what they must be, reports against tables, and what is refused.
#include "program.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace calibrate_test {

namespace fs = std::filesystem;
using cli_test::numbers;
using cli_test::read_table;
using cli_test::read_text;

namespace {

class Calibrate : public cli_test::Program {
protected:
    void expect_files(const std::string& where, std::set<std::string> expected,
                      const std::string& figure) const {
        expected.insert("manifest.json");
        if (has_gnuplot()) expected.insert({figure + ".svg", figure + ".png"});
        std::set<std::string> found;
        for (const auto& entry : fs::directory_iterator(at(where))) {
            found.insert(entry.path().filename().string());
            EXPECT_GT(fs::file_size(entry.path()), 100u) << entry.path();
        }
        EXPECT_EQ(found, expected);
    }
};

constexpr const char* small_sbc =
    "calibrate sbc --sites 6 --samples 4 --replicates 30 --draws 120 --bins 5 --linear --field 0.2 ";
constexpr const char* small_coverage =
    "calibrate coverage --sites 6 --data-sets 8 --draws 200 --seed 5 --linear ";

TEST_F(Calibrate, RanksAndHistogramsBelongTogether) {
    run_well(std::string(small_sbc) + "--out a");
    expect_files("a", {"report.html", "sbc_ranks.csv", "sbc_histograms.csv", "sbc_ranks.gp"}, "sbc_ranks");
    const auto ranks = read_table(at("a/sbc_ranks.csv")), histograms = read_table(at("a/sbc_histograms.csv"));
    const std::string report = read_text(at("a/report.html"));
    ASSERT_EQ(ranks.size(), 4u);
    for (const char* name : {"linear", "pair_1", "logit_theta_cf", "m"}) {
        const auto of = numbers(ranks.at(name));
        ASSERT_EQ(of.size(), 30u) << name;
        double chi_square = 0.0, counted = 0.0;
        for (std::size_t row = 0; row < histograms.at("name").size(); ++row) {
            if (histograms.at("name")[row] != name) continue;
            const double first = numbers(histograms.at("first_rank"))[row],
                         last = numbers(histograms.at("last_rank"))[row],
                         count = numbers(histograms.at("count"))[row];
            EXPECT_EQ(last, first + 19.0) << "100 ranks in 5 bins";
            EXPECT_EQ(count,
                      std::count_if(of.begin(), of.end(), [&](double r) { return first <= r && r <= last; }));
            EXPECT_EQ(numbers(histograms.at("expected"))[row], 6.0);
            // Binomial(30, 1/5): P(<= 0) = 0.0012, P(<= 1) = 0.0105; P(<= 11) = 0.9905, P(<= 12) = 0.9969.
            EXPECT_EQ(numbers(histograms.at("lowest"))[row], 1.0);
            EXPECT_EQ(numbers(histograms.at("highest"))[row], 12.0);
            chi_square += (count - 6.0) * (count - 6.0) / 6.0;
            counted += count;
            // four degrees of freedom: p = exp(-x/2) (1 + x/2)
            const double x = numbers(histograms.at("chi_square"))[row];
            EXPECT_NEAR(numbers(histograms.at("p_value"))[row], std::exp(-x / 2.0) * (1.0 + x / 2.0), 1e-12);
        }
        EXPECT_EQ(counted, 30.0) << name;
        for (std::size_t row = 0; row < histograms.at("name").size(); ++row)
            if (histograms.at("name")[row] == name) {
                EXPECT_NEAR(numbers(histograms.at("chi_square"))[row], chi_square, 1e-12);
            }
        expect_contains(report, std::string("<td>") + name + "</td>");
    }
    expect_contains(report, "No ranks contradict the full posterior");
    expect_contains(report, "4 configurations");
}

TEST_F(Calibrate, ResultsDependOnTheSeedAlone) {
    run_well(std::string(small_sbc) + "--out a");
    run_well(std::string(small_sbc) + "--threads 2 --out b");
    run_well(std::string(small_sbc) + "--seed 6 --out c");
    EXPECT_EQ(read_text(at("a/sbc_ranks.csv")), read_text(at("b/sbc_ranks.csv")));
    EXPECT_NE(read_text(at("a/sbc_ranks.csv")), read_text(at("c/sbc_ranks.csv")));
    run_well(std::string(small_coverage) + "--samples 10 --threads 1 --out d");
    run_well(std::string(small_coverage) + "--samples 10 --threads 2 --out e");
    EXPECT_EQ(read_text(at("d/coverage.csv")), read_text(at("e/coverage.csv")));
}

TEST_F(Calibrate, RanksFindThatTheSlidesAreNotRight) {
    run_well("calibrate sbc --sites 8 --samples 10 --replicates 100 --draws 100 --bins 10 --posterior "
             "laplace-slides --out a");
    const auto histograms = read_table(at("a/sbc_histograms.csv"));
    const auto p = numbers(histograms.at("p_value"));
    EXPECT_LT(*std::min_element(p.begin(), p.end()), 1e-4) << "theta_c without any spread";
    expect_contains(read_text(at("a/report.html")), "The Laplace of the slides is not calibrated");
}

TEST_F(Calibrate, CoverageOfThreePosteriors) {
    run_well(std::string(small_coverage) + "--samples 10 --out a");
    expect_files("a", {"report.html", "coverage.csv", "coverage.gp"}, "coverage");
    const auto table = read_table(at("a/coverage.csv"));
    const auto &series = table.at("series"), &observable = table.at("observable");
    ASSERT_EQ(series.size(), 3u * 2u * 6u);
    std::map<std::string, double> held_before, width_before;
    for (std::size_t row = 0; row < series.size(); ++row) {
        const std::string key = series[row] + observable[row];
        const double held = numbers(table.at("held"))[row], width = numbers(table.at("mean_width"))[row];
        EXPECT_EQ(numbers(table.at("trials"))[row], 8.0);
        EXPECT_EQ(numbers(table.at("coverage"))[row], held / 8.0);
        EXPECT_LE(numbers(table.at("lower"))[row], held / 8.0);
        EXPECT_GE(numbers(table.at("upper"))[row], held / 8.0);
        EXPECT_GE(held, held_before[key]) << "intervals are nested";
        EXPECT_GT(width, width_before[key]);
        held_before[key] = held;
        width_before[key] = width;
    }
    EXPECT_EQ(width_before.size(), 6u);
    EXPECT_LT(width_before["laplace-slidesm"], 0.7 * width_before["fullm"]);
    const std::string report = read_text(at("a/report.html"));
    for (const char* part : {"laplace-joint", "R_1", "mean width", "flagged", "8 data sets of S_f = 10"})
        expect_contains(report, part);
}

TEST_F(Calibrate, TrajectoriesWithAndWithoutTheirEffectiveNumber) {
    run_well(std::string(small_coverage) +
             "--samples 60 --beta 0.6 --posterior full,laplace-slides --trajectory --burn-in 50 --out a");
    const auto table = read_table(at("a/coverage.csv"));
    std::map<std::string, double> width;
    for (std::size_t row = 0; row < table.at("series").size(); ++row)
        if (table.at("observable")[row] == "m")
            width[table.at("series")[row]] = numbers(table.at("mean_width"))[row];
    ASSERT_EQ(width.size(), 4u);
    EXPECT_GT(width["full-effective-number"], 1.1 * width["full"]) << "fewer data, wider intervals";
    expect_contains(read_text(at("a/report.html")), "along a Metropolis chain, 1 sweeps apart");
}

TEST_F(Calibrate, RefusesBadValues) {
    const std::string sbc = "calibrate sbc --out a ", coverage = "calibrate coverage --out a ";
    expect_refused("calibrate", {"subcommand"});
    expect_refused("calibrate ranks", {"'ranks'", "sbc, coverage"});
    expect_refused("calibrate sbc", {"--out"});
    expect_refused(sbc + "--replicates 0", {"--replicates", "'0'", ">= 1"});
    expect_refused(sbc + "--draws 99", {"--draws", "'99'", ">= 100"});
    expect_refused(sbc + "--bins 7", {"--bins", "7", "a divisor of 100"});
    expect_refused(sbc + "--bins 1", {"--bins", "'1'", ">= 2"});
    expect_refused(sbc + "--sites 7", {"--level", "2"});
    expect_refused(sbc + "--beta 0", {"--beta", "'0'", "> 0"});
    expect_refused(sbc + "--posterior exact", {"--posterior", "'exact'", "full or laplace-joint"});
    expect_refused(sbc + "--sites 8 --pair-range 3", {"pair"});
    expect_refused(coverage + "--data-sets 0", {"--data-sets", "'0'"});
    expect_refused(coverage + "--posterior full,full", {"--posterior", "'full,full'", "once"});
    expect_refused(coverage + "--posterior full,", {"--posterior", "''"});
    expect_refused(coverage + "--thinning 2", {"--thinning", "only with --trajectory"});
    expect_refused(coverage + "--trajectory --samples 9", {"--samples", "9", ">= 10"});
    expect_refused(coverage + "--sites 1 --level 1 --pair-range 0 --range 0", {"--sites", "1", ">= 2"});
    write("file", "");
    expect_refused("calibrate sbc --out file", {"--out", "it is a file"});
}

TEST_F(Calibrate, HelpHasExamples) {
    for (const char* command : {"calibrate sbc", "calibrate coverage"}) {
        const auto outcome = run_well(std::string(command) + " --help");
        expect_contains(outcome.out, std::string("predcg-ising ") + command + " ");
        expect_contains(outcome.out, "Examples:");
    }
}

}  // namespace
}  // namespace calibrate_test
