// What a second thread gains, by the clock, and what a loop on several threads costs. Other work on the
// machine's processors shows here as lost gain.
#include "support/benchmark.hpp"

#include <predcg/core/parallel.hpp>
#include <predcg/judge/simulation_based.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/chain.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/models/ising/observables.hpp>
#include <predcg/monte_carlo.hpp>
#include <predcg/posterior.hpp>
#include <predcg/predict/fine_scale.hpp>
#include <predcg/predict/predict.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace {

using namespace predcg;
using Spins = std::vector<ising::Spin>;

template <class Engine, class Climb>
auto grainer_of(Index coarse_sites, const Engine& engine, const Climb& climb) {
    return EMCoarseGrainer{SamplesOnly<Spins>{},
                           ising::coarse_chain({.sites = coarse_sites, .linear = true, .pair_range = 1}),
                           ising::bernoulli_map({.level = 2}),
                           engine,
                           climb,
                           weak_prior()};
}

auto data_of(Index sites, Index samples) {
    return generate(ising::chain({.sites = sites, .field = 0.3}), {.beta = 0.6, .samples = samples});
}

/// On one thread, and on two; both by the clock.
template <class Body>
void add_both(const std::string& work, Body body) {
    bench::add(work, "one thread", body, 1);
    bench::add(work, "two threads", body, 2);
}

/// Keeps a thread busy.
void spin(double microseconds) {
    using Clock = std::chrono::steady_clock;
    const auto end = Clock::now() + std::chrono::nanoseconds(static_cast<long>(1e3 * microseconds));
    while (Clock::now() < end) {
    }
}

}  // namespace

int main(int argc, char** argv) {
    for (const double microseconds : {5.0, 20.0, 100.0})
        add_both("a loop of four items of " + std::to_string(static_cast<int>(microseconds)) + " us", [=] {
            parallel_for(4, [&](Index) { spin(microseconds); });
            return 0;
        });

    const Parameters at{Vector{{0.2, 0.6}}, Vector::Ones(1)};
    const auto exact = grainer_of(32, TransferMatrix{}, Newton{});
    const auto many = exact.prepare(data_of(64, bench::size(10000, 1000)), 0.6);
    add_both("E-step, 10000 data of 64 sites", [=] {
        const auto problem = exact.problem(many);
        auto state = problem.state(at);
        return problem.expect(state);
    });

    const auto heat_bath = [](Index chains) {
        return MonteCarlo(HeatBath{}, {.samples = 100, .chains = chains, .standard_errors = false});
    };
    const auto sampled = [&](const std::string& work, Index chains) {
        const auto grainer = grainer_of(16, heat_bath(chains), StochasticNewton{});
        const auto data = grainer.prepare(data_of(32, bench::size(1000, 50)), 0.6);
        add_both(work, [=] { return grainer.fit_prepared(data, {.iterations = 20}); });
    };
    sampled("Monte Carlo EM, 1000 data of 32 sites, a chain each", 1);
    sampled("Monte Carlo EM, 1000 data of 32 sites, 50 chains each", 50);

    const auto small = grainer_of(8, TransferMatrix{}, Newton{});
    const auto few = small.prepare(data_of(16, 50), 0.6);
    const auto fit = small.fit_prepared(few);
    add_both("full posterior, 1000 draws of 4 chains",
             [=] { return full_posterior(small, few, fit, {.draws = 1000, .chains = 4}); });
    const auto posterior = full_posterior(small, few, fit, {.draws = 1000, .chains = 4});
    add_both("credible interval of m, 1000 draws",
             [=] { return predict(posterior, ising::Magnetization{}); });
    add_both("simulation-based calibration, 8 replicates", [=] {
        return simulation_based_calibration(
            small, {.beta = 0.6, .data = 10, .replicates = 8, .ranked_draws = 9, .bins = 10},
            [](const auto& learner, const auto& data, std::uint64_t seed) {
                return full_posterior(learner, data, learner.fit_prepared(data),
                                      {.draws = 100, .warm_up = 100, .seed = seed});
            },
            checked("m", ising::Magnetization{}));
    });
    return bench::run(argc, argv);
}
