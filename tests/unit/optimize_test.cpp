// Newton's step, and maximisation under lower bounds.
#include <predcg/optimize/line_search.hpp>
#include <predcg/optimize/newton.hpp>
#include <predcg/optimize/projected_newton.hpp>
#include <predcg/optimize/quasi_newton.hpp>
#include <predcg/optimize/robbins_monro.hpp>
#include <predcg/optimize/stochastic_newton.hpp>

#include <Eigen/LU>

#include <gtest/gtest.h>

#include "test_seed.hpp"

#include <limits>

namespace optimize_test {
using namespace predcg;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

Matrix random_matrix(std::mt19937_64& rng, Index rows, Index cols) {
    std::normal_distribution<double> normal;
    Matrix m(rows, cols);
    for (Index j = 0; j < cols; ++j)
        for (Index i = 0; i < rows; ++i) m(i, j) = normal(rng);
    return m;
}

Matrix random_positive(std::mt19937_64& rng, Index n) {
    const Matrix m = random_matrix(rng, n, n);
    return m * m.transpose() + 0.1 * Matrix::Identity(n, n);
}

TEST(Newton, Step) {
    auto rng = test_rng(1);
    Newton::State state;
    for (Index n = 1; n <= 5; ++n) {
        const Matrix information = 10.0 * random_positive(rng, n);
        const Vector gradient = 0.1 * random_matrix(rng, n, 1);
        const auto step = Newton{}.step(state, Vector::Zero(n), gradient, information);
        ASSERT_TRUE(step.has_value());
        EXPECT_LE((information * *step - gradient).norm(), 1e-12);
    }
}

TEST(Newton, LongStepsAreShortenedInTheirDirection) {
    Newton::State state;
    const auto step =
        Newton{.max_step = 2.0}.step(state, Vector::Zero(2), Vector{{3.0, -8.0}}, Matrix::Identity(2, 2));
    ASSERT_TRUE(step.has_value());
    EXPECT_NEAR((*step - Vector{{0.75, -2.0}}).norm(), 0.0, 1e-15);
}

/// Steps of QuasiNewton up a concave quadratic with `curvature` until its gradient is below 1e-10 of the
/// first, halved until they rise, where the information given is another one.
int steps_of_quasi_newton(const Matrix& curvature, const Matrix& information, const Vector& start) {
    QuasiNewton::State state;
    Vector z = start;
    const double first = (curvature * start).norm();
    for (int steps = 0; steps < 200; ++steps) {
        const Vector gradient = -curvature * z;
        if (gradient.norm() < 1e-10 * first) return steps;
        Vector step = QuasiNewton{.max_step = 1e9}
                          .step(state, z, gradient, information)
                          .value_or(Vector(gradient / curvature.norm()));
        const auto value = [&](const Vector& at) { return -0.5 * at.dot(curvature * at); };
        while (value(z + step) < value(z)) step *= 0.5;
        z += step;
    }
    return 200;
}

TEST(QuasiNewton, LearnsTheCurvatureFromGradients) {
    auto rng = test_rng(7);
    for (int repeat = 0; repeat < 20; ++repeat) {
        const Matrix curvature = random_positive(rng, 3) + Matrix::Identity(3, 3);
        const Vector start = random_matrix(rng, 3, 1);
        EXPECT_EQ(steps_of_quasi_newton(curvature, curvature, start), 1);
        // With Newton's steps 3 times too short the error falls by 2/3 a step: 57 steps.
        EXPECT_LT(steps_of_quasi_newton(curvature, 3.0 * curvature, start), 25);
        EXPECT_LT(steps_of_quasi_newton(curvature, -curvature, start), 60);
    }
}

// Near the optimum steps are short: what they tell of the curvature is in the ratio, not in the lengths.
TEST(QuasiNewton, LearnsFromShortSteps) {
    QuasiNewton::State state;
    const double curvature = 3.0, length = 1e-7;
    for (const double z : {length, 0.5 * length}) {
        const Vector gradient = Vector::Constant(1, -curvature * z);
        EXPECT_TRUE(QuasiNewton{}.step(state, Vector::Constant(1, z), gradient, Matrix::Identity(1, 1)));
    }
    EXPECT_NEAR(state.information(0, 0), curvature, 1e-6);
}

TEST(QuasiNewton, FirstStepIsNewtonsAndShortened) {
    QuasiNewton::State state;
    const auto step = QuasiNewton{.max_step = 2.0}.step(state, Vector::Zero(2), Vector{{3.0, -8.0}},
                                                        Matrix::Identity(2, 2));
    EXPECT_NEAR((*step - Vector{{0.75, -2.0}}).norm(), 0.0, 1e-15);
    QuasiNewton::State other;
    EXPECT_FALSE(QuasiNewton{}.step(other, Vector::Zero(2), Vector{{1.0, 1.0}}, -Matrix::Identity(2, 2)));
    EXPECT_EQ(QuasiNewton{}.step(other, Vector(), Vector(), Matrix()).value().size(), 0);
}

TEST(Newton, NoStepWithoutPositiveInformation) {
    Newton::State state;
    const Vector gradient = Vector::Ones(2), at = Vector::Zero(2);
    EXPECT_FALSE(Newton{}.step(state, at, gradient, Matrix{{1.0, 2.0}, {2.0, 1.0}}).has_value());
    EXPECT_FALSE(Newton{}.step(state, at, gradient, Matrix{{1.0, 1.0}, {1.0, 1.0}}).has_value());
    EXPECT_FALSE(Newton{}.step(state, at, gradient, Matrix::Zero(2, 2)).has_value());
    EXPECT_FALSE(Newton{}.step(state, at, gradient, Matrix::Constant(2, 2, NAN)).has_value());
}

// Newton's step where the information is definite, with its negative eigenvalues turned round elsewhere, in
// any coordinates.
TEST(Newton, StepsOfAnIndefiniteInformation) {
    auto rng = test_rng(7);
    const Newton newton{.max_step = 1e9};
    for (Index n = 1; n <= 5; ++n) {
        const Matrix root = random_matrix(rng, n, n) + 4.0 * Matrix::Identity(n, n);  // z = root y
        const Matrix inverse = root.inverse();
        const Matrix complete = inverse.transpose() * inverse;  // 1 by y
        Vector curvature(n), slope(n), expected(n);
        for (Index k = 0; k < n; ++k) {
            slope[k] = std::normal_distribution<double>()(rng);
            curvature[k] = k == 1 ? 0.001 : (k % 2 == 0 ? -0.3 : 0.6) * static_cast<double>(1 + k) / 5.0;
            expected[k] = slope[k] / (k == 1 ? 0.01 : std::abs(curvature[k]));
        }
        const Matrix information = inverse.transpose() * curvature.asDiagonal() * inverse;
        const auto step = newton.indefinite_step(inverse.transpose() * slope, information, complete);
        ASSERT_TRUE(step.has_value());
        EXPECT_LE((inverse * *step - expected).norm(), 1e-9 * expected.norm()) << n;
    }
    const Matrix one = Matrix::Identity(2, 2), saddle = Matrix(Vector{{1.0, -1.0}}.asDiagonal());
    EXPECT_FALSE(newton.indefinite_step(Vector{{0.0, 1e-10}}, saddle, one)) << "no end of a fit";
    EXPECT_FALSE(newton.indefinite_step(Vector{{1.0, 1.0}}, one, saddle)) << "no metric";
    const auto shortened = Newton{.max_step = 2.0}.indefinite_step(Vector{{3.0, 8.0}}, saddle, one);
    ASSERT_TRUE(shortened.has_value());
    EXPECT_NEAR((*shortened - Vector{{0.75, 2.0}}).norm(), 0.0, 1e-14);
}

TEST(FreeCoordinates, HeldOnlyAtTheBoundWithTheGradientPointingOut) {
    const Vector z{{0.0, 0.0, 0.0, 1.0}}, gradient{{1.0, -1.0, 0.0, -1.0}}, lower = Vector::Zero(4);
    EXPECT_EQ(detail::free_coordinates(z, gradient, lower), (std::vector<Index>{0, 3}));
    EXPECT_EQ(detail::free_coordinates(z, gradient, Vector::Constant(4, -infinity)).size(), 4u);
}

// Whatever the curvature, the step goes uphill.
TEST(AscentStep, Ascends) {
    auto rng = test_rng(2);
    for (int repeat = 0; repeat < 50; ++repeat) {
        const Index n = 1 + repeat % 5;
        const Matrix m = random_matrix(rng, n, n);
        const Vector gradient = random_matrix(rng, n, 1);
        EXPECT_GT(gradient.dot(ascent_step(m + m.transpose(), gradient)), 0.0);
    }
    EXPECT_GT(ascent_step(Matrix::Zero(1, 1), Vector::Ones(1))[0], 0.0);
    const Matrix P{{2.0, 1.0}, {1.0, 3.0}};
    EXPECT_NEAR((P * ascent_step(P, Vector{{1.0, -1.0}}) - Vector{{1.0, -1.0}}).norm(), 0.0, 1e-15);
}

TEST(Step, IsShortenedInItsDirection) {
    EXPECT_EQ(step_fraction(Vector{{1.0, -2.0}}, 2.0), 1.0);
    EXPECT_EQ(step_fraction(Vector{{1.0, -4.0}}, 2.0), 0.5);
    EXPECT_EQ(step_fraction(Vector(), 2.0), 1.0);
    EXPECT_EQ(shortened(Vector{{1.0, -4.0}}, 2.0).value(), (Vector{{0.5, -2.0}}));
    EXPECT_EQ(shortened(Vector{{0.1, -0.3}}, 2.0).value(), (Vector{{0.1, -0.3}}));
    EXPECT_FALSE(shortened(Vector{{1e101, 0.0}}, 2.0));
    EXPECT_FALSE(shortened(Vector{{1.0, infinity}}, 2.0));
}

TEST(Gains, FallFromOne) {
    const Gains gains;
    EXPECT_EQ(gains(0), 1.0);
    EXPECT_EQ(gains(1), 1.0);
    EXPECT_NEAR(gains(253), 3.0 / 64.0, 1e-15);  // 256^(3/4) = 64
    EXPECT_THROW((void)Gains{.rho = 0.5}(0), ArgumentError);
}

// Gain times C^-1 gradient, C an average, and no longer than max_step times the gain.
TEST(RobbinsMonro, StepsAreInUnitsOfTheInformation) {
    const RobbinsMonro climb{.gains = {.alpha = 1.0, .A = 4.0, .rho = 1.0}, .max_step = 0.5};
    for (const double size : {1.0, 1e6}) {  // a larger system has more of both
        RobbinsMonro::State state;
        const auto step = [&](const Vector& g, double information) {
            return climb.step(state, Vector::Zero(2), size * g, size * information * Matrix::Identity(2, 2))
                .value();
        };
        EXPECT_NEAR((step(Vector{{0.4, -0.2}}, 1.0) - Vector{{0.1, -0.05}}).norm(), 0.0, 1e-15);
        EXPECT_NEAR((step(Vector{{0.4, 0.0}}, 3.0) - Vector{{0.04, 0.0}}).norm(), 0.0, 1e-15);
        EXPECT_NEAR((step(Vector{{40.0, 20.0}}, 2.0) - Vector{{0.5 / 6.0, 0.25 / 6.0}}).norm(), 0.0, 1e-15);
    }
    EXPECT_EQ((RobbinsMonro{.step_tolerance = 1e-3}.tolerance()), 1e-3);
    RobbinsMonro::State state;
    EXPECT_FALSE(climb.step(state, Vector::Zero(1), Vector::Ones(1), Matrix::Zero(1, 1)));
}

// The gain multiplies the shortened step.
TEST(StochasticNewton, StepsAreShortened) {
    StochasticNewton::State state;
    const StochasticNewton newton{
        .gains = {.alpha = 1.0, .A = 4.0, .rho = 1.0}, .max_step = 0.5, .ridge = 0.0};
    const auto step = [&](const Vector& g) {
        return newton.step(state, Vector::Zero(2), g, Matrix::Identity(2, 2)).value();
    };
    EXPECT_EQ(step(Vector{{2.0, -1.0}}), (Vector{{0.125, -0.0625}}));
    EXPECT_NEAR((step(Vector{{0.5, 0.25}}) - Vector{{0.1, 0.05}}).norm(), 0.0, 1e-16);
}

// The average of one, 2 and 6 on the diagonal, and half their mean: 4 and 8.
TEST(StochasticNewton, RidgeIsThatOfTheMeanInformation) {
    StochasticNewton::State state;
    const StochasticNewton newton{
        .gains = {.alpha = 1.0, .A = 4.0, .rho = 1.0}, .max_step = 100.0, .ridge = 0.5};
    const Matrix information{{2.0, 0.0}, {0.0, 6.0}};
    const Vector step = newton.step(state, Vector::Zero(2), Vector{{8.0, 8.0}}, information).value();
    EXPECT_NEAR((step - 0.25 * Vector{{2.0, 1.0}}).norm(), 0.0, 1e-15);
}

struct LinePoint {
    Vector z;
    double value = 0.0;
    Vector gradient;
};

/// Searches along `step` from 0 for f(z) with the slope `gradient` at 0, and where it ended (NaN: nowhere).
template <class F>
double searched(F&& f, double gradient, double step, const LineSearchSettings& settings = {},
                double lower = -infinity) {
    const auto point_at = [&](const Vector& z) -> std::optional<LinePoint> {
        const double value = f(z[0]);
        if (std::isnan(value)) return std::nullopt;
        return LinePoint{z, value, Vector::Constant(1, NAN)};
    };
    const LinePoint from{Vector::Zero(1), f(0.0), Vector::Constant(1, gradient)};
    const auto found =
        line_search(from, Vector::Constant(1, step), Vector::Constant(1, lower), point_at, settings);
    return found ? found->z[0] : NAN;
}

TEST(LineSearch, TakesTheFirstPointThatRisesEnough) {
    const auto parabola = [](double z) { return z - z * z; };
    EXPECT_EQ(searched(parabola, 1.0, 0.75), 0.75);
    EXPECT_EQ(searched(parabola, 1.0, 8.0), 0.5);  // f(1) = 0: no fall, but no rise
    EXPECT_EQ(searched(parabola, 1.0, 8.0, {.rise = 0.0}), 1.0);
    EXPECT_EQ(searched(parabola, 1.0, 8.0, {.rise = 0.6}), 0.25);  // f(1/2) = 1/4 < 0.6 / 2
    EXPECT_EQ(searched(parabola, 1.0, 8.0, {.longest = 0.75 / 8.0}), 0.75);
}

TEST(LineSearch, GoesRoundWhereThereIsNoValueAndAlongBounds) {
    const auto beyond = [](double z) { return z > 0.3 ? NAN : z; };
    EXPECT_EQ(searched(beyond, 1.0, 1.0), 0.25);
    const auto falling = [](double z) { return -z; };
    EXPECT_EQ(searched(falling, -1.0, -4.0, {}, -0.5), -0.5);
}

TEST(LineSearch, GivesUpAndForgivesRounding) {
    const auto falling = [](double z) { return 1.0 - std::abs(z); };
    EXPECT_TRUE(std::isnan(searched(falling, 1.0, 1.0)));
    EXPECT_EQ(searched(falling, 1.0, 1.0, {.shortest = 1e-9, .rise = 0.0, .slack = 0.25}), 0.25);
    int calls = 0;
    const auto never = [&](double z) { return z == 0.0 ? 0.0 : (++calls, NAN); };
    EXPECT_TRUE(std::isnan(searched(never, 1.0, 1.0, {.longest = 0.5, .shortest = 0.2})));
    EXPECT_EQ(calls, 3) << "t = 1/2, 1/4, 1/8";
    // Slack is relative where values are large.
    const auto large = [](double z) { return 1e6 - z; };
    EXPECT_EQ(searched(large, 0.0, 1e-8), 1e-8);
    EXPECT_TRUE(std::isnan(searched(large, 0.0, 1e-6, {.shortest = 0.9})));
}

/// g.z - 1/2 z^T H z.
std::optional<Expansion> quadratic(const Vector& g, const Matrix& H, const Vector& z) {
    return Expansion{g.dot(z) - 0.5 * z.dot(H * z), g - H * z, -H};
}

TEST(ProjectedNewton, QuadraticProgrammes) {
    auto rng = test_rng(3);
    int active = 0;
    for (int repeat = 0; repeat < 200; ++repeat) {
        const Index n = 1 + repeat % 5;
        const Matrix H = random_positive(rng, n);
        const Vector g = random_matrix(rng, n, 1), lower = 0.3 * random_matrix(rng, n, 1);
        const Vector start = (lower + random_matrix(rng, n, 1)).cwiseMax(lower);
        const Vector z =
            detail::projected_newton(start, lower, [&](const Vector& at) { return quadratic(g, H, at); });
        const Vector slope = g - H * z;
        for (Index k = 0; k < n; ++k) {  // Karush, Kuhn, Tucker: necessary and, here, sufficient
            const bool held = z[k] == lower[k];
            EXPECT_GE(z[k], lower[k]);
            EXPECT_LE(slope[k], 1e-9) << "programme " << repeat;
            EXPECT_TRUE(held || slope[k] >= -1e-9) << "programme " << repeat;
            active += held;
        }
    }
    EXPECT_GT(active, 100) << "bounds are hardly met: the test shows nothing";
}

// sum_k [ n_k log p(z_k) + m_k log(1 - p(z_k)) ], p the logistic function: maximum at log(n/m).
std::optional<Expansion> binomial(const Vector& n, const Vector& m, const Vector& z) {
    Expansion e{0.0, Vector(z.size()), Matrix::Zero(z.size(), z.size())};
    for (Index k = 0; k < z.size(); ++k) {
        const double p = 1.0 / (1.0 + std::exp(-z[k]));
        e.value -= n[k] * std::log1p(std::exp(-z[k])) + m[k] * std::log1p(std::exp(z[k]));
        e.gradient[k] = n[k] * (1.0 - p) - m[k] * p;
        e.hessian(k, k) = -(n[k] + m[k]) * p * (1.0 - p);
    }
    return e;
}

TEST(ProjectedNewton, FromFarAway) {
    const Vector n{{900.0, 3.0, 20.0}}, m{{1.0, 5.0, 20.0}}, lower{{-infinity, 0.0, -infinity}};
    for (const double start : {0.5, 12.0}) {
        const Vector z = detail::projected_newton(Vector::Constant(3, start), lower,
                                                  [&](const Vector& at) { return binomial(n, m, at); });
        EXPECT_NEAR((z - Vector{{std::log(900.0), 0.0, 0.0}}).norm(), 0.0, 1e-8) << start;
    }
}

// log z - z, defined for z > 0 only and without a bound to say so: steps into the rest are halved.
TEST(ProjectedNewton, StaysWhereTheFunctionExists) {
    const auto f = [](const Vector& z) -> std::optional<Expansion> {
        if (!(z[0] > 0.0)) return std::nullopt;
        return Expansion{std::log(z[0]) - z[0], Vector::Constant(1, 1.0 / z[0] - 1.0),
                         Matrix::Constant(1, 1, -1.0 / (z[0] * z[0]))};
    };
    const Vector no_bound = Vector::Constant(1, -infinity);
    for (const double start : {1e-6, 0.5, 1.0, 2.5, 1e3})
        EXPECT_NEAR(detail::projected_newton(Vector::Constant(1, start), no_bound, f, 500)[0], 1.0, 1e-8)
            << start;
    EXPECT_EQ(detail::projected_newton(Vector::Constant(1, -1.0), no_bound, f)[0], -1.0)
        << "nothing to start from";
}

// -(z^2 - 1)^2 / 4 is convex near 0, where Newton's plain step would go to the minimum at 0.
TEST(ProjectedNewton, ClimbsOutOfConvexRegions) {
    const auto f = [](const Vector& z) -> std::optional<Expansion> {
        const double x = z[0];
        return Expansion{-0.25 * (x * x - 1.0) * (x * x - 1.0), Vector::Constant(1, x - x * x * x),
                         Matrix::Constant(1, 1, 1.0 - 3.0 * x * x)};
    };
    EXPECT_NEAR(detail::projected_newton(Vector::Constant(1, 0.01), Vector::Constant(1, -infinity), f)[0],
                1.0, 1e-8);
}

// -sqrt(1 + z^2) is concave, but Newton's plain step overshoots beyond |z| = 1: from 1.5 it leads, shortened
// to 3, to -1.5 and back.
TEST(ProjectedNewton, DoesNotCycle) {
    const auto f = [](const Vector& z) -> std::optional<Expansion> {
        const double r = std::sqrt(1.0 + z[0] * z[0]);
        return Expansion{-r, Vector::Constant(1, -z[0] / r), Matrix::Constant(1, 1, -1.0 / (r * r * r))};
    };
    for (const double start : {1.5, 2.0, -40.0})
        EXPECT_NEAR(
            detail::projected_newton(Vector::Constant(1, start), Vector::Constant(1, -infinity), f)[0], 0.0,
            1e-8)
            << start;
}

TEST(ProjectedNewton, IterationLimit) {
    int calls = 0;
    const auto f = [&](const Vector& z) {
        ++calls;
        return quadratic(Vector::Constant(1, 100.0), Matrix::Identity(1, 1), z);
    };
    const Vector none = Vector::Constant(1, -infinity);
    EXPECT_EQ(detail::projected_newton(Vector::Zero(1), none, f, 0)[0], 0.0);
    EXPECT_NEAR(detail::projected_newton(Vector::Zero(1), none, f, 4, 1e-11, 3.0)[0], 12.0, 1e-12);
    EXPECT_EQ(calls, 1 + 5);
}

}  // namespace
}  // namespace optimize_test
