// What is, and what is not, a space, a potential, a map: every bad type is a good one with one requirement
// missing. The tables are static; this file passes by compiling.
#include <predcg/concepts/coarse_potential.hpp>
#include <predcg/concepts/configuration_space.hpp>
#include <predcg/concepts/fine_potential.hpp>
#include <predcg/concepts/probabilistic_map.hpp>

#include "concept_types.hpp"

#include <gtest/gtest.h>

#include <list>

namespace concepts_models_test {
using namespace predcg;
using good::Text;
using good::Word;

namespace {

// ConfigurationSpace
namespace spaces {
struct NotCopyable : good::MoveOnly<good::Space> {};
struct NoConfigurationType {
    Index size() const { return 3; }
    Word random(Philox4x32&) const { return {}; }
};
struct ConfigurationNotCopyable : good::Space {
    using configuration_type = std::unique_ptr<int>;
    configuration_type random(Philox4x32&) const { return nullptr; }
};
struct NoSize : good::Space {
    Index size() const = delete;
};
struct SizeIsText : good::Space {
    Text size() const { return {}; }
};
struct SizeNotConst : good::Space {
    Index size() { return 3; }
};
struct NoRandom : good::Space {
    Word random(Philox4x32&) const = delete;
};
struct RandomOfAnotherType : good::Space {
    Text random(Philox4x32&) const { return {}; }
};
static_assert(ConfigurationSpace<good::Space> && ConfigurationSpace<good::Finite> &&
              ConfigurationSpace<good::Real>);
static_assert(!ConfigurationSpace<NotCopyable>);
static_assert(!ConfigurationSpace<NoConfigurationType>);
static_assert(!ConfigurationSpace<ConfigurationNotCopyable>);
static_assert(!ConfigurationSpace<NoSize> && !ConfigurationSpace<SizeIsText> &&
              !ConfigurationSpace<SizeNotConst>);
static_assert(!ConfigurationSpace<NoRandom> && !ConfigurationSpace<RandomOfAnotherType>);

// FiniteSpace
struct NoValues : good::Finite {
    void values() const = delete;
};
struct ValuesNotRandomAccess : good::Finite {
    const std::list<char>& values() const { return list; }
    std::list<char> list;
};
struct ValuesNoRange : good::Finite {
    char values() const { return 'a'; }
};
struct ValuesWithoutSize : good::Finite {
    const good::Endless& values() const { return endless; }
    good::Endless endless;
};
struct SitesCannotBeSet : good::Finite {
    using configuration_type = std::shared_ptr<int>;
    configuration_type random(Philox4x32&) const { return {}; }
};
struct Incomparable {};
struct LettersNotCompared : good::Space {
    using configuration_type = std::vector<Incomparable>;
    configuration_type random(Philox4x32&) const { return {}; }
    const std::array<Incomparable, 2>& values() const { return letters; }
    std::array<Incomparable, 2> letters{};
};
struct WriteOnly {
    char& operator[](std::size_t) { return letter; }
    char letter = 'a';
};
struct SitesCannotBeRead : good::Finite {
    using configuration_type = WriteOnly;
    configuration_type random(Philox4x32&) const { return {}; }
};
struct LettersOfAnotherType : good::Finite {
    const std::array<Text, 2>& values() const { return texts; }
    std::array<Text, 2> texts;
};
static_assert(FiniteSpace<good::Finite> && std::is_same_v<letter_t<good::Finite>, char>);
static_assert(!FiniteSpace<good::Space> && !FiniteSpace<good::Real>);
static_assert(!FiniteSpace<NoValues> && !FiniteSpace<ValuesNotRandomAccess> && !FiniteSpace<ValuesNoRange>);
static_assert(std::ranges::random_access_range<const good::Endless&> && !FiniteSpace<ValuesWithoutSize>);
static_assert(!FiniteSpace<LettersNotCompared> && !FiniteSpace<SitesCannotBeRead>);
static_assert(!FiniteSpace<SitesCannotBeSet> && !FiniteSpace<LettersOfAnotherType>);

// NumericSpace
enum class Colour : char {};
struct Colours : good::Space {
    using configuration_type = std::vector<Colour>;
    configuration_type random(Philox4x32&) const { return {}; }
    const std::array<Colour, 2>& values() const { return letters; }
    std::array<Colour, 2> letters{};
};
static_assert(NumericSpace<good::Finite>);
static_assert(FiniteSpace<Colours> && !NumericSpace<Colours>);
}  // namespace spaces

// FinePotential
namespace fine {
struct Good {
    good::Finite space() const { return {}; }
    double energy(const Word&) const { return 0.0; }
};
struct NotCopyable : good::MoveOnly<Good> {};
struct NoSpace : Good {
    void space() const = delete;
};
struct SpaceIsNone : Good {
    int space() const { return 3; }
};
struct NoEnergy : Good {
    void energy(const Word&) const = delete;
};
struct EnergyOfAnotherType : Good {
    double energy(const Text&) const { return 0.0; }
};
struct EnergyIsText : Good {
    Text energy(const Word&) const { return {}; }
};
struct EnergyIsAMatrix : Good {  // 1x1 products of Eigen convert to double
    Eigen::Matrix<double, 1, 1> energy(const Word&) const { return {}; }
};
struct EnergyNotConst : Good {
    double energy(const Word&) { return 0.0; }
};
static_assert(FinePotential<Good>);
static_assert(!FinePotential<NotCopyable> && !FinePotential<NoSpace> && !FinePotential<SpaceIsNone>);
static_assert(!FinePotential<NoEnergy> && !FinePotential<EnergyOfAnotherType> &&
              !FinePotential<EnergyIsText>);
static_assert(!FinePotential<EnergyIsAMatrix> && !FinePotential<EnergyNotConst>);

struct Chain : Good {
    Window window() const { return {}; }
    double local_energy(Index, std::span<const char>) const { return 0.0; }
    double energy_difference(const Word&, Index, char) const { return 0.0; }
    QuadraticForm quadratic() const { return {}; }
    Vector energy_gradient(const Word&) const { return {}; }
};
struct OnSpaceWithoutLetters : Chain {
    good::Space space() const { return {}; }
};
struct NoWindow : Chain {
    void window() const = delete;
};
struct WindowIsANumber : Chain {
    Text window() const { return {}; }
};
struct NoLocalEnergy : Chain {
    void local_energy(Index, std::span<const char>) const = delete;
};
struct LocalEnergyOfOtherLetters : Chain {
    double local_energy(Index, std::span<const int>) const { return 0.0; }
};
struct LocalEnergyIsText : Chain {
    Text local_energy(Index, std::span<const char>) const { return {}; }
};
struct NoDifference : Chain {
    void energy_difference(const Word&, Index, char) const = delete;
};
struct DifferenceIsText : Chain {
    Text energy_difference(const Word&, Index, char) const { return {}; }
};
struct NoQuadratic : Chain {
    void quadratic() const = delete;
};
struct QuadraticIsAMatrix : Chain {
    Matrix quadratic() const { return {}; }
};
struct NoGradient : Chain {
    void energy_gradient(const Word&) const = delete;
};
struct GradientIsANumber : Chain {
    double energy_gradient(const Word&) const { return 0.0; }
};
static_assert(ChainPotential<Chain> && !ChainPotential<Good> && !ChainPotential<OnSpaceWithoutLetters>);
static_assert(!ChainPotential<NoWindow> && !ChainPotential<WindowIsANumber>);
static_assert(!ChainPotential<LocalEnergyIsText>);
static_assert(!ChainPotential<NoLocalEnergy> && !ChainPotential<LocalEnergyOfOtherLetters>);
static_assert(HasEnergyDifference<Chain> && !HasEnergyDifference<OnSpaceWithoutLetters>);
static_assert(!HasEnergyDifference<NoDifference> && !HasEnergyDifference<DifferenceIsText>);
static_assert(QuadraticPotential<Chain> && !QuadraticPotential<NoQuadratic> &&
              !QuadraticPotential<QuadraticIsAMatrix>);
static_assert(HasEnergyGradient<Chain, Word> && !HasEnergyGradient<NoGradient, Word> &&
              !HasEnergyGradient<GradientIsANumber, Word> && !HasEnergyGradient<Chain, Text>);
}  // namespace fine

// ProbabilisticMap
namespace maps {
struct Factor {
    double log_density(const Word&) const { return 0.0; }
};
struct WithoutTypes {
    Index parameter_count() const { return 1; }
    Factor likelihood(const Text&, const Vector&) const { return {}; }
    Text sample(const Word&, const Vector&, Philox4x32&) const { return {}; }
};
struct Good : WithoutTypes {
    using fine_type = Text;
    using coarse_type = Word;
};
struct NotCopyable : good::MoveOnly<Good> {};
struct NoFineType : WithoutTypes {
    using coarse_type = Word;
};
struct NoCoarseType : WithoutTypes {
    using fine_type = Text;
};
struct NoCount : Good {
    void parameter_count() const = delete;
};
struct CountIsText : Good {
    Text parameter_count() const { return {}; }
};
struct NoLikelihood : Good {
    void likelihood(const Text&, const Vector&) const = delete;
};
struct LikelihoodWithoutDensity : Good {
    int likelihood(const Text&, const Vector&) const { return 0; }
};
struct LikelihoodOfFineType : Good {
    struct OfText {
        double log_density(const Text&) const { return 0.0; }
    };
    OfText likelihood(const Text&, const Vector&) const { return {}; }
};
struct NoSample : Good {
    void sample(const Word&, const Vector&, Philox4x32&) const = delete;
};
struct SampleOfCoarseType : Good {
    Word sample(const Word&, const Vector&, Philox4x32&) const { return {}; }
};
/// Prepares data to another form, which its likelihood takes.
struct Preparing : Good {
    int prepare(const Text&) const { return 0; }
    Factor likelihood(int, const Vector&) const { return {}; }
};
struct PreparedFormIsNotTheLikelihoods : Good {
    int prepare(const Text&) const { return 0; }
};
static_assert(ProbabilisticMap<Good> && ProbabilisticMap<Preparing>);
static_assert(std::is_same_v<prepared_t<Good>, Text> && std::is_same_v<prepared_t<Preparing>, int>);
static_assert(!ProbabilisticMap<NotCopyable> && !ProbabilisticMap<NoFineType> &&
              !ProbabilisticMap<NoCoarseType>);
static_assert(!ProbabilisticMap<NoCount> && !ProbabilisticMap<CountIsText>);
static_assert(!ProbabilisticMap<NoLikelihood> && !ProbabilisticMap<LikelihoodWithoutDensity> &&
              !ProbabilisticMap<LikelihoodOfFineType> && !ProbabilisticMap<PreparedFormIsNotTheLikelihoods>);
static_assert(!ProbabilisticMap<NoSample> && !ProbabilisticMap<SampleOfCoarseType>);

struct Statistic {
    Index size() const { return 1; }
    Vector operator()(const Word&) const { return {}; }
};
struct Learnable : Good {
    Statistic sufficient_statistic(const Text&) const { return {}; }
    Expansion expected_log_density(const Vector&, double, const Vector&) const { return {}; }
};
struct NoStatistic : Learnable {
    void sufficient_statistic(const Text&) const = delete;
};
struct StatisticIsANumber : Learnable {
    double sufficient_statistic(const Text&) const { return {}; }
};
struct NoExpectedDensity : Learnable {
    void expected_log_density(const Vector&, double, const Vector&) const = delete;
};
struct ExpectedDensityIsANumber : Learnable {
    double expected_log_density(const Vector&, double, const Vector&) const { return 0.0; }
};
struct LearnableWithoutSample : Learnable {
    void sample(const Word&, const Vector&, Philox4x32&) const = delete;
};
static_assert(StatisticMap<Learnable> && !StatisticMap<Good>);
static_assert(StatisticMap<LearnableWithoutSample> && !ProbabilisticMap<LearnableWithoutSample>);
static_assert(!StatisticMap<NoStatistic> && !StatisticMap<StatisticIsANumber>);
static_assert(!StatisticMap<NoExpectedDensity> && !StatisticMap<ExpectedDensityIsANumber>);
}  // namespace maps

TEST(Concepts, TablesOfModelsHold) { SUCCEED(); }

}  // namespace
}  // namespace concepts_models_test
