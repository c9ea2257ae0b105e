// study sweep: its report against its numbers.
#include "program.hpp"

#include <predcg/version.hpp>

#include <algorithm>
#include <cmath>

namespace sweep_report_test {
using cli_test::fixed;
using cli_test::numbers;
using cli_test::read_table;
using cli_test::read_text;

namespace {

class SweepReport : public cli_test::Program {
protected:
    /// The report's sentences about Monte Carlo EM, and that it meets exact EM.
    void expect_sampled_findings(const std::string& report) const {
        const auto exact = read_table(at("sweep/sweep_predcg.csv")),
                   sampled = read_table(at("sweep/sweep_monte_carlo.csv"));
        std::vector<double> largest;
        std::vector<std::size_t> met;
        for (const std::string name : {"pair_1", "logit_theta_cf", "theta_cf", "magnetization"}) {
            const auto a = numbers(sampled.at(name)), b = numbers(exact.at(name));
            largest.push_back(0.0);
            met.push_back(0);
            for (std::size_t k = 0; k < a.size(); ++k) {
                largest.back() = std::max(largest.back(), std::abs(a[k] - b[k]));
                if (name != "theta_cf")
                    met.back() += std::abs(a[k] - b[k]) <= 2.0 * numbers(sampled.at(name + "_error"))[k];
            }
        }
        expect_contains(report, "own standard errors at " + std::to_string(met[0]) + " of 16 fields");
        expect_contains(report, "at " + std::to_string(met[1]) + " of 16 fields in &theta;<sub>cf</sub>");
        expect_contains(report, "differences are " + fixed(largest[0], 3) + " and " + fixed(largest[2], 4));
        expect_contains(report, "by no more than " + fixed(largest[3], 4));
        // Of 16 normal errors fewer than 10 are within two with a probability below 1e-5.
        EXPECT_GE(met[0], 10u);
        EXPECT_GE(met[1], 10u);
        for (std::size_t k = 0; k < 16; ++k)
            if (sampled.at("status")[k] == "limit")
                expect_contains(report, "Not settled within 2000 iterations");
    }

    /// Of the default settings.
    void expect_experiment_one() const {
        const auto data = read_table(at("sweep/sweep_data.csv"));
        const auto field = numbers(data.at("field")), truth = numbers(data.at("truth"));
        ASSERT_EQ(field.size(), 16u);
        for (std::size_t k = 0; k < 16; ++k) {
            EXPECT_NEAR(field[k], -4.5 + 0.6 * static_cast<double>(k), 1e-12);
            EXPECT_EQ(field[k], -field[15 - k]);
            EXPECT_EQ(data.at("samples")[k], "50");
        }
        EXPECT_NEAR(truth[8], 0.16204192059541914, 1e-10);  // field 0.3
        for (const char* file : {"sweep/sweep_predcg.csv", "sweep/sweep_predcg_linear.csv"}) {
            const auto table = read_table(at(file));
            for (std::size_t k = 0; k < 16; ++k) {
                EXPECT_EQ(table.at("status")[k], "converged");
                EXPECT_NEAR(numbers(table.at("magnetization"))[k], truth[k], 0.12);
            }
        }
    }

    /// At the default seed {linear, pair_1} holds the truth, {pair_1} misfits at small fields, and relative
    /// entropy is far off.
    void expect_conclusions(const std::string& report) const {
        const auto data = read_table(at("sweep/sweep_data.csv"));
        const auto field = numbers(data.at("field")), truth = numbers(data.at("truth"));
        const auto pair = read_table(at("sweep/sweep_predcg.csv")),
                   linear = read_table(at("sweep/sweep_predcg_linear.csv")),
                   rival = read_table(at("sweep/sweep_relative_entropy.csv"));
        const auto lower = numbers(linear.at("magnetization_lower")),
                   upper = numbers(linear.at("magnetization_upper"));
        std::size_t held = 0;
        for (std::size_t k = 0; k < 16; ++k) {
            held += lower[k] <= truth[k] && truth[k] <= upper[k];
            if (std::abs(field[k]) <= 0.9 + 1e-9) {
                EXPECT_EQ(pair.at("misfit")[k], "1") << field[k];
            }
            EXPECT_EQ(linear.at("misfit")[k], "0") << field[k];
        }
        EXPECT_GE(held, 13u);
        expect_contains(report, "holds the truth at " + std::to_string(held) + " of 16 fields");
        const auto error = [&](const auto& table) {
            const auto m = numbers(table.at("magnetization"));
            double squares = 0.0, all = 0.0;
            for (std::size_t k = 0; k < 16; ++k) {
                squares += std::pow(m[k] - truth[k], 2);
                all += std::pow(truth[k], 2);
            }
            return std::sqrt(squares / all);
        };
        EXPECT_GT(error(rival), 5.0 * error(pair));
        EXPECT_GT(error(rival), 5.0 * error(linear));
        expect_contains(report, fixed(error(rival) / error(pair), 1) + " times smaller");
        expect_contains(report, "cannot predict m</q> <strong class=\"verdict\">&#10003;&nbsp;confirmed");
        expect_contains(report, "coincide</q> <strong class=\"verdict\">&asymp;&nbsp;confirmed in&nbsp;part");
    }
};

TEST_F(SweepReport, ReportStatesWhatTheNumbersSay) {
    run_well("study sweep --out sweep");
    const std::string report = read_text(at("sweep/report.html"));
    const auto data = read_table(at("sweep/sweep_data.csv"));
    const auto truth = numbers(data.at("truth")), error = numbers(data.at("standard_error"));
    for (const char* file : {"sweep/sweep_data.csv", "sweep/sweep_predcg.csv",
                             "sweep/sweep_predcg_linear.csv", "sweep/sweep_monte_carlo.csv"}) {
        const auto m = numbers(read_table(at(file)).at("magnetization"));
        double worst = 0.0, squares = 0.0, all = 0.0;
        for (std::size_t k = 0; k < m.size(); ++k) {
            worst = std::max(worst, std::abs(m[k] - truth[k]));
            squares += std::pow(m[k] - truth[k], 2);
            all += std::pow(truth[k], 2);
        }
        expect_contains(report, "largest |m &minus; truth| " + fixed(worst, 3));
        expect_contains(report,
                        "relative error over all fields " + fixed(100.0 * std::sqrt(squares / all), 1));
    }
    const auto pair = read_table(at("sweep/sweep_predcg.csv")),
               linear = read_table(at("sweep/sweep_predcg_linear.csv"));
    std::size_t far = 0, open = 0;
    for (std::size_t k = 0; k < truth.size(); ++k) {
        far += std::abs(numbers(pair.at("magnetization"))[k] - numbers(data.at("magnetization"))[k]) >
               2 * error[k];
        open += linear.at("open_directions")[k] != "0";
    }
    ASSERT_GT(far, 0u);
    expect_contains(report, "standard errors at " + std::to_string(far) + " of 16 fields");
    expect_contains(report, "prior-dominated at " + std::to_string(open) + " of 16 fields");
    const auto theta = numbers(pair.at("pair_1"));
    expect_contains(report, fixed(*std::min_element(theta.begin(), theta.end()), 3));
    expect_contains(report, fixed(*std::max_element(theta.begin(), theta.end()), 3));
    double mirror = 0.0;
    for (std::size_t k = 0; k < 8; ++k) mirror += (theta[15 - k] - theta[k]) / 8.0;
    expect_contains(report,
                    "differ by " + std::string(mirror < 0.0 ? "&minus;" : "") + fixed(std::abs(mirror), 3));
    expect_contains(report, std::string(predcg::version_string));
    expect_contains(report, "--seed 1");
    expect_sampled_findings(report);
    expect_experiment_one();
    expect_conclusions(report);
}

}  // namespace
}  // namespace sweep_report_test
