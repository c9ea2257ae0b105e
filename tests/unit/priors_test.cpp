// Block priors: normalised, with the right derivatives, bounds and flags.
#include <predcg/priors/draw.hpp>
#include <predcg/priors/priors.hpp>
#include <predcg/statistics/running_moments.hpp>

#include <gtest/gtest.h>

#include "differences.hpp"
#include "test_seed.hpp"
#include "z_score.hpp"

#include <functional>

namespace priors_test {
using namespace predcg;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Simpson's rule with 2 * 20000 intervals.
double integral(const std::function<double(double)>& f, double from, double to) {
    const int pairs = 20000;
    const double h = (to - from) / (2.0 * pairs);
    double sum = f(from) + f(to);
    for (int k = 1; k < 2 * pairs; ++k) sum += (k % 2 == 1 ? 4.0 : 2.0) * f(from + k * h);
    return sum * h / 3.0;
}

template <class P>
double mass(const P& prior, double from, double to) {
    return integral([&](double z) { return std::exp(prior.log_density(Vector::Constant(1, z))); }, from, to);
}

TEST(Priors, DensitiesAreNormalised) {
    for (const double mean : {-1.5, 0.0, 2.0})
        for (const double sd : {0.3, 1.0, 4.0}) {
            EXPECT_NEAR(mass(Normal{mean, sd}, mean - 12.0 * sd, mean + 12.0 * sd), 1.0, 1e-10);
            for (const double lower : {mean - 3.0 * sd, mean, mean + 2.5 * sd})
                EXPECT_NEAR(mass(TruncatedNormal{mean, sd, lower}, lower, mean + 12.0 * sd), 1.0, 1e-10)
                    << mean << " " << sd << " " << lower;
        }
    for (const double a : {0.5, 1.0, 3.0, 20.0})
        for (const double b : {0.5, 1.0, 7.5})
            EXPECT_NEAR(mass(LogitBeta{a, b}, -80.0, 80.0), 1.0, 1e-9) << a << " " << b;
}

TEST(Priors, NormalsBetweenBounds) {
    // Bounds about the mean, in either tail, far in one, one or both open.
    for (const auto& [lower, upper] : {std::pair{-0.5, 0.8},
                                       {1.0, 1.5},
                                       {-3.0, -1.0},
                                       {9.0, 9.4},
                                       {-infinity, 0.3},
                                       {0.2, infinity},
                                       {-infinity, infinity}}) {
        const TruncatedNormals prior{Vector{{0.2}}, Vector{{0.7}}, Vector{{lower}}, Vector{{upper}}};
        EXPECT_NEAR(mass(prior, std::max(lower, -8.0), std::min(upper, 12.0)), 1.0, 1e-10) << lower;
        for (const double outside : {lower - 0.1, upper + 0.1}) {
            if (!std::isfinite(outside)) continue;
            EXPECT_EQ(prior.log_density(Vector{{outside}}), -infinity);
        }
        Philox4x32 rng = make_stream(test_seed(), Purpose::check);
        statistics::RunningMoments<double> seen;
        for (int k = 0; k < 4000; ++k) {
            const double z = draw_prior(prior, 1, rng)[0];
            ASSERT_TRUE(lower <= z && z <= upper);
            seen.add(z);
        }
        const double mean = integral([&](double z) { return z * std::exp(prior.log_density(Vector{{z}})); },
                                     std::max(lower, -8.0), std::min(upper, 12.0));
        expect_z(seen.mean(), mean, seen.standard_error(), "mean above " + to_text(lower));
    }
    // One of each, and some of them.
    const TruncatedNormals two{Vector{{0.0, 1.0}}, Vector{{1.0, 2.0}}, Vector{{-infinity, 0.0}},
                               Vector{{infinity, 3.0}}};
    const Vector z{{0.4, 2.5}};
    EXPECT_NEAR(two.log_density(z),
                two.selected({0}).log_density(Vector{{0.4}}) + two.selected({1}).log_density(Vector{{2.5}}),
                1e-14);
    EXPECT_EQ(two.gradient(z), (Vector{{-0.4, -0.375}}));
    EXPECT_EQ(Matrix(two.hessian(z).diagonal()), Matrix(Vector{{-1.0, -0.25}}));
    EXPECT_TRUE(two.proper());
    EXPECT_THROW(two.log_density(Vector{{1.0}}), ArgumentError);
    EXPECT_THROW((TruncatedNormals{Vector{{0.0}}, Vector{{1.0}}, Vector{{2.0}}, Vector{{1.0}}}.log_density(
                     Vector{{1.5}})),
                 ArgumentError);
}

TEST(Priors, DensitiesByFormula) {
    const Vector z = Vector{{0.2, 1.7}};
    const double pi = 3.14159265358979323846;
    const double normal = -(0.8 * 0.8 + 0.7 * 0.7) / 8.0 - std::log(2.0 * pi * 4.0);
    EXPECT_NEAR((Normal{1.0, 2.0}.log_density(z)), normal, 1e-14);
    const double above = 0.5 * (1.0 + std::erf(0.5 / std::sqrt(2.0)));  // P(z >= 0), z ~ N(1, 2^2)
    EXPECT_NEAR((TruncatedNormal{1.0, 2.0, 0.0}.log_density(z)), normal - 2.0 * std::log(above), 1e-13);
    EXPECT_EQ((TruncatedNormal{1.0, 2.0, 0.5}.log_density(z)), -infinity);
    EXPECT_NEAR((TruncatedNormal{1.0, 2.0, 0.2}.log_density(z)),  // the bound itself belongs to the support
                normal - 2.0 * std::log(0.5 * (1.0 + std::erf(0.4 / std::sqrt(2.0)))), 1e-13);
    double beta = 0.0;  // density of p is p^2 (1-p) / B(3, 2), B = 1/12; dp/dz = p (1-p)
    for (const double x : z) {
        const double p = 1.0 / (1.0 + std::exp(-x));
        beta += std::log(12.0 * p * p * (1.0 - p) * p * (1.0 - p));
    }
    EXPECT_NEAR((LogitBeta{3.0, 2.0}.log_density(z)), beta, 1e-13);
    EXPECT_EQ(Flat{}.log_density(z), 0.0);
    EXPECT_NEAR((TruncatedNormal{1.0, 2.0, -infinity}.log_density(z)), normal, 1e-14);  // no truncation
}

template <class P>
void expect_derivatives(const P& prior, const Vector& z, const std::string& what) {
    const std::vector<double> at(z.data(), z.data() + z.size());
    const auto numeric = differences::gradient<double>(
        [&](const std::vector<double>& there) {
            return prior.log_density(Eigen::Map<const Vector>(there.data(), z.size()));
        },
        at);
    const Vector gradient = prior.gradient(z);
    const Matrix hessian = prior.hessian(z);
    const Matrix slopes =
        differences::jacobian<Matrix>([&](const Vector& there) { return Vector(prior.gradient(there)); }, z);
    for (Index k = 0; k < z.size(); ++k) {
        EXPECT_NEAR(gradient[k], numeric[static_cast<std::size_t>(k)], 1e-9) << what;
        for (Index l = 0; l < z.size(); ++l) EXPECT_NEAR(hessian(k, l), slopes(k, l), 1e-9) << what;
    }
}

TEST(Priors, Derivatives) {
    auto rng = test_rng(1);
    std::normal_distribution<double> normal;
    for (int repeat = 0; repeat < 10; ++repeat) {
        const Vector z{{normal(rng), 0.5 + normal(rng), 2.0 * normal(rng)}};
        expect_derivatives(Flat{}, z, "flat");
        expect_derivatives(Normal{0.5, 1.3}, z, "normal");
        expect_derivatives(LogitBeta{2.5, 0.7}, z, "Beta");
        const double lower = *std::min_element(z.begin(), z.end()) - 0.1;
        expect_derivatives(TruncatedNormal{1.0, 2.0, lower}, z, "truncated normal");
    }
}

// Far out, where exp(z) overflows, a density is a small number and no NaN.
TEST(Priors, FarOut) {
    const Vector z{{-2000.0, 2000.0}};
    EXPECT_NEAR((LogitBeta{1.0, 1.0}.log_density(z)), -4000.0, 1e-9);
    EXPECT_TRUE((LogitBeta{2.0, 3.0}.gradient(z).isApprox(Vector{{2.0, -3.0}})));
    EXPECT_EQ((LogitBeta{2.0, 3.0}.hessian(z).norm()), 0.0);
}

TEST(Priors, NoParametersNoDensity) {
    const Vector none;
    EXPECT_EQ((Normal{1.0, 2.0}.log_density(none)), 0.0);
    EXPECT_EQ((TruncatedNormal{1.0, 2.0, 0.0}.log_density(none)), 0.0);
    EXPECT_EQ((LogitBeta{2.0, 3.0}.log_density(none)), 0.0);
    EXPECT_EQ((Normal{1.0, 2.0}.gradient(none).size()), 0);
    EXPECT_EQ((Normal{1.0, 2.0}.hessian(none).size()), 0);
}

TEST(Priors, FlagsAndBounds) {
    EXPECT_FALSE(Flat{}.proper());
    EXPECT_TRUE(Normal{}.proper());
    EXPECT_TRUE(TruncatedNormal{}.proper());
    EXPECT_TRUE(LogitBeta{}.proper());
    EXPECT_EQ(lower_bound(Flat{}), -infinity);
    EXPECT_EQ(lower_bound(Normal{}), -infinity);
    EXPECT_EQ(lower_bound(LogitBeta{}), -infinity);
    EXPECT_EQ(lower_bound(TruncatedNormal{1.0, 2.0, 0.25}), 0.25);
}

// The numbers that studies, command line and documents share.
TEST(Priors, WeakPrior) {
    const WeakPrior weak = weak_prior();
    EXPECT_EQ(weak.coarse.mean, 0.0);
    EXPECT_EQ(weak.coarse.sd, 2.0);
    EXPECT_EQ(weak.map.mean, 1.0);
    EXPECT_EQ(weak.map.sd, 2.0);
    EXPECT_EQ(weak.map.lower, 0.0);
}

template <class P>
void expect_refused(const P& prior, const std::string& argument) {
    try {
        prior.log_density(Vector::Constant(1, 1.0));
        ADD_FAILURE() << "accepted: " << argument;
    } catch (const ArgumentError& error) {
        EXPECT_EQ(error.argument(), argument);
    }
}

TEST(Priors, BadParametersAreRefused) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    for (const double bad : {0.0, -1.0, nan, infinity}) {
        expect_refused(Normal{0.0, bad}, "sd");
        expect_refused(TruncatedNormal{0.0, bad, 0.0}, "sd");
        expect_refused(LogitBeta{bad, 1.0}, "a");
        expect_refused(LogitBeta{1.0, bad}, "b");
    }
    for (const double bad : {nan, infinity, -infinity}) {
        expect_refused(Normal{bad, 1.0}, "mean");
        expect_refused(TruncatedNormal{bad, 1.0, 0.0}, "mean");
    }
    for (const double bad : {nan, infinity}) expect_refused(TruncatedNormal{0.0, 1.0, bad}, "lower");
    expect_refused(TruncatedNormal{0.0, -1.0, 2.0}, "sd");  // 1 lies below the bound: refused all the same
}

}  // namespace
}  // namespace priors_test
