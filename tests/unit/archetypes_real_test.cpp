// Every algorithm by the Gaussian engine, compiled and run with types that promise no more than their
// concepts.
#include <predcg/engines/gaussian.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/predict/fine_scale.hpp>
#include <predcg/predict/predict.hpp>
#include <predcg/priors/priors.hpp>
#include <predcg/testing/check_map.hpp>
#include <predcg/testing/check_potential.hpp>

#include "close.hpp"
#include "real_archetypes.hpp"
#include "test_seed.hpp"

#include <Eigen/LU>
#include <gtest/gtest.h>

namespace archetypes_real_test {
using namespace predcg;
using namespace archetype::real;
using support::expect_close;

static_assert(QuadraticPotential<Fine> && QuadraticCoarsePotential<Linear> && StatisticMap<Map>);
static_assert(!FiniteSpace<space_t<Fine>> && !std::convertible_to<Shape, Vector>);
static_assert(std::is_same_v<exact_engine_t<Boltzmann<Fine>>, GaussianEngine>);
static_assert(MomentObservable<FirstAndLast> && !MomentObservable<DrawnFirstAndLast>);

namespace {

constexpr double beta = 1.4;

const Samples<Molecule>& data() {
    static const auto samples = generate(Fine{}, {.beta = beta, .samples = 80, .seed = test_seed()});
    return samples;
}

/// log N(x; 0, W C W^T + sigma^2 I), C = (beta K(theta))^-1, summed over the data.
double log_likelihood(const Vector& theta, const Vector& eta) {
    Matrix K(2, 2);
    K << theta[0] + theta[1], -theta[1], -theta[1], theta[0] + theta[1];
    const Matrix S = Map::W() * (beta * K).inverse() * Map::W().transpose() +
                     std::exp(2.0 * eta[0]) * Matrix::Identity(4, 4);
    double sum = 0.0;
    for (const Molecule& x : data())
        sum -= 0.5 * (x.coordinates().dot(S.inverse() * x.coordinates()) + std::log(S.determinant()) +
                      4.0 * std::log(2.0 * std::numbers::pi));
    return sum;
}

TEST(Real, TheModelsAgreeWithThemselves) {
    EXPECT_EQ(check_fine_potential(Fine{}), Findings{});
    EXPECT_EQ(check_coarse_potential(Linear{}, (Vector(2) << 0.9, 0.3).finished()), Findings{});
    EXPECT_EQ(check_map(Map{}, space_t<Linear>{}, Vector::Constant(1, -0.4)), Findings{});
}

TEST(Real, EngineAndTruth) {
    const Matrix P = beta * fine_stiffness();
    const Vector mean = P.inverse() * (beta * 0.3 * Vector::Unit(4, 0));
    const Prediction exact = truth(Fine{}, beta, FirstAndLast{});
    EXPECT_TRUE(exact.exact);
    expect_close(exact.mean[0], mean[0], 1e-13);
    expect_close(exact.mean[1], P.inverse()(3, 3) + mean[3] * mean[3], 1e-13);
    const Prediction drawn = truth(Fine{}, beta, DrawnFirstAndLast{}, GaussianEngine{}, {.draws = 4000});
    EXPECT_FALSE(drawn.exact);
    // 7 standard errors: a false alarm in 10^11 seeds.
    for (Index k = 0; k < 2; ++k)
        EXPECT_LT(std::abs(drawn.mean[k] - exact.mean[k]),
                  support::standard_errors(7.0) * drawn.standard_error[k]);
    EXPECT_EQ(data_mean(data(), DrawnFirstAndLast{}).size(), 2);
}

template <class M>
auto expect_fit(const M& map) {
    // A proper prior, so that there is a maximum whatever the data: (beta theta, eta) ~ N(0, 2^2).
    const BlockPriors prior{Normal{0.0, 2.0}, Normal{0.0, 2.0}};
    const EMCoarseGrainer grainer{Fine{}, Linear{}, map, GaussianEngine{}, Newton{}, prior};
    const Vector theta = (Vector(2) << 0.9, 0.3).finished(), eta = Vector::Constant(1, -0.4);
    const auto e = grainer.problem(grainer.prepare(data(), beta)).evaluate({theta, eta});
    expect_close(e.log_likelihood, log_likelihood(theta, eta), 1e-12);
    const auto fit = grainer.fit(data());
    EXPECT_EQ(fit.status, Status::converged) << to_string(fit.status);
    expect_close(fit.log_likelihood, log_likelihood(fit.parameters.theta, fit.parameters.eta), 1e-11);
    const auto along = [&](const Vector& at) {
        return log_likelihood(at.head(2), at.tail(1)) -
               (beta * beta * at.head(2).squaredNorm() + at.tail(1).squaredNorm()) / 8.0;
    };
    const Vector at = (Vector(3) << fit.parameters.theta, fit.parameters.eta).finished();
    for (Index k = 0; k < 3; ++k) EXPECT_NEAR(detail::difference(along, at, k), 0.0, 1e-6);
    return fit;
}

TEST(Real, FitAndPrediction) {
    const auto fit = expect_fit(MomentMap{});
    const Prediction exact = predict(fit, FirstAndLast{});
    EXPECT_TRUE(exact.exact);
    const auto without_moments = expect_fit(Map{});
    for (const Prediction& drawn : {predict(without_moments, FirstAndLast{}, {.draws = 4000}),
                                    predict(fit, DrawnFirstAndLast{}, {.draws = 4000})}) {
        EXPECT_FALSE(drawn.exact);
        for (Index k = 0; k < 2; ++k)
            EXPECT_LT(std::abs(drawn.mean[k] - exact.mean[k]),
                      support::standard_errors(7.0) * drawn.standard_error[k]);
    }
    expect_close(exact.mean[0], 0.0, 1e-12);  // the coarse model has no linear term
}

}  // namespace
}  // namespace archetypes_real_test
