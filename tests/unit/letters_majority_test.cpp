// Potts letters: relative entropy with the majority map, and observables that are exact by pairs of letters.
#include <predcg/engines/enumeration.hpp>
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/models/potts/chain.hpp>
#include <predcg/models/potts/majority_map.hpp>
#include <predcg/models/potts/observables.hpp>
#include <predcg/predict/fine_scale.hpp>
#include <predcg/relative_entropy/divergence.hpp>
#include <predcg/relative_entropy/relative_entropy.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace letters_majority_test {
using namespace predcg;
using letters::Letter;
using Word = std::vector<Letter>;

namespace {

/// All words of n letters 0, 1, 2.
std::vector<Word> words(int n) {
    std::vector<Word> all{Word{}};
    for (int i = 0; i < n; ++i) {
        std::vector<Word> longer;
        for (const Word& word : all)
            for (Letter a = 0; a < 3; ++a) {
                longer.push_back(word);
                longer.back().push_back(a);
            }
        all = longer;
    }
    return all;
}

/// What the majority in pairs of letters says of X: a tie is either letter by half.
double probability(const Word& X, const Word& x) {
    double p = 1.0;
    for (std::size_t r = 0; r < X.size(); ++r)
        p *= 0.5 * ((x[2 * r] == X[r] ? 1.0 : 0.0) + (x[2 * r + 1] == X[r] ? 1.0 : 0.0));
    return p;
}

TEST(PottsMajority, RelativeEntropyIsThatByHand) {
    const auto fine = potts::chain<3>({.sites = 6, .fields = true}, Vector{{0.2, -0.3, 0.9}});
    const auto coarse = potts::coarse_chain<3>({.sites = 3, .fields = true});
    const double beta = 0.8;
    const auto all = words(6), images = words(3);
    const auto p_f = Boltzmann(fine, beta);
    const double log_z = Enumeration{}.log_partition(p_f);
    std::vector<double> weights;
    for (const Word& x : all) weights.push_back(1e4 * std::exp(p_f.log_density(x) - log_z));

    const RelativeEntropy learner{coarse, potts::majority_map<3>({.level = 2}), TransferMatrix{}};
    const auto fit = learner.fit_prepared(learner.prepare(all, beta, weights));
    ASSERT_EQ(fit.status, Status::converged);
    const Vector& theta = fit.parameters.theta;

    double Z = 0.0;
    Vector under_model = Vector::Zero(3), under_data = Vector::Zero(3);
    for (const Word& X : images) {
        const double w = std::exp(-beta * energy(coarse, X, theta));
        Z += w;
        under_model += w * coarse.features(X);
    }
    under_model /= Z;
    double objective = 0.0, entropy = 0.0;  // -<ln p_c>, <ln p_f>
    for (std::size_t k = 0; k < all.size(); ++k)
        for (const Word& X : images) {
            const double w = 1e-4 * weights[k] * probability(X, all[k]);
            under_data += w * coarse.features(X);
            objective += w * (beta * energy(coarse, X, theta) + std::log(Z));
            entropy += w * (p_f.log_density(all[k]) - log_z);
        }
    for (Index k = 0; k < 3; ++k) {
        EXPECT_NEAR(under_model[k], under_data[k], 1e-7) << k;
        EXPECT_NEAR(fit.target_moments[k], under_data[k], 1e-10) << k;
    }
    EXPECT_NEAR(fit.objective.value(), objective, 1e-9);
    // Every X comes from 3^3 words, ties shared.
    const auto parts = relative_entropy_of(fine, fit);
    EXPECT_NEAR(parts.mapping_entropy, 3.0 * std::log(3.0), 1e-12);
    EXPECT_NEAR(parts.value(), entropy + objective + 3.0 * std::log(3.0), 1e-9);
}

class PottsObservables : public testing::TestWithParam<Boundary> {};
INSTANTIATE_TEST_SUITE_P(Boundaries, PottsObservables, testing::Values(Boundary::periodic, Boundary::open));

TEST_P(PottsObservables, AreExactUnderTruth) {
    const auto chain = potts::chain<3>({.sites = 6, .fields = true, .pair_range = 2, .boundary = GetParam()},
                                       Vector{{0.4, -0.3, 0.8, -0.5}});
    const potts::LetterFraction fraction{.letter = 2};
    const potts::Agreement agreement{.boundary = GetParam(), .most_lag = 3};
    const auto target = Boltzmann(chain, 0.7);
    const double log_z = Enumeration{}.log_partition(target);
    double by_hand = 0.0;
    Vector agreeing = Vector::Zero(4);
    for (const Word& x : words(6)) {
        const double p = std::exp(target.log_density(x) - log_z);
        int twos = 0;
        for (std::size_t i = 0; i < 6; ++i) {
            twos += x[i] == 2 ? 1 : 0;
            for (std::size_t l = 0; l < 4; ++l)
                if (GetParam() == Boundary::periodic || i + l < 6)
                    agreeing[static_cast<Index>(l)] += x[i] == x[(i + l) % 6] ? p / 6.0 : 0.0;
        }
        by_hand += p * twos / 6.0;
    }
    const auto of_letter = truth(chain, 0.7, fraction);
    EXPECT_TRUE(of_letter.exact);
    EXPECT_NEAR(of_letter.value(), by_hand, 1e-12);
    const auto of_pairs = truth(chain, 0.7, agreement);
    EXPECT_TRUE(of_pairs.exact);
    ASSERT_EQ(of_pairs.mean.size(), 4);
    for (Index l = 0; l < 4; ++l) EXPECT_NEAR(of_pairs.mean[l], agreeing[l], 1e-12) << l;
    EXPECT_NEAR(truth(chain, 0.7, agreement, Enumeration{}).mean[2], agreeing[2], 1e-12);
    // And of a configuration.
    const Word x{2, 2, 1, 0, 2, 1};
    EXPECT_DOUBLE_EQ(fraction(x), 0.5);
    EXPECT_DOUBLE_EQ(agreement(x)[1], 1.0 / 6.0);
    EXPECT_DOUBLE_EQ(agreement(x)[2], GetParam() == Boundary::periodic ? 1.0 / 6.0 : 0.0);
}

}  // namespace
}  // namespace letters_majority_test
