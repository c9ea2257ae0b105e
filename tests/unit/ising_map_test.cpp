// The Bernoulli map and the observables against their formulas, written out again.
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/observables.hpp>
#include <predcg/testing/check_map.hpp>

#include "close.hpp"
#include "ising_by_hand.hpp"
#include "test_seed.hpp"
#include "thrown.hpp"

#include <gtest/gtest.h>

namespace ising_map_test {
using namespace predcg;
using ising::Spin;
using support::expect_close;
using support::thrown;
using Spins = std::vector<Spin>;

static_assert(StatisticMap<ising::BernoulliMap<>>);
static_assert(std::totally_ordered<prepared_t<ising::BernoulliMap<>>>);  // equal data are computed once

namespace {

Spins random_spins(std::size_t count, std::mt19937_64& rng) {
    std::bernoulli_distribution coin(0.5);
    Spins x;
    while (x.size() < count) x.push_back(coin(rng) ? 1 : -1);
    return x;
}

Vector eta_of(double eta) { return Vector::Constant(1, eta); }

struct Case {
    Index level, sites;
    double eta;
};
const std::vector<Case> cases{{1, 5, 0.4}, {2, 4, 2.5}, {3, 3, -1.2}, {4, 1, 0.0}};

TEST(BernoulliMap, IsTheProductOverFineSites) {
    auto rng = test_rng(20);
    for (const auto& [level, sites, eta] : cases)
        for (int repeat = 0; repeat < 20; ++repeat) {
            const auto map = ising::bernoulli_map({.level = level});
            const Spins X = random_spins(static_cast<std::size_t>(sites), rng),
                        x = random_spins(static_cast<std::size_t>(level * sites), rng);
            const auto prepared = map.prepare(x);
            EXPECT_EQ(map.coarse_size(prepared), sites);
            expect_close(map.likelihood(prepared, eta_of(eta)).log_density(X),
                         static_cast<double>(by_hand::log_map(x, X, eta)), 1e-14);
            const Eigen::Vector2d T = map.sufficient_statistic(prepared)(X);
            double agree = 0.0;
            for (std::size_t i = 0; i < x.size(); ++i)
                agree += x[i] == X[i / static_cast<std::size_t>(level)];
            EXPECT_EQ(T[0], agree);
            EXPECT_EQ(T[1], static_cast<double>(x.size()) - agree);
        }
}

TEST(BernoulliMap, AgreesWithItself) {
    for (const auto& [level, sites, eta] : cases)
        EXPECT_EQ(check_map(ising::bernoulli_map({.level = level}), ising::spin_space(sites), eta_of(eta),
                            ising::spin_space(level * sites), test_seed()),
                  Findings{})
            << "level " << level;
    EXPECT_EQ(check_map(ising::bernoulli_map<6, 3>(), ising::spin_space<3>(3), eta_of(0.7),
                        ising::spin_space<6>(6), test_seed()),
              Findings{});
}

/// The Bernoulli map whose parts say that fewer sites differ than do.
struct FewerClasses : ising::BernoulliMap<> {
    using Base = ising::BernoulliMap<>;
    explicit FewerClasses(Index which) : Base({.level = 2}), likelihood_at(which), statistic_at(1 - which) {}
    Index likelihood_at, statistic_at;  // 0: classes as they are

    struct Likelihood : Base::Likelihood {
        Index times;
        Index site_class(Index i) const { return times * Base::Likelihood::site_class(i); }
    };
    struct Agreement : Base::Agreement {
        Index times;
        Index site_class(Index i) const { return times * Base::Agreement::site_class(i); }
    };
    Likelihood likelihood(const ising::BlockSums& blocks, const Vector& eta) const {
        return {Base::likelihood(blocks, eta), 1 - likelihood_at};
    }
    Agreement sufficient_statistic(const ising::BlockSums& blocks) const {
        return {Base::sufficient_statistic(blocks), 1 - statistic_at};
    }
};

TEST(BernoulliMap, WrongClassesAreFound) {
    for (const Index which : {0, 1}) {
        const Findings findings = check_map(FewerClasses(which), ising::spin_space(5), eta_of(0.7),
                                            ising::spin_space(10), test_seed());
        ASSERT_FALSE(findings.empty());
        const std::string expected = which == 1 ? "likelihood(x, eta).local_log_density(i, w) at a site"
                                                : "sufficient_statistic(x).local(i, w) at a site";
        for (const std::string& finding : findings)
            EXPECT_NE(finding.find(expected), std::string::npos) << finding;
    }
}

TEST(BernoulliMap, PreparesAnyContainerOfSpins) {
    const auto map = ising::bernoulli_map({.level = 3});
    const ising::BlockSums expected{{3, -1}, 3};
    EXPECT_EQ(map.prepare(Spins{1, 1, 1, -1, 1, -1}), expected);
    EXPECT_EQ(map.prepare(std::vector<double>{1, 1, 1, -1, 1, -1}), expected);
    EXPECT_EQ(map.prepare(std::array<int, 6>{1, 1, 1, -1, 1, -1}), expected);
    EXPECT_EQ(map.prepare(Spins{1, 1, 1, 1, -1, -1}), expected);  // the order in a block does not matter
}

TEST(BernoulliMap, NamesAndCoordinates) {
    const auto map = ising::bernoulli_map();
    EXPECT_EQ(map.level(), 2);
    EXPECT_EQ(map.parameter_names(), std::vector<std::string>{"logit_theta_cf"});
    expect_close(map.theta_cf(eta_of(std::log(4.0))), 0.8, 1e-15);
}

TEST(BernoulliMap, ClosedFormMaximiser) {
    const auto map = ising::bernoulli_map();
    const Vector T = (Vector(2) << 30.0, 10.0).finished();
    const auto theta = [&](const auto& prior) { return map.theta_cf(map.maximiser(T, 10.0, prior).value()); };
    expect_close(theta(Flat{}), 0.75, 1e-15);
    // (S + a) / (N n_f + a + b)
    expect_close(theta(LogitBeta{3.0, 7.0}), 33.0 / 50.0, 1e-15);
    EXPECT_FALSE(map.maximiser(T, 10.0, Normal{}).has_value());
    EXPECT_FALSE(
        map.maximiser((Vector(2) << 40.0, 0.0).finished(), 10.0, Flat{}).has_value());  // at infinity
    EXPECT_FALSE(map.maximiser((Vector(2) << 0.0, 40.0).finished(), 10.0, Flat{}).has_value());
}

TEST(BernoulliMap, ExtremeParametersDoNotOverflow) {
    const auto map = ising::bernoulli_map();
    const auto prepared = map.prepare(Spins{1, 1, 1, -1});
    // One spin of four disagrees with X = (+, +): log p = -1000 to the last bit.
    expect_close(map.likelihood(prepared, eta_of(1000.0)).log_density(Spins{1, 1}), -1000.0, 1e-15);
    const Expansion e = map.expected_log_density((Vector(2) << 3.0, 1.0).finished(), 1.0, eta_of(1000.0));
    expect_close(e.value, -1000.0, 1e-15);
    expect_close(e.gradient[0], -1.0, 1e-15);
    EXPECT_EQ(e.hessian(0, 0), 0.0);
}

TEST(BernoulliMap, Refuses) {
    for (const Index bad : {0, -2, 32768})
        EXPECT_EQ(std::string(thrown<ArgumentError>([&] { ising::bernoulli_map({.level = bad}); }).what()),
                  "predcg::ising::bernoulli_map: level is " + to_text(bad) +
                      "; allowed: an integer from 1 to 32767");
    EXPECT_THROW((void)ising::block_sums(Spins(40000, 1), 40000, "test"), ArgumentError);
    EXPECT_EQ(ising::block_sums(Spins(32767, 1), 32767, "test").sums[0], 32767);
    const auto map = ising::bernoulli_map({.level = 3});
    const auto text = [&](const auto& x) {
        return std::string(thrown<ArgumentError>([&] { map.prepare(x); }).what());
    };
    const std::string prepare = "predcg::ising::BernoulliMap::prepare: ";
    for (const std::size_t size : {0u, 1u, 4u})
        EXPECT_EQ(text(Spins(size, 1)), prepare + "number of fine sites is " + to_text(size) +
                                            "; allowed: a positive multiple of the level 3");
    EXPECT_EQ(text(Spins{1, 0, 1}), prepare + "spin at site 1 is 0; allowed: -1 or +1");
    EXPECT_EQ(text(std::vector<double>{1, 1, std::nan("")}),
              prepare + "spin at site 2 is nan; allowed: -1 or +1");
    EXPECT_EQ(text(std::vector<double>{0.5, 1, 1}), prepare + "spin at site 0 is 0.5; allowed: -1 or +1");
}

/// Moments of the fine configuration for given coarse ones, by summing over all fine configurations.
TEST(BernoulliMap, FineMomentsAreThoseOfTheFineConfigurations) {
    const auto map = ising::bernoulli_map({.level = 2});
    const double eta = 0.9;
    const std::vector<std::pair<Spins, double>> coarse{
        {{1, 1, -1}, 0.2}, {{1, -1, -1}, 0.5}, {{-1, -1, -1}, 0.3}};  // X with its probability
    Vector given = Vector::Zero(3), expected = Vector::Zero(6);
    Matrix given_second = Matrix::Zero(3, 3), expected_second = Matrix::Zero(6, 6);
    for (const auto& [X, p] : coarse) {
        const Vector v = Eigen::Map<const Eigen::Matrix<Spin, -1, 1>>(X.data(), 3).cast<double>();
        given += p * v;
        given_second += p * v * v.transpose();
        for (unsigned bits = 0; bits < 64; ++bits) {
            Spins x;
            Vector w(6);
            for (Index i = 0; i < 6; ++i) {
                x.push_back(bits >> i & 1u ? 1 : -1);
                w[i] = x.back();
            }
            const double joint = p * static_cast<double>(std::exp(by_hand::log_map(x, X, eta)));
            expected += joint * w;
            expected_second += joint * w * w.transpose();
        }
    }
    const SiteMoments fine = map.fine_moments({given, given_second}, eta_of(eta));
    expect_close(fine.mean, expected, 1e-14);
    expect_close(fine.second.matrix(), expected_second, 1e-14);
    EXPECT_EQ(map.fine_moments({given, Matrix()}, eta_of(eta)).second.size(), 0);
}

TEST(BernoulliMap, FineMomentsOfARingNeedItsFirstRow) {
    const SiteMoments row{Vector::Constant(5, 0.2), Matrix{{1.0, 0.4, 0.1, 0.1, 0.4}}};
    const SiteMoments whole{row.mean, row.second.matrix()};
    EXPECT_EQ(whole.second(3, 1), 0.1);
    EXPECT_EQ(whole.second(1, 2), 0.4);
    const auto map = ising::bernoulli_map({.level = 3});
    const SiteMoments fine = map.fine_moments(row, eta_of(0.9)), all = map.fine_moments(whole, eta_of(0.9));
    EXPECT_EQ(fine.second.period(), 3);
    EXPECT_EQ(all.second.period(), 15);
    expect_close(fine.second.matrix(), all.second.matrix(), 0.0);
    const ising::Correlation correlation{Boundary::periodic};
    expect_close(correlation.from_moments(fine), correlation.from_moments(all), 1e-14);
}

static_assert(Observable<ising::Magnetization, Spins> && MomentObservable<ising::Magnetization>);
static_assert(Observable<ising::Correlation, Spins> && MomentObservable<ising::Correlation>);

TEST(Observables, AreTheirFormulas) {
    auto rng = test_rng(21);
    for (const std::size_t n : {1u, 2u, 5u, 8u})
        for (const Boundary boundary : {Boundary::periodic, Boundary::open}) {
            const Spins x = random_spins(n, rng);
            const double N = static_cast<double>(n);
            double m = 0.0;
            for (const Spin spin : x) m += spin / N;
            expect_close(ising::Magnetization{}(x), m, 1e-15);
            Vector R = Vector::Zero(static_cast<Index>(n / 2 + 1));
            for (std::size_t l = 0; l <= n / 2; ++l)
                for (std::size_t i = 0; i < n; ++i)
                    if (boundary == Boundary::periodic || i + l < n)
                        R[static_cast<Index>(l)] += x[i] * x[(i + l) % n] / N;
            const ising::Correlation correlation{boundary};
            expect_close(correlation(x), R, 1e-14);
            // The moments of a single configuration are its values.
            const Vector v =
                Eigen::Map<const Eigen::Matrix<Spin, -1, 1>>(x.data(), static_cast<Index>(n)).cast<double>();
            const SiteMoments moments{v, v * v.transpose()};
            EXPECT_EQ(ising::Magnetization{}.order(), 1);
            EXPECT_EQ(correlation.order(), 2);
            expect_close(ising::Magnetization{}.from_moments(moments), m, 1e-15);
            expect_close(correlation.from_moments(moments), R, 1e-14);
        }
}

}  // namespace
}  // namespace ising_map_test
