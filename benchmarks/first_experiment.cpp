// The study's first experiment: 50 data of 32 spins, two to a coarse spin, {pair_1}, mu = 0.3, beta = 1, by
// Monte Carlo EM and by exact EM, beside a textbook program and a limit written by hand for these sizes.
#include "support/first_experiment.hpp"

#include "support/benchmark.hpp"

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

constexpr double field = 0.3, beta = 1.0;
constexpr Index iterations = 200;

/// A fit of the data with models whose sizes are known at run time, or at compile time.
template <bool is_static, class Engine, class Climb>
auto fit_with(const Engine& engine, const Climb& climb, const FitSettings& settings) {
    const auto run = [&](const auto& fine, const auto& coarse, const auto& map) {
        const EMCoarseGrainer grainer{fine, coarse, map, engine, climb};
        auto prepared = grainer.prepare(generate(fine, {.beta = beta, .samples = 50, .seed = 1}), beta);
        return [=] { return grainer.fit_prepared(prepared, settings); };
    };
    if constexpr (is_static)
        return run(ising::chain<32>({.field = field}),
                   ising::coarse_chain<16, ising::StaticTerms<false, 1>>({.field = field}),
                   ising::bernoulli_map<32, 16>());
    else
        return run(ising::chain({.field = field}),
                   ising::coarse_chain({.sites = 16, .pair_range = 1, .field = field}),
                   ising::bernoulli_map({.level = 2}));
}

/// 200 iterations of one sweep a sample, 50 samples a datum and 200 of p_c; no more iterations and no less.
template <bool is_static, class Kernel>
auto sampled(const Kernel& kernel, bool side_by_side) {
    const auto engine = [&](Index samples) {  // of one chain, or one of each chain
        return MonteCarlo(kernel, {.samples = samples,
                                   .chains = side_by_side ? samples : 1,
                                   .warm_up = 0,  // as in the textbook program
                                   .refresh = side_by_side ? 0 : 5,
                                   .standard_errors = false});
    };
    FitSettings settings{.iterations = iterations};
    settings.stochastic.minimum_iterations = iterations;
    const RobbinsMonro climb;
    return fit_with<is_static>(EngineRoles{engine(50), engine(200)}, climb, settings);
}

bench::Data data_of_ints() {
    bench::Data data;
    for (const auto& x : generate(ising::chain({.field = field}), {.beta = beta, .samples = 50, .seed = 1}))
        data.emplace_back(x.begin(), x.end());
    return data;
}

/// Prints what a member finds, and adds it.
template <class Fit>
void add(const std::string& group, const char* name, const Fit& fit) {
    const auto found = fit();
    if constexpr (requires { found.map; })
        std::fprintf(stderr, "%-36s pair_1 %.4f  theta_cf %.4f\n", name, found["pair_1"],
                     found.map.theta_cf(found.parameters.eta));
    else
        std::fprintf(stderr, "%-36s pair_1 %.4f  theta_cf %.4f\n", name, found.pair, found.theta_cf);
    bench::add(group, name, fit);
}

}  // namespace

int main(int argc, char** argv) {
    const bench::Data data = data_of_ints();
    const std::string sampling = "Monte Carlo EM, 200 iterations", exact = "exact EM";
    add(sampling, "textbook, -O2", [=] { return bench::textbook_O2(data, field); });
    add(sampling, "textbook, -O3 -march=native", [=] { return bench::textbook_native(data, field); });
    add(sampling, "Metropolis, a chain a datum", sampled<false>(Metropolis{SweepOrder::sequential}, false));
    add(sampling, "heat bath, a chain a datum", sampled<false>(HeatBath{}, false));
    add(sampling, "sizes at run time", sampled<false>(HeatBath{}, true));
    add(sampling, "sizes at compile time", sampled<true>(HeatBath{}, true));
#ifdef PREDCG_BENCHMARK_LIMIT
    add(sampling, "limit", [=] { return bench::limit_monte_carlo_em(data, field); });
    add(exact, "limit", [=] { return bench::limit_exact_em(data, field); });
#endif
    const TransferMatrix engine;
    add(exact, "one start", fit_with<false>(engine, Newton{}, {.starts = 1}));
    add(exact, "one start, sizes at compile time", fit_with<true>(engine, Newton{}, {.starts = 1}));
    add(exact, "default starts", fit_with<false>(engine, Newton{}, {}));
    return bench::run(argc, argv);
}
