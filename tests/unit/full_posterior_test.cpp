// The full posterior: quantiles against the reference's, flags, and what it refuses.
#include <predcg/models/ising/block_maps.hpp>
#include <predcg/models/ising/chain.hpp>
#include <predcg/models/ising/observables.hpp>
#include <predcg/posterior/full_posterior.hpp>
#include <predcg/predict/credible_interval.hpp>
#include <predcg/predict/fine_scale.hpp>

#include <Eigen/LU>
#include <gtest/gtest.h>

#include "ising_grainer.hpp"
#include "on_threads.hpp"
#include "reference.hpp"
#include "test_seed.hpp"
#include "thrown.hpp"
#include "z_score.hpp"

namespace full_posterior_test {
using namespace predcg;
using support::thrown;

namespace {

support::IsingGrainer grainer_of(const ising::CoarseChainSettings& model, const support::AnyPrior& prior) {
    return support::ising_grainer(model, 2, prior);
}

class ReferencePosterior : public testing::TestWithParam<const char*> {};

/// A quantile of draws against the reference's: its stated error and the run's own together.
void expect_quantiles(const PosteriorResult& posterior, const Vector& values, const reference::Json& exact,
                      std::size_t column) {
    const Matrix chains = posterior.by_chain(values);
    const std::string name = exact["columns"][column];
    for (std::size_t l = 0; l < exact["quantile_levels"].size(); ++l) {
        const double p = exact["quantile_levels"][l], stated = exact["quantile_errors"][l][column];
        const double expected = exact["quantiles"][l][column];
        EXPECT_NEAR(statistics::quantile(chains, p), expected,
                    z_limit * std::hypot(stated, statistics::mcse_quantile(chains, p)))
            << name << ", level " << p;
    }
}

TEST_P(ReferencePosterior, QuantilesOfParametersAndPredictions) {
    const reference::Json exact = reference::load(GetParam());
    const auto grainer =
        grainer_of({.sites = 16, .linear = true, .pair_range = 1, .field = exact["truth"]["field"]},
                   support::any_prior(weak_prior()));
    const auto data = grainer.prepare(reference::load_data(GetParam()), exact["truth"]["beta"]);
    const auto posterior =
        full_posterior(grainer, data, grainer.fit_prepared(data), {.draws = 9000, .seed = test_seed()});
    EXPECT_EQ(posterior.method, PosteriorMethod::full);
    EXPECT_TRUE(posterior.reliable);
    EXPECT_TRUE(posterior.remarks.empty());
    EXPECT_NEAR(posterior.acceptance, 0.85, 0.12);
    ASSERT_EQ(posterior.parameter_count(), 3);
    for (Index k = 0; k < 3; ++k)
        expect_quantiles(posterior, posterior.draws.row(k), exact["posterior"], static_cast<std::size_t>(k));
    EXPECT_GE(posterior.draws.row(2).minCoeff(), 0.0) << "eta >= 0 under the weak prior";
    const CredibleSettings settings{.predictive = false};
    const auto m = predict(posterior, ising::Magnetization{}, settings);
    const auto R = predict(posterior, ising::Correlation{Boundary::periodic}, settings);
    EXPECT_TRUE(m.exact() && R.exact());
    expect_quantiles(posterior, m.expectations.row(0), exact["posterior"], 3);
    expect_quantiles(posterior, R.expectations.row(1), exact["posterior"], 4);
}
INSTANTIATE_TEST_SUITE_P(Sets, ReferencePosterior, testing::Values("A", "B", "C"));

/// A model of 6 sites and data that are no model's.
struct Small {
    support::IsingGrainer grainer =
        grainer_of({.sites = 6, .pair_range = 1}, support::any_prior(weak_prior()));
    support::IsingGrainer::Data data = grainer.prepare(samples(), 0.5);
    support::IsingFit fit = grainer.fit_prepared(data);

    static std::vector<support::Spins> samples() {
        auto rng = test_rng(510);
        std::bernoulli_distribution up(0.7);
        std::vector<support::Spins> all(10, support::Spins(12));
        for (auto& x : all)
            for (auto& spin : x) spin = up(rng) ? 1 : -1;
        return all;
    }
};

/// Nearly all spins are up: the likelihood leaves a wide plane open, and a narrow bent way leads there.
/// Quantiles against a grid's.
TEST(FullPosterior, SaturatedDataAgainstAGrid) {
    const auto grainer = grainer_of({.sites = 6, .linear = true, .pair_range = 0, .field = 1.5},
                                    support::any_prior(weak_prior()));
    std::vector<support::Spins> samples(40, support::Spins(12, 1));
    samples[3][5] = samples[11][0] = samples[11][1] = -1;
    const auto data = grainer.prepare(samples, 0.5);
    const auto fit = grainer.fit_prepared(data);
    const auto posterior = full_posterior(grainer, data, fit, {.draws = 18000, .seed = test_seed()});
    EXPECT_TRUE(posterior.reliable) << posterior.remarks.front();

    const auto problem = grainer.problem(data);
    const LogPosterior density(problem);
    constexpr Index points = 400;
    const Vector low{{-12.0, 0.0}}, high{{12.0, 12.0}};
    const auto at = [&](Index k, Index i) {
        return low[k] + (high[k] - low[k]) * (static_cast<double>(i) + 0.5) / static_cast<double>(points);
    };
    const double top = density.log_density(problem.coordinates().z(fit.parameters));
    Matrix mass(points, points);
    for (Index j = 0; j < points; ++j)
        for (Index i = 0; i < points; ++i)
            mass(i, j) = std::exp(density.log_density(Vector{{at(0, i), at(1, j)}}) - top);
    mass /= mass.sum();
    for (Index k = 0; k < 2; ++k) {
        const Vector marginal = k == 0 ? Vector(mass.rowwise().sum()) : Vector(mass.colwise().sum());
        EXPECT_LT(marginal[points - 1], 1e-7) << "the grid holds the posterior";
        Matrix chains = posterior.by_chain(posterior.draws.row(k));
        if (k == 0) chains *= 0.5;  // z = beta theta_c
        double below = 0.0;
        Index i = 0;
        for (const double p : {0.05, 0.25, 0.5, 0.75, 0.95}) {
            for (; below + marginal[i] < p; ++i) below += marginal[i];
            const double width = (high[k] - low[k]) / static_cast<double>(points);
            const double exact = at(k, i) + ((p - below) / marginal[i] - 0.5) * width;
            EXPECT_NEAR(statistics::quantile(chains, p), exact,
                        z_limit * statistics::mcse_quantile(chains, p) + 0.1 * width)
                << posterior.names()[static_cast<std::size_t>(k)] << ", level " << p;
        }
    }
}

TEST(FullPosterior, JumpsAreDrawnFromTheDensityThatIsStated) {
    const Matrix wide{{4.0, 1.0}, {1.0, 2.0}}, narrow{{0.3, -0.1}, {-0.1, 0.2}};
    const Vector here{{1.0, -2.0}}, there{{-3.0, 0.5}};
    detail::NormalMixture mixture;
    mixture.add(here, wide);
    mixture.add(there, narrow);
    const auto normal = [](const Vector& u, const Vector& mean, const Matrix& covariance) {
        const Vector away = u - mean;
        return std::exp(-0.5 * away.dot(covariance.inverse() * away)) / std::sqrt(covariance.determinant());
    };
    const auto by_hand = [&](const Vector& u) {
        return std::log(normal(u, here, wide) + normal(u, there, narrow));
    };
    const linalg::SymmetricEigen axes(Matrix{{1.5, 0.4}, {0.4, 0.8}});
    const Vector centre{{0.7, 0.2}}, width = axes.values.cwiseSqrt();
    const auto moved = mixture.seen_from(centre, axes.vectors, width);
    const Vector zero = Vector::Zero(2);
    for (const Vector& u : {here, there, Vector(Vector{{-1.0, -1.0}}), Vector(Vector{{9.0, 9.0}})}) {
        EXPECT_NEAR(mixture.log_density(u) - mixture.log_density(zero), by_hand(u) - by_hand(zero), 1e-12);
        const auto seen = [&](const Vector& v) {
            return Vector((axes.vectors.transpose() * (v - centre)).cwiseQuotient(width));
        };
        EXPECT_NEAR(moved.log_density(seen(u)) - moved.log_density(seen(zero)), by_hand(u) - by_hand(zero),
                    1e-12);
    }
    // Means and second moments of draws.
    auto rng = test_rng(511);
    constexpr Index count = 45000;
    Matrix draws(2, count);
    for (Index k = 0; k < count; ++k) draws.col(k) = mixture.draw(rng);
    const Vector mean = 0.5 * (here + there);
    const Matrix second = 0.5 * (wide + narrow + here * here.transpose() + there * there.transpose());
    const auto expect_mean = [&](const Eigen::ArrayXd& values, double exact) {
        const double sd = std::sqrt((values - values.mean()).square().mean());
        EXPECT_NEAR(values.mean(), exact, z_limit * sd / std::sqrt(static_cast<double>(count)));
    };
    for (Index i = 0; i < 2; ++i) {
        expect_mean(draws.row(i).transpose().array(), mean[i]);
        for (Index j = 0; j <= i; ++j)
            expect_mean((draws.row(i).array() * draws.row(j).array()).transpose(), second(i, j));
    }
}

TEST(FullPosterior, JumpsAreFittedToTheTarget) {
    // A wide part and a narrow one away from the mode, which the normals that are known leave out.
    detail::NormalMixture target, known;
    target.add(Vector{{0.0, 0.0}}, Matrix{{1.0, 0.0}, {0.0, 1.0}});
    target.add(Vector{{4.0, 2.0}}, Matrix{{9.0, 0.0}, {0.0, 0.04}});
    detail::add_round(known, 2, 1.0);
    detail::add_round(known, 2, 8.0);
    auto rng = test_rng(512);
    const auto log_densities = [&](const std::vector<Vector>& points) {
        Vector values(std::ssize(points));
        for (Index k = 0; k < values.size(); ++k)
            values[k] = target.log_density(points[static_cast<std::size_t>(k)]);
        return values;
    };
    const auto effective = [&](const detail::NormalMixture& mixture) {
        double sum = 0.0, squares = 0.0;
        for (int k = 0; k < 4000; ++k) {
            const Vector u = mixture.draw(rng);
            const double weight = std::exp(target.log_density(u) - mixture.log_density(u));
            sum += weight;
            squares += weight * weight;
        }
        return sum * sum / squares / 4000.0;
    };
    const auto fitted = detail::fitted_jumps(known, 1, 2, rng, log_densities);
    EXPECT_EQ(fitted.fit, detail::JumpDensities::Fit::good);
    EXPECT_LT(effective(known), 0.35);
    EXPECT_GT(effective(fitted.mixture), 0.6);
    // What it cannot fit it leaves alone: a target of no width beside the normals.
    const auto narrow = [&](const std::vector<Vector>& points) {
        Vector values(std::ssize(points));
        for (Index k = 0; k < values.size(); ++k)
            values[k] = -1e6 * points[static_cast<std::size_t>(k)].squaredNorm();
        return values;
    };
    const auto left_alone = detail::fitted_jumps(known, 1, 2, rng, narrow);
    EXPECT_EQ(left_alone.mixture.size(), known.size());
    EXPECT_FALSE(left_alone.is_fitted());
}

TEST(FullPosterior, JumpsAreFittedToANarrowBend) {
    // x normal of sd 2, y of sd 0.1 about |x|, z normal: few draws of any normal are worth something.
    const auto log_densities = [](const std::vector<Vector>& points) {
        Vector values(std::ssize(points));
        for (Index k = 0; k < values.size(); ++k) {
            const Vector& u = points[static_cast<std::size_t>(k)];
            const double away = (u[1] - std::abs(u[0])) / 0.1;
            values[k] = -0.125 * u[0] * u[0] - 0.5 * away * away - 0.5 * u[2] * u[2];
        }
        return values;
    };
    detail::NormalMixture known;
    detail::add_round(known, 3, 0.5);
    detail::add_round(known, 3, 4.0);
    auto rng = test_rng(513);
    const auto fitted = detail::fitted_jumps(known, 1, 3, rng, log_densities);
    ASSERT_TRUE(fitted.is_fitted());
    const auto worth = [&](const detail::NormalMixture& mixture) {
        std::vector<Vector> points;
        for (int k = 0; k < 4000; ++k) points.push_back(mixture.draw(rng));
        return detail::ImportanceSample().add(mixture, points, log_densities(points)) / 4000.0;
    };
    EXPECT_LT(worth(known), 0.05);
    EXPECT_GT(worth(fitted.mixture), 0.2);
}

TEST(FullPosterior, DensitiesThatAreNoNumbersAreNone) {
    detail::NormalMixture known;
    detail::add_round(known, 2, 1.0);
    auto rng = test_rng(515);
    const auto with = [](double value) {
        return [=](const std::vector<Vector>& points) {
            Vector values(std::ssize(points));
            for (Index k = 0; k < values.size(); ++k) {
                const Vector& u = points[static_cast<std::size_t>(k)];
                values[k] = u[0] > 0.5 ? value : -0.5 * u.squaredNorm();
            }
            return values;
        };
    };
    for (const double value :
         {std::nan(""), std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()}) {
        const auto fitted = detail::fitted_jumps(known, 1, 2, rng, with(value));
        ASSERT_TRUE(fitted.is_fitted()) << value;
        EXPECT_TRUE(std::isfinite(fitted.mixture.log_density(Vector::Zero(2)))) << value;
    }
    const auto nowhere = [](const std::vector<Vector>& points) {
        return Vector(Vector::Constant(std::ssize(points), std::nan("")));
    };
    EXPECT_FALSE(detail::fitted_jumps(known, 1, 2, rng, nowhere).is_fitted());
}

TEST(FullPosterior, MovesFollowTheJumpsThatAreTaken) {
    using detail::MoveCycle;
    const auto cycle = [](double taken, detail::JumpDensities::Fit fit, bool is_drawing) {
        const MoveCycle found = MoveCycle::of(taken, {{}, fit}, is_drawing);
        return std::pair(found.jumps, found.period);
    };
    using Fit = detail::JumpDensities::Fit;
    EXPECT_EQ(cycle(0.39, Fit::none, true), std::pair(Index{2}, Index{1}));
    EXPECT_EQ(cycle(0.4, Fit::none, true), std::pair(Index{4}, Index{16}));
    EXPECT_EQ(cycle(0.8, Fit::good, true), std::pair(Index{2}, Index{16}));
    EXPECT_EQ(cycle(0.2, Fit::good, true), std::pair(Index{4}, Index{16}));
    EXPECT_EQ(cycle(0.2, Fit::rough, false), std::pair(Index{4}, Index{16}));
    EXPECT_EQ(cycle(0.2, Fit::rough, true), std::pair(Index{32}, Index{16}));
    EXPECT_EQ(cycle(0.09, Fit::rough, true), std::pair(Index{2}, Index{1}));
}

TEST(FullPosterior, ImportanceWeightsAreOfAllMixturesTogether) {
    detail::NormalMixture narrow, wide, target;
    detail::add_round(narrow, 1, 1.0);
    detail::add_round(wide, 1, 3.0);
    detail::add_round(target, 1, 2.0);
    auto rng = test_rng(514);
    detail::ImportanceSample sample;
    for (const auto* mixture : {&narrow, &wide}) {
        std::vector<Vector> points;
        for (int k = 0; k < 3000; ++k) points.push_back(mixture->draw(rng));
        const double alone = sample.add(*mixture, points, target.log_densities(points));
        EXPECT_GT(alone, 1.0);
        EXPECT_LT(alone, 3000.0);
    }
    const Vector weights = sample.weights(0.0);
    EXPECT_NEAR(weights.sum(), 1.0, 1e-12);
    const auto& points = sample.points();
    const auto ratio = [&](Index k) {
        const Vector& u = points[static_cast<std::size_t>(k)];
        return std::exp(target.log_density(u)) /
               (std::exp(narrow.log_density(u)) + std::exp(wide.log_density(u)));
    };
    double all = 0.0, square = 0.0;
    for (Index k = 0; k < weights.size(); ++k) all += ratio(k);
    for (Index k = 0; k < weights.size(); ++k) {
        EXPECT_NEAR(weights[k] * all, ratio(k), 1e-9 * ratio(k));
        square +=
            weights[k] * points[static_cast<std::size_t>(k)][0] * points[static_cast<std::size_t>(k)][0];
    }
    EXPECT_NEAR(square, 4.0, z_limit * 4.0 * std::sqrt(2.0 * weights.squaredNorm()));
    // Raised to a power, they are worth as many draws as are asked for.
    const double worth = 1.0 / weights.squaredNorm(), asked = 0.5 * (worth + 6000.0);
    const Vector flat = sample.weights(asked);
    EXPECT_NEAR(1.0 / flat.squaredNorm(), asked, 0.05 * asked);
    EXPECT_NEAR(flat.sum(), 1.0, 1e-12);
}

TEST(FullPosterior, JumpsLeadToTheOtherLabelToo) {
    // The link map has a mode for each label of the coarse letters, and the starts of a fit find one of them.
    const auto chain = ising::chain({.sites = 8, .field = 0.0});
    const auto data = generate(chain, {.beta = 1.0, .samples = 30, .seed = test_seed()});
    const auto map = ising::link_map({.level = 2});
    const EMCoarseGrainer grainer{SamplesOnly<std::vector<ising::Spin>>{},
                                  ising::coarse_chain({.sites = 4, .linear = true, .pair_range = 1}),
                                  map,
                                  TransferMatrix{},
                                  Newton{},
                                  weak_prior(map)};
    const auto prepared = grainer.prepare(data, 1.0);
    const auto fit = grainer.fit_prepared(prepared, {.starts = 1, .seed = test_seed()});
    const auto problem = detail::problem_of(grainer, prepared, 1.0);
    const LogPosterior posterior(problem);
    const Vector mode = problem.coordinates().z(fit.parameters);
    const AffineTarget target(posterior, mode, detail::whitening(problem.point(mode).posterior_information));
    detail::NormalMixture mixture;
    detail::add_round(mixture, mode.size(), 1.0);
    detail::add_maxima(mixture, problem, fit, target);
    ASSERT_EQ(mixture.size(), 2u);
    const auto other = flipped(problem.coarse(), problem.map(), fit.parameters);
    ASSERT_TRUE(other);
    Vector there = problem.coordinates().z(*other) - mode;
    there = target.scale().fullPivLu().solve(there);
    EXPECT_GT(mixture.log_density(there), mixture.log_density(Vector(0.5 * there)));
}

TEST(FullPosterior, ExponentialsSideBySide) {
    double worst = 0.0;
    for (int k = 0; k < 20000; k += 8) {
        detail::Lanes x;
        for (Index lane = 0; lane < detail::lane_count; ++lane)
            x[lane] = 0.0699 * (static_cast<double>(k + lane) - 10000.0);
        const detail::Lanes y = x.exp();
        for (Index lane = 0; lane < detail::lane_count; ++lane) {
            const double exact = std::exp(x[lane]);
            worst = std::max(worst, std::abs(y[lane] - exact) / exact);
        }
    }
    EXPECT_LT(worst, 1e-15);
    const detail::Lanes none = detail::Lanes::of(-std::numeric_limits<double>::infinity()).exp();
    EXPECT_GE(none[0], 0.0);
    EXPECT_LT(none[0], 1e-300);
    EXPECT_EQ(detail::Lanes::of(0.0).exp()[3], 1.0);
}

TEST(FullPosterior, SaysWhereDrawsAreTooFew) {
    const Small s;
    const auto posterior = full_posterior(s.grainer, s.data, s.fit,
                                          {.draws = 60, .chains = 3, .warm_up = 50, .seed = test_seed()});
    EXPECT_EQ(posterior.draw_count(), 60);
    EXPECT_FALSE(posterior.reliable);
    ASSERT_GE(posterior.remarks.size(), 2u) << "of every parameter";
    for (const std::string name : {"pair_1", "logit_theta_cf"}) {
        const bool named =
            std::any_of(posterior.remarks.begin(), posterior.remarks.end(), [&](const std::string& remark) {
                return remark.find("effective sample size of " + name) != std::string::npos &&
                       remark.find("less than 300") != std::string::npos;
            });
        EXPECT_TRUE(named) << name;
    }
    EXPECT_EQ(posterior.diagnostics.size(), 2u);
}

TEST(FullPosterior, SaysWhereChainsDoNotAgree) {
    const Small s;
    // Without warm-up the step is the first guess: the settings ask for more agreement than there can be.
    const auto posterior =
        full_posterior(s.grainer, s.data, s.fit,
                       {.draws = 40, .chains = 4, .warm_up = 0, .largest_r_hat = 0.5, .seed = test_seed()});
    EXPECT_FALSE(posterior.reliable);
    EXPECT_NE(posterior.remarks.front().find("R-hat of pair_1"), std::string::npos)
        << posterior.remarks.front();
}

TEST(FullPosterior, DependsOnTheSeedAlone) {
    const Small s;
    const auto draws = [&](std::uint64_t seed, Index threads) {
        const support::OnThreads on(threads);
        return full_posterior(s.grainer, s.data, s.fit,
                              {.draws = 61, .chains = 3, .warm_up = 40, .seed = seed})
            .draws;
    };
    const Matrix once = draws(1, 1);
    EXPECT_EQ(once.cols(), 63) << "as many for each chain, rounded up";
    EXPECT_EQ(once, draws(1, 1));
    EXPECT_EQ(once, draws(1, 2));
    EXPECT_NE(once, draws(2, 1));
    EXPECT_NE(Vector(once.col(0)), Vector(once.col(21))) << "chains are not the same";
}

TEST(FullPosterior, SummaryIsThatOfTheDraws) {
    const Small s;
    const auto posterior =
        full_posterior(s.grainer, s.data, s.fit, {.draws = 80, .warm_up = 20, .seed = test_seed()});
    const Matrix& draws = posterior.draws;
    for (Index k = 0; k < 2; ++k) {
        double mean = 0.0, square = 0.0;
        for (Index d = 0; d < 80; ++d) mean += draws(k, d) / 80.0;
        for (Index d = 0; d < 80; ++d) square += (draws(k, d) - mean) * (draws(k, d) - mean) / 79.0;
        EXPECT_NEAR(posterior.mean[k], mean, 1e-12);
        EXPECT_NEAR(posterior.sd[k], std::sqrt(square), 1e-12);
        EXPECT_NEAR(posterior.covariance(k, k), square, 1e-12);
    }
    EXPECT_EQ(posterior.names(), (std::vector<std::string>{"pair_1", "logit_theta_cf"}));
    EXPECT_EQ(posterior.parameters(7).theta[0], draws(0, 7));
    EXPECT_EQ(posterior.parameters(7).eta[0], draws(1, 7));
}

TEST(FullPosterior, JumpsToTheOtherMaximaOfTheFit) {
    // Blocks that copy X_r, or X_(r+1): for letters without couplings the data say the same of both, and the
    // prior alone tells how much of the posterior is where.
    using Spins = std::vector<ising::Spin>;
    const auto map =
        ising::logistic_map({.level = 2, .window = {0, 1}, .intercept = false, .tied = true});  // own, next
    const EMCoarseGrainer grainer{
        SamplesOnly<Spins>{}, ising::coarse_chain({.sites = 3}), map, TransferMatrix{}, Newton{},
        weak_prior(map)};
    std::vector<Spins> all;
    std::vector<double> weights;
    for (int code = 0; code < 64; ++code) {
        Spins x(6);
        for (int k = 0; k < 6; ++k)
            x[static_cast<std::size_t>(k)] = ising::Spin((code >> k & 1) != 0 ? 1 : -1);
        all.push_back(x);
        weights.push_back((x[0] == x[1] ? 4.0 : 1.0) * (x[2] == x[3] ? 4.0 : 1.0) *
                          (x[4] == x[5] ? 4.0 : 1.0) / 2.0);
    }
    const auto data = grainer.prepare(all, 1.0, weights);
    const auto fit = grainer.fit_prepared(data, {.starts = 12});
    const auto problem = grainer.problem(data);
    const LogPosterior density(problem);
    double copies_own = 0.0, mass = 0.0;
    for (double own = -3.01; own < 3.0; own += 0.05)
        for (double next = -3.01; next < 3.0; next += 0.05) {
            const double p = std::exp(density.log_density(Vector{{own, next}}) - fit.log_posterior);
            mass += p;
            if (std::abs(own) > std::abs(next)) copies_own += p;
        }
    copies_own /= mass;
    ASSERT_GT(copies_own, 0.5);
    ASSERT_LT(copies_own, 0.9);
    const auto chains_from = [&](const auto& from) {
        const auto posterior = full_posterior(grainer, data, from, {.draws = 4000, .seed = test_seed()});
        const Matrix draws = posterior.draws.cwiseAbs();
        const Vector is_own = (draws.row(0).array() > draws.row(1).array()).cast<double>();
        return posterior.by_chain(is_own);
    };
    const auto changes = [](const Matrix& chains) {
        const Index last = chains.rows() - 1;
        return (chains.topRows(last).array() != chains.bottomRows(last).array()).count();
    };
    const Matrix chains = chains_from(fit);
    EXPECT_NEAR(chains.mean(), copies_own, z_limit * statistics::mcse_mean(chains));
    auto of_one_maximum = fit;
    of_one_maximum.starts.clear();
    EXPECT_GT(changes(chains), 900);                       // about 1500
    EXPECT_LT(changes(chains_from(of_one_maximum)), 700);  // 60 to 430
}

TEST(FullPosterior, RefusesWhatItCannotDo) {
    const Small s;
    const auto refused = [&](const ChainSettings& settings) {
        return thrown<ArgumentError>([&] { (void)full_posterior(s.grainer, s.data, s.fit, settings); })
            .argument();
    };
    EXPECT_EQ(refused({.draws = 15}), "draws");
    EXPECT_EQ(refused({.chains = 0}), "chains");
    EXPECT_EQ(refused({.warm_up = -1}), "warm_up");
    EXPECT_EQ(refused({.dispersion = 0.0}), "dispersion");

    const auto flat = grainer_of({.sites = 6, .pair_range = 1}, {});
    const auto improper = thrown<ArgumentError>([&] { (void)full_posterior(flat, s.data, s.fit); });
    EXPECT_EQ(improper.function(), "full_posterior");
    EXPECT_EQ(improper.argument(), "prior");
    EXPECT_NE(improper.allowed().find("weak_prior()"), std::string::npos);

    const auto other =
        grainer_of({.sites = 6, .linear = true, .pair_range = 1}, support::any_prior(weak_prior()));
    const auto wrong = thrown<ArgumentError>([&] { (void)full_posterior(other, s.data, s.fit); });
    EXPECT_NE(std::string(wrong.what()).find("linear"), std::string::npos) << wrong.what();

    std::stop_source source;
    source.request_stop();
    EXPECT_THROW((void)full_posterior(s.grainer, s.data, s.fit, {.stop = source.get_token()}), Stopped);
}

}  // namespace
}  // namespace full_posterior_test
