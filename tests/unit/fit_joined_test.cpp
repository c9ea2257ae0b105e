// Which starts are joined to a finished one, on landscapes of one parameter that are made by hand.
#include <predcg/engines/enumeration.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/maps/site_map.hpp>
#include <predcg/models/potts/chain.hpp>

#include "test_seed.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <span>
#include <vector>

namespace fit_joined_test {

namespace {

using namespace predcg;

/// A "density" whose log is f(eta) = -(eta - 1/2)^2 / 2 + rise S(2 eta), S the smoothstep 6 u^5 - 15 u^4 + 10
/// u^3 in [0, 1], constant outside: its first two derivatives are 0 at both ends, so that value, slope and
/// curvature at eta = 0 and at the hill's top eta = 1/2 are those of the parabola, but for the value's
/// `rise`.
struct Landscape {
    double rise = 0.0;

    static Index letters() { return 2; }
    static Index parameter_count() { return 1; }
    static Index statistic_count() { return 1; }
    static void statistic(double x, std::span<double> t) { t[0] = x; }
    static Vector start() { return Vector::Constant(1, 0.6); }  // runs up to 1/2
    static std::vector<Vector> more_starts() { return {Vector::Zero(1)}; }
    Expansion expansion(double count, std::span<const double>, Index, const Vector& eta) const {
        const double away = eta[0] - 0.5, u = 2.0 * eta[0];
        double f = -0.5 * away * away, slope = -away, curvature = -1.0;
        if (u >= 1.0) f += rise;
        if (u > 0.0 && u < 1.0) {
            f += rise * u * u * u * (6.0 * u * u - 15.0 * u + 10.0);
            slope += rise * 60.0 * u * u * (1.0 - u) * (1.0 - u);
            curvature += rise * 240.0 * u * (1.0 - u) * (1.0 - 2.0 * u);
        }
        return {count * f, Vector::Constant(1, count * slope), Matrix::Constant(1, 1, count * curvature)};
    }
    static double draw(Index, const Vector&, auto& rng) { return standard_normal(rng); }
};

auto fit_of(double rise) {
    const EMCoarseGrainer grainer{SamplesOnly<Vector>{},
                                  potts::coarse_chain<2>({.sites = 2, .pair_range = 0}),
                                  SiteMap<Landscape>(Landscape{rise}), Enumeration{}};
    return grainer.fit(std::vector<Vector>(3, Vector::Zero(2)),
                       {.beta = 1.0, .starts = 2, .seed = test_seed()});
}

double log_likelihood(double rise, double eta) {  // of six numbers
    return Landscape{rise}.expansion(6.0, {}, 0, Vector::Constant(1, eta)).value;
}

// The Newton step from 0 leads to 1/2. What lies between shows in the value there alone.
TEST(JoinedStarts, TheSameParabola) {
    const auto fit = fit_of(0.0);
    ASSERT_GE(fit.starts.size(), 2u);
    EXPECT_EQ(fit.starts[1].joined, Index(0));
    EXPECT_NEAR(fit.parameters.eta[0], 0.5, 1e-8);
}

TEST(JoinedStarts, AHigherHillThisSideOfAValleyIsClimbed) {
    const double rise = -0.4;
    const auto fit = fit_of(rise);
    ASSERT_GE(fit.starts.size(), 2u);
    EXPECT_NEAR(fit.starts[0].parameters.eta[0], 0.5, 1e-8);
    EXPECT_FALSE(fit.starts[1].joined.has_value());
    double best = 0.0;
    for (double eta = 0.0; eta <= 0.5; eta += 1e-5)
        if (log_likelihood(rise, eta) > log_likelihood(rise, best)) best = eta;
    EXPECT_GT(best, 0.02);
    EXPECT_NEAR(fit.parameters.eta[0], best, 2e-5);
    EXPECT_GT(fit.log_likelihood, log_likelihood(rise, 0.5) + 1.0);
}

// The rise is a tenth more, or less, than the parabola's: there may be steps, or hills, on the way.
TEST(JoinedStarts, NotWhereTheRiseIsAnother) {
    for (const double rise : {-0.0125, 0.0125}) EXPECT_FALSE(fit_of(rise).starts[1].joined.has_value());
    for (const double rise : {-0.0025, 0.0025}) EXPECT_EQ(fit_of(rise).starts[1].joined, Index(0));
}

}  // namespace
}  // namespace fit_joined_test
