// Stochastic fits at their defaults: right, with errors that hold, early, and with words for what is missing.
// Oracles: enumeration for the square Ising lattice, the transfer matrix for a chain.
#include <predcg/engines/enumeration.hpp>
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/chain.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/monte_carlo.hpp>
#include <predcg/predict/fine_scale.hpp>
#include <predcg/structure/autodiff.hpp>

#include "screened_ring.hpp"
#include "square_ising.hpp"
#include "test_seed.hpp"
#include "z_score.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace stochastic_fit_test {
using namespace predcg;

namespace {

Vector joined(const Parameters& p) {
    Vector all(p.theta.size() + p.eta.size());
    all << p.theta, p.eta;
    return all;
}

bool begins(const std::string& text, const std::string& with) { return text.rfind(with, 0) == 0; }
bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

// 16 coarse sites, 12 data.
struct Lattice {
    double beta = 0.35;
    std::vector<square_ising::Spins> data = square_ising::samples(8, beta, 12, 1);

    template <class Engine, class Optimizer>
    auto grainer(const Engine& engine, const Optimizer& optimizer) const {
        return EMCoarseGrainer{SamplesOnly<square_ising::Spins>{},
                               square_ising::Coarse{4},
                               square_ising::BlockMap{4},
                               engine,
                               optimizer,
                               weak_prior()};
    }
};

/// An estimate is within z_limit of its stated errors and a fiftieth of a posterior standard deviation, which
/// is what is left of the bias of a noisy information; the errors are no more than a tenth of those.
template <class Sampled>
void expect_right(const Sampled& fit, const Vector& exact, const Vector& sd, const char* what) {
    EXPECT_EQ(fit.status, Status::converged) << what;
    EXPECT_TRUE(fit.remarks.empty()) << what << ": " << fit.remarks.front();
    const Vector at = joined(fit.parameters), error = joined(fit.monte_carlo.standard_errors),
                 own = joined(fit.monte_carlo.posterior_deviations);
    for (Index k = 0; k < at.size(); ++k) {
        EXPECT_GT(error[k], 0.0) << what;
        EXPECT_LE(error[k], 0.1 * own[k]) << what;
        EXPECT_NEAR(own[k], sd[k], 0.25 * sd[k]) << what;
        EXPECT_LE(std::abs(at[k] - exact[k]), z_limit * error[k] + 0.02 * sd[k])
            << what << ", parameter " << k << ": z = " << (at[k] - exact[k]) / error[k];
    }
}

Vector deviations(const Matrix& information) {
    const linalg::Cholesky factor(information);
    Vector sd(information.rows());
    for (Index k = 0; k < sd.size(); ++k) sd[k] = std::sqrt(factor.solve(Vector::Unit(sd.size(), k))[k]);
    return sd;
}

// One engine, as a user writes it, and less than the default limit of 200 iterations. 4 fits, 2 parameters
// each.
TEST(StochasticFit, OfASquareLatticeIsRightAndEarly) {
    const Lattice lattice;
    const auto exact =
        lattice.grainer(Enumeration{}, Newton{}).fit(lattice.data, {.beta = lattice.beta, .starts = 1});
    const Vector best = joined(exact.parameters), sd = deviations(exact.likelihood.observed());
    const MonteCarlo engine(HeatBath{}, {.samples = 20});
    Index earliest = 200;  // one fit in a hundred needs all iterations
    for (std::uint64_t s = 0; s < 2; ++s) {
        const FitSettings settings{.beta = lattice.beta, .seed = test_seed() + s};
        const auto robbins_monro = lattice.grainer(engine, RobbinsMonro{}).fit(lattice.data, settings);
        expect_right(robbins_monro, best, sd, "RobbinsMonro");
        EXPECT_EQ(robbins_monro.monte_carlo.coarse_samples, 12 * 20);
        const auto newton = lattice.grainer(engine, StochasticNewton{}).fit(lattice.data, settings);
        expect_right(newton, best, sd, "StochasticNewton");
        earliest = std::min(earliest, newton.iterations);
    }
    EXPECT_LT(earliest, 200);
}

// Chains that move once an iteration, side by side: gains of the bare gradient overtook them.
TEST(StochasticFit, OfAChainWithFewMovesIsRight) {
    const auto fine = ising::chain({.field = 0.3});
    const auto coarse = ising::coarse_chain({.sites = 16, .pair_range = 1, .field = 0.3});
    const auto map = ising::bernoulli_map({.level = 2});
    const auto data = generate(fine, {.beta = 1.0, .samples = 50, .seed = 1});
    const auto exact = EMCoarseGrainer{fine, coarse, map, TransferMatrix{}, Newton{}, weak_prior()}.fit(data);
    const MonteCarlo engine(HeatBath{},
                            {.samples = 50, .chains = 50, .refresh = 0, .standard_errors = false});
    const auto fit = EMCoarseGrainer{fine, coarse, map, engine, RobbinsMonro{}, weak_prior()}.fit(
        data, {.iterations = 400, .seed = test_seed()});
    expect_right(fit, joined(exact.parameters), deviations(exact.likelihood.observed()), "chain");
}

// Errors of 60 fits, each of which stops as soon as it may: z has variance 1. 120 z, of which those of a fit
// are correlated: the mean of z^2 has a standard error of 0.18 at most; 0.45 to 2.1 is 3 below and 6 above.
TEST(StochasticFit, ErrorsHoldWhereAFitStopsEarly) {
    Lattice lattice;
    lattice.data.resize(4);
    const auto exact =
        lattice.grainer(Enumeration{}, Newton{}).fit(lattice.data, {.beta = lattice.beta, .starts = 1});
    const auto grainer = lattice.grainer(MonteCarlo(HeatBath{}, {.samples = 20, .standard_errors = false}),
                                         StochasticNewton{});
    double mean = 0.0;
    for (std::uint64_t s = 0; s < 60; ++s) {
        const auto fit = grainer.fit(lattice.data, {.beta = lattice.beta, .seed = test_seed() + 100 + s});
        EXPECT_EQ(fit.status, Status::converged);
        const Vector e = joined(fit.parameters) - joined(exact.parameters);
        mean += e.cwiseQuotient(joined(fit.monte_carlo.standard_errors)).squaredNorm() / 120.0;
    }
    EXPECT_GT(mean, 0.45);
    EXPECT_LT(mean, 2.1);
}

// With roles p_c has the samples that it was given, which are too few: the parameter, its error, what would
// do.
TEST(StochasticFit, ALimitSaysWhatIsMissing) {
    const Lattice lattice;
    const MonteCarlo few(HeatBath{}, {.samples = 10, .standard_errors = false});
    const auto grainer = lattice.grainer(EngineRoles{few, few}, StochasticNewton{});
    const auto fit =
        grainer.fit(lattice.data, {.beta = lattice.beta, .iterations = 100, .seed = test_seed()});
    EXPECT_EQ(fit.status, Status::limit);
    EXPECT_EQ(fit.monte_carlo.coarse_samples, 10);
    ASSERT_EQ(fit.remarks.size(), 1u);
    EXPECT_TRUE(begins(fit.remarks[0], "Not converged: the Monte Carlo error of pair is 0."))
        << fit.remarks[0];
    EXPECT_TRUE(contains(fit.remarks[0], "0.1 wanted")) << fit.remarks[0];
    EXPECT_TRUE(contains(fit.remarks[0], " iterations more, or ")) << fit.remarks[0];
    const auto short_fit = grainer.fit(
        lattice.data,
        {.beta = lattice.beta, .iterations = 20, .seed = test_seed(), .stochastic = {.tolerance = 1e9}});
    ASSERT_EQ(short_fit.remarks.size(), 1u);
    EXPECT_TRUE(begins(short_fit.remarks[0], "Not tested: a fit of 20 iterations is too short; 60 more."))
        << short_fit.remarks[0];
}

/// Runs away with `pair`, whatever the gradient says.
struct Away {
    struct State {};
    double tolerance() const { return 1e-9; }
    std::optional<Vector> step(State&, const Vector&, const Vector&, const Matrix&) const {
        return Vector{{0.5, 0.0}};
    }
};

TEST(StochasticFit, RunawayParametersAreSaidWithTheirStart) {
    const Lattice lattice;
    const auto fit = lattice.grainer(MonteCarlo(HeatBath{}, {.samples = 10}), Away{})
                         .fit(lattice.data, {.beta = lattice.beta, .iterations = 90, .seed = test_seed()});
    EXPECT_EQ(fit.status, Status::limit);
    ASSERT_EQ(fit.remarks.size(), 1u);
    EXPECT_TRUE(contains(fit.remarks[0], "pair went from 0, where it started, to ")) << fit.remarks[0];
    EXPECT_TRUE(contains(fit.remarks[0], "not those of a maximum")) << fit.remarks[0];
}

/// Has no gradient where pair is above 0.2.
struct Broken {
    square_ising::Coarse coarse{4};

    const auto& space() const { return coarse.space(); }
    Index parameter_count() const { return 1; }
    std::vector<std::string> parameter_names() const { return {"pair"}; }
    double energy(const square_ising::Spins& X, const Vector& theta) const {
        return theta[0] * coarse.features(X)[0];
    }
    Vector parameter_gradient(const square_ising::Spins& X, const Vector& theta) const {
        return theta[0] > 0.2 ? Vector::Constant(1, NAN) : coarse.features(X);
    }
};

TEST(StochasticFit, AGradientThatIsNotFiniteIsSaidWithTheStart) {
    const Lattice lattice;
    const EMCoarseGrainer grainer{SamplesOnly<square_ising::Spins>{}, Broken{}, square_ising::BlockMap{4},
                                  MonteCarlo(HeatBath{}, {.samples = 10}), RobbinsMonro{}};
    try {
        (void)grainer.fit(lattice.data, {.beta = lattice.beta});
        ADD_FAILURE();
    } catch (const FitError& error) {
        EXPECT_GT(error.theta()[0], 0.2);
        EXPECT_GT(error.iteration(), 0);
        const std::string text = error.what();
        EXPECT_TRUE(contains(text, "the gradient is not finite in iteration " +
                                       std::to_string(error.iteration()) + " at pair = "))
            << text;
        EXPECT_TRUE(contains(text, "; the fit started at pair = 0, logit_p = 1")) << text;
    }
}

// No finite maximum, under a flat prior: no number may pass for an answer.
TEST(StochasticFit, SaturatedDataAreNotIdentifiedByRobbinsMonro) {
    const std::vector<std::vector<ising::Spin>> data(20, std::vector<ising::Spin>(16, ising::Spin{1}));
    const EMCoarseGrainer grainer{
        SamplesOnly<std::vector<ising::Spin>>{},
        ising::coarse_chain({.sites = 8, .pair_range = 1, .field = 3.9}), ising::bernoulli_map({.level = 2}),
        MonteCarlo(HeatBath{}, {.samples = 50, .standard_errors = false}), RobbinsMonro{}};
    EXPECT_EQ(grainer.fit(data, {.beta = 1.0, .seed = test_seed()}).status, Status::not_identified);
}

// The rules by themselves.

detail::IterateAverage average(Vector drift, Vector error, Vector sd) {
    const Vector z = Vector::Zero(drift.size());
    return {z, std::move(drift), std::move(error), std::move(sd), z, 100, true};
}

TEST(Convergence, TheFurthestParameterIsFound) {
    const Vector sd{{1.0, 2.0}};
    const auto close = detail::furthest(average(Vector{{0.05, -0.1}}, Vector{{0.05, 0.1}}, sd), 0.1);
    EXPECT_TRUE(close.converged());
    EXPECT_NEAR(close.excess, 0.5, 1e-15);
    const auto noisy = detail::furthest(average(Vector{{0.0, 0.0}}, Vector{{0.05, 0.6}}, sd), 0.1);
    EXPECT_EQ(noisy.parameter, 1);
    EXPECT_FALSE(noisy.drifts);
    EXPECT_NEAR(noisy.excess, 3.0, 1e-15);
    const auto drifting = detail::furthest(average(Vector{{-0.6, 0.0}}, Vector{{0.05, 0.1}}, sd), 0.1);
    EXPECT_EQ(drifting.parameter, 0);
    EXPECT_TRUE(drifting.drifts);
    EXPECT_NEAR(drifting.excess, 4.0, 1e-14);
    EXPECT_FALSE(detail::furthest(average(Vector{{NAN, 0.0}}, Vector{{0.01, 0.01}}, sd), 0.1).converged());
}

TEST(Convergence, TheNextTestComesWhenItMayPass) {
    const Vector none = Vector::Zero(1), sd = Vector::Ones(1);
    EXPECT_EQ(detail::next_test(average(none, 0.1275 * sd, sd), 0.1, 80), 180);  // (1.5)^2
    EXPECT_EQ(detail::next_test(average(none, 1.0 * sd, sd), 0.1, 80), 200);     // no further
    EXPECT_EQ(detail::next_test(average(none, 0.001 * sd, sd), 0.1, 80), 100);   // no nearer
}

// An average on its way, or over unequal information, has more error than its samples'.
TEST(Convergence, WhatIsUnsettledIsError) {
    EXPECT_EQ(detail::unsettled_error(0.0, 1.0, 1.0, 0.1, 0.05), 0.0);  // two errors: chance
    EXPECT_NEAR(detail::unsettled_error(0.0, 1.0, 1.0, -0.5, 0.05), 0.4, 1e-15);
    EXPECT_NEAR(detail::unsettled_error(0.5, 0.3, -0.4, 0.0, 0.05), 0.25, 1e-15);
    const Vector one = Vector::Ones(1);
    detail::IterateAverage a = average(0.0 * one, 0.05 * one, one);
    EXPECT_TRUE(detail::furthest(a, 0.1).converged());
    EXPECT_EQ(detail::next_test(a, 0.1, 80), 100);
    a.unsettled = 0.12 * one;
    EXPECT_NEAR(a.stated(0), 0.13, 1e-15);
    EXPECT_NEAR(detail::furthest(a, 0.1).excess, 1.3, 1e-12);
    EXPECT_FALSE(detail::furthest(a, 0.1).drifts);
    EXPECT_EQ(detail::next_test(a, 0.1, 80), 190);  // (0.13 / 0.085)^2
    EXPECT_TRUE(contains(detail::missing_remark(a, {"pair"}, 0.1, 200, 80, one, one, one),
                         "pair still moves, or is averaged over too curved a maximum: by 0.12 posterior"));
}

using support::Screened;

// 200 coarse sites, 5 data. Of 40 seeds the mean of e, in posterior deviations, was 0.00 +- 0.01 for A (rms
// 0.05), and z^2 of both parameters 1.0; where the averaged information was stiff in all directions of the
// valley, 0.10 and 16. 5 fits: z^2 beyond 5 is a mean of ten correlated ones, at least 4 deviations off.
TEST(StochasticFit, ACurvedValleyIsWalkedToItsEnd) {
    using Spins = std::vector<ising::Spin>;
    const auto coarse = with_autodiff(Screened{ising::spin_space(200)});
    const auto map = ising::bernoulli_map({.level = 2});
    std::vector<Spins> data;
    auto rng = make_stream(1, Purpose::generate);
    const auto target = boltzmann(coarse, Vector{{2.0, 1.5}}, 0.5);
    auto sampler = TransferMatrix{}.sampler(target);
    while (data.size() < 5) data.push_back(map.sample(sampler.draw(rng), Vector::Constant(1, 1.5), rng));
    const auto grainer = [&](const auto& engine, const auto& optimizer) {
        return EMCoarseGrainer{SamplesOnly<Spins>{}, coarse, map, engine, optimizer, weak_prior()};
    };
    const Vector exact =
        joined(grainer(TransferMatrix{}, Newton{}).fit(data, {.beta = 0.5, .starts = 1}).parameters);
    const MonteCarlo engine(HeatBath{}, {.samples = 32, .chains = 32, .standard_errors = false});
    double squares = 0.0;
    for (std::uint64_t s = 0; s < 5; ++s) {
        const auto fit = grainer(engine, RobbinsMonro{}).fit(data, {.beta = 0.5, .seed = test_seed() + s});
        EXPECT_EQ(fit.status, Status::converged);
        const Vector z =
            (joined(fit.parameters) - exact).cwiseQuotient(joined(fit.monte_carlo.standard_errors));
        squares += z.head(2).squaredNorm() / 10.0;
    }
    EXPECT_LT(squares, 5.0);
}

TEST(Convergence, RemarksAreInWords) {
    const Vector one = Vector::Ones(1), from{{0.0}}, to{{7.0}};
    const auto remark = [&](const detail::IterateAverage& a) {
        return detail::missing_remark(a, {"pair"}, 0.1, 200, 80, from, to, Vector::Constant(1, 0.35));
    };
    EXPECT_EQ(remark(average(0.05 * one, 0.3 * one, one)),
              "Not converged: the Monte Carlo error of pair is 0.3 posterior standard deviations, 0.1 wanted "
              "(drift "
              "0.05). About 1600 iterations more, or 9 times the samples.");
    EXPECT_EQ(
        remark(average(-0.5 * one, 0.05 * one, one)),
        "Not converged: pair still moves. The step left is 0.5 posterior standard deviations, 0.15 allowed "
        "(Monte Carlo error 0.05). About 200 iterations more.");
    EXPECT_EQ(remark(average(0.0 * one, 0.01 * one, one)),
              "Not tested: a fit of 200 iterations is too short; 0 more.");
    EXPECT_TRUE(
        contains(remark(average(8.0 * one, 0.05 * one, one)),
                 "the parameters are not those of a maximum, and their errors are too small. pair went "
                 "from 0, where it started, to 20."));
    detail::IterateAverage unknown = average(NAN * one, NAN * one, NAN * one);
    unknown.definite = false;
    EXPECT_TRUE(contains(remark(unknown), "or the parameters have run away: pair went from 0, where it"));
}

/// sqrt of the mean of (mean / error_of_mean)^2 over many series with correlation phi: 1 where errors hold.
double deviation(double phi, Index length) {
    auto rng = make_stream(test_seed(), Purpose::check, static_cast<std::uint64_t>(length));
    double squares = 0.0;
    constexpr int series = 1000;
    for (int r = 0; r < series; ++r) {
        const Vector noise = standard_normal_vector(rng, length + 60);
        Vector x(length);
        double last = 0.0;
        for (Index k = 0; k < length + 60; ++k) {
            last = phi * last + noise[k];
            if (k >= 60) x[k - 60] = last;
        }
        const double z = x.mean() / statistics::error_of_mean(x);
        squares += z * z / series;
    }
    return std::sqrt(squares);
}

// Seen: 0.98, 1.04, 0.93 and 1.15, each to 2 %. At 0.8 fifty numbers are worth six.
TEST(ErrorOfMean, HoldsForShortCorrelatedSeries) {
    EXPECT_NEAR(deviation(0.0, 50), 1.0, 0.15);
    EXPECT_NEAR(deviation(0.5, 50), 1.04, 0.2);
    EXPECT_NEAR(deviation(-0.3, 200), 0.95, 0.2);
    EXPECT_NEAR(deviation(0.8, 100), 1.15, 0.25);
}

TEST(ErrorOfMean, Edges) {
    EXPECT_EQ(statistics::error_of_mean(Vector::Constant(20, 3.0)), 0.0);
    EXPECT_TRUE(std::isnan(statistics::error_of_mean(Vector::Zero(1))));
    EXPECT_TRUE(std::isnan(statistics::error_of_mean(Vector{{1.0, NAN, 2.0}})));
    EXPECT_GT(statistics::error_of_mean(Vector{{1.0, -1.0, 1.0, -1.0, 1.0, -1.0}}), 0.0);
    // Of two numbers W = 0, so C = (1 + 3 / 2) / 4.
    EXPECT_NEAR(statistics::error_of_mean(Vector{{0.0, 1.0}}), std::sqrt(2.5 / 4.0 / 2.0), 1e-15);
}

}  // namespace
}  // namespace stochastic_fit_test
