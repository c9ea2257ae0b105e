// Sampling on graphs and lattices: conditional probabilities, and moments against Enumeration.
#include <predcg/engines/enumeration.hpp>
#include <predcg/engines/monte_carlo.hpp>
#include <predcg/structure/graph_potential.hpp>
#include <predcg/structure/statistics.hpp>
#include <predcg/testing/check_potential.hpp>

#include "close.hpp"
#include "random_chain.hpp"
#include "test_seed.hpp"
#include "z_score.hpp"

#include <gtest/gtest.h>

#include <random>

namespace replicas_graph_test {
using namespace predcg;

namespace {

using Letters = std::vector<double>;

/// log pi(X) = sum over pairs of neighbours of c_ij table(X_i, X_j), table symmetric.
struct Bonds {
    support::NumberSpace letters;
    NeighbourList list;
    std::vector<std::vector<double>> couplings;  // of site i and its k-th neighbour
    bool invariant;
    double second;  // of products of squares

    const support::NumberSpace& space() const { return letters; }
    const NeighbourList& neighbours() const { return list; }
    bool translation_invariant() const { return invariant; }
    double pair(double a, double b) const { return a * b + second * a * a * b * b; }
    double around(const Letters& X, Index i, double here, bool once) const {
        double sum = 0.0;
        for (std::size_t k = 0; k < list[i].size(); ++k)
            if (const Index j = list[i][k]; !once || j < i)
                sum += couplings[static_cast<std::size_t>(i)][k] * pair(here, X[static_cast<std::size_t>(j)]);
        return sum;
    }
    double log_density(const Letters& X) const {
        double sum = 0.0;
        for (Index i = 0; i < std::ssize(X); ++i) sum += around(X, i, X[static_cast<std::size_t>(i)], true);
        return sum;
    }
    double log_density_difference(const Letters& X, Index i, double v) const {
        return around(X, i, v, false) - around(X, i, X[static_cast<std::size_t>(i)], false);
    }
};

/// A field of each site.
struct Fields {
    const std::vector<double>* fields;
    Window window() const { return {}; }
    double local_log_density(Index i, std::span<const double> w) const {
        return (*fields)[static_cast<std::size_t>(i)] * w[0];
    }
    double log_density(const Letters& X) const {
        double sum = 0.0;
        for (std::size_t i = 0; i < X.size(); ++i) sum += (*fields)[i] * X[i];
        return sum;
    }
};
/// The same where sites 0, 3, 6, ... have one field and the others another.
struct ClassFields : Fields {
    Index site_class(Index i) const { return i % 3 == 0 ? 0 : 1; }
    Index class_count() const { return 2; }
};

struct Sums {
    const Bonds* bonds;
    Index size() const { return 2; }
    Vector operator()(const Letters& X) const {
        return Vector{{std::accumulate(X.begin(), X.end(), 0.0), bonds->log_density(X)}};
    }
};
struct FirstSites {
    Index size() const { return 1; }
    Vector operator()(const Letters& X) const { return Vector{{X[0] * X[1] + X[2]}}; }
};

/// uniform: all couplings the same.
Bonds bonds(std::mt19937_64& rng, const NeighbourList& list, std::size_t letters, bool uniform) {
    std::normal_distribution<double> normal;
    Bonds made{{list.size(), letters == 2 ? Letters{-1.0, 1.0} : Letters{-1.0, 0.5, 2.0}},
               list,
               {},
               uniform,
               letters == 2 ? 0.0 : -0.3};
    for (Index i = 0; i < list.size(); ++i) {
        auto& row = made.couplings.emplace_back();
        for (const Index j : list[i]) {
            double coupling = uniform ? 0.25 : 0.3 * normal(rng);
            if (j < i) {
                const auto back = list[j];
                coupling = made.couplings[static_cast<std::size_t>(j)][static_cast<std::size_t>(
                    std::find(back.begin(), back.end(), i) - back.begin())];
            }
            row.push_back(coupling);
        }
    }
    return made;
}

NeighbourList irregular() {
    const std::vector<std::pair<Index, Index>> list{{0, 1}, {0, 2}, {0, 3}, {0, 4}, {1, 2}, {3, 4}, {4, 5}};
    return NeighbourList::of_bonds(7, list);  // site 6 is alone
}

template <class Factor>
void expect_moments(const Bonds& target, const Factor& factor, bool side_by_side) {
    const std::vector<Index> which{0};
    const std::vector<double> weights{1.0};
    const Batch batch(
        target, Sums{&target}, [&](Index) { return factor; }, [](Index) { return FirstSites{}; }, which,
        weights);
    std::vector<NoState> none(1);
    const BatchMoments exact = expect<Want::covariances>(Enumeration{}, batch, none, {});
    const auto run = [&]<class Kernel>(const Kernel& kernel, Index chains) {
        constexpr int runs = 40;
        const MonteCarlo engine(kernel,
                                {.samples = 8 * chains, .chains = chains, .warm_up = 60, .thinning = 2});
        std::vector<BatchMoments> all;
        for (std::uint32_t r = 0; r < runs; ++r) {
            std::vector<typename MonteCarlo<Kernel>::template State<Product<Bonds, Factor>>> states(1);
            all.push_back(
                expect<Want::covariances>(engine, batch, states, {test_seed(), Purpose::check, 0, r}));
            EXPECT_EQ(states[0].chains.empty(), side_by_side && chains >= 16);
        }
        const auto compare = [&](auto&& number, double truth, const std::string& what) {
            double mean = 0.0, square = 0.0;
            for (const BatchMoments& m : all) mean += number(m) / runs;
            for (const BatchMoments& m : all) square += std::pow(number(m) - mean, 2) / (runs - 1);
            EXPECT_LT(std::abs(mean - truth), 1.2 * z_limit * std::sqrt(square / runs) + 1e-12) << what;
        };
        for (Index k = 0; k < 3; ++k) {
            compare([&](const BatchMoments& m) { return m.mean[k]; }, exact.mean[k], "mean");
            if (chains == 1) continue;  // too few samples
            for (Index l = 0; l <= k; ++l)
                compare([&](const BatchMoments& m) { return m.covariance(k, l); }, exact.covariance(k, l),
                        "covariance");
        }
    };
    run(HeatBath{}, 40);
    run(HeatBath{SweepOrder::checkerboard}, 33);
    run(Metropolis{}, 40);
    run(HeatBath{SweepOrder::checkerboard}, 1);
    run(Metropolis{}, 1);
}

struct Case {
    const char* name;
    NeighbourList list;
    std::size_t letters;
    bool uniform;
    bool side_by_side = true;
};
std::vector<Case> cases() {
    return {{"square", lattice_neighbours<2>({4, 4}), 2, true},
            {"square, any couplings", lattice_neighbours<2>({3, 4}), 2, false},
            {"open square", lattice_neighbours<2>({3, 4}, Boundary::open), 2, true},
            {"cube", lattice_neighbours<3>({3, 3, 2}), 2, true},
            {"irregular", irregular(), 2, false},
            {"irregular, alike", irregular(), 2, true},
            {"irregular, three letters", irregular(), 3, true},
            {"square, three letters", lattice_neighbours<2>({3, 3}), 3, true},
            {"square, three letters, any couplings", lattice_neighbours<2>({3, 2}), 3, false}};
}

// 40 runs of new chains each: t with 39 degrees of freedom is above 7.2 once in 1e8, and there are some 300.
TEST(GraphReplicas, MomentsAreExact) {
    auto rng = test_rng(701);
    std::normal_distribution<double> normal;
    for (const Case& c : cases()) {
        SCOPED_TRACE(c.name);
        const Bonds target = bonds(rng, c.list, c.letters, c.uniform);
        std::vector<double> fields;
        for (Index i = 0; i < c.list.size(); ++i) fields.push_back(0.5 * normal(rng));
        expect_moments(target, Fields{&fields}, c.side_by_side);
        std::vector<double> two(fields.size());
        for (std::size_t i = 0; i < two.size(); ++i) two[i] = i % 3 == 0 ? 0.4 : -0.7;
        expect_moments(target, ClassFields{{&two}}, c.side_by_side);
    }
}

TEST(GraphConditionals, AreThoseOfTheWholeDensity) {
    auto rng = test_rng(702);
    for (const Case& c : cases())
        for (const bool classes : {false, true}) {
            SCOPED_TRACE(c.name);
            const Bonds target = bonds(rng, c.list, c.letters, c.uniform);
            std::vector<double> fields;
            for (Index i = 0; i < c.list.size(); ++i) fields.push_back(i % 3 == 0 ? 0.4 : -0.7);
            const auto check = [&](const auto& whole) {
                predcg::detail::LocalConditionals made(whole), ratios(whole);
                for (int repeat = 0; repeat < 30; ++repeat) {
                    Letters X(static_cast<std::size_t>(c.list.size()));
                    for (double& x : X) x = target.letters.letters[rng() % c.letters];
                    made.load(X);
                    ratios.load(X);
                    for (Index i = 0; i < c.list.size(); ++i) {
                        const double* cumulative = made.cumulative(i);
                        std::vector<double> weights;
                        for (const double letter : target.letters.letters) {
                            Letters other = X;
                            other[static_cast<std::size_t>(i)] = letter;
                            weights.push_back(std::exp(whole.log_density(other)));
                        }
                        const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
                        double below = 0.0;
                        for (std::size_t a = 0; a < weights.size(); ++a) {
                            EXPECT_NEAR(cumulative[a], (below += weights[a]) / sum, 1e-13);
                            const double ratio =
                                weights[a] / weights[static_cast<std::size_t>(made.place(i))];
                            EXPECT_TRUE(ratios.accepts(i, static_cast<Index>(a), ratio * (1.0 - 1e-12)));
                            EXPECT_FALSE(ratios.accepts(i, static_cast<Index>(a), ratio * (1.0 + 1e-12)));
                        }
                    }
                }
            };
            if (classes)
                check(Product(target, ClassFields{{&fields}}));
            else
                check(Product(target, Fields{&fields}));
        }
}

TEST(GraphReplicas, TooManyNeighbourhoodsMoveOneByOne) {
    auto rng = test_rng(703);
    const Bonds target = bonds(rng, lattice_neighbours<2>({4, 4}), 3, false);  // 3^4 = 81 places x 3 letters
    const MonteCarlo engine(Metropolis{}, {.samples = 32, .chains = 16});
    MonteCarlo<Metropolis>::State<Bonds> state;
    const Moments m = engine.expect(target, Sums{&target}, state, {1, Purpose::check, 0, 0});
    EXPECT_TRUE(state.replicas.empty());
    EXPECT_EQ(std::ssize(state.chains), 16);
    EXPECT_TRUE(std::isfinite(m.mean[0]));
}

TEST(NeighbourLists, AreChecked) {
    using Lists = std::vector<std::vector<Index>>;
    EXPECT_THROW(NeighbourList(Lists{{1}, {}}), ArgumentError);
    EXPECT_THROW(NeighbourList(Lists{{0}}), ArgumentError);
    EXPECT_THROW(NeighbourList(Lists{{1, 1}, {0}}), ArgumentError);
    EXPECT_THROW(NeighbourList(Lists{{2}, {0}}), ArgumentError);
    EXPECT_THROW(lattice_neighbours<2>({0, 3}), ArgumentError);
    const std::vector<std::pair<Index, Index>> outside{{0, 5}};
    EXPECT_THROW(NeighbourList::of_bonds(3, outside), ArgumentError);
    auto rng = test_rng(704);
    Bonds wrong = bonds(rng, lattice_neighbours<2>({3, 3}), 2, true);
    wrong.letters.sites = 4;
    EXPECT_THROW(predcg::detail::conditionals(wrong), ArgumentError);
}

TEST(NeighbourLists, OfLatticesAndChains) {
    const auto sites = [](std::span<const Index> list) {
        return std::vector<Index>(list.begin(), list.end());
    };
    const NeighbourList square = lattice_neighbours<2>({3, 2});
    EXPECT_EQ(sites(square[4]), (std::vector<Index>{5, 3, 1}));
    const NeighbourList open = lattice_neighbours<2>({3, 2}, Boundary::open);
    EXPECT_EQ(sites(open[2]), (std::vector<Index>{1, 5}));
    EXPECT_EQ(sites(chain_neighbours({3, Boundary::open}, 5)[1]), (std::vector<Index>{0, 2, 3}));
    EXPECT_EQ(sites(chain_neighbours({3, Boundary::periodic}, 5)[0]), (std::vector<Index>{3, 4, 1, 2}));
    EXPECT_EQ(sites(common_neighbours(square, open)[0]), sites(square[0]));
    const std::vector<Index> order = lattice_neighbours<2>({4, 4}).coloured_order();
    for (std::size_t k = 0; k < 16; ++k) EXPECT_EQ((order[k] % 4 + order[k] / 4) % 2, k < 8 ? 0 : 1);
}

auto potential(const NeighbourList& list) {
    return GraphPotential(
        support::NumberSpace{list.size(), {-1.0, 0.5, 2.0}}, list, {"pair", "square", "field"},
        [](double a, double b) { return Eigen::Vector3d(-a * b, a * a * b * b, 0.0); },
        [](double a) { return Eigen::Vector3d(0.0, 0.0, -a); });
}

TEST(GraphPotentials, PartsAgree) {
    const auto u = potential(irregular());
    EXPECT_EQ(check_coarse_potential(u, Vector{{0.3, -0.2, 0.5}}), Findings{});
    const Letters X{-1.0, 0.5, 2.0, 0.5, -1.0, 2.0, 0.5};
    double pairs = 0.0;
    for (const auto& [a, b] : {std::pair{0, 1}, {0, 2}, {0, 3}, {0, 4}, {1, 2}, {3, 4}, {4, 5}})
        pairs -= X[static_cast<std::size_t>(a)] * X[static_cast<std::size_t>(b)];
    EXPECT_NEAR(u.features(X)[0], pairs, 1e-14);
    EXPECT_NEAR(u.features(X)[2], -3.5, 1e-14);
    EXPECT_THROW(GraphPotential(
                     support::NumberSpace{7, {-1.0, 1.0}}, irregular(), {"one"},
                     [](double, double) { return Eigen::Vector2d(0.0, 0.0); },
                     [](double) { return Eigen::Vector2d(0.0, 0.0); }),
                 ArgumentError);
}

TEST(GraphPotentials, OfPairsAloneNeedNoFunctionOfASite) {
    const auto list = irregular();
    const support::NumberSpace space{list.size(), {-1.0, 0.5, 2.0}};
    const auto pair = [](double a, double b) { return Eigen::Vector2d(-a * b, a * a * b * b); };
    const GraphPotential pairs(space, list, {"pair", "square"}, pair);
    const GraphPotential both(space, list, {"pair", "square"}, pair,
                              [](double) { return Eigen::Vector2d(0.0, 0.0); });
    const Vector theta{{0.3, -0.2}};
    EXPECT_EQ(check_coarse_potential(pairs, theta), Findings{});
    const Letters X{-1.0, 0.5, 2.0, 0.5, -1.0, 2.0, 0.5};
    EXPECT_EQ(pairs.features(X), both.features(X));
    for (Index i = 0; i < 7; ++i)
        EXPECT_EQ(pairs.energy_difference(X, i, 2.0, theta), both.energy_difference(X, i, 2.0, theta));
}

/// Says that sites see fewer than they do.
struct ShortSighted : decltype(potential(irregular())) {
    NeighbourList neighbours() const {
        const std::vector<std::pair<Index, Index>> fewer{{0, 1}, {0, 2}, {0, 3}, {0, 4}, {1, 2}, {3, 4}};
        return NeighbourList::of_bonds(7, fewer);
    }
};
TEST(GraphPotentials, MissingNeighboursAreFound) {
    const ShortSighted u{potential(irregular())};
    EXPECT_FALSE(check_coarse_potential(u, Vector{{0.3, -0.2, 0.5}}).empty());
}

}  // namespace

}  // namespace replicas_graph_test
