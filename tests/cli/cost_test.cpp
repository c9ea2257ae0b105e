// Costs before work: what is said, what is refused at once, and what --yes and --max-time do.
#include "basics/errors.hpp"
#include "fit_command.hpp"
#include "model/cost_model.hpp"
#include "molecules/cost_model.hpp"
#include "program/cost_limits.hpp"

#include <predcg/core/random.hpp>
#include <predcg/models/ising/observables.hpp>
#include <predcg/predict/fine_scale.hpp>

#include <cmath>

namespace cost_test {
using namespace predcg;
namespace fs = cli_test::fs;
using cli_test::FitCommand;
using cli_test::Json;
using cli_test::read_json;

namespace {

class Costs : public FitCommand {
protected:
    /// Files of alternating spins.
    void write_data(const std::string& name, int samples, int sites) const {
        std::string text;
        for (int s = 0; s < samples; ++s)
            for (int i = 0; i < sites; ++i)
                text += ((i * i + s) % 3 == 0 ? "-1" : "1") + std::string(i + 1 < sites ? "," : "\n");
        write(name, text);
    }
};

TEST_F(Costs, WhatTakesTooLongIsRefusedBeforeWork) {
    write_data("data.csv", 600, 64);
    const std::string fit = "fit --data data.csv --threads 1 --out fit.json ";
    // Each would take hours at least.
    expect_refused(fit + "--pair-range 10",
                   {"this takes about", "the fit (100 %)", "without --yes: 60 min", "--pair-range"});
    expect_refused(fit + "--pair-range 6 --posterior full --draws 60000",
                   {"the posterior", "--yes", "--draws"});
    expect_refused("calibrate sbc --sites 24 --pair-range 5 --replicates 1000000 --out sbc",
                   {"this takes about", "--yes"});
    expect_refused("calibrate coverage --sites 24 --pair-range 5 --data-sets 1000000 --out c",
                   {"this takes about", "--yes"});
    expect_refused("generate --sampler metropolis --samples 1000000 --thinning 1000000 --out x.csv",
                   {"this takes about", "the chain", "--thinning"});
    expect_refused("hierarchy --data data.csv --levels 2,2 --pair-range 6 --samples 100000 --out h.json",
                   {"this takes about", "of level", "--yes"});
    // Draws for the next level count before equal ones are put together; so do those of every draw carried
    // on.
    for (const char* mode : {"anchored", "joint", "distilled"})
        expect_refused(std::string("hierarchy --data data.csv --levels 2,2 --map link2 --samples 1000000 "
                                   "--out h.json --mode ") +
                           mode,
                       {"this takes about", "GB, most of it", "--yes"});
    expect_refused("hierarchy --data data.csv --samples 1000000000 --out h.json", {"--samples", "1000000"});
    // Limits of the engine stand whatever is agreed to.
    expect_refused(fit + "--pair-range 14 --yes", {"limit", "shorten the interactions"});
}

TEST_F(Costs, MemoryIsHeldAgainstWhatThereIs) {
    const Surroundings little{.environment = "ulimit -v 800000;"};
    const auto outcome = run("generate --sites 1000 --samples 1000000 --out x.csv", little);
    EXPECT_EQ(outcome.code, 2) << outcome.err;
    expect_contains(outcome.err, "5.0 GB");
    expect_contains(outcome.err, "fewer --samples");
    EXPECT_TRUE(files().empty());
}

TEST_F(Costs, AHundredThousandSitesAreLearnt) {
    write_data("ring.csv", 1, 100000);
    const Json ring = fit("--data ring.csv");
    EXPECT_EQ(ring["correlation"]["data"].size(), 4097);  // not all 50001
    const Json few = fit("--data ring.csv --lags 3");
    EXPECT_EQ(few["correlation"]["lag"], Json::array({0, 1, 2, 3}));
    for (int l = 0; l <= 3; ++l)
        for (const char* of : {"data", "mean"})
            EXPECT_EQ(few["correlation"][of][l], ring["correlation"][of][l]) << of << l;
    // Of an open chain second moments of all pairs within the lags are kept.
    expect_refused("fit --data ring.csv --boundary open --out f.json", {"second moments", "--lags"});
    const Json open = fit("--data ring.csv --boundary open --lags 3");
    EXPECT_NEAR(open["correlation"]["mean"][1].get<double>(), few["correlation"]["mean"][1].get<double>(),
                1e-3);
}

TEST_F(Costs, YesBegins) {
    write_data("data.csv", 600, 64);
    const std::string fit =
        "fit --data data.csv --threads 1 --pair-range 4 --posterior full --draws 1000000 --out fit.json ";
    expect_refused(fit, {"this takes about", "the posterior"});
    const auto outcome = run(fit + "--yes --max-time 0.3");
    EXPECT_EQ(outcome.code, 3) << outcome.err;
    expect_contains(outcome.err, "this takes about");  // all the same
    EXPECT_TRUE(fs::exists(at("fit.json")));
}

TEST_F(Costs, AreSaidAndNothingIsDone) {
    write_data("data.csv", 10, 32);
    const auto outcome = run_well("fit --data data.csv --posterior full --estimate --out fit.json");
    for (const char* part :
         {"data", "the fit", "the posterior", "intervals of m", "predictive checks", "all, of processors"})
        expect_contains(outcome.out, part);
    EXPECT_EQ(files(), std::vector<std::string>{"data.csv"});
}

TEST_F(Costs, StudiesSayThemPartByPart) {
    const std::vector<std::pair<std::string, std::vector<std::string>>> studies{
        {"sweep", {"{pair_1}, posteriors", "{linear, pair_1}, many data", "Monte Carlo", "exact values"}},
        {"data-size", {"fits", "posteriors", "exact values"}},
        {"levels", {"level 2, fits", "level 16, posteriors"}},
        {"models", {"fits", "scores"}},
        {"maps", {"populations", "fits", "posteriors"}},
        {"flow", {"flows"}},
        {"molecules", {"decane", "end-to-end distances", "water, 101 frames", "checks of water"}},
        {"all --quick", {"sweep", "data-size", "levels", "models", "maps", "flow", "molecules"}}};
    for (const auto& [study, parts] : studies) {
        const auto outcome = run_well("study " + study + " --estimate --out out");
        for (const std::string& part : parts) expect_contains(outcome.out, part);
        expect_contains(outcome.out, "all, of processors");
    }
    EXPECT_TRUE(files().empty());
    expect_refused("study levels --draws 1000000 --samples 1000 --data-sets 20 --out out",
                   {"this takes about", "posteriors", "--yes"});
}

// One posterior of a million draws is one task.
TEST_F(Costs, StudiesEndWithinATask) {
    const auto outcome =
        run("study levels --sites 8 --range 2 --samples 10 --data-sets 1 --draws 1000000 --field-from 0 "
            "--field-to 0 --yes --max-time 0.3 --out levels");
    EXPECT_EQ(outcome.code, 3) << outcome.err;
    expect_contains(outcome.err, "the same command goes on from 'levels.checkpoint'");
    EXPECT_FALSE(fs::exists(at("levels/report.json")));
}

TEST_F(Costs, GenerateEndsWithTheSamplesThatThereAre) {
    const std::string chain = "generate --sites 1000 --sampler heat-bath --burn-in 0 --thinning 10 --seed 3 ";
    const auto outcome = run(chain + "--samples 1000000 --yes --max-time 0.3 --out long.csv");
    EXPECT_EQ(outcome.code, 3) << outcome.err;
    run_well(chain + "--samples 5 --out short.csv");
    const std::string some = cli_test::read_text(at("long.csv")), five = cli_test::read_text(at("short.csv"));
    ASSERT_GE(some.size(), five.size());
    EXPECT_EQ(some.substr(0, five.size()), five);  // a prefix of what it would have been
    const auto exact = run("generate --sites 2000 --samples 500000 --yes --max-time 0.2 --out exact.csv");
    EXPECT_EQ(exact.code, 3) << exact.err;
    EXPECT_TRUE(fs::exists(at("exact.csv")));
}

TEST_F(Costs, SampleEndsWithTheSamplesThatThereAre) {
    write_data("data.csv", 20, 32);
    const auto some_of = [&](const std::string& posterior) {
        const auto fitted = run("fit --data data.csv " + posterior + "--out fit.json");
        ASSERT_EQ(fitted.code, 0) << fitted.err;
        const std::string sample = "sample --fit fit.json --sites 4000 --seed 3 ";
        const auto outcome = run(sample + "--samples 200000 --yes --max-time 0.2 --out long.csv");
        EXPECT_EQ(outcome.code, 3) << outcome.err;
        expect_contains(outcome.err, "the result is what there was");
        run_well(sample + "--samples 2 --out short.csv");
        const std::string some = cli_test::read_text(at("long.csv")),
                          two = cli_test::read_text(at("short.csv"));
        ASSERT_FALSE(some.empty());
        // A prefix of what it would have been; of a posterior the second one has another draw of it.
        const std::string same = posterior.empty() ? two : two.substr(0, two.find('\n') + 1);
        EXPECT_TRUE(some.starts_with(same));
    };
    some_of("");
    some_of("--posterior full --draws 100 ");
}

TEST_F(Costs, TruthEndsWithWhatItHas) {
    const auto outcome = run("truth --sites 16 --max-time 1e-9 --out truth.json");
    EXPECT_EQ(outcome.code, 3) << outcome.err;
    expect_contains(outcome.err, "stopped before the magnetisation was found; nothing was written");
    EXPECT_FALSE(fs::exists(at("truth.json")));
    run_well("truth --sites 16 --max-time 3600 --out truth.json");
    run_well("truth --sites 16 --out plain.json");
    EXPECT_EQ(cli_test::read_text(at("truth.json")), cli_test::read_text(at("plain.json")));
}

TEST_F(Costs, PredictEndsWithWhatItHas) {
    write_data("data.csv", 20, 32);
    const auto fitted = run("fit --data data.csv --posterior full --draws 100 --out fit.json");
    ASSERT_EQ(fitted.code, 0) << fitted.err;
    run_well("predict --fit fit.json --sites 2000 --observable correlation --lags 2 --out R.json");
    EXPECT_EQ(read_json(at("R.json"))["mean"].size(), 3);
    EXPECT_TRUE(read_json(at("R.json")).contains("lower"));
    const auto outcome =
        run("predict --fit fit.json --sites 200000 --observable correlation --lags 500 --yes "
            "--max-time 0.1 --out long.json");
    EXPECT_EQ(outcome.code, 3) << outcome.err;
    const Json json = read_json(at("long.json"));
    EXPECT_EQ(json["mean"].size(), 501);
    EXPECT_FALSE(json.contains("lower"));
    EXPECT_EQ(json["remarks"][0], "stopped before the interval was found");
}

TEST(CostModel, FollowsTheEngine) {
    const cli::FitModel model{.fine_sites = 64, .pair_range = 3};
    const cli::PlannedFit plan{.samples = 100};
    const auto cost = [&](cli::FitModel of, cli::PlannedFit what) {
        return cli::cost_of_fit(of, {}, what).processor_seconds();
    };
    const double once = cost(model, plan);
    cli::FitModel wide = model;
    wide.pair_range = 5;  // 16 times the windows and states, more statistics
    EXPECT_GT(cost(wide, plan), 14.0 * once);
    wide.boundary = Boundary::open;
    EXPECT_LT(cost(wide, plan), 0.2 * 14.0 * once);
    cli::PlannedFit with_posterior = plan;
    with_posterior.posterior = PosteriorMethod::full;
    const auto full = cli::cost_of_fit(model, {}, with_posterior);
    EXPECT_GT(full.processor_seconds(), once);
    with_posterior.draws *= 10;
    EXPECT_NEAR(cli::cost_of_fit(model, {}, with_posterior).bytes() - full.bytes(),
                9.0 / 10.0 * (cli::cost_of_fit(model, {}, with_posterior).bytes() - full.held),
                0.1 * full.bytes());
}

/// Eight molecules of one site at random places, in twelve frames.
cli::molecules::LiquidData small_liquid() {
    cli::molecules::LiquidData data{.frames = 12, .molecules = 8, .names = {"A"}, .masses = {1.0}};
    data.edges = {2.0, 2.0, 2.0};
    auto rng = make_stream(1, Purpose::check);
    for (Index k = 0; k < data.frames; ++k) {
        Points X(static_cast<std::size_t>(data.molecules));
        for (Point& x : X)
            for (double& c : x) c = 2.0 * uniform(rng);
        data.sites.push_back(X);
        data.centres.push_back(X);
    }
    return data;
}

/// A potential of zero, with so many draws of each parameter, spread so wide.
cli::molecules::SavedPair pair_with_draws(const cli::molecules::LiquidData& data, Index draws, double sd) {
    cli::molecules::SavedPair saved;
    saved.model.spline = {.cutoff = 0.9, .core = 0.2, .intervals = 8};
    saved.model.molecules = data.molecules;
    saved.model.edges = data.edges;
    saved.model.masses = data.masses;
    const Index p = saved.model.potential().parameter_count();
    saved.posterior.fit.parameters.theta = Vector::Zero(p);
    saved.posterior.draws.resize(p, draws);
    for (Index k = 0; k < draws; ++k)
        for (Index j = 0; j < p; ++j) saved.posterior.draws(j, k) = (j + k) % 2 == 0 ? sd : -sd;
    return saved;
}

TEST(CostModel, ChecksOfAWidePosteriorHaveChainsOfEveryDraw) {
    const cli::molecules::LiquidData data = small_liquid();
    const auto cost = [&](double sd, Index draws) {
        return cli::molecules::cost_of_pair_checks(data, pair_with_draws(data, draws, sd),
                                                   {.draws = 10'000, .samples = 40});
    };
    const cli::CostEstimate narrow = cost(1e-3, 400), wide = cost(1e3, 400);
    ASSERT_EQ(narrow.parts.size(), 1u);
    ASSERT_EQ(wide.parts.size(), 2u);
    EXPECT_EQ(wide.parts[1].name, "chains of draws");
    EXPECT_EQ(wide.parts[0].seconds(), narrow.parts[0].seconds());
    // 512 of them at most are repeated.
    EXPECT_NEAR(cost(1e3, 200).parts[1].seconds(), 0.5 * wide.parts[1].seconds(),
                1e-12 * wide.parts[1].seconds());
    EXPECT_NEAR(cost(1e3, 1488).parts[1].seconds(), 2.5 * wide.parts[1].seconds(),
                1e-12 * wide.parts[1].seconds());
    cli::molecules::LiquidData other = data;
    other.edges[1] = 3.0;
    EXPECT_THROW(cli::molecules::cost_of_pair_checks(other, pair_with_draws(data, 10, 1.0), {}),
                 cli::InputError);
}

TEST(CostModel, IsInWords) {
    EXPECT_EQ(cli::duration_text(0.1), "a second");
    EXPECT_EQ(cli::duration_text(59.0), "59 s");
    EXPECT_EQ(cli::duration_text(3600.0), "60 min");
    EXPECT_EQ(cli::duration_text(9000.0), "2.5 h");
    EXPECT_EQ(cli::duration_text(1e300), "more than 300000 years");
    EXPECT_EQ(cli::memory_text(5e7), "50 MB");
    EXPECT_EQ(cli::memory_text(1.23e10), "12 GB");
    cli::CostEstimate estimate;
    estimate.add({"a", {2e9, 100.0}, "", false});
    estimate.add({"b", {4e9, 50.0}, "", true});
    estimate.held = 1.0;
    EXPECT_DOUBLE_EQ(estimate.processor_seconds(), 6.0);
    EXPECT_DOUBLE_EQ(estimate.seconds(4.0), 3.0);  // only b is on all threads
    EXPECT_DOUBLE_EQ(estimate.bytes(), 101.0);     // one after the other
}

TEST(CostModel, OfTheTransferMatrixIsWhatItRefusesBy) {
    const auto chain = ising::chain({.sites = 40, .range = 3});
    const Boltzmann target(chain, 0.3);
    const Cost cost = TransferMatrix{}.cost_of_site_moments(target, 2);
    EXPECT_NO_THROW(TransferMatrix{.cost_limit = cost.operations}.site_moments(target, 2));
    EXPECT_THROW(TransferMatrix{.cost_limit = 0.999 * cost.operations}.site_moments(target, 2), CostError);
    const Cost of_log_z = TransferMatrix{}.cost(target, {}, 0, Want::log_partitions);
    EXPECT_NO_THROW(TransferMatrix{.cost_limit = of_log_z.operations}.log_partition(target));
    EXPECT_THROW(TransferMatrix{.cost_limit = 0.999 * of_log_z.operations}.log_partition(target), CostError);
}

}  // namespace
}  // namespace cost_test
