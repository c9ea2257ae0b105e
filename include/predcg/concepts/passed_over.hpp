#pragma once
// Optional members that are there, but not as they are asked for: a concept does not hold then, and nothing
// says that the member is passed over. Each concept here is true of that, and each struct says it in words.
//
// A name is looked for by the address of the member. Overloads and templates have none that could be told
// from nothing: where members are often such, it is asked whether they can be called. Data are no functions.
#include <predcg/concepts/coarse_potential.hpp>
#include <predcg/concepts/prior.hpp>
#include <predcg/concepts/probabilistic_map.hpp>
#include <predcg/concepts/site_classes.hpp>
#include <predcg/core/neighbours.hpp>
#include <predcg/core/space.hpp>

#include <concepts>
#include <type_traits>

namespace predcg::detail {

/// The type of a member's address is that of a function.
template <class F>
concept FunctionMember = std::is_member_function_pointer_v<F> || std::is_function_v<std::remove_pointer_t<F>>;

// Models: potentials, maps, and what maps are made of.
template <class M>
concept WrongNames =
    requires { requires FunctionMember<decltype(&M::parameter_names)>; } && !HasParameterNames<M>;
template <class M>
concept WrongStart = requires { requires FunctionMember<decltype(&M::start)>; } && !HasStart<M>;
template <class M>
concept WrongScales = requires { requires FunctionMember<decltype(&M::scales)>; } && !HasScales<M>;
template <class M>
concept WrongFlip = requires { requires FunctionMember<decltype(&M::flipped)>; } && !HasFlip<M>;
template <class M>
concept WrongMoreStarts =
    requires { requires FunctionMember<decltype(&M::more_starts)>; } && !HasMoreStarts<M>;
template <class M>
concept WrongWeakPrior = requires { requires FunctionMember<decltype(&M::weak_prior)>; } && !HasWeakPrior<M>;
template <class T>
concept WrongInvariance =
    requires { requires FunctionMember<decltype(&T::translation_invariant)>; } && !HasInvariance<T>;

/// Of any model.
template <class M>
struct ModelParts {
    static_assert(
        !WrongNames<M>,
        "predcg: parameter_names() of a potential or a map would be passed over: it takes nothing, and "
        "returns std::vector<std::string>");
    static_assert(
        !WrongStart<M>,
        "predcg: start() of a potential or a map would be passed over: it takes nothing, and returns a "
        "column vector of doubles of Eigen's, one for each parameter");
    static_assert(
        !WrongScales<M>,
        "predcg: scales() of a potential or a map would be passed over: it takes nothing, and returns a "
        "column vector of doubles of Eigen's, one for each parameter");
    static_assert(!WrongFlip<M>,
                  "predcg: flipped(parameters) of a potential or a map would be passed over: it takes a "
                  "predcg::Vector, and returns one or a std::optional of one");
};

/// Of a function of X.
template <class T>
struct InvarianceParts {
    static_assert(!WrongInvariance<T>,
                  "predcg: translation_invariant() would be passed over: it takes nothing, and returns bool");
};

// Coarse potentials.
template <class U>
concept WrongAdmissible =
    requires { requires FunctionMember<decltype(&U::admissible)>; } && !HasAdmissible<U>;
template <class U>
concept WrongBaseEnergy =
    requires { requires FunctionMember<decltype(&U::base_energy)>; } && !HasBaseEnergy<U>;
template <class U>
concept WrongLaplacian =
    requires { requires FunctionMember<decltype(&U::energy_laplacian)>; } && !HasEnergyLaplacian<U>;
template <class U>
concept WrongParticleMoves =
    requires { requires FunctionMember<decltype(&U::particle_moves)>; } && !HasCoarseParticleMoves<U>;
template <class U>
concept WrongTwoValuedTerms =
    requires { requires FunctionMember<decltype(&U::two_valued_terms)>; } && !HasTwoValuedTerms<U>;

template <class U>
concept WrongHessian =
    requires { requires FunctionMember<decltype(&U::parameter_hessian)>; } && !HasParameterHessian<U>;
template <class U>
concept WrongGradient = (
                            requires { requires FunctionMember<decltype(&U::energy_gradient)>; } ||
                            requires { requires FunctionMember<decltype(&U::energy_and_gradient)>; }) &&
                        !HasCoarseEnergyGradient<U, configuration_t<space_t<U>>>;
template <class U>
concept WrongQuadratic = (
                             requires { requires FunctionMember<decltype(&U::quadratic)>; } ||
                             requires { requires FunctionMember<decltype(&U::feature_quadratic)>; }) &&
                         !QuadraticCoarsePotential<U>;
template <class T>
concept WrongNeighbours = requires(const T t) { t.neighbours(); } && !HasNeighbours<T>;

/// A function of X of any space.
template <class U>
struct PotentialParts : ModelParts<U>, InvarianceParts<U> {
    static_assert(!WrongAdmissible<U>,
                  "predcg: admissible(theta) of the coarse potential would be passed over: it takes a "
                  "predcg::Vector, and returns bool");
    static_assert(
        !WrongBaseEnergy<U>,
        "predcg: base_energy(X) of the coarse potential would be passed over: it takes a configuration, "
        "and returns double");
    static_assert(
        !WrongHessian<U>,
        "predcg: parameter_hessian(X, theta) of the coarse potential would be passed over: it takes a "
        "configuration and a predcg::Vector, returns a matrix of doubles of Eigen's, and goes with "
        "energy(X, theta) and parameter_gradient(X, theta)");
    static_assert(
        !WrongGradient<U>,
        "predcg: the gradient by X of the coarse potential would be passed over: energy_gradient(X, "
        "theta) returns a vector of doubles, or what X is, and energy_and_gradient(X, theta, gradient) "
        "double");
    static_assert(
        !WrongQuadratic<U>,
        "predcg: the quadratic form of the coarse potential would be passed over: quadratic(theta) and "
        "feature_quadratic(k) go together, and return predcg::QuadraticForm");
    static_assert(!WrongNeighbours<U>,
                  "predcg: neighbours() of the coarse potential would be passed over: it returns a "
                  "predcg::NeighbourList");
    static_assert(
        !WrongLaplacian<U>,
        "predcg: energy_laplacian(X, theta) of the coarse potential would be passed over: it takes a "
        "configuration and a predcg::Vector, and returns double");
    static_assert(!WrongParticleMoves<U>,
                  "predcg: particle_moves(theta) of the coarse potential would be passed over: it takes a "
                  "predcg::Vector, and returns an object with size(), take(X), energy_difference(i, step), "
                  "accept() and give(X) (concept ParticleMoves)");
    static_assert(
        !WrongTwoValuedTerms<U>,
        "predcg: two_valued_terms() of the coarse potential would be passed over: it takes nothing, and "
        "returns std::vector<predcg::TwoValuedTerms>");
};

// The same on a finite space. W: the letters of a window, which are easily written before the site.
template <class U, class W>
concept WrongLocalFeatures = (
                                 requires { requires FunctionMember<decltype(&U::local_features)>; } ||
                                 requires(const U u, Index i, W w) { u.local_features(w, i); }) &&
                             !HasLocalFeatures<U>;
template <class U, class W>
concept WrongLocalBaseEnergy = (
                                   requires { requires FunctionMember<decltype(&U::local_base_energy)>; } ||
                                   requires(const U u, Index i, W w) { u.local_base_energy(w, i); }) &&
                               !HasLocalBaseEnergy<U>;
template <class U, class W>
concept WrongLocalEnergy =
    (
        requires { requires FunctionMember<decltype(&U::local_energy)>; } ||
        requires(const U u, Index i, W w, const Vector& theta) { u.local_energy(w, i, theta); }) &&
    !HasLocalEnergy<U>;
template <class U, class W>
concept WrongLocalDerivatives = (requires {
                                    requires FunctionMember<decltype(&U::local_parameter_gradient)>;
                                } && !HasLocalParameterGradient<U>) || (requires {
                                    requires FunctionMember<decltype(&U::local_parameter_hessian)>;
                                } && !HasLocalParameterHessian<U>);
template <class U>
concept WrongDifference = requires { requires FunctionMember<decltype(&U::energy_difference)>; } &&
                          !HasCoarseEnergyDifference<U, configuration_t<space_t<U>>, letter_t<space_t<U>>>;

template <class U, class W = std::span<const letter_t<space_t<U>>>>
struct FinitePotentialParts : PotentialParts<U> {
    static_assert(!WrongLocalFeatures<U, W>,
                  "predcg: local_features(i, w) of the coarse potential would be passed over: it takes a "
                  "predcg::Index, then a std::span of const letters, returns a column vector of doubles of "
                  "Eigen's, and goes with features(X)");
    static_assert(!WrongLocalBaseEnergy<U, W>,
                  "predcg: local_base_energy(i, w) of the coarse potential would be passed over: it takes a "
                  "predcg::Index, then a std::span of const letters, and returns double");
    static_assert(
        !WrongLocalEnergy<U, W>,
        "predcg: local_energy(i, w, theta) of the coarse potential would be passed over: it takes a "
        "predcg::Index, then a std::span of const letters and a predcg::Vector, and returns double");
    static_assert(
        !WrongLocalDerivatives<U, W>,
        "predcg: local_parameter_gradient(i, w, theta) or local_parameter_hessian(i, w, theta) of the "
        "coarse potential would be passed over: they take a predcg::Index, then a std::span of const "
        "letters and a predcg::Vector, return a column vector and a matrix of doubles of Eigen's, and "
        "go with local_energy(i, w, theta)");
    static_assert(
        !WrongDifference<U>,
        "predcg: energy_difference(X, i, v, theta) of the coarse potential would be passed over: it "
        "takes a configuration, a predcg::Index, a letter and a predcg::Vector, and returns double");
};

// Fine potentials.
template <class U>
concept WrongFineGradient = (
                                requires { requires FunctionMember<decltype(&U::energy_gradient)>; } ||
                                requires { requires FunctionMember<decltype(&U::energy_and_gradient)>; }) &&
                            !HasEnergyGradient<U, configuration_t<space_t<U>>>;
template <class U>
concept WrongFineQuadratic =
    requires { requires FunctionMember<decltype(&U::quadratic)>; } && !QuadraticPotential<U>;
template <class U>
concept WrongFineMoves =
    requires { requires FunctionMember<decltype(&U::particle_moves)>; } && !MovesParticles<U>;
template <class U>
concept WrongFineLocalEnergy =
    FiniteSpace<space_t<U>> &&
    (
        requires { requires FunctionMember<decltype(&U::local_energy)>; } ||
        requires(const U u, Index i, std::span<const letter_t<space_t<U>>> w) { u.local_energy(w, i); }) &&
    !ChainPotential<U>;
template <class U>
concept WrongFineDifference = FiniteSpace<space_t<U>> && requires {
    requires FunctionMember<decltype(&U::energy_difference)>;
} && !HasEnergyDifference<U>;

template <class U>
struct FinePotentialParts : InvarianceParts<U> {
    static_assert(!WrongNeighbours<U>,
                  "predcg: neighbours() of the fine model would be passed over: it returns a "
                  "predcg::NeighbourList");
    static_assert(
        !WrongFineGradient<U>,
        "predcg: the gradient by x of the fine model would be passed over: energy_gradient(x) returns a "
        "vector of doubles, or what x is, and energy_and_gradient(x, gradient) double");
    static_assert(!WrongFineQuadratic<U>,
                  "predcg: quadratic() of the fine model would be passed over: it takes nothing, and returns "
                  "predcg::QuadraticForm");
    static_assert(
        !WrongFineMoves<U>,
        "predcg: particle_moves() of the fine model would be passed over: it takes nothing, and returns "
        "an object with size(), take(X), energy_difference(i, step), accept() and give(X) (concept "
        "ParticleMoves)");
    static_assert(
        !WrongFineLocalEnergy<U>,
        "predcg: local_energy(i, w) of the fine model would be passed over: it takes a predcg::Index, "
        "then a std::span of const letters, returns double, and goes with window()");
    static_assert(!WrongFineDifference<U>,
                  "predcg: energy_difference(x, i, v) of the fine model would be passed over: it takes a "
                  "configuration, a predcg::Index and a letter, and returns double");
};

// Likelihoods, as factors in X.
template <class F, class L>
concept WrongLocalLogDensity =
    (
        requires { requires FunctionMember<decltype(&F::local_log_density)>; } ||
        requires(const F f, Index i, std::span<const L> w) { f.local_log_density(w, i); }) &&
    !ChainFactor<F, L>;
template <class F, class X, class L>
concept WrongLogDensityDifference =
    requires { requires FunctionMember<decltype(&F::log_density_difference)>; } && !LocalFactor<F, X, L>;
template <class F, class X>
concept WrongLogDensityGradient =
    requires { requires FunctionMember<decltype(&F::log_density_gradient)>; } && !DifferentiableFactor<F, X>;
template <class F>
concept WrongFactorQuadratic =
    requires { requires FunctionMember<decltype(&F::quadratic)>; } && !QuadraticFactor<F>;
template <class F>
concept WrongSiteClass = (
                             requires { requires FunctionMember<decltype(&F::site_class)>; } ||
                             requires { requires FunctionMember<decltype(&F::class_count)>; }) &&
                         !ClassifiedSites<F>;

/// L: the letter of X; void* where it has none.
template <class F, class X, class L>
struct LikelihoodParts : InvarianceParts<F> {
    static_assert(!WrongNeighbours<F>,
                  "predcg: neighbours() of the map's likelihood would be passed over: it returns a "
                  "predcg::NeighbourList");
    static_assert(std::is_same_v<L, void*> || !WrongLocalLogDensity<F, L>,
                  "predcg: local_log_density(i, w) of the map's likelihood would be passed over: it takes a "
                  "predcg::Index, then a std::span of const letters, returns double, and goes with window()");
    static_assert(
        std::is_same_v<L, void*> || !WrongLogDensityDifference<F, X, L>,
        "predcg: log_density_difference(X, i, v) of the map's likelihood would be passed over: it takes "
        "a configuration, a predcg::Index and a letter, and returns double");
    static_assert(!WrongLogDensityGradient<F, X>,
                  "predcg: log_density_gradient(X) of the map's likelihood would be passed over: it takes a "
                  "configuration, and returns a vector of doubles, or what X is");
    static_assert(!WrongFactorQuadratic<F>,
                  "predcg: quadratic() of the map's likelihood would be passed over: it takes nothing, and "
                  "returns predcg::QuadraticForm");
    static_assert(
        !WrongSiteClass<F>,
        "predcg: site_class(i) and class_count() of the map's likelihood would be passed over: they go "
        "together, and return predcg::Index");
};

// Maps.
template <class M>
concept WrongPrepare =
    requires { requires FunctionMember<decltype(&M::prepare)>; } && !PreparesData<M, typename M::fine_type>;
template <class M>
concept WrongCoarseSize =
    requires { requires FunctionMember<decltype(&M::coarse_size)>; } && !HasCoarseSize<M>;
template <class M, class Letter>
concept WrongTakes = requires { requires FunctionMember<decltype(&M::takes)>; } &&
                     !std::is_same_v<Letter, void*> && !TakesLetters<M, Letter>;  // void*: not known
/// One that is written for other priors is none.
template <class M, class P>
concept WrongMaximiser = requires(const M map, const Vector& T, double count, const P& prior) {
    map.maximiser(T, count, prior);
} && !HasMaximiser<M, P>;
template <class M>
concept WrongAt = requires { requires FunctionMember<decltype(&M::at)>; } && !HasAt<M>;
template <class M>
concept WrongFineMoments =
    requires { requires FunctionMember<decltype(&M::fine_moments)>; } && !CarriesMoments<M>;
template <class M>
concept WrongConditionalMoments = requires { requires FunctionMember<decltype(&M::conditional_moments)>; } &&
                                  !HasConditionalMoments<M> && !HasConditionalLetterMoments<M>;
template <class M>
concept WrongCoarseLags =
    requires { requires FunctionMember<decltype(&M::coarse_lags)>; } && !HasCoarseLags<M>;
template <class M>
concept WrongNaturalValues = (
                                 requires { requires FunctionMember<decltype(&M::natural)>; } ||
                                 requires { requires FunctionMember<decltype(&M::unconstrained)>; } ||
                                 requires { requires FunctionMember<decltype(&M::natural_names)>; }) &&
                             !HasNaturalValues<M>;

/// What predictions ask of a map.
template <class M>
struct PredictedMapParts {
    static constexpr bool asked = true;  // who reads it sees the sentences
    static_assert(!WrongFineMoments<M>,
                  "predcg: fine_moments(moments, eta) of the map would be passed over: it takes "
                  "predcg::SiteMoments and a predcg::Vector, and returns predcg::SiteMoments");
    static_assert(
        !WrongConditionalMoments<M>,
        "predcg: conditional_moments(coarse_sites, eta) of the map would be passed over: it takes a "
        "predcg::Index and a predcg::Vector, and returns an object with size() and operator()(X) -> "
        "predcg::SiteMoments (concept ConditionalMoments)");
    static_assert(!WrongCoarseLags<M>,
                  "predcg: coarse_lags(lags) of the map would be passed over: it takes a predcg::Index, and "
                  "returns one");
};

/// Of a map that is learnt. Letter: of the coarse configurations; P: the prior of eta; F: its likelihood.
template <class M, class Letter, class P, class F>
struct MapParts : ModelParts<M>, PredictedMapParts<M>, LikelihoodParts<F, typename M::coarse_type, Letter> {
    static_assert(!WrongMoreStarts<M>,
                  "predcg: more_starts() of the map would be passed over: it takes nothing, and returns "
                  "std::vector<predcg::Vector>");
    static_assert(
        !WrongWeakPrior<M>,
        "predcg: weak_prior() of the map would be passed over: it takes nothing, and returns a block "
        "with log_density, gradient, hessian and proper() (concept BlockPrior)");
    static_assert(!WrongPrepare<M>,
                  "predcg: prepare(x) of the map would be passed over: it takes the map's fine_type");
    static_assert(
        !WrongCoarseSize<M>,
        "predcg: coarse_size(form) of the map would be passed over: it takes what prepare(x) returns, "
        "or x where there is no prepare, and returns predcg::Index");
    static_assert(!WrongTakes<M, Letter>,
                  "predcg: takes(letter) of the map would be passed over: it takes a letter of the coarse "
                  "configurations, and returns bool");
    static_assert(!WrongMaximiser<M, P>,
                  "predcg: maximiser(T, count, prior) of the map would be passed over: it returns "
                  "std::optional<predcg::Vector>");
    static_assert(
        !WrongAt<M>,
        "predcg: at(eta, with_score) of the map would be passed over: it takes a predcg::Vector and a "
        "bool, and returns an object with likelihood(form), and with score(form) where the map has "
        "that");
    static_assert(!WrongNaturalValues<M>,
                  "predcg: natural values of the map would be passed over: natural(k, eta_k) -> "
                  "predcg::NaturalParameter, unconstrained(k, value) -> double and natural_names() -> "
                  "std::vector<std::string> go together");
};

// Spaces and targets of R^n.
template <class S>
concept WrongWalls = requires { requires FunctionMember<decltype(&S::walls)>; } && !HasWalls<S>;
template <class T>
concept WrongDensityAndGradient = requires {
    requires FunctionMember<decltype(&T::log_density_and_gradient)>;
} && !HasDensityAndGradient<T>;
template <class T, class X>
concept WrongAddsGradient =
    requires { requires FunctionMember<decltype(&T::add_log_density_gradient)>; } && !AddsGradient<T, X>;
template <class S>
struct SpaceParts {
    static constexpr bool asked = true;
    static_assert(!WrongScales<S>,
                  "predcg: scales() of a space would be passed over: it takes nothing, and returns a column "
                  "vector of doubles of Eigen's, one for each coordinate");
    static_assert(!WrongWalls<S>,
                  "predcg: walls() of a space would be passed over: it takes nothing, and returns a range of "
                  "predcg::Wall");
};

}  // namespace predcg::detail
