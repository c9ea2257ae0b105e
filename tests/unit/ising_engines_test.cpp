// Transfer matrix = enumeration for what the Ising coarse-graining asks of them: p_f, p_c and q(X|x) with
// pairs, triplets and the map's fields, on rings and open chains.
#include <predcg/engines/enumeration.hpp>
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/chain.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/models/ising/observables.hpp>
#include <predcg/structure/boltzmann.hpp>
#include <predcg/structure/product.hpp>
#include <predcg/structure/statistics.hpp>

#include "close.hpp"
#include "test_seed.hpp"

#include <gtest/gtest.h>

namespace ising_engines_test {
using namespace predcg;
using support::expect_close;

namespace {

constexpr double tolerance = 1e-12;

template <class T, class S>
void expect_equal(const T& target, const S& statistic) {
    const Moments chain = TransferMatrix{}.expect(target, statistic);
    const Moments all = Enumeration{}.expect(target, statistic);
    expect_close(TransferMatrix{}.log_partition(target), Enumeration{}.log_partition(target), tolerance,
                 "log Z");
    expect_close(chain.log_partition.value(), all.log_partition.value(), tolerance, "log Z with moments");
    expect_close(chain.mean, all.mean, tolerance, "mean");
    expect_close(chain.covariance, all.covariance, tolerance, "covariance");
    const SiteMoments sites = TransferMatrix{}.site_moments(target, 2),
                      exact = Enumeration{}.site_moments(target, 2);
    expect_close(sites.mean, exact.mean, tolerance, "site means");
    expect_close(sites.second.matrix(), exact.second.matrix(), tolerance, "second site moments");
    const Index n = target.space().size();
    expect_close(TransferMatrix{}.two_point(target, 0, n / 2), Enumeration{}.two_point(target, 0, n / 2),
                 tolerance, "pair");
}

struct RandomModel {
    ising::CoarseChainSettings settings;
    Vector theta;
    double beta = 1.0;
};

/// Up to 8 coarse sites, pairs as far as they go, triplets of distances up to 3.
RandomModel random_model(std::mt19937_64& rng) {
    std::normal_distribution<double> normal;
    std::bernoulli_distribution coin(0.5);
    const auto integer = [&](Index from, Index to) {
        return std::uniform_int_distribution<Index>(from, to)(rng);
    };
    RandomModel model;
    ising::CoarseChainSettings& s = model.settings;
    s.sites = integer(1, 8);
    s.boundary = coin(rng) ? Boundary::periodic : Boundary::open;
    const bool ring = s.boundary == Boundary::periodic;
    s.linear = coin(rng);
    s.pair_range = integer(0, ring ? s.sites / 2 : s.sites - 1);
    for (Index m = 1; m <= 3; ++m)
        for (Index n = m; n <= 3; ++n)
            if (coin(rng) && coin(rng) &&
                (ring ? m % s.sites != 0 && n % s.sites != 0 && (m + n) % s.sites != 0 : m + n < s.sites))
                s.triplets.push_back({m, n});
    s.field = normal(rng);
    model.theta.resize(ising::coarse_chain(s).parameter_count());
    for (double& t : model.theta) t = normal(rng);
    model.beta = std::exp(0.5 * normal(rng));
    return model;
}

std::vector<ising::Spin> random_spins(Index count, std::mt19937_64& rng) {
    std::vector<ising::Spin> x;
    for (Index i = 0; i < count; ++i) x.push_back(rng() & 1u ? 1 : -1);
    return x;
}

TEST(IsingEngines, CoarseModelsAndLatentPosteriors) {
    auto rng = test_rng(30);
    for (int k = 0; k < 100 && !HasFailure(); ++k) {
        const RandomModel model = random_model(rng);
        const auto u = ising::coarse_chain(model.settings);
        const auto& s = model.settings;
        SCOPED_TRACE("model " + to_text(k) + ": " + to_text(s.sites) + " sites, pairs to " +
                     to_text(s.pair_range) + ", " + to_text(s.triplets.size()) + " triplets" +
                     (s.boundary == Boundary::periodic ? ", ring" : ", open"));
        const auto p_c = boltzmann(u, model.theta, model.beta);
        const EnergyGradient gradient(u, model.theta);
        expect_equal(p_c, gradient);
        const auto map = ising::bernoulli_map({.level = 2});
        const auto x = map.prepare(random_spins(2 * s.sites, rng));
        const Vector eta = Vector::Constant(1, std::normal_distribution<double>(0.0, 2.0)(rng));
        expect_equal(Product(p_c, map.likelihood(x, eta)), Stack(gradient, map.sufficient_statistic(x)));
    }
}

/// sum_i x_i.
struct Total {
    Index size() const { return 1; }
    Window window() const { return {}; }
    template <class W>
    Vector local(Index, const W& w) const {
        return Vector::Constant(1, w[0]);
    }
    template <class X>
    Vector operator()(const X& x) const {
        double sum = 0.0;
        for (const auto spin : x) sum += spin;
        return Vector::Constant(1, sum);
    }
    bool translation_invariant() const { return true; }
};

TEST(IsingEngines, FineModels) {
    auto rng = test_rng(31);
    std::normal_distribution<double> normal;
    for (int k = 0; k < 40 && !HasFailure(); ++k) {
        ising::FineChainSettings s;
        s.sites = std::uniform_int_distribution<Index>(1, 10)(rng);
        s.range = std::uniform_int_distribution<Index>(0, s.sites - 1)(rng);
        s.boundary = k % 2 ? Boundary::periodic : Boundary::open;
        s.field = normal(rng);
        s.strength = normal(rng);
        SCOPED_TRACE(to_text(s.sites) + " sites, range " + to_text(s.range) + (k % 2 ? ", ring" : ", open"));
        expect_equal(Boltzmann(ising::chain(s), 0.5), Total{});
    }
}

// The sizes that need it: 32 fine sites of range 10, 200 coarse sites, both without enumeration.
/// <x_0 x_l> of a ring without a field, t = tanh(beta J).
double correlation_of(Index n, Index l, double t) {
    const auto power = [&](Index k) { return std::pow(t, static_cast<double>(k)); };
    return (power(l) + power(n - l)) / (1.0 + power(n));
}

TEST(IsingEngines, CorrelationsOfALongRingAreItsFirstRow) {
    const Index n = 10000;
    const Boltzmann fine(ising::chain({.sites = n}), 0.6);
    const SiteMoments moments = TransferMatrix{}.site_moments(fine, 2);
    EXPECT_EQ(moments.second.period(), 1);
    const Vector R = ising::Correlation{Boundary::periodic}.from_moments(moments);
    ASSERT_EQ(R.size(), n / 2 + 1);
    for (Index l = 0; l < R.size(); ++l) ASSERT_NEAR(R[l], correlation_of(n, l, std::tanh(0.6)), 1e-12) << l;
    EXPECT_EQ(moments.second(7, 9990), moments.second(9990, 7));
}

TEST(IsingEngines, LargeModels) {
    const double beta = 0.3;
    const Boltzmann fine(ising::chain({.sites = 32, .strength = 1.5, .range = 10, .field = 0.3}), beta);
    const SiteMoments moments = TransferMatrix{}.site_moments(fine, 1);
    // dlog Z/dmu = beta sum_i <x_i>
    const auto log_z = [&](double field) {
        return TransferMatrix{}.log_partition(
            Boltzmann(ising::chain({.sites = 32, .strength = 1.5, .range = 10, .field = field}), beta));
    };
    const double h = 1e-3;
    expect_close(beta * moments.mean.sum(),
                 (8.0 * (log_z(0.3 + h) - log_z(0.3 - h)) - (log_z(0.3 + 2 * h) - log_z(0.3 - 2 * h))) /
                     (12.0 * h),
                 1e-9);
    const auto u = ising::coarse_chain({.sites = 200, .linear = true, .pair_range = 2, .field = 0.3});
    const Vector theta = (Vector(3) << 0.1, 0.8, -0.2).finished();
    const auto map = ising::bernoulli_map({.level = 2});
    auto rng = test_rng(32);
    const auto x = map.prepare(random_spins(400, rng));
    const Product posterior(boltzmann(u, theta, beta), map.likelihood(x, Vector::Constant(1, 1.5)));
    const Moments m =
        TransferMatrix{}.expect(posterior, Stack(EnergyGradient(u, theta), map.sufficient_statistic(x)));
    EXPECT_TRUE(std::isfinite(m.log_partition.value()));
    expect_close(m.mean[3] + m.mean[4], 400.0, tolerance);  // every fine site agrees or does not
    expect_close(m.covariance(3, 3), m.covariance(4, 4), tolerance);
    expect_close(m.covariance(3, 4), -m.covariance(3, 3), tolerance);
}

}  // namespace
}  // namespace ising_engines_test
