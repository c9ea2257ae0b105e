// The unit of length: fits, posteriors and evidences of the same data in two units are the same. Draws are
// the same, too, up to rounding: log sd carries the logarithm of the unit.
#include <predcg/engines/gaussian.hpp>
#include <predcg/engines/mean_field.hpp>
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/judge/evidence.hpp>
#include <predcg/judge/exact_evidence.hpp>
#include <predcg/judge/leave_one_out.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/learning/online.hpp>
#include <predcg/maps/normal_map.hpp>
#include <predcg/models/gaussian/block_average.hpp>
#include <predcg/models/gaussian/chain.hpp>
#include <predcg/models/gaussian/coarse_chain.hpp>
#include <predcg/models/gaussian/linear_map.hpp>
#include <predcg/models/potts/chain.hpp>
#include <predcg/monte_carlo.hpp>
#include <predcg/optimize/quasi_newton.hpp>
#include <predcg/posterior.hpp>
#include <predcg/predict/fine_scale.hpp>
#include <predcg/relative_entropy.hpp>

#include "close.hpp"
#include "test_seed.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace scales_test {

namespace {

using namespace predcg;
using support::expect_close;

constexpr double beta = 0.8;

/// A harmonic chain of which 1 nm is `unit` in the unit of length that is used.
struct GaussianWorld {
    explicit GaussianWorld(double length) : unit(length) {}

    auto fine() const {
        return gaussian::chain({.beads = 8,
                                .bond = 3.0 / (unit * unit),
                                .second = 0.4 / (unit * unit),
                                .tether = 0.2 / (unit * unit)});
    }
    auto coarse() const {
        return gaussian::coarse_chain({.beads = 4, .tether = 0.2 / (unit * unit), .length = unit});
    }
    /// Of the prior in nm.
    template <class Prior, class Engine = GaussianEngine, class Optimizer = Newton>
    auto grainer(const Prior& prior, const Engine& engine = {}, const Optimizer& optimizer = {}) const {
        return EMCoarseGrainer{SamplesOnly<Vector>{},
                               coarse(),
                               gaussian::block_map({.coarse_beads = 4, .length = unit}),
                               engine,
                               optimizer,
                               prior};
    }
    std::vector<Vector> data() const {
        std::vector<Vector> x;
        for (const Vector& nm : generate(GaussianWorld(1.0).fine(), {.beta = beta, .samples = 30, .seed = 1}))
            x.push_back(unit * nm);
        return x;
    }
    /// (theta_c, eta) in nm.
    Vector in_nm(const Parameters& at) const {
        Vector all(at.theta.size() + at.eta.size());
        all << unit * unit * at.theta, at.eta.array() - std::log(unit);
        return all;
    }

    double unit;
};

// 1 nm = 10 angstrom: stiffnesses are a hundredth, sigma is tenfold, and everything else is the same, starts
// and steps included.
TEST(Scales, AFitDoesNotDependOnTheUnitOfLength) {
    const GaussianWorld nm(1.0), angstrom(10.0);
    const auto check = [&](const auto& prior, Status expected) {
        const auto a = nm.grainer(prior).fit(nm.data(), {.beta = beta, .starts = 4, .seed = test_seed()});
        const auto b =
            angstrom.grainer(prior).fit(angstrom.data(), {.beta = beta, .starts = 4, .seed = test_seed()});
        EXPECT_EQ(a.status, expected);
        EXPECT_EQ(b.status, expected);
        EXPECT_EQ(b.iterations, a.iterations);
        ASSERT_EQ(b.starts.size(), a.starts.size());
        for (std::size_t k = 0; k < a.starts.size(); ++k) {
            EXPECT_EQ(b.starts[k].iterations, a.starts[k].iterations) << k;
            expect_close(Vector(100.0 * b.starts[k].parameters.theta), a.starts[k].parameters.theta, 1e-7);
        }
        for (std::size_t k = 0; k < std::min(a.trace.size(), b.trace.size()); ++k) {
            expect_close(Vector(100.0 * b.trace[k].theta), a.trace[k].theta, 1e-7, "on the way");
            EXPECT_NEAR(b.trace[k].step, a.trace[k].step, 1e-7) << k;
        }
        expect_close(Vector(100.0 * b.parameters.theta), a.parameters.theta, 1e-9, "stiffnesses");
        EXPECT_NEAR(b.parameters.eta[0] - std::log(10.0), a.parameters.eta[0], 1e-9) << "log sigma";
        const double jacobian = 30.0 * 8.0 * std::log(10.0);  // of the density of x
        EXPECT_NEAR(b.log_likelihood + jacobian, a.log_likelihood, 1e-8);
        EXPECT_EQ(b.directions.size(), a.directions.size());
    };
    check(flat_prior(), Status::not_identified);
    check(BlockPriors{Normal{.mean = 0.0, .sd = 2.0}, Flat{}}, Status::converged);
}

// The evidence of a model, too: the prior is a density of z.
TEST(Scales, ALaplaceApproximationIsTheSameInBothUnits) {
    const BlockPriors prior{Normal{.mean = 0.0, .sd = 5.0}, Normal{.mean = 0.0, .sd = 2.0}};
    const GaussianWorld nm(1.0), angstrom(10.0);
    const auto grainer = nm.grainer(prior),
               other = angstrom.grainer(BlockPriors{prior.coarse, Normal{.mean = std::log(10.0), .sd = 2.0}});
    const auto fit = grainer.fit(nm.data(), {.beta = beta}),
               same = other.fit(angstrom.data(), {.beta = beta});
    const LaplaceSettings settings{.draws = 200, .largest_pareto_k = 10.0, .seed = test_seed()};
    const auto a = laplace_joint(grainer, nm.data(), fit, settings);
    const auto b = laplace_joint(other, angstrom.data(), same, settings);
    expect_close(Vector(100.0 * b.sd.head(2)), Vector(a.sd.head(2)), 1e-6, "sd of stiffnesses");
    EXPECT_NEAR(b.sd[2], a.sd[2], 1e-6);
    EXPECT_NEAR(*b.pareto_k, *a.pareto_k, 1e-4);
    ASSERT_EQ(a.draws.cols(), 200);
    expect_close(Matrix(100.0 * b.draws.topRows(2)), Matrix(a.draws.topRows(2)), 1e-6, "draws");
    const auto evidence = laplace_evidence(grainer, nm.data(), fit, settings),
               other_evidence = laplace_evidence(other, angstrom.data(), same, settings);
    ASSERT_TRUE(evidence.log_evidence && other_evidence.log_evidence);
    EXPECT_NEAR(*other_evidence.log_evidence + 30.0 * 8.0 * std::log(10.0), *evidence.log_evidence, 1e-8);
}

/// Both errors and estimates of a fit with samples.
template <class World, class Sampled>
void expect_same_sampled(const World& one, const Sampled& a, const World& other, const Sampled& b,
                         double tolerance, const char* what) {
    EXPECT_EQ(b.status, a.status) << what;
    EXPECT_EQ(b.iterations, a.iterations) << what;
    expect_close(other.in_nm(b.parameters), one.in_nm(a.parameters), tolerance, what);
    const auto errors = [](const World& world, const Parameters& of) {  // no logarithm is taken of them
        return Vector(world.in_nm({of.theta, of.eta}) - world.in_nm({0.0 * of.theta, 0.0 * of.eta}));
    };
    expect_close(errors(other, b.monte_carlo.standard_errors), errors(one, a.monte_carlo.standard_errors),
                 tolerance, what);
    expect_close(errors(other, b.monte_carlo.posterior_deviations),
                 errors(one, a.monte_carlo.posterior_deviations), tolerance, what);
}

// Kernels on R^n begin in units of the chain's length, and so do the chains.
TEST(Scales, ChainsOfRealNumbersAreTheSame) {
    const GaussianWorld nm(1.0), small(1.0 / 1024.0);
    const BlockPriors prior{Normal{.mean = 0.0, .sd = 5.0}, Flat{}};
    const FitSettings settings{.beta = beta, .iterations = 40, .seed = test_seed()};
    const auto check = [&](const auto& kernel, const auto& optimizer, const char* what) {
        const MonteCarlo engine{kernel, {.samples = 40, .chains = 2, .warm_up = 60}};
        expect_same_sampled(nm, nm.grainer(prior, engine, optimizer).fit(nm.data(), settings), small,
                            small.grainer(prior, engine, optimizer).fit(small.data(), settings), 1e-6, what);
    };
    check(RandomWalk{}, RobbinsMonro{}, "Robbins-Monro");
    check(RandomWalk{}, StochasticNewton{}, "stochastic Newton");
}

// No logarithm of a length is a parameter: with a unit that is a power of two all is the same to the last
// bit, trajectories included, which rounding grows in.
TEST(Scales, RelativeEntropyAndItsPosteriorsAreTheSame) {
    const GaussianWorld nm(1.0), small(1.0 / 1024.0);
    const auto xi = gaussian::block_average({.coarse_beads = 4});
    const BlockPriors prior{Normal{.mean = 0.0, .sd = 5.0}, Flat{}};
    const auto exact = [&](const GaussianWorld& world) {
        return RelativeEntropy{world.coarse(), xi, GaussianEngine{}, Newton{}, prior};
    };
    const double square = small.unit * small.unit;
    const auto one = exact(nm), other = exact(small);
    const FitSettings settings{.beta = beta, .starts = 3, .seed = test_seed()};
    const auto a = one.fit(nm.data(), settings), b = other.fit(small.data(), settings);
    EXPECT_EQ(b.status, a.status);
    EXPECT_EQ(b.iterations, a.iterations);
    EXPECT_EQ(Vector(square * b.parameters.theta), a.parameters.theta);
    EXPECT_EQ(Vector(square * b.standard_errors()), a.standard_errors());
    const ChainSettings chains{.draws = 200, .chains = 2, .warm_up = 60, .seed = test_seed()};
    const auto drawn = full_posterior(one, nm.data(), a, chains);
    const auto again = full_posterior(other, small.data(), b, chains);
    expect_close(Matrix(square * again.draws), drawn.draws, 1e-8, "full posterior");
    const double jacobian = 30.0 * 4.0 * std::log(small.unit);  // of the density of X
    EXPECT_NEAR(*exact_evidence(other, small.data(), again).log_evidence + jacobian,
                *exact_evidence(one, nm.data(), drawn).log_evidence, 1e-9);
    EXPECT_NEAR(leave_one_out(other, small.data(), again).elpd + jacobian,
                leave_one_out(one, nm.data(), drawn).elpd, 1e-9);
    EXPECT_EQ(Matrix(square * laplace_joint(other, small.data(), b, {.draws = 50}).draws),
              laplace_joint(one, nm.data(), a, {.draws = 50}).draws);
    const MonteCarlo engine{Hamiltonian{}, {.samples = 40, .chains = 2, .warm_up = 60}};
    const auto sampled = [&](const GaussianWorld& world) {
        return RelativeEntropy{world.coarse(), xi, engine, RobbinsMonro{}, prior}.fit(
            world.data(), {.beta = beta, .iterations = 40, .seed = test_seed()});
    };
    const auto c = sampled(nm), d = sampled(small);
    EXPECT_EQ(Vector(square * d.parameters.theta), c.parameters.theta);
    EXPECT_EQ(Vector(square * d.monte_carlo.standard_errors.theta), c.monte_carlo.standard_errors.theta);
}

/// A chain of two hidden letters that a number at every site tells of, in a unit of length of which 1 nm has
/// `unit`.
struct HiddenWorld {
    explicit HiddenWorld(double length) : unit(length) {}

    auto map() const { return NormalMap<>(NormalSites({.centre = 0.25 * unit, .length = 2.0 * unit})); }
    template <class Engine, class Optimizer = Newton>
    auto grainer(const Engine& engine, const Optimizer& optimizer = {}) const {
        return EMCoarseGrainer{SamplesOnly<Vector>{},
                               potts::coarse_chain<2>({.sites = 6, .fields = true}),
                               map(),
                               engine,
                               optimizer,
                               weak_prior(map())};
    }
    std::vector<Vector> data() const {
        const Parameters truth{Vector{{-0.3, 1.2}}, Vector{{-0.9, 1.1, -0.4, -0.2}}};
        const HiddenWorld nm(1.0);
        Philox4x32 rng = make_stream(test_seed(), Purpose::check);
        auto X = TransferMatrix{}.sampler(
            boltzmann(potts::coarse_chain<2>({.sites = 6, .fields = true}), truth.theta, beta));
        std::vector<Vector> x;
        for (int k = 0; k < 40; ++k) x.push_back(Vector(unit * nm.map().sample(X.draw(rng), truth.eta, rng)));
        return x;
    }
    Vector in_nm(const Parameters& at) const {
        Vector all(6);
        all << at.theta, at.eta.head(2) / unit, at.eta.tail(2).array() - std::log(unit);
        return all;
    }
    /// Of draws.
    Matrix draws_in_nm(const Matrix& draws) const {
        Matrix all = draws;
        for (Index k = 0; k < draws.cols(); ++k)
            all.col(k) = in_nm(Parameters{draws.col(k).head(2), draws.col(k).tail(4)});
        return all;
    }
    /// log of the density of all data by that in nm.
    double jacobian() const { return 40.0 * 6.0 * std::log(unit); }

    double unit;
};

const HiddenWorld nanometre(1.0), angstrom(10.0), binary(1.0 / 1024.0);

TEST(Scales, ExactAndVariationalFitsOfHiddenChains) {
    const auto check = [&](const auto& engine, const auto& optimizer, const FitSettings& settings,
                           const char* what) {
        const auto one = nanometre.grainer(engine, optimizer).fit(nanometre.data(), settings);
        EXPECT_EQ(one.status, settings.iterations > 10 ? Status::converged : Status::limit) << what;
        for (const HiddenWorld& world : {angstrom, binary}) {
            const auto other = world.grainer(engine, optimizer).fit(world.data(), settings);
            EXPECT_EQ(other.status, one.status) << what;
            EXPECT_EQ(other.iterations, one.iterations) << what;
            ASSERT_EQ(other.starts.size(), one.starts.size()) << what;
            for (std::size_t k = 0; k < one.starts.size(); ++k)
                expect_close(world.in_nm(other.starts[k].parameters),
                             nanometre.in_nm(one.starts[k].parameters), 1e-6, what);
            expect_close(world.in_nm(other.parameters), nanometre.in_nm(one.parameters), 1e-7, what);
            if constexpr (requires { one.log_likelihood; })
                EXPECT_NEAR(other.log_likelihood + world.jacobian(), one.log_likelihood, 1e-8) << what;
            else
                EXPECT_NEAR(other.variational_objective + world.jacobian(), one.variational_objective, 1e-6)
                    << what;
        }
    };
    const FitSettings whole{.beta = beta, .starts = 3, .seed = test_seed()};
    check(TransferMatrix{}, Newton{}, whole, "Newton");
    check(TransferMatrix{}, QuasiNewton{}, whole, "quasi-Newton");
    // Ten EM steps: its maximum is far away.
    check(MeanField{}, Newton{}, {.beta = beta, .iterations = 10, .starts = 1, .seed = test_seed()},
          "variational");
}

TEST(Scales, StochasticFits) {
    const FitSettings settings{.beta = beta, .iterations = 90, .seed = test_seed()};
    const MonteCarlo engine{HeatBath{}, {.samples = 20, .chains = 2, .warm_up = 10}};
    const auto check = [&](const auto& optimizer, const char* what) {
        const auto one = nanometre.grainer(engine, optimizer).fit(nanometre.data(), settings);
        for (const HiddenWorld& world : {angstrom, binary})
            expect_same_sampled(nanometre, one, world,
                                world.grainer(engine, optimizer).fit(world.data(), settings), 1e-7, what);
    };
    check(RobbinsMonro{}, "Robbins-Monro");
    check(StochasticNewton{}, "stochastic Newton");
    FitSettings growing = settings;
    growing.iterations = 15;
    growing.stochastic.grow = true;
    const auto one = nanometre.grainer(engine).fit(nanometre.data(), growing);
    expect_same_sampled(nanometre, one, binary, binary.grainer(engine).fit(binary.data(), growing), 1e-7,
                        "growing samples");
    EXPECT_GT(one.monte_carlo.latent_samples, 20);
}

TEST(Scales, OnlineFits) {
    const auto check = [&](const auto& engine, const char* what) {
        const auto learnt = [&](const HiddenWorld& world) {
            OnlineFit online{world.grainer(engine), {.beta = beta, .batch = 4, .seed = test_seed()}};
            for (int round = 0; round < 8; ++round)
                for (const Vector& x : world.data()) online.add(x);
            return online.estimate();
        };
        const auto one = learnt(nanometre);
        for (const HiddenWorld& world : {angstrom, binary}) {
            const auto other = learnt(world);
            expect_close(world.in_nm(other.parameters), nanometre.in_nm(one.parameters), 1e-7, what);
            EXPECT_EQ(other.restarts, one.restarts) << what;
            EXPECT_EQ(other.data_count, one.data_count) << what;
            expect_close(other.errors.theta, one.errors.theta, 1e-7, what);
            expect_close(Vector(other.errors.eta.head(2) / world.unit), Vector(one.errors.eta.head(2)), 1e-7,
                         what);
            expect_close(Vector(other.errors.eta.tail(2)), Vector(one.errors.eta.tail(2)), 1e-7, what);
        }
    };
    check(TransferMatrix{}, "exact");
    check(MonteCarlo{HeatBath{}, {.samples = 10, .chains = 1, .warm_up = 5}}, "sampled");
}

TEST(Scales, PosteriorsAndEvidences) {
    const ChainSettings chains{.draws = 100, .chains = 2, .warm_up = 40, .seed = test_seed()};
    const auto judged = [&](const HiddenWorld& world, const auto& check) {
        const auto grainer = world.grainer(TransferMatrix{});
        const auto data = grainer.prepare(world.data(), beta);
        const auto fit = grainer.fit_prepared(data, {.starts = 1});
        const auto laplace = laplace_joint(grainer, data, fit, {.draws = 100, .seed = test_seed()});
        const auto exchange = exchange_posterior(grainer, data, fit, chains);
        const auto by_samples =
            exchange_posterior(world.grainer(MonteCarlo{HeatBath{}, {.samples = 20}}), data, fit, chains);
        check(world, laplace, exchange, by_samples, exact_evidence(grainer, data, exchange),
              leave_one_out(grainer, data, exchange));
    };
    judged(nanometre, [&](const HiddenWorld&, const auto&... one) {
        for (const HiddenWorld& world : {angstrom, binary})
            judged(world, [&](const HiddenWorld&, const auto&... other) {
                const auto same = [&](const auto& a, const auto& b) {
                    if constexpr (requires { a.draws; }) {
                        ASSERT_EQ(b.draws.cols(), a.draws.cols());
                        expect_close(world.draws_in_nm(b.draws), nanometre.draws_in_nm(a.draws), 1e-6,
                                     std::string(to_string(a.method)));
                    } else if constexpr (requires { a.elpd; }) {
                        EXPECT_NEAR(b.elpd + world.jacobian(), a.elpd, 1e-6);
                        EXPECT_NEAR(b.p_loo, a.p_loo, 1e-6);
                        EXPECT_NEAR(b.worst_k, a.worst_k, 1e-5);
                    } else {
                        ASSERT_TRUE(a.log_evidence && b.log_evidence);
                        EXPECT_NEAR(*b.log_evidence + world.jacobian(), *a.log_evidence, 1e-6);
                        EXPECT_NEAR(b.standard_error, a.standard_error, 1e-6);
                    }
                };
                (same(one, other), ...);
            });
    });
}

}  // namespace
}  // namespace scales_test
