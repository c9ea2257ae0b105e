// Score test of noise between X and x: the formula by quadrature, and data whose noise is known.
#include <predcg/core/space.hpp>
#include <predcg/engines/monte_carlo.hpp>
#include <predcg/judge/latent_noise.hpp>
#include <predcg/kernels/single_particle.hpp>
#include <predcg/models/pair/spline_potential.hpp>

#include <gtest/gtest.h>

#include "box_grid.hpp"
#include "close.hpp"
#include "differences.hpp"
#include "test_seed.hpp"
#include "thrown.hpp"
#include "z_score.hpp"

namespace liquids_latent_noise_test {
using namespace predcg;
using support::BoxGrid;
using support::expect_close;
using support::thrown;

namespace {

/// U = x^4 / 4 - x^2 / 2 + x / 5 in one dimension, with nothing to learn.
struct DoubleWell {
    RealSpace<> space() const { return RealSpace<>(1); }
    Index parameter_count() const { return 0; }
    double energy(const Vector& x, const Vector&) const { return of(x[0]); }
    Vector parameter_gradient(const Vector&, const Vector&) const { return Vector(0); }
    Vector energy_gradient(const Vector& x, const Vector&) const {
        return Vector::Constant(1, x[0] * x[0] * x[0] - x[0] + 0.2);
    }
    double energy_laplacian(const Vector& x, const Vector&) const { return 3.0 * x[0] * x[0] - 1.0; }

    static double of(double x) { return 0.25 * x * x * x * x - 0.5 * x * x + 0.2 * x; }
};
static_assert(HasLaplacian<DoubleWell>);

/// log of the integral of exp(-beta U(X)) N(x; X, variance) over X, by the trapezoidal rule.
double blurred(double x, double beta, double variance) {
    if (variance == 0.0) return -beta * DoubleWell::of(x);
    double sum = 0.0;
    const double width = 0.05;
    for (int k = -200; k <= 200; ++k) {
        const double y = k * width;
        sum += width * std::exp(-0.5 * y * y - beta * DoubleWell::of(x + std::sqrt(variance) * y));
    }
    return std::log(sum / std::sqrt(2.0 * 3.14159265358979323846));
}

// At any data, whatever the model says of them. Neither the forces alone nor the Laplacian alone would do.
TEST(LatentNoise, TheScoreIsTheDerivativeOfTheBlurredDensity) {
    const double beta = 1.7;
    std::vector<Vector> data;
    for (int k = 0; k < 12; ++k) data.push_back(Vector::Constant(1, 0.25 * k - 1.2));
    const auto mean_log_density = [&](double variance) {
        double sum = 0.0;
        for (const Vector& x : data) sum += blurred(x[0], beta, variance) / 12.0;
        return sum;
    };
    // one-sided differences of second order
    const double h = 2e-4;
    const double expected =
        (4.0 * mean_log_density(h) - mean_log_density(2.0 * h) - 3.0 * mean_log_density(0.0)) / (2.0 * h);
    const LatentNoise test = latent_noise_test(DoubleWell{}, Vector(0), beta, data, data);
    expect_close(test.score, expected, 1e-4);
    EXPECT_GT(std::abs(test.score), 0.05);
}

/// |X|^2 / 2 + theta . X: springs of stiffness 1, that theta can move but not soften.
struct Springs {
    Index n = 3;
    bool stiffness = false;  ///< one more parameter: that of the springs

    RealSpace<> space() const { return RealSpace<>(n); }
    Index parameter_count() const { return stiffness ? n + 1 : n; }
    Vector features(const Vector& x) const {
        return stiffness ? linalg::joined(x, Vector::Constant(1, 0.5 * x.squaredNorm())) : x;
    }
    double base_energy(const Vector& x) const { return 0.5 * x.squaredNorm(); }
    Vector energy_gradient(const Vector& x, const Vector& theta) const {
        return (stiffness ? 1.0 + theta[n] : 1.0) * x + theta.head(n);
    }
    double energy_laplacian(const Vector&, const Vector& theta) const {
        return static_cast<double>(n) * (stiffness ? 1.0 + theta[n] : 1.0);
    }
};

std::vector<Vector> normals(std::mt19937_64& rng, int count, Index n, double sd) {
    std::vector<Vector> x;
    for (int k = 0; k < count; ++k) x.push_back(sd * standard_normal_vector(rng, n));
    return x;
}

// X ~ N(0, 1 / beta), S = (beta^2 x^2 - beta) / 2: at variance 1 / beta + s its mean is beta^2 s / 2, its
// information beta^2 / 2 a coordinate, and one step finds s.
TEST(LatentNoise, FindsTheVarianceOfGaussians) {
    const double beta = 2.0, noise = 0.15;
    auto rng = test_rng(1241);
    const auto draws = normals(rng, 20000, 3, std::sqrt(1.0 / beta));
    const auto sharp = normals(rng, 1000, 3, std::sqrt(1.0 / beta));
    const auto noisy = normals(rng, 1000, 3, std::sqrt(1.0 / beta + noise));
    const LatentNoise none = latent_noise_test(Springs{}, Vector::Zero(3), beta, sharp, draws);
    const LatentNoise some = latent_noise_test(Springs{}, Vector::Zero(3), beta, noisy, draws);
    expect_z(none.score, 0.0, none.standard_error, "no noise");
    expect_z(some.score, 0.5 * beta * beta * noise, some.standard_error, "noise");
    expect_z(some.variance, noise, some.variance_error + 0.02 * noise, "variance");
    EXPECT_EQ(none.found, none.p_value < 0.01);  // one seed in a hundred
    EXPECT_TRUE(some.found);
    // of 3000 independent coordinates, each with variance (beta s)^2 / 2, s their variance
    const double sd = beta * (1.0 + beta * noise) / std::sqrt(2.0 * 3000.0);
    EXPECT_NEAR(some.standard_error, sd, 0.4 * sd);
    EXPECT_LT(std::abs(some.model_z), z_limit);
    EXPECT_NE(some.words.find("would raise the likelihood"), std::string::npos) << some.words;
    // sharper data
    const auto narrow = normals(rng, 1000, 3, std::sqrt(0.8 / beta));
    const LatentNoise less = latent_noise_test(Springs{}, Vector::Zero(3), beta, narrow, draws);
    EXPECT_LT(less.z, -z_limit);
    EXPECT_FALSE(less.found);
    EXPECT_NE(less.words.find("sharper"), std::string::npos) << less.words;
}

// A shift of the data that theta would make up for is no noise, to first order in it.
TEST(LatentNoise, WhatTheParametersExplainIsTakenOut) {
    const double beta = 2.0;
    auto rng = test_rng(1242);
    auto data = normals(rng, 1000, 3, std::sqrt(1.0 / beta));
    const auto draws = normals(rng, 20000, 3, std::sqrt(1.0 / beta));
    // where softer springs are a parameter, they are what noise is
    const LatentNoise open =
        latent_noise_test(Springs{.stiffness = true}, Vector::Zero(4), beta, data, draws);
    EXPECT_TRUE(std::isnan(open.variance));
    EXPECT_FALSE(open.found);
    EXPECT_NE(open.words.find("nothing can be said"), std::string::npos) << open.words;
    // at a theta that is not the data's, scores of x^2 change with it, what is left does not
    Vector theta(3);
    theta << 0.3, 0.0, 0.0;
    auto moved = draws;
    for (Vector& x : moved) x[0] -= 0.3;
    const LatentNoise off = latent_noise_test(Springs{}, theta, beta, data, moved);
    const LatentNoise at = latent_noise_test(Springs{}, Vector::Zero(3), beta, data, draws);
    expect_z(off.score - at.score, 0.5 * beta * beta * 0.3 * 0.3 / 3.0, off.standard_error, "second order");
}

/// Six particles with a spline potential that attracts.
pair::SplinePotential small_liquid() {
    return {{.cutoff = 0.5, .core = 0.2, .intervals = 6, .core_stiffness = 300.0},
            PeriodicSpace<>(6, Box::cubic(1.0))};
}
const Vector attraction{{6.0, 2.0, -1.5, -1.0, -0.5, 0.0}};

TEST(LatentNoise, LaplacianOfAPairPotential) {
    const auto potential = small_liquid();
    auto rng = test_rng(1243);
    Points X = potential.space().random(rng);
    double by_differences = 0.0;
    for (std::size_t i = 0; i < X.size(); ++i)
        for (std::size_t c = 0; c < 3; ++c)
            by_differences += differences::along(
                [&](double t) {
                    Points there = X, gradient;
                    there[i][c] += t;
                    potential.energy_and_gradient(there, attraction, gradient);
                    return gradient[i][c];
                },
                1e-6);  // splines have kinks in their curvature
    expect_close(potential.energy_laplacian(X, attraction), by_differences, 1e-6);
    EXPECT_GT(std::abs(by_differences), 1.0);
}

// E_c[S] = 0 of three particles in a periodic box, by quadrature.
TEST(LatentNoise, TheScoreHasMeanZeroUnderTheModel) {
    const double length = 1.0, beta = 0.5;
    struct Smooth {
        double pair_energy(double r) const { return r < 0.5 ? 30.0 * std::pow(1.0 - 4.0 * r * r, 5.0) : 0.0; }
        double pair_slope(double r) const {
            return r < 0.5 ? -1200.0 * r * std::pow(1.0 - 4.0 * r * r, 4.0) : 0.0;
        }
        double pair_curvature(double r) const {
            const double s = 1.0 - 4.0 * r * r;
            return r < 0.5 ? -1200.0 * s * s * s * (s - 32.0 * r * r) : 0.0;
        }
        double cutoff() const { return 0.5; }
    };
    const PeriodicSpace<> space(3, Box::cubic(length));
    double forces = 0.0, laplacian = 0.0, weights = 0.0;
    BoxGrid(3, 16, length).visit([&](const Points& x, double weight) {
        Points gradient;
        weight *= std::exp(-beta * pair::energy_and_gradient(Smooth{}, space, x, gradient));
        for (const Point& g : gradient)
            for (const double d : g) forces += weight * beta * beta * d * d;
        laplacian += weight * beta * pair::energy_laplacian(Smooth{}, space, x);
        weights += weight;
    });
    EXPECT_GT(forces / weights, 1.0);
    expect_close(laplacian / forces, 1.0, 1e-3);
}

// A liquid: no noise where there is none, and what there is. At one seed: such noise is not always found, and
// validation_latent_noise counts how often.
TEST(LatentNoise, OfParticlesWithKnownNoise) {
    const auto potential = small_liquid();
    const double beta = 1.2, sigma = 0.02;
    const MonteCarlo engine(SingleParticle{}, {.warm_up = 400, .thinning = 10});
    const auto target = boltzmann(potential, attraction, beta);
    const auto chain = [&](std::uint64_t salt, Index count) {
        auto sampler = engine.chain_sampler(target);
        auto rng = make_stream(20151 + salt, Purpose::generate);
        std::vector<Points> x;
        for (Index k = 0; k < count; ++k) x.push_back(sampler.draw(rng));
        return x;
    };
    const auto draws = chain(1, 6000), sharp = chain(2, 3000);
    auto noisy = sharp;
    std::mt19937_64 rng(1244);
    for (Points& x : noisy)
        for (Point& p : x)
            for (double& c : p) c += sigma * standard_normal(rng);
    const LatentNoise none = latent_noise_test(potential, attraction, beta, sharp, draws, 2);
    const LatentNoise some = latent_noise_test(potential, attraction, beta, noisy, draws, 2);
    expect_z(none.score, 0.0, none.standard_error, "no noise");
    EXPECT_LT(std::abs(none.model_z), z_limit);
    EXPECT_TRUE(some.found) << some.words;
    // one step from 0 is right to first order in sigma^2
    expect_z(some.variance, sigma * sigma, some.variance_error + 0.05 * sigma * sigma, some.words);
    EXPECT_LT(some.variance_error, 0.2 * sigma * sigma);
}

TEST(LatentNoise, RefusesInWords) {
    const std::vector<Vector> few(9, Vector::Zero(3)), enough(20, Vector::Zero(3));
    const Springs springs;
    const Vector theta = Vector::Zero(3);
    EXPECT_EQ(thrown<ArgumentError>([&] { latent_noise_test(springs, theta, 1.0, few, enough); }).argument(),
              "number of data");
    EXPECT_THROW(latent_noise_test(springs, theta, 1.0, enough, few), ArgumentError);
    EXPECT_THROW(latent_noise_test(springs, theta, 1.0, enough, enough, 3), ArgumentError);
    EXPECT_THROW(latent_noise_test(springs, theta, 1.0, enough, enough, 1, 0.7), ArgumentError);
}

}  // namespace
}  // namespace liquids_latent_noise_test
