// Chains that move side by side: against exact moments, and against what their tables promise.
#include <predcg/engines/monte_carlo.hpp>
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/kernels/single_site.hpp>
#include <predcg/structure/statistics.hpp>

#include "on_threads.hpp"
#include "random_chain.hpp"
#include "test_seed.hpp"
#include "z_score.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <random>
#include <span>

namespace replicas_test {
using namespace predcg;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// A factor that looks up the weight of a site's letter for the class of the site.
struct ClassFactor {
    const std::vector<std::vector<double>>* log_weights;  // of the classes, letter by letter
    const std::vector<Index>* classes;                    // of the sites
    const std::vector<double>* letters;

    Window window() const { return {}; }
    Index site_class(Index i) const { return (*classes)[static_cast<std::size_t>(i)]; }
    Index class_count() const { return std::ssize(*log_weights); }
    double weight(Index i, double letter) const {
        const auto place = std::find(letters->begin(), letters->end(), letter) - letters->begin();
        return (*log_weights)[static_cast<std::size_t>(site_class(i))][static_cast<std::size_t>(place)];
    }
    double local_log_density(Index i, std::span<const double> w) const { return weight(i, w[0]); }
    double log_density(const std::vector<double>& X) const {
        double sum = 0.0;
        for (Index i = 0; i < std::ssize(X); ++i) sum += weight(i, X[static_cast<std::size_t>(i)]);
        return sum;
    }
};

/// The same without classes.
struct PlainFactor {
    ClassFactor factor;
    Window window() const { return {}; }
    double local_log_density(Index i, std::span<const double> w) const {
        return factor.local_log_density(i, w);
    }
    double log_density(const std::vector<double>& X) const { return factor.log_density(X); }
};

/// What the classes' letters are worth, and how many letters there are of the first kind.
struct ClassStatistic {
    ClassFactor factor;
    Index size() const { return 2; }
    Window window() const { return {}; }
    Index site_class(Index i) const { return factor.site_class(i); }
    Index class_count() const { return factor.class_count(); }
    Eigen::Vector2d local(Index i, std::span<const double> w) const {
        return {static_cast<double>(1 + site_class(i)) * w[0], w[0] == (*factor.letters)[0] ? 1.0 : 0.0};
    }
    Eigen::Vector2d operator()(const std::vector<double>& X) const {
        Eigen::Vector2d sum = Eigen::Vector2d::Zero();
        for (Index i = 0; i < std::ssize(X); ++i)
            sum += local(i, std::span(&X[static_cast<std::size_t>(i)], 1));
        return sum;
    }
};

/// Letters, classes and tables of one model, and data in them.
struct World {
    support::TableTarget common;
    support::TableStatistic statistic;
    std::vector<std::vector<double>> log_weights;
    std::vector<std::vector<Index>> classes;
    std::vector<Index> which;
    std::vector<double> weights;

    ClassFactor factor(Index k) const {
        return {&log_weights, &classes[static_cast<std::size_t>(k)], &common.chain.letters};
    }
    auto batch() const {
        return Batch(
            common, statistic, [this](Index k) { return factor(k); },
            [this](Index k) { return ClassStatistic{factor(k)}; }, which, weights);
    }
    auto plain_batch() const {
        return Batch(
            common, statistic, [this](Index k) { return PlainFactor{factor(k)}; },
            [this](Index k) { return ClassStatistic{factor(k)}; }, which, weights);
    }
};

World world(std::mt19937_64& rng, Index sites, std::size_t letters, Index width, Boundary boundary,
            bool homogeneous, Index data) {
    std::normal_distribution<double> normal;
    World made;
    support::NumberSpace space{sites, letters == 2 ? std::vector{-1.0, 1.0} : std::vector{-1.0, 0.5, 2.0}};
    const Window window{width, boundary};
    made.common = {space, window, homogeneous, {}};
    made.common.table = support::WindowTable(space, window, homogeneous, [&] { return 0.6 * normal(rng); });
    made.statistic = {space, window, homogeneous, {}};
    made.statistic.tables.emplace_back(space, window, homogeneous, [&] { return normal(rng); });
    for (int c = 0; c < 3; ++c) {
        made.log_weights.emplace_back();
        for (std::size_t a = 0; a < letters; ++a) made.log_weights.back().push_back(0.7 * normal(rng));
    }
    for (Index k = 0; k < data; ++k) {
        made.which.push_back(k);
        made.weights.push_back(1.0);
        made.classes.emplace_back();
        for (Index i = 0; i < sites; ++i)
            made.classes.back().push_back(std::uniform_int_distribution<Index>(0, 2)(rng));
    }
    return made;
}

template <class B, class Kernel = HeatBath>
using Chains =
    std::vector<typename MonteCarlo<Kernel>::template State<Product<typename B::Common, typename B::Factor>>>;

StreamKey key(std::uint32_t iteration) { return {test_seed(), Purpose::check, 0, iteration}; }

// Means and covariances of 200 runs against the exact ones. Runs are of new chains, so that they are
// independent: the z-scores of their averages are nearly normal, and room of 1.2 is more than their estimated
// errors need. 5 means and 15 second moments of 32 worlds: a false alarm has a probability below 1e-6.
TEST(Replicas, MomentsAreExact) {
    auto rng = test_rng(601);
    for (int model = 0; model < 16; ++model) {
        SCOPED_TRACE("model " + std::to_string(model));
        const Boundary boundary = model % 2 == 0 ? Boundary::periodic : Boundary::open;
        const std::size_t letters = model % 4 < 2 ? 2 : 3;
        const Index width = letters == 2 ? 1 + model / 4 % 3 : 1 + model / 4 % 2;
        const World w = world(rng, 7, letters, width, boundary, model % 8 < 5, 2);
        const auto run = [&]<class Kernel>(const Kernel& kernel, const auto& batch) {
            const MonteCarlo engine(kernel, {.samples = 150, .chains = 50, .warm_up = 100, .thinning = 2});
            std::vector<BatchMoments> runs;
            for (std::uint32_t r = 0; r < 200; ++r) {
                Chains<std::remove_cvref_t<decltype(batch)>, Kernel> chains(2);
                runs.push_back(expect<Want::covariances>(engine, batch, chains, key(r)));
                EXPECT_FALSE(chains[0].replicas.empty());  // side by side indeed
                EXPECT_TRUE(chains[0].chains.empty());
            }
            std::vector<NoState> none(2);
            const BatchMoments exact = expect<Want::covariances>(TransferMatrix{}, batch, none, {});
            const auto compare = [&](auto&& number, double truth, const std::string& what) {
                double mean = 0.0, square = 0.0;
                for (const BatchMoments& m : runs) mean += number(m) / 200.0;
                for (const BatchMoments& m : runs) square += std::pow(number(m) - mean, 2) / 199.0;
                if (square < 1e-20)
                    EXPECT_NEAR(mean, truth, 1e-9) << what;
                else
                    EXPECT_LT(std::abs(mean - truth), 1.2 * z_limit * std::sqrt(square / 200.0)) << what;
            };
            for (Index k = 0; k < 3; ++k) {
                compare([&](const BatchMoments& m) { return m.mean[k]; }, exact.mean[k], "mean");
                for (Index l = 0; l <= k; ++l)
                    compare([&](const BatchMoments& m) { return m.covariance(k, l); }, exact.covariance(k, l),
                            "covariance");
            }
            // Stated errors: the squares of 200 are right to 10 % with a standard error of 10 %.
            for (Index k = 0; k < 3; ++k) {
                double stated = 0.0, mean = 0.0, square = 0.0;
                for (const BatchMoments& m : runs) mean += m.mean[k] / 200.0, stated += m.noise[k] / 200.0;
                for (const BatchMoments& m : runs) square += std::pow(m.mean[k] - mean, 2) / 199.0;
                if (square < 1e-20) continue;
                EXPECT_GT(stated / square, 0.4);
                EXPECT_LT(stated / square, 1.9);
            }
        };
        run(HeatBath{}, w.batch());
        if (model % 3 == 0) run(HeatBath{}, w.plain_batch());
        const SweepOrder other = model / 2 % 2 == 0 ? SweepOrder::random : SweepOrder::checkerboard;
        model % 4 == 0 ? run(HeatBath{other}, w.batch()) : run(Metropolis{other}, w.batch());
    }
}

using Law = std::vector<double>;  // of all configurations, the first site's letter the least significant

std::vector<double> configuration(const support::NumberSpace& space, std::size_t number) {
    std::vector<double> X;
    for (Index i = 0; i < space.sites; ++i, number /= space.letters.size())
        X.push_back(space.letters[number % space.letters.size()]);
    return X;
}

/// The law after a visit of site i, by the definitions of the kernels.
template <class Kernel>
Law visited(const Kernel&, const support::TableTarget& target, std::size_t i, const Law& before) {
    const std::size_t q = target.chain.letters.size();
    const auto power = static_cast<std::size_t>(std::pow(q, i));
    Law after(before.size());
    for (std::size_t x = 0; x < before.size(); ++x) {
        if (before[x] == 0.0) continue;
        const std::size_t here = x / power % q;
        std::vector<double> weight(q);
        for (std::size_t a = 0; a < q; ++a)
            weight[a] =
                std::exp(target.log_density(configuration(target.chain, x + a * power - here * power)));
        const double sum = std::accumulate(weight.begin(), weight.end(), 0.0);
        double stays = 1.0;
        for (std::size_t a = 0; a < q; ++a) {
            if (a == here) continue;
            double p = weight[a] / sum;
            if (std::is_same_v<Kernel, Metropolis>)
                p = weight[here] > 0.0 ? std::min(1.0, weight[a] / weight[here]) / static_cast<double>(q - 1)
                                       : (weight[a] > 0.0 ? 1.0 : 0.0) / static_cast<double>(q - 1);
            after[x + a * power - here * power] += before[x] * p;
            stays -= p;
        }
        after[x] += before[x] * stays;
    }
    return after;
}

// 40000 lanes from one configuration, one sweep: six functions of all windows against the law that the
// definitions give. 6 means of 96 runs: a false alarm has a probability below 1e-5.
TEST(Replicas, OneSweepHasItsExactLaw) {
    auto rng = test_rng(611);
    std::normal_distribution<double> normal;
    for (int model = 0; model < 24; ++model) {
        const Boundary boundary = model % 2 == 0 ? Boundary::periodic : Boundary::open;
        const Index letters = 2 + model / 2 % 3, width = 1 + model / 6 % (letters == 2 ? 3 : 2);
        const bool forbids = model % 5 == 4;
        SCOPED_TRACE("model " + std::to_string(model));
        support::NumberSpace space{letters == 4 ? 4 : 5, {0.0, 1.0, 2.0, 3.0}};
        space.letters.resize(static_cast<std::size_t>(letters));
        const Window window{width, boundary};
        support::TableTarget target{space, window, model % 3 == 0, {}};
        std::bernoulli_distribution forbidden(forbids ? 0.2 : 0.0);
        target.table = support::WindowTable(space, window, target.homogeneous,
                                            [&] { return forbidden(rng) ? -infinity : normal(rng); });
        for (Index i = 0; i < space.sites; ++i)  // where all chains begin
            target.table.at(i, support::window_of(space.random(rng), space.sites, window, i)) = 0.0;
        support::TableStatistic statistic{space, {2, boundary}, false, {}};
        for (int k = 0; k < 6; ++k)
            statistic.tables.emplace_back(space, statistic.reach, false, [&] { return normal(rng); });
        const auto compare = [&](const auto& kernel) {
            using Kernel = std::remove_cvref_t<decltype(kernel)>;
            SCOPED_TRACE((std::is_same_v<Kernel, HeatBath> ? "heat bath, order " : "Metropolis, order ") +
                         std::to_string(static_cast<int>(kernel.order)));
            Law law(static_cast<std::size_t>(std::pow(letters, space.sites)));
            law[0] = 1.0;
            const auto visit = [&](Index i) {
                law = visited(kernel, target, static_cast<std::size_t>(i), law);
            };
            struct {
                Index n, far;
                bool ring;
                Index sites() const { return n; }
                Index range() const { return far; }
                bool periodic() const { return ring; }
            } chain{space.sites, width - 1, boundary == Boundary::periodic};
            detail::sweep(chain, kernel.order, rng, visit);
            Vector mean = Vector::Zero(6);
            for (std::size_t x = 0; x < law.size(); ++x) mean += law[x] * statistic(configuration(space, x));
            const MonteCarlo engine(
                kernel, {.samples = 40000, .chains = 40000, .warm_up = 0, .standard_errors = false});
            typename MonteCarlo<Kernel>::template State<support::TableTarget> chains;
            const Moments m =
                engine.expect(target, statistic, chains, key(static_cast<std::uint32_t>(100 + model)));
            ASSERT_FALSE(chains.replicas.empty());
            for (Index k = 0; k < 6; ++k)
                EXPECT_LT(std::abs(m.mean[k] - mean[k]),
                          z_limit * std::sqrt(m.covariance(k, k) / 40000.0) + 1e-9);
        };
        for (const SweepOrder order : {SweepOrder::sequential, SweepOrder::checkerboard}) {
            compare(HeatBath{order});
            compare(Metropolis{order});
        }
    }
}

// Probabilities of moves, by the tables: those of the definition to 2^-40, and in detailed balance.
TEST(Replicas, MetropolisIsInDetailedBalance) {
    auto rng = test_rng(612);
    std::normal_distribution<double> normal;
    const detail::ReplicaMoves moves = Metropolis{}.side_by_side();
    for (int round = 0; round < 300; ++round) {
        const Index q = 2 + round % 7;
        std::vector<double> log_weights(static_cast<std::size_t>(q)), to(log_weights.size());
        for (double& w : log_weights)
            w = round % 4 == 3 && normal(rng) < -0.5 ? -infinity : 5.0 * normal(rng);
        Matrix p = Matrix::Zero(q, q);
        for (Index here = 0; here < q; ++here) {
            detail::Thresholds thresholds;
            moves.weigh(log_weights.data(), q, here, to.data());
            detail::cumulate(to.data(), q);
            double below = 0.0;
            for (Index a = 0; a < q; ++a) {
                double up_to = 1.0;
                if (a < q - 1) {
                    thresholds.append(to[static_cast<std::size_t>(a)]);
                    up_to = std::ldexp(static_cast<double>(thresholds.values().back()), -48);
                }
                p(here, a) = up_to - below;
                below = up_to;
            }
        }
        for (Index a = 0; a < q; ++a)
            for (Index b = 0; b < q; ++b) {
                if (a == b) continue;
                const double la = log_weights[static_cast<std::size_t>(a)];
                const double lb = log_weights[static_cast<std::size_t>(b)];
                const double ratio = std::isinf(lb) ? 0.0 : std::isinf(la) ? 1.0 : std::exp(lb - la);
                EXPECT_NEAR(p(a, b), std::min(1.0, ratio) / static_cast<double>(q - 1), 0x1p-47);
                if (!std::isinf(la) && !std::isinf(lb)) {
                    const double top = std::max(la, lb);
                    EXPECT_NEAR(std::exp(la - top) * p(a, b), std::exp(lb - top) * p(b, a), 0x1p-38);
                }
            }
    }
}

// A target without a factor of its own, such as p_c, more chains than a block of lanes holds.
TEST(Replicas, OneTarget) {
    std::mt19937_64 rng(602);  // one world: in others the variance is that of rare windows
    const World w = world(rng, 9, 2, 2, Boundary::periodic, true, 0);
    const MonteCarlo engine(HeatBath{}, {.samples = 4000, .chains = 200, .thinning = 3});
    MonteCarlo<HeatBath>::State<support::TableTarget> chains;
    const Moments m = engine.expect(w.common, w.statistic, chains, key(0));
    EXPECT_EQ(chains.replicas.count, 200);
    const Moments exact = TransferMatrix{}.expect(w.common, w.statistic);
    EXPECT_LT(std::abs(m.mean[0] - exact.mean[0]), 1.2 * z_limit * m.standard_error[0]);
    EXPECT_NEAR(m.covariance(0, 0) / exact.covariance(0, 0), 1.0, 0.25);
    EXPECT_FALSE(m.log_partition.has_value());
}

// Metropolis by default: a random order, which all lanes have in common, so that they are independent only
// once they have converged. The statistic is the number of ones, as good as uncorrelated from lane to lane
// then.
TEST(Replicas, LanesInACommonRandomOrderAreUncorrelated) {
    auto rng = test_rng(613);
    const World w = world(rng, 6, 2, 2, Boundary::periodic, true, 0);
    const MonteCarlo engine(Metropolis{}, {.samples = 64, .chains = 64, .warm_up = 60});
    const Moments exact = TransferMatrix{}.expect(w.common, w.statistic);
    double square = 0.0;
    constexpr std::uint32_t runs = 2000;
    for (std::uint32_t r = 0; r < runs; ++r) {
        MonteCarlo<Metropolis>::State<support::TableTarget> chains;
        const Moments m = engine.expect(w.common, w.statistic, chains, key(1000 + r));
        square += std::pow(m.mean[0] - exact.mean[0], 2) / runs;
    }
    const double ratio = square / (exact.covariance(0, 0) / 64.0);  // 1 with an error of sqrt(2 / runs)
    EXPECT_NEAR(ratio, 1.0, 1.2 * z_limit * std::sqrt(2.0 / runs));
}

// Where a random byte equals a threshold's, 40 bits more decide. Half of a byte's width is 1/512 of
// probability, which 2^20 independent draws see with an error of 1/2048.
TEST(Replicas, TiesAreResolved) {
    for (const double fraction : {0.0, 0.25, 0.5, 0.999}) {
        SCOPED_TRACE(fraction);
        const double p = (128.0 + fraction) / 256.0;
        World w;
        support::NumberSpace space{1024, {0.0, 1.0}};
        w.common = {space, {}, true, support::WindowTable(space, {}, true, [] { return 0.0; })};
        w.common.table.at(0, std::vector{0.0}) = std::log(p);
        w.common.table.at(0, std::vector{1.0}) = std::log1p(-p);
        w.statistic = {space, {}, true, {}};
        w.statistic.tables.emplace_back(space, Window{}, true, [] { return 0.0; });
        w.statistic.tables[0].at(0, std::vector{1.0}) = 1.0;
        const MonteCarlo engine(HeatBath{}, {.samples = 1024, .chains = 1024, .warm_up = 0});
        MonteCarlo<HeatBath>::State<support::TableTarget> chains;
        const Moments m = engine.expect(w.common, w.statistic, chains, key(1));
        const double z = (m.mean[0] - 1024.0 * (1.0 - p)) / std::sqrt(1024.0 * p * (1.0 - p) / 1024.0);
        EXPECT_LT(std::abs(z), z_limit);
    }
}

TEST(Replicas, ThresholdsAreExact) {
    const auto probability = [](const detail::Thresholds& t) {
        return std::ldexp(static_cast<double>(t.values().back()), -48);
    };
    auto rng = test_rng(603);
    std::uniform_real_distribution<double> uniform;
    detail::Thresholds t;
    for (int k = 0; k < 1000; ++k) {
        const double p = k % 2 == 0 ? uniform(rng) : std::pow(uniform(rng), 20.0);
        t.append(p);
        EXPECT_NEAR(probability(t), p, 0x1p-49);
        t.append(1.0 - p);
        EXPECT_NEAR(probability(t), 1.0 - p, 0x1p-49);
    }
    for (const double certain : {0.0, 1.0}) {
        t.append(certain);
        EXPECT_EQ(probability(t), certain);
    }
    EXPECT_EQ(t.letter(std::ssize(t.values()) - 1, 1, 127, 127, 0xFFFFFFFFU), 0);  // no bits reach 1
}

// What lanes look up and what decides at last are the same numbers: of bits just below and at a threshold.
TEST(Replicas, AllBitsDecide) {
    auto rng = test_rng(613);
    std::uniform_real_distribution<double> uniform;
    for (int k = 0; k < 200; ++k) {
        detail::Thresholds t;
        t.append(0.5 * uniform(rng));
        t.append(0.5 + 0.5 * uniform(rng));
        for (Index a = 0; a < 2; ++a)
            for (const std::uint64_t back : {1U, 0U}) {
                const std::uint64_t bits = t.values()[static_cast<std::size_t>(a)] - back;
                if (bits >> 48 != 0) continue;
                const auto byte = [&](int shift) {
                    return static_cast<signed char>(static_cast<int>(bits >> shift & 255) - 128);
                };
                EXPECT_EQ(t.letter(0, 2, byte(40), byte(32), static_cast<std::uint32_t>(bits)),
                          a + (back == 0 ? 1 : 0));
            }
    }
}

// The law of one draw by the bits that a stream gives, one lane after the other: a byte for every letter, for
// ties a byte of a lane's own once in 16 letters, and fresh bits where that is used up or ties, too.
void expect_letters_of_a_plain_program(Index lanes) {
    constexpr Index n = 40;
    const Index sweeps = 30 * 1024 / lanes;
    support::NumberSpace space{n, {0.0, 1.0}};
    const Window pairs{2, Boundary::periodic};
    support::TableTarget target{space, pairs, true,
                                support::WindowTable(space, pairs, true, [] { return 0.0; })};
    target.table.at(0, std::vector{1.0, 1.0}) = 0.3;
    target.table.at(0, std::vector{1.0, 0.0}) = -0.2;
    support::TableStatistic neighbours{space, pairs, true, {}};
    neighbours.tables.emplace_back(space, pairs, true, [] { return 0.0; });
    MonteCarlo<HeatBath>::State<support::TableTarget> chains;
    const MonteCarloSettings settings{.samples = lanes, .chains = lanes, .warm_up = 1, .refresh = 0};
    (void)MonteCarlo(HeatBath{}, settings).expect(target, neighbours, chains, key(1));
    auto letters = chains.replicas.letters;
    MonteCarloSettings more = settings;
    more.thinning = sweeps;
    (void)MonteCarlo(HeatBath{}, more).expect(target, neighbours, chains, key(2));

    const auto at = [&](Index site, Index lane) -> signed char& {
        return letters[static_cast<std::size_t>((site + n) % n * (lanes / 32) + lane / 32)][lane % 32];
    };
    std::vector<Index> order;
    for (Index colour = 0; colour < 2; ++colour)
        for (Index i = colour; i < n; i += 2) order.push_back(i);
    std::uint64_t thresholds[2][2];  // by the letters before and behind
    for (int left = 0; left < 2; ++left)
        for (int right = 0; right < 2; ++right) {
            double weight[2] = {};
            for (int a = 0; a < 2; ++a)
                weight[a] = target.table.at(0, std::vector{double(left), double(a)}) +
                            target.table.at(0, std::vector{double(a), double(right)});
            const double p = 1.0 / (1.0 + std::exp(weight[1] - weight[0]));
            thresholds[left][right] = static_cast<std::uint64_t>(std::llround(p * 0x1p48));
        }
    Philox4x32 rng = make_stream(key(2));
    Index again = 0, undecided = 0;
    for (Index sweep = 0; sweep < sweeps; ++sweep)
        for (Index first = 0; first < n; first += 16) {
            const Index count = std::min<Index>(16, n - first);
            std::vector<std::uint32_t> words(static_cast<std::size_t>((count + 1) * lanes / 4));
            for (auto& word : words) word = static_cast<std::uint32_t>(rng());
            const auto byte = [&](Index row, Index lane) {
                const std::uint32_t word = words[static_cast<std::size_t>((row * lanes + lane) / 4)];
                return static_cast<int>(word >> 8 * (lane % 4) & 255) ^ 128;  // as signed bytes less -128
            };
            std::vector<bool> used(static_cast<std::size_t>(lanes));
            for (Index k = 0; k < count; ++k)
                for (Index lane = 0; lane < lanes; ++lane) {
                    const Index i = order[static_cast<std::size_t>(first + k)];
                    const std::uint64_t whole = thresholds[at(i - 1, lane)][at(i + 1, lane)];
                    std::uint64_t bits = static_cast<std::uint64_t>(byte(k + 1, lane)) << 40;
                    std::uint64_t threshold = whole;
                    if (bits >> 40 == whole >> 40) {
                        const bool twice = used[static_cast<std::size_t>(lane)];
                        used[static_cast<std::size_t>(lane)] = true;
                        if (twice || static_cast<std::uint64_t>(byte(0, lane)) == (whole >> 32 & 255)) {
                            const std::uint64_t third = rng();
                            const std::uint64_t second =
                                twice ? rng() & 255 : static_cast<std::uint64_t>(byte(0, lane));
                            bits |= second << 32 | third;
                            ++(twice ? again : undecided);
                        } else {
                            bits |= static_cast<std::uint64_t>(byte(0, lane)) << 32;
                            threshold &= ~std::uint64_t{0xFFFFFFFF};
                        }
                    }
                    at(i, lane) = bits >= threshold ? 1 : 0;
                }
        }
    EXPECT_GT(again, 0);  // about 120 and 19 times: neither is 0 but in 1e-8 of all seeds
    EXPECT_GT(undecided, 0);
    Index differ = 0;
    for (std::size_t b = 0; b < letters.size(); ++b)
        for (Index lane = 0; lane < 32; ++lane)
            differ += letters[b][lane] != chains.replicas.letters[b][lane] ? 1 : 0;
    EXPECT_EQ(differ, 0);
}
TEST(Replicas, LettersAreThoseOfAPlainProgram) {
    for (const Index lanes : {32, 64, 96, 1024}) {  // of the first two what lanes share stays in registers
        SCOPED_TRACE(lanes);
        expect_letters_of_a_plain_program(lanes);
    }
}

// Letters that are forbidden by their neighbours are never drawn.
TEST(Replicas, ForbiddenWindowsNeverOccur) {
    support::NumberSpace space{40, {0.0, 1.0}};
    const Window pairs{2, Boundary::periodic};
    support::TableTarget target{space, pairs, true,
                                support::WindowTable(space, pairs, true, [] { return 0.0; })};
    target.table.at(0, std::vector{1.0, 1.0}) = -infinity;
    support::TableStatistic neighbours{space, pairs, true, {}};
    neighbours.tables.emplace_back(space, pairs, true, [] { return 0.0; });
    neighbours.tables.push_back(neighbours.tables[0]);
    neighbours.tables[0].at(0, std::vector{1.0, 1.0}) = 1.0;
    neighbours.tables[1].at(0, std::vector{1.0, 0.0}) = 1.0;
    const MonteCarlo engine(HeatBath{}, {.samples = 64000, .chains = 64, .warm_up = 50});
    MonteCarlo<HeatBath>::State<support::TableTarget> chains;
    const Moments m = engine.expect(target, neighbours, chains, key(2));
    const Moments exact = TransferMatrix{}.expect(target, neighbours);
    EXPECT_EQ(m.mean[0], 0.0);
    EXPECT_LT(std::abs(m.mean[1] - exact.mean[1]), 1.2 * z_limit * m.standard_error[1]);
}

// Three neighbours on each side; no two particles stand three sites apart.
TEST(Replicas, ThreeNeighboursOnEachSide) {
    support::NumberSpace space{40, {0.0, 1.0}};
    const Window four{4, Boundary::periodic};
    const support::WindowTable zero(space, four, true, [] { return 0.0; });
    support::TableTarget target{space, four, true, zero};
    support::TableStatistic seen{space, four, true, {zero, zero}};
    for (const double second : space.letters)
        for (const double third : space.letters) {
            target.table.at(0, std::vector{1.0, second, third, 1.0}) = -infinity;
            seen.tables[0].at(0, std::vector{1.0, second, third, 1.0}) = 1.0;
            seen.tables[1].at(0, std::vector{1.0, second, third, 0.0}) = 1.0;
        }
    const MonteCarlo engine(HeatBath{}, {.samples = 64000, .chains = 64, .warm_up = 50});
    MonteCarlo<HeatBath>::State<support::TableTarget> chains;
    const Moments m = engine.expect(target, seen, chains, key(3));
    EXPECT_FALSE(chains.replicas.empty());
    EXPECT_EQ(m.mean[0], 0.0);
    EXPECT_LT(std::abs(m.mean[1] - TransferMatrix{}.expect(target, seen).mean[1]),
              1.2 * z_limit * m.standard_error[1]);
}

// Nearly all windows of 600 sites are the same one.
TEST(Replicas, MoreSitesThanAByteCounts) {
    auto rng = test_rng(604);
    World w = world(rng, 600, 2, 2, Boundary::periodic, true, 1);
    w.common.table.at(0, std::vector{1.0, 1.0}) += 3.0;
    const MonteCarlo engine(HeatBath{}, {.samples = 640, .chains = 64, .thinning = 2});
    Chains<decltype(w.batch())> chains(1);
    const BatchMoments m = expect<Want::covariances>(engine, w.batch(), chains, key(3));
    std::vector<NoState> none(1);
    const BatchMoments exact = expect<Want::covariances>(TransferMatrix{}, w.batch(), none, {});
    for (Index k = 0; k < 3; ++k)
        EXPECT_LT(std::abs(m.mean[k] - exact.mean[k]), 1.2 * z_limit * std::sqrt(m.noise[k])) << k;
}

TEST(Replicas, PersistAndDoNotDependOnThreads) {
    auto rng = test_rng(605);
    const World w = world(rng, 12, 2, 2, Boundary::open, true, 7);
    const auto run = [&](Index threads, Chains<decltype(w.batch())>& chains) {
        const support::OnThreads on(threads);
        const MonteCarlo engine(HeatBath{}, {.samples = 12000, .chains = 40});
        (void)expect<Want::covariances>(engine, w.batch(), chains, key(4));
        return expect<Want::covariances>(engine, w.batch(), chains, key(5));
    };
    Chains<decltype(w.batch())> chains(7);
    const BatchMoments one = run(1, chains);
    for (const Index threads : {2, 3, 16}) {
        Chains<decltype(w.batch())> others(7);
        const BatchMoments more = run(threads, others);
        EXPECT_EQ(one.mean, more.mean) << threads;
        EXPECT_EQ(one.covariance, more.covariance) << threads;
        EXPECT_EQ(one.noise, more.noise) << threads;
    }
    // From a copy of the chains the next call can be repeated; without warm-up and moves, they stay.
    const MonteCarlo engine(HeatBath{}, {.samples = 40, .chains = 40, .warm_up = 1000});
    auto copy = chains, again = chains;
    EXPECT_EQ(expect<Want::covariances>(engine, w.batch(), copy, key(6)).mean,
              expect<Want::covariances>(engine, w.batch(), again, key(6)).mean);
}

/// Two letters on a ring, with the weights of single letters, and -infinity for two ones side by side.
support::TableTarget hard_core(Index sites, double zero, double one) {
    support::NumberSpace space{sites, {0.0, 1.0}};
    const Window pairs{2, Boundary::periodic};
    support::TableTarget target{space, pairs, true,
                                support::WindowTable(space, pairs, true, [&] { return zero; })};
    target.table.at(0, std::vector{1.0, 0.0}) = one;
    target.table.at(0, std::vector{1.0, 1.0}) = -infinity;
    return target;
}

// What a statistic is where a window is forbidden does not matter.
TEST(Replicas, StatisticsMayBeInfiniteWhereWindowsAreForbidden) {
    const support::TableTarget target = hard_core(12, 0.0, 0.3);
    const LogDensity<support::TableTarget> statistic(target);
    const MonteCarlo engine(HeatBath{}, {.samples = 6400, .chains = 64});
    MonteCarlo<HeatBath>::State<support::TableTarget> chains;
    const Moments m = engine.expect(target, statistic, chains, key(10));
    EXPECT_FALSE(chains.replicas.empty());
    const Moments exact = TransferMatrix{}.expect(target, statistic);
    EXPECT_LT(std::abs(m.mean[0] - exact.mean[0]), 1.2 * z_limit * m.standard_error[0]);
}

/// Letters at random, and the sums of a statistic over their windows.
struct Counted {
    detail::ChainShape shape;
    detail::Replicas replicas;

    Counted(Index sites, Index width, Index lanes, std::mt19937_64& rng, std::size_t letters = 2,
            Boundary boundary = Boundary::periodic)
        : shape(detail::chain_shape(support::NumberSpace{sites, std::vector<double>(letters)},
                                    {width, boundary}, "test")) {
        replicas.count = lanes;
        replicas.blocks = (lanes + 31) / 32;
        for (Index k = 0; k < replicas.blocks * sites; ++k) {
            replicas.letters.push_back(detail::Bytes::of(0));
            for (Index lane = 0; lane < 32; ++lane)
                replicas.letters.back()[lane] = static_cast<signed char>(rng() % letters);
        }
    }
    std::vector<double> sums(detail::ReplicaCounts& counts, const std::vector<Index>& groups,
                             Index components = 1) const {
        detail::Scratch<detail::Lanes> values(components * replicas.blocks * 4, detail::Lanes::of(0.0));
        counts.add(replicas, groups.data(), values.data());
        std::vector<double> all;
        for (const detail::Lanes& pack : values)
            for (Index lane = 0; lane < 8; ++lane) all.push_back(pack[lane]);
        return all;
    }
};

// Groups that share classes and groups that came when numbers were used up: sums are the same numbers.
TEST(Replicas, SumsDoNotDependOnWhichGroupCameFirst) {
    auto rng = test_rng(614);
    std::normal_distribution<double> normal;
    for (int round = 0; round < 20; ++round) {
        const Counted counted(24, 5, 32, rng);
        std::vector<double> a(32), d(32);
        for (double& v : a) v = normal(rng);
        for (double& v : d) v = normal(rng);
        std::vector<double> b(a.rbegin(), a.rend());
        std::vector<Index> first, second;
        detail::ReplicaCounts some(counted.shape, 1), others(counted.shape, 1);
        const Index a1 = some.learn(a.data(), true), b1 = some.learn(b.data(), true);
        (void)some.learn(d.data(), true);
        const Index a2 = others.learn(a.data(), true);
        (void)others.learn(d.data(), true);
        const Index b2 = others.learn(b.data(), true);
        for (Index i = 0; i < 24; ++i) {
            first.push_back(i % 2 == 0 ? a1 : b1);
            second.push_back(i % 2 == 0 ? a2 : b2);
        }
        EXPECT_EQ(counted.sums(some, first), counted.sums(others, second));
    }
}

// Whole numbers that are looked up and added, and windows that are counted: the same sums.
TEST(Replicas, WholeNumbersAreSummedExactly) {
    auto rng = test_rng(616);
    int whole = 0;
    for (int round = 0; round < 120; ++round) {
        SCOPED_TRACE(round);
        const std::size_t letters = 2 + static_cast<std::size_t>(round) / 3 % 3;
        const Index sites = round % 5 == 4 ? 300 : 1 + round % 30,
                    width = std::min<Index>(1 + round % 3, sites);
        const Index components = 1 + round / 2 % 5;
        const Boundary boundary = round % 2 == 0 ? Boundary::periodic : Boundary::open;
        const Counted counted(sites, width, 32 * (1 + round % 4), rng, letters, boundary);
        const int largest = std::min(127, static_cast<int>(4095 / sites));
        std::uniform_int_distribution<int> number(-largest, largest);
        detail::ReplicaCounts counts(counted.shape, components);
        for (int group = 0; group < 3; ++group) {
            std::vector<double> values;
            for (Index k = 0; k < counted.shape.codes() * components; ++k) values.push_back(number(rng));
            (void)counts.learn(values.data(), true);
        }
        std::vector<Index> groups;
        for (Index i = 0; i < sites; ++i) groups.push_back(static_cast<Index>(rng() % 3));
        if (!counts.is_whole()) continue;  // too many tables
        ++whole;
        const Index lanes = counted.replicas.blocks * 32;
        std::vector<std::int16_t> sums(static_cast<std::size_t>(components * lanes), -1);
        counts.sum_whole(counted.replicas, groups.data(), sums.data());
        EXPECT_EQ(std::vector<double>(sums.begin(), sums.end()), counted.sums(counts, groups, components));
    }
    EXPECT_GT(whole, 60);
}

// Values that a byte does not hold, or sums that 16 bits might not, are not looked up.
TEST(Replicas, OnlySmallWholeNumbersAreLookedUp) {
    auto rng = test_rng(617);
    const auto is_whole = [&](Index sites, double value) {
        detail::ReplicaCounts counts(Counted(sites, 1, 32, rng).shape, 1);
        const std::vector<double> values{0.0, value};
        (void)counts.learn(values.data(), false);
        return counts.is_whole();
    };
    EXPECT_TRUE(is_whole(4095, 1.0));
    EXPECT_FALSE(is_whole(4096, -1.0));
    EXPECT_TRUE(is_whole(32, -127.0));
    EXPECT_FALSE(is_whole(2, 128.0));
    EXPECT_FALSE(is_whole(2, 0.5));
    EXPECT_FALSE(is_whole(2, infinity));
    EXPECT_FALSE(is_whole(2, std::nan("")));
}

// Moments of whole numbers in integers, and of the same as doubles: equal in every bit.
TEST(Replicas, MomentsOfWholeNumbersAreThoseOfDoubles) {
    auto rng = test_rng(618);
    for (int round = 0; round < 40; ++round) {
        SCOPED_TRACE(round);
        const Index components = round % 4, lanes = 16 + 23 * (round % 11), blocks = (lanes + 31) / 32;
        const int largest = round % 3 == 0 ? 4095 : 20;
        std::uniform_int_distribution<int> number(-largest, largest);
        detail::ReplicaMoments whole, real;
        whole.begin(components, lanes);
        real.begin(components, lanes);
        for (int sample = 0; sample < 1 + round % 3; ++sample) {
            std::vector<std::int16_t> values;
            detail::Scratch<detail::Lanes> doubles(components * blocks * 4);
            for (Index k = 0; k < components * blocks * 32; ++k) {
                values.push_back(static_cast<std::int16_t>(number(rng)));
                doubles[k / 8][k % 8] = values.back();
            }
            whole.add_whole(values.data());
            real.add(doubles);
        }
        Moments a, b;
        whole.moments(a);
        real.moments(b);
        EXPECT_EQ(a.mean, b.mean);
        EXPECT_EQ(a.covariance, b.covariance);
    }
}

// Lanes that have the window at which a statistic is infinite leave the others alone.
TEST(Replicas, InfiniteStatisticsStayInTheirLanes) {
    auto rng = test_rng(615);
    Counted counted(6, 1, 32, rng);
    for (Index i = 0; i < 6; ++i)
        for (Index lane = 0; lane < 32; ++lane)
            counted.replicas.site(i)[0][lane] = i == 2 && lane % 5 == 0 ? 1 : 0;
    detail::ReplicaCounts counts(counted.shape, 1);
    const std::vector<double> value{1.0, infinity};
    (void)counts.learn(value.data(), false);
    const std::vector<double> sums = counted.sums(counts, std::vector<Index>(6, 0));
    for (std::size_t lane = 0; lane < 32; ++lane)
        EXPECT_EQ(sums[lane], lane % 5 == 0 ? infinity : 6.0) << lane;
}

/// Configurations that begin at one letter everywhere.
struct OneStart : LatticeSpace<int, 2> {
    using LatticeSpace::LatticeSpace;
    template <RandomBits R>
    configuration_type random(R&) const {
        return configuration_type(static_cast<std::size_t>(size()), values()[1]);
    }
};

/// Neighbours that are alike with e^60, on a ring: chains keep the letter that they begin with.
struct Frozen {
    OneStart ring{std::array{0, 1}, 30};

    const OneStart& space() const { return ring; }
    Window window() const { return {2, Boundary::periodic}; }
    double local_log_density(Index, std::span<const int> w) const { return w[0] == w[1] ? 60.0 : 0.0; }
    double log_density(const std::vector<int>& X) const {
        double sum = 0.0;
        for (std::size_t i = 0; i < X.size(); ++i) sum += X[i] == X[(i + 1) % X.size()] ? 60.0 : 0.0;
        return sum;
    }
};
struct Ones {
    Index size() const { return 1; }
    Vector operator()(const std::vector<int>& X) const {
        return Vector::Constant(1, static_cast<double>(std::count(X.begin(), X.end(), 1)));
    }
    Window window() const { return {1, Boundary::periodic}; }
    Vector local(Index, std::span<const int> w) const { return Vector::Constant(1, w[0]); }
};

// Chains begin where the space says, also where it is derived from one that draws every letter alike.
TEST(Replicas, BeginAsTheSpaceBegins) {
    EXPECT_TRUE((detail::has_uniform_start<LatticeSpace<int, 2>>));
    const MonteCarlo engine(HeatBath{}, {.samples = 32, .chains = 32, .warm_up = 0});
    MonteCarlo<HeatBath>::State<Frozen> chains;
    EXPECT_EQ(engine.expect(Frozen{}, Ones{}, chains, key(1)).mean[0], 30.0);
    EXPECT_EQ(chains.replicas.count, 32);
}

// Two functions of sites far from each other: windows are too many to count, and chains move one by one.
TEST(Replicas, WideStatisticsMoveOneByOne) {
    auto rng = test_rng(607);
    const World w = world(rng, 60, 2, 2, Boundary::periodic, true, 0);
    struct Far {
        Index size() const { return 1; }
        Window window() const { return {40, Boundary::periodic}; }
        bool translation_invariant() const { return true; }
        Vector local(Index, std::span<const double> v) const {
            return Vector::Constant(1, v.front() * v.back());
        }
        Vector operator()(const std::vector<double>& X) const {
            double sum = 0.0;
            for (std::size_t i = 0; i < 60; ++i) sum += X[i] * X[(i + 39) % 60];
            return Vector::Constant(1, sum);
        }
    };
    const MonteCarlo engine(HeatBath{}, {.samples = 32, .chains = 16});
    MonteCarlo<HeatBath>::State<support::TableTarget> chains;
    EXPECT_TRUE(std::isfinite(engine.expect(w.common, Far{}, chains, key(11)).mean[0]));
    EXPECT_EQ(chains.chains.size(), 16u);
}

// Windows of 8 letters have 256 codes, more than a byte counts; of 6 letters, 64.
TEST(Replicas, WindowsThatAByteDoesNotName) {
    auto rng = test_rng(610);
    for (const Index width : {6, 8}) {
        SCOPED_TRACE(width);
        World w = world(rng, 20, 2, 2, Boundary::periodic, true, 0);
        const Window wide{width, Boundary::periodic};
        std::normal_distribution<double> normal;
        w.statistic = {w.common.chain, wide, true, {}};
        w.statistic.tables.emplace_back(w.common.chain, wide, true, [&] { return normal(rng); });
        const MonteCarlo engine(HeatBath{}, {.samples = 3200, .chains = 32, .thinning = 2});
        MonteCarlo<HeatBath>::State<support::TableTarget> chains;
        const Moments m = engine.expect(w.common, w.statistic, chains, key(15));
        EXPECT_EQ(chains.replicas.empty(), width == 8);
        const Moments exact = TransferMatrix{}.expect(w.common, w.statistic);
        EXPECT_LT(std::abs(m.mean[0] - exact.mean[0]), 1.2 * z_limit * m.standard_error[0]);
    }
}

TEST(Replicas, DensitiesWithoutASumAreRefused) {
    auto rng = test_rng(608);
    const MonteCarlo engine(HeatBath{}, {.samples = 16, .chains = 16});
    for (const double bad : {-infinity, infinity, std::nan("")}) {
        World w = world(rng, 5, 2, 2, Boundary::periodic, true, 1);
        for (auto& of_class : w.log_weights) of_class.assign(2, bad);
        Chains<decltype(w.batch())> chains(1);
        EXPECT_THROW(expect<Want::covariances>(engine, w.batch(), chains, key(12)), NumericalError);
    }
}

// A field in the common part that the factor takes back: products of weights would underflow.
TEST(Replicas, LargeWeightsThatCancel) {
    World w;
    support::NumberSpace space{10, {0.0, 1.0}};
    w.common = {space, {}, true, support::WindowTable(space, {}, true, [] { return 0.0; })};
    w.common.table.at(0, std::vector{1.0}) = 500.0;
    w.statistic = {space, {}, true, {}};
    w.statistic.tables.emplace_back(space, Window{}, true, [] { return 0.0; });
    w.statistic.tables[0].at(0, std::vector{1.0}) = 1.0;
    w.log_weights = {{0.0, -499.0}};
    w.classes = {std::vector<Index>(10, 0)};
    w.which = {0};
    w.weights = {1.0};
    for (const double field :
         {500.0, 900.0}) {  // the second is beyond the range of a double: product by product
        w.common.table.at(0, std::vector{1.0}) = field;
        w.log_weights = {{0.0, 1.0 - field}};
        const MonteCarlo engine(HeatBath{}, {.samples = 3200, .chains = 32});
        Chains<decltype(w.batch())> chains(1);
        const BatchMoments m = expect<Want::covariances>(engine, w.batch(), chains, key(13));
        EXPECT_LT(std::abs(m.mean[0] - 10.0 / (1.0 + std::exp(-1.0))), 1.2 * z_limit * std::sqrt(m.noise[0]));
    }
}

// Sums are formed in the order of the classes, whichever a thread met first.
TEST(Replicas, SumsDoNotDependOnThreads) {
    auto rng = test_rng(609);
    World w = world(rng, 12, 2, 2, Boundary::periodic, true, 8);
    w.common.chain.letters = w.statistic.chain.letters = {-std::sqrt(2.0), std::sqrt(3.0)};
    const auto redraw = [&](support::WindowTable& table) {
        std::normal_distribution<double> normal;
        table =
            support::WindowTable(w.common.chain, {2, Boundary::periodic}, true, [&] { return normal(rng); });
    };
    redraw(w.common.table);
    redraw(w.statistic.tables[0]);
    const auto run = [&](Index threads) {
        const support::OnThreads on(threads);
        Chains<decltype(w.batch())> chains(8);
        return expect<Want::covariances>(MonteCarlo(HeatBath{}, {.samples = 12800, .chains = 32}), w.batch(),
                                         chains, key(14));
    };
    const BatchMoments one = run(1);
    for (const Index threads : {2, 3, 4, 8}) {
        EXPECT_EQ(run(threads).mean, one.mean) << threads;
        EXPECT_EQ(run(threads).covariance, one.covariance) << threads;
    }
}

// Moves before the first sample are warm_up of new chains and refresh of old ones.
TEST(Replicas, RefreshMovesOldChainsFirst) {
    auto rng = test_rng(606);
    const World w = world(rng, 12, 2, 2, Boundary::periodic, true, 1);
    const auto mean = [&](Chains<decltype(w.batch())> chains, const MonteCarloSettings& settings) {
        return expect<Want::covariances>(MonteCarlo(HeatBath{}, settings), w.batch(), chains, key(9)).mean;
    };
    const Chains<decltype(w.batch())> none(1);
    EXPECT_EQ(mean(none, {.samples = 32, .chains = 32, .warm_up = 7}),
              mean(none, {.samples = 32, .chains = 32, .warm_up = 0, .thinning = 8}));
    auto old = none;
    (void)expect<Want::covariances>(MonteCarlo(HeatBath{}, {.samples = 32, .chains = 32}), w.batch(), old,
                                    key(8));
    EXPECT_EQ(mean(old, {.samples = 32, .chains = 32, .refresh = 3}),
              mean(old, {.samples = 32, .chains = 32, .refresh = 0, .thinning = 4}));
}

// Numbers of this seed, whatever vectors the compiler has: the test is compiled twice, with and without.
TEST(Replicas, TheSameNumbersEverywhere) {
    support::NumberSpace space{20, {0.0, 1.0}};
    const Window pairs{2, Boundary::periodic};
    support::TableTarget target{space, pairs, true,
                                support::WindowTable(space, pairs, true, [] { return 0.0; })};
    target.table.at(0, std::vector{1.0, 1.0}) = 0.3;
    support::TableStatistic neighbours{space, pairs, true, {}};
    neighbours.tables.emplace_back(space, pairs, true, [] { return 0.0; });
    neighbours.tables[0].at(0, std::vector{1.0, 1.0}) = 1.0;
    const MonteCarlo engine(HeatBath{}, {.samples = 100, .chains = 100});
    MonteCarlo<HeatBath>::State<support::TableTarget> chains;
    const Moments m = engine.expect(target, neighbours, chains, {1, Purpose::check, 0, 0});
    EXPECT_NEAR(m.mean[0], 7.29, 1e-12);
}

}  // namespace
}  // namespace replicas_test
