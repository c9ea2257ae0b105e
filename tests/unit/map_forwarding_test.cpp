// Every adaptor of maps, blocks and densities against every optional member: it has what the part inside has,
// and lacks what that lacks.
#include <predcg/engines/enumeration.hpp>
#include <predcg/learning/by_reference.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/maps/autodiff_block.hpp>
#include <predcg/maps/autodiff_site.hpp>
#include <predcg/maps/block_with_terms.hpp>
#include <predcg/maps/observed_map.hpp>
#include <predcg/models/ising/coarse_chain.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace map_forwarding_test {
using namespace predcg;
using Spins = std::vector<ising::Spin>;

namespace {

/// Is holds<parts>() true of every choice of `count` parts that leaves one out or has one alone?
template <unsigned count, class Holds>
constexpr bool of_every_choice(Holds holds) {
    return []<std::size_t... k>(Holds each, std::index_sequence<k...>) {
        constexpr unsigned all = (1u << count) - 1;
        return each.template operator()<all>() && each.template operator()<0>() &&
               (each.template operator()<(all & ~(1u << k))>() && ...) &&
               (each.template operator()<1u << k>() && ...);
    }(holds, std::make_index_sequence<count>{});
}
constexpr unsigned joined(auto... is_there) {
    unsigned found = 0, bit = 1;
    ((found |= is_there ? bit : 0u, bit <<= 1), ...);
    return found;
}

// What all of them may say of their parameters.
template <class M>
constexpr unsigned said_by = joined(HasParameterNames<M>, HasStart<M>, HasScales<M>, HasFlip<M>,
                                    HasMoreStarts<M>, HasWeakPrior<M>, predcg::detail::HasNaturalValues<M>);
constexpr unsigned names = 1, starts = 2, scales = 4, flip = 8, more = 16, weak = 32, natural = 64;
constexpr unsigned said_count = 7;

template <unsigned parts>
struct Says {
    Index parameter_count() const { return 1; }
    std::vector<std::string> parameter_names() const
        requires((parts & names) != 0)
    {
        return {"copy"};
    }
    Vector start() const
        requires((parts & starts) != 0)
    {
        return Vector::Constant(1, 0.5);
    }
    Vector scales() const
        requires((parts & map_forwarding_test::scales) != 0)
    {
        return Vector::Constant(1, 2.0);
    }
    Vector flipped(const Vector& eta) const
        requires((parts & flip) != 0)
    {
        return -eta;
    }
    std::vector<Vector> more_starts() const
        requires((parts & more) != 0)
    {
        return {Vector::Constant(1, -0.5)};
    }
    Normal weak_prior() const
        requires((parts & weak) != 0)
    {
        return {};
    }
    NaturalParameter natural(Index, double) const
        requires((parts & map_forwarding_test::natural) != 0)
    {
        return {};
    }
    double unconstrained(Index, double value) const
        requires((parts & map_forwarding_test::natural) != 0)
    {
        return value;
    }
    std::vector<std::string> natural_names() const
        requires((parts & map_forwarding_test::natural) != 0)
    {
        return {"p"};
    }
};

// Maps whose data stay where they are.
constexpr unsigned statistic = 1u << said_count, score = 2 * statistic, size = 4 * statistic,
                   takes = 8 * statistic, maximiser = 16 * statistic, made = 32 * statistic,
                   moments = 64 * statistic, conditional = 128 * statistic, lags = 256 * statistic;
constexpr unsigned map_count = said_count + 9;
template <class M>
constexpr unsigned of_map = said_by<M> | joined(StatisticMap<M>, ScoredMap<M>, HasCoarseSize<M>,
                                                TakesLetters<M, ising::Spin>, HasMaximiser<M, Flat>, HasAt<M>,
                                                CarriesMoments<M>, HasConditionalMoments<M>, HasCoarseLags<M>)
                                             << said_count;

/// log p(x|X) = eta t - n log 2 cosh eta with t = sum_i x_i X_i: nothing is prepared.
struct Overlap {
    const Spins* x;
    double slope, constant;
    double log_density(const Spins& X) const {
        double t = 0.0;
        for (std::size_t i = 0; i < X.size(); ++i) t += (*x)[i] * X[i];
        return slope * t + constant;
    }
    Index size() const { return 1; }
    Vector operator()(const Spins& X) const { return Vector::Constant(1, log_density(X)); }
};
struct NoMoments {
    Index size() const { return 2; }
    SiteMoments operator()(const Spins&) const { return {}; }
};
template <unsigned parts>
struct Copy : Says<parts> {
    using fine_type = Spins;
    using coarse_type = Spins;
    static constexpr bool has(unsigned part) { return (parts & part) != 0; }
    static double sites(const Spins& x) { return static_cast<double>(x.size()); }

    Overlap likelihood(const Spins& x, const Vector& eta) const {
        return {&x, eta[0], -sites(x) * std::log(2.0 * std::cosh(eta[0]))};
    }
    Spins sample(const Spins& X, const Vector&, auto&) const { return X; }
    Overlap sufficient_statistic(const Spins& x) const
        requires(has(statistic))
    {
        return {&x, 1.0, 0.0};
    }
    Expansion expected_log_density(const Vector& T, double count, const Vector& eta) const
        requires(has(statistic))
    {
        const double t = std::tanh(eta[0]), n = 4.0 * count;
        return {eta[0] * T[0] - n * std::log(2.0 * std::cosh(eta[0])), Vector::Constant(1, T[0] - n * t),
                Matrix::Constant(1, 1, -n * (1.0 - t * t))};
    }
    Overlap score(const Spins& x, const Vector& eta) const
        requires(has(map_forwarding_test::score))
    {
        return {&x, 1.0, -sites(x) * std::tanh(eta[0])};
    }
    Index coarse_size(const Spins& x) const
        requires(has(map_forwarding_test::size))
    {
        return std::ssize(x);
    }
    bool takes(ising::Spin) const
        requires(has(map_forwarding_test::takes))
    {
        return true;
    }
    std::optional<Vector> maximiser(const Vector&, double, const Flat&) const
        requires(has(map_forwarding_test::maximiser))
    {
        return {};
    }
    struct At {
        Copy map;
        Vector eta;
        Overlap likelihood(const Spins& x) const { return map.likelihood(x, eta); }
        auto score(const Spins& x) const
            requires(has(map_forwarding_test::score))
        {
            return map.score(x, eta);
        }
    };
    At at(const Vector& eta, bool) const
        requires(has(made))
    {
        return {*this, eta};
    }
    SiteMoments fine_moments(const SiteMoments& m, const Vector&) const
        requires(has(moments))
    {
        return m;
    }
    NoMoments conditional_moments(Index, const Vector&) const
        requires(has(conditional))
    {
        return {};
    }
    Index coarse_lags(Index far) const
        requires(has(lags))
    {
        return far;
    }
};
constexpr auto by_reference_keeps = []<unsigned parts>() {
    constexpr unsigned whole = parts & score ? parts | statistic : parts;  // a score without T is none
    return of_map<Copy<whole>> == whole && of_map<ByReference<Copy<whole>>> == whole;
};
static_assert(of_every_choice<map_count>(by_reference_keeps));

// What a map that is adapted says of X has the structure that it had.
template <class F, class X, class L>
constexpr unsigned of_likelihood =
    joined(ChainFactor<F, L>, LocalFactor<F, X, L>, DifferentiableFactor<F, X>, QuadraticFactor<F>,
           ClassifiedSites<F>, HasNeighbours<F>, HasInvariance<F>, predcg::detail::AddsGradient<F, X>);
constexpr unsigned likelihood_count = 8;
template <unsigned parts>
struct Structured {
    static constexpr bool has(unsigned part) { return (parts >> part & 1u) != 0; }
    double log_density(const Vector&) const { return 0.0; }
    Window window() const { return {}; }
    double local_log_density(Index, std::span<const double>) const
        requires(has(0))
    {
        return 0.0;
    }
    double log_density_difference(const Vector&, Index, double) const
        requires(has(1))
    {
        return 0.0;
    }
    Vector log_density_gradient(const Vector& X) const
        requires(has(2))
    {
        return X;
    }
    QuadraticForm quadratic() const
        requires(has(3))
    {
        return {};
    }
    Index site_class(Index) const
        requires(has(4))
    {
        return 0;
    }
    Index class_count() const
        requires(has(4))
    {
        return 1;
    }
    NeighbourList neighbours() const
        requires(has(5))
    {
        return chain_neighbours({}, 1);
    }
    bool translation_invariant() const
        requires(has(6))
    {
        return true;
    }
    double add_log_density_gradient(const Vector&, Vector&, Vector&) const
        requires(has(7))
    {
        return 0.0;
    }
};
template <unsigned parts>
struct Structure {
    using fine_type = Vector;
    using coarse_type = Vector;
    struct At {
        Structured<parts> likelihood(const Vector&) const { return {}; }
    };
    Index parameter_count() const { return 0; }
    Structured<parts> likelihood(const Vector&, const Vector&) const { return {}; }
    At at(const Vector&, bool) const { return {}; }
};
constexpr auto structure_stays = []<unsigned parts>() {
    using Map = ByReference<Structure<parts>>;
    using Form = const Reference<Vector>&;
    using Made = decltype(std::declval<const Map&>().at(Vector(), false));
    using F = decltype(std::declval<const Map&>().likelihood(std::declval<Form>(), Vector()));
    using G = decltype(std::declval<const Made&>().likelihood(std::declval<Form>()));
    return of_likelihood<Structured<parts>, Vector, double> == parts &&
           of_likelihood<F, Vector, double> == parts && of_likelihood<G, Vector, double> == parts;
};
static_assert(of_every_choice<likelihood_count>(structure_stays));
/// Where X is observed, the likelihood says that, too.
using Blocks = predcg::detail::BlockLikelihood;
using Observed = predcg::detail::ObservedLikelihood<Spins>;
static_assert(of_likelihood<Blocks, Spins, ising::Spin> == of_likelihood<Observed, Spins, ising::Spin> &&
              ChainFactor<Observed, ising::Spin> && ObservedFactor<Observed> && !ObservedFactor<Blocks>);

// Blocks: names, starts, draws.
constexpr unsigned mean = 1u << said_count, observed = 2 * mean, draws = 4 * mean;
constexpr unsigned block_count = said_count + 3;
template <class B>
constexpr unsigned of_block =
    said_by<B> | joined(HasPriorMean<B>, ObservesLetter<B>, SamplesBlocks<B>) << said_count;
using Numbers = std::span<const double>;
template <unsigned parts>
struct Block : Says<parts> {
    Index level() const { return 1; }
    BlockWindow window() const { return {}; }
    template <class S>
    S log_density(Numbers x, Numbers w, const VectorOf<S>& eta) const {
        return -log(1.0 + exp(-2.0 * x[0] * w[0] * eta[0]));
    }
    Vector prior_mean() const
        requires((parts & mean) != 0)
    {
        return Vector::Constant(1, 0.7);
    }
    double observed(Numbers x) const
        requires((parts & map_forwarding_test::observed) != 0)
    {
        return x[0];
    }
    void sample(Numbers, const Vector&, auto&, std::span<double>) const
        requires((parts & draws) != 0)
    {}
};
constexpr auto blocks_keep = []<unsigned parts>() {
    using Derived = AutoDiffBlock<Block<parts>>;
    using Map = BlockMap<Derived, Spins, Spins>;
    // Priors and natural values of a block's own are the map's business.
    constexpr unsigned by_terms = parts & ~(weak | natural);
    return of_block<Block<parts>> == parts && of_block<Derived> == parts &&
           of_block<BlockWithTerms<Derived>> == (by_terms | names) &&
           said_by<Map> == (names | starts | more | weak | (parts & (map_forwarding_test::scales | flip))) &&
           HasAt<Map> && ScoredMap<Map> && HasConditionalMoments<Map> && HasConditionalLetterMoments<Map>;
};
static_assert(of_every_choice<block_count>(blocks_keep));
/// An ObservedMap is a BlockMap, with what it says.
constexpr auto observed_maps_keep = []<unsigned parts>() {
    using Derived = AutoDiffBlock<Block<parts | map_forwarding_test::observed>>;
    return of_map<ObservedMap<Derived, Spins, Spins>> == of_map<BlockMap<Derived, Spins, Spins>> &&
           of_map<ObservedMap<BlockWithTerms<Derived>, Spins, Spins>> ==
               of_map<BlockMap<BlockWithTerms<Derived>, Spins, Spins>>;
};
static_assert(of_every_choice<block_count>(observed_maps_keep));

// Densities of numbers at sites.
constexpr unsigned site_moments = 1u << said_count, site_takes = 2 * site_moments;
constexpr unsigned density_count = said_count + 2;
template <class D>
constexpr unsigned of_density = said_by<D> | joined(HasSiteMoments<D>, TakesLetters<D, double>) << said_count;
template <unsigned parts>
struct Density : Says<parts> {
    Index letters() const { return 2; }
    Index statistic_count() const { return 1; }
    void statistic(double x, std::span<double> t) const { t[0] = x; }
    template <class S>
    S log_density(double count, Numbers t, Index, const VectorOf<S>& eta) const {
        return eta[0] * count - t[0] * exp(eta[0]);
    }
    double draw(Index, const Vector&, auto& rng) const { return uniform(rng); }
    std::pair<double, double> moments(Index, const Vector&) const
        requires((parts & site_moments) != 0)
    {
        return {1.0, 2.0};
    }
    bool takes(double x) const
        requires((parts & site_takes) != 0)
    {
        return x >= 0.0;
    }
};
constexpr auto densities_keep = []<unsigned parts>() {
    using Derived = AutoDiffSite<Density<parts>>;
    using Map = SiteMap<Derived>;
    return of_density<Density<parts>> == parts && of_density<Derived> == parts &&
           said_by<Map> ==
               (names | starts | map_forwarding_test::scales | (parts & (more | weak | natural))) &&
           HasConditionalMoments<Map> == ((parts & site_moments) != 0) && HasAt<Map> && ScoredMap<Map>;
};
static_assert(of_every_choice<density_count>(densities_keep));

TEST(MapForwarding, WhatIsKeptOfABlockIsThatOfTheTermsThatStay) {
    const AutoDiffBlock whole(Block<(1u << block_count) - 1>{});
    const BlockMap<std::remove_const_t<decltype(whole)>, Spins, Spins> map(whole);
    EXPECT_EQ(scales_of(map), Vector::Constant(1, 2.0));
    EXPECT_EQ(scales_of(with_terms(map, {0})), Vector::Constant(1, 2.0));
    EXPECT_EQ(scales_of(with_terms(map, {})).size(), 0);
    EXPECT_EQ(start_of(with_terms(map, {0})), Vector::Constant(1, 0.5));
}

// Score by itself, made once for all data, and both by reference: one fit.
TEST(MapForwarding, ScoresAreThoseOfTheMapWhereverDataAre) {
    const std::vector<Spins> data{
        {1, 1, -1, -1}, {1, 1, 1, 1}, {-1, -1, 1, -1}, {-1, 1, 1, 1}, {-1, -1, -1, -1}};
    const auto fitted = [&](const auto& map) {
        const EMCoarseGrainer grainer{SamplesOnly<Spins>{},
                                      ising::coarse_chain({.sites = 4}),
                                      map,
                                      Enumeration{},
                                      Newton{},
                                      BlockPriors{Normal{}, Normal{.mean = 1.0, .sd = 0.5}}};
        return grainer.fit(data, {.beta = 1.0, .starts = 1});
    };
    const Copy<statistic> plain;
    const Copy<statistic | map_forwarding_test::score> scored;
    const Copy<statistic | map_forwarding_test::score | made> at_once;
    const auto expected = fitted(plain);
    ASSERT_EQ(expected.status, Status::converged);
    const auto expect_same = [&](const auto& fit) {
        EXPECT_EQ(fit.status, Status::converged);
        EXPECT_NEAR(fit.parameters.eta[0], expected.parameters.eta[0], 1e-9);
        EXPECT_NEAR(fit.log_likelihood, expected.log_likelihood, 1e-9);
    };
    expect_same(fitted(scored));
    expect_same(fitted(at_once));
    expect_same(fitted(by_reference(plain)));
    expect_same(fitted(by_reference(scored)));
    expect_same(fitted(by_reference(at_once)));
}

}  // namespace
}  // namespace map_forwarding_test
