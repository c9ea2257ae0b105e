// Values of a function of posterior draws, without the noise that sampling adds to them.
#include <predcg/core/random.hpp>
#include <predcg/predict/sampling_noise.hpp>
#include <predcg/statistics/moments.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "test_seed.hpp"
#include "z_score.hpp"

namespace sampling_noise_test {
using namespace predcg;

namespace {

constexpr double known = std::numeric_limits<double>::infinity();

/// Normal draws of two correlated parameters, one of them in very small units.
Matrix normal_draws(Index count, std::uint64_t stream) {
    auto rng = test_rng(stream);
    Matrix draws(2, count);
    for (Index k = 0; k < count; ++k) {
        const Vector u = standard_normal_vector(rng, 2);
        draws(0, k) = 5.0 + u[0];
        draws(1, k) = 1e-6 * (u[0] + 0.5 * u[1]);
    }
    return draws;
}

using Function = std::function<double(double a, double b)>;

/// sd of f without noise, and sd and its error from values with noise.
struct Spreads {
    double exact, found, error;
};
Spreads spreads(const Function& f, double noise_sd, Index count, std::uint64_t stream) {
    const Matrix draws = normal_draws(count, stream);
    auto rng = test_rng(stream + 1000);
    Vector exact(count), noisy(count);
    for (Index k = 0; k < count; ++k) {
        exact[k] = f(draws(0, k) - 5.0, 1e6 * draws(1, k));
        noisy[k] = exact[k] + noise_sd * standard_normal(rng);
    }
    const detail::Denoised d = detail::SmoothOverDraws(draws)(noisy, noise_sd * noise_sd, known);
    return {std::sqrt(statistics::variance(exact)), std::sqrt(statistics::variance(d.values)), d.sd_error};
}

const Function line = [](double a, double b) { return 1.0 + a - 0.5 * b; };
const Function saturating = [](double a, double b) { return std::tanh(a + 0.2 * b); };
const Function step = [](double a, double) { return a > 0.3 ? 1.0 : -1.0; };

TEST(SamplingNoise, VarianceIsThatOfTheFunction) {
    for (const auto& [name, f] : {std::pair{"line", line}, {"saturating", saturating}, {"step", step}})
        for (const double noise : {0.2, 1.0, 3.0})
            for (std::uint64_t seed = 1; seed <= 3; ++seed) {
                const Spreads s = spreads(f, noise, 2000, seed);
                const std::string what = name + std::string(", noise ") + std::to_string(noise);
                EXPECT_GT(s.error, 0.0) << what;
                EXPECT_LT(s.error, 0.01 + 0.25 * noise * noise * s.exact) << what;
                expect_z(s.found, s.exact, s.error + 0.003 * s.exact, what);
            }
}

TEST(SamplingNoise, WithoutNoiseNothingChanges) {
    const Matrix draws = normal_draws(300, 7);
    Vector y(300);
    for (Index k = 0; k < 300; ++k) y[k] = step(draws(0, k) - 5.0, 0.0);
    const detail::Denoised d = detail::SmoothOverDraws(draws)(y, 0.0, known);
    EXPECT_LT((d.values - y).cwiseAbs().maxCoeff(), 1e-12);
    // A posterior that is one point.
    const detail::SmoothOverDraws point(Matrix::Ones(2, 300));
    const detail::Denoised same = point(Vector::Constant(300, 0.7), 0.0, known);
    EXPECT_LT((same.values - Vector::Constant(300, 0.7)).cwiseAbs().maxCoeff(), 1e-14);
    EXPECT_LT(same.sd_error, 1e-14);
}

// A function that does not vary: what is found is no more than the error that is stated with it.
TEST(SamplingNoise, NoiseAloneLeavesWhatCannotBeKnown) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        const Spreads s = spreads([](double, double) { return 2.0; }, 1.0, 1000, seed);
        EXPECT_LT(s.found, 3.0 * s.error) << seed;
        EXPECT_LT(s.found, 0.3) << seed;
    }
}

// One draw far out, where the function is like elsewhere: it must not draw the rest along.
TEST(SamplingNoise, DrawsFarOutHaveNoWeightOfTheirOwn) {
    Matrix draws = normal_draws(1000, 11);
    draws(0, 0) = 1e6;
    auto rng = test_rng(12);
    Vector exact(1000), noisy(1000);
    for (Index k = 0; k < 1000; ++k) {
        exact[k] = std::tanh(draws(0, k) - 5.0);
        noisy[k] = exact[k] + 0.5 * standard_normal(rng);
    }
    const detail::Denoised d = detail::SmoothOverDraws(draws)(noisy, 0.25, known);
    expect_z(std::sqrt(statistics::variance(d.values)), std::sqrt(statistics::variance(exact)), d.sd_error,
             "sd");
    EXPECT_LT((d.values - exact).cwiseAbs().mean(), 0.1);
}

}  // namespace
}  // namespace sampling_noise_test
