// space(), values(), walls(), window() and starts of user models may be values: every part of the library
// gives with them what it gives with references. Reads of what is gone are found by the sanitizers.
#include <predcg/engines/mean_field.hpp>
#include <predcg/kernels/trajectory.hpp>
#include <predcg/monte_carlo.hpp>
#include <predcg/posterior.hpp>
#include <predcg/predcg.hpp>
#include <predcg/structure/affine_target.hpp>
#include <predcg/testing/check_map.hpp>
#include <predcg/testing/check_potential.hpp>

#include <gtest/gtest.h>

#include "close.hpp"
#include "z_score.hpp"

namespace values_by_value_test {
using namespace predcg;
using support::expect_close;

namespace {

using Letters = std::vector<int>;

/// An alphabet that is made when it is asked for.
struct Alphabet {
    using configuration_type = Letters;
    Index sites;

    Index size() const { return sites; }
    std::vector<int> values() const { return {-1, 0, 2}; }
    configuration_type random(auto& rng) const {
        configuration_type x(static_cast<std::size_t>(sites));
        for (int& letter : x) letter = values()[static_cast<std::size_t>(uniform_index(rng, 3))];
        return x;
    }
};

/// The energy of a ring of letters at theta = (1, h), window by window where `chain`.
template <bool chain>
struct Ring {
    Index sites;
    double h = 0.3;

    Alphabet space() const { return {sites}; }
    double energy(const Letters& x) const {
        double sum = 0.0;
        for (std::size_t i = 0; i < x.size(); ++i) sum -= 0.4 * x[i] * x[(i + 1) % x.size()] + h * x[i];
        return sum;
    }
    Window window() const
        requires chain
    {
        return {2, Boundary::periodic};
    }
    double local_energy(Index, std::span<const int> w) const
        requires chain
    {
        return -0.4 * w[0] * w[1] - h * w[0];
    }
};

template <bool chain>
struct CoarseRing {
    Index sites;

    Alphabet space() const { return {sites}; }
    Index parameter_count() const { return 2; }
    Vector features(const Letters& X) const {
        Vector f = Vector::Zero(2);
        for (std::size_t i = 0; i < X.size(); ++i)
            f -= Vector{{double(X[i] * X[(i + 1) % X.size()]), double(X[i])}};
        return f;
    }
    Window window() const
        requires chain
    {
        return {2, Boundary::periodic};
    }
    Vector local_features(Index, std::span<const int> w) const
        requires chain
    {
        return Vector{{-double(w[0] * w[1]), -double(w[0])}};
    }
};

/// Two fine letters are their coarse one with probability logistic(eta) each, else one of the two others.
struct Copies {
    using fine_type = Letters;
    using coarse_type = Letters;

    Index parameter_count() const { return 1; }
    Vector start() const { return Vector::Ones(1); }

    struct Agreement {
        Letters x;

        Index size() const { return 2; }
        Vector operator()(const Letters& X) const {
            Vector T = Vector::Zero(2);
            for (std::size_t r = 0; r < X.size(); ++r) T += local(static_cast<Index>(r), std::span(&X[r], 1));
            return T;
        }
        Window window() const { return {}; }
        Vector local(Index r, std::span<const int> w) const {
            const auto at = static_cast<std::size_t>(2 * r);
            const double equal = double(x[at] == w[0]) + double(x[at + 1] == w[0]);
            return Vector{{equal, 2.0 - equal}};
        }
    };
    Agreement sufficient_statistic(const Letters& x) const { return {x}; }

    struct Likelihood {
        Agreement agreement;
        Vector natural;

        double log_density(const Letters& X) const { return natural.dot(agreement(X)); }
        Window window() const { return {}; }
        double local_log_density(Index r, std::span<const int> w) const {
            return natural.dot(agreement.local(r, w));
        }
    };
    Likelihood likelihood(const Letters& x, const Vector& eta) const {
        return {{x}, Vector{{-log1p_exp(-eta[0]), -log1p_exp(eta[0]) - std::log(2.0)}}};
    }
    Expansion expected_log_density(const Vector& T, double, const Vector& eta) const {
        const double p = logistic(eta[0]), q = logistic(-eta[0]);
        return {likelihood({}, eta).natural.dot(T), Vector::Constant(1, T[0] * q - T[1] * p),
                Matrix::Constant(1, 1, -(T[0] + T[1]) * p * q)};
    }
    Letters sample(const Letters& X, const Vector& eta, auto& rng) const {
        Letters x;
        for (const int letter : X)
            for (int s = 0; s < 2; ++s) {
                const int place = letter < 0 ? 0 : letter == 0 ? 1 : 2;
                const Index other = (place + 1 + uniform_index(rng, 2)) % 3;
                x.push_back(uniform(rng) < logistic(eta[0])
                                ? letter
                                : Alphabet{1}.values()[static_cast<std::size_t>(other)]);
            }
        return x;
    }
};

struct Mean {
    double operator()(const Letters& x) const {
        double sum = 0.0;
        for (const int letter : x) sum += letter;
        return sum / static_cast<double>(x.size());
    }
};

struct First {
    Index size() const { return 1; }
    Vector operator()(const Letters& X) const { return Vector::Constant(1, X[0]); }
};

TEST(ValuesByValue, ExactEnginesAgree) {
    const Boltzmann<Ring<true>> chain({5}, 0.7);
    const Boltzmann<Ring<false>> whole({5}, 0.7);
    EXPECT_NEAR(TransferMatrix{}.log_partition(chain), Enumeration{}.log_partition(whole), 1e-12);
    const SiteMoments ours = TransferMatrix{}.site_moments(chain, 2),
                      reference = Enumeration{}.site_moments(whole, 2);
    expect_close(ours.mean, reference.mean, 1e-12, "means");
    expect_close(ours.second.matrix(), reference.second.matrix(), 1e-12, "second moments");
    expect_close(TransferMatrix{}.two_point(chain, 1, 3), Enumeration{}.two_point(whole, 1, 3), 1e-12,
                 "two points");
    EXPECT_TRUE(std::isfinite(MeanField{}.lower_bound(chain)));
    const auto drawn = generate(Ring<true>{5}, {.beta = 0.7, .samples = 200});
    const auto others = generate(Ring<false>{5}, {.beta = 0.7, .samples = 200}, Enumeration{});
    for (const auto* data : {&drawn, &others})
        expect_z(data_mean(*data, Mean{})[0], ours.mean[0], 1.0 / std::sqrt(200.0), "mean of draws");
}

TEST(ValuesByValue, FitsAndPredictionsAgree) {
    const auto data = generate(Ring<true>{8}, {.beta = 0.7, .samples = 40});
    const EMCoarseGrainer chain{Ring<true>{8}, CoarseRing<true>{4}, Copies{}, TransferMatrix{},
                                Newton{},      WeakPrior{}};
    const EMCoarseGrainer whole{Ring<false>{8}, CoarseRing<false>{4}, Copies{}, Enumeration{},
                                Newton{},       WeakPrior{}};
    const auto a = chain.fit(data, {.starts = 2});
    const auto b = whole.fit(data, {.starts = 2});
    EXPECT_NEAR(a.log_likelihood, b.log_likelihood, 1e-9);
    expect_close(a.parameters.theta, b.parameters.theta, 1e-7, "theta");
    expect_close(latent_marginals(a, data[0]), latent_marginals(b, data[0]), 1e-7, "marginals");
    expect_close(latent_mean(a, data[0]), latent_mean(b, data[0]), 1e-7, "latent mean");
    const auto p = predict(a, Mean{}, {.draws = 400}), q = predict(b, Mean{}, {.draws = 400});
    expect_z(p.value() - q.value(), 0.0, p.standard_error[0] + q.standard_error[0], "predictions");
    const auto posterior = full_posterior(chain, data, a, {.draws = 20, .chains = 2, .warm_up = 20});
    EXPECT_TRUE(std::isfinite(predict(posterior, Mean{}).mean[0]));
}

TEST(ValuesByValue, KernelsLeaveTheTargetAsItIs) {
    const Boltzmann<Ring<true>> chain({6}, 0.7);
    const Boltzmann<Ring<false>> whole({6}, 0.7);
    const double exact = Enumeration{}.expect(whole, First{}).mean[0];
    const auto expect_mean = [&](const auto& kernel, const auto& target, const char* name) {
        auto rng = make_stream(3, Purpose::check);
        double sum = 0.0;
        const auto samples = trajectory(kernel, target, {.samples = 2000, .warm_up = 20, .thinning = 5}, rng);
        for (const Letters& X : samples) sum += X[0];
        expect_z(sum / 2000.0, exact, 2.0 / std::sqrt(2000.0), name);
    };
    expect_mean(HeatBath{}, whole, "heat bath");
    expect_mean(Metropolis{}, whole, "Metropolis");
    expect_mean(HeatBath{}, chain, "heat bath of a chain");
    expect_mean(Metropolis{}, chain, "Metropolis of a chain");
}

TEST(ValuesByValue, SampledFitsAndPosteriorsRun) {
    const auto data = generate(Ring<true>{8}, {.beta = 0.7, .samples = 10});
    const auto run = [&](const auto& coarse) {
        const EMCoarseGrainer grainer{Ring<true>{8},  coarse,
                                      Copies{},       MonteCarlo(HeatBath{}, {.samples = 5}),
                                      RobbinsMonro{}, WeakPrior{}};
        const auto fit = grainer.fit(data, {.iterations = 5});
        EXPECT_TRUE(fit.parameters.theta.allFinite());
        const auto posterior =
            exchange_posterior(grainer, data, fit, {.draws = 8, .chains = 2, .warm_up = 4, .thinning = 1},
                               {.auxiliary_warm_up = 4, .auxiliary_thinning = 1});
        EXPECT_TRUE(std::isfinite(predict(posterior, Mean{}).mean[0]));
    };
    run(CoarseRing<true>{4});
    run(CoarseRing<false>{4});
}

TEST(ValuesByValue, ChecksFindNothing) {
    EXPECT_EQ(check_fine_potential(Ring<true>{5}), Findings{});
    EXPECT_EQ(check_fine_potential(Ring<false>{5}), Findings{});
    EXPECT_EQ(check_coarse_potential(CoarseRing<true>{4}, Vector{{0.4, -0.2}}), Findings{});
    EXPECT_EQ(check_map(Copies{}, Alphabet{3}, Vector::Constant(1, 0.6), Alphabet{6}), Findings{});
}

/// A normal at X_0 >= 0, its space made when it is asked for.
struct HalfNormal {
    WalledSpace space() const { return WalledSpace(1, {{Vector::Ones(1), 0.0}}); }
    double log_density(const Vector& X) const { return -0.5 * X[0] * X[0]; }
    Vector log_density_gradient(const Vector& X) const { return -X; }
};

TEST(ValuesByValue, WallsReflect) {
    const auto expect_half = [](const auto& target) {
        auto rng = make_stream(5, Purpose::check);
        double sum = 0.0;
        for (const Vector& X :
             trajectory(Hamiltonian{}, target, {.samples = 500, .warm_up = 50, .thinning = 2}, rng)) {
            EXPECT_GE(X[0], 0.0);
            sum += X[0];
        }
        expect_z(sum / 500.0, std::sqrt(2.0 / std::numbers::pi), 2.0 * 0.6 / std::sqrt(500.0), "mean");
    };
    expect_half(HalfNormal{});
    const HalfNormal target;
    expect_half(AffineTarget(target, Vector::Zero(1), Matrix::Identity(1, 1)));
}

}  // namespace
}  // namespace values_by_value_test
