// Maps that draw a number at every site: densities against quadrature and another program's Bessel functions,
// hidden chains against enumeration, densities of a user's own.
#include <predcg/core/bessel.hpp>
#include <predcg/engines/enumeration.hpp>
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/maps/autodiff_site.hpp>
#include <predcg/maps/normal_map.hpp>
#include <predcg/maps/von_mises_map.hpp>
#include <predcg/models/letters/coarse_chain.hpp>
#include <predcg/models/potts/chain.hpp>
#include <predcg/models/rotamers/map.hpp>
#include <predcg/predict/predict.hpp>
#include <predcg/statistics/running_moments.hpp>
#include <predcg/testing/check_map.hpp>

#include "close.hpp"
#include "differences.hpp"
#include "test_seed.hpp"
#include "thrown.hpp"
#include "z_score.hpp"

#include <Eigen/LU>
#include <boost/math/special_functions/bessel.hpp>

#include <gtest/gtest.h>

#include <numbers>

namespace site_map_test {
using namespace predcg;
using letters::Letter;
using Word = std::vector<Letter>;
using std::numbers::pi;

namespace {

TEST(LogBessel, AgainstBoost) {
    const auto I = [](double order, double kappa) {
        return boost::math::cyl_bessel_i(order, static_cast<long double>(kappa));
    };
    for (const double kappa : {1e-9, 1e-4, 0.3, 1.0, 4.0, 11.0, 24.999, 25.001, 40.0, 300.0, 699.0, 5000.0}) {
        const LogBessel bessel = log_bessel_i0(kappa);
        const long double zero = I(0, kappa), ratio = I(1, kappa) / zero;
        const long double slope = 1.0L - ratio / static_cast<long double>(kappa) - ratio * ratio;
        EXPECT_NEAR(bessel.value, static_cast<double>(std::log(zero)), 1e-15 * (1.0 + kappa)) << kappa;
        EXPECT_NEAR(bessel.slope, static_cast<double>(ratio), 4e-16) << kappa;
        EXPECT_NEAR(bessel.curvature / static_cast<double>(slope), 1.0, 2e-12) << kappa;
    }
    // Beyond what a double or Boost's sum can hold: A = 1 - 1/2k - 1/8k^2, A' = 1/2k^2 + 1/4k^3.
    const LogBessel far = log_bessel_i0(1e9);
    EXPECT_DOUBLE_EQ(far.value, 1e9 - 0.5 * std::log(2e9 * pi));
    EXPECT_DOUBLE_EQ(far.slope, 1.0 - 5e-10);
    EXPECT_NEAR(far.curvature * 2e18, 1.0 + 5e-10, 1e-14);
    EXPECT_EQ(log_bessel_i0(0.0).value, 0.0);
    EXPECT_EQ(log_bessel_i0(0.0).slope, 0.0);
    EXPECT_EQ(log_bessel_i0(0.0).curvature, 0.5);
}

/// The log density of one number.
template <class D>
double log_density(const D& density, double x, Index a, const Vector& eta) {
    std::vector<double> t(static_cast<std::size_t>(density.statistic_count()));
    density.statistic(x, t);
    return density.expansion(1.0, t, a, eta).value;
}

/// Mean of f under a letter, and its integral over the density, by the trapezoid rule over [low, high].
template <class D, class F>
std::pair<double, double> integrals(const D& density, Index a, const Vector& eta, double low, double high,
                                    F&& f) {
    double mass = 0.0, mean = 0.0;
    constexpr int points = 4000;
    for (int k = 0; k < points; ++k) {
        const double x = low + (high - low) * (k + 0.5) / points;
        const double p = std::exp(log_density(density, x, a, eta)) * (high - low) / points;
        mass += p;
        mean += p * f(x);
    }
    return {mass, mean};
}

/// Expansion at sums of several numbers, against differences and against the sum of single ones.
template <class D>
void expect_expansion(const D& density, const std::vector<double>& x, Index a, const Vector& eta) {
    const auto m = static_cast<std::size_t>(density.statistic_count());
    std::vector<double> t(m), sums(m, 0.0);
    double by_one = 0.0;
    for (const double number : x) {
        density.statistic(number, t);
        for (std::size_t j = 0; j < m; ++j) sums[j] += t[j];
        by_one += log_density(density, number, a, eta);
    }
    const double count = static_cast<double>(x.size());
    const Expansion e = density.expansion(count, sums, a, eta);
    support::expect_close(e.value, by_one, 1e-12);
    const auto expansion_at = [&](const Vector& at) { return density.expansion(count, sums, a, at); };
    const auto slope = differences::jacobian<Matrix>(
        [&](const Vector& at) { return Vector::Constant(1, expansion_at(at).value).eval(); }, eta);
    support::expect_close(e.gradient, Vector(slope.row(0).transpose()), 1e-9, "gradient");
    support::expect_close(
        e.hessian,
        differences::jacobian<Matrix>([&](const Vector& at) { return expansion_at(at).gradient; }, eta), 1e-9,
        "hessian");
}

TEST(VonMisesDensity, IsNormalisedWithDerivatives) {
    const VonMises density = rotamers::von_mises_map().density();
    const std::vector<double> angles{0.3, -2.9, 3.1, 1.2, -1.0};
    for (const Vector& eta : {Vector{{-3.0, 0.4, 1.1}}, Vector{{2.4, 2.6, 1.25}}, Vector{{5.0, 7.0, 2.0}}})
        for (Index a = 0; a < 3; ++a) {
            const auto [mass, cosine] =
                integrals(density, a, eta, -pi, pi, [](double x) { return std::cos(x); });
            EXPECT_NEAR(mass, 1.0, 1e-12);
            EXPECT_NEAR(cosine, density.mean_direction(a, eta)[0], 1e-12);
            expect_expansion(density, angles, a, eta);
        }
    EXPECT_EQ(density.parameter_names(), (std::vector<std::string>{"log_kappa_t", "log_kappa_g", "phi_g"}));
    EXPECT_EQ(density.natural_names(), (std::vector<std::string>{"kappa_t", "kappa_g", "phi_g"}));
}

TEST(VonMisesDensity, DrawsHaveItsMoments) {
    Philox4x32 rng = make_stream(test_seed(), Purpose::check);
    for (const double log_kappa : {-2.0, -0.3, 1.0, 6.0}) {
        const VonMises density({.letters = {{.offset = 2.0, .sign = -1.0}},
                                .concentrations = {{.name = "log_kappa"}},
                                .angles = {{.name = "phi"}}});
        const Vector eta{{log_kappa, -1.9}};
        constexpr int draws = 20000;
        statistics::RunningMoments<Vector> seen;
        for (int k = 0; k < draws; ++k) {
            const double x = density.draw(0, eta, rng);
            ASSERT_LE(std::abs(x), pi);
            seen.add(Vector{{std::cos(x), std::sin(x), std::cos(2.0 * x), std::sin(2.0 * x),
                             std::cos(3.0 * x), std::sin(3.0 * x)}});
        }
        for (int k = 0; k < 6; ++k) {
            const int harmonic = k / 2 + 1;
            const auto f = [&](double x) {
                return k % 2 == 0 ? std::cos(harmonic * x) : std::sin(harmonic * x);
            };
            const double mean = integrals(density, 0, eta, -pi, pi, f).second;
            expect_z(seen.mean()[k], mean, seen.standard_error()[k],
                     "component " + to_text(k) + " at log kappa " + to_text(log_kappa));
        }
    }
}

TEST(VonMisesMaps, AreMapsOfAnglesByAnyTurn) {
    const auto map = rotamers::von_mises_map();
    const Vector eta{{1.2, 0.7, 1.1}};
    EXPECT_EQ(check_map(map, letters::space<3>(4), eta), Findings{});
    const Vector x{{0.4, -2.0, 3.0}}, turned{{0.4 + 2.0 * pi, -2.0 - 8.0 * pi, 3.0 + 20.0 * pi}};
    for (const Word& X : {Word{0, 1, 2}, Word{2, 2, 0}})
        EXPECT_NEAR(map.likelihood(map.prepare(x), eta).log_density(X),
                    map.likelihood(map.prepare(turned), eta).log_density(X), 1e-12);
    // g+ and g- change places with the sign of the angle.
    EXPECT_NEAR(map.likelihood(map.prepare(x), eta).log_density(Word{0, 1, 2}),
                map.likelihood(map.prepare(x), Vector{{1.2, 0.7, -1.1}}).log_density(Word{0, 2, 1}), 1e-14);
    const double nan = std::numeric_limits<double>::quiet_NaN();
    EXPECT_EQ(support::thrown<ArgumentError>([&] {
                  map.prepare(Vector{{0.1, nan}});
              }).what(),
              std::string("predcg::SiteMap::prepare: number at site 1 is nan; allowed: a finite number"));
    EXPECT_THROW(map.prepare(Vector(0)), ArgumentError);
    for (const Index length : {2, 4})
        EXPECT_EQ(support::thrown<ArgumentError>([&] {
                      (void)map.likelihood(map.prepare(x), Vector::Ones(length));
                  }).argument(),
                  "length of eta");
    EXPECT_TRUE(map.takes(2.0));
    EXPECT_FALSE(map.takes(3.0) || map.takes(-1.0) || map.takes(0.5));
    EXPECT_THROW(VonMises({.letters = {{.concentration = 1}}, .concentrations = {{.name = "k"}}}),
                 ArgumentError);
    EXPECT_THROW(VonMises({.letters = {{.sign = 1.0}}, .concentrations = {{.name = "k"}}}), ArgumentError);
    EXPECT_THROW(VonMises({.letters = {}, .concentrations = {}}), ArgumentError);
}

TEST(NormalMaps, AreMapsWithDerivatives) {
    const NormalMap<> map(NormalSites({.letters = 3, .centre = 10.0, .length = 2.0}));
    const Vector eta{{8.5, 10.2, 13.0, -0.3, 0.4, 0.1}};
    EXPECT_EQ(check_map(map, letters::space<3>(4), eta), Findings{});
    for (Index a = 0; a < 3; ++a) {
        expect_expansion(map.density(), {7.0, 9.5, 12.0, 8.1}, a, eta);
        const auto [mass, mean] = integrals(map.density(), a, eta, -10.0, 30.0, [](double x) { return x; });
        EXPECT_NEAR(mass, 1.0, 1e-12);
        EXPECT_NEAR(mean, eta[a], 1e-11);
    }
    EXPECT_EQ(map.start(), (Vector{{8.0, 10.0, 12.0, 0.0, 0.0, 0.0}}));
    for (const Index length : {5, 7})
        EXPECT_EQ(support::thrown<ArgumentError>([&] {
                      (void)map.likelihood(map.prepare(Vector{{7.0, 9.5}}), Vector::Ones(length));
                  }).argument(),
                  "length of eta");
    // Means are shown as they are, widths as sd = e^eta, both with slope and curvature in eta.
    const auto mean = map.natural(1, eta[1]), sd = map.natural(4, eta[4]);
    EXPECT_EQ(Vector({{mean.value, mean.slope, mean.curvature}}), (Vector{{10.2, 1.0, 0.0}}));
    EXPECT_EQ(Vector({{sd.value, sd.slope, sd.curvature}}), Vector::Constant(3, std::exp(0.4)));
    EXPECT_THROW(NormalSites({.letters = 0}), ArgumentError);
    EXPECT_THROW(NormalSites({.length = 0.0}), ArgumentError);
}

/// Waiting times with a rate for each letter: the density a user writes.
struct WaitingTimes {
    static Index letters() { return 2; }
    static Index parameter_count() { return 2; }
    static std::vector<std::string> parameter_names() { return {"log_rate_0", "log_rate_1"}; }
    static Vector start() { return Vector{{0.0, 1.0}}; }
    static Index statistic_count() { return 1; }
    static void statistic(double x, std::span<double> t) { t[0] = x; }
    static bool takes(double x) { return x >= 0.0; }
    template <class S>
    S log_density(double count, std::span<const double> t, Index a, const VectorOf<S>& eta) const {
        using std::exp;
        return S(count) * eta[a] - S(t[0]) * exp(eta[a]);
    }
    double draw(Index a, const Vector& eta, auto& rng) const {
        return -std::log1p(-uniform(rng)) / std::exp(eta[a]);
    }
};

TEST(SitesOfOnesOwn, AreDifferentiated) {
    const auto map = site_map<std::vector<double>>(WaitingTimes{});
    const Vector eta{{-0.2, 1.4}};
    EXPECT_EQ(check_map(map, letters::space<2>(4), eta), Findings{});
    const Expansion e = map.expected_log_density(Vector{{3.0, 2.5, 2.0, 0.7}}, 1.0, eta);
    EXPECT_NEAR(e.value, 3.0 * -0.2 - 2.5 * std::exp(-0.2) + 2.0 * 1.4 - 0.7 * std::exp(1.4), 1e-13);
    EXPECT_NEAR(e.gradient[1], 2.0 - 0.7 * std::exp(1.4), 1e-13);
    EXPECT_NEAR(e.hessian(0, 0), -2.5 * std::exp(-0.2), 1e-13);
    EXPECT_EQ(e.hessian(0, 1), 0.0);
    EXPECT_EQ(
        support::thrown<ArgumentError>([&] {
            map.prepare(std::vector<double>{1.0, -2.0});
        }).what(),
        std::string(
            "predcg::SiteMap::prepare: number at site 1 is -2; allowed: a number that the density takes"));
}

/// The likelihood and its derivatives by the transfer matrix, and by enumeration.
template <class Coarse, class Map>
void expect_as_enumerated(const Coarse& coarse, const Map& map, const Parameters& at, Index data_count) {
    Philox4x32 rng = make_stream(5, Purpose::check);
    std::vector<typename Map::fine_type> data;
    for (Index k = 0; k < data_count; ++k)
        data.push_back(map.sample(coarse.space().random(rng), at.eta, rng));
    const auto evaluated = [&](auto engine) {
        const EMCoarseGrainer grainer{SamplesOnly<typename Map::fine_type>{}, coarse, map, engine};
        const auto prepared = grainer.prepare(data, 0.7);
        const auto problem = grainer.problem(prepared);
        auto state = problem.state(at);
        auto statistics = problem.expect(state);
        return std::tuple(problem.evaluate(at), statistics.map,
                          problem.value_and_gradient(problem.coordinates().z(at)));
    };
    const auto [fast, fast_T, fast_value] = evaluated(TransferMatrix{});
    const auto [slow, slow_T, slow_value] = evaluated(Enumeration{});
    support::expect_close(fast.log_likelihood, slow.log_likelihood, 1e-12, "log-likelihood");
    support::expect_close(fast.gradient, slow.gradient, 1e-11, "gradient");
    support::expect_close(fast.complete, slow.complete, 1e-11, "complete information");
    support::expect_close(fast.missing, slow.missing, 1e-11, "missing information");
    support::expect_close(fast_T, slow_T, 1e-11, "statistic");
    support::expect_close(fast_value.second, slow_value.second, 1e-11, "gradient alone");
    // z of the coarse part is beta theta.
    Vector carried = slow.gradient;
    carried.head(at.theta.size()) /= 0.7;
    carried.tail(at.eta.size()).array() *= map.scales().array();
    support::expect_close(fast_value.first, slow.log_likelihood, 1e-12, "value alone");
    support::expect_close(fast_value.second, carried, 1e-11, "gradient of the likelihood");
}

TEST(HiddenChains, OfAnyLettersAndDensitiesAgainstEnumeration) {
    // 11 data: a whole set of lanes, and some beyond.
    for (const Boundary boundary : {Boundary::periodic, Boundary::open}) {
        expect_as_enumerated(potts::coarse_chain<2>({.sites = 6, .fields = true, .boundary = boundary}),
                             NormalMap<>(NormalSites({.length = 3.0})),
                             {Vector{{0.4, 1.1}}, Vector{{-1.0, 0.6, 0.1, -0.4}}}, 11);
        expect_as_enumerated(potts::coarse_chain<2>({.sites = 5, .pair_range = 2, .boundary = boundary}),
                             site_map(WaitingTimes{}), {Vector{{0.4, -0.3}}, Vector{{-0.5, 0.8}}}, 11);
    }
    expect_as_enumerated(rotamers::chain({.sites = 5, .second_neighbours = true}), rotamers::von_mises_map(),
                         {Vector{{1.0, -0.4, 2.0, 0.3, 0.8}}, Vector{{1.5, 1.0, 1.2}}}, 11);
}

/// Mean and mean product of neighbours.
struct MeanAndProduct {
    static int order() { return 2; }
    template <class X>
    Vector operator()(const X& x) const {
        return Vector{{x.mean(), x.head(x.size() - 1).dot(x.tail(x.size() - 1))}};
    }
    Vector from_moments(const SiteMoments& m) const {
        double product = 0.0;
        for (Index i = 0; i + 1 < m.mean.size(); ++i) product += m.second(i, i + 1);
        return Vector{{m.mean.mean(), product}};
    }
};

TEST(HiddenChains, OfNormalNumbersAreFound) {
    const auto coarse = potts::coarse_chain<2>({.sites = 12, .fields = true, .boundary = Boundary::open});
    const NormalMap<> map(NormalSites{});
    const Parameters truth{Vector{{-0.3, 1.2}}, Vector{{-0.8, 0.9, -0.5, -0.2}}};
    Philox4x32 rng = make_stream(test_seed(), Purpose::check);
    auto X = TransferMatrix{}.sampler(boltzmann(coarse, truth.theta, 1.0));
    std::vector<Vector> data;
    for (int k = 0; k < 150; ++k) data.push_back(map.sample(X.draw(rng), truth.eta, rng));
    const EMCoarseGrainer grainer{SamplesOnly<Vector>{}, coarse,   map,
                                  TransferMatrix{},      Newton{}, weak_prior(map)};
    const auto fit = grainer.fit(data, {.beta = 1.0, .starts = 2});
    EXPECT_EQ(fit.status, Status::converged);
    // What they predict is exact, and the mean over draws.
    const Prediction exact = predict(fit, MeanAndProduct{});
    const Prediction drawn = predict(fit, MeanAndProduct{}, {.seed = test_seed(), .always_sample = true});
    EXPECT_TRUE(exact.exact);
    EXPECT_FALSE(drawn.exact);
    for (Index k = 0; k < 2; ++k)
        expect_z(drawn.mean[k], exact.mean[k], drawn.standard_error[k], "predicted");
    const auto prepared = grainer.prepare(data, 1.0);
    const Matrix covariance = grainer.problem(prepared).evaluate(fit.parameters).observed().inverse();
    for (Index k = 0; k < 6; ++k) {
        const double found = k < 2 ? fit.parameters.theta[k] : fit.parameters.eta[k - 2];
        const double is = k < 2 ? truth.theta[k] : truth.eta[k - 2];
        expect_z(found, is, std::sqrt(covariance(k, k)), "parameter " + to_text(k));
    }
}

}  // namespace
}  // namespace site_map_test
