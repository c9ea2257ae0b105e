// Flipped data at the opposite field: odd terms change their sign, the rest stays.
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/chain.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/models/ising/observables.hpp>
#include <predcg/predict/fine_scale.hpp>
#include <predcg/predict/predict.hpp>

#include "test_seed.hpp"

#include <gtest/gtest.h>

namespace em_symmetry_test {
using namespace predcg;

namespace {

constexpr double beta = 0.3, field = 0.9;

template <class Prior>
void expect_mirrored(const Prior& prior, bool linear, std::vector<ising::Triplet> triplets) {
    const auto fine = ising::chain({.sites = 16, .field = field});
    auto data = generate(fine, {.beta = beta, .samples = 40, .seed = test_seed()});
    const auto fit_at = [&](double mu) {
        const auto coarse = ising::coarse_chain(
            {.sites = 8, .linear = linear, .pair_range = 1, .triplets = triplets, .field = mu});
        return EMCoarseGrainer{fine,     coarse, ising::bernoulli_map({.level = 2}), TransferMatrix{},
                               Newton{}, prior}
            .fit(data, {.starts = 1});
    };
    const auto plus = fit_at(field);
    for (auto& x : data.configurations)
        for (auto& spin : x) spin = static_cast<ising::Spin>(-spin);
    const auto minus = fit_at(-field);
    ASSERT_EQ(plus.status, minus.status);
    for (const std::string& name : plus.coarse_names) {
        const double sign = name == "linear" || name.starts_with("triplet") ? -1.0 : 1.0;
        EXPECT_NEAR(minus[name], sign * plus[name], 1e-10 * std::max(1.0, std::abs(plus[name]))) << name;
    }
    EXPECT_NEAR(minus["logit_theta_cf"], plus["logit_theta_cf"], 1e-10);
    EXPECT_NEAR(minus.log_likelihood, plus.log_likelihood, 1e-10 * std::abs(plus.log_likelihood));
    EXPECT_NEAR(predict(minus, ising::Magnetization{}).value(),
                -predict(plus, ising::Magnetization{}).value(), 1e-10);
}

TEST(Symmetry, PairTerm) { expect_mirrored(weak_prior(), false, {}); }
TEST(Symmetry, LinearAndPairTerms) { expect_mirrored(weak_prior(), true, {}); }
TEST(Symmetry, Triplets) { expect_mirrored(weak_prior(), true, {{1, 1}, {1, 2}}); }
TEST(Symmetry, FlatPrior) { expect_mirrored(flat_prior(), false, {}); }

// With a linear term the flip of X, eta and theta_lin -> -theta_lin - 4 mu leaves the likelihood unchanged.
TEST(Symmetry, FlipOfTheLabel) {
    const auto fine = ising::chain({.sites = 16, .field = field});
    const auto data = generate(fine, {.beta = beta, .samples = 20, .seed = test_seed()});
    const auto coarse = ising::coarse_chain(
        {.sites = 8, .linear = true, .pair_range = 1, .triplets = {{1, 1}}, .field = field});
    const EMCoarseGrainer grainer{fine, coarse, ising::bernoulli_map({.level = 2}), TransferMatrix{}};
    const auto prepared = grainer.prepare(data, beta);
    const Vector theta = Vector::LinSpaced(3, 0.4, 1.1), eta = Vector::Constant(1, 0.8);
    Vector flipped = theta;
    flipped[0] = -theta[0] - 4.0 * field;
    flipped[2] = -theta[2];
    EXPECT_NEAR(grainer.problem(prepared).evaluate({flipped, -eta}).log_likelihood,
                grainer.problem(prepared).evaluate({theta, eta}).log_likelihood, 1e-9);
}

// No enumeration in disguise: 200 coarse sites have 2^200 states.
TEST(Size, FourHundredSites) {
    const auto fine = ising::chain({.sites = 400, .field = 0.3});
    const auto data = generate(fine, {.beta = beta, .samples = 20, .seed = test_seed()});
    const auto coarse = ising::coarse_chain({.sites = 200, .linear = true, .pair_range = 1, .field = 0.3});
    const auto fit =
        EMCoarseGrainer{fine,     coarse,      ising::bernoulli_map({.level = 2}), TransferMatrix{},
                        Newton{}, weak_prior()}
            .fit(data, {.starts = 2});
    EXPECT_EQ(fit.status, Status::converged);
    // 8000 spins at m = 0.16 with short correlations: the data's mean is known to 0.02, seven times that
    // here.
    const double m = truth(fine, beta, ising::Magnetization{}).value();
    EXPECT_NEAR(predict(fit, ising::Magnetization{}).value(), m, 0.14);
}

}  // namespace
}  // namespace em_symmetry_test
