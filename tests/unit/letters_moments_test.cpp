// Expectations of letters under maps and under chains, exactly: against sums over all X and x.
#include <predcg/engines/enumeration.hpp>
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/models/ising/observables.hpp>
#include <predcg/models/potts/chain.hpp>
#include <predcg/models/potts/copy_map.hpp>
#include <predcg/models/potts/majority_map.hpp>
#include <predcg/models/potts/majority_reconstruction.hpp>
#include <predcg/models/potts/observables.hpp>
#include <predcg/models/vectors/chain.hpp>
#include <predcg/models/vectors/maps.hpp>
#include <predcg/models/vectors/observables.hpp>
#include <predcg/models/vectors/sphere.hpp>
#include <predcg/predict/fine_scale.hpp>
#include <predcg/predict/predict.hpp>
#include <predcg/relative_entropy/relative_entropy.hpp>

#include "close.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace letters_moments_test {
using namespace predcg;
using letters::Letter;
using support::expect_close;
using Word = std::vector<Letter>;

namespace {

/// Calls f(x) for all x of n of these letters.
template <class L, class F>
void for_each_word(const std::vector<L>& letters, Index n, F&& f) {
    std::vector<std::size_t> places(static_cast<std::size_t>(n), 0);
    std::vector<L> x(places.size(), letters.front());
    for (std::size_t i = 0; i < places.size();) {
        if (i == 0) f(x);
        places[i] = (places[i] + 1) % letters.size();
        x[i] = letters[places[i]];
        i = places[i] == 0 ? i + 1 : 0;
    }
}

std::vector<Letter> alphabet(std::size_t q) {
    std::vector<Letter> letters;
    for (std::size_t a = 0; a < q; ++a) letters.push_back(static_cast<Letter>(a));
    return letters;
}

Vector vector_of(double value) { return Vector::Constant(1, value); }
Vector vector_of(Vector value) { return value; }

constexpr double beta = 0.7;

/// E[o] from sums over all X and x.
template <class Coarse, class Map, class L, class O>
Vector by_hand(const Coarse& coarse, const Map& map, const Parameters& at, const std::vector<L>& fine_letters,
               const O& observable) {
    const auto target = boltzmann(coarse, at.theta, beta);
    const auto& values = coarse.space().values();
    const std::vector<Letter> coarse_letters(values.begin(), values.end());
    const Index n = coarse.space().size();
    std::vector<Word> images;
    std::vector<double> p;
    double Z = 0.0;
    for_each_word(coarse_letters, n, [&](const Word& X) {
        images.push_back(X);
        p.push_back(std::exp(target.log_density(X)));
        Z += p.back();
    });
    const auto there = detail::map_at(map, at.eta);
    Vector sum;
    for_each_word(fine_letters, n * map.level(), [&](const std::vector<L>& x) {
        const auto form = map.prepare(x);
        const auto likelihood = there.likelihood(form);
        double density = 0.0;
        for (std::size_t k = 0; k < images.size(); ++k)
            density += p[k] / Z * std::exp(likelihood.log_density(images[k]));
        const Vector value = density * vector_of(observable(x));
        sum = sum.size() == 0 ? value : Vector(sum + value);
    });
    return sum;
}

/// predict is exact, with both engines, and is the sum.
template <class Coarse, class Map, class L, class O>
void expect_exact(const Coarse& coarse, const Map& map, const Parameters& at,
                  const std::vector<L>& fine_letters, const O& observable) {
    const Vector sum = by_hand(coarse, map, at, fine_letters, observable);
    const auto expect_equal = [&](const auto& engine) {
        Estimate estimate;
        estimate.parameters = at;
        estimate.beta = beta;
        const Prediction ours = predict(Fit(estimate, coarse, map, engine), observable);
        EXPECT_TRUE(ours.exact);
        expect_close(ours.mean, sum, 1e-12);
    };
    expect_equal(TransferMatrix{});
    expect_equal(Enumeration{});
}

class LetterPredictions : public testing::TestWithParam<Boundary> {};
INSTANTIATE_TEST_SUITE_P(Boundaries, LetterPredictions, testing::Values(Boundary::periodic, Boundary::open));

TEST_P(LetterPredictions, OfPottsCopies) {
    const auto coarse = potts::coarse_chain<3>({.sites = 3, .fields = true, .boundary = GetParam()});
    const Parameters at{Vector{{0.4, -0.3, 0.9}}, Vector{{1.3}}};
    const auto map = potts::copy_map<3>({.level = 2});
    const potts::Agreement agreement{.boundary = GetParam(), .most_lag = 3};
    for (const Letter letter : alphabet(3))
        expect_exact(coarse, map, at, alphabet(3), potts::LetterFraction{.letter = letter});
    expect_exact(coarse, map, at, alphabet(3), agreement);
    // By tables: the same map, and one with a field.
    Matrix equal = Matrix::Identity(3, 3), field = Matrix::Zero(3, 3);
    field.row(2).setOnes();
    const auto by_tables = letters::table_map({.level = 2, .tables = {equal, field}});
    expect_exact(coarse, by_tables, {at.theta, Vector{{1.3, -0.4}}}, alphabet(3), agreement);
    expect_exact(coarse, by_tables, {at.theta, Vector{{1.3, -0.4}}}, alphabet(3),
                 potts::LetterFraction{.letter = 2});
}

TEST_P(LetterPredictions, OfVectorsAroundVectors) {
    const auto plane = vectors::circle_chain<4>({.sites = 3, .fields = true, .boundary = GetParam()});
    const auto around = vectors::copy_map(plane.tables(), {.level = 2});
    const Parameters at{Vector{{0.5, -0.2, 0.8}}, Vector{{1.1}}};
    expect_exact(plane, around, at, alphabet(4), vectors::MeanVector(plane.tables()));
    expect_exact(plane, around, at, alphabet(4), vectors::VectorCorrelation(plane.tables(), GetParam(), 3));
    const auto ball = vectors::sphere_chain<8>({.sites = 2, .fields = true, .boundary = GetParam()});
    expect_exact(ball, vectors::copy_map(ball.tables(), {.level = 2}),
                 {Vector{{0.5, -0.2, 0.4, 0.8}}, Vector{{1.7}}}, alphabet(8),
                 vectors::VectorCorrelation(ball.tables(), GetParam(), 2));
}

TEST_P(LetterPredictions, OfSpinsThatSeeVectors) {
    const auto plane = vectors::circle_chain<5>({.sites = 3, .fields = true, .boundary = GetParam()});
    const auto map = vectors::spin_map(plane.tables(), {.level = 2, .axis = 1});
    const Parameters at{Vector{{0.5, -0.2, 0.8}}, Vector{{1.6}}};
    const std::vector<std::int8_t> spins{-1, 1};
    expect_exact(plane, map, at, spins, ising::Magnetization{});
    expect_exact(plane, map, at, spins, ising::Correlation{GetParam()});
    // Fractions of spins up follow from m.
    expect_exact(plane, map, at, spins, potts::LetterFraction{.letter = 1});
}

TEST_P(LetterPredictions, OfTheWayBackFromAMajority) {
    const auto coarse = potts::coarse_chain<3>({.sites = 2, .fields = true, .boundary = GetParam()});
    const Parameters at{Vector{{0.4, -0.3, 0.9}}, Vector()};
    const potts::Agreement agreement{.boundary = GetParam(), .most_lag = 3};
    for (const Index level : {1, 2, 3}) {
        const auto back = potts::majority_reconstruction<3>({.level = level});
        expect_exact(coarse, back, at, alphabet(3), agreement);
        expect_exact(coarse, back, at, alphabet(3), potts::LetterFraction{.letter = 1});
        // It is q(X|x) over the number of x, ties shared.
        const auto majority = potts::majority_map<3>({.level = level});
        const auto log_count = majority.log_preimages(Word{0});
        for_each_word(alphabet(3), level, [&](const Word& x) {
            const auto image = majority(x);
            Vector q = Vector::Zero(3);
            for (std::size_t k = 0; k < image.letters(0).size(); ++k)
                q[image.letters(0)[k]] = image.probabilities(0)[k];
            const auto form = back.prepare(x);
            for (const Letter a : alphabet(3))
                EXPECT_NEAR(std::exp(back.likelihood(form, Vector()).log_density(Word{a})),
                            q[a] * std::exp(-log_count), 1e-14);
        });
    }
}

TEST(LettersExactly, AfterRelativeEntropy) {
    const auto fine = potts::chain<3>({.sites = 8, .fields = true}, Vector{{0.2, -0.3, 0.9}});
    const auto data = generate(fine, {.beta = beta, .samples = 50, .seed = 2});
    const RelativeEntropy learner{potts::coarse_chain<3>({.sites = 4, .fields = true}),
                                  potts::majority_map<3>({.level = 2}), TransferMatrix{}};
    const auto fit = learner.fit(data).reconstructed(potts::majority_reconstruction<3>({.level = 2}));
    const potts::LetterFraction fraction{.letter = 2};
    const Prediction exact = predict(fit, fraction),
                     drawn = predict(fit, fraction, {.draws = 4000, .always_sample = true});
    EXPECT_TRUE(exact.exact);
    EXPECT_FALSE(drawn.exact);
    // One comparison: fails by chance once in 10^6 seeds.
    EXPECT_NEAR(drawn.value(), exact.value(), 5.0 * drawn.standard_error[0]);
}

TEST_P(LetterPredictions, UnderTruthOfVectors) {
    const auto chain =
        vectors::circle_chain<4>({.sites = 5, .fields = true, .pair_range = 2, .boundary = GetParam()});
    const letters::FineChain fine(chain, Vector{{0.3, -0.4, 0.9, 0.2}});
    const vectors::MeanVector mean(chain.tables());
    const vectors::VectorCorrelation correlation(chain.tables(), GetParam(), 4);
    const Boltzmann target(fine, beta);
    double Z = 0.0;
    Vector m = Vector::Zero(2), R = Vector::Zero(5);
    for_each_word(alphabet(4), 5, [&](const Word& x) {
        const double p = std::exp(target.log_density(x));
        Z += p;
        m += p * mean(x);
        R += p * correlation(x);
    });
    const Prediction ours = truth(fine, beta, mean), pairs = truth(fine, beta, correlation);
    EXPECT_TRUE(ours.exact && pairs.exact);
    expect_close(ours.mean, Vector(m / Z), 1e-12);
    expect_close(pairs.mean, Vector(R / Z), 1e-12);
    EXPECT_NEAR(pairs.mean[0], 1.0, 1e-12) << "vectors of length 1";
    // A configuration by hand: angles 0, 90, 180, 270, 0 degrees.
    const Word x{0, 1, 2, 3, 0};
    EXPECT_NEAR(mean(x)[0], 0.2, 1e-15);
    EXPECT_NEAR(mean(x)[1], 0.0, 1e-15);
    EXPECT_NEAR(correlation(x)[1], GetParam() == Boundary::periodic ? 0.2 : 0.0, 1e-15);
    EXPECT_NEAR(correlation(x)[2], -0.6, 1e-15);
}

TEST(LettersExactly, RefuseValuesOfOtherLetters) {
    EXPECT_THROW((void)potts::copy_map<3>().conditional_moments(2, Vector{{1.0}}, Vector::Ones(2)),
                 ArgumentError);
    EXPECT_THROW((void)potts::majority_reconstruction<3>().conditional_moments(2, Vector(), Vector::Ones(4)),
                 ArgumentError);
    EXPECT_THROW(potts::majority_reconstruction<3>({.level = 0}), ArgumentError);
}

}  // namespace
}  // namespace letters_moments_test
