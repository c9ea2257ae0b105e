// Potts chains, their copy map and majority map.
#include <predcg/engines/enumeration.hpp>
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/potts/chain.hpp>
#include <predcg/models/potts/copy_map.hpp>
#include <predcg/models/potts/majority_map.hpp>
#include <predcg/models/vectors/chain.hpp>
#include <predcg/predict/fine_scale.hpp>
#include <predcg/testing/check_map.hpp>
#include <predcg/testing/check_potential.hpp>

#include "thrown.hpp"
#include "z_score.hpp"

#include <gtest/gtest.h>

namespace letters_potts_test {
using namespace predcg;
using letters::Letter;
using Word = std::vector<Letter>;

namespace {

/// U_c of three letters with ranges of two, written out again.
double energy_by_hand(const Word& X, const Vector& t, Boundary boundary) {
    const std::size_t n = X.size();
    double u = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
        u -= X[i] == 1 ? t[0] : X[i] == 2 ? t[1] : 0.0;
        for (std::size_t k = 1; k <= 2; ++k)
            if (boundary == Boundary::periodic || i + k < n)
                u -= X[i] == X[(i + k) % n] ? t[static_cast<Index>(1 + k)] : 0.0;
    }
    return u;
}

class Potts : public testing::TestWithParam<Boundary> {};
INSTANTIATE_TEST_SUITE_P(Boundaries, Potts, testing::Values(Boundary::periodic, Boundary::open));

TEST_P(Potts, EnergyOfEveryWordAndEngines) {
    const auto chain =
        potts::coarse_chain<3>({.sites = 5, .fields = true, .pair_range = 2, .boundary = GetParam()});
    EXPECT_EQ(chain.parameter_names(),
              (std::vector<std::string>{"field_1", "field_2", "equal_1", "equal_2"}));
    const Vector theta{{0.4, -0.3, 0.8, -0.5}};
    double Z = 0.0;
    Word X(5);
    for (int code = 0; code < 243; ++code) {
        for (int i = 0, rest = code; i < 5; ++i, rest /= 3)
            X[static_cast<std::size_t>(i)] = static_cast<Letter>(rest % 3);
        const double by_hand = energy_by_hand(X, theta, GetParam());
        EXPECT_NEAR(energy(chain, X, theta), by_hand, 1e-12);
        Z += std::exp(-0.7 * by_hand);
    }
    EXPECT_NEAR(TransferMatrix{}.log_partition(boltzmann(chain, theta, 0.7)), std::log(Z), 1e-11);
    EXPECT_EQ(check_coarse_potential(chain, theta, 1), Findings{});
    EXPECT_EQ(check_fine_potential(letters::FineChain(chain, theta), 1), Findings{});
}

TEST(PottsRing, TransferMatrixInClosedForm) {
    // q - 1 eigenvalues e^K - 1, one e^K + q - 1.
    const auto log_z = [](auto chain, double q) {
        const double K = 0.9, n = 7.0;
        EXPECT_NEAR(TransferMatrix{}.log_partition(boltzmann(chain, Vector{{K}}, 1.0)),
                    std::log(std::pow(std::exp(K) + q - 1.0, n) + (q - 1.0) * std::pow(std::exp(K) - 1.0, n)),
                    1e-11);
    };
    log_z(potts::coarse_chain<2>({.sites = 7}), 2.0);
    log_z(potts::coarse_chain<4>({.sites = 7}), 4.0);
    log_z(potts::coarse_chain<6>({.sites = 7}), 6.0);
}

TEST_P(Potts, PermutedLetters) {
    // Letters 0, 1, 2 become 2, 0, 1; fields count from letter 0 again.
    const auto chain =
        potts::coarse_chain<3>({.sites = 6, .fields = true, .pair_range = 2, .boundary = GetParam()});
    const Vector theta{{0.4, -0.3, 0.8, -0.5}}, permuted{{-0.3 - 0.4, 0.0 - 0.4, 0.8, -0.5}};
    auto rng = make_stream(3, Purpose::check);
    for (int repeat = 0; repeat < 20; ++repeat) {
        const Word X = chain.space().random(rng);
        Word Y = X;
        for (Letter& a : Y) a = static_cast<Letter>((a + 2) % 3);
        EXPECT_NEAR(energy(chain, X, theta), energy(chain, Y, permuted) - 6.0 * 0.4, 1e-10);
        const auto map = potts::copy_map<3>({.level = 2});
        const Word x = map.sample(X, Vector{{1.3}}, rng);
        Word y = x;
        for (Letter& a : y) a = static_cast<Letter>((a + 2) % 3);
        const auto of_x = map.prepare(x), of_y = map.prepare(y);
        EXPECT_NEAR(map.likelihood(of_x, Vector{{1.3}}).log_density(X),
                    map.likelihood(of_y, Vector{{1.3}}).log_density(Y), 1e-10);
    }
}

TEST(LetterTerms, SeveralTablesWithLagsOfTheirOwn) {
    // A table that knows which letter comes first, two symmetric ones, a field; the third has the longest
    // lag.
    Matrix order = Matrix::Zero(3, 3), equal = Matrix::Identity(3, 3), cross = Matrix::Zero(3, 3);
    order << 0.0, 1.0, -0.5, 0.3, 0.0, 2.0, 0.0, -1.0, 0.7;
    cross(1, 2) = cross(2, 1) = 1.0;
    const Vector field{{0.0, 1.0, -2.0}}, theta{{0.4, 0.9, -0.6, 1.3}};
    for (const Boundary boundary : {Boundary::periodic, Boundary::open}) {
        const letters::CoarseChain<3> chain(
            6, boundary,
            {.sites = {{"field", field}},
             .pairs = {{"order", order, 1}, {"equal", equal, 1}, {"cross", cross, 3}}});
        EXPECT_EQ(chain.parameter_names(), (std::vector<std::string>{"field", "order", "equal", "cross"}));
        EXPECT_EQ(chain.window().width, 4);
        EXPECT_EQ(check_coarse_potential(chain, theta, 1), Findings{});
        double Z = 0.0;
        Word X(6);
        for (int code = 0; code < 729; ++code) {
            for (int i = 0, rest = code; i < 6; ++i, rest /= 3)
                X[static_cast<std::size_t>(i)] = static_cast<Letter>(rest % 3);
            double u = 0.0;
            for (std::size_t i = 0; i < 6; ++i) {
                u -= theta[0] * field[X[i]];
                const auto pair = [&](double weight, const Matrix& g, std::size_t lag) {
                    if (boundary == Boundary::periodic || i + lag < 6)
                        u -= weight * g(X[i], X[(i + lag) % 6]);
                };
                pair(theta[1], order, 1);
                pair(theta[2], equal, 1);
                pair(theta[3], cross, 3);
            }
            ASSERT_NEAR(energy(chain, X, theta), u, 1e-12);
            Z += std::exp(-0.5 * u);
        }
        EXPECT_NEAR(TransferMatrix{}.log_partition(boltzmann(chain, theta, 0.5)), std::log(Z), 1e-11);
    }
    using letters::CoarseChain;
    const auto message = [&](auto&& make) {
        return std::string(support::thrown<ArgumentError>(make).what());
    };
    EXPECT_EQ(message([&] {
                  CoarseChain<3>(6, Boundary::periodic, {.pairs = {{"far", equal, 4}}});
              }),
              "predcg::letters::CoarseChain: lag of far is 4; allowed: 1 to 3, half the coarse sites");
    EXPECT_EQ(message([&] {
                  CoarseChain<3>(6, Boundary::open, {.pairs = {{"none", equal, 0}}});
              }),
              "predcg::letters::CoarseChain: lag of none is 0; allowed: 1 to 5, the coarse sites - 1");
    EXPECT_THROW(CoarseChain<2>(6, Boundary::open, {.pairs = {{"three", equal, 1}}}), ArgumentError);
    EXPECT_THROW(CoarseChain<2>(6, Boundary::open, {.sites = {{"three", field}}}), ArgumentError);
    Matrix bad = equal;
    bad(0, 1) = std::numeric_limits<double>::infinity();
    EXPECT_THROW(CoarseChain<3>(6, Boundary::open, {.pairs = {{"bad", bad, 1}}}), ArgumentError);
    EXPECT_THROW(potts::coarse_chain<3>({.sites = 6, .pair_range = -1}), ArgumentError);
    EXPECT_THROW(potts::coarse_chain<3>({.sites = 6, .pair_range = 4}), ArgumentError);
}

TEST(PottsMap, IsAMapAndNormalised) {
    const auto map = potts::copy_map<4>({.level = 3});
    EXPECT_EQ(check_map(map, letters::space<4>(2), Vector{{0.8}}, letters::space<4>(6)), Findings{});
    double sum = 0.0;
    const Word X{2, 0};
    Word x(6);
    for (int code = 0; code < 4096; ++code) {
        for (int i = 0, rest = code; i < 6; ++i, rest /= 4)
            x[static_cast<std::size_t>(i)] = static_cast<Letter>(rest % 4);
        const auto counts = map.prepare(x);
        sum += std::exp(map.likelihood(counts, Vector{{0.8}}).log_density(X));
    }
    EXPECT_NEAR(sum, 1.0, 1e-12);
    EXPECT_THROW(map.prepare(Word{0, 1}), ArgumentError);
    EXPECT_THROW(map.prepare(Word{0, 1, 4}), ArgumentError);
}

TEST(PottsMap, FitFindsTheParametersOfItsData) {
    const auto coarse = potts::coarse_chain<3>({.sites = 8, .fields = true});
    const auto map = potts::copy_map<3>({.level = 3});
    const Vector theta{{0.3, -0.4, 0.7}}, eta{{2.2}};
    const auto target = boltzmann(coarse, theta, 1.0);
    auto sampler = TransferMatrix{}.sampler(target);
    auto rng = make_stream(5, Purpose::check);
    std::vector<Word> data;
    for (int k = 0; k < 400; ++k) data.push_back(map.sample(sampler.draw(rng), eta, rng));
    const EMCoarseGrainer grainer{SamplesOnly<Word>{}, coarse, map, TransferMatrix{}};
    const auto fit = grainer.fit(data, {.beta = 1.0});
    ASSERT_EQ(fit.status, Status::converged);
    const linalg::Cholesky information(fit.likelihood.observed());
    ASSERT_TRUE(information.ok());
    for (Index k = 0; k < 4; ++k)
        expect_z(k < 3 ? fit.parameters.theta[k] : fit.parameters.eta[0], k < 3 ? theta[k] : eta[0],
                 std::sqrt(information.solve(Vector::Unit(4, k))[k]), "parameter " + to_text(k));
}

TEST(PottsMap, MajorityTiesAndPreimages) {
    const auto map = potts::majority_map<3>({.level = 3});
    const auto image = map(Word{1, 1, 2, 0, 1, 2});
    EXPECT_EQ(image.letters(0).size(), 1u);
    EXPECT_EQ(image.letters(0)[0], 1);
    EXPECT_EQ(image.letters(1).size(), 3u);
    // Preimages of a letter, ties shared.
    double count = 0.0;
    for (int code = 0; code < 27; ++code) {
        const auto one = map(Word{static_cast<Letter>(code % 3), static_cast<Letter>(code / 3 % 3),
                                  static_cast<Letter>(code / 9)});
        for (std::size_t k = 0; k < one.letters(0).size(); ++k)
            if (one.letters(0)[k] == 2) count += one.probabilities(0)[k];
    }
    EXPECT_NEAR(std::log(count), map.log_preimages(Word{2}), 1e-12);
}

TEST(Clock, ClosedFormAndPlaneVectors) {
    // Of many letters a ring is sum_m I_m(K)^n q^n.
    constexpr std::size_t q = 24;
    const double K = 0.8;
    const auto ring = vectors::circle_chain<q>({.sites = 4});
    double sum = 0.0;
    for (int m = -12; m <= 12; ++m) sum += std::pow(std::cyl_bessel_i(std::abs(m), K), 4.0);
    EXPECT_NEAR(TransferMatrix{}.log_partition(boltzmann(ring, Vector{{K}}, 1.0)),
                std::log(sum) + 4.0 * std::log(static_cast<double>(q)), 1e-11);
    EXPECT_EQ(check_coarse_potential(vectors::circle_chain<5>({.sites = 6, .fields = true, .pair_range = 2}),
                                     Vector{{0.3, -0.2, 0.7, 0.4}}, 1),
              Findings{});
    EXPECT_EQ(vectors::circle_chain<5>({.fields = true}).parameter_names(),
              (std::vector<std::string>{"field_cos", "field_sin", "pair_1"}));
}

TEST(Clock, RotatedLettersAndFields) {
    const auto chain = vectors::circle_chain<6>({.sites = 5, .fields = true, .pair_range = 2});
    const double c = std::cos(std::numbers::pi / 3.0), s = std::sin(std::numbers::pi / 3.0);
    const Vector theta{{0.4, -0.3, 0.8, -0.5}}, rotated{{0.4 * c + 0.3 * s, 0.4 * s - 0.3 * c, 0.8, -0.5}};
    auto rng = make_stream(4, Purpose::check);
    for (int repeat = 0; repeat < 20; ++repeat) {
        const Word X = chain.space().random(rng);
        Word Y = X;
        for (Letter& a : Y) a = static_cast<Letter>((a + 1) % 6);
        EXPECT_NEAR(energy(chain, X, theta), energy(chain, Y, rotated), 1e-10);
    }
}

}  // namespace
}  // namespace letters_potts_test
