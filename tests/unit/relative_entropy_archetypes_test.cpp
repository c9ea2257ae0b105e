// Relative entropy with types that promise no more than their concepts: words of three letters that are no
// numbers, maps to a point and to tied letters, a potential that is not linear.
#include <predcg/engines/enumeration.hpp>
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/predict/fine_scale.hpp>
#include <predcg/predict/predict.hpp>
#include <predcg/relative_entropy/divergence.hpp>
#include <predcg/relative_entropy/relative_entropy.hpp>

#include "chain_archetypes.hpp"
#include "close.hpp"
#include "differences.hpp"
#include "test_seed.hpp"

#include <gtest/gtest.h>

#include <array>

namespace relative_entropy_archetypes_test {
using namespace predcg;
using namespace archetype;
using support::expect_close;

namespace {

constexpr double beta = 0.8;

/// A word's letter is the first of its two; nothing else is known of it.
struct First {
    using fine_type = Sentence;
    using coarse_type = Word;
    Word operator()(const Sentence& x) const {
        Word X(words);
        for (std::size_t r = 0; r < words; ++r) X[r] = x[r * level];
        return X;
    }
};

/// Either of its two letters, if they differ.
struct Either {
    using fine_type = Sentence;
    using coarse_type = Word;
    SiteLetters<Letter> operator()(const Sentence& x) const {
        SiteLetters<Letter> X;
        for (std::size_t r = 0; r < words; ++r) {
            const std::array<Letter, 2> both{x[r * level], x[r * level + 1]};
            if (both[0] == both[1])
                X.add(both[0]);
            else
                X.add_tie(both);
        }
        return X;
    }
    /// Weighted: 1 + 4/2 for every letter.
    double log_preimages(const Word&) const { return words * std::log(3.0); }
};

static_assert(DeterministicMap<First> && DeterministicMap<Either>);
static_assert(std::is_same_v<image_t<First>, Word> && std::is_same_v<image_t<Either>, SiteLetters<Letter>>);
static_assert(!DeterministicMap<Map> && !DeterministicMap<int>);
static_assert(LatentMap<MappedData<First>> && LatentMap<MappedData<Either>>);
static_assert(std::equality_comparable<SiteLetters<Letter>> && !std::totally_ordered<SiteLetters<Letter>>);

struct NoOperator {
    using fine_type = Sentence;
    using coarse_type = Word;
};
struct OtherImage : NoOperator {
    Sentence operator()(const Sentence& x) const { return x; }
};
struct NoTypes {
    Word operator()(const Sentence&) const { return Word(words); }
};
static_assert(!DeterministicMap<NoOperator> && !DeterministicMap<OtherImage> && !DeterministicMap<NoTypes>);

const Samples<Sentence>& data() {
    static const auto samples = generate(Fine{}, {.beta = beta, .samples = 60, .seed = test_seed()});
    return samples;
}

template <class F>
void for_each_word(F&& f) {
    Word X(words);
    for (const Letter& first : {a, b, c})
        for (const Letter& second : {a, b, c})
            for (const Letter& third : {a, b, c}) {
                X[0] = first;
                X[1] = second;
                X[2] = third;
                f(X);
            }
}

/// Probability of a word under what a map says.
double probability(const Word& X, const Word& image) {
    for (std::size_t i = 0; i < words; ++i)
        if (!(X[i] == image[i])) return 0.0;
    return 1.0;
}
double probability(const Word& X, const SiteLetters<Letter>& image) {
    double p = 1.0;
    for (std::size_t i = 0; i < words; ++i) {
        double here = 0.0;
        for (std::size_t k = 0; k < image.letters(Index(i)).size(); ++k)
            if (image.letters(Index(i))[k] == X[i]) here = image.probabilities(Index(i))[k];
        p *= here;
    }
    return p;
}

/// -(1/N) sum_i E_xi[ln p_c] + (beta theta)^2 / (8 N), with U_c = linear(theta) . features.
template <class Xi, class L>
double objective(const Xi& xi, const Vector& theta, L&& linear) {
    const Eigen::Vector2d t = linear(theta);
    double Z = 0.0, sum = 0.0;
    for_each_word([&](const Word& X) { Z += std::exp(-beta * t.dot(Linear().features(X))); });
    for (const Sentence& x : data())
        for_each_word([&](const Word& X) {
            sum += probability(X, xi(x)) * (-beta * t.dot(Linear().features(X)) - std::log(Z));
        });
    return (-sum + beta * beta * theta.squaredNorm() / 8.0) / 60.0;
}

const auto as_it_is = [](const Vector& theta) { return Eigen::Vector2d(theta[0], theta[1]); };
const auto bent = [](const Vector& theta) {
    return Eigen::Vector2d(std::sinh(theta[0]), theta[0] + theta[1]);
};
const BlockPriors prior{Normal{0.0, 2.0}, Flat{}};

template <class Coarse, class Xi, class Engine, class L>
auto expect_minimum(const Coarse& coarse, const Xi& xi, const Engine& engine, L&& linear) {
    const RelativeEntropy re{coarse, xi, engine, Newton{}, prior};
    const auto fit = re.fit(data());
    EXPECT_EQ(fit.status, Status::converged);
    const auto F = [&](const std::vector<double>& theta) {
        return objective(xi, Eigen::Map<const Vector>(theta.data(), 2), linear);
    };
    const std::vector<double> at{fit.parameters.theta[0], fit.parameters.theta[1]};
    for (const double slope : differences::gradient(F, at)) EXPECT_NEAR(slope, 0.0, 1e-8);
    EXPECT_NEAR(*fit.objective + beta * beta * fit.parameters.theta.squaredNorm() / 480.0, F(at), 1e-12);
    // Gradient and Hessian off the minimum.
    const std::vector<double> off{0.4, -0.3};
    const auto e = re.problem(re.prepare(data(), beta)).evaluate({Vector{{0.4, -0.3}}, Vector()});
    const auto likelihood = [&](const std::vector<double>& theta) {
        const Eigen::Map<const Vector> t(theta.data(), 2);
        return -60.0 * objective(xi, t, linear) + beta * beta * t.squaredNorm() / 8.0;
    };
    const auto gradient = [&](const std::vector<double>& theta) {
        return differences::gradient(likelihood, theta);
    };
    const Matrix observed = e.observed();
    for (std::size_t k = 0; k < 2; ++k) {
        EXPECT_NEAR(e.gradient[Index(k)], gradient(off)[k], 1e-8);
        for (std::size_t l = 0; l < 2; ++l)
            EXPECT_NEAR(observed(Index(k), Index(l)),
                        -differences::along(
                            [&](double t) {
                                std::vector<double> there = off;
                                there[l] += t;
                                return gradient(there)[k];
                            },
                            1e-2),
                        1e-5);
    }
    return fit;
}

TEST(Words, MapToAPoint) {
    const auto fit = expect_minimum(Linear{}, First{}, Enumeration{}, as_it_is);
    EXPECT_EQ(fit.starts.size(), 1);
    const auto chain = expect_minimum(ChainLinear{}, First{}, TransferMatrix{}, as_it_is);
    expect_close(chain.parameters.theta, fit.parameters.theta, 1e-9);
}

TEST(Words, MapWithTies) {
    const auto fit = expect_minimum(Linear{}, Either{}, Enumeration{}, as_it_is);
    const auto chain = expect_minimum(ChainLinear{}, Either{}, TransferMatrix{}, as_it_is);
    expect_close(chain.parameters.theta, fit.parameters.theta, 1e-9);
}

// The same energies in other coordinates, convexity unknown: all starts are made, and they agree.
TEST(Words, PotentialThatIsNotLinear) {
    const auto fit = expect_minimum(NonLinear{}, Either{}, Enumeration{}, bent);
    const auto chain = expect_minimum(ChainNonLinear{}, Either{}, TransferMatrix{}, bent);
    expect_close(chain.parameters.theta, fit.parameters.theta, 1e-8);
    EXPECT_EQ(fit.starts.size(), 8);
    const auto flat = RelativeEntropy{Linear{}, Either{}, Enumeration{}}.fit(data());

    const auto curved = RelativeEntropy{NonLinear{}, Either{}, Enumeration{}}.fit(data());
    ASSERT_EQ(flat.status, Status::converged);
    ASSERT_EQ(curved.status, Status::converged);
    EXPECT_NEAR(std::sinh(curved.parameters.theta[0]), flat.parameters.theta[0], 1e-8);
    EXPECT_NEAR(curved.parameters.theta[0] + curved.parameters.theta[1], flat.parameters.theta[1], 1e-8);
    EXPECT_NEAR(*curved.objective, *flat.objective, 1e-12);
    for (const StartSummary& start : curved.starts) {
        EXPECT_EQ(start.status, Status::converged);
        EXPECT_NEAR(*start.log_posterior, curved.log_posterior, 1e-8);
    }
    // Standard errors go over by the change of coordinates: covariance = J C J^T, J = dtheta_linear / dtheta.
    Matrix J(2, 2);
    J << std::cosh(curved.parameters.theta[0]), 0.0, 1.0, 1.0;
    expect_close(Matrix(J * curved.covariance * J.transpose()), flat.covariance, 1e-6);
}

TEST(Words, DrawnTiesAndReconstruction) {
    const RelativeEntropy re{Linear{}, Either{}, Enumeration{}, Newton{}, prior};
    const auto drawn = re.fit(data(), {.seed = test_seed()}, Ties::draw);
    EXPECT_EQ(drawn.status, Status::converged);
    EXPECT_NE(drawn.target_moments, re.fit(data()).target_moments);
    EXPECT_EQ(drawn.target_moments, re.fit(data(), {.seed = test_seed()}, Ties::draw).target_moments);
    // Back by a map, and by a function: E of the fraction of letters a by enumeration.
    const auto fit = re.fit(data());
    const auto p_c = boltzmann(fit.coarse, fit.parameters.theta, beta);
    const double of_a = Enumeration{}.two_point(p_c, 0, 0)(0, 0), p = archetype::probability(FixedMap::eta());
    const auto by_map = predict(fit.reconstructed(FixedMap{}), FractionOfA{}, {.seed = test_seed()});
    const auto copies = [](const Word& X, Philox4x32&) {
        Sentence x(sentences);
        for (std::size_t i = 0; i < sentences; ++i) x[i] = X[i / level];
        return x;
    };
    const auto by_function = predict(fit.reconstructed(copies), FractionOfA{}, {.seed = test_seed()});
    // 7 standard errors: a false alarm in 10^11 seeds.
    EXPECT_NEAR(by_map.value(), of_a * p + (1.0 - of_a) * 0.5 * (1.0 - p),
                support::standard_errors(7.0) * by_map.standard_error[0]);
    EXPECT_NEAR(by_function.value(), of_a, support::standard_errors(7.0) * by_function.standard_error[0]);
    // The relative entropy itself: S_map = 3 ln 3, and the divergence of the map is finite.
    EXPECT_NEAR(relative_entropy_of(Fine{}, fit).mapping_entropy, 3.0 * std::log(3.0), 1e-12);
    EXPECT_GT(divergence(Fine{}, fit.reconstructed(FixedMap{})), 0.0);
}

}  // namespace
}  // namespace relative_entropy_archetypes_test
