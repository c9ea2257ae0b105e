// The ways back from the majority map against lists of all block configurations, and relative entropies of
// what they give.
#include <predcg/engines/enumeration.hpp>
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/chain.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/models/ising/observables.hpp>
#include <predcg/predict/fine_scale.hpp>
#include <predcg/predict/predict.hpp>
#include <predcg/relative_entropy.hpp>
#include <predcg/testing/check_map.hpp>

#include <gtest/gtest.h>

#include "close.hpp"
#include "frequencies.hpp"
#include "ising_by_hand.hpp"
#include "test_seed.hpp"
#include "thrown.hpp"
#include "z_score.hpp"

#include <numbers>

namespace reconstruction_test {
using namespace predcg;
using support::expect_close;
using Spins = std::vector<ising::Spin>;

namespace {

std::vector<Spins> all_spins(Index n) {
    std::vector<Spins> all;
    for (int bits = 0; bits < (1 << n); ++bits) {
        all.emplace_back();
        for (Index i = 0; i < n; ++i) all.back().push_back(bits >> i & 1 ? 1 : -1);
    }
    return all;
}

/// Weight of a block given X_r = 1: 1 for a majority of +1, `tie` for a tie.
double block_weight(const Spins& block, double tie) {
    int sum = 0;
    for (const auto s : block) sum += s;
    return sum > 0 ? 1.0 : sum == 0 ? tie : 0.0;
}

struct Way {
    ising::MajorityReconstruction<> map;
    double tie;
};
std::vector<Way> ways(Index level) {
    return {{ising::uniform_reconstruction({.level = level}), 1.0},
            {ising::tie_weighted_reconstruction({.level = level}), 0.5},
            {ising::MajorityReconstruction<>(level, 0.2), 0.2}};
}

TEST(MajorityReconstruction, LikelihoodAndMomentsAreThoseOfTheList) {
    for (Index level = 1; level <= 5; ++level)
        for (const Way& way : ways(level)) {
            double z = 0.0, mean = 0.0, pair = 0.0;
            const auto blocks = all_spins(level);
            for (const Spins& block : blocks) {
                const double w = block_weight(block, way.tie);
                z += w;
                mean += w * block[0];
                if (level > 1) pair += w * block[0] * block[1];
            }
            for (const Spins& block : blocks) {
                const auto form = way.map.prepare(block);
                const auto factor = way.map.likelihood(form, Vector());
                expect_close(std::exp(factor.log_density(Spins{1})), block_weight(block, way.tie) / z, 1e-13);
                Spins flipped = block;
                for (auto& s : flipped) s = ising::Spin(-s);
                expect_close(std::exp(factor.log_density(Spins{-1})), block_weight(flipped, way.tie) / z,
                             1e-13);
                EXPECT_EQ(factor.local_log_density(0, Spins{1}), factor.log_density(Spins{1}));
            }
            expect_close(way.map.copy(), mean / z, 1e-13);
            const SiteMoments coarse{Vector{{0.3, -0.2}}, Matrix{{1.0, 0.15}, {0.15, 1.0}}};
            const SiteMoments fine = way.map.fine_moments(coarse, Vector());
            for (Index i = 0; i < 2 * level; ++i) {
                expect_close(fine.mean[i], mean / z * coarse.mean[i / level], 1e-13);
                for (Index j = 0; j < 2 * level; ++j)
                    expect_close(fine.second(i, j),
                                 i == j                   ? 1.0
                                 : i / level == j / level ? pair / z
                                                          : mean * mean / (z * z) * 0.15,
                                 1e-13);
            }
            const SiteMoments row = way.map.fine_moments({coarse.mean, Matrix{{1.0, 0.15}}}, Vector());
            EXPECT_EQ(row.second.period(), level);
            expect_close(row.second.matrix(), fine.second.matrix(), 0.0);
        }
}

TEST(MajorityReconstruction, OfLargeBlocksIsFinite) {
    const auto map = ising::uniform_reconstruction({.level = 4000});
    // E|h| / l of a long walk: sqrt(2 / (pi l)), up to 1/l; the tie adds another 1/l or so.
    EXPECT_NEAR(map.copy(), std::sqrt(2.0 / (std::numbers::pi * 4000.0)), 1.0 / 4000.0);
}

TEST(MajorityReconstruction, SamplesHaveTheseFrequencies) {
    for (const Index level : {2, 3, 4})
        for (const Way& way : ways(level)) {
            const auto blocks = all_spins(level);
            double z = 0.0;
            for (const Spins& block : blocks) z += block_weight(block, way.tie);
            std::vector<double> hits(blocks.size(), 0.0);
            auto rng = make_stream(test_seed(), Purpose::check);
            constexpr int draws = 20000;
            for (int k = 0; k < draws; ++k) {
                const Spins x = way.map.sample(Spins{-1, 1}, Vector(), rng);
                ASSERT_EQ(Index(x.size()), 2 * level);
                for (std::size_t b = 0; b < blocks.size(); ++b) {  // of X = 1; of X = -1 the mirror image
                    bool first = true, second = true;
                    for (std::size_t s = 0; s < std::size_t(level); ++s) {
                        first = first && x[s] == -blocks[b][s];
                        second = second && x[std::size_t(level) + s] == blocks[b][s];
                    }
                    hits[b] += (first ? 1.0 : 0.0) + (second ? 1.0 : 0.0);
                }
            }
            for (std::size_t b = 0; b < blocks.size(); ++b)
                EXPECT_LT(std::abs(support::frequency_z(hits[b], 2.0 * draws,
                                                        block_weight(blocks[b], way.tie) / z)),
                          support::frequency_limit);
        }
}

TEST(MajorityReconstruction, BadArguments) {
    EXPECT_THROW(ising::uniform_reconstruction({.level = 0}), ArgumentError);
    EXPECT_THROW(ising::MajorityReconstruction<>(2, 0.0), ArgumentError);
    EXPECT_THROW(ising::MajorityReconstruction<>(2, -1.0), ArgumentError);
    EXPECT_THROW((void)ising::uniform_reconstruction({.level = 2}).prepare(Spins(3, 1)), ArgumentError);
}

const auto coarse = ising::coarse_chain({.sites = 4, .linear = true, .pair_range = 1});
constexpr double beta = 0.6;

auto fit_of(const ising::FineChain<>& fine, Index level, Index samples = 200) {
    const auto data = generate(fine, {.beta = beta, .samples = samples, .seed = test_seed()});
    return RelativeEntropy{coarse, ising::majority_map({.level = level}), TransferMatrix{}, Newton{},
                           weak_prior()}
        .fit(data);
}

TEST(Reconstruction, PredictsWithMapsAndFunctions) {
    const auto fine = ising::chain({.sites = 8, .range = 2, .field = 0.4});
    const auto fit = fit_of(fine, 2);
    const double M = TransferMatrix{}.site_moments(boltzmann(coarse, fit.parameters.theta, beta), 1).mean[0];
    const auto m = [](const auto& reconstructed, PredictSettings settings = {}) {
        return predict(reconstructed, ising::Magnetization{}, settings);
    };
    const Prediction uniform = m(fit.reconstructed(ising::uniform_reconstruction({.level = 2})));
    EXPECT_TRUE(uniform.exact);
    EXPECT_NEAR(uniform.value(), M / 3.0, 1e-14);
    EXPECT_NEAR(m(fit.reconstructed(ising::tie_weighted_reconstruction({.level = 2}))).value(), M / 2.0,
                1e-14);
    // Any probabilistic map, with its parameters.
    EXPECT_NEAR(m(fit.reconstructed(ising::bernoulli_map({.level = 2}), Vector::Constant(1, 1.2))).value(),
                std::tanh(0.6) * M, 1e-14);
    // Any function: both spins of a block copy X.
    const auto copies = [](const Spins& X, Philox4x32&) {
        Spins x;
        for (const auto s : X) x.insert(x.end(), 2, s);
        return x;
    };
    const Prediction copied = m(fit.reconstructed(copies), {.seed = test_seed()});
    EXPECT_FALSE(copied.exact);
    expect_z(copied.value(), M, copied.standard_error[0], "a function");
    // Sampled and exact.
    const auto back = fit.reconstructed(ising::uniform_reconstruction({.level = 2}));
    const Prediction sampled = m(back, {.seed = test_seed(), .always_sample = true});
    expect_z(sampled.value(), uniform.value(), sampled.standard_error[0], "sampled");
    const ising::Correlation R{Boundary::periodic};
    const Prediction exact = predict(back, R),
                     drawn = predict(back, R, {.seed = test_seed(), .always_sample = true});
    for (Index l = 1; l < exact.mean.size(); ++l)
        expect_z(drawn.mean[l], exact.mean[l], drawn.standard_error[l], "R");
    EXPECT_THROW(fit.reconstructed(ising::bernoulli_map({.level = 2})), ArgumentError);  // its eta is missing
}

/// p(x) = sum_X p_c(X) prod_r w(x_r, X_r) / Z by the list.
double divergence_by_hand(const ising::FineChain<>& fine, const Vector& theta, Index level, double tie) {
    double block_z = 0.0;
    for (const Spins& block : all_spins(level)) block_z += block_weight(block, tie);
    double fine_z = 0.0, coarse_z = 0.0, sum = 0.0;
    const auto states = all_spins(4), xs = all_spins(4 * level);
    for (const Spins& x : xs) fine_z += std::exp(-beta * fine.energy(x));
    for (const Spins& X : states) coarse_z += std::exp(-beta * energy(coarse, X, theta));
    for (const Spins& x : xs) {
        const double p_f = std::exp(-beta * fine.energy(x)) / fine_z;
        double p = 0.0;
        for (const Spins& X : states) {
            double w = std::exp(-beta * energy(coarse, X, theta)) / coarse_z;
            for (std::size_t r = 0; r < 4; ++r) {
                Spins block(x.begin() + Index(r) * level, x.begin() + Index(r + 1) * level);
                for (auto& s : block) s = ising::Spin(s * X[r]);
                w *= block_weight(block, tie) / block_z;
            }
            p += w;
        }
        sum += p_f * std::log(p_f / p);
    }
    return sum;
}

TEST(Divergence, IsThatOfTheList) {
    for (const Index level : {2, 3}) {
        const auto fine = ising::chain({.sites = 4 * level, .range = 2, .field = 0.4});
        const auto fit = fit_of(fine, level);
        for (const Way& way : ways(level))
            expect_close(divergence(fine, fit.reconstructed(way.map)),
                         divergence_by_hand(fine, fit.parameters.theta, level, way.tie), 1e-11);
    }
}

TEST(Divergence, OfAnExcludedConfigurationIsInfinite) {
    const auto fine = ising::chain({.sites = 8, .field = 0.4});
    const auto fit = fit_of(fine, 2);
    // Only blocks of equal spins: what a tie weight of almost 0 means.
    const auto almost = fit.reconstructed(ising::MajorityReconstruction<>(2, 1e-300));
    EXPECT_GT(divergence(fine, almost), 100.0);
    struct EqualSpins : ising::MajorityReconstruction<> {
        struct Factor {
            double value;
            double log_density(const Spins&) const { return value; }
            Window window() const { return {}; }
            double local_log_density(Index i, std::span<const ising::Spin>) const {
                return i == 0 ? value : 0.0;
            }
        };
        Factor likelihood(const ising::BlockSums& b, const Vector&) const {
            for (const int h : b.sums)
                if (h == 0) return {-HUGE_VAL};
            return {0.0};
        }
    };
    const Fit excluding(Estimate(almost), coarse, EqualSpins{almost.map}, Enumeration{});
    EXPECT_EQ(divergence(fine, excluding), HUGE_VAL);
    EXPECT_THROW((void)divergence(fine, almost, {.limit = 255}), CostError);
}

// Odd blocks have no ties: F + S_map is the divergence of the reconstruction that is uniform. Even ones: the
// sum bounds it from above.
TEST(RelativeEntropyItself, IsTheDivergenceOfTheTieWeightedReconstruction) {
    for (const Index level : {1, 2, 3}) {
        const auto fine = ising::chain({.sites = 4 * level, .range = 2, .field = 0.4});
        const auto fit = fit_of(fine, level);
        const RelativeEntropyParts parts = relative_entropy_of(fine, fit);
        const double of_fine =
            divergence(fine, fit.reconstructed(ising::tie_weighted_reconstruction({.level = level})));
        if (level % 2 == 1)
            EXPECT_NEAR(parts.value(), of_fine, 1e-12) << level;
        else
            EXPECT_GT(parts.value(), of_fine + 1e-3) << level;
        // S_map by counting: Omega(X) = sum_x q(X|x) is the same for every X.
        double omega = 0.0;
        for (const Spins& x : all_spins(4 * level)) {
            double q = 1.0;
            for (std::size_t r = 0; r < 4; ++r)
                q *= block_weight(Spins(x.begin() + Index(r) * level, x.begin() + Index(r + 1) * level), 0.5);
            omega += q;
        }
        EXPECT_NEAR(parts.mapping_entropy, std::log(omega), 1e-12);
    }
}

// The fit's objective is that part of F which depends on theta, with data in the place of p_f: data that are
// all configurations with weights p_f.
TEST(RelativeEntropyItself, ObjectiveOfTheWholeFineModel) {
    const auto fine = ising::chain({.sites = 8, .range = 2, .field = 0.4});
    const auto xs = all_spins(8);
    std::vector<double> weights;
    const double log_z = Enumeration{}.log_partition(Boltzmann(fine, beta));
    double entropy = 0.0;
    for (const Spins& x : xs) {
        const double log_p = -beta * fine.energy(x) - log_z;
        weights.push_back(std::exp(log_p));
        entropy += std::exp(log_p) * log_p;
    }
    const RelativeEntropy re{coarse, ising::majority_map({.level = 2}), TransferMatrix{}};
    const auto fit = re.fit_prepared(re.prepare(xs, beta, weights));
    EXPECT_NEAR(relative_entropy_of(fine, fit).objective, entropy + *fit.objective, 1e-12);
    // and it is the minimum over theta.
    for (Index k = 0; k < 2; ++k)
        for (const double step : {-0.05, 0.05}) {
            auto other = fit;
            other.parameters.theta[k] += step;
            EXPECT_GT(relative_entropy_of(fine, other).value(), relative_entropy_of(fine, fit).value());
        }
}

}  // namespace
}  // namespace reconstruction_test
