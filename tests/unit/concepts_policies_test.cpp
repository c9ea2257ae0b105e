// What is, and what is not, an engine, an optimizer, a prior, an observable: every bad type is a good one
// with one requirement missing. The tables are static; this file passes by compiling.
#include <predcg/concepts/expectation_engine.hpp>
#include <predcg/concepts/observable.hpp>
#include <predcg/concepts/optimizer.hpp>
#include <predcg/concepts/policies_passed_over.hpp>
#include <predcg/concepts/prior.hpp>

#include "concept_types.hpp"

#include <gtest/gtest.h>

namespace concepts_policies_test {
using namespace predcg;
using good::Text;
using good::Word;

namespace {

// Engines are asked about a target and a statistic.
namespace engines {
struct T {
    good::Finite space() const { return {}; }
    double log_density(const Word&) const { return 0.0; }
};
struct S {
    Index size() const { return 1; }
    Vector operator()(const Word&) const { return {}; }
};
struct SOfText : S {
    Vector operator()(const Text&) const { return {}; }
};
struct Draws {
    Word draw(Philox4x32&) { return {}; }
};
struct WithoutState {
    Moments expect(const T&, const S&, NoState&, const StreamKey&) const { return {}; }
    double log_partition(const T&) const { return 0.0; }
    SiteMoments site_moments(const T&, int) const { return {}; }
    Draws sampler(const T&) const { return {}; }
};
struct Good : WithoutState {
    template <class>
    using State = NoState;
};
struct NotCopyable : good::MoveOnly<Good> {};
struct Needy {
    explicit Needy(int) {}
};
struct StateNotDefaultConstructible : Good {
    template <class>
    using State = Needy;
    Moments expect(const T&, const S&, Needy&, const StreamKey&) const { return {}; }
};
struct NoExpect : Good {
    void expect(const T&, const S&, NoState&, const StreamKey&) const = delete;
};
struct ExpectGivesAVector : Good {
    Vector expect(const T&, const S&, NoState&, const StreamKey&) const { return {}; }
};
struct ExpectNotConst : Good {
    Moments expect(const T&, const S&, NoState&, const StreamKey&) { return {}; }
};
struct NoPartition : Good {
    void log_partition(const T&) const = delete;
};
struct PartitionIsText : Good {
    Text log_partition(const T&) const { return {}; }
};
struct NoSiteMoments : Good {
    void site_moments(const T&, int) const = delete;
};
struct SiteMomentsAreAMatrix : Good {
    Matrix site_moments(const T&, int) const { return {}; }
};
struct NoSampler : Good {
    void sampler(const T&) const = delete;
};
struct SamplerDoesNotDraw : Good {
    int sampler(const T&) const { return 0; }
};
struct SamplerDrawsText : Good {
    struct TextDraws {
        Text draw(Philox4x32&) { return {}; }
    };
    TextDraws sampler(const T&) const { return {}; }
};
static_assert(ExpectationEngine<Good, T, S> && NormalisingEngine<Good, T> && SiteMomentEngine<Good, T> &&
              SamplingEngine<Good, T>);
static_assert(!ExpectationEngine<Good, S, S> && !ExpectationEngine<Good, T, SOfText>);
static_assert(!ExpectationEngine<NotCopyable, T, S> && !ExpectationEngine<WithoutState, T, S> &&
              !ExpectationEngine<StateNotDefaultConstructible, T, S>);
static_assert(!ExpectationEngine<NoExpect, T, S> && !ExpectationEngine<ExpectGivesAVector, T, S> &&
              !ExpectationEngine<ExpectNotConst, T, S>);
static_assert(!NormalisingEngine<NoPartition, T> && !NormalisingEngine<PartitionIsText, T> &&
              !NormalisingEngine<Good, S>);
static_assert(!SiteMomentEngine<NoSiteMoments, T> && !SiteMomentEngine<SiteMomentsAreAMatrix, T> &&
              !SiteMomentEngine<Good, S>);
static_assert(!SamplingEngine<NoSampler, T> && !SamplingEngine<SamplerDoesNotDraw, T> &&
              !SamplingEngine<SamplerDrawsText, T> && !SamplingEngine<Good, S>);

// What is there in another form: found by a call, or by the address of a template; nothing else is.
struct Templates {
    Draws sampler(const auto&, int) const { return {}; }
    template <class Target>
    Draws chain_sampler(const Target&) {
        return {};
    }
    Matrix two_point(const auto&, Index) const { return {}; }
    Matrix letter_values(const auto&, int) const { return {}; }
    Good with_samples() const { return {}; }
};
struct ForOthers {
    Draws sampler(const S&) const { return {}; }
    Draws chain_sampler(const S&) { return {}; }
    int two_point(const S&, Index, Index) const { return 0; }
    Matrix letter_values(const S&) const { return {}; }
    double with_samples = 0.0;
    int kernel = 0, settings = 0, with_settings = 0;
};
struct Resizable : Good {
    struct Settings {
        Index samples = 0;
    };
    Settings settings() const { return {}; }
    Resizable with_samples(Index) const { return {}; }
    Resizable with_settings(const Settings&) { return {}; }
    int kernel() { return 0; }
};
struct Shrinking : Resizable {};  // what its base returns is no Shrinking
using Letters = std::array<double, 2>;
static_assert(predcg::detail::WrongSampler<SamplerDoesNotDraw, T> &&
              predcg::detail::WrongSampler<SamplerDrawsText, T> &&
              predcg::detail::WrongSampler<Templates, T> && !predcg::detail::WrongSampler<Good, T> &&
              !predcg::detail::WrongSampler<NoSampler, T> && !predcg::detail::WrongSampler<ForOthers, T>);
static_assert(predcg::detail::WrongChainSampler<Templates, T> &&
              !predcg::detail::WrongChainSampler<Good, T> &&
              !predcg::detail::WrongChainSampler<ForOthers, T>);
static_assert(predcg::detail::WrongTwoPoint<Templates, T> && !predcg::detail::WrongTwoPoint<Good, T> &&
              !predcg::detail::WrongTwoPoint<ForOthers, T>);
static_assert(predcg::detail::WrongLetterValues<Templates, Letters> &&
              !predcg::detail::WrongLetterValues<ForOthers, Letters> &&
              !predcg::detail::WrongLetterValues<Good, Letters>);
static_assert(predcg::detail::WrongWithSamples<Templates> && predcg::detail::WrongWithSamples<Shrinking> &&
              !predcg::detail::WrongWithSamples<Resizable> && !predcg::detail::WrongWithSamples<ForOthers> &&
              !predcg::detail::WrongWithSamples<Good>);
static_assert(predcg::detail::WrongKernel<Resizable> && !predcg::detail::WrongKernel<ForOthers> &&
              !predcg::detail::WrongKernel<Good>);
static_assert(!predcg::detail::WrongWithSettings<Resizable> &&  // whose settings have no refresh
              !predcg::detail::WrongWithSettings<ForOthers>);
}  // namespace engines

namespace optimizers {
struct Stateless {
    double tolerance() const { return 1e-9; }
    template <class State>
    std::optional<Vector> step(State&, const Vector&, const Vector&, const Matrix&) const {
        return std::nullopt;
    }
};
struct Good : Stateless {
    struct State {};
};
struct NotCopyable : good::MoveOnly<Good> {};
struct StateNotDefaultConstructible : Stateless {
    struct State {
        explicit State(int) {}
    };
};
struct NoTolerance : Good {
    void tolerance() const = delete;
};
struct ToleranceIsText : Good {
    Text tolerance() const { return {}; }
};
struct NoStep : Good {
    void step(State&, const Vector&, const Vector&, const Matrix&) const = delete;
};
struct StepIsText : Good {
    Text step(State&, const Vector&, const Vector&, const Matrix&) const { return {}; }
};
static_assert(Optimizer<Good>);
static_assert(!Optimizer<NotCopyable> && !Optimizer<Stateless> && !Optimizer<StateNotDefaultConstructible>);
static_assert(!Optimizer<NoTolerance> && !Optimizer<ToleranceIsText> && !Optimizer<NoStep> &&
              !Optimizer<StepIsText>);
}  // namespace optimizers

namespace priors {
struct Good {
    double log_density(const Vector&) const { return 0.0; }
    Vector gradient(const Vector&) const { return {}; }
    Matrix hessian(const Vector&) const { return {}; }
    bool proper() const { return true; }
};
struct NotCopyable : good::MoveOnly<Good> {};
struct NoDensity : Good {
    void log_density(const Vector&) const = delete;
};
struct DensityIsAVector : Good {
    Vector log_density(const Vector&) const { return {}; }
};
struct NoGradient : Good {
    void gradient(const Vector&) const = delete;
};
struct GradientIsANumber : Good {
    double gradient(const Vector&) const { return 0.0; }
};
struct NoHessian : Good {
    void hessian(const Vector&) const = delete;
};
struct HessianIsANumber : Good {
    double hessian(const Vector&) const { return 0.0; }
};
struct NoProper : Good {
    void proper() const = delete;
};
struct ProperIsText : Good {
    Text proper() const { return {}; }
};
static_assert(BlockPrior<Good> && !BlockPrior<NotCopyable>);
static_assert(!BlockPrior<NoDensity> && !BlockPrior<DensityIsAVector>);
static_assert(!BlockPrior<NoGradient> && !BlockPrior<GradientIsANumber>);
static_assert(!BlockPrior<NoHessian> && !BlockPrior<HessianIsANumber>);
static_assert(!BlockPrior<NoProper> && !BlockPrior<ProperIsText>);

template <class C, class M>
struct Pair {
    C coarse;
    M map;
};
struct CoarseOnly {
    Good coarse;
};
struct MapOnly {
    Good map;
};
static_assert(Prior<Pair<Good, Good>>);
static_assert(!Prior<CoarseOnly> && !Prior<MapOnly> && !Prior<Pair<NoHessian, Good>> &&
              !Prior<Pair<Good, NoHessian>> && !Prior<good::MoveOnly<Pair<Good, Good>>>);
}  // namespace priors

namespace observables {
struct Number {
    double operator()(const Word&) const { return 0.0; }
    int order() const { return 1; }
    double from_moments(const SiteMoments&) const { return 0.0; }
};
struct Numbers : Number {
    Vector operator()(const Word&) const { return {}; }
};
struct NoCall : Number {
    void operator()(const Word&) const = delete;
};
struct CallGivesText : Number {
    Text operator()(const Word&) const { return {}; }
};
struct CallGivesIntegers : Number {
    std::vector<int> operator()(const Word&) const { return {}; }
};
struct NoOrder : Number {
    void order() const = delete;
};
struct OrderIsText : Number {
    Text order() const { return {}; }
};
struct NoFromMoments : Number {
    void from_moments(const SiteMoments&) const = delete;
};
static_assert(Observable<Number, Word> && Observable<Numbers, Word> && !Observable<Number, Text>);
static_assert(!Observable<NoCall, Word> && !Observable<CallGivesText, Word> &&
              !Observable<CallGivesIntegers, Word>);
static_assert(MomentObservable<Number> && !MomentObservable<NoOrder> && !MomentObservable<OrderIsText> &&
              !MomentObservable<NoFromMoments>);
}  // namespace observables

TEST(Concepts, TablesOfPoliciesHold) { SUCCEED(); }

}  // namespace
}  // namespace concepts_policies_test
