// What is, and what is not, a coarse potential with this or that structure: every bad type is a good one with
// one requirement missing. The tables are static; this file passes by compiling.
#include <predcg/concepts/coarse_potential.hpp>

#include "concept_types.hpp"

#include <gtest/gtest.h>

namespace concepts_coarse_test {
using namespace predcg;
using good::Text;
using good::Word;

namespace {

struct Parametric {
    good::Finite space() const { return {}; }
    Index parameter_count() const { return 1; }
};
struct NotCopyable : good::MoveOnly<Parametric> {};
struct NoSpace : Parametric {
    void space() const = delete;
};
struct SpaceIsNone : Parametric {
    int space() const { return 3; }
};
struct NoCount : Parametric {
    void parameter_count() const = delete;
};
struct CountIsText : Parametric {
    Text parameter_count() const { return {}; }
};
struct CountNotConst : Parametric {
    Index parameter_count() { return 1; }
};
static_assert(ParametricPotential<Parametric>);
static_assert(!ParametricPotential<NotCopyable> && !ParametricPotential<NoSpace> &&
              !ParametricPotential<SpaceIsNone>);
static_assert(!ParametricPotential<NoCount> && !ParametricPotential<CountIsText> &&
              !ParametricPotential<CountNotConst>);
static_assert(!CoarsePotential<Parametric>);  // neither energy nor features

/// Adds features to a base, whose own shortcomings stay.
template <class Base>
struct WithFeatures : Base {
    Vector features(const Word&) const { return {}; }
};
template <class Base>
struct WithEnergy : Base {
    double energy(const Word&, const Vector&) const { return 0.0; }
};
using Linear = WithFeatures<Parametric>;
using NonLinear = WithEnergy<Parametric>;
static_assert(LinearCoarsePotential<Linear> && CoarsePotential<Linear> && LearnablePotential<Linear>);
static_assert(HasEnergy<NonLinear> && CoarsePotential<NonLinear>);
static_assert(!HasEnergy<Linear> && !LinearCoarsePotential<NonLinear> && !LearnablePotential<NonLinear>);
template <class Base>
inline constexpr bool nothing_of =
    !LinearCoarsePotential<WithFeatures<Base>> && !CoarsePotential<WithFeatures<Base>> &&
    !HasEnergy<WithEnergy<Base>> && !CoarsePotential<WithEnergy<Base>>;
static_assert(nothing_of<NoSpace> && nothing_of<SpaceIsNone> && nothing_of<NoCount> &&
              nothing_of<CountIsText>);

struct FeaturesAreANumber : Parametric {
    double features(const Word&) const { return 0.0; }
};
struct FeaturesAreIntegers : Parametric {
    Eigen::VectorXi features(const Word&) const { return {}; }
};
struct FeaturesAreAMatrix : Parametric {
    Matrix features(const Word&) const { return {}; }
};
struct FeaturesAreARow : Parametric {
    Eigen::RowVectorXd features(const Word&) const { return {}; }
};
struct FeaturesAreComplex : Parametric {
    Eigen::VectorXcd features(const Word&) const { return {}; }
};
struct FeaturesOfText : Parametric {
    Vector features(const Text&) const { return {}; }
};
struct FeaturesNotConst : Parametric {
    Vector features(const Word&) { return {}; }
};
struct FeaturesOfFixedSize : Parametric {
    Eigen::Vector3d features(const Word&) const { return {}; }
};
static_assert(LinearCoarsePotential<FeaturesOfFixedSize>);
static_assert(!LinearCoarsePotential<FeaturesAreANumber> && !LinearCoarsePotential<FeaturesAreIntegers>);
static_assert(!LinearCoarsePotential<FeaturesAreAMatrix> && !LinearCoarsePotential<FeaturesAreARow>);
static_assert(!LinearCoarsePotential<FeaturesAreComplex> && !LinearCoarsePotential<FeaturesOfText> &&
              !LinearCoarsePotential<FeaturesNotConst>);

struct EnergyIsText : Parametric {
    Text energy(const Word&, const Vector&) const { return {}; }
};
struct EnergyWithoutTheta : Parametric {
    double energy(const Word&) const { return 0.0; }
};
struct EnergyOfText : Parametric {
    double energy(const Text&, const Vector&) const { return 0.0; }
};
static_assert(!HasEnergy<EnergyIsText> && !HasEnergy<EnergyWithoutTheta> && !HasEnergy<EnergyOfText>);

struct Gradient : NonLinear {
    Vector parameter_gradient(const Word&, const Vector&) const { return {}; }
};
struct GradientIsANumber : NonLinear {
    double parameter_gradient(const Word&, const Vector&) const { return 0.0; }
};
struct GradientWithoutEnergy : Parametric {
    Vector parameter_gradient(const Word&, const Vector&) const { return {}; }
};
static_assert(HasParameterGradient<Gradient> && LearnablePotential<Gradient>);
static_assert(!HasParameterGradient<NonLinear> && !HasParameterGradient<GradientIsANumber> &&
              !HasParameterGradient<GradientWithoutEnergy> && !LearnablePotential<GradientWithoutEnergy>);

struct Hessian : Gradient {
    Matrix parameter_hessian(const Word&, const Vector&) const { return {}; }
};
struct HessianIsANumber : Gradient {
    double parameter_hessian(const Word&, const Vector&) const { return 0.0; }
};
struct HessianWithoutGradient : NonLinear {
    Matrix parameter_hessian(const Word&, const Vector&) const { return {}; }
};
static_assert(HasParameterHessian<Hessian> && !HasParameterHessian<Gradient> &&
              !HasParameterHessian<HessianIsANumber> && !HasParameterHessian<HessianWithoutGradient>);

// Chains: window() with local features, or with local energies.
struct LinearChain : Linear {
    Window window() const { return {}; }
    Vector local_features(Index, std::span<const char>) const { return {}; }
};
struct NonLinearChain : Gradient {
    Window window() const { return {}; }
    double local_energy(Index, std::span<const char>, const Vector&) const { return 0.0; }
    Vector local_parameter_gradient(Index, std::span<const char>, const Vector&) const { return {}; }
};
struct NoWindow : LinearChain {
    void window() const = delete;
};
struct WindowIsText : LinearChain {
    Text window() const { return {}; }
};
struct NoLocalFeatures : LinearChain {
    void local_features(Index, std::span<const char>) const = delete;
};
struct LocalFeaturesAreANumber : LinearChain {
    double local_features(Index, std::span<const char>) const { return 0.0; }
};
struct LocalFeaturesOfOtherLetters : LinearChain {
    Vector local_features(Index, std::span<const int>) const { return {}; }
};
struct LettersMissing : LinearChain {
    good::Space space() const { return {}; }
};
struct NoLocalEnergy : NonLinearChain {
    void local_energy(Index, std::span<const char>, const Vector&) const = delete;
};
struct LocalEnergyIsText : NonLinearChain {
    Text local_energy(Index, std::span<const char>, const Vector&) const { return {}; }
};
struct LocalGradientIsANumber : NonLinearChain {
    double local_parameter_gradient(Index, std::span<const char>, const Vector&) const { return 0.0; }
};
struct NoLocalGradient : NonLinearChain {
    void local_parameter_gradient(Index, std::span<const char>, const Vector&) const = delete;
};
static_assert(ChainCoarsePotential<LinearChain> && ChainCoarsePotential<NonLinearChain>);
static_assert(!ChainCoarsePotential<Linear> && !ChainCoarsePotential<Gradient>);
static_assert(!ChainCoarsePotential<NoWindow> && !ChainCoarsePotential<WindowIsText> &&
              !ChainCoarsePotential<LettersMissing>);
static_assert(!ChainCoarsePotential<NoLocalFeatures> && !ChainCoarsePotential<LocalFeaturesAreANumber> &&
              !ChainCoarsePotential<LocalFeaturesOfOtherLetters>);
static_assert(!ChainCoarsePotential<NoLocalEnergy> && !ChainCoarsePotential<LocalEnergyIsText> &&
              !detail::HasLocalParameterGradient<LocalGradientIsANumber>);
static_assert(detail::HasLocalParameterGradient<NonLinearChain> &&
              !detail::HasLocalParameterGradient<NoLocalGradient> &&
              !detail::HasLocalParameterGradient<NoLocalEnergy>);
static_assert(ChainCoarsePotential<NoLocalGradient>);  // p_c is a chain, though it cannot be learnt as one

struct Quadratic : Linear {
    QuadraticForm quadratic(const Vector&) const { return {}; }
    QuadraticForm feature_quadratic(Index) const { return {}; }
};
struct NoQuadratic : Quadratic {
    void quadratic(const Vector&) const = delete;
};
struct NoFeatureQuadratic : Quadratic {
    void feature_quadratic(Index) const = delete;
};
struct QuadraticIsAMatrix : Quadratic {
    Matrix quadratic(const Vector&) const { return {}; }
};
struct FeatureQuadraticIsAMatrix : Quadratic {
    Matrix feature_quadratic(Index) const { return {}; }
};
static_assert(!QuadraticCoarsePotential<FeatureQuadraticIsAMatrix>);
static_assert(QuadraticCoarsePotential<Quadratic> && !QuadraticCoarsePotential<Linear>);
static_assert(!QuadraticCoarsePotential<NoQuadratic> && !QuadraticCoarsePotential<NoFeatureQuadratic> &&
              !QuadraticCoarsePotential<QuadraticIsAMatrix>);

// Single members.
struct Members {
    double energy_difference(const Word&, Index, char, const Vector&) const { return 0.0; }
    Vector energy_gradient(const Word&, const Vector&) const { return {}; }
    bool admissible(const Vector&) const { return true; }
};
struct MembersOfOtherTypes {
    Text energy_difference(const Word&, Index, char, const Vector&) const { return {}; }
    double energy_gradient(const Word&, const Vector&) const { return 0.0; }
    Text admissible(const Vector&) const { return {}; }
};
static_assert(HasCoarseEnergyDifference<Members, Word, char> &&
              !HasCoarseEnergyDifference<MembersOfOtherTypes, Word, char> &&
              !HasCoarseEnergyDifference<Members, Text, char> &&
              !HasCoarseEnergyDifference<Linear, Word, char>);
static_assert(HasCoarseEnergyGradient<Members, Word> && !HasCoarseEnergyGradient<MembersOfOtherTypes, Word> &&
              !HasCoarseEnergyGradient<Linear, Word>);
static_assert(HasAdmissible<Members> && !HasAdmissible<MembersOfOtherTypes> && !HasAdmissible<Linear>);

TEST(Concepts, TablesOfCoarsePotentialsHold) { SUCCEED(); }

}  // namespace
}  // namespace concepts_coarse_test
