// study maps and flow: numbers against `fit`, enumeration and the exact flow.
#include "model/ising_population.hpp"
#include "program.hpp"
#include "studies/experiment.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <sstream>

namespace map_studies_test {

using cli_test::Json;
using cli_test::numbers;
using cli_test::read_json;
using cli_test::read_table;
using cli_test::read_text;

namespace {

using Spins = std::vector<double>;

Spins spins_of(int code, std::size_t sites) {
    Spins x(sites);
    for (std::size_t i = 0; i < sites; ++i) x[i] = (code >> i & 1) != 0 ? 1.0 : -1.0;
    return x;
}

/// sum_i x_i x_(i+1) of a ring, and sum_i x_i.
double pairs(const Spins& x) {
    double sum = 0.0;
    for (std::size_t i = 0; i < x.size(); ++i) sum += x[i] * x[(i + 1) % x.size()];
    return sum;
}
double total(const Spins& x) {
    double sum = 0.0;
    for (const double spin : x) sum += spin;
    return sum;
}
double logistic(double a) { return 1.0 / (1.0 + std::exp(-a)); }

/// p(x) of all configurations from log weights.
std::vector<double> normalised(std::vector<double> log_weight) {
    double sum = 0.0;
    for (double& w : log_weight) sum += w = std::exp(w);
    for (double& w : log_weight) w /= sum;
    return log_weight;
}

class MapStudies : public cli_test::Program {
protected:
    /// KL of a fit at level 2 with beta = mu = 0.3 from the chain of neighbours, by sums over x and X.
    static double divergence(const Json& fit) {
        constexpr std::size_t sites = 10, coarse = 5;
        const double beta = 0.3, field = 0.3;
        const double linear = fit["theta_c"]["linear"], pair = fit["theta_c"]["pair_1"];
        std::vector<double> truth, p_c, density(1u << sites);
        for (int code = 0; code < 1 << sites; ++code) {
            const Spins x = spins_of(code, sites);
            truth.push_back(beta * (pairs(x) + field * total(x)));
        }
        for (int code = 0; code < 1 << coarse; ++code) {
            const Spins X = spins_of(code, coarse);
            p_c.push_back(beta * (pair * pairs(X) + (0.5 * linear + field) * total(X)));
        }
        truth = normalised(truth);
        p_c = normalised(p_c);
        double sum = 0.0;
        for (int code = 0; code < 1 << sites; ++code) {
            const Spins x = spins_of(code, sites);
            double p = 0.0;
            for (int above = 0; above < 1 << coarse; ++above) {
                const Spins X = spins_of(above, coarse);
                p += p_c[static_cast<std::size_t>(above)] * likelihood(fit, x, X);
            }
            const double p_f = truth[static_cast<std::size_t>(code)];
            sum += p_f * std::log(p_f / p);
        }
        return sum;
    }

private:
    static double likelihood(const Json& fit, const Spins& x, const Spins& X) {
        double p = 1.0;
        if (!fit.contains("map")) {
            const double copy = fit["theta_cf"];
            for (std::size_t i = 0; i < x.size(); ++i) p *= x[i] == X[i / 2] ? copy : 1.0 - copy;
            return p;
        }
        const Json& eta = fit["map"]["parameters"];
        const double b = eta["intercept_1"], g = eta["fine_1"], d = eta["next_1"];
        for (std::size_t r = 0; r < X.size(); ++r) {
            if (x[2 * r] != X[r]) return 0.0;
            p *= logistic(x[2 * r + 1] * (b + g * X[r] + d * X[(r + 1) % X.size()]));
        }
        return p;
    }
};

TEST_F(MapStudies, MapsAreThoseOfFit) {
    run_well("study maps --sites 10 --data-sets 1 --most-data 40 --banded-sites 12 --samples 40 "
             "--posteriors 1 --draws 100 --seed 3 --out maps");
    const auto table = read_table(at("maps/maps_divergence.csv"));
    const auto mean = numbers(table.at("mean")), least = numbers(table.at("least")),
               ratio = numbers(table.at("ratio")), parameters = numbers(table.at("parameters")),
               open = numbers(table.at("open_directions"));
    ASSERT_EQ(mean.size(), 18u);
    run_well("generate --sites 10 --beta 0.3 --field 0.3 --samples 40 --seed 3 --out data.csv");
    for (std::size_t k = 0; k < 6; ++k) {
        ASSERT_EQ(table.at("case")[k], "S1");
        EXPECT_NEAR(ratio[k], (mean[k] - least[k]) * 80.0 / (parameters[k] - open[k]), 1e-9);
        const std::string map = table.at("map")[k];
        if (map != "bernoulli" && map != "decimation") continue;
        run_well("fit --data data.csv --linear --beta 0.3 --field 0.3 --map " + map + " --out fit.json");
        EXPECT_NEAR(mean[k], divergence(read_json(at("fit.json"))), 1e-6) << map;
    }
    // R_l of the first data set, and whether its interval holds the truth.
    run_well("generate --sites 12 --beta 1 --samples 40 --seed 3 --out data.csv");
    run_well("fit --data data.csv --linear --beta 1 --out fit.json");
    run_well("truth --sites 12 --beta 1 --out truth.json");
    const auto R = read_table(at("maps/maps_correlation_S2_link2.csv"));
    const Json truth = read_json(at("truth.json"))["correlation"];
    const Json data = read_json(at("fit.json"))["correlation"]["data"];
    for (std::size_t l = 1; l <= 6; ++l) {
        EXPECT_NEAR(numbers(R.at("truth"))[l - 1], truth[l], 1e-12);
        EXPECT_NEAR(numbers(R.at("data"))[l - 1], data[l], 1e-12);
        EXPECT_LT(numbers(R.at("full_lower"))[l - 1], numbers(R.at("full_upper"))[l - 1]);
    }
    const auto covered = read_table(at("maps/maps_coverage.csv"));
    ASSERT_EQ(covered.at("map").size(), 42u);  // two chains, three maps, m and six lags
    int counted = 0;
    for (std::size_t k = 0; k < covered.at("map").size(); ++k) {
        const auto lag = static_cast<std::size_t>(numbers(covered.at("lag"))[k]);
        if (lag == 0) continue;
        const auto bands = read_table(
            at("maps/maps_correlation_" + covered.at("case")[k] + "_" + covered.at("map")[k] + ".csv"));
        const double value = numbers(bands.at("truth"))[lag - 1];
        const bool inside = numbers(bands.at("full_lower"))[lag - 1] <= value &&
                            value <= numbers(bands.at("full_upper"))[lag - 1];
        EXPECT_EQ(covered.at("held")[k], inside ? "1" : "0");
        counted += inside ? 1 : 0;
    }
    EXPECT_GT(counted, 0);
    EXPECT_LT(counted, 36);  // Bernoulli's R_1 is not inside
    for (const char* words : {"nothing is lost by", "How to select mappings", "Probit- or Logit",
                              "O model for coarse variables", "the interval of R<sub>1</sub> holds"})
        expect_contains(read_text(at("maps/report.html")), words);
}

TEST_F(MapStudies, FlowIsThatOfDecimation) {
    run_well(
        "study flow --sites 48 --coupling 0.8 --samples 60 --data-sets 3 --draws 25 --seed 5 --out flow");
    const auto table = read_table(at("flow/flow_estimates.csv"));
    const auto coupling = numbers(table.at("coupling")), exact = numbers(table.at("exact")),
               lower = numbers(table.at("lower")), upper = numbers(table.at("upper"));
    ASSERT_EQ(coupling.size(), 24u);  // mode by mode, data set by data set, level by level
    double K = 0.8;
    for (std::size_t k = 0; k < 4; ++k) {
        K = 0.5 * std::log(std::cosh(2.0 * K));
        EXPECT_NEAR(exact[k], K, 1e-12);
    }
    // Anchored: every level's own sites, each second one of those before.
    run_well("generate --sites 48 --strength 0.8 --beta 1 --samples 60 --seed 5 --out data.csv");
    for (std::size_t k = 0; k < 3; ++k) {
        run_well("fit --data data.csv --beta 1 --map decimation --out fit.json");
        EXPECT_NEAR(coupling[k], read_json(at("fit.json"))["theta_c"]["pair_1"], 1e-6) << k;
        std::istringstream lines(read_text(at("data.csv")));
        std::string halved;
        for (std::string line; std::getline(lines, line);) {
            std::istringstream words(line);
            std::size_t site = 0;
            for (std::string word; std::getline(words, word, ','); ++site)
                if (site % 2 == 0) halved += (site == 0 ? "" : ",") + word;
            halved += "\n";
        }
        write("data.csv", halved);
    }
    // Distilled: the exact flow from the first level's estimate, but for the prior and the ends of the ring.
    for (std::size_t k = 13; k < 16; ++k)
        EXPECT_NEAR(coupling[k], 0.5 * std::log(std::cosh(2.0 * coupling[k - 1])), 2e-3) << k;
    const auto levels = read_table(at("flow/flow_levels.csv"));
    for (std::size_t mode = 0; mode < 2; ++mode)
        for (std::size_t k = 0; k < 4; ++k) {
            double held = 0.0;
            for (std::size_t set = 0; set < 3; ++set) {
                const std::size_t row = 12 * mode + 4 * set + k;
                held += lower[row] <= exact[row] && exact[row] <= upper[row] ? 1.0 : 0.0;
            }
            EXPECT_EQ(numbers(levels.at("held"))[4 * mode + k], held);
        }
    expect_contains(read_text(at("flow/report.html")), "Hierarchical coarse-graining");
}

TEST_F(MapStudies, RefuseWhatDoesNotDivide) {
    expect_refused("study maps --level 5 --out maps", {"--level", "12 fine sites"});
    expect_refused("study maps --sites 18 --out maps", {"--sites", "10 to 16"});
    expect_refused("study flow --sites 56 --out flow", {"--sites", "multiple of 16"});
    expect_refused("study flow --coupling 3 --out flow", {"--coupling", "-2 to 2"});
}

/// Rotations by blocks are one configuration to every map.
TEST(Populations, RotationsAreOne) {
    using namespace cli;
    const FineModel fine{.chain = {.sites = 8, .field = 0.3}, .beta = 0.5};
    const FinePopulation merged = population_of(fine, 2),
                         all = predcg::population(predcg::ising::chain(fine.chain), fine.beta);
    EXPECT_EQ(merged.configurations.size(), 70u);  // necklaces of 4 beads in 4 colours
    FitModel model = study::linear_pair_model(fine, 2);
    for (const MapChoice map : {MapChoice::bernoulli, MapChoice::decimation, MapChoice::link2}) {
        model.map = map;
        const IsingFit fit = fit_population(model, merged, 1e4, {.starts = 1});
        EXPECT_NEAR(divergence_of(model, merged, fit), divergence_of(model, all, fit), 1e-12);
        if (map != MapChoice::bernoulli) {
            EXPECT_NEAR(divergence_of(model, all, fit), 0.0, 1e-6);
        }
    }
}

}  // namespace
}  // namespace map_studies_test
