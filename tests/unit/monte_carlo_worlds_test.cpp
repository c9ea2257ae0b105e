// Stochastic EM beyond Ising chains: the Gaussian chain, and a potential that is neither linear in its
// parameters nor a chain, with derivatives by with_autodiff. Both through the same EMCoarseGrainer as ever,
// against its exact fit, in units of the errors that the fits state.
#include <predcg/engines/enumeration.hpp>
#include <predcg/engines/gaussian.hpp>
#include <predcg/models/gaussian/coarse_chain.hpp>
#include <predcg/models/gaussian/linear_map.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/monte_carlo.hpp>
#include <predcg/structure/autodiff.hpp>

#include "test_seed.hpp"
#include "z_score.hpp"

#include <gtest/gtest.h>

namespace monte_carlo_worlds_test {
using namespace predcg;

namespace {

Vector joined(const Parameters& p) {
    Vector all(p.theta.size() + p.eta.size());
    all << p.theta, p.eta;
    return all;
}

/// Fits with several seeds against the exact one. The average error over seeds is within z_limit of its own
/// stated error, and five hundredths of a posterior standard deviation for what a finite run has not
/// forgotten of its start; no single fit is off by more than z_limit of its errors and a tenth of those.
template <class Exact, class Sampled, class Data>
void expect_meets(const Exact& exact, const Sampled& sampled, const Data& data, FitSettings settings,
                  int seeds) {
    const auto expected = exact.fit(data, {.beta = settings.beta, .starts = 1});
    ASSERT_EQ(expected.status, Status::converged);
    Matrix information = expected.likelihood.observed();
    const Index p = expected.parameters.theta.size(), d = information.rows();
    Vector natural = Vector::Ones(d);
    natural.head(p).setConstant(expected.beta);
    information.diagonal() -= natural.cwiseAbs2().cwiseProduct(
        (Vector(d) << exact.prior().coarse.hessian(Vector::Zero(p)).diagonal(),
         exact.prior().map.hessian(Vector::Zero(d - p)).diagonal())
            .finished());
    const linalg::Cholesky factor(information);
    ASSERT_TRUE(factor.ok());
    Vector error = Vector::Zero(d), variance = Vector::Zero(d);
    for (int s = 0; s < seeds; ++s) {
        settings.seed = test_seed() + static_cast<std::uint64_t>(500 + s);
        const auto fit = sampled.fit(data, settings);
        const Vector e = joined(fit.parameters) - joined(expected.parameters);
        const Vector stated = joined(fit.monte_carlo.standard_errors);
        error += e / seeds;
        variance += stated.cwiseAbs2() / (seeds * seeds);
        for (Index k = 0; k < d; ++k) {
            const double sd = std::sqrt(factor.solve(Vector::Unit(d, k))[k]);
            EXPECT_GT(stated[k], 0.0);
            EXPECT_LT(stated[k], 0.3 * sd) << "parameter " << k;
            EXPECT_LE(std::abs(e[k]), z_limit * stated[k] + 0.1 * sd) << "parameter " << k << ", seed " << s;
        }
    }
    for (Index k = 0; k < d; ++k) {
        const double sd = std::sqrt(factor.solve(Vector::Unit(d, k))[k]);
        EXPECT_LE(std::abs(error[k]), z_limit * std::sqrt(variance[k]) + 0.05 * sd)
            << "parameter " << k << ": z = " << error[k] / std::sqrt(variance[k]) << ", " << error[k] / sd
            << " sd";
    }
}

TEST(MonteCarloWorlds, GaussianChain) {
    constexpr double beta = 1.3;
    constexpr Index beads = 4;
    const auto coarse = gaussian::coarse_chain({.beads = beads, .tether = 0.5});
    const auto map = gaussian::block_map({.coarse_beads = beads, .level = 2});
    const Parameters truth{(Vector(2) << 1.5, 0.4).finished(), Vector::Constant(1, -1.5)};
    // The same data for all seeds: what they identify is not at stake.
    auto rng = make_stream(1, Purpose::check);
    const auto sampler = GaussianEngine{}.sampler(boltzmann(coarse, truth.theta, beta));
    std::vector<Vector> data;
    for (int k = 0; k < 100; ++k) data.push_back(map.sample(sampler.draw(rng), truth.eta, rng));

    const SamplesOnly<Vector> fine;
    const EMCoarseGrainer exact{fine, coarse, map, GaussianEngine{}};
    FitSettings settings{.beta = beta, .iterations = 250, .start = truth};
    settings.stochastic.minimum_iterations = settings.iterations;
    const auto engine = [](Index samples) {
        return MonteCarlo(Hamiltonian{}, {.samples = samples, .refresh = 2, .standard_errors = false});
    };
    const EngineRoles engines{engine(20), engine(500)};
    const EMCoarseGrainer sampled{fine, coarse, map, engines, StochasticNewton{}};
    expect_meets(exact, sampled, data, settings, 3);
}

/// U = - A sum_{i<j} exp(-r_ij / xi) / r_ij X_i X_j on a ring.
struct Screened {
    ising::SpinSpace<> spins;

    const ising::SpinSpace<>& space() const { return spins; }
    Index parameter_count() const { return 2; }
    Vector start() const { return Vector::Ones(2); }
    bool admissible(const Vector& theta) const { return theta[1] > 0.0; }

    template <class T>
    T energy(const std::vector<ising::Spin>& X, const VectorOf<T>& theta) const {
        using std::exp;
        const std::size_t n = X.size();
        T U(0.0);
        for (std::size_t r = 1; 2 * r < n; ++r) {
            double products = 0.0;
            for (std::size_t i = 0; i < n; ++i) products += X[i] * X[(i + r) % n];
            const double distance = static_cast<double>(r);
            U -= T(products / distance) * theta[0] * T(exp(T(-distance) / theta[1]));
        }
        return U;
    }
};

// Data from the model itself, by enumeration: 120 are enough for strength and range.
TEST(MonteCarloWorlds, ScreenedInteraction) {
    constexpr double beta = 0.6;
    const auto potential = with_autodiff(Screened{ising::spin_space(5)});
    const auto map = ising::bernoulli_map({.level = 4});
    const Parameters truth{(Vector(2) << 1.5, 1.5).finished(), Vector::Constant(1, 1.5)};
    // The same data for all seeds: what they identify is not at stake.
    auto rng = make_stream(1, Purpose::check, 1);
    auto sampler = Enumeration{}.sampler(boltzmann(potential, truth.theta, beta));
    std::vector<std::vector<ising::Spin>> data;
    for (int k = 0; k < 120; ++k) data.push_back(map.sample(sampler.draw(rng), truth.eta, rng));

    const SamplesOnly<std::vector<ising::Spin>> fine;
    const EMCoarseGrainer exact{fine, potential, map, Enumeration{}, Newton{}, weak_prior()};
    FitSettings settings{.beta = beta, .iterations = 150, .start = truth};
    settings.stochastic.minimum_iterations = settings.iterations;
    const EngineRoles engines{MonteCarlo(HeatBath{}, {.samples = 10, .standard_errors = false}),
                              MonteCarlo(HeatBath{}, {.samples = 500, .standard_errors = false})};
    const EMCoarseGrainer sampled{fine, potential, map, engines, StochasticNewton{}, weak_prior()};
    expect_meets(exact, sampled, data, settings, 2);
}

}  // namespace
}  // namespace monte_carlo_worlds_test
