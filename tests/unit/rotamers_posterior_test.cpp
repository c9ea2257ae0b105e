// Posteriors of hidden chains with priors between two bounds, against quadrature; what they say of X itself.
#include <predcg/judge/exact_evidence.hpp>
#include <predcg/models/potts/chain.hpp>
#include <predcg/models/rotamers/map.hpp>
#include <predcg/models/rotamers/observables.hpp>
#include <predcg/posterior.hpp>
#include <predcg/predcg.hpp>
#include <predcg/predict/coarse_scale.hpp>
#include <predcg/predict/credible_interval.hpp>

#include "test_seed.hpp"
#include "z_score.hpp"

#include <gtest/gtest.h>

#include <numbers>

namespace rotamers_posterior_test {
using namespace predcg;
using std::numbers::pi;

namespace {

TEST(BoundsOnBothSides, HoldPosteriorAndEvidenceAgainstQuadrature) {
    // Letters of equal weight at +phi and -phi: two parameters, of which phi leans on its lower bound and is
    // not far from the upper one.
    const VonMisesMap<> map(
        VonMises({.letters = {{.sign = 1.0}, {.sign = -1.0}},
                  .concentrations = {{.name = "log_kappa", .mean = 0.3, .sd = 0.5}},
                  .angles = {{.name = "phi", .mean = 0.6, .sd = 0.9, .lower = 0.0, .upper = 1.5}}}));
    const EMCoarseGrainer grainer{SamplesOnly<Vector>{},
                                  potts::coarse_chain<2>({.sites = 2, .pair_range = 0}),
                                  map,
                                  TransferMatrix{},
                                  Newton{},
                                  BlockPriors{Normal{}, map.weak_prior()}};
    const std::vector<Vector> data{Vector{{0.5, -0.9}}, Vector{{1.4, 0.2}}, Vector{{-0.3, 2.0}}};

    // By hand: density of every angle, priors cut by hand.
    const auto log_posterior = [&](double log_kappa, double phi) {
        const auto normal = [](double z, double mean, double sd) {
            return -0.5 * (z - mean) * (z - mean) / (sd * sd) - std::log(sd * std::sqrt(2.0 * pi));
        };
        const auto below = [](double z) { return 0.5 * (1.0 + std::erf(z / std::sqrt(2.0))); };
        double sum = normal(log_kappa, 0.3, 0.5) + normal(phi, 0.6, 0.9) -
                     std::log(below((1.5 - 0.6) / 0.9) - below(-0.6 / 0.9));
        const double kappa = std::exp(log_kappa), norm = 2.0 * pi * std::cyl_bessel_i(0.0, kappa);
        for (const Vector& x : data)
            for (const double angle : x)
                sum += std::log(
                    0.5 *
                    (std::exp(kappa * std::cos(angle - phi)) + std::exp(kappa * std::cos(angle + phi))) /
                    norm);
        return sum;
    };
    double mass = 0.0, mean = 0.0, square = 0.0;
    for (int i = 0; i < 200; ++i)
        for (int j = 0; j < 300; ++j) {
            const double log_kappa = -3.0 + 6.0 * (i + 0.5) / 200, phi = 1.5 * (j + 0.5) / 300;
            const double p = std::exp(log_posterior(log_kappa, phi)) * (6.0 / 200) * (1.5 / 300);
            mass += p;
            mean += p * phi;
            square += p * phi * phi;
        }
    mean /= mass;
    square /= mass;

    const auto fit = grainer.fit(data, {.beta = 1.0});
    EXPECT_EQ(fit.status, Status::converged);
    EXPECT_NEAR(fit.log_posterior, log_posterior(fit.parameters.eta[0], fit.parameters.eta[1]), 1e-12);
    const auto posterior = full_posterior(grainer, data, fit, {.draws = 4000, .seed = test_seed()});
    EXPECT_TRUE(posterior.reliable);
    const Vector phi = posterior.draws.row(1).transpose();
    EXPECT_GE(phi.minCoeff(), 0.0);
    EXPECT_LE(phi.maxCoeff(), 1.5);
    EXPECT_LT(phi.minCoeff(), 0.02);
    EXPECT_GT(phi.maxCoeff(), 1.3);
    expect_z(phi.mean(), mean, statistics::mcse_mean(posterior.by_chain(phi)), "mean of phi");
    const Vector squares = phi.cwiseAbs2();
    expect_z(squares.mean(), square, statistics::mcse_mean(posterior.by_chain(squares)), "mean of phi^2");
    const auto normal = laplace_joint(grainer, data, fit, {.draws = 400, .largest_pareto_k = 10.0});
    ASSERT_EQ(normal.draw_count(), 400);
    EXPECT_GE(normal.draws.row(1).minCoeff(), 0.0);
    EXPECT_LE(normal.draws.row(1).maxCoeff(), 1.5);
    const Evidence evidence = exact_evidence(grainer, data, posterior);
    expect_z(evidence.log_evidence.value(), std::log(mass), evidence.standard_error, "log evidence");
}

TEST(Rotamers, PosteriorSaysHowManyStatesAreGauche) {
    // 40 chains of pentane's two states; what the posterior says of X is its draws' own expectations.
    const auto map = rotamers::von_mises_map();
    const EMCoarseGrainer grainer{
        SamplesOnly<Vector>{}, rotamers::chain({.sites = 2}), map, TransferMatrix{}, Newton{},
        weak_prior(map)};
    const Parameters truth{Vector{{1.0, 0.2, 3.0}}, Vector{{2.0, 2.3, 1.2}}};
    Philox4x32 rng = make_stream(test_seed(), Purpose::check);
    auto X = TransferMatrix{}.sampler(boltzmann(grainer.coarse(), truth.theta, 0.5));
    std::vector<Vector> data;
    for (int k = 0; k < 40; ++k) data.push_back(map.sample(X.draw(rng), truth.eta, rng));
    const auto fit = grainer.fit(data, {.beta = 0.5, .starts = 2});
    const auto posterior = laplace_joint(grainer, data, fit, {.draws = 100, .largest_pareto_k = 2.0});
    ASSERT_EQ(posterior.draw_count(), 100);
    const auto counts = predict(coarse_scale(posterior), rotamers::Counts{});
    EXPECT_TRUE(counts.exact());
    for (Index k = 0; k < posterior.draw_count(); k += 7) {
        // Nine pairs of states by hand.
        const Parameters at = posterior.parameters(k);
        double Z = 0.0;
        Vector sum = Vector::Zero(3);
        for (const int a : {0, 1, 2})
            for (const int b : {0, 1, 2}) {
                const bool both = a > 0 && b > 0;
                const Vector n{
                    {(a > 0) + (b > 0) + 0.0, both && a == b ? 1.0 : 0.0, both && a != b ? 1.0 : 0.0}};
                const double p = std::exp(-0.5 * n.dot(at.theta));
                Z += p;
                sum += p * n;
            }
        for (Index c = 0; c < 3; ++c) EXPECT_NEAR(counts.expectations(c, k), sum[c] / Z, 1e-12);
    }
    EXPECT_LT(counts.lower[0], counts.mean[0]);
    // A single chain has a whole number of them.
    EXPECT_EQ(counts.predictive_upper[0], std::round(counts.predictive_upper[0]));
    const auto gauche = predict(coarse_scale(fit), rotamers::StateBySite{rotamers::gauche_minus});
    EXPECT_TRUE(gauche.exact);
    EXPECT_EQ(gauche.mean.size(), 2);
    // Terms that a chain has not, and chains that are too short for theirs.
    EXPECT_EQ(rotamers::chain({.sites = 1, .same = false, .opposite = false}).parameter_names(),
              std::vector<std::string>{"E_gauche"});
    EXPECT_EQ(rotamers::chain({.sites = 3, .same = false, .second_neighbours = true}).parameter_names(),
              (std::vector<std::string>{"E_gauche", "E_opposite", "E_same_2", "E_opposite_2"}));
    EXPECT_THROW(rotamers::chain({.sites = 1}), ArgumentError);
    EXPECT_THROW(rotamers::chain({.sites = 2, .second_neighbours = true}), ArgumentError);
}

}  // namespace
}  // namespace rotamers_posterior_test
