// Monte Carlo EM against a textbook program and against exact EM: 32 fine spins, two to a coarse spin,
// {linear, pair_1}, 50 data; S_q = 50 samples for each datum and S_c = 200 of p_c in each of 100 iterations.
#include "support/ratio_report.hpp"
#include "support/textbook_em.hpp"

#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/chain.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/monte_carlo.hpp>
#include <predcg/predict/fine_scale.hpp>

#include <cstdio>
#include <string>

namespace {

using namespace predcg;

constexpr Index iterations = 100;
constexpr double field = 0.3, beta = 0.3;

/// A fit of the same data with models whose sizes are known at run time, or at compile time.
template <bool is_static, class Engine, class Optimizer>
auto fit_with(const Engine& engine, const Optimizer& optimizer, const FitSettings& settings) {
    const auto run = [&](const auto& fine, const auto& coarse, const auto& map) {
        const EMCoarseGrainer grainer{fine, coarse, map, engine, optimizer};
        auto prepared = grainer.prepare(generate(fine, {.beta = beta, .samples = 50, .seed = 1}), beta);
        return [=] { return grainer.fit_prepared(prepared, settings); };
    };
    if constexpr (is_static)
        return run(ising::chain<32>({.field = field}),
                   ising::coarse_chain<16, ising::StaticTerms<true, 1>>({.field = field}),
                   ising::bernoulli_map<32, 16>());
    else
        return run(ising::chain({.field = field}),
                   ising::coarse_chain({.sites = 16, .linear = true, .pair_range = 1, .field = field}),
                   ising::bernoulli_map({.level = 2}));
}

/// `iterations` iterations with a kernel, no more and no less.
template <bool is_static, class Kernel>
auto sampled(const Kernel& kernel, bool side_by_side = false) {
    const auto engine =
        [&](Index samples) {  // of one chain, or one of each chain; all with one sweep a sample
            return MonteCarlo(kernel, {.samples = samples,
                                       .chains = side_by_side ? samples : 1,
                                       .refresh = side_by_side ? 0 : 5,
                                       .standard_errors = false});
        };
    const EngineRoles engines{engine(50), engine(200)};
    FitSettings settings{.iterations = iterations};
    settings.stochastic.minimum_iterations = iterations + 1;
    return fit_with<is_static>(engines, RobbinsMonro{}, settings);
}

std::vector<std::vector<int>> data_of_ints() {
    std::vector<std::vector<int>> data;
    for (const auto& x : generate(ising::chain({.field = field}), {.beta = beta, .samples = 50, .seed = 1}))
        data.emplace_back(x.begin(), x.end());
    return data;
}

/// Prints what a member finds, and adds it.
template <class Fit>
void add(const char* name, const Fit& fit) {
    const auto found = fit();
    std::printf("%-46s", name);
    if constexpr (requires { found.map; })
        std::printf("linear %.3f  pair_1 %.3f  theta_cf %.4f\n", found["linear"], found["pair_1"],
                    found.map.theta_cf(found.parameters.eta));
    else
        std::printf("linear %.3f  pair_1 %.3f  theta_cf %.4f\n", found.linear, found.pair, found.theta_cf);
    bench::add("fit, Monte Carlo EM of 100 iterations", name, fit);
}

}  // namespace

int main(int argc, char** argv) {
    add("textbook, Metropolis",
        [data = data_of_ints()] { return bench::TextbookEM(data, 2, beta, field, 1).fit(iterations); });
    const Metropolis metropolis{SweepOrder::sequential};
    add("MonteCarlo, Metropolis", sampled<false>(metropolis));
    add("MonteCarlo, Metropolis, sizes at compile time", sampled<true>(metropolis));
    add("MonteCarlo, heat bath", sampled<false>(HeatBath{}));
    add("MonteCarlo, heat bath, sizes at compile time", sampled<true>(HeatBath{}));
    add("MonteCarlo, heat bath, chains side by side", sampled<false>(HeatBath{}, true));
    add("MonteCarlo, the same, sizes at compile time", sampled<true>(HeatBath{}, true));
    add("MonteCarlo, Metropolis, chains side by side", sampled<false>(Metropolis{}, true));
    add("TransferMatrix, exact EM to convergence",
        fit_with<false>(TransferMatrix{}, Newton{}, FitSettings{.starts = 1}));
    return bench::run(argc, argv);
}
