// Relative entropy of pair potentials: value, gradient and Hessian against an independent log Z, the integral
// of two and three particles in a periodic box.
#include <predcg/geometry/centre_of_mass.hpp>
#include <predcg/geometry/periodic_space.hpp>
#include <predcg/models/pair/spline_potential.hpp>
#include <predcg/relative_entropy.hpp>

#include <gtest/gtest.h>

#include "close.hpp"
#include "differences.hpp"
#include "grid_engine.hpp"
#include "test_seed.hpp"

namespace liquids_objective_test {
using namespace predcg;
using support::BoxGrid;
using support::expect_close;
using support::GridEngine;

namespace {

constexpr double beta = 0.4, length = 1.1, cutoff = 0.54;

/// u(r; theta) = core(r) + sum_k theta_k (1 - r^2/c^2)^3 cos(4 k r/c): by hand, with a core that nobody
/// learns.
struct HandBasis {
    PeriodicSpace<> particles;

    static double core(double r) { return 6.0 * std::exp(-0.5 * (r / 0.15) * (r / 0.15)); }
    static double basis(double r, Index k) {
        const double s = r / cutoff;
        return s < 1.0 ? std::pow(1.0 - s * s, 3.0) * std::cos(4.0 * double(k) * s) : 0.0;
    }
    double pair_energy(double r, const Vector& theta) const {
        double u = core(r) - core(cutoff);
        for (Index k = 0; k < theta.size(); ++k) u += theta[k] * basis(r, k);
        return r < cutoff ? u : 0.0;
    }

    const PeriodicSpace<>& space() const { return particles; }
    Index parameter_count() const { return 3; }
    Vector features(const Points& X) const {
        Vector f = Vector::Zero(3);
        each_distance(X, [&](double r) {
            for (Index k = 0; k < 3; ++k) f[k] += basis(r, k);
        });
        return f;
    }
    double base_energy(const Points& X) const {
        double sum = 0.0;
        each_distance(X, [&](double r) { sum += r < cutoff ? core(r) - core(cutoff) : 0.0; });
        return sum;
    }

    template <class F>
    void each_distance(const Points& X, F&& f) const {
        for (std::size_t i = 0; i < X.size(); ++i)
            for (std::size_t j = 0; j < i; ++j) f(particles.image().distance(X[i], X[j]));
    }
};
static_assert(LinearCoarsePotential<HandBasis>);

/// Molecules of two sites, cut by the box.
std::vector<Points> molecules(int particles, int count) {
    auto rng = test_rng(1232);
    std::vector<Points> data;
    for (int k = 0; k < count; ++k) {
        Points x;
        for (int i = 0; i < particles; ++i) {
            Point a{}, b{};
            for (std::size_t c = 0; c < 3; ++c) {
                a[c] = length * uniform(rng);
                b[c] = a[c] + 0.1 * (uniform(rng) - 0.5);
            }
            x.push_back(a);
            x.push_back(b);
        }
        data.push_back(x);
    }
    return data;
}

/// -beta sum over data of U - N log Z, by hand.
template <class Potential>
double log_likelihood(const Potential& potential, const std::vector<Points>& data, const BoxGrid& grid,
                      const Vector& theta) {
    double sum = 0.0;
    for (const Points& x : data)
        for (std::size_t i = 0; i + 1 < x.size(); i += 2)
            for (std::size_t j = 0; j < i; j += 2) {
                double square = 0.0;
                for (std::size_t c = 0; c < 3; ++c) {
                    // masses 3 and 1
                    const double d = 0.75 * (x[i][c] - x[j][c]) + 0.25 * (x[i + 1][c] - x[j + 1][c]);
                    square += std::pow(std::remainder(d, length), 2.0);
                }
                sum -= beta * potential.pair_energy(std::sqrt(square), theta);
            }
    const auto u = [&](double r) { return potential.pair_energy(r, theta); };
    return sum - static_cast<double>(data.size()) * grid.log_z(u, beta);
}

template <class Potential>
void expect_derivatives_of_log_z(const Potential& potential, int particles, int points, const Vector& theta) {
    const BoxGrid grid(particles, points, length);
    const std::vector<Points> data = molecules(particles, 7);
    const RelativeEntropy learner{potential, CentreOfMass({3.0, 1.0}), GridEngine{grid}};
    const auto prepared = learner.prepare(data, beta);
    const auto problem = learner.problem(prepared);
    const Parameters at{theta, {}};
    const auto by_hand = [&](const Vector& t) { return log_likelihood(potential, data, grid, t); };
    expect_close(problem.log_likelihood(at), by_hand(theta), 1e-11, "log-likelihood");
    const auto found = problem.evaluate(at);
    // along random directions: first and second derivatives
    auto rng = test_rng(1233);
    double largest = 0.0;
    for (int direction = 0; direction < 4; ++direction) {
        Vector v(theta.size());
        for (double& x : v) x = uniform(rng) - 0.5;
        const auto along_v = [&](double t) { return by_hand(theta + t * v); };
        const double first = differences::along(along_v, 0.02);
        const double second = differences::along(
            [&](double s) { return differences::along([&](double t) { return along_v(s + t); }, 0.02); },
            0.02);
        expect_close(v.dot(found.gradient), first, 1e-9, "gradient");
        expect_close(v.dot(found.observed() * v), -second, 1e-7, "Hessian");
        largest = std::max(largest, std::abs(second));
    }
    EXPECT_GT(largest, 1e-4) << "tolerances say little";
}

TEST(PairObjective, DerivativesOfTwoAndThreeParticles) {
    const HandBasis two{PeriodicSpace<>(2, Box::cubic(length))},
        three{PeriodicSpace<>(3, Box::cubic(length))};
    expect_derivatives_of_log_z(two, 2, 24, Vector{{-3.0, 4.0, 0.5}});
    expect_derivatives_of_log_z(three, 3, 8, Vector{{-3.0, 4.0, 0.5}});
}

// Splines, with a core that particles enter, and pairs beyond the cut-off.
TEST(PairObjective, DerivativesOfSplines) {
    const pair::SplineSettings settings{
        .cutoff = cutoff, .core = 0.2, .intervals = 5, .core_stiffness = 400.0};
    const Vector theta{{8.0, 1.0, -2.0, -0.5, 0.7}};
    const auto spline = [&](Index particles) {
        return pair::SplinePotential(settings, PeriodicSpace<>(particles, Box::cubic(length)));
    };
    expect_derivatives_of_log_z(spline(2), 2, 24, theta);
    expect_derivatives_of_log_z(spline(3), 3, 8, theta);
}

// What the learner finds with exact moments: those of the data, where the gradient of the hand-made
// likelihood is zero.
TEST(PairObjective, TheFitIsTheMaximumOfTheIndependentLikelihood) {
    const HandBasis potential{PeriodicSpace<>(2, Box::cubic(length))};
    const BoxGrid grid(2, 24, length);
    const std::vector<Points> data = molecules(2, 2000);
    const auto fit =
        RelativeEntropy{potential, CentreOfMass({3.0, 1.0}), GridEngine{grid}}.fit(data, {.beta = beta});
    ASSERT_EQ(fit.status, Status::converged);
    for (Index k = 0; k < 3; ++k)
        expect_close(differences::along(
                         [&](double t) {
                             Vector theta = fit.parameters.theta;
                             theta[k] += t;
                             return log_likelihood(potential, data, grid, theta);
                         },
                         0.05),
                     0.0, 1e-6, "gradient at the maximum");
}

}  // namespace
}  // namespace liquids_objective_test
