// The exchange algorithm against quadrature of the posterior by hand, and against the full posterior.
#include <predcg/engines/gaussian.hpp>
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/kernels/hamiltonian.hpp>
#include <predcg/kernels/single_site.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/gaussian/coarse_chain.hpp>
#include <predcg/models/gaussian/linear_map.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/monte_carlo.hpp>
#include <predcg/posterior/exchange.hpp>
#include <predcg/posterior/full_posterior.hpp>

#include <gtest/gtest.h>

#include "gaussian_by_hand.hpp"
#include "grid_posterior.hpp"
#include "ising_by_hand.hpp"
#include "on_threads.hpp"
#include "test_seed.hpp"
#include "thrown.hpp"
#include "z_score.hpp"

namespace exchange_posterior_test {
using namespace predcg;
using by_hand::Spins;
using support::GridPosterior;
using support::thrown;

namespace {

/// Errors of estimates are estimates themselves, to some 10 %.
constexpr double room = 1.2;
constexpr double beta = 0.5;

/// Few data, and one of them twice.
std::vector<Spins> few_data() {
    auto rng = test_rng(501);
    auto data = by_hand::markov_data(rng, 8, 7, 0.7, 0.6);
    data.push_back(data.front());
    return data;
}

by_hand::Model model(bool linear = false, Index sites = 4) {
    return {.sites = sites, .linear = linear, .pair_range = 1, .field = 0.2};
}

template <class Engine, class Prior = WeakPrior>
auto ising_grainer(Engine engine, bool linear = false, Prior prior = weak_prior(), Index sites = 4) {
    return EMCoarseGrainer{SamplesOnly<Spins>{},
                           ising::coarse_chain(model(linear, sites)),
                           ising::bernoulli_map({.level = 2}),
                           std::move(engine),
                           Newton{},
                           std::move(prior)};
}

/// From 16 data on theta_c is proposed from a normal approximation, too.
std::vector<Spins> more_data() {
    auto rng = test_rng(504);
    return by_hand::markov_data(rng, 8, 20, 0.7, 0.6);
}

/// The posterior of (pair_1, eta) under the weak prior, straight from the formulas.
GridPosterior by_quadrature(const std::vector<Spins>& data, support::GridAxis theta, support::GridAxis eta) {
    return {theta, eta, [&](double pair, double logit) {
                return static_cast<double>(by_hand::log_likelihood(model(), data, beta, {pair, logit})) -
                       0.125 * (beta * pair * beta * pair + (logit - 1.0) * (logit - 1.0));
            }};
}

const GridPosterior& ising_by_quadrature() {
    static const GridPosterior exact = by_quadrature(few_data(), {-12.0, 20.0, 129}, {0.0, 10.0, 101});
    return exact;
}

/// 10 comparisons, and two for the chains themselves.
template <class P>
void expect_posterior(const P& posterior, const GridPosterior& exact, const std::string& what) {
    for (Index k = 0; k < 2; ++k) {
        const Matrix chains = posterior.by_chain(posterior.draws.row(k));
        const statistics::Diagnostics& d = posterior.diagnostics[static_cast<std::size_t>(k)];
        const std::string name = what + ", " + posterior.names()[static_cast<std::size_t>(k)];
        EXPECT_LT(d.r_hat, 1.05) << name;
        EXPECT_GT(std::min(d.ess_bulk, d.ess_tail), 400.0) << name;
        expect_z(posterior.mean[k], exact.mean(k), room * statistics::mcse_mean(chains), name + ", mean");
        expect_z(posterior.sd[k], exact.sd(k), room * statistics::mcse_sd(chains), name + ", sd");
        for (const double p : {0.1, 0.5, 0.9})
            expect_z(statistics::quantile(chains, p), exact.quantile(k, p),
                     room * statistics::mcse_quantile(chains, p), name + ", quantile " + std::to_string(p));
    }
}

TEST(ExchangePosterior, ExactDrawsMeetQuadrature) {
    const auto grainer = ising_grainer(TransferMatrix{});
    const auto data = grainer.prepare(few_data(), beta);
    ASSERT_LT(data.forms.size(), few_data().size()) << "the datum that is there twice is kept once";
    const auto posterior =
        exchange_posterior(grainer, data, grainer.fit_prepared(data), {.draws = 3000, .seed = test_seed()});
    EXPECT_EQ(posterior.method, PosteriorMethod::exchange);
    EXPECT_EQ(posterior.draw_count(), 3000);
    EXPECT_TRUE(posterior.reliable);
    EXPECT_TRUE(posterior.remarks.empty());
    EXPECT_NEAR(posterior.acceptance, 0.3, 0.1);
    expect_posterior(posterior, ising_by_quadrature(), "exact draws");
}

TEST(ExchangePosterior, LongChainsMeetQuadratureAndSaySo) {
    const auto grainer = ising_grainer(MonteCarlo(HeatBath{}));
    const auto data = grainer.prepare(few_data(), beta);
    // Few data leave more open than draws of p_c at the fit reach.
    const auto posterior =
        exchange_posterior(grainer, data, grainer.fit_prepared(data), {.draws = 3000, .seed = test_seed()});
    EXPECT_TRUE(posterior.reliable);
    ASSERT_EQ(posterior.remarks.size(), 1u);
    EXPECT_NE(posterior.remarks.front().find("finite length"), std::string::npos)
        << posterior.remarks.front();
    expect_posterior(posterior, ising_by_quadrature(), "chains");
}

// Proposals of theta_c that do not depend on where it is: drawn exactly, and with p_c by chains.
TEST(ExchangePosterior, ProposalsFromANormalApproximationMeetQuadrature) {
    const GridPosterior exact = by_quadrature(more_data(), {-6.0, 12.0, 145}, {0.0, 6.0, 81});
    const auto check = [&](const auto& engine, const std::string& what) {
        const auto grainer = ising_grainer(engine);
        const auto data = grainer.prepare(more_data(), beta);
        const auto fit = ising_grainer(TransferMatrix{}).fit_prepared(data);
        const auto posterior = exchange_posterior(grainer, data, fit, {.draws = 6000, .seed = test_seed()},
                                                  {.reference_draws = 0});
        EXPECT_TRUE(posterior.reliable) << what;
        EXPECT_GT(posterior.acceptance, 0.35) << what << ": they are accepted more often than the walk's";
        expect_posterior(posterior, exact, what);
    };
    check(TransferMatrix{}, "exact draws");
    check(MonteCarlo(HeatBath{}), "chains");
}

// Mostly equal spins: with a move or two between draws of p_c the posterior would be another. By quadrature
// of the exact likelihood.
TEST(ExchangePosterior, SlowChainsOfPCAreMadeLonger) {
    auto rng = test_rng(505);
    const auto exact = ising_grainer(TransferMatrix{}, false, weak_prior(), 12);
    const auto data = exact.prepare(by_hand::markov_data(rng, 24, 20, 0.85, 0.5), beta);
    const auto problem = exact.problem(data);
    const GridPosterior by_quadrature({-2.0, 14.0, 97}, {0.0, 6.0, 61}, [&](double pair, double logit) {
        return problem.log_likelihood({Vector{{pair}}, Vector{{logit}}}) -
               0.125 * (beta * pair * beta * pair + (logit - 1.0) * (logit - 1.0));
    });
    const auto posterior =
        exchange_posterior(ising_grainer(MonteCarlo(HeatBath{}), false, weak_prior(), 12), data,
                           exact.fit_prepared(data), {.draws = 4000, .thinning = 3, .seed = test_seed()},
                           {.reference_draws = 0, .auxiliary_warm_up = 5, .auxiliary_thinning = 1});
    EXPECT_TRUE(posterior.reliable);
    ASSERT_EQ(posterior.remarks.size(), 1u);
    EXPECT_NE(posterior.remarks.front().find(", made longer from 1)"), std::string::npos)
        << posterior.remarks.front();
    expect_posterior(posterior, by_quadrature, "slow chain");
}

// Walls between equal spins that diffuse on a longer ring.
TEST(ExchangePosterior, SaysWhereChainsOfPCAreTooSlow) {
    std::mt19937_64 rng(6);  // of other data walls may be hardly slow
    const auto exact = ising_grainer(TransferMatrix{}, false, weak_prior(), 16);
    const auto grainer = ising_grainer(MonteCarlo(HeatBath{}), false, weak_prior(), 16);
    const auto data = grainer.prepare(by_hand::markov_data(rng, 32, 10, 0.995, 0.5), beta);
    const auto fit = exact.fit_prepared(data);
    const auto remark = [&](const ExchangeSettings& own) {
        const auto posterior = exchange_posterior(
            grainer, data, fit,
            {.draws = 40, .warm_up = 10, .thinning = 1, .largest_r_hat = 1e9, .smallest_ess = 0.0}, own);
        EXPECT_EQ(posterior.remarks.size(), 1u);
        const bool too_slow = posterior.remarks.back().find("too slow") != std::string::npos;
        EXPECT_NE(posterior.reliable, too_slow) << posterior.remarks.back();
        return posterior.remarks.back();
    };
    const std::string few = remark({.reference_draws = 0, .auxiliary_warm_up = 5, .auxiliary_thinning = 1});
    EXPECT_NE(few.find("too slow"), std::string::npos) << few;
    const std::string enough =
        remark({.reference_draws = 0, .auxiliary_warm_up = 500, .auxiliary_thinning = 400});
    EXPECT_EQ(enough.find("too slow"), std::string::npos) << enough;
    EXPECT_EQ(enough.find("made longer"), std::string::npos) << enough;
}

// Three parameters, X by chains, p_c exactly.
TEST(ExchangePosterior, AgreesWithTheFullPosterior) {
    const auto exact = ising_grainer(TransferMatrix{}, true);
    const auto data = exact.prepare(few_data(), beta);
    const auto fit = exact.fit_prepared(data);
    const auto full = full_posterior(exact, data, fit, {.draws = 3000, .seed = test_seed()});
    const auto sampling = ising_grainer(EngineRoles{MonteCarlo(Metropolis{}), TransferMatrix{}}, true);
    const auto posterior =
        exchange_posterior(sampling, data, fit, {.draws = 3000, .thinning = 60, .seed = test_seed()});
    EXPECT_TRUE(posterior.remarks.empty() || !posterior.reliable);
    for (Index k = 0; k < 3; ++k) {
        const Matrix a = posterior.by_chain(posterior.draws.row(k)), b = full.by_chain(full.draws.row(k));
        const std::string name = posterior.names()[static_cast<std::size_t>(k)];
        EXPECT_GT(posterior.diagnostics[static_cast<std::size_t>(k)].ess_bulk, 300.0) << name;
        expect_z(posterior.mean[k], full.mean[k],
                 room * std::hypot(statistics::mcse_mean(a), statistics::mcse_mean(b)), name);
        for (const double p : {0.05, 0.5, 0.95})
            expect_z(statistics::quantile(a, p), statistics::quantile(b, p),
                     room * std::hypot(statistics::mcse_quantile(a, p), statistics::mcse_quantile(b, p)),
                     name + ", quantile " + std::to_string(p));
    }
}

// Data enough that draws of p_c at the fit reach as far as the posterior: log Z comes from them, with an
// error that all draws share.
TEST(ExchangePosterior, ReferenceDrawsMeetTheFullPosterior) {
    auto rng = test_rng(503);
    const auto exact = ising_grainer(TransferMatrix{}, true, weak_prior(), 12);
    const auto data = exact.prepare(by_hand::markov_data(rng, 24, 120, 0.75, 0.6), beta);
    const auto fit = exact.fit_prepared(data);
    const auto full = full_posterior(exact, data, fit, {.draws = 2000, .seed = test_seed()});
    ASSERT_TRUE(full.reliable);
    const auto sampling = ising_grainer(MonteCarlo(HeatBath{}), true, weak_prior(), 12);
    const auto posterior =
        exchange_posterior(sampling, data, fit, {.draws = 3000, .thinning = 5, .seed = test_seed()});
    EXPECT_TRUE(posterior.reliable);
    ASSERT_EQ(posterior.remarks.size(), 1u);
    EXPECT_NE(posterior.remarks.front().find("reference_draws"), std::string::npos)
        << posterior.remarks.front();
    for (Index k = 0; k < full.mean.size(); ++k) {
        const Matrix a = posterior.by_chain(posterior.draws.row(k)), b = full.by_chain(full.draws.row(k));
        const std::string name = posterior.names()[static_cast<std::size_t>(k)];
        const double shared = 0.05 * full.sd[k];
        const auto error = [&](double one, double other) {
            return std::hypot(room * std::hypot(one, other), shared);
        };
        expect_z(posterior.mean[k], full.mean[k], error(statistics::mcse_mean(a), statistics::mcse_mean(b)),
                 name);
        EXPECT_NEAR(posterior.mean[k], full.mean[k], 0.2 * full.sd[k]) << name;
        EXPECT_NEAR(posterior.sd[k], full.sd[k], 0.08 * full.sd[k]) << name;
        for (const double p : {0.05, 0.5, 0.95})
            expect_z(statistics::quantile(a, p), statistics::quantile(b, p),
                     error(statistics::mcse_quantile(a, p), statistics::mcse_quantile(b, p)),
                     name + ", quantile " + std::to_string(p));
    }
}

// Draws of p_c at a fit that is none of these data: what they know ends where the posterior is. By default
// the chains run again, by exchange.
TEST(ExchangePosterior, RunsAgainByExchangeWhereReferenceDrawsEnd) {
    auto rng = test_rng(508);
    const auto exact = ising_grainer(TransferMatrix{}, false, weak_prior(), 8);
    const auto data = exact.prepare(by_hand::markov_data(rng, 16, 60, 0.7, 0.6), beta);
    auto elsewhere = exact.fit_prepared(data);
    elsewhere.parameters.theta[0] -= 0.6;
    const auto grainer = ising_grainer(MonteCarlo(HeatBath{}), false, weak_prior(), 8);
    const ChainSettings settings{
        .draws = 400, .warm_up = 200, .thinning = 2, .smallest_ess = 0.0, .seed = test_seed()};
    const auto told = exchange_posterior(grainer, data, elsewhere, settings, {.reference_draws = 400});
    ASSERT_FALSE(told.remarks.empty());
    EXPECT_FALSE(told.reliable);
    const auto says = [&](const char* words) {
        return std::any_of(told.remarks.begin(), told.remarks.end(), [&](const std::string& remark) {
            return remark.find(words) != std::string::npos;
        });
    };
    EXPECT_TRUE(says("reaches beyond what the reference draws"));
    EXPECT_TRUE(says("all draws share an error"));
    const auto left = exchange_posterior(grainer, data, elsewhere, settings),
               exchanged = exchange_posterior(grainer, data, elsewhere, settings, {.reference_draws = 0});
    EXPECT_EQ(left.draws, exchanged.draws);
    EXPECT_EQ(left.remarks, exchanged.remarks);
}

// The shift of a normal posterior's mean by that of the draws' mean, over many sets of draws.
TEST(ReferenceDraws, StateTheirErrorInDeviationsOfThePosterior) {
    constexpr double count = 30.0;
    const Matrix posterior{{0.09, 0.04}, {0.04, 0.05}};
    auto rng = test_rng(507);
    std::normal_distribution<double> normal;
    constexpr int sets = 400;
    Vector squares = Vector::Zero(2);
    double stated = 0.0;
    for (int k = 0; k < sets; ++k) {
        const detail::ReferenceDraws draws(2, 500, [&] {
            const double first = normal(rng);
            return Vector{{first, first + 2.0 * normal(rng)}};
        });
        stated += draws.shared_error(posterior, count) / sets;
        const Vector shift = count * (posterior * draws.mean());
        for (Index j = 0; j < 2; ++j) squares[j] += shift[j] * shift[j] / posterior(j, j) / sets;
    }
    const double found = std::sqrt(std::max(squares[0], squares[1]));
    expect_z(stated, found, found / std::sqrt(2.0 * sets), "shared error");
}

// A tenth of the draws at the end of a feature's range: where they alone have weight, what lies beyond would,
// too.
TEST(ReferenceDraws, KnowNothingBeyondWhatWasDrawn) {
    Index k = 0;
    const detail::ReferenceDraws draws(1, 2000, [&] {
        ++k;
        return Vector(Vector::Constant(1, k % 10 == 0 ? 4.0 : 0.001 * static_cast<double>(k % 7)));
    });
    EXPECT_TRUE(draws(Vector::Constant(1, 0.1)).has_value());
    EXPECT_FALSE(draws(Vector::Constant(1, -2.0)).has_value());
    EXPECT_FALSE(draws.covers(Matrix::Constant(1, 1, 1.0), 2.0));
}

TEST(ExchangePosterior, ShowsHowFarItIsAndStopsWithWhatThereIs) {
    const auto grainer = ising_grainer(TransferMatrix{});
    const auto data = grainer.prepare(few_data(), beta);
    const auto fit = grainer.fit_prepared(data);
    const support::OnThreads on(1);
    std::stop_source source;
    std::vector<Index> seen;
    ChainSettings settings{.draws = 80, .chains = 4, .warm_up = 20, .thinning = 1, .seed = test_seed()};
    const auto whole = exchange_posterior(grainer, data, fit, settings);
    EXPECT_FALSE(whole.stopped);
    settings.stop = source.get_token();
    settings.observer = [&](const ChainProgress& at) {
        EXPECT_EQ(at.of, 20);
        seen.push_back(100 * at.chain + at.draws);
        if (seen.size() == 32) source.request_stop();  // in the second chain
    };
    const auto part = exchange_posterior(grainer, data, fit, settings);
    ASSERT_EQ(seen.size(), 32u);
    EXPECT_EQ(seen.front(), 1);
    EXPECT_EQ(seen.back(), 112);
    EXPECT_TRUE(part.stopped);
    EXPECT_FALSE(part.reliable);
    EXPECT_EQ(part.remarks.front(), "stopped after 24 of 80 draws, 2 of 4 chains");
    EXPECT_EQ(part.chains, 2);
    ASSERT_EQ(part.draw_count(), 24);
    EXPECT_EQ(part.draws.leftCols(12), whole.draws.leftCols(12));
    EXPECT_EQ(part.draws.rightCols(12), whole.draws.middleCols(20, 12));
    // With less than four draws there is nothing to return.
    std::stop_source early;
    settings.stop = early.get_token();
    settings.observer = [&](const ChainProgress& at) { at.draws == 3 ? early.request_stop() : false; };
    EXPECT_THROW((void)exchange_posterior(grainer, data, fit, settings), Stopped);
}

// Three beads and six: (bond, log sigma), with exact draws and with Hamiltonian Monte Carlo on X.
TEST(ExchangePosterior, GaussianChain) {
    const auto coarse = gaussian::coarse_chain({.beads = 3, .second = false, .tether = 0.5});
    const auto map = gaussian::block_map({.coarse_beads = 3, .level = 2});
    const BlockPriors prior{Normal{.mean = 1.0, .sd = 1.0}, Normal{.mean = 0.0, .sd = 1.0}};
    auto rng = test_rng(502);
    std::vector<Vector> x;
    for (int k = 0; k < 6; ++k) x.push_back(by_hand::random_vector(rng, 6));
    const Matrix transposed = by_hand::transposed(map.W());
    const GridPosterior exact({-0.6, 16.0, 250}, {-2.0, 2.0, 81}, [&](double bond, double eta) {
        const Matrix A = beta * by_hand::chain_stiffness(3, 1, bond, 0.0, 0.5, Boundary::open);
        if (bond <= -1.0 / 6.0) return -std::numeric_limits<double>::infinity();  // eigenvalues 0, 1, 3
        Matrix C = by_hand::times(map.W(), by_hand::Inverted(A).inverse, transposed);
        for (Index i = 0; i < 6; ++i) C(i, i) += std::exp(2.0 * eta);
        double value = -0.5 * (beta * bond - 1.0) * (beta * bond - 1.0) - 0.5 * eta * eta;
        for (const Vector& datum : x) value += by_hand::log_normal_density(datum, Vector::Zero(6), C);
        return value;
    });
    const auto check = [&](const auto& engine, const ChainSettings& settings, const ExchangeSettings& own,
                           const std::string& what) {
        const EMCoarseGrainer grainer{SamplesOnly<Vector>{}, coarse, map, engine, Newton{}, prior};
        const auto data = grainer.prepare(x, beta);
        Estimate fit =
            EMCoarseGrainer{SamplesOnly<Vector>{}, coarse, map, GaussianEngine{}, Newton{}, prior}.fit(
                x, {.beta = beta});
        expect_posterior(exchange_posterior(grainer, data, fit, settings, own), exact, what);
    };
    check(GaussianEngine{}, {.draws = 3000, .seed = test_seed()}, {}, "exact draws");
    check(EngineRoles{MonteCarlo(Hamiltonian{}), GaussianEngine{}}, {.draws = 2000, .seed = test_seed()},
          {.latent_moves = 1}, "Hamiltonian for X");
}

TEST(ExchangePosterior, DependsOnTheSeedAlone) {
    const auto grainer = ising_grainer(MonteCarlo(HeatBath{}));
    const auto data = grainer.prepare(few_data(), beta);
    const auto fit = ising_grainer(TransferMatrix{}).fit_prepared(data);
    const auto draws = [&](const auto& prepared, std::uint64_t seed, Index threads) {
        const support::OnThreads on(threads);
        return exchange_posterior(grainer, prepared, fit,
                                  {.draws = 40, .chains = 3, .warm_up = 20, .thinning = 2, .seed = seed})
            .draws;
    };
    const Matrix once = draws(data, 1, 1);
    EXPECT_EQ(once.cols(), 42) << "as many for each chain";
    EXPECT_EQ(once, draws(data, 1, 1));
    EXPECT_EQ(once, draws(data, 1, 2));
    EXPECT_NE(once, draws(data, 2, 1));
    // A weight of two is a datum that is there twice.
    auto single = few_data();
    single.pop_back();
    std::vector<double> weights(single.size(), 1.0);
    weights.front() = 2.0;
    EXPECT_EQ(once, draws(grainer.prepare(single, beta, weights), 1, 1));
}

TEST(ExchangePosterior, ReferenceDrawsDependOnTheSeedAlone) {
    auto rng = test_rng(511);
    const auto exact = ising_grainer(TransferMatrix{}, false, weak_prior(), 4);
    const auto data = exact.prepare(by_hand::markov_data(rng, 8, 40, 0.7, 0.6), beta);
    const auto fit = exact.fit_prepared(data);
    const auto grainer = ising_grainer(MonteCarlo(HeatBath{}), false, weak_prior(), 4);
    const auto posterior = [&](std::uint64_t seed, Index threads, Index reference_draws) {
        const support::OnThreads on(threads);
        return exchange_posterior(grainer, data, fit,
                                  {.draws = 40, .chains = 2, .warm_up = 40, .thinning = 1, .seed = seed},
                                  {.reference_draws = reference_draws});
    };
    const auto once = posterior(1, 1, 50);
    const auto said = [](const std::string& remark) {
        return remark.find("all draws share an error") != std::string::npos;
    };
    EXPECT_TRUE(std::any_of(once.remarks.begin(), once.remarks.end(), said)) << "by exchange";
    EXPECT_EQ(once.draws, posterior(1, 2, 50).draws);
    EXPECT_NE(once.draws, posterior(2, 1, 50).draws);
    EXPECT_NE(once.draws, posterior(1, 1, 51).draws);
}

TEST(ExchangePosterior, RefusesWhatItCannotDo) {
    const auto grainer = ising_grainer(TransferMatrix{});
    const auto data = grainer.prepare(few_data(), beta);
    const auto fit = grainer.fit_prepared(data);
    const auto refused = [&](const ChainSettings& settings, const ExchangeSettings& own = {}) {
        return thrown<ArgumentError>([&] { (void)exchange_posterior(grainer, data, fit, settings, own); })
            .argument();
    };
    EXPECT_EQ(refused({.draws = 15}), "draws");
    EXPECT_EQ(refused({.chains = 0}), "chains");
    EXPECT_EQ(refused({.warm_up = -1}), "warm_up");
    EXPECT_EQ(refused({.thinning = 0}), "thinning");
    EXPECT_EQ(refused({}, {.latent_moves = 0}), "latent_moves");
    EXPECT_EQ(refused({}, {.map_moves = 0}), "map_moves");
    EXPECT_EQ(refused({}, {.reference_draws = -1}), "reference_draws");
    EXPECT_EQ(refused({}, {.auxiliary_warm_up = 0}), "auxiliary_warm_up");
    EXPECT_EQ(refused({}, {.auxiliary_thinning = 0}), "auxiliary_thinning");
    EXPECT_EQ(refused({.dispersion = 0.0}), "dispersion");
    EXPECT_EQ(refused({}, {.target_accept = 1.0}), "target_accept");

    const std::vector<double> halves(few_data().size(), 0.5);
    const auto weighted = grainer.prepare(few_data(), beta, halves);
    EXPECT_EQ(thrown<ArgumentError>([&] { (void)exchange_posterior(grainer, weighted, fit); }).argument(),
              "weight of a datum");
    const auto flat = ising_grainer(TransferMatrix{}, false, flat_prior());
    const auto improper = thrown<ArgumentError>([&] { (void)exchange_posterior(flat, data, fit); });
    EXPECT_EQ(improper.function(), "exchange_posterior");
    EXPECT_NE(improper.allowed().find("weak_prior()"), std::string::npos);
    const auto other = ising_grainer(TransferMatrix{}, true);
    EXPECT_THROW((void)exchange_posterior(other, data, fit), ArgumentError) << "a fit of another model";
    std::stop_source source;
    source.request_stop();
    EXPECT_THROW((void)exchange_posterior(grainer, data, fit, {.stop = source.get_token()}), Stopped);
}

}  // namespace
}  // namespace exchange_posterior_test
