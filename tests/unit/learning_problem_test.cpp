// The learning problem: its coordinates, ownership of data, agreement of its answers; and what every
// kind of fit does and does not know.
#include <predcg/engines/mean_field.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/gaussian/coarse_chain.hpp>
#include <predcg/models/ising/chain.hpp>
#include <predcg/predict/fine_scale.hpp>

#include "close.hpp"
#include "ising_grainer.hpp"
#include "test_seed.hpp"
#include "thrown.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <optional>
#include <vector>

namespace learning_problem_test {

namespace {

using namespace predcg;
using support::expect_close;

constexpr double beta = 0.8;

TEST(LearningProblem, BadScalesAreRefused) {
    EXPECT_EQ(
        support::thrown<ArgumentError>([] { (void)gaussian::coarse_chain({.length = 0.0}); }).argument(),
        "length");
    struct Odd : ising::CoarseChain<> {
        explicit Odd(Vector odd)
            : CoarseChain(ising::coarse_chain({.sites = 4, .linear = true, .pair_range = 1})),
              wrong(std::move(odd)) {}
        Vector scales() const { return wrong; }
        Vector wrong;
    };
    const auto names = [](const Vector& scales) {
        return support::thrown<ArgumentError>(
                   [&] { (void)Coordinates(1.0, Odd(scales), ising::bernoulli_map(), flat_prior()); })
            .argument();
    };
    EXPECT_EQ(names(Vector::Ones(3)), "length of scales()");
    EXPECT_EQ(names(Vector{{1.0, 0.0}}), "a scale");
}

TEST(LearningProblem, ItsAnswersAgree) {
    const auto grainer = support::ising_grainer({.sites = 6, .linear = true, .pair_range = 2}, 2,
                                                support::any_prior(weak_prior()));
    const auto samples = generate(ising::chain({.sites = 12, .field = 0.3}), {.beta = beta, .samples = 40});
    const auto data = grainer.prepare(samples, beta);
    const auto problem = grainer.problem(data);
    const Parameters at{Vector{{0.3, 0.7, -0.2}}, Vector{{0.9}}};
    const Vector z = problem.coordinates().z(at);
    expect_close(z, Vector{{0.3 * beta, 0.7 * beta, -0.2 * beta, 0.9}}, 1e-15, "z");
    const LearningPoint point = problem.point(z);
    const auto expansion = problem.evaluate(at);
    expect_close(point.log_likelihood, expansion.log_likelihood, 1e-13, "at z and at its parameters");
    expect_close(problem.log_likelihood(at), expansion.log_likelihood, 1e-12, "by log Z alone");
    double sum = 0.0;
    const Vector each = problem.log_likelihoods(at);
    for (Index k = 0; k < each.size(); ++k) sum += data.weights[static_cast<std::size_t>(k)] * each[k];
    expect_close(sum, expansion.log_likelihood, 1e-11, "datum by datum");
    EXPECT_EQ(point.value, point.log_likelihood + problem.log_prior(z));
    const auto [value, gradient] = problem.value_and_gradient(z);
    expect_close(value, point.value, 1e-12, "by means alone");
    expect_close(gradient, point.gradient, 1e-10, "its gradient");
    expect_close(Matrix(point.posterior_information - point.information),
                 Matrix(Matrix::Identity(4, 4) * 0.25), 1e-9, "the weak prior's");
    expect_close(Matrix(problem.complete_information(point) - point.posterior_information),
                 Matrix(expansion.missing.cwiseQuotient(problem.coordinates().factor() *
                                                        problem.coordinates().factor().transpose())),
                 1e-9, "complete - observed = missing");
}

TEST(LearningProblem, OwnsWhatIsHandedOver) {
    const auto grainer = support::ising_grainer({.sites = 4, .linear = true}, 2);
    const auto samples = generate(ising::chain({.sites = 8, .field = 0.3}), {.beta = beta, .samples = 10});
    const auto problem = grainer.problem(grainer.prepare(samples, beta));  // a temporary
    const auto data = grainer.prepare(samples, beta);
    const Parameters at{Vector{{0.3}}, Vector{{0.9}}};
    EXPECT_EQ(problem.log_likelihood(at), grainer.problem(data).log_likelihood(at));
    const auto referring = grainer.problem(data);
    EXPECT_EQ(&referring.data(), &data);
    std::optional owner = grainer.problem(grainer.prepare(samples, beta));
    const auto copy = *owner, copy_of_referring = referring;
    owner.reset();  // a copy has data of its own where the problem had, else refers to the same
    EXPECT_EQ(copy.log_likelihood(at), problem.log_likelihood(at));
    EXPECT_EQ(&copy_of_referring.data(), &data);
}

// A learner that ends with the expression leaves no problem behind.
template <class L, class D>
concept GivesAProblem =
    requires(L&& learner, D&& data) { std::forward<L>(learner).problem(std::forward<D>(data)); };
static_assert(GivesAProblem<const support::IsingGrainer&, const support::IsingGrainer::Data&>);
static_assert(GivesAProblem<const support::IsingGrainer&, support::IsingGrainer::Data>);
static_assert(!GivesAProblem<support::IsingGrainer, const support::IsingGrainer::Data&>);
static_assert(!GivesAProblem<support::IsingGrainer, support::IsingGrainer::Data>);

// 0.9 / 0.3 * 0.3 is less than 0.9: z goes to the prior as it is, not back from theta_c.
TEST(LearningProblem, APointOnABoundStaysThere) {
    constexpr double b = 0.3;
    static_assert(0.9 / b * b < 0.9);
    const auto samples = generate(ising::chain({.sites = 8, .field = 0.3}), {.beta = b, .samples = 20});
    const EMCoarseGrainer grainer{SamplesOnly<support::Spins>{},
                                  ising::coarse_chain({.sites = 4, .linear = true}),
                                  ising::bernoulli_map(),
                                  TransferMatrix{},
                                  Newton{},
                                  BlockPriors{TruncatedNormal{.mean = 1.0, .sd = 2.0, .lower = 0.9}, Flat{}}};
    const auto problem = grainer.problem(grainer.prepare(samples, b));
    const LearningPoint point = problem.point(Vector{{0.9, 1.0}});
    EXPECT_EQ(point.z[0], 0.9);
    EXPECT_TRUE(std::isfinite(point.value)) << point.value;
}

// Nothing is added by no data, as where one of several processes has none.
TEST(LearningProblem, AnEmptyBatchAddsNothing) {
    const auto grainer = support::ising_grainer({.sites = 4, .linear = true}, 2);
    const auto samples = generate(ising::chain({.sites = 8, .field = 0.3}), {.beta = beta, .samples = 10});
    const auto problem = grainer.problem(grainer.prepare(samples, beta));
    auto state = problem.state({Vector{{0.3}}, Vector{{0.9}}});
    ExpectedStatistics sums = problem.expect(state, {});
    const ExpectedStatistics all = problem.expect(state);
    sums += all;
    EXPECT_EQ(sums.count, all.count);
    EXPECT_EQ(sums.map, all.map);
    EXPECT_EQ(sums.covariance, all.covariance);
}

// Sums go chunk by chunk: of more data than a chunk they are the sums of the chunks' sums, in order.
// The log evidence of a sum is known where that of every part is.
TEST(LearningProblem, SumsKnowTheEvidenceOfAllOrOfNone) {
    const auto statistics = [](std::optional<double> log_evidence) {
        ExpectedStatistics s;
        s.count = 1.0;
        s.log_evidence = log_evidence;
        s.coarse = Vector::Ones(1);
        return s;
    };
    const auto moments = [](std::optional<double> log_partition) {
        BatchMoments m = BatchMoments::zero(1, Want::means);
        m.log_partition = log_partition;
        return m;
    };
    const auto sum = [](auto a, const auto& b) { return a += b; };
    EXPECT_EQ(sum(statistics(-1.0), statistics(-2.5)).log_evidence, -3.5);
    EXPECT_EQ(sum(moments(-1.0), moments(-2.5)).log_partition, -3.5);
    EXPECT_EQ(sum(statistics(-1.0), statistics({})).log_evidence, std::nullopt);
    EXPECT_EQ(sum(moments(-1.0), moments({})).log_partition, std::nullopt);
    EXPECT_EQ(sum(statistics({}), statistics(-2.5)).log_evidence, std::nullopt);
    EXPECT_EQ(sum(moments({}), moments(-2.5)).log_partition, std::nullopt);
}

TEST(LearningProblem, DataAreSummedInChunks) {
    const auto grainer = support::ising_grainer({.sites = 6, .linear = true, .pair_range = 1}, 2);
    const auto samples = generate(ising::chain({.sites = 12}), {.beta = 0.1, .samples = 6000});
    auto data = grainer.prepare(samples, 0.1);
    const auto count = static_cast<Index>(data.forms.size());
    while (static_cast<Index>(data.forms.size()) <= 2 * largest_chunk + 5) {  // few forms: repeat them
        data.forms.push_back(data.forms[data.forms.size() - static_cast<std::size_t>(count)]);
        data.weights.push_back(1.0);
        data.all.push_back(static_cast<Index>(data.all.size()));
    }
    const auto problem = grainer.problem(data);
    auto state = problem.state({Vector{{0.3, 0.7}}, Vector{{0.9}}});
    const Index chunk = TransferMatrix{}.chunk(
        SingleBatch(problem.coarse_target(state.at.theta), EnergyGradient(problem.coarse(), state.at.theta)));
    ASSERT_LE(chunk, largest_chunk);
    ExpectedStatistics chunks;
    for (Index first = 0; first < std::ssize(data.all); first += chunk)
        chunks += problem.expect(
            state, std::span(data.all).subspan(
                       static_cast<std::size_t>(first),
                       static_cast<std::size_t>(std::min(chunk, std::ssize(data.all) - first))));
    const ExpectedStatistics all = problem.expect(state);
    EXPECT_EQ(all.coarse, chunks.coarse);
    EXPECT_EQ(all.map, chunks.map);
    EXPECT_EQ(all.covariance, chunks.covariance);
    EXPECT_EQ(all.log_evidence, chunks.log_evidence);
    const Vector each = problem.log_likelihoods(state.at);
    EXPECT_EQ(each.size(), static_cast<Index>(data.forms.size()));
    for (const Index k : {count, count + chunk, Index(largest_chunk), 2 * largest_chunk + 3})
        EXPECT_NEAR(each[k], each[k - count], 1e-12) << "equal forms";
}

// An engine of one's own: it keeps a vector, and may forget to say log Z with the moments.
struct Counting {
    bool forgets = false;

    template <class T>
    using State = std::vector<int>;

    template <class T, class S>
    Moments expect(const T& target, const S& statistic, std::vector<int>& calls, const StreamKey&) const {
        calls.push_back(1);
        Moments m = TransferMatrix{}.expect(target, statistic);
        if (forgets) m.log_partition.reset();
        return m;
    }
    template <class T>
    double log_partition(const T& target) const {
        return TransferMatrix{}.log_partition(target);
    }
};

TEST(LearningProblem, TakesAnEngineThatKeepsAVector) {
    const auto data = generate(ising::chain({.sites = 12, .field = 0.3}), {.beta = 0.3, .samples = 5});
    const auto with = [&](auto engine) {
        return EMCoarseGrainer{SamplesOnly<std::vector<ising::Spin>>{},
                               ising::coarse_chain({.sites = 6, .pair_range = 1, .field = 0.3}),
                               ising::bernoulli_map({.level = 2}), engine};
    };
    const auto exact = with(TransferMatrix{});
    const auto own = with(Counting{});
    const auto a = exact.fit(data);
    const auto b = own.fit(data);
    EXPECT_NEAR(a.log_likelihood, b.log_likelihood, 1e-12);  // lanes against one by one: rounding
    EXPECT_NEAR(a["pair_1"], b["pair_1"], 1e-7);             // far out, where the likelihood is flat
    const auto prepared = own.prepare(data, 0.3);
    const auto problem = own.problem(prepared);
    const auto [value, gradient] = problem.value_and_gradient(problem.coordinates().z(b.parameters));
    EXPECT_NEAR(value, b.log_posterior, 1e-9);
    EXPECT_LT(linalg::largest(gradient), 1e-6);
    const auto forgetful = with(Counting{.forgets = true});
    EXPECT_EQ(support::thrown<ArgumentError>([&] { (void)forgetful.fit(data); }).argument(),
              "log_partition of the moments that the engine gave");
}

// What is not known is not there.
template <class F>
concept KnowsLikelihoods = requires(const F fit) { fit.log_likelihood; };
template <class F>
concept KnowsItsErrors = requires(const F fit) { fit.monte_carlo; };
template <class F>
concept KnowsABound = requires(const F fit) { fit.variational_objective; };
static_assert(KnowsLikelihoods<ExactEstimate> && !KnowsItsErrors<ExactEstimate> &&
              !KnowsABound<ExactEstimate>);
static_assert(!KnowsLikelihoods<VariationalEstimate> && KnowsABound<VariationalEstimate>);
static_assert(!KnowsLikelihoods<SampledEstimate> && KnowsItsErrors<SampledEstimate>);

TEST(Estimates, AreOfTheKindTheirEngineCanGive) {
    const auto samples = generate(ising::chain({.sites = 8, .field = 0.3}), {.beta = beta, .samples = 20});
    const auto fit = [&](const auto& engine) {
        return EMCoarseGrainer{SamplesOnly<support::Spins>{},
                               ising::coarse_chain({.sites = 4, .linear = true}),
                               ising::bernoulli_map(),
                               engine,
                               Newton{},
                               weak_prior()}
            .fit(samples, {.starts = 2});
    };
    const auto exact = fit(TransferMatrix{});
    static_assert(std::is_base_of_v<ExactEstimate, std::remove_const_t<decltype(exact)>>);
    EXPECT_TRUE(exact.trace.front().log_likelihood.has_value());
    EXPECT_TRUE(exact.starts.front().log_posterior.has_value());
    const auto bounded = fit(MeanField{});
    static_assert(std::is_base_of_v<VariationalEstimate, std::remove_const_t<decltype(bounded)>>);
    EXPECT_FALSE(bounded.trace.front().log_likelihood.has_value());
    EXPECT_FALSE(bounded.starts.front().log_posterior.has_value());
    static_assert(std::is_base_of_v<VariationalEstimate, decltype(bounded.with_engine(TransferMatrix{}))>,
                  "another engine predicts; the estimate stays what it is");
}

}  // namespace
/// Few hashes, so that forms meet in the table.
struct Hashed {
    int value;
    friend auto operator<=>(const Hashed&, const Hashed&) = default;
    std::uint64_t hash() const { return static_cast<std::uint64_t>(value % 7); }
};
struct Ordered {
    int value;
    friend auto operator<=>(const Ordered&, const Ordered&) = default;
};
struct Unknown {
    int value;
};

/// Values in the order in which they first came, and how often each came.
template <class Form>
std::vector<std::pair<int, int>> counted(const std::vector<int>& values) {
    detail::KnownForms<Form> known;
    std::vector<Form> forms;
    std::vector<std::pair<int, int>> counts;
    for (const int value : values) {
        forms.push_back({value});
        counts.emplace_back(value, 0);
        const std::size_t at = known.find_or_add(forms);
        if (at + 1 < forms.size()) {
            forms.pop_back();
            counts.pop_back();
        }
        ++counts[at].second;
    }
    return counts;
}

TEST(PreparedData, EqualFormsAreFoundByHashOrOrder) {
    auto rng = test_rng(606);
    std::vector<int> values;
    for (int k = 0; k < 3000; ++k) values.push_back(static_cast<int>(uniform(rng) * 400.0));
    std::vector<std::pair<int, int>> expected;
    for (const int value : values) {
        const auto at = std::find_if(expected.begin(), expected.end(),
                                     [&](const auto& entry) { return entry.first == value; });
        if (at == expected.end())
            expected.emplace_back(value, 1);
        else
            ++at->second;
    }
    EXPECT_EQ(counted<Hashed>(values), expected);
    EXPECT_EQ(counted<Ordered>(values), expected);
    EXPECT_EQ(counted<Unknown>(values).size(), values.size());
}

}  // namespace learning_problem_test
