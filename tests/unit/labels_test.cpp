// Flips of the coarse letters' signs: no prediction changes, and two modes of a posterior are one.
#include <predcg/learning/labels.hpp>

#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/judge/exact_evidence.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/block_maps.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/posterior/full_posterior.hpp>
#include <predcg/posterior/laplace.hpp>

#include <gtest/gtest.h>

#include "test_seed.hpp"
#include "z_score.hpp"

#include <cmath>
#include <vector>

namespace labels_test {
using namespace predcg;
using ising::Spin;
using Spins = std::vector<Spin>;

namespace {

std::vector<Spins> all_states(Index n) {
    std::vector<Spins> all;
    for (int code = 0; code < (1 << n); ++code) {
        Spins x(static_cast<std::size_t>(n));
        for (Index k = 0; k < n; ++k) x[static_cast<std::size_t>(k)] = Spin((code >> k & 1) != 0 ? 1 : -1);
        all.push_back(x);
    }
    return all;
}

Vector some(Index count, std::uint64_t stream) {
    auto rng = make_stream(5, Purpose::check, stream);
    return standard_normal_vector(rng, count);
}

/// p(x) of every x at parameters and their flip.
template <class Map>
void expect_same_predictions(const Map& map, Boundary boundary) {
    for (const bool field : {false, true}) {
        const auto coarse = ising::coarse_chain({.sites = 4,
                                                 .linear = true,
                                                 .pair_range = 1,
                                                 .triplets = {{1, 1}},
                                                 .field = field ? 0.3 : 0.0,
                                                 .boundary = boundary});
        const EMCoarseGrainer grainer{SamplesOnly<Spins>{}, coarse, map, TransferMatrix{}};
        const auto data = grainer.prepare(all_states(4 * map.level()), 0.7);
        const auto problem = grainer.problem(data);
        for (std::uint64_t repeat = 0; repeat < 3; ++repeat) {
            const Parameters at{some(coarse.parameter_count(), 2 * repeat),
                                some(map.parameter_count(), 2 * repeat + 1)};
            const auto other = flipped(coarse, map, at);
            ASSERT_TRUE(other);
            EXPECT_GT((other->eta - at.eta).norm(), 0.1);
            const Vector p = problem.log_likelihoods(at), q = problem.log_likelihoods(*other);
            EXPECT_LT((p - q).cwiseAbs().maxCoeff(), 1e-10);
            const auto back = flipped(coarse, map, *other);
            EXPECT_LT((back->theta - at.theta).norm() + (back->eta - at.eta).norm(), 1e-14);
            EXPECT_FALSE(detail::other_label(coarse, map, at, at.eta));
            EXPECT_TRUE(detail::other_label(coarse, map, *other, at.eta));
            EXPECT_LT((with_label_of(at.eta, coarse, map, *other).theta - at.theta).norm(), 1e-14);
        }
    }
}

TEST(Labels, AFlipChangesNoPrediction) {
    for (const Boundary boundary : {Boundary::periodic, Boundary::open}) {
        expect_same_predictions(ising::link_map({.level = 2, .boundary = boundary}), boundary);
        expect_same_predictions(ising::link_map({.level = 1, .neighbours = 4, .boundary = boundary}),
                                boundary);
        expect_same_predictions(ising::link_map({.level = 2, .mirrored = false, .boundary = boundary}),
                                boundary);
        expect_same_predictions(ising::logistic_map({.level = 2,
                                                     .window = {-1, 1},
                                                     .autoregressive = true,
                                                     .link = ising::Link::probit,
                                                     .boundary = boundary}),
                                boundary);
        expect_same_predictions(
            ising::logistic_map({.level = 2, .window = {-1, 1}, .reflect = true, .boundary = boundary}),
            boundary);
        expect_same_predictions(
            ising::logistic_map({.level = 2, .window = {0, 1}, .tied = true, .boundary = boundary}),
            boundary);
    }
}

TEST(Labels, AFieldNeedsALinearTerm) {
    const auto map = ising::link_map({.level = 2});
    const Parameters at{Vector::Ones(1), Vector::Ones(map.parameter_count())};
    EXPECT_FALSE(flipped(ising::coarse_chain({.sites = 4, .pair_range = 1, .field = 0.3}), map, at));
    EXPECT_TRUE(flipped(ising::coarse_chain({.sites = 4, .pair_range = 1}), map, at));
}

TEST(Labels, ObservedLettersHaveTheirs) {
    using Coarse = ising::CoarseChain<>;
    static_assert(Flips<Coarse, decltype(ising::link_map())>);
    static_assert(!Flips<Coarse, decltype(ising::decimation_map())>);
    static_assert(!Flips<Coarse, decltype(ising::bernoulli_map({}))>);
    const auto map = ising::decimation_map({.level = 2});
    const Parameters at{Vector::Ones(1), Vector::Ones(map.parameter_count())};
    EXPECT_FALSE(detail::other_label(ising::coarse_chain({.sites = 4, .pair_range = 1}), map, at, at.eta));
}

/// A posterior of two parameters, {pair_1, own}, with modes at own and -own.
struct TwoModes {
    ising::CoarseChain<> coarse = ising::coarse_chain({.sites = 2, .pair_range = 1});
    decltype(ising::logistic_map()) map = ising::logistic_map({.level = 2, .intercept = false, .tied = true});
    EMCoarseGrainer<SamplesOnly<Spins>, ising::CoarseChain<>, decltype(ising::logistic_map()), TransferMatrix,
                    Newton, decltype(weak_prior(ising::logistic_map()))>
        grainer{{}, coarse, map, {}, {}, weak_prior(map)};
    decltype(grainer.prepare(std::vector<Spins>{}, 1.0)) data;

    enum class Data {
        determined,  ///< coupled blocks
        wide,        ///< blocks so alike that the posterior is wide
        saturated    ///< no block has both spins: where own ends, the prior alone says
    };
    explicit TwoModes(Data kind) {
        const std::vector<Spins> all = all_states(4);
        std::vector<double> weights;
        for (const Spins& x : all) {
            const double sum = x[0] + x[1] + x[2] + x[3];
            const double alike = (x[0] == x[1] ? 3.0 : 1.0) * (x[2] == x[3] ? 3.0 : 1.0);
            if (kind == Data::saturated)
                weights.push_back(x[0] != x[1] || x[2] != x[3] ? 0.0 : std::abs(sum) == 4.0 ? 5.0 : 3.0);
            else if (kind == Data::wide)
                weights.push_back(std::abs(sum) == 4.0 ? 7.0 : std::abs(sum) == 2.0 ? 2.0 : 1.0);
            else
                weights.push_back(5.0 * (alike + ((x[0] + x[1]) * (x[2] + x[3]) > 0 ? 4.0 : 0.0)));
        }
        data = grainer.prepare(all, 1.0, weights);
    }

    /// Integral of the posterior, and the moments of (pair_1, |own|), on a grid.
    struct Moments {
        double log_evidence;
        Vector mean, sd;
    };
    Moments on_grid(double step, double largest_pair, double largest_own) const {
        const auto problem = grainer.problem(data);
        const LogPosterior posterior(problem);
        std::vector<std::pair<Vector, double>> values;
        double top = -1e300;
        for (double pair = -largest_pair; pair < largest_pair; pair += step)
            for (double own = -largest_own; own < largest_own; own += step) {
                const Vector z{{pair, own}};
                values.emplace_back(z, posterior.log_density(z));
                top = std::max(top, values.back().second);
            }
        double mass = 0.0;
        Vector first = Vector::Zero(2), second = Vector::Zero(2);
        for (const auto& [z, value] : values) {
            const double weight = std::exp(value - top);
            const Vector folded = z.cwiseProduct(Vector{{1.0, z[1] < 0.0 ? -1.0 : 1.0}});
            mass += weight;
            first += weight * folded;
            second += weight * folded.cwiseAbs2();
        }
        first /= mass;
        return {top + std::log(mass * step * step), first, (second / mass - first.cwiseAbs2()).cwiseSqrt()};
    }
};

/// A posterior's moments and evidence against those of a grid. The step has to be below the narrower sd: of
/// a normal the sums are then exact to 1e-7.
void expect_the_folded_posterior(const TwoModes& two, double step, double largest_pair, double largest_own) {
    const auto fit = two.grainer.fit_prepared(two.data);
    ASSERT_GT(fit["own"], 0.3);
    const auto grid = two.on_grid(step, largest_pair, largest_own);
    ASSERT_GT(grid.sd.minCoeff(), step);
    const auto posterior = full_posterior(two.grainer, two.data, fit, {.draws = 5400, .seed = test_seed()});
    EXPECT_TRUE(posterior.reliable);
    EXPECT_GT(posterior.draws.row(1).minCoeff(), 0.0);
    for (Index k = 0; k < 2; ++k) {
        const double error =
            grid.sd[k] / std::sqrt(posterior.diagnostics[static_cast<std::size_t>(k)].ess_bulk);
        EXPECT_NEAR(posterior.mean[k], grid.mean[k], z_limit * error);
        EXPECT_NEAR(posterior.sd[k], grid.sd[k], z_limit * error);
    }
    const auto exact = exact_evidence(two.grainer, two.data, posterior);
    ASSERT_TRUE(exact.log_evidence);
    EXPECT_NEAR(*exact.log_evidence, grid.log_evidence, z_limit * exact.standard_error);
    EXPECT_LT(exact.standard_error, 0.03);  // one mode without the other is off by 0.3 and more
}

TEST(Labels, TwoModesOfAPosteriorAreOne) {
    expect_the_folded_posterior(TwoModes(TwoModes::Data::determined), 0.025, 0.5, 3.0);
}
TEST(Labels, TwoModesOfAWidePosteriorAreOne) {
    expect_the_folded_posterior(TwoModes(TwoModes::Data::wide), 0.1, 9.0, 9.0);
}
TEST(Labels, TwoModesOfSaturatedDataAreOne) {
    expect_the_folded_posterior(TwoModes(TwoModes::Data::saturated), 0.12, 2.0, 14.0);
}

TEST(Labels, TheLaplaceEvidenceCountsBothModes) {
    const TwoModes two(TwoModes::Data::determined);
    const auto fit = two.grainer.fit_prepared(two.data);
    const auto laplace = laplace_evidence(two.grainer, two.data, fit);
    ASSERT_TRUE(laplace.log_evidence);
    EXPECT_NEAR(*laplace.log_evidence, two.on_grid(0.025, 0.5, 3.0).log_evidence, 0.1);
}

}  // namespace
}  // namespace labels_test
