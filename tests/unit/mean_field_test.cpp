// Mean field against sums over all configurations, its own equations, and exact fits.
#include <predcg/engines/mean_field.hpp>

#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/models/ising/observables.hpp>
#include <predcg/optimize/quasi_newton.hpp>
#include <predcg/predict/fine_scale.hpp>
#include <predcg/predict/predict.hpp>
#include <predcg/priors/priors.hpp>

#include "chain_archetypes.hpp"
#include "close.hpp"
#include "random_chain.hpp"
#include "reference.hpp"
#include "test_seed.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

namespace mean_field_test {
using namespace predcg;
using support::expect_close;

namespace {

using Target = support::TableTarget;
static_assert(ExpectationEngine<MeanField, Target, support::TableStatistic> &&
              BoundingEngine<MeanField, Target>);
static_assert(!NormalisingEngine<MeanField, Target> && !SiteMomentEngine<MeanField, Target> &&
              !SamplingEngine<MeanField, Target>);
static_assert(!BoundingEngine<TransferMatrix, Target>);

bool has_forbidden_windows(const support::RandomChain& chain) {
    return chain.what.find("forbidden") != std::string::npos;
}

/// Calls f(configuration, places of its letters) for all configurations.
template <class F>
void for_all(const support::NumberSpace& space, F&& f) {
    const auto n = static_cast<std::size_t>(space.sites), q = space.letters.size();
    std::vector<std::size_t> places(n, 0);
    std::vector<double> X(n);
    for (;;) {
        for (std::size_t i = 0; i < n; ++i) X[i] = space.letters[places[i]];
        f(X, places);
        std::size_t i = 0;
        while (i < n && ++places[i] == q) places[i++] = 0;
        if (i == n) return;
    }
}

/// What q says, by summing over all configurations.
struct UnderProduct {
    double bound = 0.0;  // E_q[log density - log q]
    Vector mean;
    Matrix covariance;
    Matrix best;  // letters x sites: exp(E_q[log density | X_j = a]), normalised
};

UnderProduct sum_under(const Matrix& q, const Target& target, const support::TableStatistic& statistic) {
    UnderProduct sums{0.0, Vector::Zero(statistic.size()), Matrix::Zero(statistic.size(), statistic.size()),
                      Matrix::Zero(q.rows(), q.cols())};
    const auto probability = [&](const std::vector<std::size_t>& places) {
        double p = 1.0;
        for (std::size_t i = 0; i < places.size(); ++i)
            p *= q(static_cast<Index>(places[i]), static_cast<Index>(i));
        return p;
    };
    for_all(target.space(), [&](const auto& X, const auto& places) {
        const double p = probability(places), density = target.log_density(X);
        if (p > 0.0) sums.bound += p * (density - std::log(p));
        sums.mean += p * statistic(X);
        for (std::size_t i = 0; i < places.size(); ++i) {
            const double own = q(static_cast<Index>(places[i]), static_cast<Index>(i));
            if (own > 0.0)
                sums.best(static_cast<Index>(places[i]), static_cast<Index>(i)) += p / own * density;
        }
    });
    for_all(target.space(), [&](const auto& X, const auto& places) {
        const Vector s = statistic(X) - sums.mean;
        sums.covariance += probability(places) * s * s.transpose();
    });
    for (Index i = 0; i < q.cols(); ++i) {
        Vector best = (sums.best.col(i).array() - sums.best.col(i).maxCoeff()).exp();
        sums.best.col(i) = best / best.sum();
    }
    return sums;
}

TEST(MeanField, BoundsLogZOf200RandomChainsByAProductThatIsBestForItself) {
    auto rng = test_rng(1);
    int small = 0, converged = 0;
    for (int k = 0; k < 200; ++k) {
        auto chain = support::random_chain(rng);
        while (has_forbidden_windows(chain)) chain = support::random_chain(rng);
        SCOPED_TRACE(chain.what);
        const FactorisedDistribution q = MeanField{}.approximate(chain.target);
        const double log_z = TransferMatrix{}.log_partition(chain.target);
        EXPECT_LE(q.lower_bound, log_z + 1e-12 * std::max(1.0, std::abs(log_z)));
        expect_close(q.probabilities.colwise().sum(), Matrix::Ones(1, chain.target.chain.sites), 1e-14);
        converged += q.converged;
        if (chain.target.chain.sites > 7 || !q.converged) continue;
        ++small;
        const UnderProduct sums = sum_under(q.probabilities, chain.target, chain.statistic);
        expect_close(q.lower_bound, sums.bound, 1e-11, "bound");
        expect_close(q.probabilities, sums.best, 1e-9, "probabilities");
        const Moments moments = MeanField{}.expect(chain.target, chain.statistic);
        expect_close(moments.mean, sums.mean, 1e-11, "mean");
        expect_close(moments.covariance, sums.covariance, 1e-11, "covariance");
        EXPECT_FALSE(moments.log_partition.has_value());
        expect_close(moments.standard_error, Vector::Zero(chain.statistic.size()), 0.0);
    }
    EXPECT_GT(small, 50);
    EXPECT_GT(converged, 190);  // waves that do not fit a ring take more sweeps than the limit: 1 in 1000
}

TEST(MeanField, NoSweepLowersTheBound) {
    auto rng = test_rng(2);
    int rises = 0;
    for (int k = 0; k < 60; ++k) {
        auto chain = support::random_chain(rng);
        while (has_forbidden_windows(chain)) chain = support::random_chain(rng);
        SCOPED_TRACE(chain.what);
        const detail::ProductAscent ascent(chain.target, 1e8);
        for (Matrix& q : ascent.starts(3, test_seed())) {
            double bound = ascent.bound(q);
            for (int sweep = 0; sweep < 30; ++sweep) {
                ascent.sweep(q);
                const double next = ascent.bound(q);
                ASSERT_GE(next, bound - 1e-13 * std::max(1.0, std::abs(bound)));
                rises += next > bound + 1e-6;
                bound = next;
            }
        }
    }
    EXPECT_GT(rises, 200);
}

TEST(MeanField, IsExactWithoutCoupling) {
    auto rng = test_rng(3);
    for (int k = 0; k < 20; ++k) {
        auto chain = support::random_chain(rng);
        while (has_forbidden_windows(chain) || chain.target.reach.width < 2)
            chain = support::random_chain(rng);
        SCOPED_TRACE(chain.what);
        // Windows stay as wide as they are, but only their first letter counts.
        auto& target = chain.target;
        std::normal_distribution<double> normal(0.0, 2.0);
        const Index sites = target.homogeneous ? 1 : target.chain.sites;
        for (Index i = 0; i < sites; ++i) {
            std::vector<double> field;
            for (std::size_t a = 0; a < target.chain.letters.size(); ++a) field.push_back(normal(rng));
            for_all(target.chain, [&](const auto& X, const auto& places) {
                for (Index length = 1; length <= std::min(target.reach.width, target.chain.sites); ++length)
                    target.table.at(i, std::vector<double>(X.begin(), X.begin() + length)) = field[places[0]];
            });
        }
        expect_close(MeanField{}.lower_bound(target), TransferMatrix{}.log_partition(target), 1e-12);
        const Moments mean_field = MeanField{}.expect(target, chain.statistic);
        const Moments exact = TransferMatrix{}.expect(target, chain.statistic);
        expect_close(mean_field.mean, exact.mean, 1e-12);
        expect_close(mean_field.covariance, exact.covariance, 1e-12);
    }
}

/// exp(sum_i coupling X_i X_{i+1} + field X_i) on a ring or open chain, letters -1, 1.
struct Spins {
    Index sites = 12;
    double coupling = 0.0, field = 0.0;
    Boundary boundary = Boundary::periodic;

    support::NumberSpace space() const { return {sites, {-1.0, 1.0}}; }
    Window window() const { return {2, boundary}; }
    double local_log_density(Index, std::span<const double> w) const {
        return field * w[0] + (w.size() > 1 ? coupling * w[0] * w[1] : 0.0);
    }
    double log_density(const std::vector<double>& X) const {
        double sum = 0.0;
        for (Index i = 0; i < sites; ++i)
            sum += local_log_density(i, support::window_of(X, sites, window(), i));
        return sum;
    }
};

/// sum_i X_i and sum_i X_i X_{i+1} on a ring.
struct FieldAndPair {
    Index size() const { return 2; }
    Window window() const { return {2, Boundary::periodic}; }
    Vector local(Index, std::span<const double> w) const { return Vector{{w[0], w[0] * w[1]}}; }
    Vector operator()(const std::vector<double>& X) const {
        Vector sum = Vector::Zero(2);
        for (std::size_t i = 0; i < X.size(); ++i) sum += Vector{{X[i], X[i] * X[(i + 1) % X.size()]}};
        return sum;
    }
};

// Plefka, J. Phys. A 15 (1982) 1971: to second order in the coupling K, per site of a ring,
// log Z = bound + K^2 (1-m^2)^2 / 2, <X> = m - 2 K^2 m (1-m^2)^2, <X X'> = m^2 + K (1-m^2)^2.
TEST(MeanField, ErrorsGrowAsThePerturbationSeriesSays) {
    const double field = 0.6, m = std::tanh(field), v = (1.0 - m * m) * (1.0 - m * m);
    for (const double K : {0.002, -0.002}) {
        const Spins target{.sites = 12, .coupling = K, .field = field};
        const Vector difference = (TransferMatrix{}.expect(target, FieldAndPair{}).mean -
                                   MeanField{}.expect(target, FieldAndPair{}).mean) /
                                  12.0;
        const double gap = (TransferMatrix{}.log_partition(target) - MeanField{}.lower_bound(target)) / 12.0;
        // the next order is |K| times a number of order one relative to these
        expect_close(gap / (K * K), 0.5 * v, 0.01, "log Z");
        expect_close(difference[0] / (K * K), -2.0 * m * v, 0.01, "mean");
        expect_close(difference[1] / K, v, 0.01, "pair");
    }
}

TEST(MeanField, BreaksTheSymmetryBelowItsCriticalTemperature) {
    // m = tanh(2 K m): only m = 0 for 2 K <= 1.
    const FactorisedDistribution hot = MeanField{}.approximate(Spins{.coupling = 0.45});
    ASSERT_TRUE(hot.converged);
    expect_close(hot.probabilities, Matrix::Constant(2, 12, 0.5), 1e-9);
    expect_close(hot.lower_bound, 12.0 * std::log(2.0), 1e-12);
    const double K = 0.7;
    double m = 1.0;
    for (int k = 0; k < 1000; ++k) m = std::tanh(2.0 * K * m);
    const FactorisedDistribution cold = MeanField{}.approximate(Spins{.coupling = K});
    ASSERT_TRUE(cold.converged);
    EXPECT_GT(cold.lower_bound, 12.0 * std::log(2.0) + 0.1);
    expect_close(cold.probabilities.row(0), Matrix::Constant(1, 12, 0.5 * (1.0 + m)), 1e-10,
                 "leans to the first letter");
    const FactorisedDistribution staggered = MeanField{}.approximate(Spins{.coupling = -K});
    expect_close(staggered.lower_bound, cold.lower_bound, 1e-12);
    const double first = staggered.probabilities(0, 0);  // which of the two phases is nobody's choice
    expect_close(std::abs(first - 0.5), 0.5 * m, 1e-10);
    for (Index i = 0; i < 12; ++i) expect_close(staggered.probabilities(i % 2, i), first, 1e-10);
    // The uniform product is a fixed point: alone it would not do.
    const detail::ProductAscent ascent(Spins{.coupling = K}, 1e8);
    Matrix uniform = ascent.starts(0, 1).front();
    EXPECT_EQ(ascent.sweep(uniform), 0.0);
    // A field decides.
    EXPECT_GT(MeanField{}.approximate(Spins{.coupling = K, .field = 1e-3}).probabilities(1, 0), 0.8);
}

TEST(MeanField, DependsOnTargetAndSeedAlone) {
    auto rng = test_rng(5);
    auto chain = support::random_chain(rng);
    while (has_forbidden_windows(chain)) chain = support::random_chain(rng);
    const MeanField engine{.random_starts = 4, .seed = 7};
    EXPECT_EQ(engine.approximate(chain.target).probabilities, engine.approximate(chain.target).probabilities);
    NoState none;
    expect_close(engine.expect(chain.target, chain.statistic, none, {.seed = 9, .iteration = 3}).mean,
                 engine.expect(chain.target, chain.statistic).mean, 0.0);
    const detail::ProductAscent ascent(Spins{}, 1e8);
    EXPECT_EQ(ascent.starts(3, 7).back(), ascent.starts(3, 7).back());
    EXPECT_NE(ascent.starts(3, 7).back(), ascent.starts(3, 8).back());
    EXPECT_NE(ascent.starts(3, 7).back(), ascent.starts(2, 7).back());
}

TEST(MeanField, RefusesWhatItCannotDo) {
    const Spins spins{.coupling = 0.7};
    EXPECT_THROW((void)MeanField{.tolerance = -1.0}.lower_bound(spins), ArgumentError);
    EXPECT_THROW((void)MeanField{.sweeps = 0}.lower_bound(spins), ArgumentError);
    EXPECT_THROW((void)MeanField{.random_starts = -1}.lower_bound(spins), ArgumentError);
    EXPECT_THROW((void)MeanField{.cost_limit = 100.0}.lower_bound(spins), CostError);
    EXPECT_THROW((void)MeanField{}.lower_bound(Spins{.coupling = HUGE_VAL}), NumericalError);
    EXPECT_THROW((void)MeanField{}.lower_bound(Spins{.field = NAN}), NumericalError);
    const MeanField hasty{.sweeps = 2};
    EXPECT_FALSE(hasty.approximate(spins).converged);
    EXPECT_LE(hasty.lower_bound(spins), TransferMatrix{}.log_partition(spins));
    EXPECT_THROW((void)hasty.expect(spins, FieldAndPair{}), NumericalError);
}

template <class Engine>
auto grainer(const Engine& engine, const ising::CoarseChainSettings& model) {
    return EMCoarseGrainer{SamplesOnly<std::vector<ising::Spin>>{},
                           ising::coarse_chain(model),
                           ising::bernoulli_map({.level = 2}),
                           engine,
                           QuasiNewton{},
                           weak_prior()};
}

constexpr double beta = 0.3;
const ising::CoarseChainSettings linear_pair{.sites = 16, .linear = true, .pair_range = 1, .field = 0.3};

template <class Engine>
void expect_gradient_of_objective(const Engine& engine) {
    const auto g = grainer(engine, linear_pair);
    const auto data = g.prepare(reference::load_data("A"), beta);
    const auto problem = g.problem(data);
    static_assert(!problem.is_exact && problem.is_variational);
    Vector at{{0.2, 0.5, 1.2}};
    const auto split = [](const Vector& z) { return Parameters{z.head(2), z.tail(1)}; };
    const LikelihoodDerivatives e = problem.evaluate(split(at));
    for (Index k = 0; k < 3; ++k) {
        const double h = 1e-4;
        const Vector up = at + h * Vector::Unit(3, k), down = at - h * Vector::Unit(3, k);
        const double slope =
            (problem.variational_objective(split(up)) - problem.variational_objective(split(down))) /
            (2.0 * h);
        expect_close(e.gradient[k], slope, 1e-5, "component " + std::to_string(k));
    }
}

TEST(MeanFieldFit, GradientsAreThoseOfWhatIsClimbed) {
    {
        SCOPED_TRACE("both");
        expect_gradient_of_objective(MeanField{});
    }
    {
        SCOPED_TRACE("latent");
        expect_gradient_of_objective(EngineRoles{MeanField{}, TransferMatrix{}});
    }
    SCOPED_TRACE("coarse");
    expect_gradient_of_objective(EngineRoles{TransferMatrix{}, MeanField{}});
}

TEST(MeanFieldFit, IsExactWhereCoarseSitesAreIndependent) {
    const ising::CoarseChainSettings model{.sites = 16, .linear = true, .field = 0.3};
    const auto data = reference::load_data("A");
    const auto exact = grainer(TransferMatrix{}, model).fit(data, {.beta = beta});
    const auto fit = grainer(MeanField{}, model).fit(data, {.beta = beta});
    EXPECT_EQ(fit.status, Status::converged);
    expect_close(fit["linear"], exact["linear"], 1e-8);
    expect_close(fit["logit_theta_cf"], exact["logit_theta_cf"], 1e-8);
    expect_close(fit.variational_objective, exact.log_likelihood, 1e-10);
    expect_close(fit.likelihood.observed(), exact.likelihood.observed(), 1e-6);
}

TEST(MeanFieldFit, WithAnExactCoarseModelClimbsALowerBoundOnTheLikelihood) {
    const auto data = reference::load_data("A");
    const auto exact = grainer(TransferMatrix{}, linear_pair);
    const auto g = grainer(EngineRoles{MeanField{}, TransferMatrix{}}, linear_pair);
    int entries = 0;
    const FitSettings settings{.beta = beta, .starts = 2, .observer = [&](const TraceEntry& entry) {
                                   ++entries;
                                   EXPECT_FALSE(entry.log_likelihood.has_value());
                                   EXPECT_FALSE(entry.log_posterior.has_value());
                               }};
    const auto fit = g.fit(data, settings);
    EXPECT_GT(entries, 2);
    EXPECT_EQ(fit.status, Status::converged);
    static_assert(std::is_same_v<decltype(fit.result()), const VariationalEstimate&>);
    for (const StartSummary& start : fit.starts) EXPECT_FALSE(start.log_posterior.has_value());
    const auto prepared = exact.prepare(data, beta);
    const double likelihood = exact.problem(prepared).evaluate(fit.parameters).log_likelihood;
    const auto best = exact.fit(data, {.beta = beta});
    EXPECT_LT(fit.variational_objective, likelihood);
    EXPECT_LT(likelihood, best.log_likelihood);
    // at the exact maximum the bound is lower: the fit is at the maximum of the bound
    EXPECT_LT(g.problem(prepared).variational_objective(best.parameters), fit.variational_objective);
    // Predictions: by the exact engine of p_c, here of the fit itself.
    const double m = predict(fit, ising::Magnetization{}).value();
    EXPECT_EQ(m, predict(fit.with_engine(TransferMatrix{}), ising::Magnetization{}).value());
    // The bias, as measured (docs/mean_field.md): pair_1 too small by 0.53, linear too large by 0.37, which
    // leaves m where it was.
    expect_close(fit["pair_1"] - best["pair_1"], -0.534, 0.005);
    expect_close(fit["linear"] - best["linear"], 0.375, 0.005);
    expect_close(m, predict(best, ising::Magnetization{}).value(), 0.003);
}

TEST(MeanFieldFit, OfTheCoarseModelAloneClimbsAnUpperBoundToWhereNoStepRises) {
    auto data = reference::load_data("A");
    data.resize(10);
    const auto g = grainer(EngineRoles{TransferMatrix{}, MeanField{}}, linear_pair);
    const auto fit = g.fit(data, {.beta = beta, .starts = 1});
    // A kink: p_c without a field, where its mean field may lean either way.
    EXPECT_EQ(fit.status, Status::limit);
    expect_close(fit["linear"], -2.0 * 0.3, 1e-4);
    EXPECT_GT(linalg::largest(fit.likelihood.gradient), 1.0);
    const auto exact = grainer(TransferMatrix{}, linear_pair);
    const double likelihood = exact.problem(g.prepare(data, beta)).evaluate(fit.parameters).log_likelihood;
    EXPECT_GT(fit.variational_objective, likelihood);
}

TEST(MeanFieldFit, WorksForAnyAlphabet) {
    using namespace archetype;
    const auto data = generate(ChainFine{}, {.beta = 0.3, .samples = 40, .seed = test_seed()});
    const EMCoarseGrainer g{ChainFine{},   ChainLinear{},
                            ChainMap{},    EngineRoles{MeanField{}, TransferMatrix{}},
                            QuasiNewton{}, weak_prior()};
    const auto fit = g.fit(data, {.starts = 1});
    EXPECT_EQ(fit.status, Status::converged);
    const EMCoarseGrainer exact{ChainFine{},      ChainLinear{}, ChainMap{},
                                TransferMatrix{}, QuasiNewton{}, weak_prior()};
    const double likelihood =
        exact.problem(exact.prepare(data, data.beta)).evaluate(fit.parameters).log_likelihood;
    EXPECT_LE(fit.variational_objective, likelihood);
    EXPECT_GT(fit.variational_objective, likelihood - 0.1 * std::abs(likelihood));
    const EMCoarseGrainer non_linear{ChainFine{}, ChainNonLinear{}, ChainMap{},
                                     MeanField{}, QuasiNewton{},    weak_prior()};
    const auto other = non_linear.fit(data, {.starts = 1});
    EXPECT_TRUE(other.status == Status::converged || other.status == Status::limit);
    EXPECT_TRUE(std::isfinite(other.variational_objective));
}

}  // namespace
}  // namespace mean_field_test
