// Fits by reweighting: log Z of a finite set by hand, two particles whose moments quadrature knows, the
// exchange algorithm beside Laplace, a small liquid whose potential is known.
#include <predcg/liquids/exchange.hpp>
#include <predcg/liquids/learn.hpp>
#include <predcg/models/pair/liquid.hpp>
#include <predcg/monte_carlo.hpp>

#include "test_seed.hpp"
#include "thrown.hpp"
#include "z_score.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace liquids_learn_test {
using namespace predcg;

namespace {

TEST(SmoothNormal, IsNormalisedAndHasItsDerivatives) {
    const SmoothNormal prior(Vector{{0.7, 1.3}});
    double sum = 0.0;
    constexpr double h = 0.05;
    for (double a = -16.0; a < 16.0; a += h)
        for (double b = -8.0; b < 8.0; b += h) sum += std::exp(prior.log_density(Vector{{a, b}})) * h * h;
    EXPECT_NEAR(sum, 1.0, 1e-8);

    const SmoothNormal longer(Vector{{0.5, 1.0, 2.0, 0.3, 0.8}});
    const Vector z{{0.3, -1.1, 0.4, 0.9, -0.2}};
    const Vector gradient = longer.gradient(z);
    const Matrix hessian = longer.hessian(z);
    for (Index k = 0; k < 5; ++k) {
        Vector up = z, down = z;
        up[k] += 1e-4;
        down[k] -= 1e-4;
        EXPECT_NEAR((longer.log_density(up) - longer.log_density(down)) / 2e-4, gradient[k], 1e-7);
        const Vector slope = (longer.gradient(up) - longer.gradient(down)) / 2e-4;
        for (Index l = 0; l < 5; ++l) EXPECT_NEAR(slope[l], hessian(l, k), 1e-7);
    }
    auto rng = make_stream(test_seed(), Purpose::check);
    Matrix spread = Matrix::Zero(5, 5);
    constexpr int draws = 20'000;
    for (int k = 0; k < draws; ++k) {
        const Vector x = longer.draw(5, rng);
        spread += x * x.transpose() / draws;
    }
    const Matrix unit = -hessian * spread;  // a Wishart matrix about 1
    const double trace = unit.trace() / 5.0;
    expect_z(trace, 1.0, std::sqrt(2.0 / (5.0 * draws)), "spread of the draws");
    EXPECT_THROW(SmoothNormal(Vector{{1.0, 0.0}}), ArgumentError);
    EXPECT_THROW(longer.gradient(Vector::Zero(4)), ArgumentError);
}

/// Draws that are all of a finite set: sums over it are exact.
TEST(Reweighting, IsExactOnAFiniteSet) {
    const pair::SplinePotential three({.intervals = 4}, {2, Box::cubic(2.0)});
    const FeaturesOnly potential(three);
    std::vector<Vector> set;
    for (int k = 0; k < 40; ++k)
        set.push_back(Vector{{0.1 * k, std::sin(0.7 * k), k % 3 == 0 ? 1.0 : 0.0, std::cos(1.3 * k)}});
    const Vector from{{0.3, -0.2, 0.5, 0.0}}, to{{-0.1, 0.4, 1.1, -0.6}};
    constexpr double beta = 0.8;
    const Reweighting<Vector> engine(set, boltzmann(potential, from, beta));
    const auto target = boltzmann(potential, to, beta);
    double sum = 0.0;
    Vector mean = Vector::Zero(4);
    Matrix second = Matrix::Zero(4, 4);
    for (const Vector& s : set) {
        const double w = std::exp(-beta * s.dot(to - from)) / 40.0;
        sum += w;
        mean += w * s;
        second += w * s * s.transpose();
    }
    mean /= sum;
    NoState none;
    const Moments found = engine.expect(target, EnergyGradient(potential, to), none, {});
    EXPECT_NEAR(*found.log_partition, std::log(sum), 1e-12);
    EXPECT_NEAR(engine.log_partition(target), std::log(sum), 1e-12);
    EXPECT_LT((found.mean - mean).norm(), 1e-12);
    EXPECT_LT((found.covariance - (second / sum - mean * mean.transpose())).norm(), 1e-11);
    EXPECT_NEAR(engine.share(boltzmann(potential, from, beta)), 1.0, 1e-12);
    const Vector far{{50.0, 0.0, 0.0, 0.0}};
    EXPECT_EQ(engine.log_partition(boltzmann(potential, far, beta)), std::numeric_limits<double>::infinity());
}

/// Two particles: mean features at theta by quadrature over one octant of the box.
struct TwoParticles {
    pair::SplinePotential u{{.cutoff = 0.9, .core = 0.3, .intervals = 4, .core_stiffness = 50.0},
                            {2, Box::cubic(1.8)}};
    Vector theta = Vector{{-1.0, -2.5, -1.5, -0.5}};
    double beta = 0.9;

    Vector mean_features() const {
        constexpr int n = 60;
        double sum = 0.0;
        Vector mean = Vector::Zero(4);
        for (int a = 0; a <= n; ++a)
            for (int b = 0; b <= n; ++b)
                for (int c = 0; c <= n; ++c) {
                    const double r = 0.9 / n * std::sqrt(static_cast<double>(a * a + b * b + c * c));
                    double w = std::exp(-beta * u.pair_energy(r, theta));
                    for (const int k : {a, b, c})
                        if (k == 0 || k == n) w *= 0.5;
                    sum += w;
                    mean += w * u.pair_features(r);
                }
        return mean / sum;
    }
};

const pair::SmoothPrior wide{SmoothNormal(Vector::Constant(4, 100.0)), {}};

TEST(ReweightedFit, FindsTheParametersOfExactMoments) {
    const TwoParticles two;
    const std::vector<Vector> data{two.mean_features()};
    FeatureChains chains(two.u, MonteCarlo<SingleParticle>({}, {.chains = 2, .warm_up = 300, .thinning = 4}),
                         two.beta, test_seed());
    ReweightingSettings settings{.draws = 20'000, .first_draws = 1000};
    const std::vector<double> weights{400.0};
    const auto fit =
        fit_by_reweighting(chains, two.u, wide, data, two.beta, Vector::Zero(4), weights, settings);
    ASSERT_EQ(fit.fit.status, Status::converged);
    EXPECT_GT(fit.share, 0.5);
    for (Index k = 0; k < 4; ++k) {
        // and what a prior of sd 100 and the grid move it by
        expect_z(fit.fit.parameters.theta[k], two.theta[k], fit.sampling_error[k] + 2e-3, "theta");
        EXPECT_LT(fit.sampling_error[k], 0.5 * fit.sd[k]);
    }
}

/// The same mode as stochastic Newton steps of RelativeEntropy find, with chains of the same kernel.
TEST(ReweightedFit, AgreesWithAStochasticFit) {
    const TwoParticles two;
    const auto target = boltzmann(two.u, two.theta, two.beta);
    auto draws =
        MonteCarlo<SingleParticle>({}, {.samples = 2, .warm_up = 200, .thinning = 20}).chain_sampler(target);
    auto rng = make_stream(test_seed(), Purpose::generate, 3);
    std::vector<Points> data;
    std::vector<Vector> features;
    for (int k = 0; k < 150; ++k) {
        data.push_back(draws.draw(rng));
        features.push_back(two.u.features(data.back()));
    }
    const pair::SmoothPrior prior{SmoothNormal(Vector::Constant(4, 0.3)), {}};
    const MonteCarlo<SingleParticle> engine(
        {}, {.samples = 200, .warm_up = 100, .thinning = 4, .standard_errors = false});
    const RelativeEntropy learner(two.u, IdentityMap<Points>{}, engine, StochasticNewton{.ridge = 0.01},
                                  prior);
    FitSettings settings{.beta = two.beta, .iterations = 100, .seed = test_seed()};
    const auto stochastic = learner.fit(data, settings);
    FeatureChains chains(two.u, engine, two.beta, test_seed());
    const auto fit = fit_by_reweighting(chains, two.u, prior, features, two.beta, Vector::Zero(4), {},
                                        {.draws = 8000, .first_draws = 1000});
    for (Index k = 0; k < 4; ++k)
        expect_z(stochastic.parameters.theta[k], fit.fit.parameters.theta[k],
                 std::hypot(stochastic.monte_carlo.standard_errors.theta[k], fit.sampling_error[k]), "theta");
}

/// Moves of theta by the exchange algorithm have the mean and spread of Laplace's approximation, where that
/// is good: 250 data and a prior that says much.
TEST(ReweightedFit, ExchangeAgreesWithLaplace) {
    const TwoParticles two;
    const std::vector<Vector> data{two.mean_features()};
    const MonteCarlo<SingleParticle> engine({}, {.chains = 1, .warm_up = 100, .refresh = 20, .thinning = 4});
    FeatureChains chains(two.u, engine, two.beta, test_seed());
    const pair::SmoothPrior prior{SmoothNormal(Vector::Constant(4, 0.2)), {}};
    const auto fit = fit_by_reweighting(chains, two.u, prior, data, two.beta, Vector::Zero(4), {250.0},
                                        {.draws = 8000, .first_draws = 1000});
    const auto drawn = exchange_by_features(
        two.u, engine, fit, {.draws = 1000, .chains = 2, .seed = test_seed()}, {.length = 0.5});
    EXPECT_GT(drawn.acceptance, 0.2);
    for (const double bad : {0.0, -0.5, 1.5}) {
        const auto error = support::thrown<ArgumentError>(
            [&] { (void)exchange_by_features(two.u, engine, fit, {.draws = 1000}, {.length = bad}); });
        EXPECT_EQ(error.argument(), "length") << bad;
    }
    for (Index k = 0; k < 4; ++k) {
        const statistics::Diagnostics& d = drawn.diagnostics[static_cast<std::size_t>(k)];
        expect_z(d.mean, fit.fit.parameters.theta[k], std::hypot(d.mcse_mean, fit.sampling_error[k]), "mean");
        EXPECT_NEAR(d.sd / fit.sd[k], 1.0, 0.25);
    }
}

/// Limits of R-hat and of the sample size, observer and stop mean what they do for other posteriors.
TEST(ReweightedFit, ExchangeIsJudgedAndStoppedByTheSettingsOfChains) {
    const TwoParticles two;
    const std::vector<Vector> data{two.mean_features()};
    const MonteCarlo<SingleParticle> engine({}, {.chains = 1, .warm_up = 20, .refresh = 5, .thinning = 1});
    FeatureChains chains(two.u, engine, two.beta, test_seed());
    const pair::SmoothPrior prior{SmoothNormal(Vector::Constant(4, 0.2)), {}};
    const auto fit = fit_by_reweighting(chains, two.u, prior, data, two.beta, Vector::Zero(4), {50.0},
                                        {.draws = 400, .first_draws = 100});
    ChainSettings settings{.draws = 60, .chains = 2, .largest_r_hat = 100.0, .smallest_ess = 0.0};
    settings.seed = test_seed();
    const auto drawn = exchange_by_features(two.u, engine, fit, settings);
    EXPECT_TRUE(drawn.reliable);
    settings.largest_r_hat = 0.5;
    EXPECT_FALSE(exchange_by_features(two.u, engine, fit, settings).reliable);
    settings.largest_r_hat = 100.0;
    settings.smallest_ess = 1000.0;
    EXPECT_FALSE(exchange_by_features(two.u, engine, fit, settings).reliable);

    settings.draws = 30;
    settings.chains = 1;
    std::stop_source stop;
    settings.stop = stop.get_token();
    settings.observer = [&](const ChainProgress& at) {
        if (at.draws == 7) stop.request_stop();
    };
    const auto part = exchange_by_features(two.u, engine, fit, settings);
    EXPECT_TRUE(part.stopped);
    ASSERT_EQ(part.draw_count(), 7);
    EXPECT_EQ(part.draws, drawn.draws.leftCols(7));
}

/// Frames of two particles at the quantiles of their distance for g(r) = exp(-v(r)), v = 0.8 (1 - r / c)^2
/// below the cut-off c; the others are further apart.
TEST(Learn, BeginsAtThePotentialOfMeanForce) {
    constexpr double cutoff = 0.9, edge = 2.0;
    const auto v = [](double r) { return 0.8 * (1.0 - r / cutoff) * (1.0 - r / cutoff); };
    std::vector<Points> frames;
    double passed = 0.0;
    constexpr double dr = 1e-5, count = 20'000.0;
    for (double r = 0.5 * dr; r < cutoff; r += dr) {
        passed += count * 4.0 * std::acos(-1.0) * r * r * std::exp(-v(r)) * dr / (edge * edge * edge);
        if (passed > static_cast<double>(frames.size()) + 0.5)
            frames.push_back({{0.1, 0.2, 0.3}, {0.1, 0.2, 0.3 + r}});
    }
    frames.resize(static_cast<std::size_t>(count), {{0.1, 0.2, 0.3}, {0.1, 0.2, 1.3}});
    const Box box = Box::cubic(edge);
    const pair::SplinePotential potential({.cutoff = cutoff, .intervals = 8}, {2, box});
    const auto start = [&](double beta) {
        return pair::detail::potential_of_mean_force(potential, frames, box, {.sd = 10.0}, beta);
    };
    const Vector one = start(1.0), warm = start(0.4);
    for (const double r : {0.4, 0.5, 0.6, 0.7, 0.8})
        EXPECT_NEAR(potential.pair_energy(r, one), v(r), 0.02) << r;
    EXPECT_LT((0.4 * warm - one).norm(), 1e-9) << "in units of k T it is the same";
}

/// At one seed: validation_pair_recovery counts how often bands hold the truth.
pair::Learnt learn_small(Index threads) {
    constexpr std::uint64_t seed = 20151;
    set_threads(threads);
    const pair::LennardJones u(1.0, 0.34, 0.7);
    const PeriodicSpace<Points> space(32, Box::cubic(1.42));
    auto rng = make_stream(seed, Purpose::generate);
    const auto target = Boltzmann(pair::Liquid(u, space), 1.0);
    auto draws =
        MonteCarlo<SingleParticle>({}, {.samples = 2, .warm_up = 500, .thinning = 100}).chain_sampler(target);
    std::vector<Points> frames;
    for (int k = 0; k < 12; ++k) frames.push_back(draws.draw(rng));
    pair::LearnSettings settings{.beta = 1.0, .cutoff = 0.7, .knot_distance = 0.04};
    settings.chains.chains = 2;
    settings.chains.warm_up = 200;
    settings.autocorrelation_time = 1.0;
    settings.sampling = {.draws = 600, .first_draws = 200, .seed = seed};
    settings.posterior_draws = 400;
    pair::Learnt found = pair::learn(frames, space.box(), settings);
    set_threads(0);
    return found;
}

const pair::Learnt& on_one_thread() {
    static const pair::Learnt found = learn_small(1);
    return found;
}

TEST(Learn, FindsAKnownPotential) {
    const pair::Learnt& found = on_one_thread();
    ASSERT_EQ(found.status(), Status::converged);
    ASSERT_GT(found.posterior.draw_count(), 0) << found.posterior.remarks.front();
    EXPECT_EQ(found.scores.front().log_evidence, 0.0);
    EXPECT_EQ(found.scores.front().smoothness, found.smoothness);
    // Scores are of the last search alone, which begins where the first one ended, and tries nothing twice.
    for (std::size_t k = 0; k < found.scores.size(); ++k)
        for (std::size_t j = 0; j < k; ++j)
            EXPECT_FALSE(found.scores[j].smoothness == found.scores[k].smoothness) << j << " and " << k;
    EXPECT_GE(found.scores.size(), 4u) << "and the neighbours of its best";
    const pair::LennardJones truth(1.0, 0.34, 0.7);
    const Vector r{{found.potential.core() - 0.05, 0.35, 0.38, 0.42, 0.46, 0.52, 0.6}};
    const pair::Band band = found.band(r, 0.999);
    for (Index k = 1; k < r.size(); ++k) {
        EXPECT_LE(band.lower[k], truth.pair_energy(r[k])) << r[k];
        EXPECT_GE(band.upper[k], truth.pair_energy(r[k])) << r[k];
        EXPECT_NEAR(band.u[k], found.mode().pair_energy(r[k]), 1e-12);
        EXPECT_LT(band.upper[k] - band.lower[k], 2.0) << r[k];
    }
    EXPECT_GT(band.upper[0] - band.lower[0], 4.0);  // where no pair was seen
}

TEST(Learn, DoesNotDependOnThreads) {
    const pair::Learnt& one = on_one_thread();
    const pair::Learnt two = learn_small(2);
    EXPECT_EQ(one.theta(), two.theta());
    EXPECT_EQ(one.posterior.draws, two.posterior.draws);
}

TEST(Learn, StopsWhenAsked) {
    std::stop_source source;
    source.request_stop();
    pair::LearnSettings settings{.beta = 1.0};
    settings.sampling.stop = source.get_token();
    const std::vector<Points> frames(3, Points{{0.1, 0.1, 0.1}, {0.5, 0.1, 0.1}, {0.5, 0.6, 0.9}});
    EXPECT_THROW(pair::learn(frames, Box::cubic(2.0), settings), Stopped);
}

TEST(Learn, RefusesWhatCannotBe) {
    const std::vector<Points> frames(2, Points{{0.1, 0.1, 0.1}, {0.5, 0.1, 0.1}});
    const Box box = Box::cubic(2.0);
    const auto said = [&](pair::LearnSettings settings, const std::vector<Points>& data, const Box& in) {
        return std::string(support::thrown<ArgumentError>([&] { pair::learn(data, in, settings); }).what());
    };
    EXPECT_NE(said({}, frames, box).find("beta"), std::string::npos);
    EXPECT_NE(said({.beta = 1.0}, {}, box).find("frames"), std::string::npos);
    EXPECT_NE(said({.beta = 1.0}, frames, Box::cubic(1.7)).find("half the shortest edge"), std::string::npos);
    EXPECT_NE(said({.beta = 1.0, .knot_distance = 0.0}, frames, box).find("knot_distance"),
              std::string::npos);
    EXPECT_NE(said({.beta = 1.0}, {frames[0], Points(3)}, box).find("coordinates"), std::string::npos);
    Box bent = box;
    bent.edges[1][0] = 0.3;
    EXPECT_NE(said({.beta = 1.0}, frames, bent).find("triclinic"), std::string::npos);
}

}  // namespace
}  // namespace liquids_learn_test
