// generate and truth: every option reaches the model, numbers read back exactly.
#include "io/data_io.hpp"
#include "program.hpp"
#include "reference.hpp"
#include "test_seed.hpp"
#include "z_score.hpp"

#include <predcg/kernels/single_site.hpp>
#include <predcg/kernels/trajectory.hpp>
#include <predcg/models/ising/observables.hpp>
#include <predcg/predict/fine_scale.hpp>
#include <predcg/statistics/autocorrelation.hpp>
#include <predcg/version.hpp>

namespace generate_truth_test {
using namespace predcg;
using cli_test::read_json;
using cli_test::read_text;

namespace {

class Generate : public cli_test::Program {};
class Truth : public cli_test::Program {};

/// Settings that differ from every default, as options and for the library.
constexpr const char* unusual = "--sites 12 --strength 0.8 --range 3 --exponent 0.5 --normalisation total "
                                "--boundary open --field -0.4 --beta 0.7";
const ising::FineChainSettings unusual_chain{.sites = 12,
                                             .strength = 0.8,
                                             .range = 3,
                                             .exponent = 0.5,
                                             .normalisation = ising::Normalisation::total,
                                             .boundary = Boundary::open,
                                             .field = -0.4};

TEST_F(Generate, WritesTheSamplesOfTheLibrary) {
    run_well(std::string("generate ") + unusual + " --samples 9 --seed 5 --out data.csv");
    const auto expected =
        generate(ising::chain(unusual_chain), {.beta = 0.7, .samples = 9, .seed = 5}).configurations;
    EXPECT_EQ(read_text(at("data.csv")), cli::csv_of(expected));
    EXPECT_EQ(cli::read_configurations(at("data.csv")), expected);
    EXPECT_EQ(files(), std::vector<std::string>{"data.csv"});
}

TEST_F(Generate, DefaultsAreThoseOfTheHelp) {
    run_well("generate --out default.csv");
    run_well(
        "generate --sites 32 --strength 1 --range 1 --exponent 1 --normalisation slides --boundary periodic "
        "--field 0 --beta 0.3 --samples 50 --seed 1 --out explicit.csv");
    EXPECT_EQ(read_text(at("default.csv")), read_text(at("explicit.csv")));
}

TEST_F(Generate, SeedDecides) {
    run_well("generate --samples 20 --seed 3 --out a.csv");
    run_well("generate --samples 20 --seed 3 --out b.csv");
    run_well("generate --samples 20 --seed 4 --out c.csv");
    run_well("generate --samples 10 --seed 3 --out first.csv");
    const std::string a = read_text(at("a.csv"));
    EXPECT_EQ(a, read_text(at("b.csv")));
    EXPECT_NE(a, read_text(at("c.csv")));
    EXPECT_TRUE(a.starts_with(read_text(at("first.csv"))));
}

TEST_F(Generate, ChainsAreThoseOfTheLibrary) {
    const Boltzmann target(ising::chain(unusual_chain), 0.7);
    const TrajectorySettings settings{.samples = 9, .warm_up = 20, .thinning = 3};
    const auto expect_file = [&](const char* sampler, const auto& kernel) {
        run_well(std::string("generate ") + unusual + " --samples 9 --seed 5 --sampler " + sampler +
                 " --burn-in 20 --thinning 3 --out data.csv");
        Philox4x32 rng = make_stream(5, Purpose::generate);
        EXPECT_EQ(cli::read_configurations(at("data.csv")), trajectory(kernel, target, settings, rng));
    };
    expect_file("heat-bath", HeatBath{});
    expect_file("metropolis", Metropolis{});
    run_well("generate --sampler metropolis --out default.csv");
    run_well("generate --sampler metropolis --burn-in 1000 --thinning 10 --out explicit.csv");
    EXPECT_EQ(read_text(at("default.csv")), read_text(at("explicit.csv")));
}

TEST_F(Generate, EverySamplerMeetsTheTruth) {
    const std::string chain = " --sites 12 --field 0.2 --beta 0.5 ";
    run_well("truth" + chain + "--out truth.json");
    const double expected = read_json(at("truth.json"))["magnetization"];
    for (const std::string sampler : {"exact", "heat-bath", "metropolis"}) {
        run_well("generate" + chain + "--samples 4000 --seed " + std::to_string(test_seed()) + " --sampler " +
                 sampler + " --out data.csv");
        const auto data = cli::read_configurations(at("data.csv"));
        ASSERT_EQ(data.size(), 4000u);
        Vector m(4000);
        for (Index k = 0; k < m.size(); ++k) m[k] = ising::Magnetization{}(data[static_cast<std::size_t>(k)]);
        expect_z(m.mean(), expected, statistics::mcse_mean(m), sampler);
    }
}

/// Effective sample sizes of m and of energy of a file, by the library.
std::pair<double, double> effective_sizes(const cli::Configurations& data, const ising::FineChain<>& chain) {
    Vector m(std::ssize(data)), energy(std::ssize(data));
    for (Index k = 0; k < m.size(); ++k) {
        m[k] = ising::Magnetization{}(data[static_cast<std::size_t>(k)]);
        energy[k] = chain.energy(data[static_cast<std::size_t>(k)]);
    }
    return {statistics::effective_sample_size(m), statistics::effective_sample_size(energy)};
}

TEST_F(Generate, SaysWhatItsSamplesAreWorth) {
    expect_contains(run_well("generate --samples 30 --report r.json --out x.csv").out,
                    "exact and independent");
    EXPECT_EQ(read_json(at("r.json"))["independent"], true);
    EXPECT_EQ(read_json(at("r.json"))["sampler"], "exact");
    // Slowly: neighbouring samples are much alike, which is said.
    const std::string slow =
        "generate --sites 10 --strength 1.2 --beta 1 --sampler heat-bath --thinning 1 --samples 400";
    const auto outcome = run(slow + " --report r.json --out x.csv");
    EXPECT_EQ(outcome.code, 0);
    expect_contains(outcome.err, "warning: the 400 samples are worth ");
    const auto [m, energy] =
        effective_sizes(cli::read_configurations(at("x.csv")), ising::chain({.sites = 10, .strength = 1.2}));
    auto report = read_json(at("r.json"));
    EXPECT_EQ(report["independent"], false);
    EXPECT_NEAR(report["effective_samples"]["magnetization"].get<double>(), m, 1e-9 * m);
    EXPECT_NEAR(report["effective_samples"]["energy"].get<double>(), energy, 1e-9 * energy);
    EXPECT_LT(std::min(m, energy), 400.0 / 3.0);
    EXPECT_GT(report["changes"].get<int>(), 0);
    EXPECT_EQ(report["remarks"].size(), 1u);
    // Far apart: as good as independent, and no warning.
    run_well(
        "generate --sites 10 --sampler metropolis --thinning 50 --samples 400 --report r.json --out x.csv");
    report = read_json(at("r.json"));
    EXPECT_GT(report["effective_samples"]["magnetization"].get<double>(), 200.0);
    EXPECT_EQ(report["remarks"].size(), 0u);
    expect_refused("generate --report x.csv --out x.csv", {"--report", "another file"});
}

TEST_F(Generate, SaysThatAChainDoesNotMove) {
    const std::string frozen =
        "generate --sites 16 --strength 1e5 --samples 20 --report r.json --out x.csv --sampler ";
    for (const std::string sampler : {"metropolis", "heat-bath"}) {
        const auto outcome = run(frozen + sampler);
        EXPECT_EQ(outcome.code, 0);
        expect_contains(outcome.err,
                        "the chain did not move: all samples are one configuration, whose probability is "
                        "0.5");
        const auto report = read_json(at("r.json"));
        EXPECT_EQ(report["changes"], 0);
        EXPECT_TRUE(report["effective_samples"]["magnetization"].is_null());
        EXPECT_EQ(report["effective_samples"]["reason"], "all samples are equal");
        // All spins alike: a kernel that saw nothing but products that underflow would stand still anywhere.
        for (const auto& x : cli::read_configurations(at("x.csv")))
            EXPECT_EQ(std::abs(ising::Magnetization{}(x)), 1.0);
    }
    // The only configuration that counts.
    run_well("generate --sites 16 --field 1e3 --samples 20 --sampler metropolis --out x.csv");
    // Everything but the other half: no flip of all spins in so short a time.
    const auto half =
        run("generate --sites 10 --strength 2.2 --beta 1 --sampler heat-bath --thinning 3 --samples 300 "
            "--out x.csv");
    expect_contains(half.err, "the chain has not been everywhere: m of its samples is ");
    // Too few to tell.
    run_well("generate --sites 10 --samples 3 --sampler metropolis --report r.json --out x.csv");
    EXPECT_EQ(read_json(at("r.json"))["effective_samples"]["reason"],
              "too few samples, or all equal in both");
}

TEST_F(Generate, TakesTheLargestSeed) {
    run_well("generate --samples 1 --seed 18446744073709551615 --out a.csv");
    expect_refused("generate --samples 1 --seed 18446744073709551616 --out b.csv",
                   {"--seed", "0 to 2^64 - 1"});
}

TEST_F(Truth, MeetsTheReference) {
    for (const char* set : {"A", "B", "C"}) {
        const auto expected = reference::load(set)["truth"];
        const auto text = [&](const char* key) { return expected[key].dump(); };
        run_well("truth --sites " + text("sites") + " --strength " + text("J0") + " --range " +
                 text("range") + " --exponent " + text("exponent") + " --field " + text("field") +
                 " --beta " + text("beta") + " --out truth.json");
        const auto json = read_json(at("truth.json"));
        reference::expect_near(json["log_partition"], expected["log_partition"], 1e-10, set);
        reference::expect_near(json["magnetization"], expected["magnetization"], 1e-10, set);
        reference::expect_close(reference::vector_of(json["correlation"]),
                                reference::vector_of(expected["correlation"]), 1e-10, set);
    }
}

TEST_F(Truth, IsTheLibrarysToTheLastDigit) {
    run_well(std::string("truth ") + unusual + " --out truth.json");
    const auto fine = ising::chain(unusual_chain);
    const auto json = read_json(at("truth.json"));
    EXPECT_EQ(json["log_partition"], TransferMatrix{}.log_partition(Boltzmann(fine, 0.7)));
    EXPECT_EQ(json["magnetization"], truth(fine, 0.7, ising::Magnetization{}).value());
    const Vector R = truth(fine, 0.7, ising::Correlation{Boundary::open}).mean;
    EXPECT_EQ(reference::vector_of(json["correlation"]), R);
    EXPECT_EQ(R.size(), 7);
    EXPECT_EQ(json["version"], version_string);
}

}  // namespace
}  // namespace generate_truth_test
