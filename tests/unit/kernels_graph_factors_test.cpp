// Kernels on a graph's potential times a factor that knows windows, classes of sites, or letters that cannot
// be: means against Enumeration. 60 z-scores.
#include <predcg/core/space.hpp>
#include <predcg/engines/enumeration.hpp>
#include <predcg/engines/monte_carlo.hpp>
#include <predcg/kernels/single_site.hpp>
#include <predcg/structure/boltzmann.hpp>
#include <predcg/structure/graph_potential.hpp>
#include <predcg/structure/product.hpp>

#include "test_seed.hpp"
#include "z_score.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <vector>

namespace kernels_graph_factors_test {

using namespace predcg;
using Letters = std::vector<int>;

template <std::size_t q>
auto graph(Index sites, Boundary boundary) {
    std::array<int, q> letters{};
    for (std::size_t a = 0; a < q; ++a) letters[a] = static_cast<int>(a);
    return GraphPotential(
        LatticeSpace<int, q>(letters, sites), lattice_neighbours<1>({sites}, boundary), {"pair", "field"},
        [](int a, int b) { return Eigen::Vector2d(a == b ? -1.0 : 0.0, 0.0); },
        [](int a) { return Eigen::Vector2d(0.0, a == 1 ? -1.0 : 0.0); });
}

/// Letter by site.
struct Each {
    Index sites;
    Index size() const { return sites; }
    Vector operator()(const Letters& x) const {
        Vector v(sites);
        for (Index i = 0; i < sites; ++i) v[i] = x[static_cast<std::size_t>(i)] == 1 ? 1.0 : 0.0;
        return v;
    }
};

template <class Kernel, class T>
void expect_means(const Kernel& kernel, const T& target) {
    const Each each{target.space().size()};
    const Moments exact = Enumeration{}.expect(target, each);
    const MonteCarlo engine(kernel, {.samples = 20000});
    typename std::remove_const_t<decltype(engine)>::template State<T> chains;
    const Moments sampled = engine.expect(target, each, chains, StreamKey{.seed = test_seed()});
    for (Index i = 0; i < each.size(); ++i)
        EXPECT_LT(std::abs(sampled.mean[i] - exact.mean[i]), z_limit * sampled.standard_error[i] + 1e-12)
            << i;
}

/// Letters that cannot be, at every site.
struct Hard {
    std::array<double, 3> weights;
    Window window() const { return {}; }
    double local_log_density(Index, std::span<const int> w) const {
        return weights[static_cast<std::size_t>(w[0])];
    }
    double log_density(const Letters& x) const {
        double sum = 0.0;
        for (const int letter : x) sum += weights[static_cast<std::size_t>(letter)];
        return sum;
    }
};
constexpr double impossible = -std::numeric_limits<double>::infinity();

TEST(GraphFactors, ALetterThatCannotBeIsLeft) {
    const auto potential = graph<3>(4, Boundary::periodic);
    const auto coarse = boltzmann(potential, Vector{{0.5, 2.0}}, 1.0);
    for (const Hard& hard : {Hard{{0.0, 0.0, impossible}}, Hard{{-0.5, impossible, 0.5}}}) {
        const Product target(coarse, hard);
        expect_means(HeatBath{}, target);
        expect_means(Metropolis{}, target);
    }
    const Product single(coarse, Hard{{impossible, 0.0, impossible}});  // one letter is left
    expect_means(HeatBath{}, single);
}

/// A factor of pairs that is not the same seen from the other side. Of class 0 or 1 by its site.
template <bool classified, bool invariant>
struct Pairs {
    Boundary boundary;
    std::vector<Index> classes{0, 0, 1, 0, 1, 1};
    Window window() const { return {2, boundary}; }
    bool translation_invariant() const { return invariant; }
    Index site_class(Index i) const
        requires classified
    {
        return classes[static_cast<std::size_t>(i)];
    }
    Index class_count() const
        requires classified
    {
        return 2;
    }
    double local_log_density(Index i, std::span<const int> w) const {
        if (w.size() < 2) return 0.7 * w[0];
        const double strength = invariant ? 1.0 : classes[static_cast<std::size_t>(i)] == 1 ? 1.5 : -1.5;
        return strength * (w[0] - 0.3) * (1.0 - w[1] + 0.2 * w[0]);
    }
    double log_density(const Letters& x) const {
        double sum = 0.0;
        for (std::size_t i = 0; i < x.size(); ++i) {
            const std::array<int, 2> w{x[i], x[(i + 1) % x.size()]};
            const bool cut = boundary == Boundary::open && i + 1 == x.size();
            sum += local_log_density(static_cast<Index>(i), std::span(w).first(cut ? 1 : 2));
        }
        return sum;
    }
};

TEST(GraphFactors, WindowsOfAFactorHaveASenseOfDirection) {
    for (const Boundary boundary : {Boundary::periodic, Boundary::open}) {
        const auto potential = graph<2>(6, boundary);
        const auto coarse = boltzmann(potential, Vector{{0.3, 0.2}}, 1.0);
        expect_means(HeatBath{}, Product(coarse, Pairs<false, false>{boundary}));
        expect_means(HeatBath{}, Product(coarse, Pairs<true, false>{boundary}));
        expect_means(HeatBath{}, Product(coarse, Pairs<false, true>{boundary}));
    }
}

TEST(GraphFactors, AListOfAnotherNumberOfSitesIsRefused) {
    struct Loose {

        LatticeSpace<int, 2> letters{{0, 1}, 40};
        const LatticeSpace<int, 2>& space() const { return letters; }
        double log_density(const Letters&) const { return 0.0; }
        double log_density_difference(const Letters&, Index, int) const { return 0.0; }
        NeighbourList neighbours() const { return NeighbourList(std::vector<std::vector<Index>>(5)); }
    };
    EXPECT_THROW(HeatBath{}.setup(Loose{}), ArgumentError);
}

}  // namespace kernels_graph_factors_test
