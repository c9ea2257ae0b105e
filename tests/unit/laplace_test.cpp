// Normal approximations: covariances against finite differences and formulas by hand, and what they say of
// themselves.
#include <predcg/posterior/laplace.hpp>

#include <gtest/gtest.h>

#include "close.hpp"
#include "differences.hpp"
#include "gaussian_by_hand.hpp"
#include "ising_by_hand.hpp"
#include "ising_grainer.hpp"
#include "on_threads.hpp"
#include "reference.hpp"
#include "test_seed.hpp"
#include "thrown.hpp"
#include "z_score.hpp"

namespace laplace_test {
using namespace predcg;
using by_hand::Numbers;
using by_hand::Spins;
using support::expect_close;
using support::joined;
using support::thrown;

namespace {

constexpr double beta = 0.6;
const by_hand::Model model{.sites = 6, .linear = true, .pair_range = 1, .field = 0.2};

support::IsingGrainer grainer_of(const by_hand::Model& of, Index level = 2) {
    return support::ising_grainer(of, level, support::any_prior(weak_prior()));
}

std::vector<Spins> some_data(Index sites, Index samples) {
    auto rng = test_rng(550);
    return by_hand::markov_data(rng, sites, samples, 0.8, 0.6);
}

/// Minus the Hessian of log posterior by (theta_c, eta), in long double: differences of differences of the
/// formulas.
Matrix information_by_differences(const std::vector<Spins>& data, const Vector& at) {
    const auto value = [&](const Numbers& t) {
        long double log_prior = 0.0L;
        for (std::size_t k = 0; k + 1 < t.size(); ++k) log_prior -= beta * beta * t[k] * t[k] / 8.0L;
        log_prior -= (t.back() - 1.0L) * (t.back() - 1.0L) / 8.0L;
        return log_prior + by_hand::log_likelihood(model, data, beta, t);
    };
    const auto gradient = [&](const Vector& t) {
        const auto g =
            differences::gradient<long double>(value, Numbers(t.data(), t.data() + t.size()), 4e-3L);
        Vector v(t.size());
        for (Index k = 0; k < v.size(); ++k) v[k] = static_cast<double>(g[static_cast<std::size_t>(k)]);
        return v;
    };
    return -differences::jacobian<Matrix>(gradient, at, 4e-3);
}

TEST(JointLaplace, CovarianceIsTheInverseInformation) {
    const auto x = some_data(12, 60);
    const auto grainer = grainer_of(model);
    const auto data = grainer.prepare(x, beta);
    const auto fit = grainer.fit_prepared(data);
    const auto laplace = laplace_joint(grainer, data, fit, {.draws = 8000, .seed = test_seed()});
    EXPECT_EQ(laplace.method, PosteriorMethod::laplace_joint);
    ASSERT_TRUE(laplace.reliable);
    const Matrix covariance =
        by_hand::Inverted(information_by_differences(x, joined(fit.parameters))).inverse;
    expect_close(laplace.covariance, covariance, 1e-6);
    expect_close(laplace.mean, joined(fit.parameters), 1e-12);
    for (Index k = 0; k < 3; ++k) EXPECT_NEAR(laplace.sd[k], std::sqrt(covariance(k, k)), 1e-6);

    // The draws are independent and normal, cut at eta >= 0, which is far away here.
    ASSERT_GT(laplace.mean[2], 5.0 * laplace.sd[2]);
    const double n = static_cast<double>(laplace.draw_count());
    for (Index k = 0; k < 3; ++k) {
        const Vector draws = laplace.draws.row(k);
        expect_z(draws.mean(), laplace.mean[k], laplace.sd[k] / std::sqrt(n), "mean");
        for (Index l = 0; l <= k; ++l) {
            const Vector other = laplace.draws.row(l);
            const double sum =
                (draws.array() - laplace.mean[k]).matrix().dot((other.array() - laplace.mean[l]).matrix());
            const double error =
                std::sqrt((covariance(k, k) * covariance(l, l) + covariance(k, l) * covariance(k, l)) / n);
            expect_z(sum / n, covariance(k, l), error, "covariance");
        }
    }
    EXPECT_LT(*laplace.pareto_k, 0.5) << "many data: nearly normal";
    EXPECT_GT(*laplace.pareto_k, -0.5);
}

TEST(JointLaplace, DependsOnTheSeedAlone) {
    const auto grainer = grainer_of(model);
    const auto data = grainer.prepare(some_data(12, 40), beta);
    const auto fit = grainer.fit_prepared(data);
    const auto draws = [&](std::uint64_t seed, Index threads) {
        const support::OnThreads on(threads);
        return laplace_joint(grainer, data, fit, {.draws = 50, .largest_pareto_k = 1e9, .seed = seed}).draws;
    };
    const Matrix once = draws(1, 1);
    EXPECT_EQ(once, draws(1, 2));
    EXPECT_NE(once, draws(2, 1));
}

// Around a point that is five standard deviations from the mode, ratios are about log-normal with as much
// spread, and their largest are heavy-tailed: no draw of that is worth anything.
TEST(JointLaplace, SaysWhereItIsNotThePosterior) {
    const auto grainer = grainer_of(model);
    const auto data = grainer.prepare(some_data(12, 60), beta);
    Estimate fit = grainer.fit_prepared(data);
    fit.parameters.theta[0] += 5.0 * laplace_joint(grainer, data, fit).sd[0];
    const auto laplace = laplace_joint(grainer, data, fit, {.draws = 2000, .seed = test_seed()});
    EXPECT_FALSE(laplace.reliable);
    EXPECT_EQ(laplace.draw_count(), 0);
    EXPECT_EQ(laplace.parameter_count(), 3);
    ASSERT_TRUE(laplace.pareto_k.has_value());
    EXPECT_GT(*laplace.pareto_k, 0.7);
    ASSERT_EQ(laplace.remarks.size(), 1u);
    EXPECT_NE(laplace.remarks.front().find("not Gaussian: Pareto k"), std::string::npos);
    EXPECT_NE(laplace.remarks.front().find("use the full posterior"), std::string::npos);
    EXPECT_TRUE(laplace.sd.allFinite()) << "what it would have been";
    const double k = *laplace.pareto_k;
    const auto limited = [&](double limit) {
        return laplace_joint(grainer, data, fit,
                             {.draws = 2000, .largest_pareto_k = limit, .seed = test_seed()});
    };
    EXPECT_TRUE(limited(k + 1e-9).reliable);
    EXPECT_EQ(limited(k + 1e-9).draw_count(), 2000);
    EXPECT_FALSE(limited(k - 1e-9).reliable);
}

// Blocks of unlike spins: the mode of eta is next to the prior's wall at 0, which takes almost half of the
// normal.
TEST(JointLaplace, IsCutAtTheWallsOfThePrior) {
    const auto grainer = grainer_of({.sites = 6, .pair_range = 1});
    const auto data =
        grainer.prepare(std::vector<Spins>(1, Spins{1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1}), beta);
    const auto laplace = laplace_joint(
        grainer, data, grainer.fit_prepared(data),
        {.draws = 4000, .largest_pareto_k = std::numeric_limits<double>::infinity(), .seed = test_seed()});
    ASSERT_LT(laplace.mean[1], 0.5 * laplace.sd[1]);
    EXPECT_GE(laplace.draws.row(1).minCoeff(), 0.0);
    // The mean of a normal cut at 0: m + s phi(m/s) / Phi(m/s).
    const double m = laplace.mean[1], s = laplace.sd[1], a = m / s;
    const double inside = 0.5 * std::erfc(-a / std::sqrt(2.0));
    const double mills = std::exp(-0.5 * a * a) / std::sqrt(2.0 * by_hand::pi) / inside;
    const double sd = s * std::sqrt(1.0 - a * mills - mills * mills);
    expect_z(Vector(laplace.draws.row(1)).mean(), m + s * mills, sd / std::sqrt(4000.0), "mean of eta");
}

// A prior's upper bound is no wall: what lies above is drawn again. Half a standard deviation above the mode
// it takes three draws of ten.
TEST(JointLaplace, IsCutAtBoundsThatAreNoWalls) {
    const by_hand::Model pairs{.sites = 6, .pair_range = 1};
    const auto x = some_data(12, 60);
    const auto free = grainer_of(pairs);
    const auto free_data = free.prepare(x, beta);
    const auto without = laplace_joint(free, free_data, free.fit_prepared(free_data), {.draws = 100});
    const double upper = without.mean[1] + 0.5 * without.sd[1];
    const TruncatedNormals bounded{Vector{{1.0}}, Vector{{2.0}}, Vector{{0.0}}, Vector{{upper}}};
    const auto grainer = support::ising_grainer(pairs, 2, {weak_prior().coarse, bounded});
    const auto data = grainer.prepare(x, beta);
    const auto laplace = laplace_joint(
        grainer, data, grainer.fit_prepared(data),
        {.draws = 200, .largest_pareto_k = std::numeric_limits<double>::infinity(), .seed = test_seed()});
    ASSERT_EQ(laplace.draw_count(), 200);
    EXPECT_LE(laplace.draws.row(1).maxCoeff(), upper);
}

// Away from a mode, between the two that the label gives at eta = 0: nothing is repaired.
TEST(JointLaplace, AnInformationThatIsNotPositiveDefinite) {
    const by_hand::Model free{.sites = 6, .pair_range = 1};
    const auto grainer = grainer_of(free);
    auto rng = test_rng(551);
    const auto data = grainer.prepare(by_hand::markov_data(rng, 12, 40, 0.9, 0.5), beta);
    Estimate saddle = grainer.fit_prepared(data);
    saddle.parameters = {Vector::Zero(1), Vector::Zero(1)};
    const auto laplace = laplace_joint(grainer, data, saddle, {.draws = 100});
    EXPECT_FALSE(laplace.reliable);
    EXPECT_EQ(laplace.draw_count(), 0);
    EXPECT_FALSE(laplace.pareto_k.has_value());
    ASSERT_EQ(laplace.remarks.size(), 1u);
    EXPECT_NE(laplace.remarks.front().find("not positive definite"), std::string::npos);
    EXPECT_NE(laplace.remarks.front().find("logit_theta_cf"), std::string::npos) << laplace.remarks.front();
    EXPECT_TRUE(std::isnan(laplace.sd[0]) && std::isnan(laplace.sd[1]));
}

// The slides have no prior in it: 1 / (S / t^2 + (M - S) / (1 - t)^2) for t = theta_cf, with the expected
// number S of fine spins equal to their coarse spin, of M.
TEST(SlidesLaplace, IsTheFormulaOfTheSlides) {
    const auto x = some_data(12, 30);
    const auto grainer = grainer_of(model);
    const auto data = grainer.prepare(x, beta);
    const auto fit = grainer.fit_prepared(data);
    const auto slides = laplace_slides(grainer, data, fit, {.draws = 4000, .seed = test_seed()});
    EXPECT_EQ(slides.method, PosteriorMethod::laplace_slides);

    // S and M by enumeration.
    const Numbers theta(fit.parameters.theta.data(), fit.parameters.theta.data() + 2);
    const long double eta = fit.parameters.eta[0], p = 1.0L / (1.0L + std::exp(-eta));
    long double S = 0.0L, M = 0.0L;
    for (const Spins& datum : x) {
        const auto log_weight = [&](const Spins& X) {
            return by_hand::log_map(datum, X, eta) - beta * by_hand::coarse_energy(model, X, theta);
        };
        const long double log_z = by_hand::log_sum_exp(6, log_weight);
        by_hand::log_sum_exp(6, [&](const Spins& X) {
            for (std::size_t i = 0; i < datum.size(); ++i)
                if (datum[i] == X[i / 2]) S += std::exp(log_weight(X) - log_z);
            return 0.0L;
        });
        M += 12.0L;
    }
    const long double slope = 1.0L / (p * (1.0L - p));  // d eta / dt
    const long double precision = S / (p * p) + (M - S) / ((1.0L - p) * (1.0L - p));
    const double sd = static_cast<double>(1.0L / std::sqrt(precision));
    EXPECT_NEAR(slides.sd[2], sd * static_cast<double>(slope), 1e-8);
    EXPECT_EQ(slides.sd[0], 0.0);
    EXPECT_EQ(slides.sd[1], 0.0);
    double mean = 0.0, square = 0.0;
    const double n = static_cast<double>(slides.draw_count()), centre = static_cast<double>(p);
    for (Index k = 0; k < slides.draw_count(); ++k) {
        EXPECT_EQ(slides.draws(0, k), fit.parameters.theta[0]) << "theta_c does not move";
        EXPECT_EQ(slides.draws(1, k), fit.parameters.theta[1]);
        const double t = 1.0 / (1.0 + std::exp(-slides.draws(2, k)));
        mean += t / n;
        square += (t - centre) * (t - centre) / n;
    }
    expect_z(mean, centre, sd / std::sqrt(n), "mean of theta_cf");
    expect_z(square, sd * sd, sd * sd * std::sqrt(2.0 / n), "variance of theta_cf");
}

// It knows neither that X is latent nor that theta_c is uncertain.
TEST(SlidesLaplace, IsTooNarrowOnTheReferenceData) {
    const reference::Json exact = reference::load("A");
    const auto grainer =
        grainer_of({.sites = 16, .linear = true, .pair_range = 1, .field = exact["truth"]["field"]});
    const auto data = grainer.prepare(reference::load_data("A"), exact["truth"]["beta"]);
    const auto fit = grainer.fit_prepared(data);
    const double slides = laplace_slides(grainer, data, fit, {.draws = 1}).sd[2];
    EXPECT_LT(slides, 0.75 * laplace_joint(grainer, data, fit, {.draws = 25}).sd[2]);
    EXPECT_LT(slides, 0.75 * double(exact["posterior"]["sd"][2]));
}

// theta_cf next to 1: half of the normal lies outside and is clipped.
TEST(SlidesLaplace, ClipsThetaCf) {
    const by_hand::Model fixed{.sites = 4, .linear = true};
    const auto grainer =
        support::ising_grainer(fixed, 2, support::any_prior(BlockPriors{Normal{0.0, 2.0}, Normal{9.0, 2.0}}));
    const std::vector<Spins> x(3, Spins(8, 1));
    const auto data = grainer.prepare(x, beta);
    const auto fit = grainer.fit_prepared(data);
    const auto slides = laplace_slides(grainer, data, fit, {.draws = 400, .seed = test_seed()});
    int clipped = 0;
    for (Index k = 0; k < slides.draw_count(); ++k) {
        ASSERT_TRUE(std::isfinite(slides.draws(2 - 1, k)));
        clipped += slides.draws(1, k) > 34.0;  // logit(1 - 1e-15) = 34.5
    }
    EXPECT_GT(clipped, 40);
    EXPECT_LT(clipped, 360);
}

TEST(Laplace, RefusesWhatItCannotDo) {
    const auto grainer = grainer_of(model);
    const auto data = grainer.prepare(some_data(12, 5), beta);
    const auto fit = grainer.fit_prepared(data);
    EXPECT_EQ(
        thrown<ArgumentError>([&] { (void)laplace_joint(grainer, data, fit, {.draws = 24}); }).argument(),
        "draws");
    EXPECT_EQ(
        thrown<ArgumentError>([&] { (void)laplace_slides(grainer, data, fit, {.draws = 0}); }).argument(),
        "draws");
    const auto other = grainer_of({.sites = 6, .pair_range = 1});
    EXPECT_THROW((void)laplace_joint(other, data, fit), ArgumentError);
    EXPECT_THROW((void)laplace_slides(other, data, fit), ArgumentError);
}

}  // namespace
}  // namespace laplace_test
