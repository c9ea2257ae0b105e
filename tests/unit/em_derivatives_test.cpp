// Log-likelihood, gradient and informations of Ising coarse-grainings at random points of random models,
// against enumeration of the formulas in long double.
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/coarse_chain.hpp>

#include <gtest/gtest.h>

#include "differences.hpp"
#include "ising_by_hand.hpp"
#include "test_seed.hpp"

namespace em_derivatives_test {
using namespace predcg;
using by_hand::Numbers;
using by_hand::Spins;

namespace {

struct Case {
    by_hand::Model model;
    Index level = 1;
    double beta = 1.0;
    std::vector<Spins> data;
    Numbers point;  // (theta_c, eta)
    std::string name;
};

Case random_case(std::uint64_t number) {
    auto rng = test_rng(number);
    const auto between = [&](Index low, Index high) {
        return std::uniform_int_distribution<Index>(low, high)(rng);
    };
    std::normal_distribution<double> normal;
    Case c;
    c.model = by_hand::random_model(rng, between(1, 6));
    c.level = between(1, 4);
    c.beta = 0.2 + 0.1 * static_cast<double>(between(0, 10));
    c.data = by_hand::markov_data(rng, c.model.sites * c.level, between(1, 8), 0.6, 0.7);
    for (std::size_t k = 0; k < by_hand::parameter_count(c.model); ++k) c.point.push_back(normal(rng));
    c.point.push_back(1.0 + normal(rng));
    c.name = "case " + std::to_string(number) + ", " + std::to_string(c.model.sites) + " coarse sites";
    return c;
}

Vector vector_of(const Numbers& numbers) {
    Vector v(static_cast<Index>(numbers.size()));
    for (Index k = 0; k < v.size(); ++k) v[k] = static_cast<double>(numbers[static_cast<std::size_t>(k)]);
    return v;
}

Parameters parameters_of(const Vector& point) { return {point.head(point.size() - 1), point.tail(1)}; }

auto grainer(const Case& c) {
    return EMCoarseGrainer{SamplesOnly<Spins>{}, ising::coarse_chain(c.model),
                           ising::bernoulli_map({.level = c.level}), TransferMatrix{}};
}

constexpr std::uint64_t cases = 60;

TEST(EMDerivatives, LogLikelihoodAndGradient) {
    for (std::uint64_t number = 0; number < cases; ++number) {
        const Case c = random_case(number);
        const auto g = grainer(c);
        const LikelihoodExpansion e =
            g.problem(g.prepare(c.data, c.beta)).evaluate(parameters_of(vector_of(c.point)));
        const auto by_formula = [&](const Numbers& point) {
            return by_hand::log_likelihood(c.model, c.data, c.beta, point);
        };
        const double exact = static_cast<double>(by_formula(c.point));
        EXPECT_NEAR(e.log_likelihood, exact, 1e-12 * std::max(1.0, std::abs(exact))) << c.name;
        const Vector gradient = vector_of(differences::gradient<long double>(by_formula, c.point));
        ASSERT_EQ(e.gradient.size(), gradient.size());
        for (Index k = 0; k < gradient.size(); ++k)
            EXPECT_NEAR(e.gradient[k], gradient[k], 1e-10 * std::max(1.0, std::abs(gradient[k])))
                << c.name << ", component " << k;
    }
}

// The gradient is known to be right from above: its differences are the observed information.
TEST(EMDerivatives, ObservedInformationIsMinusTheGradientsDerivative) {
    for (std::uint64_t number = 0; number < cases; ++number) {
        const Case c = random_case(number);
        const auto g = grainer(c);
        const auto data = g.prepare(c.data, c.beta);
        const Vector point = vector_of(c.point);
        const Matrix hessian = differences::jacobian<Matrix>(
            [&](const Vector& at) { return g.problem(data).evaluate(parameters_of(at)).gradient; }, point);
        const Matrix observed = g.problem(data).evaluate(parameters_of(point)).observed();
        for (Index k = 0; k < point.size(); ++k)
            for (Index l = 0; l < point.size(); ++l)
                EXPECT_NEAR(observed(k, l), -hessian(k, l), 1e-8 * std::max(1.0, std::abs(hessian(k, l))))
                    << c.name << " (" << k << ", " << l << ")";
    }
}

// Complete-data information: N times the Hessian of log Z_c, and N n_f theta_cf (1 - theta_cf).
TEST(EMDerivatives, CompleteInformation) {
    for (std::uint64_t number = 0; number < cases; ++number) {
        const Case c = random_case(number);
        const auto g = grainer(c);
        const Matrix complete =
            g.problem(g.prepare(c.data, c.beta)).evaluate(parameters_of(vector_of(c.point))).complete;
        const Index p = complete.rows() - 1;
        const double N = static_cast<double>(c.data.size());
        const double theta_cf = 1.0 / (1.0 + std::exp(-static_cast<double>(c.point.back())));
        const Numbers theta(c.point.begin(), c.point.end() - 1);
        const double spins = N * static_cast<double>(c.model.sites * c.level);
        EXPECT_NEAR(complete(p, p), spins * theta_cf * (1.0 - theta_cf), 1e-12 * spins) << c.name;
        for (Index k = 0; k < p; ++k) {
            EXPECT_EQ(complete(k, p), 0.0) << c.name;
            const auto slope = [&](const Numbers& at) {
                return differences::gradient<long double>(
                    [&](const Numbers& there) {
                        return by_hand::coarse_log_partition(c.model, c.beta, there);
                    },
                    at)[static_cast<std::size_t>(k)];
            };
            const Vector row = N * vector_of(differences::gradient<long double>(slope, theta));
            for (Index l = 0; l < p; ++l)
                EXPECT_NEAR(complete(k, l), row[l], 1e-8 * std::max(1.0, std::abs(row[l]))) << c.name;
        }
    }
}

// Where a likelihood has its maximum at infinity a fit goes far, and must not be misled there.
TEST(EMDerivatives, HugeParameters) {
    for (std::uint64_t number = 0; number < cases; ++number)
        for (const double scale : {3.0, 10.0, 30.0, 100.0, 300.0, 1000.0}) {
            Case c = random_case(number);
            for (long double& parameter : c.point) parameter *= scale;
            const auto g = grainer(c);
            const double exact =
                static_cast<double>(by_hand::log_likelihood(c.model, c.data, c.beta, c.point));
            const LikelihoodExpansion e =
                g.problem(g.prepare(c.data, c.beta)).evaluate(parameters_of(vector_of(c.point)));
            EXPECT_NEAR(e.log_likelihood, exact, 1e-12 * scale * std::max(1.0, std::abs(exact)))
                << c.name << ", scale " << scale;
        }
}

}  // namespace
}  // namespace em_derivatives_test
