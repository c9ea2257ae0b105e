// Configurations inside arrays and structs of a host's.
#include <predcg/core/logistic.hpp>
#include <predcg/core/strided.hpp>
#include <predcg/engines/enumeration.hpp>
#include <predcg/engines/gaussian.hpp>
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/gaussian/coarse_chain.hpp>
#include <predcg/models/gaussian/linear_map.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/models/ising/observables.hpp>

#include <gtest/gtest.h>

#include "ising_by_hand.hpp"
#include "test_seed.hpp"
#include "thrown.hpp"

namespace strided_test {
using namespace predcg;
using by_hand::Spins;
using ising::Spin;
using support::thrown;

namespace {

struct Site {
    double field;
    Spin spin;
};
struct Bead {
    int kind;
    double position[3];
};

TEST(Strided, ReadsWhatIsThere) {
    const std::vector<int> a{1, 2, 3, 4, 5, 6};  // 2 x 3 by columns
    const Strided<int> row(&a[1], 3, 2 * sizeof(int)), back(&a[5], 6, -static_cast<int>(sizeof(int)));
    EXPECT_EQ(std::vector<int>(row.begin(), row.end()), (std::vector<int>{2, 4, 6}));
    EXPECT_EQ(std::vector<int>(back.begin(), back.end()), (std::vector<int>{6, 5, 4, 3, 2, 1}));
    EXPECT_EQ(Strided<int>(a)[4], 5);
    EXPECT_EQ(strided(std::vector<Site>(), &Site::spin).size(), 0u);
}

TEST(Strided, SpinsInsideStructsFitAsVectorsDo) {
    auto rng = test_rng(630);
    const std::vector<Spins> data = by_hand::markov_data(rng, 8, 30, 0.8, 0.6);
    std::vector<std::vector<Site>> sites;
    for (const Spins& x : data) {
        sites.emplace_back();
        for (const Spin s : x) sites.back().push_back({0.5, s});
    }
    std::vector<Strided<Spin>> views;
    for (const auto& x : sites) views.push_back(strided(x, &Site::spin));
    EXPECT_EQ(&views[3][2], &sites[3][2].spin);
    const EMCoarseGrainer grainer{SamplesOnly<Spins>{},
                                  ising::coarse_chain({.sites = 4, .pair_range = 1}),
                                  ising::bernoulli_map({.level = 2}),
                                  TransferMatrix{},
                                  Newton{},
                                  weak_prior()};
    const auto a = grainer.prepare(data, 0.5), b = grainer.prepare(views, 0.5);
    EXPECT_EQ(a.forms, b.forms);
    EXPECT_EQ(a.weights, b.weights);
    EXPECT_EQ(ising::Magnetization{}(views[0]), ising::Magnetization{}(data[0]));
    views.front() = Strided<Spin>(&sites[0][0].spin, 6, sizeof(Site));
    EXPECT_EQ(thrown<ArgumentError>([&] { (void)grainer.prepare(views, 0.5); }).argument(),
              "size of a datum");
}

TEST(Strided, PositionsInsideStructs) {
    std::vector<Bead> beads(4);
    Vector x(12);
    for (std::size_t i = 0; i < 4; ++i)
        for (std::size_t c = 0; c < 3; ++c)
            x[static_cast<Index>(3 * i + c)] = beads[i].position[c] = 0.5 * double(i) + double(c * c);
    const auto view = strided(beads, &Bead::position);
    EXPECT_EQ(coordinates_of(view), x);
    const EMCoarseGrainer grainer{SamplesOnly<Vector>{},
                                  gaussian::coarse_chain({.beads = 2, .dimension = 3, .second = false}),
                                  gaussian::block_map({.coarse_beads = 2, .dimension = 3}), GaussianEngine{}};
    const std::vector<Strided<double[3]>> views{view};
    const std::vector<Vector> copies{x};
    const auto a = grainer.prepare(copies, 1.0), b = grainer.prepare(views, 1.0);
    EXPECT_EQ(a.forms[0].projected, b.forms[0].projected);
    EXPECT_EQ(a.forms[0].squared, b.forms[0].squared);
}

/// Prepared data are the views themselves.
struct ViewMap {
    using fine_type = Spins;
    using coarse_type = Spins;
    Index parameter_count() const { return 0; }
    Strided<Spin> prepare(const Strided<Spin>& x) const { return x; }
    struct Likelihood {
        Strided<Spin> x;
        double log_density(const Spins& X) const {
            double sum = 0.0;
            for (std::size_t i = 0; i < X.size(); ++i) sum -= log1p_exp(-2.0 * x[i] * X[i]);
            return sum;
        }
    };
    Likelihood likelihood(const Strided<Spin>& x, const Vector&) const { return {x}; }
    Spins sample(const Spins& X, const Vector&, auto& rng) const {
        Spins x = X;
        for (Spin& spin : x)
            if (uniform(rng) > logistic(2.0)) spin = static_cast<Spin>(-spin);
        return x;
    }
};

TEST(Strided, AsThePreparedFormKeepsNoCopies) {
    auto rng = test_rng(631);
    const std::vector<Spins> data = by_hand::markov_data(rng, 6, 20, 0.8, 0.6);
    std::vector<Strided<Spin>> views(data.begin(), data.end());
    const EMCoarseGrainer grainer{SamplesOnly<Spins>{}, ising::coarse_chain({.sites = 6, .pair_range = 1}),
                                  ViewMap{}, Enumeration{}};
    const auto of_vectors = grainer.prepare(data, 0.5), of_views = grainer.prepare(views, 0.5);
    EXPECT_EQ(&of_vectors.forms[4][1], &data[4][1]);
    EXPECT_EQ(&of_views.forms[4][1], &data[4][1]);
    EXPECT_EQ(grainer.fit_prepared(of_views).log_likelihood, grainer.fit_prepared(of_vectors).log_likelihood);
    EXPECT_EQ(grainer.prepare(std::vector<Strided<Spin>>(views), 0.5).forms.size(), 20u);
}

/// Spins as bits, for which the map has an overload.
struct Bits {
    unsigned bits;
};
struct BitMap : ViewMap {
    Spins prepare(const Spins& x) const { return x; }
    Spins prepare(const Bits& x) const {
        Spins spins;
        for (int i = 0; i < 6; ++i) spins.push_back((x.bits >> i & 1u) != 0 ? Spin{1} : Spin{-1});
        return spins;
    }
    Likelihood likelihood(const Spins& x, const Vector&) const { return {x}; }
};

TEST(Data, OfATypeThatAnOverloadPrepares) {
    const EMCoarseGrainer grainer{SamplesOnly<Spins>{}, ising::coarse_chain({.sites = 6, .pair_range = 1}),
                                  BitMap{}, Enumeration{}};
    const std::vector<Bits> bits{{5u}, {63u}};
    const auto prepared = grainer.prepare(bits, 1.0);
    EXPECT_EQ(prepared.forms[0], (Spins{1, -1, 1, -1, -1, -1}));
    EXPECT_EQ(prepared.forms[1], Spins(6, 1));
}

/// Draws of 7 sites one time in fifteen, else of 6.
struct SeldomLonger : ViewMap {
    Spins sample(const Spins& X, const Vector& eta, auto& rng) const {
        Spins x = ViewMap::sample(X, eta, rng);
        if (uniform(rng) < 1.0 / 15.0) x.push_back(1);
        return x;
    }
};

TEST(Data, OfASizeThatTheMapSeldomDraws) {
    const EMCoarseGrainer grainer{SamplesOnly<Spins>{}, ising::coarse_chain({.sites = 6, .pair_range = 1}),
                                  SeldomLonger{}, Enumeration{}};
    const std::vector<Spins> data{Spins(7, 1), Spins(6, -1)};
    EXPECT_EQ(grainer.prepare(data, 1.0).forms.size(), 2u);
}

}  // namespace
}  // namespace strided_test
