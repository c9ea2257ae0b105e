// The Monte Carlo engine and trajectories on chains whose moments are known exactly.
#include <predcg/engines/monte_carlo.hpp>
#include <predcg/engines/roles.hpp>
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/kernels/single_site.hpp>
#include <predcg/kernels/trajectory.hpp>

#include "on_threads.hpp"
#include "random_chain.hpp"
#include "test_seed.hpp"
#include "thrown.hpp"
#include "z_score.hpp"

#include <gtest/gtest.h>

#include <numeric>

namespace monte_carlo_engine_test {
using namespace predcg;

namespace {

/// A random chain without forbidden windows, whose configurations start at random.
struct RandomStart : support::NumberSpace {
    template <class R>
    configuration_type random(R& rng) const {
        configuration_type X(static_cast<std::size_t>(sites));
        for (double& x : X)
            x = letters[static_cast<std::size_t>(uniform_index(rng, static_cast<Index>(letters.size())))];
        return X;
    }
};
struct ChainModel : support::TableTarget {
    RandomStart space_;
    const RandomStart& space() const { return space_; }
};
static_assert(ChainTarget<ChainModel>);

struct Model {
    ChainModel target;
    support::TableStatistic statistic;
    Moments exact;
};

/// Neighbours attract with strength `coupling`; everything else is random.
Model random_model(std::mt19937_64& rng, Index sites, std::size_t letters, double coupling,
                   Boundary boundary = Boundary::periodic) {
    std::normal_distribution<double> normal;
    Model m;
    RandomStart& space = m.target.space_;
    space.sites = sites;
    space.letters = letters == 2 ? std::vector{-1.0, 1.0} : std::vector{-1.0, 0.0, 1.0};
    m.target.chain = m.statistic.chain = space;
    m.target.reach = m.statistic.reach = {2, boundary};
    m.target.table = support::WindowTable(space, m.target.reach, false, [&] { return 0.2 * normal(rng); });
    for (Index i = 0; i < sites; ++i)
        for (const double a : space.letters)
            for (const double b : space.letters) m.target.table.at(i, std::vector{a, b}) += coupling * a * b;
    for (int k = 0; k < 2; ++k)
        m.statistic.tables.emplace_back(space, m.statistic.reach, false, [&] { return normal(rng); });
    for (Index i = 0; i < sites; ++i)  // the first has much of the slow sum of all letters
        for (const double a : space.letters)
            for (const double b : space.letters) m.statistic.tables[0].at(i, std::vector{a, b}) += 2.0 * a;
    NoState none;
    m.exact = TransferMatrix{}.expect(m.target, m.statistic, none, StreamKey{});
    return m;
}

StreamKey stream(std::uint32_t index, std::uint32_t iteration = 0) {
    return {test_seed(), Purpose::check, index, iteration};
}

/// Standard errors are estimated, to 10 % or better: with room for 20 %, a comparison by expect_z fails by
/// chance with probability < 1e-9.
constexpr double room = 1.2;

/// z-scores of many runs have mean zero and variance one. For independent normal z the mean lies outside by
/// chance with probability < 1e-8, and the variance of 1000 with < 1e-8, too (Chernoff: 500 (r - 1 - ln r)
/// nats at ratio r). The errors of the estimated standard errors add up to 0.05 to the variance; the upper
/// bound has room for that.
void expect_unit_normal(const std::vector<double>& z, const std::string& what, double least = 0.75) {
    const double n = static_cast<double>(z.size());
    ASSERT_GE(n, 1000.0);
    const double mean = std::accumulate(z.begin(), z.end(), 0.0) / n;
    double variance = 0.0;
    for (const double x : z) variance += (x - mean) * (x - mean) / (n - 1.0);
    EXPECT_LT(std::abs(mean), z_limit / std::sqrt(n)) << what;
    EXPECT_GT(variance, least) << what;
    EXPECT_LT(variance, 1.36) << what;
}

template <class Kernel>
void expect_honest_errors(const Kernel& kernel, const Model& model, Index samples, double least_tau,
                          const std::string& what, double least_variance = 0.75) {
    const MonteCarlo engine(kernel, {.samples = samples, .chains = 2, .warm_up = 200});
    const Index d = model.statistic.size();
    std::vector<std::vector<double>> z(static_cast<std::size_t>(d));
    Matrix covariance = Matrix::Zero(d, d);
    double tau = 0.0;
    constexpr int runs = 1000;
    for (std::uint32_t run = 0; run < runs; ++run) {
        typename MonteCarlo<Kernel>::template State<ChainModel> chains;
        const Moments m = engine.expect(model.target, model.statistic, chains, stream(run));
        EXPECT_FALSE(m.log_partition.has_value());
        for (Index k = 0; k < d; ++k)
            z[static_cast<std::size_t>(k)].push_back((m.mean[k] - model.exact.mean[k]) / m.standard_error[k]);
        covariance += m.covariance / runs;
        tau += m.standard_error[0] * m.standard_error[0] * static_cast<double>(samples) /
               (m.covariance(0, 0) * runs);
    }
    EXPECT_GT(tau, least_tau) << what << ": too little autocorrelation to test anything";
    for (const auto& of_component : z) expect_unit_normal(of_component, what, least_variance);
    // Over all runs there are 1e5 independent samples and more: 6 of their standard errors are < 0.05.
    for (Index k = 0; k < d; ++k)
        for (Index l = 0; l < d; ++l)
            EXPECT_NEAR(covariance(k, l), model.exact.covariance(k, l),
                        0.05 * std::sqrt(model.exact.covariance(k, k) * model.exact.covariance(l, l)))
                << what;
}

TEST(MonteCarloEngine, StandardErrorsTakeAutocorrelationIntoAccount) {
    auto rng = test_rng(330);
    expect_honest_errors(Metropolis{}, random_model(rng, 6, 2, 0.5), 5000, 3.0, "Metropolis, strong");
    expect_honest_errors(HeatBath{}, random_model(rng, 5, 3, 0.8, Boundary::open), 2000, 1.5,
                         "heat bath, three letters");
    expect_honest_errors(HeatBath{SweepOrder::checkerboard}, random_model(rng, 8, 2, 0.1), 2000, 0.8,
                         "heat bath, weak");
}

// Two letters visited in order: nearly every proposal of a weak model is accepted, and every site alternates.
// Where it does so strongly the errors are larger than they should be, by the bound on the effective sample
// size; they are never too small.
TEST(MonteCarloEngine, StandardErrorsOfAlternatingChains) {
    auto rng = test_rng(329);
    const Metropolis alternating{SweepOrder::sequential};
    expect_honest_errors(alternating, random_model(rng, 6, 2, 0.2), 2000, 0.0, "Metropolis, alternating",
                         0.3);
    expect_honest_errors(alternating, random_model(rng, 6, 2, 0.5), 500, 0.0, "Metropolis, mixed", 0.3);
    expect_honest_errors(alternating, random_model(rng, 8, 2, 0.1), 1000, 0.0, "Metropolis, free", 0.3);
}

TEST(MonteCarloEngine, CovarianceIsThatOfTheSamples) {
    auto rng = test_rng(331);
    const Model m = random_model(rng, 5, 2, 0.3);
    const MonteCarlo engine(HeatBath{}, {.samples = 7, .warm_up = 10, .thinning = 3});
    MonteCarlo<HeatBath>::State<ChainModel> chains;
    const Moments moments = engine.expect(m.target, m.statistic, chains, stream(0));
    // The same moves by hand.
    auto bits = make_stream(stream(0));
    auto X = m.target.space().random(bits);
    for (int k = 0; k < 10; ++k) HeatBath{}.advance(m.target, X, bits);
    std::vector<Vector> draws;
    Vector mean = Vector::Zero(2);
    for (int s = 0; s < 7; ++s) {
        for (int k = 0; k < 3; ++k) HeatBath{}.advance(m.target, X, bits);
        draws.push_back(m.statistic(X));
        mean += draws.back() / 7.0;
    }
    EXPECT_EQ(chains.chains.at(0).X, X);
    for (Index k = 0; k < 2; ++k) {
        EXPECT_NEAR(moments.mean[k], mean[k], 1e-12);
        for (Index l = 0; l < 2; ++l) {
            double sum = 0.0;
            for (const Vector& s : draws) sum += (s[k] - mean[k]) * (s[l] - mean[l]);
            EXPECT_NEAR(moments.covariance(k, l), sum / 6.0, 1e-12);
        }
    }
}

TEST(MonteCarloEngine, ChainsPersist) {
    auto rng = test_rng(332);
    const Model m = random_model(rng, 6, 2, 0.4);
    const MonteCarlo engine(HeatBath{}, {.samples = 40, .chains = 2, .warm_up = 10, .refresh = 0});
    MonteCarlo<HeatBath>::State<ChainModel> chains;
    const Moments first = engine.expect(m.target, m.statistic, chains, stream(0, 0));
    ASSERT_EQ(chains.chains.size(), 2u);
    const auto copy = chains;
    const auto X0 = chains.chains[0].X, X1 = chains.chains[1].X;
    const Moments second = engine.expect(m.target, m.statistic, chains, stream(0, 1));
    EXPECT_EQ(chains.chains.size(), 2u);
    EXPECT_NE(first.mean, second.mean);
    EXPECT_EQ(copy.chains[0].X, X0);  // copies do not move along

    // The second call goes on from where the first stopped, without warm-up.
    auto bits = make_stream(stream(0, 1));
    Vector mean = Vector::Zero(2);
    for (auto X : {X0, X1})
        for (int s = 0; s < 20; ++s) {
            HeatBath{}.advance(m.target, X, bits);
            mean += m.statistic(X) / 40.0;
        }
    for (Index k = 0; k < 2; ++k) EXPECT_NEAR(second.mean[k], mean[k], 1e-12);

    auto again = copy;  // and can be repeated from a copy
    EXPECT_EQ(engine.expect(m.target, m.statistic, again, stream(0, 1)).mean, second.mean);
}

TEST(MonteCarloEngine, RefreshMovesOldChainsFirst) {
    auto rng = test_rng(333);
    const Model m = random_model(rng, 40, 2, 0.1);
    MonteCarlo<HeatBath>::State<ChainModel> chains;
    const MonteCarlo engine(HeatBath{}, {.samples = 3, .warm_up = 4, .refresh = 5, .thinning = 2});
    engine.expect(m.target, m.statistic, chains, stream(0, 0));
    auto X = chains.chains.at(0).X;
    engine.expect(m.target, m.statistic, chains, stream(0, 1));
    auto bits = make_stream(stream(0, 1));
    for (int k = 0; k < 5 + 3 * 2; ++k) HeatBath{}.advance(m.target, X, bits);
    EXPECT_EQ(chains.chains.at(0).X, X);
}

TEST(MonteCarloEngine, EqualKeysGiveEqualNumbers) {
    auto rng = test_rng(334);
    const Model m = random_model(rng, 6, 3, 0.4);
    const MonteCarlo engine(Metropolis{}, {.samples = 64, .chains = 3});
    const auto run = [&](const StreamKey& key) {
        MonteCarlo<Metropolis>::State<ChainModel> chains;
        return engine.expect(m.target, m.statistic, chains, key);
    };
    const Moments a = run(stream(4, 2)), b = run(stream(4, 2));
    EXPECT_EQ(a.mean, b.mean);
    EXPECT_EQ(a.covariance, b.covariance);
    EXPECT_EQ(a.standard_error, b.standard_error);
    EXPECT_NE(a.mean, run(stream(5, 2)).mean);
    EXPECT_NE(a.mean, run(stream(4, 3)).mean);
    StreamKey other = stream(4, 2);
    ++other.seed;
    EXPECT_NE(a.mean, run(other).mean);
    other = stream(4, 2);
    other.purpose = Purpose::latent;
    EXPECT_NE(a.mean, run(other).mean);
}

TEST(MonteCarloEngine, SamplesAreSharedByChains) {
    auto rng = test_rng(335);
    const Model m = random_model(rng, 4, 2, 0.3);
    int evaluations = 0;
    struct Counting {
        const support::TableStatistic& statistic;
        int& count;
        Index size() const { return statistic.size(); }
        Vector operator()(const std::vector<double>& X) const { return ++count, statistic(X); }
    };
    const Counting counting{m.statistic, evaluations};
    MonteCarlo<HeatBath>::State<ChainModel> chains;
    MonteCarlo(HeatBath{}, {.samples = 10, .chains = 4}).expect(m.target, counting, chains, stream(0));
    EXPECT_EQ(chains.chains.size(), 4u);
    EXPECT_EQ(evaluations, 12);  // the same number from every chain, not fewer than asked for
}

TEST(MonteCarloEngine, WithoutStandardErrors) {
    auto rng = test_rng(336);
    const Model m = random_model(rng, 4, 2, 0.3);
    MonteCarlo<HeatBath>::State<ChainModel> chains, same;
    const Moments with =
        MonteCarlo(HeatBath{}, {.samples = 30}).expect(m.target, m.statistic, chains, stream(0));
    const Moments without = MonteCarlo(HeatBath{}, {.samples = 30, .standard_errors = false})
                                .expect(m.target, m.statistic, same, stream(0));
    EXPECT_EQ(with.mean, without.mean);
    EXPECT_EQ(with.covariance, without.covariance);
    for (Index k = 0; k < 2; ++k) {
        EXPECT_GT(with.standard_error[k], 0.0);
        EXPECT_TRUE(std::isnan(without.standard_error[k]));
    }
}

TEST(MonteCarloEngine, BatchesDoNotDependOnThreads) {
    auto rng = test_rng(337);
    std::vector<Model> models;
    for (int k = 0; k < 7; ++k) models.push_back(random_model(rng, 5, 2, 0.3));
    const std::vector<Index> which{5, 0, 3, 6, 1};
    const std::vector<double> weights{1.0, 2.0, 0.5, 1.5, 1.0, 3.0, 0.25};
    using Chains = MonteCarlo<HeatBath>::State<Product<ChainModel, ChainModel>>;
    const Model common = random_model(rng, 5, 2, 0.3);
    const Batch batch(
        common.target, common.statistic, [&](Index k) { return models[static_cast<std::size_t>(k)].target; },
        [&](Index k) { return models[static_cast<std::size_t>(k)].statistic; }, which, weights);
    const auto run = [&](Index threads, std::vector<Chains>& states) {
        const support::OnThreads on(threads);
        const MonteCarlo engine(HeatBath{}, {.samples = 4000});  // a chunk for each datum
        (void)expect<Want::covariances>(engine, batch, states, stream(99, 0));
        return expect<Want::covariances>(engine, batch, states, stream(99, 1));
    };
    std::vector<Chains> states(7);
    const BatchMoments one = run(1, states);
    EXPECT_FALSE(one.log_partition.has_value());
    for (const Index threads : {2, 3, 16}) {
        std::vector<Chains> others(7);
        const BatchMoments more = run(threads, others);
        EXPECT_EQ(one.mean, more.mean) << threads;
        EXPECT_EQ(one.covariance, more.covariance) << threads;
        EXPECT_EQ(one.noise, more.noise) << threads;
        for (std::size_t k = 0; k < 7; ++k) {
            ASSERT_EQ(states[k].chains.size(), others[k].chains.size()) << k;
            for (std::size_t c = 0; c < states[k].chains.size(); ++c)
                EXPECT_EQ(states[k].chains[c].X, others[k].chains[c].X) << k;
        }
    }
    EXPECT_TRUE(states[2].chains.empty());  // not asked for

    // Sums of the single calls, each with the stream of its datum: the index of the key + k.
    const MonteCarlo engine(HeatBath{}, {.samples = 4000});
    std::vector<Chains> singles(7);
    BatchMoments sums = BatchMoments::zero(4, Want::covariances);
    for (const Index k : which) {
        const auto at = static_cast<std::size_t>(k);
        const auto index = static_cast<std::uint32_t>(99 + k);
        engine.expect(batch.target(k), batch.joint(k), singles[at], stream(index, 0));
        sums.add(engine.expect(batch.target(k), batch.joint(k), singles[at], stream(index, 1)), weights[at]);
    }
    EXPECT_EQ(one.mean, sums.mean);
    EXPECT_EQ(one.covariance, sums.covariance);
    EXPECT_EQ(one.noise, sums.noise);
}

/// A target that fails where a thread works on it.
TEST(MonteCarloEngine, ErrorsComeOutOfThreads) {
    auto rng = test_rng(338);
    const Model m = random_model(rng, 4, 2, 0.3);
    using Chains = MonteCarlo<HeatBath>::State<Product<ChainModel, ChainModel>>;
    const std::vector<Index> which{0, 1, 2, 3};
    const std::vector<double> weights(4, 1.0);
    const auto factor = [&](Index k) {
        if (k == 3) throw NumericalError("datum 3");
        return m.target;
    };
    const Batch batch(
        m.target, m.statistic, factor, [&](Index) { return m.statistic; }, which, weights);
    for (const Index threads : {1, 2}) {
        const support::OnThreads on(threads);
        std::vector<Chains> states(4);
        const MonteCarlo engine(HeatBath{}, {.samples = 4000});
        EXPECT_THROW(expect<Want::covariances>(engine, batch, states, stream(0)), NumericalError);
    }
}

/// A user's own streams.
struct TwisterStreams {
    std::mt19937_64 operator()(const StreamKey& key) const {
        std::seed_seq words{static_cast<std::uint32_t>(key.seed), static_cast<std::uint32_t>(key.index),
                            key.iteration, static_cast<std::uint32_t>(key.purpose)};
        return std::mt19937_64(words);
    }
};

TEST(MonteCarloEngine, UsersGenerators) {
    auto rng = test_rng(339);
    const Model m = random_model(rng, 6, 3, 0.4);
    const MonteCarlo<HeatBath, TwisterStreams> engine(HeatBath{}, {.samples = 20000});
    static_assert(
        ExpectationEngine<MonteCarlo<HeatBath, TwisterStreams>, ChainModel, support::TableStatistic>);
    decltype(engine)::State<ChainModel> chains, same;
    const Moments moments = engine.expect(m.target, m.statistic, chains, stream(1));
    for (Index k = 0; k < 2; ++k)
        expect_z(moments.mean[k], m.exact.mean[k], room * moments.standard_error[k], "std::mt19937_64");
    EXPECT_EQ(moments.mean, engine.expect(m.target, m.statistic, same, stream(1)).mean);
    EXPECT_EQ(engine.with_samples(30).settings().samples, 30);
}

TEST(MonteCarloEngine, WithSamples) {
    const MonteCarlo engine(Metropolis{SweepOrder::sequential}, {.samples = 50, .chains = 4, .thinning = 3});
    const auto more = engine.with_samples(200), few = engine.with_samples(1);
    EXPECT_EQ(more.settings().samples, 200);
    EXPECT_EQ(more.settings().thinning, 3);
    EXPECT_EQ(more.kernel().order, SweepOrder::sequential);
    EXPECT_EQ(few.settings().samples, 4);  // one for each chain
    EXPECT_EQ(engine.settings().samples, 50);
}

// New chains of a single call: warming up costs no more than sampling, unless they move side by side.
TEST(MonteCarloEngine, FewChainsForOneCall) {
    auto rng = test_rng(341);
    const Model m = random_model(rng, 6, 3, 0.4);
    const auto chains = [&](const auto& engine, Index samples) {
        const auto once = engine.for_one_call(m.target, m.statistic, samples).settings();
        return std::pair(once.samples, once.chains);
    };
    const MonteCarloSettings settings{.samples = 64, .chains = 32, .warm_up = 50, .thinning = 2};
    const MonteCarlo<HeatBath, TwisterStreams> one_by_one(HeatBath{}, settings);
    EXPECT_EQ(chains(one_by_one, 100), std::pair(Index{100}, Index{4}));
    EXPECT_EQ(chains(one_by_one, 10), std::pair(Index{10}, Index{1}));
    EXPECT_EQ(chains(one_by_one, 100000), std::pair(Index{100000}, Index{32}));
    EXPECT_EQ(chains(MonteCarlo(HeatBath{}, {.chains = 2, .warm_up = 0}), 3), std::pair(Index{3}, Index{2}));
    EXPECT_EQ(chains(MonteCarlo(HeatBath{}, settings), 10), std::pair(Index{32}, Index{32}));
}

TEST(MonteCarloEngine, RefusesBadSettings) {
    const auto message = [](const MonteCarloSettings& settings) {
        return std::string(
            support::thrown<ArgumentError>([&] { MonteCarlo<HeatBath>(HeatBath{}, settings); }).what());
    };
    const auto names = [&](const MonteCarloSettings& settings, const std::string& field) {
        EXPECT_NE(message(settings).find(field), std::string::npos) << message(settings);
    };
    names({.samples = 1}, "samples");
    names({.samples = -5}, "samples");
    names({.chains = 0}, "chains");
    names({.samples = 4, .chains = 5}, "chains");
    names({.warm_up = -1}, "warm_up");
    names({.refresh = -1}, "refresh");
    names({.thinning = 0}, "thinning");
    EXPECT_NO_THROW(
        MonteCarlo<HeatBath>(HeatBath{}, {.samples = 2, .chains = 2, .warm_up = 0, .refresh = 0}));
}

TEST(EngineRoles, PickTheirEngines) {
    const EngineRoles roles{MonteCarlo(HeatBath{}, {.samples = 17}), TransferMatrix{}};
    static_assert(std::is_same_v<detail::latent_engine_t<decltype(roles)>, MonteCarlo<HeatBath>>);
    static_assert(std::is_same_v<detail::coarse_engine_t<decltype(roles)>, TransferMatrix>);
    EXPECT_EQ(detail::latent_engine(roles).settings().samples, 17);
    EXPECT_EQ(&detail::coarse_engine(roles), &roles.coarse);
    const MonteCarlo one(Metropolis{}, {.samples = 18});
    static_assert(std::is_same_v<detail::latent_engine_t<MonteCarlo<Metropolis>>, MonteCarlo<Metropolis>>);
    EXPECT_EQ(&detail::latent_engine(one), &one);
    EXPECT_EQ(&detail::coarse_engine(one), &one);
    static_assert(detail::has_roles<std::remove_const_t<decltype(roles)>> &&
                  !detail::has_roles<TransferMatrix>);
}

TEST(Trajectory, BurnsInAndThins) {
    auto random = test_rng(340);
    const Model m = random_model(random, 5, 3, 0.4);
    for (const Index warm_up : {0, 13})
        for (const Index thinning : {1, 4}) {
            auto rng = make_stream(stream(7)), same = rng;
            const auto samples = trajectory(HeatBath{}, m.target,
                                            {.samples = 6, .warm_up = warm_up, .thinning = thinning}, rng);
            ASSERT_EQ(samples.size(), 6u);
            auto X = m.target.space().random(same);
            for (Index k = 0; k < warm_up; ++k) HeatBath{}.advance(m.target, X, same);
            for (const auto& sample : samples) {
                for (Index k = 0; k < thinning; ++k) HeatBath{}.advance(m.target, X, same);
                EXPECT_EQ(sample, X);
            }
            EXPECT_EQ(rng(), same());
        }
}

TEST(Trajectory, HasTheExactMeans) {
    auto random = test_rng(341);
    const Model m = random_model(random, 6, 2, 0.5, Boundary::open);
    std::mt19937_64 rng = test_rng(342);  // any generator
    const auto samples = trajectory(Metropolis{}, m.target, {.samples = 20000, .thinning = 2}, rng);
    Matrix draws(20000, 2);
    for (Index s = 0; s < 20000; ++s) {
        const Vector value = m.statistic(samples[static_cast<std::size_t>(s)]);
        for (Index k = 0; k < 2; ++k) draws(s, k) = value[k];
    }
    for (Index k = 0; k < 2; ++k)
        expect_z(draws.col(k).sum() / 20000.0, m.exact.mean[k], room * statistics::mcse_mean(draws.col(k)),
                 "trajectory");
}

TEST(Trajectory, RefusesBadSettings) {
    auto rng = test_rng(343);
    const Model m = random_model(rng, 4, 2, 0.1);
    const auto message = [&](const TrajectorySettings& settings) {
        return std::string(
            support::thrown<ArgumentError>([&] { trajectory(HeatBath{}, m.target, settings, rng); }).what());
    };
    EXPECT_NE(message({.samples = 0}).find("samples"), std::string::npos);
    EXPECT_NE(message({.warm_up = -1}).find("warm_up"), std::string::npos);
    EXPECT_NE(message({.thinning = 0}).find("thinning"), std::string::npos);
}

}  // namespace
}  // namespace monte_carlo_engine_test
