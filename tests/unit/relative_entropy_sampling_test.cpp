// Relative entropy with sampled moments of p_c against the exact one: reference sets A and B.
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/monte_carlo.hpp>
#include <predcg/relative_entropy.hpp>

#include "reference.hpp"
#include "test_seed.hpp"
#include "z_score.hpp"

namespace relative_entropy_sampling_test {
using namespace predcg;

namespace {

struct Case {
    explicit Case(const std::string& set)
        : json(reference::load(set)), data(reference::load_data(set)), beta(json["truth"]["beta"]),
          coarse(reference::coarse_chain(json["models"][0], json["truth"]["field"])) {}

    template <class Engine, class Optimizer>
    auto fit(const Engine& engine, const Optimizer& optimizer, FitSettings settings = {}) const {
        settings.beta = beta;
        return RelativeEntropy{coarse, ising::majority_map({.level = 2}), engine, optimizer}.fit(data,
                                                                                                 settings);
    }

    reference::Json json;
    std::vector<std::vector<ising::Spin>> data;
    double beta;
    ising::CoarseChain<> coarse;
};

/// 1500 iterations of which the second half is averaged: stated errors are then right (docs/validation.md
/// measures this for EM), and 2 sets x 2 parameters x 2 optimizers are compared at 6 errors.
template <class Optimizer>
void expect_met(const std::string& set, const Optimizer& optimizer) {
    const Case c(set);
    const auto exact = c.fit(TransferMatrix{}, Newton{});
    FitSettings settings{.iterations = 1500, .seed = test_seed()};
    settings.stochastic.minimum_iterations = 1500;
    const MonteCarlo engine(HeatBath{}, {.samples = 200, .standard_errors = false});
    const auto sampled = c.fit(engine, optimizer, settings);
    EXPECT_EQ(sampled.status, Status::converged) << to_string(sampled.status);
    EXPECT_FALSE(sampled.objective.has_value());
    EXPECT_EQ(sampled.target_moments, exact.target_moments);
    const Vector sd = exact.standard_errors();
    for (Index k = 0; k < 2; ++k) {
        const double error = sampled.monte_carlo.standard_errors.theta[k];
        EXPECT_GT(error, 0.0);
        EXPECT_LT(error, 0.1 * sd[k]);
        // 0.02 sd for the bias of an estimate from noisy information.
        EXPECT_LE(std::abs(sampled.parameters.theta[k] - exact.parameters.theta[k]),
                  z_limit * error + 0.02 * sd[k])
            << set << " parameter " << k;
        EXPECT_NEAR(sampled.standard_errors()[k], sd[k], 0.5 * sd[k]);
    }
}

TEST(SampledRelativeEntropy, StochasticNewtonMeetsTheExactMinimum) {
    expect_met("A", StochasticNewton{});
    expect_met("B", StochasticNewton{});
}

TEST(SampledRelativeEntropy, RobbinsMonroMeetsTheExactMinimum) {
    expect_met("A", RobbinsMonro{});
    expect_met("B", RobbinsMonro{});
}

// Inverse Monte Carlo as it was made: whole steps from sampled moments, averaged afterwards.
TEST(SampledRelativeEntropy, InverseMonteCarlo) { expect_met("A", InverseMonteCarlo{}); }

TEST(SampledRelativeEntropy, IsReproducible) {
    const Case c("A");
    const MonteCarlo engine(HeatBath{}, {.samples = 50, .standard_errors = false});
    const auto fit = [&] {
        return c.fit(engine, StochasticNewton{}, {.iterations = 20, .seed = test_seed()}).parameters.theta;
    };
    EXPECT_EQ(fit(), fit());
}

}  // namespace
}  // namespace relative_entropy_sampling_test
