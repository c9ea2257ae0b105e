// Batches of chains by lanes against the same chains one by one, and the posterior's gradient that is made
// of them.
#include <predcg/engines/enumeration.hpp>
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/posterior/log_posterior.hpp>
#include <predcg/structure/statistics.hpp>

#include "close.hpp"
#include "differences.hpp"
#include "ising_grainer.hpp"
#include "random_chain.hpp"
#include "test_seed.hpp"
#include "thrown.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace transfer_matrix_batch_test {
using namespace predcg;
using support::expect_close;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Draws tables on one space in which one configuration is allowed.
struct Draw {
    std::mt19937_64& rng;
    support::NumberSpace space;
    Boundary boundary;
    std::vector<double> allowed;
    Index width = 0;  // of all windows; 0: drawn

    Index integer(Index from, Index to) { return std::uniform_int_distribution<Index>(from, to)(rng); }
    bool coin(double p) { return std::bernoulli_distribution(p)(rng); }
    double normal() { return std::normal_distribution<double>()(rng); }
    Window window() {
        if (width > 0) return {width, boundary};
        return {integer(1, boundary == Boundary::periodic ? std::min<Index>(3, space.sites) : 3), boundary};
    }

    support::TableTarget target(double strength, double forbidden) {
        support::TableTarget made{space, window(), coin(0.3), {}};
        made.table = support::WindowTable(space, made.reach, made.homogeneous,
                                          [&] { return coin(forbidden) ? -infinity : strength * normal(); });
        for (Index i = 0; i < space.sites; ++i) {
            double& weight = made.table.at(i, support::window_of(allowed, space.sites, made.reach, i));
            if (std::isinf(weight)) weight = strength * normal();
        }
        return made;
    }

    support::TableStatistic statistic(Index size) {
        support::TableStatistic made{space, window(), coin(0.3), {}};
        for (Index k = 0; k < size; ++k)
            made.tables.emplace_back(space, made.reach, made.homogeneous, [&] { return normal(); });
        return made;
    }
};

struct RandomBatch {
    support::TableTarget target;
    support::TableStatistic statistic;
    std::vector<support::TableTarget> factors;
    std::vector<support::TableStatistic> owns;
    std::vector<double> weights;
    std::vector<Index> which;

    auto factor() const {
        return [this](Index k) { return factors[static_cast<std::size_t>(k)]; };
    }
    auto own() const {
        return [this](Index k) { return owns[static_cast<std::size_t>(k)]; };
    }
    auto batch() const { return Batch(target, statistic, factor(), own(), which, weights); }
    template <class Engine>
    BatchMoments means(const Engine& engine) const {
        std::vector<NoState> states(factors.size());
        return expect<Want::means>(engine, batch(), states, {});
    }
    template <class Engine>
    BatchMoments covariances(const Engine& engine) const {
        std::vector<NoState> states(factors.size());
        return expect<Want::covariances>(engine, batch(), states, {});
    }
    double log_partition(const auto& engine) const {
        std::vector<NoState> states(factors.size());
        return *expect<Want::log_partitions>(engine, batch(), states, {}).log_partition;
    }
    BatchMoments one_by_one() const {
        const Index own_size = which.empty() ? 0 : owns.front().size();  // a batch asks its first target
        BatchMoments sums = BatchMoments::zero(statistic.size() + own_size, Want::covariances);
        for (const Index datum : which) {
            const auto k = static_cast<std::size_t>(datum);
            const Moments m = TransferMatrix{}.expect(Product(target, factors[k]), Stack(statistic, owns[k]));
            sums.mean += weights[k] * m.mean;
            if (m.covariance.size() > 0) sums.covariance += weights[k] * m.covariance;
            *sums.log_partition += weights[k] * *m.log_partition;
        }
        return sums;
    }
};

/// Chains of `sites` with 2 or 3 letters and common tables of one strength; factors of several strengths, by
/// turns with forbidden windows; a part of the targets, in any order.
RandomBatch random_batch(std::mt19937_64& rng, Index sites, double strength, std::vector<double> strengths) {
    Draw draw{rng, {sites, {-1.0, 1.0}}, Boundary::open, {}};
    if (draw.coin(0.4)) draw.space.letters = {-1.0, 0.5, 2.0};
    if (draw.coin(0.5)) draw.boundary = Boundary::periodic;
    for (Index i = 0; i < sites; ++i)
        draw.allowed.push_back(draw.space.letters[static_cast<std::size_t>(draw.integer(0, 1))]);
    const double forbidden = draw.coin(0.3) ? 0.2 : 0.0;
    RandomBatch batch{draw.target(strength, draw.coin(0.2) ? 0.2 : 0.0),
                      draw.statistic(draw.integer(0, 2)),
                      {},
                      {},
                      {},
                      {}};
    const Index count = draw.integer(1, 40), size = draw.integer(0, 2);
    for (Index k = 0; k < count; ++k) {
        batch.factors.push_back(draw.target(
            strengths[static_cast<std::size_t>(draw.integer(0, std::ssize(strengths) - 1))], forbidden));
        batch.owns.push_back(draw.statistic(size));
        batch.weights.push_back(draw.coin(0.1) ? 0.0 : 0.5 + 0.1 * std::abs(draw.normal()));
        if (draw.coin(0.8)) batch.which.push_back(k);
    }
    std::shuffle(batch.which.begin(), batch.which.end(), rng);
    return batch;
}

void compare(const RandomBatch& batch, double tolerance) {
    const BatchMoments exact = batch.one_by_one(), sums = batch.means(TransferMatrix{});
    const double count = std::max<double>(1.0, double(batch.which.size()));
    expect_close(sums.mean / count, exact.mean / count, tolerance, "mean");
    expect_close(sums.log_partition.value(), *exact.log_partition, tolerance, "log Z with means");
    expect_close(batch.log_partition(TransferMatrix{}), *exact.log_partition, tolerance, "log Z");
    const BatchMoments all = batch.covariances(TransferMatrix{});
    expect_close(all.mean / count, exact.mean / count, tolerance, "mean with covariance");
    expect_close(all.log_partition.value(), *exact.log_partition, tolerance, "log Z with covariance");
    if (all.mean.size() > 0)
        expect_close(all.covariance.reshaped() / count, exact.covariance.reshaped() / count, 10.0 * tolerance,
                     "covariance");
}

TEST(TransferMatrixBatch, IsTheSumOneByOne) {
    auto rng = test_rng(1);
    for (int model = 0; model < 300 && !HasFailure(); ++model) {
        SCOPED_TRACE("model " + std::to_string(model));
        compare(random_batch(rng, 1 + model % 12, 1.0, {0.1, 1.0, 10.0}), 1e-12);
    }
}

// The means of one target take a way of their own where rings are small.
TEST(TransferMatrixBatch, OneTargetAlone) {
    auto rng = test_rng(12);
    int small_rings = 0;
    for (int model = 0; model < 300 && !HasFailure(); ++model)
        for (const double strength : {1.0, 30.0, 1000.0}) {
            SCOPED_TRACE("model " + std::to_string(model) + ", strength " + std::to_string(strength));
            const RandomBatch random = random_batch(rng, 1 + model % 12, strength, {1.0});
            const Moments exact = TransferMatrix{}.expect(random.target, random.statistic);
            NoState state;
            const BatchMoments means = expect<Want::means>(
                TransferMatrix{}, SingleBatch(random.target, random.statistic), state, {});
            expect_close(means.mean, exact.mean, 1e-12, "mean");
            expect_close(means.log_partition.value(), exact.log_partition.value(), 1e-12, "log Z");
            EXPECT_EQ(means.noise, exact.standard_error);
            const Window window = common_window(random.target.window(), random.statistic.window());
            small_rings += window.width == 2 && window.boundary == Boundary::periodic && strength == 1.0 &&
                           random.target.space().letters.size() == 2 && exact.mean.size() > 0;
        }
    EXPECT_GT(small_rings, 10);
}

TEST(TransferMatrixBatch, LongChains) {
    auto rng = test_rng(2);
    for (int model = 0; model < 20 && !HasFailure(); ++model) {
        SCOPED_TRACE("model " + std::to_string(model));
        compare(random_batch(rng, 300 + model, 1.0, {1.0, 3.0}), 1e-12);
    }
}

// Many starts, and messages that are made again on the way back; the last piece of the chain is short.
TEST(TransferMatrixBatch, WideWindows) {
    auto rng = test_rng(21);
    struct Case {
        std::vector<double> letters;
        Index width, sites;
    };
    for (const Case& c :
         {Case{{-1.0, 1.0}, 6, 12}, Case{{-1.0, 1.0}, 6, 45}, Case{{-1.0, 0.5, 2.0}, 4, 9},
          Case{{-1.0, 0.5, 2.0}, 4, 50}, Case{{-1.0, 1.0}, 3, 2100}, Case{{-1.0, 1.0}, 2, 4500}})
        for (const Boundary boundary : {Boundary::periodic, Boundary::open}) {
            Draw draw{rng, {c.sites, c.letters}, boundary, {}};
            draw.allowed.assign(static_cast<std::size_t>(c.sites), -1.0);
            RandomBatch batch{
                (draw.width = c.width, draw.target(1.0, 0.0)), draw.statistic(2), {}, {}, {}, {}};
            for (Index k = 0; k < 3; ++k) {
                batch.factors.push_back((draw.width = 1 + k % 2, draw.target(0.5, 0.0)));
                batch.owns.push_back((draw.width = 2, draw.statistic(1)));
                batch.weights.push_back(1.0 + 0.5 * static_cast<double>(k));
                batch.which.push_back(k);
            }
            compare(batch, 1e-12 * static_cast<double>(c.sites));
        }
}

// Far more sites than the correlation reaches over: all grows with their number.
TEST(TransferMatrixBatch, MomentsOfAHomogeneousRingGrowWithItsLength) {
    auto rng = test_rng(22);
    Draw draw{rng, {300, {-1.0, 1.0}}, Boundary::periodic, {}};
    draw.allowed.assign(300, -1.0);
    draw.width = 2;
    auto target = draw.target(0.5, 0.0);
    auto statistic = draw.statistic(3);
    // Correlations over half of the shorter ring are below tanh(1)^150 = 1e-18.
    const auto weight = [&] { return std::clamp(0.5 * draw.normal(), -1.0, 1.0); };
    target = {draw.space,
              {2, Boundary::periodic},
              true,
              support::WindowTable(draw.space, target.reach, true, weight)};
    statistic.homogeneous = true;
    for (auto& table : statistic.tables)
        table = support::WindowTable(draw.space, statistic.reach, true, [&] { return draw.normal(); });
    const Moments few = TransferMatrix{}.expect(target, statistic);
    for (const Index sites : {Index{8191}, Index{20000}}) {
        target.chain.sites = statistic.chain.sites = sites;
        const Moments many = TransferMatrix{}.expect(target, statistic);
        const double ratio = static_cast<double>(sites) / 300.0;
        expect_close(many.mean / ratio, few.mean, 1e-10, "mean");
        expect_close(many.covariance.reshaped() / ratio, few.covariance.reshaped(), 1e-10, "covariance");
        expect_close(*many.log_partition / ratio, *few.log_partition, 1e-10, "log Z");
    }
}

// Some or all of the targets have weights that differ by more than the range of a double.
TEST(TransferMatrixBatch, ExtremeWeights) {
    auto rng = test_rng(3);
    for (int model = 0; model < 200 && !HasFailure(); ++model)
        for (const double strength : {1.0, 30.0, 1000.0}) {
            SCOPED_TRACE("model " + std::to_string(model) + ", strength " + std::to_string(strength));
            compare(random_batch(rng, 1 + model % 9, strength, {1.0, 30.0, 100.0, 1000.0}), 1e-12);
        }
}

TEST(TransferMatrixBatch, OtherEnginesDoItOneByOne) {
    auto rng = test_rng(4);
    for (int model = 0; model < 20; ++model) {
        const RandomBatch batch = random_batch(rng, 1 + model % 5, 1.0, {1.0});
        const BatchMoments sums = batch.means(Enumeration{}), exact = batch.means(TransferMatrix{});
        expect_close(sums.mean, exact.mean, 1e-11, "mean");
        expect_close(sums.log_partition.value(), *exact.log_partition, 1e-11, "log Z with means");
        expect_close(batch.log_partition(Enumeration{}), *exact.log_partition, 1e-11, "log Z");
    }
}

/// A common target that counts how often its weight is asked for.
struct Counted {
    support::TableTarget table;
    Index* calls;

    const support::NumberSpace& space() const { return table.space(); }
    Window window() const { return table.window(); }
    double local_log_density(Index i, std::span<const double> w) const {
        return ++*calls, table.local_log_density(i, w);
    }
    double log_density(const std::vector<double>& X) const { return table.log_density(X); }
    bool translation_invariant() const { return table.translation_invariant(); }
};

TEST(TransferMatrixBatch, CommonTablesAreMadeOnce) {
    auto rng = test_rng(5);
    Draw draw{rng, {16, {-1.0, 1.0}}, Boundary::periodic, std::vector<double>(16, 1.0)};
    std::vector<support::TableTarget> factors;
    for (int k = 0; k < 50; ++k) factors.push_back(draw.target(1.0, 0.0));
    const std::vector<double> weights(50, 1.0);
    std::vector<Index> which;
    for (Index k = 0; k < 50; ++k) which.push_back(k);
    Index calls = 0;
    const Counted target{draw.target(1.0, 0.0), &calls};
    const Batch batch(
        target, EmptyStatistic{}, [&](Index k) { return factors[static_cast<std::size_t>(k)]; },
        [](Index) { return EmptyStatistic{}; }, which, weights);
    std::vector<NoState> states(50);
    (void)expect<Want::log_partitions>(TransferMatrix{}, batch, states, {});
    EXPECT_LE(calls, 16 * 8);  // sites times windows
}

/// A factor or statistic that looks up a table for the class of the site. Counts how often it is asked.
struct Classes {
    support::NumberSpace space;
    Window reach;
    std::vector<support::WindowTable> tables;  // class by class; a statistic has `components` of each

    Index components = 1;
    Index spacing = 1;  // of the classes' numbers
};
struct ClassFactor {
    const Classes* classes;
    const std::vector<Index>* of_site;
    Index* calls;

    Window window() const { return classes->reach; }
    Index table_of(Index i) const { return (*of_site)[static_cast<std::size_t>(i)]; }
    Index site_class(Index i) const { return classes->spacing * table_of(i); }
    Index class_count() const { return classes->spacing * std::ssize(classes->tables); }
    double local_log_density(Index i, std::span<const double> w) const {
        return ++*calls, classes->tables[static_cast<std::size_t>(table_of(i))].at(0, w);
    }
    double log_density(const std::vector<double>& X) const {
        double sum = 0.0;
        for (Index i = 0; i < classes->space.sites; ++i)
            sum += local_log_density(i, support::window_of(X, classes->space.sites, classes->reach, i));
        return sum;
    }
};
/// Components: the table's number f; 2 - 3 f, but f^2 in the classes from `curved` on; 5.
struct ClassStatistic {
    const Classes* classes;
    const std::vector<Index>* of_site;
    Index curved, components;

    Index size() const { return components; }
    Window window() const { return classes->reach; }
    Index table_of(Index i) const { return (*of_site)[static_cast<std::size_t>(i)]; }
    Index site_class(Index i) const { return classes->spacing * table_of(i); }
    Index class_count() const { return classes->spacing * std::ssize(classes->tables); }
    Vector local(Index i, std::span<const double> w) const {
        const double f = classes->tables[static_cast<std::size_t>(table_of(i))].at(0, w);
        return Eigen::Vector3d(f, table_of(i) < curved ? 2.0 - 3.0 * f : f * f, 5.0).head(components);
    }
    Vector operator()(const std::vector<double>& X) const {
        Vector sum = Vector::Zero(components);
        for (Index i = 0; i < classes->space.sites; ++i)
            sum += local(i, support::window_of(X, classes->space.sites, classes->reach, i));
        return sum;
    }
};

// Parts that know classes of sites give what they give one by one, and are asked once for each class.
TEST(TransferMatrixBatch, ClassesOfSites) {
    auto rng = test_rng(9);
    for (int model = 0; model < 150 && !HasFailure(); ++model) {
        SCOPED_TRACE("model " + std::to_string(model));
        Draw draw{rng, {1 + model % 7, {-1.0, 1.0}}, Boundary::open, std::vector<double>(7, -1.0)};
        if (draw.coin(0.4)) draw.space.letters = {-1.0, 0.5, 2.0};
        if (draw.coin(0.5)) draw.boundary = Boundary::periodic;
        const Index count = draw.integer(1, 5), data = draw.integer(1, 20), size = draw.integer(0, 3);
        Classes factors{draw.space, draw.window(), {}}, statistics{draw.space, draw.window(), {}};
        if (model % 3 == 0) factors.spacing = 2000;  // few classes and many are looked up in two ways
        if (model % 5 == 0) statistics.spacing = 2000;
        for (Index c = 0; c < count; ++c) {
            factors.tables.emplace_back(draw.space, factors.reach, true, [&] { return draw.normal(); });
            // eighths, so that the affine relation holds to the last bit
            statistics.tables.emplace_back(draw.space, statistics.reach, true,
                                           [&] { return 0.125 * static_cast<double>(draw.integer(-9, 9)); });
        }
        std::vector<std::vector<Index>> of_site(static_cast<std::size_t>(data));
        std::vector<Index> which;
        for (auto& classes : of_site) {
            which.push_back(std::ssize(which));
            for (Index i = 0; i < draw.space.sites; ++i) classes.push_back(draw.integer(0, count - 1));
        }
        const std::vector<double> weights(of_site.size(), 0.75);
        const support::TableTarget target = draw.target(1.0, 0.0);
        const support::TableStatistic statistic = draw.statistic(2);
        const Index curved = draw.integer(0, count);
        Index calls = 0;
        const auto classes_of = [&](Index k) { return &of_site[static_cast<std::size_t>(k)]; };
        const Batch batch(
            target, statistic,
            [&](Index k) {
                return ClassFactor{&factors, classes_of(k), &calls};
            },
            [&](Index k) {
                return ClassStatistic{&statistics, classes_of(k), curved, size};
            },
            which, weights);
        std::vector<NoState> states(of_site.size());
        const BatchMoments means = expect<Want::means>(TransferMatrix{}, batch, states, {});
        const Index letters = std::ssize(draw.space.letters);
        const Index width = std::min(factors.reach.width, draw.space.sites);
        // Every chunk makes tables of its own; a chunk of one target is no batch.
        if (const Index chunk = TransferMatrix{}.chunk(batch); data % chunk != 1) {
            const Index chunks = (data + chunk - 1) / chunk;
            EXPECT_LE(calls, chunks * count * width * static_cast<Index>(std::pow(letters, width)));
        }
        const BatchMoments all = expect<Want::covariances>(TransferMatrix{}, batch, states, {});
        const BatchMoments exact = expect<Want::covariances>(Enumeration{}, batch, states, {});
        expect_close(means.mean, exact.mean, 1e-11, "mean");
        expect_close(all.mean, exact.mean, 1e-11, "mean with covariance");
        expect_close(all.covariance.reshaped(), exact.covariance.reshaped(), 1e-11, "covariance");
        expect_close(*all.log_partition, *exact.log_partition, 1e-11, "log Z");
        expect_close(*means.log_partition, *exact.log_partition, 1e-11, "log Z with means");
    }
}

// Tables of a long chain are made stretch by stretch. What the last stretch is the first to have may change
// which components are tabulated, which weights are 1, and which chains cannot be in a lane.
TEST(TransferMatrixBatch, ClassesThatALongChainMeetsLate) {
    auto rng = test_rng(23);
    const Index sites = 4096 + 300;
    for (int model = 0; model < 16 && !HasFailure(); ++model) {
        SCOPED_TRACE("model " + std::to_string(model));
        Draw draw{rng,
                  {sites, {-1.0, 1.0}},
                  model % 2 == 0 ? Boundary::periodic : Boundary::open,
                  std::vector<double>(static_cast<std::size_t>(sites), -1.0)};
        if (model % 6 >= 4) draw.space.letters = {-1.0, 0.5, 2.0};
        const bool forbids = model % 4 == 3;
        const double strength = model % 4 == 1 ? 2000.0 : 0.5;  // too strong for a lane
        Classes factors{draw.space, {1 + model % 3 / 2, draw.boundary}, {}},
            statistics{draw.space, {1 + model % 2, draw.boundary}, {}};
        if (model % 3 == 0) factors.spacing = statistics.spacing = 2000;
        const Index count = 4, late = count - 1;
        for (Index c = 0; c < count; ++c) {
            bool first = true;  // letter -1 everywhere stays allowed
            factors.tables.emplace_back(draw.space, factors.reach, true, [&] {
                const bool may = std::exchange(first, false) || !forbids || c < late || draw.coin(0.5);
                return may ? (c == late ? strength : 0.5) * draw.normal() : -infinity;
            });
            statistics.tables.emplace_back(draw.space, statistics.reach, true,
                                           [&] { return 0.125 * static_cast<double>(draw.integer(-9, 9)); });
        }
        std::vector<std::vector<Index>> of_site(static_cast<std::size_t>(2 + model % 3));
        std::vector<Index> which;
        for (auto& classes : of_site) {
            which.push_back(std::ssize(which));
            for (Index i = 0; i < sites; ++i)
                classes.push_back(i < 4200 || which.size() % 2 == 0 ? draw.integer(0, late - 1) : late);
        }
        const std::vector<double> weights(of_site.size(), 0.75);
        draw.width = 2;
        support::TableTarget target = draw.target(0.5, 0.0);
        const support::TableStatistic statistic = draw.statistic(1);
        const Index curved = model % 5 == 0 ? count : late;
        Index calls = 0;
        const auto of = [&](Index k) { return &of_site[static_cast<std::size_t>(k)]; };
        const auto factor = [&](Index k) { return ClassFactor{&factors, of(k), &calls}; };
        const auto own = [&](Index k) { return ClassStatistic{&statistics, of(k), curved, 3}; };
        const Batch batch(target, statistic, factor, own, which, weights);
        std::vector<NoState> states(of_site.size());
        const BatchMoments means = expect<Want::means>(TransferMatrix{}, batch, states, {}),
                           all = expect<Want::covariances>(TransferMatrix{}, batch, states, {}),
                           logs = expect<Want::log_partitions>(TransferMatrix{}, batch, states, {});
        BatchMoments exact = BatchMoments::zero(statistic.size() + 3, Want::covariances);
        for (const Index k : which) exact.add(TransferMatrix{}.expect(batch.target(k), batch.joint(k)), 0.75);
        const double tolerance = 1e-12 * static_cast<double>(sites);
        expect_close(means.mean, exact.mean, tolerance, "mean");
        expect_close(all.mean, exact.mean, tolerance, "mean with covariance");
        expect_close(all.covariance.reshaped(), exact.covariance.reshaped(), tolerance, "covariance");
        expect_close(*all.log_partition, *exact.log_partition, 1e-11, "log Z");
        expect_close(*means.log_partition, *exact.log_partition, 1e-11, "log Z with means");
        expect_close(*logs.log_partition, *exact.log_partition, 1e-11, "log Z alone");
    }
}

/// log L as a statistic of its own.
struct FactorLog {
    support::TableTarget table;
    Index size() const { return 1; }
    Window window() const { return table.window(); }
    Vector local(Index i, std::span<const double> w) const {
        return Vector::Constant(1, table.local_log_density(i, w));
    }
    Vector operator()(const std::vector<double>& X) const {
        return Vector::Constant(1, table.log_density(X));
    }
};

// What statistics are at windows that are forbidden does not matter: here they are -infinity.
TEST(TransferMatrixBatch, StatisticsMayBeInfiniteWhereWindowsAreForbidden) {
    auto rng = test_rng(10);
    for (int model = 0; model < 60 && !HasFailure(); ++model) {
        SCOPED_TRACE("model " + std::to_string(model));
        Draw draw{
            rng, {2 + model % 6, {-1.0, 1.0}}, model % 2 == 0 ? Boundary::periodic : Boundary::open, {}};
        draw.allowed.assign(static_cast<std::size_t>(draw.space.sites), 1.0);
        std::vector<support::TableTarget> factors;
        for (int k = 0; k < 10; ++k)
            factors.push_back(draw.target(1.0, k == 3 || model % 3 == 0 ? 0.2 : 0.0));
        const support::TableTarget target = draw.target(1.0, model % 4 == 0 ? 0.2 : 0.0);
        const std::vector<double> weights(10, 1.0);
        const std::vector<Index> which{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
        const Batch batch(
            target, LogDensity<support::TableTarget>(target),
            [&](Index k) { return factors[static_cast<std::size_t>(k)]; },
            [&](Index k) { return FactorLog{factors[static_cast<std::size_t>(k)]}; }, which, weights);
        std::vector<NoState> states(10);
        const BatchMoments exact = expect<Want::covariances>(Enumeration{}, batch, states, {});
        const BatchMoments all = expect<Want::covariances>(TransferMatrix{}, batch, states, {});
        const BatchMoments means = expect<Want::means>(TransferMatrix{}, batch, states, {});
        expect_close(all.mean, exact.mean, 1e-11, "mean with covariance");
        expect_close(means.mean, exact.mean, 1e-11, "mean");
        expect_close(all.covariance.reshaped(), exact.covariance.reshaped(), 1e-10, "covariance");
    }
}

// (c + x, x) with a large c: the one component does not cost the other its digits.
TEST(TransferMatrixBatch, ComponentsOfDifferentSize) {
    auto rng = test_rng(11);
    Draw draw{rng, {16, {-1.0, 1.0}}, Boundary::periodic, std::vector<double>(16, 1.0)};
    const support::TableTarget target = draw.target(1.0, 0.0);
    std::vector<support::TableTarget> factors;
    for (int k = 0; k < 9; ++k) factors.push_back(draw.target(1.0, 0.0));
    struct Shifted {
        double c;
        Index size() const { return 2; }
        Window window() const { return {}; }
        Eigen::Vector2d local(Index, std::span<const double> w) const { return {c + w[0], w[0]}; }
        Eigen::Vector2d operator()(const std::vector<double>& X) const {
            Eigen::Vector2d sum(0.0, 0.0);
            for (const double x : X) sum += Eigen::Vector2d(c + x, x);
            return sum;
        }
    };
    const std::vector<double> weights(9, 1.0);
    const std::vector<Index> which{0, 1, 2, 3, 4, 5, 6, 7, 8};
    const auto moments = [&]<Want want>(double c, Wanted<want>) {
        const Batch batch(
            target, EmptyStatistic{}, [&](Index k) { return factors[static_cast<std::size_t>(k)]; },
            [&](Index) { return Shifted{c}; }, which, weights);
        std::vector<NoState> states(9);
        return expect<want>(TransferMatrix{}, batch, states, {});
    };
    const BatchMoments plain = moments(0.0, Wanted<Want::covariances>{});
    for (const double c : {1e6, 1e10}) {
        expect_close(moments(c, Wanted<Want::means>{}).mean[1], plain.mean[1], 1e-12, "mean");
        const BatchMoments shifted = moments(c, Wanted<Want::covariances>{});
        expect_close(shifted.mean[1], plain.mean[1], 1e-12, "mean with covariance");
        expect_close(shifted.covariance(1, 1), plain.covariance(1, 1), 1e-12, "variance");
        expect_close(shifted.covariance(0, 1), plain.covariance(1, 1), 1e-15 * c, "covariance");
    }
}

TEST(TransferMatrixBatch, ClassesOutOfRangeAreRefused) {
    auto rng = test_rng(12);
    Draw draw{rng, {4, {-1.0, 1.0}}, Boundary::periodic, std::vector<double>(4, 1.0)};
    Classes factors{draw.space, {}, {}};
    for (int c = 0; c < 2; ++c)
        factors.tables.emplace_back(draw.space, Window{}, true, [&] { return draw.normal(); });
    const std::vector<Index> classes{0, 1, 2, 0};
    const support::TableTarget target = draw.target(1.0, 0.0);
    const std::vector<double> weights(2, 1.0);
    const std::vector<Index> which{0, 1};
    Index calls = 0;
    const Batch batch(
        target, EmptyStatistic{},
        [&](Index) {
            return ClassFactor{&factors, &classes, &calls};
        },
        [](Index) { return EmptyStatistic{}; }, which, weights);
    std::vector<NoState> states(2);
    const ArgumentError error = support::thrown<ArgumentError>(
        [&] { (void)expect<Want::log_partitions>(TransferMatrix{}, batch, states, {}); });
    EXPECT_NE(std::string(error.what()).find("site_class(2) is 2"), std::string::npos) << error.what();
}

TEST(TransferMatrixBatch, WhatHasNoSumIsRefused) {
    auto rng = test_rng(6);
    for (const double bad : {-infinity, infinity, std::nan("")}) {
        RandomBatch batch = random_batch(rng, 4, 1.0, {1.0});
        if (batch.which.empty()) batch.which = {0};
        support::TableTarget& factor = batch.factors[static_cast<std::size_t>(batch.which.front())];
        factor.reach.width = 1;
        factor.homogeneous = true;
        factor.table = support::WindowTable(factor.chain, factor.reach, true, [&] { return bad; });
        EXPECT_THROW(batch.means(TransferMatrix{}), NumericalError);
        EXPECT_THROW(batch.log_partition(TransferMatrix{}), NumericalError);
    }
}

TEST(TransferMatrixBatch, CommonTargetAndFactorMayForbidEverything) {
    auto rng = test_rng(8);
    Draw draw{rng, {4, {-1.0, 1.0}}, Boundary::periodic, std::vector<double>(4, 1.0)};
    RandomBatch batch{draw.target(1.0, 0.0), draw.statistic(1), {}, {}, std::vector<double>(2, 1.0), {0, 1}};
    for (int k = 0; k < 2; ++k) {
        batch.factors.push_back(draw.target(1.0, 0.0));
        batch.owns.push_back(draw.statistic(1));
    }
    const auto forbid = [](support::TableTarget& table, double letter) {
        table.reach.width = 1;
        table.table = support::WindowTable(table.chain, table.reach, table.homogeneous, [] { return 0.0; });
        for (Index i = 0; i < 4; ++i) table.table.at(i, std::vector<double>{letter}) = -infinity;
    };
    forbid(batch.target, -1.0);
    compare(batch, 1e-12);
    forbid(batch.factors[1], 1.0);
    EXPECT_THROW(batch.means(TransferMatrix{}), NumericalError);
    EXPECT_THROW(batch.log_partition(TransferMatrix{}), NumericalError);
}

TEST(LogPosteriorGradient, AgreesWithDifferencesAndExpansion) {
    auto rng = test_rng(7);
    std::normal_distribution<double> normal;
    for (const Boundary boundary : {Boundary::periodic, Boundary::open})
        for (const Index pairs : {0, 1, 2}) {
            const auto grainer = support::ising_grainer(
                {.sites = 6,
                 .linear = true,
                 .pair_range = pairs,
                 .triplets = pairs == 2 ? std::vector<ising::Triplet>{{1, 1}} : std::vector<ising::Triplet>{},
                 .field = 0.2,
                 .boundary = boundary},
                2, support::any_prior(weak_prior()));
            std::vector<support::Spins> samples(25, support::Spins(12));
            for (auto& x : samples)
                for (auto& spin : x) spin = normal(rng) < 0.4 ? 1 : -1;
            const auto data = grainer.prepare(samples, 0.3);
            const auto posterior_problem = grainer.problem(data);
            const LogPosterior posterior(posterior_problem);
            Vector z(posterior.space().size());
            for (double& x : z) x = normal(rng);
            z[z.size() - 1] = std::abs(z[z.size() - 1]) + 0.1;
            for (const double eta : {z[z.size() - 1], 300.0}) {
                z[z.size() - 1] = eta;
                SCOPED_TRACE("pairs " + std::to_string(pairs) + ", eta " + std::to_string(eta));
                const auto [value, gradient] = posterior.log_density_and_gradient(z);
                const LearningPoint expansion = posterior_problem.point(z);
                expect_close(value, expansion.value, 1e-12, "value");
                expect_close(posterior.log_density(z), expansion.value, 1e-12, "value alone");
                expect_close(gradient, expansion.gradient, 1e-10, "gradient");
                const auto slopes = differences::gradient(
                    [&](const std::vector<double>& at) {
                        return posterior.log_density(Eigen::Map<const Vector>(at.data(), z.size()));
                    },
                    std::vector<double>(z.begin(), z.end()), 0.01);
                expect_close(gradient, Vector(Eigen::Map<const Vector>(slopes.data(), z.size())), 1e-6,
                             "differences");
            }
        }
}

}  // namespace
}  // namespace transfer_matrix_batch_test
