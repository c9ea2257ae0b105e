// What coarse letters -1, 0, +1 lose of a chain of spins, against as many parameters of two letters.
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/block_maps.hpp>
#include <predcg/models/ising/chain.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/relative_entropy/divergence.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace letters_losses_test {
using namespace predcg;
using ising::Spin;
using Spins = std::vector<Spin>;

namespace {

/// KL of the best fit to all 2^12 configurations by their probabilities, level 2.
template <class Coarse, class Map>
double loss(const ising::FineChain<>& fine, double beta, const Coarse& coarse, const Map& map,
            Status status = Status::converged) {
    std::vector<Spins> all;
    std::vector<double> weights;
    const auto target = Boltzmann(fine, beta);
    const double log_z = TransferMatrix{}.log_partition(target);
    for (int code = 0; code < 4096; ++code) {
        Spins x(12);
        for (int i = 0; i < 12; ++i) x[static_cast<std::size_t>(i)] = (code >> i & 1) != 0 ? 1 : -1;
        weights.push_back(1e4 * std::exp(target.log_density(x) - log_z));
        all.push_back(x);
    }
    const EMCoarseGrainer grainer{fine, coarse, map, TransferMatrix{}};
    const auto fit = grainer.fit_prepared(grainer.prepare(all, beta, weights), {.starts = 1});
    EXPECT_EQ(fit.status, status);
    return divergence(fine, fit);
}

struct Losses {
    double two, three;
    Status of_three = Status::converged;
};

void expect_losses(const ising::FineChain<>& fine, double beta, Losses known) {
    const double field = fine.settings().field;
    EXPECT_NEAR(loss(fine, beta,
                     ising::coarse_chain({.sites = 6, .linear = true, .pair_range = 2, .field = field}),
                     ising::bernoulli_map({.level = 2})),
                known.two, 6e-4);
    EXPECT_NEAR(loss(fine, beta,
                     ising::spin_one_chain(
                         {.sites = 6, .linear = true, .pair_range = 1, .square = true, .field = field}),
                     ising::logistic_map(
                         {.level = 2, .intercept = false, .tied = true, .coarse_letters = {-1.0, 0.0, 1.0}}),
                     known.of_three),
                known.three, 6e-4);
}

TEST(ThreeLetters, GainNothingWhereCouplingsAreWeak) {
    expect_losses(ising::chain({.sites = 12, .field = 0.3}), 0.3, {0.155, 0.155});
}

// The best map copies exactly at X = -1 and +1, and leaves its spins free at X = 0: eta has no finite
// maximum.
TEST(ThreeLetters, GainWhereCouplingsAreStrong) {
    expect_losses(ising::chain({.sites = 12}), 1.0, {0.606, 0.451, Status::not_identified});
}

TEST(ThreeLetters, GainWhereCouplingsAreLong) {
    expect_losses(ising::chain({.sites = 12, .strength = 1.5, .range = 5, .field = 0.3}), 0.3,
                  {0.080, 0.028});
}

}  // namespace
}  // namespace letters_losses_test
