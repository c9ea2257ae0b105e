// Random walk and Hamiltonian Monte Carlo: a Gaussian chain against its exact moments, a chain with quartic
// bonds against quadrature.
#include <predcg/core/space.hpp>
#include <predcg/engines/monte_carlo.hpp>
#include <predcg/kernels/hamiltonian.hpp>
#include <predcg/kernels/random_walk.hpp>
#include <predcg/kernels/trajectory.hpp>
#include <predcg/models/gaussian/chain.hpp>
#include <predcg/statistics/diagnostics.hpp>
#include <predcg/structure/autodiff.hpp>
#include <predcg/structure/boltzmann.hpp>

#include "close.hpp"
#include "gaussian_by_hand.hpp"
#include "test_seed.hpp"
#include "z_score.hpp"

#include <gtest/gtest.h>

namespace continuous_kernels_test {
using namespace predcg;

namespace {

/// Two beads on the line between walls of springs, with quartic bonds: no Gaussian, and not symmetric.
struct QuarticChain {
    RealSpace<> space_{2};
    const RealSpace<>& space() const { return space_; }

    template <class T>
    T energy(const Eigen::Matrix<T, Eigen::Dynamic, 1>& x) const {
        const T bond = x[1] - x[0];
        return T(0.5 * x[0] * x[0] + 0.3 * x[1] * x[1] + 0.4 * x[1] + 0.25 * bond * bond * bond * bond +
                 0.5 * bond * bond * bond);
    }
};

struct QuarticChainByHand : QuarticChain {
    double energy(const Vector& x) const { return QuarticChain::energy<double>(x); }
    Vector energy_gradient(const Vector& x) const {
        const double bond = x[1] - x[0], force = bond * bond * bond + 1.5 * bond * bond;
        return Vector{{x[0] - force, 0.6 * x[1] + 0.4 + force}};
    }
};

using ByHand = Boltzmann<QuarticChainByHand>;
using Automatic = Boltzmann<StateAutoDiffPotential<QuarticChain>>;
using GaussianChain = Boltzmann<gaussian::FineChain>;
static_assert(DifferentiableTarget<ByHand> && DifferentiableTarget<Automatic>);
static_assert(GaussianTarget<GaussianChain> && !GaussianTarget<ByHand>);
static_assert(Sampler<Hamiltonian, GaussianChain> && Sampler<RandomWalk, GaussianChain>);

/// x_i and x_i x_j.
struct FirstAndSecond {
    Index n;
    Index size() const { return n + n * (n + 1) / 2; }
    Vector operator()(const Vector& X) const {
        Vector value(size());
        Index k = 0;
        for (Index i = 0; i < n; ++i) value[k++] = X[i];
        for (Index i = 0; i < n; ++i)
            for (Index j = 0; j <= i; ++j) value[k++] = X[i] * X[j];
        return value;
    }
};

/// Standard errors are estimated here, to 10 % or better. Allowing for 20 %, a comparison fails by chance
/// with probability < 1e-9; there are fewer than 300.
constexpr double room = 1.2;

/// Means of 8 chains against exact values.
template <class Kernel, class T>
void expect_moments(const Kernel& kernel, const T& target, const Vector& exact, Index samples, Index warm_up,
                    Index thinning, const std::string& what) {
    const Index n = target.space().size();
    const FirstAndSecond statistic{n};
    constexpr Index chains = 8;
    std::vector<Matrix> draws(static_cast<std::size_t>(statistic.size()), Matrix(samples, chains));
    for (Index c = 0; c < chains; ++c) {
        auto rng = make_stream(test_seed(), Purpose::check, static_cast<std::uint32_t>(c));
        const auto path =
            trajectory(kernel, target, {.samples = samples, .warm_up = warm_up, .thinning = thinning}, rng);
        for (Index s = 0; s < samples; ++s) {
            const Vector value = statistic(path[static_cast<std::size_t>(s)]);
            for (Index k = 0; k < statistic.size(); ++k) draws[static_cast<std::size_t>(k)](s, c) = value[k];
        }
    }
    for (Index k = 0; k < statistic.size(); ++k) {
        const statistics::Diagnostics d = statistics::diagnose(draws[static_cast<std::size_t>(k)]);
        EXPECT_GT(d.ess_bulk, 400.0) << what << ", moment " << k;
        EXPECT_LT(d.r_hat, 1.05) << what << ", moment " << k;
        expect_z(d.mean, exact[k], room * d.mcse_mean, what + ", moment " + std::to_string(k));
    }
}

Vector gaussian_moments(const GaussianChain& target) {
    const Matrix C = by_hand::Inverted(Matrix(target.beta() * target.potential().quadratic().A)).inverse;
    Vector value(FirstAndSecond{C.rows()}.size());
    Index k = 0;
    for (Index i = 0; i < C.rows(); ++i) value[k++] = 0.0;
    for (Index i = 0; i < C.rows(); ++i)
        for (Index j = 0; j <= i; ++j) value[k++] = C(i, j);
    return value;
}

GaussianChain gaussian_chain() {
    return {gaussian::chain({.beads = 6, .bond = 2.0, .second = 0.5, .tether = 0.3}), 1.5};
}

TEST(Hamiltonian, GaussianChain) {
    const auto target = gaussian_chain();
    expect_moments(Hamiltonian{}, target, gaussian_moments(target), 3000, 500, 1, "Hamiltonian");
}

TEST(RandomWalk, GaussianChain) {
    const auto target = gaussian_chain();
    expect_moments(RandomWalk{}, target, gaussian_moments(target), 6000, 1000, 20, "random walk");
}

/// E[f] by the trapezoidal rule: for smooth functions that vanish at the ends it converges faster than any
/// power of the step.
Vector moments_by_quadrature(const QuarticChainByHand& potential, double beta, double step) {
    const FirstAndSecond statistic{2};
    Vector sum = Vector::Zero(statistic.size());
    double weights = 0.0;
    const auto count = static_cast<int>(12.0 / step);
    for (int i = -count; i <= count; ++i)
        for (int j = -count; j <= count; ++j) {
            const Vector x{{i * step, j * step}};
            const double weight = std::exp(-beta * potential.energy(x));
            weights += weight;
            sum += weight * statistic(x);
        }
    return sum / weights;
}

TEST(ContinuousKernels, QuarticChain) {
    const QuarticChainByHand potential;
    const double beta = 0.8;
    const Vector exact = moments_by_quadrature(potential, beta, 0.05);
    support::expect_close(moments_by_quadrature(potential, beta, 0.1), exact, 1e-8, "quadrature");
    expect_moments(Hamiltonian{}, ByHand(potential, beta), exact, 5000, 500, 1, "Hamiltonian");
    expect_moments(Hamiltonian{}, Automatic(with_state_autodiff(QuarticChain{}), beta), exact, 3000, 500, 1,
                   "Hamiltonian, automatic gradient");
    expect_moments(RandomWalk{}, ByHand(potential, beta), exact, 6000, 1000, 10, "random walk");
}

/// Steps so long that many trajectories are refused, and metrics far from the target's.
TEST(ContinuousKernels, CrudeSettingsAreExactToo) {
    const QuarticChainByHand potential;
    const Vector exact = moments_by_quadrature(potential, 0.8, 0.05);
    expect_moments(Hamiltonian{.path = 1.0, .target_accept = 0.4}, ByHand(potential, 0.8), exact, 5000, 500,
                   4, "Hamiltonian, low acceptance");
    expect_moments(Hamiltonian{.path = 3.0, .max_steps = 3}, ByHand(potential, 0.8), exact, 5000, 500, 1,
                   "Hamiltonian, three steps");
    expect_moments(RandomWalk{.step = 3.0}, ByHand(potential, 0.8), exact, 5000, 0, 40,
                   "random walk without warm-up");
}

TEST(StateAutoDiff, EqualsTheGradientByHand) {
    auto rng = test_rng(350);
    std::normal_distribution<double> normal;
    const QuarticChainByHand potential;
    const auto automatic = with_state_autodiff(QuarticChain{});
    for (int k = 0; k < 100; ++k) {
        const Vector x{{2.0 * normal(rng), 2.0 * normal(rng)}};
        support::expect_close(automatic.energy_gradient(x), potential.energy_gradient(x), 1e-12);
        support::expect_close(ByHand(potential, 0.7).log_density_gradient(x),
                              Vector(-0.7 * potential.energy_gradient(x)), 1e-12);
    }
}

/// Share of moves that are accepted, after `warm_up` moves of tuning.
template <class Kernel, class T>
double acceptance(const Kernel& kernel, const T& target, int warm_up, std::uint32_t index) {
    auto rng = make_stream(test_seed(), Purpose::check, index);
    detail::KernelRun<Kernel, T> run(kernel, target);
    typename Kernel::State state{};
    Vector X = target.space().random(rng);
    for (int k = 0; k < warm_up; ++k) run.warm_up(X, state, rng);
    int accepted = 0;
    constexpr int moves = 4000;
    for (int k = 0; k < moves; ++k) {
        const Vector before = X;
        run.advance(X, state, rng);
        accepted += X != before;
    }
    return static_cast<double>(accepted) / moves;
}

/// Mean over 10 chains: of one chain, the tuned step is known to some 20 % only. Acceptance falls faster for
/// long steps than it rises for short ones, so that the mean step of the tuning errs on the side of more.
template <class Kernel, class T>
void expect_acceptance(const Kernel& kernel, const T& target, int warm_up, double tolerance,
                       const std::string& what) {
    double mean = 0.0;
    for (std::uint32_t k = 0; k < 10; ++k) mean += acceptance(kernel, target, warm_up, k) / 10.0;
    EXPECT_GT(mean, kernel.target_accept - tolerance) << what << ", warm-up of " << warm_up;
    EXPECT_LT(mean, kernel.target_accept + 2.0 * tolerance) << what << ", warm-up of " << warm_up;
}

TEST(WarmUp, TunesTheAcceptance) {
    // Coordinates on very different scales: the metric is tuned, too.
    Matrix K = Matrix::Zero(3, 3);
    K(0, 0) = 1e-4;
    K(1, 1) = 1.0;
    K(2, 2) = 1e4;
    const GaussianChain stretched(gaussian::FineChain(K, 1), 1.0);
    const ByHand quartic(QuarticChainByHand{}, 0.8);
    for (const double target_accept : {0.65, 0.8}) {
        const Hamiltonian kernel{.target_accept = target_accept};
        expect_acceptance(kernel, gaussian_chain(), 1000, 0.12, "Hamiltonian, Gaussian");
        expect_acceptance(kernel, quartic, 1000, 0.12, "Hamiltonian, quartic");
        expect_acceptance(kernel, quartic, MonteCarloSettings{}.warm_up, 0.15, "Hamiltonian, quartic");
        expect_acceptance(kernel, gaussian_chain(), MonteCarloSettings{}.warm_up, 0.15,
                          "Hamiltonian, Gaussian");
    }
    for (const double target_accept : {0.2, 0.4}) {
        const RandomWalk kernel{.target_accept = target_accept};
        expect_acceptance(kernel, gaussian_chain(), 2000, 0.08, "random walk, Gaussian");
        expect_acceptance(kernel, quartic, 2000, 0.08, "random walk, quartic");
        expect_acceptance(kernel, stretched, 10000, 0.1, "random walk, stretched");
    }
}

TEST(WarmUp, OnlyThereKernelsTune) {
    const auto target = gaussian_chain();
    auto rng = make_stream(test_seed(), Purpose::check);
    Vector X = target.space().random(rng);
    detail::KernelRun<RandomWalk, GaussianChain> walk(RandomWalk{}, target);
    RandomWalk::State w;
    for (int k = 0; k < 100; ++k) walk.warm_up(X, w, rng);
    const auto step = w.log_step;
    const Vector sd = w.sd;
    for (int k = 0; k < 100; ++k) walk.advance(X, w, rng);
    EXPECT_EQ(w.log_step, step);
    EXPECT_EQ(w.sd, sd);
    detail::KernelRun<Hamiltonian, GaussianChain> hmc(Hamiltonian{}, target);
    Hamiltonian::State h;
    for (int k = 0; k < 120; ++k) hmc.warm_up(X, h, rng);
    const auto mean_step = h.log_step_mean;
    const Vector variance = h.variance;
    for (int k = 0; k < 100; ++k) hmc.advance(X, h, rng);
    EXPECT_EQ(h.log_step_mean, mean_step);
    EXPECT_EQ(h.variance, variance);
}

TEST(MonteCarloEngine, TunesContinuousKernels) {
    const auto target = gaussian_chain();
    const Vector exact = gaussian_moments(target);
    const auto check = [&](const auto& kernel, Index thinning, const std::string& what) {
        using Engine = MonteCarlo<std::remove_cvref_t<decltype(kernel)>>;
        const Engine engine(kernel, {.samples = 4000, .warm_up = 500, .thinning = thinning});
        typename Engine::template State<GaussianChain> chains;
        for (std::uint32_t call = 0; call < 2; ++call) {
            const Moments m =
                engine.expect(target, FirstAndSecond{6}, chains, {test_seed(), Purpose::check, 0, call});
            for (Index k = 0; k < exact.size(); ++k)
                expect_z(m.mean[k], exact[k], room * m.standard_error[k], what + " " + std::to_string(k));
        }
    };
    check(Hamiltonian{}, 1, "Hamiltonian");
    check(RandomWalk{}, 20, "random walk");
}

}  // namespace
}  // namespace continuous_kernels_test
