// Transfer matrix: long chains against closed forms, costs, and what it refuses.
#include <predcg/engines/transfer_matrix.hpp>

#include "close.hpp"
#include "random_chain.hpp"
#include "test_seed.hpp"
#include "thrown.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace transfer_matrix_limits_test {
using namespace predcg;
using support::expect_close;
using support::thrown;

namespace {

using Weight = std::function<double(Index, std::span<const double>)>;

/// A chain of numbers with any window weight; counts how often the weight is asked for.
struct Chain {
    support::NumberSpace numbers;
    Window reach;
    Weight weight;
    bool homogeneous = true;
    Index* calls = nullptr;

    const support::NumberSpace& space() const { return numbers; }
    Window window() const { return reach; }
    bool translation_invariant() const { return homogeneous; }
    double local_log_density(Index i, std::span<const double> w) const {
        if (calls != nullptr) ++*calls;
        return weight(i, w);
    }
    double log_density(const std::vector<double>&) const { return 0.0; }  // not used by this engine
};

const std::vector<double> spins{-1.0, 1.0};

/// log weight K x_i x_{i+1} + h x_i.
Chain ising(Index sites, double K, double h, Boundary boundary, bool homogeneous = true) {
    return {{sites, spins},
            {2, boundary},
            [=](Index, auto w) { return h * w[0] + (w.size() > 1 ? K * w[0] * w[1] : 0.0); },
            homogeneous};
}

/// sum_i x_i x_{i+1} and sum_i x_i.
struct BondsAndSites {
    Boundary boundary;
    Index size() const { return 2; }
    Window window() const { return {2, boundary}; }
    Eigen::Vector2d local(Index, std::span<const double> w) const {
        return {w.size() > 1 ? w[0] * w[1] : 0.0, w[0]};
    }
    bool translation_invariant() const { return true; }
};

struct Eigenvalues {
    double large, small;
};
Eigenvalues eigenvalues(double K, double h) {
    const double centre = std::exp(K) * std::cosh(h);
    const double half = std::sqrt(std::exp(2 * K) * std::pow(std::sinh(h), 2) + std::exp(-2 * K));
    return {centre + half, centre - half};
}

// Z = a^n + b^n with the eigenvalues a > b of the 2x2 matrix exp(K s t + h (s + t) / 2).
TEST(LongChains, IsingRing) {
    for (const double K : {0.4, -0.7})
        for (const double h : {0.0, 0.2, -1.5})
            for (const bool homogeneous : {true, false}) {
                const Index n = 1000;
                const auto [a, b] = eigenvalues(K, h);
                const double log_z = static_cast<double>(n) * std::log(a) +
                                     std::log1p(std::pow(b / a, static_cast<double>(n)));
                const auto chain = ising(n, K, h, Boundary::periodic, homogeneous);
                expect_close(TransferMatrix{}.log_partition(chain), log_z, 1e-13);
                // m = sinh h / sqrt(sinh^2 h + exp(-4K)), but for terms of order (b/a)^1000 < 1e-100.
                const double sinh = std::sinh(h);
                const double m = sinh / std::sqrt(sinh * sinh + std::exp(-4 * K));
                const SiteMoments moments = TransferMatrix{}.site_moments(chain, 2);
                for (const Index i : {Index{0}, n / 3, n - 1}) expect_close(moments.mean[i], m, 1e-12);
                // <x_0 x_l> = m^2 + (1 - m^2) (b/a)^l
                for (const Index l : {Index{0}, Index{1}, Index{2}, Index{7}, n - 1})
                    expect_close(moments.second(5, (5 + l) % n),
                                 m * m +
                                     (1 - m * m) * std::pow(b / a, static_cast<double>(std::min(l, n - l))),
                                 1e-12, "lag " + std::to_string(l));
            }
}

// At h = 0: Z = (2 cosh K)^n (1 + t^n), t = tanh K; moments of the bonds by differentiating log Z.
TEST(LongChains, MomentsOfTheIsingRingWithoutField) {
    for (const Index n : {20, 400}) {
        const double K = 0.8, t = std::tanh(K), N = static_cast<double>(n), c2 = 1.0 - t * t;
        const double power = std::pow(t, N), share = power / (1.0 + power);
        const auto chain = ising(n, K, 0.0, Boundary::periodic);
        const Moments m = TransferMatrix{}.expect(chain, BondsAndSites{Boundary::periodic});
        expect_close(m.log_partition.value(), N * std::log(2.0 * std::cosh(K)) + std::log1p(power), 1e-13);
        expect_close(m.mean[0], N * t + N * share * c2 / t, 1e-12, "bonds");
        expect_close(m.mean[1], 0.0, 1e-10, "sites");
        const double bonds = N * c2 + N * share * (1.0 - share) * N * c2 * c2 / (t * t) +
                             N * share * (-2.0 * c2 - c2 * c2 / (t * t));
        expect_close(m.covariance(0, 0), bonds, 1e-11, "variance of bonds");
        // sum of the correlations (t^l + t^{n-l}) / (1 + t^n)
        double sites = 0.0;
        for (Index l = 0; l < n; ++l)
            sites += N * (std::pow(t, static_cast<double>(l)) + std::pow(t, static_cast<double>(n - l))) /
                     (1.0 + power);
        expect_close(m.covariance(1, 1), sites, 1e-11, "variance of sites");
        expect_close(m.covariance(0, 1), 0.0, 1e-9, "covariance");
    }
}

TEST(LongChains, OpenIsingChain) {
    const Index n = 1000;
    const double K = 0.6, t = std::tanh(K);
    for (const bool homogeneous : {true, false}) {
        const auto chain = ising(n, K, 0.0, Boundary::open, homogeneous);
        expect_close(TransferMatrix{}.log_partition(chain),
                     std::log(2.0) + static_cast<double>(n - 1) * std::log(2.0 * std::cosh(K)), 1e-13);
        const SiteMoments moments = TransferMatrix{}.site_moments(chain, 2);
        for (const Index i : {Index{0}, n / 2, n - 2})
            for (const Index l : {Index{0}, Index{1}, Index{9}})
                if (i + l < n) {
                    expect_close(moments.second(i, i + l), std::pow(t, static_cast<double>(l)), 1e-12);
                    expect_close(moments.second(i + l, i), moments.second(i, i + l), 0.0);
                }
    }
}

// q letters, log weight K where neighbours are equal: Z = (e^K + q - 1)^n + (q - 1) (e^K - 1)^n.
TEST(LongChains, PottsRing) {
    const Index n = 500;
    for (const double q : {2.0, 3.0, 5.0}) {
        std::vector<double> letters;
        for (double a = 0; a < q; ++a) letters.push_back(a);
        const double K = 1.3, a = std::exp(K) + q - 1.0, b = std::exp(K) - 1.0;
        const Chain chain{
            {n, letters}, {2, Boundary::periodic}, [=](Index, auto w) { return w[0] == w[1] ? K : 0.0; }};
        expect_close(TransferMatrix{}.log_partition(chain),
                     static_cast<double>(n) * std::log(a) +
                         std::log1p((q - 1.0) * std::pow(b / a, static_cast<double>(n))),
                     1e-13);
        const Matrix pair = TransferMatrix{}.two_point(chain, 3, 10);
        const double same = (1.0 + (q - 1.0) * std::pow(b / a, 7.0)) / (q * q);
        for (Index i = 0; i < pair.rows(); ++i)
            for (Index j = 0; j < pair.cols(); ++j)
                expect_close(pair(i, j), i == j ? same : (1.0 / q - same) / (q - 1.0), 1e-13);
    }
}

TEST(LargeWeights, DoNotOverflow) {
    const double huge = 1e5;
    const auto chain = ising(40, huge, 3.0, Boundary::periodic);  // two ground states, all up and all down
    expect_close(TransferMatrix{}.log_partition(chain), 40 * (huge + 3.0) + std::log1p(std::exp(-240.0)),
                 1e-15);
    expect_close(TransferMatrix{}.site_moments(chain, 1).mean, Vector::Constant(40, std::tanh(120.0)), 1e-12);
}

TEST(Costs, TooWideAWindowIsRefusedBeforeAnyWork) {
    Index calls = 0;
    // 2^41 windows: their table alone would take 16 terabytes.
    const Chain chain{{50, spins}, {41, Boundary::open}, [](Index, auto) { return 0.0; }, true, &calls};
    const auto refused = [&](auto&& call) {
        const CostError e = thrown<CostError>(call);
        EXPECT_EQ(calls, 0);
        EXPECT_GT(e.cost(), e.limit());
        const std::string text = e.what();
        EXPECT_NE(text.find("estimated cost " + to_text(e.cost())), std::string::npos) << text;
        EXPECT_NE(text.find("limit " + to_text(e.limit())), std::string::npos) << text;
        EXPECT_NE(text.find("TransferMatrix::"), std::string::npos) << text;
    };
    refused([&] { TransferMatrix{}.log_partition(chain); });
    refused([&] { TransferMatrix{}.expect(chain, BondsAndSites{Boundary::open}); });
    refused([&] { TransferMatrix{}.window_marginals(chain); });
    refused([&] { TransferMatrix{}.two_point(chain, 0, 1); });
    refused([&] { TransferMatrix{}.site_moments(chain, 1); });
    refused([&] { TransferMatrix{}.sampler(chain); });
    Chain longest = chain;  // 2^2000 is no double
    longest.numbers.sites = 3000;
    longest.reach.width = 2000;
    refused([&] { TransferMatrix{}.log_partition(longest); });
    Chain ring = chain;  // fits in memory, but 2^19 starts
    ring.reach = {20, Boundary::periodic};
    refused([&] { TransferMatrix{}.log_partition(ring); });
}

TEST(Costs, LimitsAreTheUsers) {
    const auto ring = ising(100, 0.3, 0.1, Boundary::periodic);
    const TransferMatrix strict{.cost_limit = 700.0}, exact_limit{.cost_limit = 800.0};
    EXPECT_NO_THROW(exact_limit.log_partition(ring));  // 4 windows, 100 sites, 2 starts
    const CostError e = thrown<CostError>([&] { strict.log_partition(ring); });
    EXPECT_EQ(e.cost(), 800.0);
    EXPECT_EQ(e.limit(), 700.0);
    EXPECT_NO_THROW(strict.log_partition(ising(100, 0.3, 0.1, Boundary::open)));  // one start
    const CostError memory =
        thrown<CostError>([&] { TransferMatrix{.memory_limit = 100.0}.log_partition(ring); });
    EXPECT_EQ(memory.limit(), 100.0);
    EXPECT_NE(std::string(memory.what()).find("bytes"), std::string::npos);
    EXPECT_THROW((TransferMatrix{.cost_limit = std::nan("")}.log_partition(ring)), CostError);
}

TEST(Refuses, WindowsThatDoNotFit) {
    const auto ring_of_two = ising(2, 0.3, 0.1, Boundary::periodic);
    EXPECT_NO_THROW(TransferMatrix{}.log_partition(ring_of_two));
    const ArgumentError e =
        thrown<ArgumentError>([] { TransferMatrix{}.log_partition(ising(1, 0.3, 0.1, Boundary::periodic)); });
    EXPECT_STREQ(e.what(), "predcg::TransferMatrix::log_partition: window width is 2; allowed: 1, the number "
                           "of sites");
    auto none = ring_of_two;
    none.reach.width = 0;
    EXPECT_THROW(TransferMatrix{}.log_partition(none), ArgumentError);
    EXPECT_NO_THROW(TransferMatrix{}.log_partition(ising(1, 0.3, 0.1, Boundary::open)));
    EXPECT_THROW(TransferMatrix{}.expect(ring_of_two, BondsAndSites{Boundary::open}), ArgumentError);
}

TEST(Refuses, SitesOutside) {
    const auto chain = ising(5, 0.3, 0.1, Boundary::periodic);
    for (const Index bad : {-1, 5}) {
        EXPECT_EQ(thrown<ArgumentError>([&] { TransferMatrix{}.two_point(chain, bad, 0); }).value(),
                  to_text(bad));
        EXPECT_THROW(TransferMatrix{}.two_point(chain, 0, bad), ArgumentError);
    }
}

TEST(Refuses, WeightsThatAreNoWeights) {
    const double infinity = std::numeric_limits<double>::infinity();
    for (const double bad : {std::nan(""), infinity})
        for (const Boundary boundary : {Boundary::periodic, Boundary::open}) {
            auto chain = ising(6, 0.3, 0.1, boundary, false);
            chain.weight = [=](Index i, auto w) { return i == 4 && w[0] > 0.0 ? bad : 0.0; };
            const auto e = thrown<NumericalError>([&] { TransferMatrix{}.log_partition(chain); });
            EXPECT_NE(std::string(e.what()).find(to_text(bad)), std::string::npos) << e.what();
        }
    auto forbidden = ising(6, 0.3, 0.1, Boundary::periodic, false);
    forbidden.weight = [=](Index i, auto) { return i == 4 ? -infinity : 0.0; };
    EXPECT_THROW(TransferMatrix{}.log_partition(forbidden), NumericalError);
    // Neighbours must differ: possible on a ring of six, not on one of five, though every window is.
    for (const Index sites : {6, 5}) {
        auto colours = ising(sites, 0.0, 0.0, Boundary::periodic);
        colours.weight = [=](Index, auto w) { return w[0] == w[1] ? -infinity : 0.0; };
        const TransferMatrix engine;
        if (sites == 6) {
            expect_close(engine.log_partition(colours), std::log(2.0), 1e-15);
            continue;
        }
        EXPECT_THROW(engine.log_partition(colours), NumericalError);
        EXPECT_THROW(engine.expect(colours, BondsAndSites{Boundary::periodic}), NumericalError);
        EXPECT_THROW(engine.window_marginals(colours), NumericalError);
        EXPECT_THROW(engine.site_moments(colours, 1), NumericalError);
        EXPECT_THROW(engine.sampler(colours), NumericalError);
    }
}

/// No components.
struct Nothing {
    Index size() const { return 0; }
    Window window() const { return {}; }
    Vector local(Index, std::span<const double>) const { return Vector(0); }
};

TEST(TransferMatrix, StatisticWithoutComponents) {
    const auto chain = ising(5, 0.3, 0.1, Boundary::periodic);
    const Moments m = TransferMatrix{}.expect(chain, Nothing{});
    EXPECT_EQ(m.mean.size(), 0);
    EXPECT_EQ(m.covariance.size(), 0);
    expect_close(m.log_partition.value(), TransferMatrix{}.log_partition(chain), 1e-15);
}

}  // namespace
}  // namespace transfer_matrix_limits_test
