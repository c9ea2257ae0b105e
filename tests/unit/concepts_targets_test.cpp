// What is, and what is not, a target, a factor, a statistic, a sampler: every bad type is a good one
// with one requirement missing. The tables are static; this file passes by compiling.
#include <predcg/concepts/factor.hpp>
#include <predcg/concepts/sampler.hpp>
#include <predcg/concepts/statistic.hpp>

#include "concept_types.hpp"

#include <gtest/gtest.h>

#include <complex>
#include <random>

namespace concepts_targets_test {
using namespace predcg;
using good::Text;
using good::Word;

namespace {

// RealValue, VectorLike, MatrixLike, RandomBits
namespace values {
struct Number {
    operator double() const { return 0.0; }
};
struct ExplicitNumber {
    explicit operator double() const { return 0.0; }
};
static_assert(RealValue<double> && RealValue<float> && RealValue<int> && RealValue<const double&> &&
              RealValue<Number>);
static_assert(!RealValue<Text> && !RealValue<ExplicitNumber> && !RealValue<std::complex<double>> &&
              !RealValue<Vector> && !RealValue<Eigen::Matrix<double, 1, 1>>);
using Sum = decltype(std::declval<const Vector&>() + std::declval<const Vector&>());
static_assert(VectorLike<Vector> && VectorLike<const Vector&> && VectorLike<Eigen::Vector3d> &&
              VectorLike<Sum>);
static_assert(!VectorLike<double> && !VectorLike<Eigen::VectorXf> && !VectorLike<Eigen::VectorXcd> &&
              !VectorLike<Eigen::RowVectorXd> && !VectorLike<Matrix> && !VectorLike<std::vector<double>>);
static_assert(MatrixLike<Matrix> && MatrixLike<Vector> && MatrixLike<Eigen::Matrix2d>);
static_assert(!MatrixLike<double> && !MatrixLike<Eigen::MatrixXf> && !MatrixLike<Eigen::MatrixXcd>);
static_assert(extent_of<Eigen::Vector3d> == 3 && extent_of<Vector> == dynamic);
static_assert(detail::sum_of_extents(2, 3) == 5 && detail::sum_of_extents(2, dynamic) == dynamic &&
              detail::sum_of_extents(dynamic, 3) == dynamic);

struct Bits {
    using result_type = unsigned;
    static constexpr unsigned min() { return 0; }
    static constexpr unsigned max() { return 1; }
    unsigned operator()() { return 0; }
};
struct BitsWithoutResult : Bits {
    void operator()() = delete;
};
struct SignedBits : Bits {
    int operator()() { return 0; }
};
struct BitsWithoutMax : Bits {
    static constexpr unsigned max() = delete;
};
struct BitsWithoutMin : Bits {
    static constexpr unsigned min() = delete;
};
static_assert(RandomBits<Philox4x32> && RandomBits<std::mt19937_64> && RandomBits<Bits>);
static_assert(!RandomBits<std::random_device*> && !RandomBits<const Bits>);
static_assert(!RandomBits<BitsWithoutResult> && !RandomBits<SignedBits> && !RandomBits<BitsWithoutMax> &&
              !RandomBits<BitsWithoutMin>);
}  // namespace values

// Target and its structures; a factor is a target without space.
namespace targets {
struct Bare {
    double log_density(const Word&) const { return 0.0; }
};
struct Good : Bare {
    good::Finite space() const { return {}; }
    double log_density_difference(const Word&, Index, char) const { return 0.0; }
    Window window() const { return {}; }
    double local_log_density(Index, std::span<const char>) const { return 0.0; }
    QuadraticForm quadratic() const { return {}; }
    Vector log_density_gradient(const Word&) const { return {}; }
};
struct SpaceIsNone : Good {
    int space() const { return 3; }
};
struct LettersMissing : Good {
    good::Space space() const { return {}; }
};
struct NoDensity : Good {
    void log_density(const Word&) const = delete;
};
struct DensityIsText : Good {
    Text log_density(const Word&) const { return {}; }
};
struct DensityOfText : Good {
    double log_density(const Text&) const { return 0.0; }
};
struct NoRatio : Good {
    void log_density_difference(const Word&, Index, char) const = delete;
};
struct RatioIsText : Good {
    Text log_density_difference(const Word&, Index, char) const { return {}; }
};
struct NoWindow : Good {
    void window() const = delete;
};
struct WindowIsText : Good {
    Text window() const { return {}; }
};
struct NoWeight : Good {
    void local_log_density(Index, std::span<const char>) const = delete;
};
struct WeightIsText : Good {
    Text local_log_density(Index, std::span<const char>) const { return {}; }
};
struct WeightOfOtherLetters : Good {
    double local_log_density(Index, std::span<const int>) const { return 0.0; }
};
struct NoQuadratic : Good {
    void quadratic() const = delete;
};
struct QuadraticIsAMatrix : Good {
    Matrix quadratic() const { return {}; }
};
struct NoGradient : Good {
    void log_density_gradient(const Word&) const = delete;
};
struct GradientIsANumber : Good {
    double log_density_gradient(const Word&) const { return 0.0; }
};
static_assert(Target<Good> && FiniteTarget<Good> && LocalTarget<Good> && ChainTarget<Good> &&
              GaussianTarget<Good> && DifferentiableTarget<Good>);
static_assert(!Target<Bare> && !Target<SpaceIsNone> && !Target<NoDensity> && !Target<DensityIsText> &&
              !Target<DensityOfText>);
static_assert(Target<LettersMissing> && !FiniteTarget<LettersMissing> && !LocalTarget<LettersMissing> &&
              !ChainTarget<LettersMissing>);
static_assert(!LocalTarget<NoRatio> && !LocalTarget<RatioIsText> && !LocalTarget<NoDensity>);
static_assert(!ChainTarget<NoWindow> && !ChainTarget<WindowIsText> && !ChainTarget<NoWeight> &&
              !ChainTarget<WeightIsText> && !ChainTarget<WeightOfOtherLetters> && !ChainTarget<NoDensity>);
static_assert(!GaussianTarget<NoQuadratic> && !GaussianTarget<QuadraticIsAMatrix> &&
              !GaussianTarget<NoDensity>);
static_assert(!DifferentiableTarget<NoGradient> && !DifferentiableTarget<GradientIsANumber>);

static_assert(Factor<Bare, Word> && !Factor<Bare, Text> && !Factor<NoDensity, Word> &&
              !Factor<DensityIsText, Word>);
static_assert(HasWindow<Good> && !HasWindow<NoWindow> && !HasWindow<WindowIsText>);
static_assert(ChainFactor<Good, char> && !ChainFactor<Good, int> && !ChainFactor<NoWindow, char> &&
              !ChainFactor<NoWeight, char> && !ChainFactor<WeightIsText, char>);
static_assert(LocalFactor<Good, Word, char> && !LocalFactor<NoRatio, Word, char> &&
              !LocalFactor<RatioIsText, Word, char>);
static_assert(QuadraticFactor<Good> && !QuadraticFactor<NoQuadratic> && !QuadraticFactor<QuadraticIsAMatrix>);
static_assert(DifferentiableFactor<Good, Word> && !DifferentiableFactor<NoGradient, Word> &&
              !DifferentiableFactor<GradientIsANumber, Word>);
}  // namespace targets

namespace statistics {
struct Good {
    Index size() const { return 1; }
    Vector operator()(const Word&) const { return {}; }
    Window window() const { return {}; }
    Vector local(Index, std::span<const char>) const { return {}; }
    QuadraticForm quadratic(Index) const { return {}; }
};
struct NoSize : Good {
    void size() const = delete;
};
struct SizeIsText : Good {
    Text size() const { return {}; }
};
struct NoCall : Good {
    void operator()(const Word&) const = delete;
};
struct CallGivesANumber : Good {
    double operator()(const Word&) const { return 0.0; }
};
struct NoWindow : Good {
    void window() const = delete;
};
struct NoLocal : Good {
    void local(Index, std::span<const char>) const = delete;
};
struct LocalIsANumber : Good {
    double local(Index, std::span<const char>) const { return 0.0; }
};
struct NoQuadratic : Good {
    void quadratic(Index) const = delete;
};
struct QuadraticIsAMatrix : Good {
    Matrix quadratic(Index) const { return {}; }
};
static_assert(Statistic<Good, Word> && !Statistic<Good, Text>);
static_assert(!Statistic<NoSize, Word> && !Statistic<SizeIsText, Word> && !Statistic<NoCall, Word> &&
              !Statistic<CallGivesANumber, Word>);
static_assert(ChainStatistic<Good, char> && !ChainStatistic<Good, int>);
static_assert(!ChainStatistic<NoSize, char> && !ChainStatistic<NoWindow, char> &&
              !ChainStatistic<NoLocal, char> && !ChainStatistic<LocalIsANumber, char>);
static_assert(QuadraticStatistic<Good> && !QuadraticStatistic<NoSize> && !QuadraticStatistic<NoQuadratic> &&
              !QuadraticStatistic<QuadraticIsAMatrix>);
}  // namespace statistics

namespace samplers {
using targets::Good;
struct Kernel {
    void advance(const Good&, Word&, Philox4x32&) const {}
};
struct Tuned {
    struct State {};
    void advance(const Good&, Word&, State&, Philox4x32&) const {}
};
struct NotCopyable : good::MoveOnly<Kernel> {};
struct NoAdvance : Kernel {
    void advance(const Good&, Word&, Philox4x32&) const = delete;
};
struct AdvanceNotConst : Kernel {
    void advance(const Good&, Word&, Philox4x32&) {}
};
struct TunedWithoutState {
    void advance(const Good&, Word&, int&, Philox4x32&) const {}
};
static_assert(Sampler<Kernel, Good> && Sampler<Tuned, Good> && !Sampler<Kernel, targets::NoDensity>);
static_assert(!Sampler<NotCopyable, Good> && !Sampler<NoAdvance, Good> && !Sampler<AdvanceNotConst, Good> &&
              !Sampler<TunedWithoutState, Good>);
}  // namespace samplers

TEST(Concepts, TablesOfTargetsHold) { SUCCEED(); }

}  // namespace
}  // namespace concepts_targets_test
