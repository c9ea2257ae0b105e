// Relative entropy of the Ising chain against sums over all coarse configurations written here: ties, F and
// its gradient, standard errors, symmetry, and what is refused.
#include <predcg/engines/enumeration.hpp>
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/predict/fine_scale.hpp>
#include <predcg/predict/predict.hpp>
#include <predcg/relative_entropy.hpp>

#include <predcg/models/ising/chain.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/models/ising/observables.hpp>

#include <gtest/gtest.h>

#include "close.hpp"
#include "differences.hpp"
#include "ising_by_hand.hpp"
#include "test_seed.hpp"
#include "thrown.hpp"

#include <array>

namespace relative_entropy_test {
using namespace predcg;
using support::expect_close;
using support::thrown;
using Spins = std::vector<ising::Spin>;

namespace {

/// All 2^n configurations.
std::vector<Spins> all_spins(Index n) {
    std::vector<Spins> all;
    for (int bits = 0; bits < (1 << n); ++bits) {
        all.emplace_back();
        for (Index i = 0; i < n; ++i) all.back().push_back(bits >> i & 1 ? 1 : -1);
    }
    return all;
}

/// What the majority says of X, tie by tie.
double probability(const Spins& X, const Spins& x, Index level) {
    double p = 1.0;
    for (std::size_t r = 0; r < X.size(); ++r) {
        int sum = 0;
        for (Index s = 0; s < level; ++s) sum += x[r * std::size_t(level) + std::size_t(s)];
        p *= sum == 0 ? 0.5 : sum * X[r] > 0 ? 1.0 : 0.0;
    }
    return p;
}

/// The relative entropy problem by sums over all X.
template <class U>
struct ByHand {
    const U& potential;
    double beta;
    std::vector<Spins> states = all_spins(potential.space().size());

    Vector mean(const Spins& x, Index level) const {
        Vector sum = Vector::Zero(potential.parameter_count());
        for (const Spins& X : states) sum += probability(X, x, level) * Vector(potential.features(X));
        return sum;
    }
    /// -(1/N) sum_i E_xi[ln p_c(xi(x_i))].
    double objective(const Vector& theta, const std::vector<Spins>& data, Index level) const {
        double z = 0.0, sum = 0.0;
        for (const Spins& X : states) z += std::exp(-beta * energy(potential, X, theta));
        for (const Spins& x : data)
            for (const Spins& X : states)
                sum += probability(X, x, level) * (-beta * energy(potential, X, theta) - std::log(z));
        return -sum / static_cast<double>(data.size());
    }
    /// Covariance of the features under p_c.
    Matrix covariance(const Vector& theta) const {
        const Index p = theta.size();
        double z = 0.0;
        Vector m = Vector::Zero(p);
        Matrix second = Matrix::Zero(p, p);
        for (const Spins& X : states) {
            const double w = std::exp(-beta * energy(potential, X, theta));
            const Vector f = potential.features(X);
            z += w;
            m += w * f;
            second += w * f * f.transpose();
        }
        return second / z - m * m.transpose() / (z * z);
    }
};

std::vector<Spins> random_data(Index count, Index sites, std::uint64_t salt) {
    auto rng = test_rng(salt);
    return by_hand::markov_data(rng, sites, count, 0.4, 0.66);
}

const std::vector<ising::CoarseChainSettings> models{
    {.sites = 6, .linear = true, .pair_range = 1, .field = 0.2},
    {.sites = 6, .linear = true, .pair_range = 3, .triplets = {{1, 1}, {1, 2}}},
    {.sites = 6, .linear = true, .pair_range = 2, .triplets = {{1, 2}}, .boundary = Boundary::open},
};

TEST(Ties, AveragesAreThoseOverAllConfigurations) {
    for (const auto& settings : models)
        for (const Index level : {1, 2, 3, 4}) {
            const auto coarse = ising::coarse_chain(settings);
            const ByHand<ising::CoarseChain<>> by_hand{coarse, 0.7};
            const auto xi = ising::majority_map({.level = level});
            for (const Spins& x : random_data(20, 6 * level, 1)) {
                const Vector average = MappingEngine{}.average(
                    xi(x), coarse.space(), EnergyGradient(coarse, Vector::Zero(coarse.parameter_count())));
                expect_close(average, by_hand.mean(x, level), 1e-12, "level " + std::to_string(level));
            }
        }
}

// Many ties, so that windows are cheaper than configurations: all blocks but the last but one.
TEST(Ties, AreAveragedWindowByWindow) {
    for (auto settings : models) {
        settings.sites = 10;
        const auto coarse = ising::coarse_chain(settings);
        const ByHand<ising::CoarseChain<>> by_hand{coarse, 0.7};
        Spins x;
        for (int i = 0; i < 20; ++i) x.push_back(i % 2 == 1 || i == 16 ? 1 : -1);
        const EnergyGradient statistic(coarse, Vector::Zero(coarse.parameter_count()));
        // 10 windows of at most 16 choices, but 512 configurations.
        const MappingEngine frugal{.limit = 511};
        expect_close(frugal.average(ising::majority_map({.level = 2})(x), coarse.space(), statistic),
                     by_hand.mean(x, 2), 1e-12);
    }
}

TEST(Ties, OfAnUnstructuredStatistic) {
    const auto product = [](const Spins& X) {
        double all = 1.0;
        for (const auto s : X) all *= 1.0 + 0.3 * s;
        return Vector(Vector::Constant(1, all));
    };
    struct Whole {
        decltype(product)& f;
        Index size() const { return 1; }
        Vector operator()(const Spins& X) const { return f(X); }
    };
    const auto xi = ising::majority_map({.level = 2});
    for (const Spins& x : random_data(20, 10, 2)) {
        double exact = 1.0;  // the sites are independent
        for (std::size_t r = 0; r < 5; ++r) exact *= 1.0 + 0.15 * (x[2 * r] + x[2 * r + 1]);
        expect_close(MappingEngine{}.average(xi(x), ising::spin_space(5), Whole{product})[0], exact, 1e-12);
    }
}

TEST(Ties, TooManyAreRefusedWithAdvice) {
    const Spins alternating = [] {
        Spins x;
        for (int i = 0; i < 60; ++i) x.push_back(i % 2 ? 1 : -1);
        return x;
    }();
    struct Whole {
        Index size() const { return 1; }
        Vector operator()(const Spins&) const { return Vector::Zero(1); }
    };
    const auto xi = ising::majority_map({.level = 2});
    const auto error =
        thrown<CostError>([&] { MappingEngine{}.average(xi(alternating), ising::spin_space(30), Whole{}); });
    EXPECT_NE(std::string(error.what()).find("Ties::draw"), std::string::npos) << error.what();
    EXPECT_EQ(error.cost(), std::pow(2.0, 30));
    // Windows of two sites: 30 * 4 evaluations.
    const RelativeEntropy re{ising::coarse_chain({.sites = 30, .pair_range = 1}), xi, TransferMatrix{}};
    const std::vector<Spins> data{alternating};
    EXPECT_EQ(re.fit(data, {.beta = 1.0}).target_moments[0], 0.0);
    EXPECT_THROW(re.with_mapping({.limit = 119}).fit(data, {.beta = 1.0}), CostError);
    EXPECT_NO_THROW(re.with_mapping({.limit = 120}).fit(data, {.beta = 1.0}));
}

TEST(Ties, DrawnOnesAreFairSeededAndOneForEachDatum) {
    const Spins tied{1, -1, 1, 1, -1, 1};  // X = (?, 1, ?)
    const std::vector<Spins> data(4000, tied);
    const RelativeEntropy re{ising::coarse_chain({.sites = 3, .linear = true}),
                             ising::majority_map({.level = 2}), TransferMatrix{}};
    const auto prepared = re.prepare(data, 1.0, {}, Ties::draw, test_seed());
    ASSERT_EQ(prepared.forms.size(), 4);  // of the 4000, equal ones merged
    for (std::size_t k = 0; k < 4; ++k) {
        for (Index i = 0; i < 3; ++i) EXPECT_EQ(prepared.forms[k].image.letters(i).size(), 1);
        EXPECT_EQ(prepared.forms[k].image.letters(1)[0], 1);
        // binomial(4000, 1/4), sd 27.4: false alarm in one of 4 * 5e8 seeds
        EXPECT_NEAR(prepared.weights[k], 1000.0, 6.0 * 27.4);
    }
    const auto moment = [&](std::uint64_t seed) {
        return re.fit(data, {.beta = 1.0, .seed = seed}, Ties::draw).target_moments[0];
    };
    EXPECT_EQ(moment(test_seed()), moment(test_seed()));
    bool differs = false;  // two seeds agree one time in two hundred
    for (std::uint64_t k = 1; k <= 5; ++k)
        differs = differs || moment(test_seed()) != moment(test_seed() + k);
    EXPECT_TRUE(differs);
    EXPECT_EQ(re.fit(data, {.beta = 1.0}).target_moments[0], -0.5);  // averaged
    // The draw of a datum is its own: another datum before it changes nothing after.
    std::vector<Spins> other = data;
    other[0] = {1, 1, 1, 1, 1, 1};
    const auto changed = re.prepare(other, 1.0, {}, Ties::draw, test_seed());
    double moved = 0.0;
    for (std::size_t k = 0; k < 4; ++k)
        for (std::size_t l = 0; l < changed.forms.size(); ++l)
            if (prepared.forms[k] == changed.forms[l])
                moved += std::abs(prepared.weights[k] - changed.weights[l]);
    EXPECT_LE(moved, 2.0);
}

TEST(Ties, DrawsOfADatumDoNotDependOnWeightsBeforeIt) {
    const std::vector<Spins> data(64, Spins{1, -1});
    const RelativeEntropy re{ising::coarse_chain({.sites = 1, .linear = true}),
                             ising::majority_map({.level = 2}), TransferMatrix{}};
    // The draw of datum k, as the weight of X = +1 in the others' absence.
    const auto ups = [&](std::vector<double> weights) {
        double up = 0.0;
        const auto prepared = re.prepare(data, 1.0, weights, Ties::draw, test_seed());
        for (std::size_t k = 0; k < prepared.forms.size(); ++k)
            if (prepared.forms[k].image.letters(0)[0] > 0) up += prepared.weights[k];
        return up;
    };
    std::vector<double> all(64, 1.0), first(64, 0.0), rest(64, 1.0);
    for (std::size_t k = 0; k < 32; ++k) std::swap(first[k], rest[k]);
    EXPECT_EQ(ups(first) + ups(rest), ups(all));
    for (std::size_t k = 0; k < 64; ++k) {
        std::vector<double> only(64, 0.0), without(64, 1.0);
        std::swap(only[k], without[k]);
        EXPECT_EQ(ups(only) + ups(without), ups(all)) << k;
    }
}

TEST(RelativeEntropy, ObjectiveGradientAndHessian) {
    for (const auto& settings : models) {
        const auto coarse = ising::coarse_chain(settings);
        const double beta = 0.7;
        const ByHand<ising::CoarseChain<>> by_hand{coarse, beta};
        const auto data = random_data(12, 12, 3);
        const RelativeEntropy re{coarse, ising::majority_map({.level = 2}), TransferMatrix{}};
        const auto prepared = re.prepare(data, beta);
        std::vector<double> at;
        for (Index k = 0; k < coarse.parameter_count(); ++k) at.push_back(0.3 - 0.15 * double(k));
        const auto F = [&](const std::vector<double>& theta) {
            return by_hand.objective(Eigen::Map<const Vector>(theta.data(), Index(theta.size())), data, 2);
        };
        const Parameters point{Eigen::Map<const Vector>(at.data(), Index(at.size())), Vector()};
        const auto e = re.problem(prepared).evaluate(point);
        expect_close(-e.log_likelihood / 12.0, F(at), 1e-12, "F");
        const auto slope = differences::gradient(F, at);
        for (Index k = 0; k < e.gradient.size(); ++k)
            expect_close(-e.gradient[k] / 12.0, slope[std::size_t(k)], 1e-10, "gradient of F");
        expect_close(e.observed(), 12.0 * beta * beta * by_hand.covariance(point.theta), 1e-11, "Hessian");
        EXPECT_EQ(e.missing.norm(), 0.0);
    }
}

TEST(RelativeEntropy, MinimumMatchesMoments) {
    for (const auto& settings : models) {
        const auto coarse = ising::coarse_chain(settings);
        const double beta = 0.7;
        const ByHand<ising::CoarseChain<>> by_hand{coarse, beta};
        const auto data = random_data(400, 12, 4);
        const auto fit = RelativeEntropy{coarse, ising::majority_map({.level = 2}), TransferMatrix{}}.fit(
            data, {.beta = beta});
        ASSERT_EQ(fit.status, Status::converged);
        ASSERT_EQ(fit.starts.size(), 1);  // convex
        Vector target = Vector::Zero(coarse.parameter_count());
        for (const Spins& x : data) target += by_hand.mean(x, 2) / 400.0;
        expect_close(fit.target_moments, target, 1e-12, "target");
        // The last Newton step was below 1e-9; moments answer it by the covariance, below 10 here.
        expect_close(fit.model_moments, target, 1e-8, "model");
        expect_close(*fit.objective, by_hand.objective(fit.parameters.theta, data, 2), 1e-12, "F");
        const auto F = [&](const std::vector<double>& theta) {
            return by_hand.objective(Eigen::Map<const Vector>(theta.data(), Index(theta.size())), data, 2);
        };
        const std::vector<double> at(fit.parameters.theta.begin(), fit.parameters.theta.end());
        for (const double slope : differences::gradient(F, at)) EXPECT_NEAR(slope, 0.0, 1e-8);
        // The same by another engine.
        const auto enumerated = RelativeEntropy{coarse, ising::majority_map({.level = 2}), Enumeration{}}.fit(
            data, {.beta = beta});
        expect_close(enumerated.parameters.theta, fit.parameters.theta, 1e-9, "enumeration");
    }
}

// H^-1 V H^-1 with H = N beta^2 Cov_c(f) [+ prior] and V = N beta^2 times the covariance of E_xi f over the
// data.
TEST(RelativeEntropy, StandardErrorsAreTheSandwich) {
    const auto coarse = ising::coarse_chain(models[0]);
    const double beta = 0.7, N = 60.0;
    const ByHand<ising::CoarseChain<>> by_hand{coarse, beta};
    const auto data = random_data(60, 12, 5);
    const auto expected = [&](const Vector& theta, double precision) {
        Matrix V = Matrix::Zero(2, 2);
        Vector mean = Vector::Zero(2);
        for (const Spins& x : data) mean += by_hand.mean(x, 2) / N;
        for (const Spins& x : data) {
            const Vector d = by_hand.mean(x, 2) - mean;
            V += N / (N - 1.0) * beta * beta * d * d.transpose();
        }
        Matrix H = N * beta * beta * by_hand.covariance(theta);
        for (Index k = 0; k < 2; ++k) H(k, k) += precision;
        const double det = H(0, 0) * H(1, 1) - H(0, 1) * H(1, 0);
        Matrix inverse(2, 2);
        inverse << H(1, 1) / det, -H(0, 1) / det, -H(1, 0) / det, H(0, 0) / det;
        return Matrix(inverse * V * inverse);
    };
    const auto xi = ising::majority_map({.level = 2});
    const auto flat = RelativeEntropy{coarse, xi, TransferMatrix{}}.fit(data, {.beta = beta});
    expect_close(flat.covariance, expected(flat.parameters.theta, 0.0), 1e-10, "flat");
    expect_close(flat.standard_errors()[1], std::sqrt(flat.covariance(1, 1)), 1e-14);
    // z = beta theta ~ N(0, 2^2): precision beta^2 / 4 in theta.
    const auto weak =
        RelativeEntropy{coarse, xi, TransferMatrix{}, Newton{}, weak_prior()}.fit(data, {.beta = beta});
    expect_close(weak.covariance, expected(weak.parameters.theta, beta * beta / 4.0), 1e-10, "weak");
    const std::vector<Spins> one{data[0]};
    EXPECT_TRUE(std::isnan(RelativeEntropy(coarse, xi, TransferMatrix{}, Newton{}, weak_prior())
                               .fit(one, {.beta = beta})
                               .covariance(0, 0)));
}

TEST(RelativeEntropy, PriorShiftsTheMatch) {
    const double beta = 0.7;
    const auto data = random_data(30, 12, 6);
    const auto fit = RelativeEntropy{ising::coarse_chain(models[0]), ising::majority_map({.level = 2}),
                                     TransferMatrix{}, Newton{}, weak_prior()}
                         .fit(data, {.beta = beta});
    ASSERT_EQ(fit.status, Status::converged);
    // 0 = N (<f>_c - t) - z / 4
    for (Index k = 0; k < 2; ++k)
        EXPECT_NEAR(30.0 * (fit.model_moments[k] - fit.target_moments[k]),
                    beta * fit.parameters.theta[k] / 4.0, 3e-7);  // 30 times 1e-8
}

TEST(RelativeEntropy, SymmetricInTheField) {
    for (const double field : {0.3, 1.5}) {
        auto data = random_data(50, 32, 7);
        auto settings = ising::CoarseChainSettings{.sites = 16, .pair_range = 2, .field = field};
        const auto fit_of = [&] {
            return RelativeEntropy{ising::coarse_chain(settings), ising::majority_map({.level = 2}),
                                   TransferMatrix{}, Newton{}, weak_prior()}
                .fit(data, {.beta = 0.3});
        };
        const auto fit = fit_of();
        for (Spins& x : data)
            for (auto& s : x) s = ising::Spin(-s);
        settings.field = -field;
        const auto mirrored = fit_of();
        expect_close(mirrored.parameters.theta, fit.parameters.theta, 1e-10);
        const auto m = [](const auto& f) {
            return predict(f.reconstructed(ising::uniform_reconstruction({.level = 2})),
                           ising::Magnetization{})
                .value();
        };
        EXPECT_NEAR(m(mirrored), -m(fit), 1e-12);
    }
}

TEST(RelativeEntropy, OptimumAtInfinityIsReported) {
    const std::vector<Spins> saturated(5, Spins(12, 1));
    const auto coarse = ising::coarse_chain({.sites = 6, .linear = true, .pair_range = 1});
    const auto xi = ising::majority_map({.level = 2});
    const auto flat = RelativeEntropy{coarse, xi, TransferMatrix{}}.fit(saturated, {.beta = 1.0});
    EXPECT_EQ(flat.status, Status::not_identified);
    EXPECT_FALSE(flat.directions.empty());
    const auto weak =
        RelativeEntropy{coarse, xi, TransferMatrix{}, Newton{}, weak_prior()}.fit(saturated, {.beta = 1.0});
    EXPECT_EQ(weak.status, Status::converged);
}

TEST(RelativeEntropy, WeightsAreMultiplicities) {
    const auto coarse = ising::coarse_chain(models[0]);
    const RelativeEntropy re{coarse, ising::majority_map({.level = 2}), TransferMatrix{}};
    auto data = random_data(20, 12, 8);
    std::vector<double> weights(20, 1.0);
    weights[3] = 3.0;
    const auto weighted = re.fit_prepared(re.prepare(data, 0.7, weights));
    data.push_back(data[3]);
    data.push_back(data[3]);
    const auto repeated = re.fit(data, {.beta = 0.7});
    expect_close(weighted.parameters.theta, repeated.parameters.theta, 1e-9);
    expect_close(weighted.covariance, repeated.covariance, 1e-9);
}

// A spread of 0 would say that theta_c is known.
TEST(RelativeEntropy, DataAllAlikeHaveNoStandardErrors) {
    const auto coarse = ising::coarse_chain(models[0]);
    const RelativeEntropy re{coarse, ising::majority_map({.level = 2}), TransferMatrix{}, Newton{},
                             weak_prior()};
    std::vector<Spins> data(5, Spins{1, 1, 1, 1, 1, -1, -1, -1, 1, 1, 1, 1});
    const auto alike = re.fit(data, {.beta = 0.7});
    EXPECT_EQ(alike.status, Status::converged);
    for (const double error : alike.standard_errors()) EXPECT_TRUE(std::isnan(error)) << error;
    data[0] = Spins(12, -1);
    for (const double error : re.fit(data, {.beta = 0.7}).standard_errors()) EXPECT_GT(error, 0.0);
}

// Before, the chain of the image was averaged as if it were the coarse one: relative entropies below 0.
TEST(RelativeEntropy, DivergencesRefuseAFineModelOfAnotherSize) {
    const auto coarse = ising::coarse_chain({.sites = 4, .linear = true, .pair_range = 1});
    const RelativeEntropy re{coarse, ising::majority_map({.level = 2}), TransferMatrix{}};
    const auto fit = re.fit(random_data(20, 8, 8), {.beta = 0.7});
    const auto back = fit.reconstructed(ising::uniform_reconstruction({.level = 2}));
    EXPECT_GE(relative_entropy_of(ising::chain({.sites = 8}), fit).value(), 0.0);
    EXPECT_GE(divergence(ising::chain({.sites = 8}), back), 0.0);
    for (const Index sites : {6, 10}) {
        const auto fine = ising::chain({.sites = sites});
        EXPECT_THROW((void)relative_entropy_of(fine, fit), ArgumentError) << sites;
        EXPECT_THROW((void)divergence(fine, back), ArgumentError) << sites;
    }
}

TEST(RelativeEntropy, BadArgumentsAreRefusedInWords) {
    const auto coarse = ising::coarse_chain(models[0]);
    const RelativeEntropy re{coarse, ising::majority_map({.level = 2}), TransferMatrix{}};
    const auto message = [&](const std::vector<Spins>& data, FitSettings settings = {.beta = 0.7}) {
        return std::string(thrown<ArgumentError>([&] { re.fit(data, settings); }).what());
    };
    const auto has = [](const std::string& text, const char* part) {
        EXPECT_NE(text.find(part), std::string::npos) << text;
    };
    has(message({Spins(11, 1)}), "ising::MajorityMap: number of fine sites is 11");
    has(message({Spins(10, 1)}), "coarse size of a datum under the map is 5");
    has(message({Spins(12, 2)}), "spin at site 0 is 2");
    has(message({}), "number of data");
    has(message({Spins(12, 1)}, {}), "settings.beta");
    has(message({Spins(12, 1)}, {.beta = 0.7, .starts = 0}), "starts");
    EXPECT_THROW(ising::majority_map({.level = 0}), ArgumentError);
    EXPECT_THROW((void)re.prepare(std::vector<Spins>{Spins(10, 1)}, 0.7, {}, Ties::draw), ArgumentError);
}

TEST(SiteLetters, RefusesWhatIsNoDistribution) {
    SiteLetters<int> letters;
    const std::array<int, 2> two{1, 2};
    EXPECT_THROW(letters.add_tie(std::span<const int>()), ArgumentError);
    EXPECT_THROW(letters.add(two, std::array{1.0}), ArgumentError);
    EXPECT_THROW(letters.add(two, std::array{0.5, 0.4}), ArgumentError);
    EXPECT_THROW(letters.add(two, std::array{1.0, 0.0}), ArgumentError);
    EXPECT_EQ(letters.size(), 0);
    letters.add(3);
    letters.add_tie(two);
    letters.add(two, std::array{0.25, 0.75});
    ASSERT_EQ(letters.size(), 3);
    EXPECT_EQ(letters.letters(0)[0], 3);
    EXPECT_EQ(letters.probabilities(1)[1], 0.5);
    EXPECT_EQ(letters.probabilities(2)[1], 0.75);
}

}  // namespace
}  // namespace relative_entropy_test
