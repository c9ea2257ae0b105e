// Every adaptor against every part: it has what the potential, target or statistic inside has, lacks what
// that lacks, and agrees with the whole.
#include <predcg/concepts/model_parts.hpp>
#include <predcg/structure/affine_target.hpp>
#include <predcg/structure/autodiff.hpp>
#include <predcg/structure/boltzmann.hpp>
#include <predcg/structure/neutral.hpp>
#include <predcg/structure/product.hpp>
#include <predcg/structure/statistics.hpp>
#include <predcg/structure/with_terms.hpp>
#include <predcg/testing/check_potential.hpp>

#include "parts_archetype.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <span>
#include <utility>

namespace structure_forwarding_test {
using namespace predcg;
using support::Parts, support::all_parts, support::only, support::parts_of;

namespace {

using All = Parts<all_parts>;
static_assert(parts_of<All>() == (all_parts & ~only(support::invariance)));  // that one is a value
static_assert(parts_of<Parts<only(support::energy)>>() == only(support::energy));

/// Is `holds(parts)` true of every choice that leaves one part out, or has it with an energy alone?
template <unsigned always, class Holds>
constexpr bool of_every_choice(Holds holds) {
    return []<std::size_t... k>(Holds all, std::index_sequence<k...>) {
        return all.template operator()<all_parts>() &&
               (all.template operator()<(all_parts & ~(1u << k)) | always>() && ...) &&
               (all.template operator()<always | 1u << k>() && ...);
    }(holds, std::make_index_sequence<support::part_count>{});
}

/// Adaptor<U> has the parts of U and those in `added`, if at all, besides.
template <template <class> class Adaptor, unsigned always, unsigned added>
constexpr bool passes_on = of_every_choice<always>([]<unsigned parts>() {
    constexpr unsigned inner = parts_of<Parts<parts>>(), outer = parts_of<Adaptor<Parts<parts>>>();
    return (inner & ~outer) == 0 && (outer & ~inner & ~added) == 0;
});

// Potentials that do not even have the names of other parts.
struct Features {
    support::NumberSpace space() const { return {}; }
    Index parameter_count() const { return 2; }
    Vector features(const Vector&) const { return Vector::Zero(2); }
};
struct Energy {
    support::NumberSpace space() const { return {}; }
    Index parameter_count() const { return 2; }
    template <class T>
    T energy(const Vector& X, const VectorOf<T>& theta) const {
        return T(theta[0] * X[0]);
    }
};
/// A potential of real numbers.
struct Spring {
    RealSpace<> space() const { return RealSpace<>(2); }
    Index parameter_count() const { return 1; }
    Vector features(const Vector& X) const { return Vector::Constant(1, 0.5 * X.squaredNorm()); }
    Vector energy_gradient(const Vector& X, const Vector& theta) const { return theta[0] * X; }
};
// X may be an expression.
static_assert(requires(const WithTerms<Spring>& spring, const Vector& X) {
    { spring.energy_gradient(2.0 * X, X) } -> std::same_as<Vector>;
});

static_assert(parts_of<WithTerms<Features>>() == only(support::features, support::energy));
static_assert(parts_of<StateAutoDiffPotential<Features>>() == only(support::features));
static_assert(parts_of<WithTerms<Energy>>() == only(support::energy, support::dual_energy));
static_assert(parts_of<AutoDiffPotential<WithTerms<StateAutoDiffPotential<Energy>>>>() ==
              only(support::energy, support::dual_energy, support::gradient, support::hessian));

constexpr unsigned dual = only(support::energy, support::dual_energy);
constexpr unsigned theta_derivatives =
    only(support::gradient, support::hessian, support::local_gradient, support::local_hessian);
constexpr unsigned state_derivatives = only(support::state_gradient, support::both);
// The gradient alone is made of both, where these are there.
constexpr unsigned of_terms = only(support::local_energy, support::state_gradient);
static_assert(passes_on<WithTerms, only(support::energy), of_terms>);
static_assert(passes_on<WithTerms, only(support::features), of_terms | only(support::energy)>);
static_assert(passes_on<StateAutoDiffPotential, only(support::energy), state_derivatives>);
static_assert(passes_on<StateAutoDiffPotential, only(support::features), state_derivatives>);
static_assert(passes_on<AutoDiffPotential, dual, theta_derivatives>);

template <class U>
using Nested = StateAutoDiffPotential<AutoDiffPotential<WithTerms<U>>>;
static_assert(passes_on<Nested, dual, theta_derivatives | state_derivatives | only(support::local_energy)>);

// What adaptors add is there in any order of nesting.
using Templated = Parts<all_parts & ~theta_derivatives &
                        ~only(support::features, support::local_features, support::base, support::quadratic,
                              support::state_gradient, support::both)>;
constexpr unsigned derived = parts_of<Templated>() | theta_derivatives | state_derivatives;
template <class U>
constexpr bool complete = parts_of<U>() == derived;
static_assert(complete<AutoDiffPotential<StateAutoDiffPotential<Templated>>>);
static_assert(complete<StateAutoDiffPotential<AutoDiffPotential<Templated>>>);
static_assert(complete<WithTerms<StateAutoDiffPotential<AutoDiffPotential<Templated>>>>);
static_assert(complete<StateAutoDiffPotential<WithTerms<AutoDiffPotential<Templated>>>>);
static_assert(complete<StateAutoDiffPotential<AutoDiffPotential<WithTerms<Templated>>>>);
static_assert(complete<AutoDiffPotential<WithTerms<StateAutoDiffPotential<Templated>>>>);

// The table: structure of functions of X, a bit each. Of particles moves are the difference, `both` are value
// and gradient in one go.
constexpr unsigned windows = 1, differences = 2, gradients = 4, forms = 8, lists = 16,
                   both = 64;  // 32: moves
constexpr unsigned structure(auto... is_there) {
    unsigned found = 0, bit = 1;
    ((found |= is_there ? bit : 0u, bit <<= 1), ...);
    return found;
}
template <class U>
constexpr unsigned of_coarse =
    structure(ChainCoarsePotential<U>, HasCoarseEnergyDifference<U, Vector, double>,
              HasCoarseEnergyGradient<U, Vector>, QuadraticCoarsePotential<U>, HasNeighbours<U>,
              predcg::detail::HasCoarseParticleMoves<U>,
              predcg::detail::HasEnergyAndGradient<U, Vector, Vector>);
template <class U>
constexpr unsigned of_fine =
    structure(ChainPotential<U>, HasEnergyDifference<U>, HasEnergyGradient<U, Vector>, QuadraticPotential<U>,
              HasNeighbours<U>, MovesParticles<U>, predcg::detail::HasEnergyAndGradient<U, Vector>);
template <class T>
constexpr unsigned of_target =
    structure(ChainTarget<T>, LocalTarget<T>, DifferentiableTarget<T>, GaussianTarget<T>, HasNeighbours<T>,
              MovesParticles<T>, predcg::detail::AddsGradient<T, Vector>);
/// A statistic has no gradient and no moves, whatever it is of.
template <class S>
constexpr unsigned of_statistic =
    structure(ChainStatistic<S, double>, LocalFactor<S, Vector, double>, DifferentiableFactor<S, Vector>,
              QuadraticStatistic<S>, HasNeighbours<S>, MovesParticles<S>,
              predcg::detail::AddsGradient<S, Vector>);
/// A density adds its gradient wherever there is one.
constexpr unsigned of_density(unsigned k) { return k & gradients ? k | both : k & ~both; }

template <unsigned parts>
constexpr bool same_structure() {
    using U = Parts<parts>;
    using P = Boltzmann<Bound<U>>;
    static_assert(of_fine<Bound<U>> == of_coarse<U>);
    static_assert(of_coarse<WithTerms<U>> == of_coarse<U>);
    static_assert(of_fine<Bound<WithTerms<U>>> == of_coarse<U>);
    static_assert(of_coarse<StateAutoDiffPotential<U>> ==
                  (predcg::detail::HasEnergyOfState<U, Vector, Vector> ? of_coarse<U> | gradients | both
                                                                       : of_coarse<U>));
    static_assert(of_fine<StateAutoDiffPotential<Bound<U>>> ==
                  of_coarse<U>);  // its energy is of doubles alone
    static_assert(of_target<P> == of_density(of_coarse<U>));
    static_assert(of_target<AffineTarget<P>> == (of_coarse<U> & gradients));
    static_assert(of_statistic<LogDensity<P>> == (of_coarse<U> & (windows | forms | lists)));
    if constexpr (LearnablePotential<U>) {
        constexpr unsigned known = lists | structure(predcg::detail::HasLocalFeatures<U> ||
                                                         predcg::detail::HasLocalParameterGradient<U>,
                                                     false, false, LinearCoarsePotential<U>);
        static_assert(of_statistic<EnergyGradient<U>> == (of_coarse<U> & known));
        if constexpr (!LinearCoarsePotential<U>)
            static_assert(of_statistic<EnergyHessian<U>> == (of_coarse<U> & known & (windows | lists)));
    }
    if constexpr (predcg::detail::HasEnergyOfTheta<U, Vector, Dual>)
        static_assert(of_coarse<AutoDiffPotential<U>> == of_coarse<U>);
    return true;
}
constexpr auto every = []<unsigned parts>() { return same_structure<parts>(); };
static_assert(of_every_choice<only(support::energy)>(every));
static_assert(of_every_choice<only(support::features)>(every));
static_assert(of_every_choice<only(support::window, support::energy, support::gradient)>(every));
static_assert(of_every_choice<dual>(every));

// What is known in one go is passed on, and made of nothing else.
struct InOneGo {
    RealSpace<> space() const { return RealSpace<>(2); }
    double log_density(const Vector&) const { return 0.0; }
    std::pair<double, Vector> log_density_and_gradient(const Vector& X) const { return {0.0, X}; }
};
using Density = Boltzmann<Bound<All>>;
static_assert(HasDensityAndGradient<AffineTarget<InOneGo>> && !HasDensityAndGradient<AffineTarget<Density>>);
static_assert(HasWalls<space_t<AffineTarget<InOneGo>>> && !HasWalls<RealSpace<>>);

// Products and stacks have what both parts have, but no moves of particles. A product knows differences from
// windows, too.
constexpr unsigned in_product(unsigned k) { return k & windows ? k | differences : k; }
template <unsigned k>
using Structured = Parts<all_parts & ~only(k& windows ? support::part_count : support::window,
                                           k& differences ? support::part_count : support::difference,
                                           k& gradients ? support::part_count : support::state_gradient,
                                           k& gradients ? support::part_count : support::both,
                                           k& forms ? support::part_count : support::quadratic)>;
template <unsigned k, unsigned l>
constexpr bool joined =
    of_target<Product<Boltzmann<Bound<Structured<k>>>, Boltzmann<Bound<Structured<l>>>>> ==
        (of_density(in_product(k) & in_product(l)) | lists) &&
    of_statistic<Stack<EnergyGradient<Structured<k>>, EnergyGradient<Structured<l>>>> ==
        (k & l & (windows | forms));
// A product tells neighbours where one part does and the other does or has windows.
template <unsigned hidden>
using Graph = Boltzmann<Bound<Parts<all_parts & ~hidden>>>;
constexpr unsigned no_list = only(support::neighbours), no_window = only(support::window);
static_assert(HasNeighbours<Product<Graph<0>, Graph<no_list>>>);
static_assert(HasNeighbours<Product<Graph<no_list>, Graph<no_window>>>);
static_assert(!HasNeighbours<Product<Graph<0>, Graph<no_list | no_window>>>);
static_assert(!HasNeighbours<Product<Graph<no_list>, Graph<no_list>>>);
template <unsigned k>
constexpr bool with_each = joined<k, 15> && joined<k, 14> && joined<k, 13> && joined<k, 11> && joined<k, 7>;
static_assert(with_each<15> && with_each<14> && with_each<13> && with_each<11> && with_each<7>);

/// sum_i X_i X_{i+2} on the ring, as a factor and as a statistic, with windows of three.
struct SecondNeighbours {
    double log_density(const Vector& X) const {
        double sum = 0.0;
        for (Index i = 0; i < 4; ++i) sum += X[i] * X[(i + 2) % 4];
        return sum;
    }
    Index size() const { return 1; }
    Vector operator()(const Vector& X) const { return Vector{{log_density(X)}}; }
    Window window() const { return {3, Boundary::periodic}; }
    bool translation_invariant() const { return true; }
    double local_log_density(Index, std::span<const double> w) const { return w[0] * w[2]; }
    Vector local(Index, std::span<const double> w) const { return Vector{{w[0] * w[2]}}; }
    double log_density_difference(const Vector& X, Index i, double v) const {
        return 2.0 * (v - X[i]) * X[(i + 2) % 4];
    }
    Vector log_density_gradient(const Vector& X) const { return 2.0 * Vector{{X[2], X[3], X[0], X[1]}}; }
    QuadraticForm quadratic(Index = 0) const {
        auto form = QuadraticForm::zero(4);
        for (Index i = 0; i < 4; ++i) form.A(i, (i + 2) % 4) = 2.0;
        return form;
    }
};

using NonLinear =
    Parts<all_parts & ~only(support::features, support::local_features, support::base, support::quadratic)>;
const Vector theta{{0.7, -0.4}};

TEST(Forwarding, PotentialsAgreeWithTheWhole) {
    const auto expect_right = [](const auto& u, const Vector& at) {
        EXPECT_EQ(check_coarse_potential(u, at), Findings{});
        EXPECT_EQ(check_fine_potential(Bound(u, at)), Findings{});
    };
    expect_right(All{}, theta);
    expect_right(NonLinear{}, theta);
    expect_right(with_terms(All{}, {0, 1}), theta);
    expect_right(with_terms(All{}, {1}), Vector{{-0.4}});
    expect_right(with_terms(NonLinear{}, {0}), Vector{{0.7}});
    expect_right(with_autodiff(All{}), theta);
    expect_right(with_autodiff(with_state_autodiff(Templated{})), theta);
    expect_right(with_state_autodiff(with_autodiff(Templated{})), theta);
    expect_right(with_terms(with_state_autodiff(with_autodiff(Templated{})), {0, 1}), theta);
    expect_right(with_state_autodiff(with_terms(with_autodiff(Templated{}), {0})), Vector{{0.7}});
    expect_right(with_state_autodiff(with_autodiff(with_terms(Templated{}, {0, 1}))), theta);
    expect_right(with_autodiff(with_terms(with_state_autodiff(Templated{}), {0})), Vector{{0.7}});
}

// What check_coarse_potential does not look at: the Laplacian, moves of particles, the other label.
TEST(Forwarding, OtherPartsAreThoseOfTheTermsThatStay) {
    const All all;
    Philox4x32 rng = make_stream(4, Purpose::check);
    const Vector X = all.space().random(rng), flipped = -X, site{{-0.4}}, pair{{0.7}};
    const auto expect_same = [&](const auto& u, const Vector& at, const Vector& at_all) {
        EXPECT_EQ(u.energy_laplacian(X, at), 2.4);
        auto moves = u.particle_moves(at);
        moves.take(X);
        Vector moved = X;
        moved[2] += 0.3;
        EXPECT_NEAR(moves.energy_difference(2, {0.3, 0.0, 0.0}),
                    all.energy(moved, at_all) - all.energy(X, at_all), 1e-12);
        const std::optional<Vector> other = u.flipped(at);
        ASSERT_TRUE(other.has_value());
        EXPECT_NEAR(energy(u, flipped, at), energy(u, X, *other), 1e-12);
        Boltzmann p(Bound(u, at), 0.8);
        auto of_target = p.particle_moves();
        of_target.take(X);
        EXPECT_EQ(of_target.energy_difference(1, {0.1, 0.0, 0.0}),
                  (moves.take(X), moves.energy_difference(1, {0.1, 0.0, 0.0})));
    };
    expect_same(all, theta, theta);
    expect_same(with_terms(all, {0, 1}), theta, theta);
    expect_same(with_terms(all, {1}), site, Vector{{0.0, -0.4}});
    expect_same(with_state_autodiff(with_autodiff(with_terms(all, {0}))), pair, Vector{{0.7, 0.0}});
}

TEST(Forwarding, DensitiesAndStatisticsAgreeWithTheWhole) {
    Philox4x32 rng = make_stream(1, Purpose::check);
    const All linear;
    const NonLinear non_linear;
    const Boltzmann p(Bound(linear, theta), 0.8);
    const Boltzmann q(Bound(non_linear, theta), 1.7);
    detail::FindingList list;
    for (int repeat = 0; repeat < 4; ++repeat) {
        const Vector X = linear.space().random(rng);
        const auto density = [&](const char* name, const auto& f) {
            detail::check_factor(list, name, f, linear.space(), X, rng);
            EXPECT_TRUE(f.translation_invariant()) << name;
        };
        const auto statistic = [&](const char* name, const auto& s) {
            detail::check_statistic(list, name, s, linear.space(), X, rng);
            EXPECT_TRUE(s.translation_invariant()) << name;
        };
        density("p", p);
        density("q", q);
        Vector slope = Vector::Ones(4), room = Vector::Zero(4);  // added to, and the value comes along
        EXPECT_NEAR(p.add_log_density_gradient(X, slope, room), p.log_density(X), 1e-12);
        EXPECT_NEAR((slope - Vector::Ones(4) - p.log_density_gradient(X)).norm(), 0.0, 1e-12);
        density("p f", Product(p, SecondNeighbours{}));
        density("p f q", Product(Product(p, SecondNeighbours{}), q));
        const EnergyGradient G(linear, theta);
        const EnergyHessian H(non_linear, theta);
        statistic("G", G);
        statistic("H", H);
        statistic("log p", LogDensity(p));
        statistic("(G, s)", Stack(G, SecondNeighbours{}));
        statistic("((s, H), log p)", Stack(Stack(SecondNeighbours{}, H), LogDensity(p)));
    }
    EXPECT_EQ(list.take(), Findings{});
}

/// 1 where all X_i are in [lower, upper], 0 elsewhere.
struct Walls {
    double lower, upper;

    double log_density(const Vector& X) const {
        double sum = 0.0;
        for (const double x : X) sum += local_log_density(0, std::span<const double>(&x, 1));
        return sum;
    }
    Window window() const { return {1, Boundary::periodic}; }
    double local_log_density(Index, std::span<const double> w) const {
        return w[0] >= lower && w[0] <= upper ? 0.0 : -std::numeric_limits<double>::infinity();
    }
};

// Out of what one part forbids, to what another does: the difference is -inf, not inf - inf.
TEST(Forwarding, NoPartOfAProductAllowsWhatAnotherForbids) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    const Boltzmann p(Bound(All{}, theta), 0.8);
    const Vector inside = Vector::Zero(4), above{{3.0, 0.0, 0.0, 0.0}};
    const Walls low{-1.0, 9.0}, high{-9.0, 1.0};
    const auto expect_walls = [&](const auto& product) {
        EXPECT_EQ(product.log_density_difference(above, 0, -3.0), -infinity);
        EXPECT_EQ(product.log_density_difference(inside, 0, -3.0), -infinity);
        EXPECT_EQ(product.log_density_difference(above, 0, 0.5), infinity);
        EXPECT_TRUE(std::isfinite(product.log_density_difference(inside, 0, 0.5)));
    };
    expect_walls(Product(Product(p, low), high));
    expect_walls(Product(Product(p, high), low));
}

/// Every other site is of another class.
struct ClassedWalls : Walls {
    Index site_class(Index i) const { return i % 2; }
    Index class_count() const { return 2; }
};

// Classes of a factor are those of a product whose target is alike at all sites; else each site is its own.
TEST(Forwarding, ClassesAreThoseOfTheFactor) {
    const ClassedWalls walls{{-1.0, 1.0}};
    const Product alike(Boltzmann(Bound(All{}, theta), 1.0), walls);
    EXPECT_EQ(alike.class_count(), 2);
    EXPECT_EQ(alike.site_class(3), 1);
    const Parts<all_parts & ~only(support::invariance)> varying;
    const Product apart(Boltzmann(Bound(varying, theta), 1.0), walls);
    EXPECT_EQ(apart.class_count(), 4);
    EXPECT_EQ(apart.site_class(3), 3);
    EXPECT_EQ(NeutralFactor{}.site_class(3), 0);
    EXPECT_EQ(EmptyStatistic{}.site_class(3), 0);
}

TEST(Forwarding, InvarianceIsThatOfAllParts) {
    const Parts<all_parts & ~only(support::invariance)> varying;
    const All invariant;
    const Boltzmann p(Bound(invariant, theta), 1.0);
    const Boltzmann q(Bound(varying, theta), 1.0);
    EXPECT_FALSE(is_translation_invariant(q));
    EXPECT_FALSE(is_translation_invariant(LogDensity(q)));
    EXPECT_FALSE(is_translation_invariant(Product(p, q)));
    EXPECT_FALSE(is_translation_invariant(Product(q, p)));
    EXPECT_FALSE(is_translation_invariant(Stack(EnergyGradient(varying, theta), SecondNeighbours{})));
    EXPECT_FALSE(is_translation_invariant(Stack(SecondNeighbours{}, EnergyGradient(varying, theta))));
    EXPECT_FALSE(is_translation_invariant(with_terms(varying, {1})));
    EXPECT_FALSE(is_translation_invariant(with_autodiff(varying)));
    EXPECT_TRUE(is_translation_invariant(with_terms(invariant, {1})));
    EXPECT_TRUE(is_translation_invariant(with_state_autodiff(with_autodiff(invariant))));
}

TEST(Forwarding, WindowsOfDifferentBoundariesAreRefusedAtOnce) {
    struct Open : SecondNeighbours {
        Window window() const { return {3, Boundary::open}; }
    };
    const All linear;
    EXPECT_THROW(Product(Boltzmann(Bound(linear, theta), 1.0), Open{}), ArgumentError);
    EXPECT_THROW(Stack(EnergyGradient(linear, theta), Open{}), ArgumentError);
}

using Names = std::vector<std::string>;

TEST(ModelParts, AreTheModelsOwn) {
    const All all;
    EXPECT_EQ(names_of(all, "theta_"), (Names{"pair", "site"}));
    EXPECT_EQ(start_of(all), (Vector{{0.1, 0.2}}));
    EXPECT_EQ(scales_of(all), (Vector{{3.0, 4.0}}));
    EXPECT_FALSE(is_admissible(all, Vector{{0.0, -11.0}}));
    const auto site = with_state_autodiff(with_autodiff(with_terms(all, {1})));
    EXPECT_EQ(names_of(site, "theta_"), (Names{"site"}));
    EXPECT_EQ(start_of(site), (Vector{{0.2}}));
    EXPECT_EQ(scales_of(site), (Vector{{4.0}}));
    EXPECT_FALSE(is_admissible(site, Vector{{-11.0}}));
    EXPECT_TRUE(is_admissible(site, Vector{{-9.0}}));
    ASSERT_EQ(site.two_valued_terms().size(), 1u);
    EXPECT_EQ(site.two_valued_terms()[0].feature, 0);
    EXPECT_EQ(site.two_valued_terms()[0].count, 8.0);
}

TEST(ModelParts, HaveDefaults) {
    const Parts<only(support::energy)> silent;
    EXPECT_EQ(names_of(silent, "theta_"), (Names{"theta_1", "theta_2"}));
    EXPECT_EQ(start_of(silent), Vector::Zero(2));
    EXPECT_EQ(scales_of(silent), Vector::Ones(2));
    EXPECT_TRUE(is_admissible(silent, Vector{{0.0, -11.0}}));
    EXPECT_FALSE(is_translation_invariant(silent));
}

}  // namespace
}  // namespace structure_forwarding_test
