// expect: predcg: a level of a hierarchy is told to the next by independent draws
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/hierarchy/hierarchy.hpp>
#include <predcg/models/ising/block_maps.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/monte_carlo.hpp>

using namespace predcg;
using Spins = std::vector<ising::Spin>;

int main() {
#ifdef PREDCG_TWIN
    const EngineRoles engine{TransferMatrix{}, TransferMatrix{}};
#else
    const EngineRoles engine{MonteCarlo(HeatBath{}), TransferMatrix{}};
#endif
    const auto level = [&](Index sites) {
        return EMCoarseGrainer{SamplesOnly<Spins>{}, ising::coarse_chain({.sites = sites, .pair_range = 1}),
                               ising::logistic_map({.level = 2}), engine, StochasticNewton{}};
    };
    (void)Hierarchy{level(8), level(4)}.fit(std::vector<Spins>(2, Spins(16)), {});
}
