// What a full posterior costs, and how many draws its draws are worth: processor time, the least bulk and
// tail effective sample size of a parameter a draw, and how many posteriors are reliable. docs/validation.md
// has what it prints.
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/block_maps.hpp>
#include <predcg/models/ising/chain.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/posterior/full_posterior.hpp>
#include <predcg/predcg.hpp>
#include <predcg/predict/fine_scale.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <vector>

namespace {

using namespace predcg;
using Spins = std::vector<ising::Spin>;

double processor_milliseconds() {
    return 1e3 * static_cast<double>(std::clock()) / static_cast<double>(CLOCKS_PER_SEC);
}

struct Fine {
    ising::FineChainSettings chain;
    double beta = 1.0;
};

/// A row: means over data sets with seeds 1 to `sets`.
template <class Map>
void show(const char* title, const Fine& fine, const Map& map, Index samples, Index draws, int sets) {
    double milliseconds = 0.0, bulk = 0.0, tail = 0.0;
    int reliable = 0;
    for (int set = 1; set <= sets; ++set) {
        const auto seed = static_cast<std::uint64_t>(set);
        const EMCoarseGrainer grainer{
            SamplesOnly<Spins>{},
            ising::coarse_chain(
                {.sites = fine.chain.sites / 2, .linear = true, .pair_range = 1, .field = fine.chain.field}),
            map,
            TransferMatrix{},
            Newton{},
            weak_prior(map)};
        const auto prepared = grainer.prepare(
            generate(ising::chain(fine.chain), {.beta = fine.beta, .samples = samples, .seed = seed}),
            fine.beta);
        const auto fit = grainer.fit_prepared(prepared, {.seed = seed});
        const double begin = processor_milliseconds();
        const auto posterior = full_posterior(grainer, prepared, fit, {.draws = draws, .seed = seed});
        milliseconds += processor_milliseconds() - begin;
        double least_bulk = 1e300, least_tail = 1e300;
        for (const auto& parameter : posterior.diagnostics) {
            least_bulk = std::min(least_bulk, parameter.ess_bulk);
            least_tail = std::min(least_tail, parameter.ess_tail);
        }
        bulk += least_bulk / static_cast<double>(draws);
        tail += least_tail / static_cast<double>(draws);
        reliable += posterior.reliable ? 1 : 0;
    }
    std::printf("| %s | %.0f | %.2f | %.2f | %d of %d |\n", title, milliseconds / sets, bulk / sets,
                tail / sets, reliable, sets);
    std::fflush(stdout);
}

}  // namespace

int main() {
    std::printf("| posterior | milliseconds | bulk | tail | reliable |\n|---|---|---|---|---|\n");
    const auto long_chain = [](double field) {
        return Fine{{.strength = 1.5, .range = 10, .field = field}, 0.3};
    };
    const auto bernoulli = ising::bernoulli_map({.level = 2});
    const auto link = ising::link_map({.level = 2});
    show("10 data of 32 spins, field 0.5", long_chain(0.5), bernoulli, 10, 4000, 12);
    show("20 data", long_chain(0.5), bernoulli, 20, 4000, 12);
    show("50 data", long_chain(0.5), bernoulli, 50, 4000, 12);
    show("20 data, field 0", long_chain(0.0), bernoulli, 20, 4000, 12);
    show("50 data, field 2.1", long_chain(2.1), bernoulli, 50, 4000, 12);
    show("link map, S1, 50 data", {{.sites = 32, .field = 0.3}, 0.3}, link, 50, 1000, 12);
    show("link map, S2, 50 data", {{.sites = 32}, 1.0}, link, 50, 1000, 12);
}
