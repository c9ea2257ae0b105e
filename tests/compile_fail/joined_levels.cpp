// expect: predcg: joined takes two levels or more
// expect: predcg: where the lowest map says what X is, fit the levels above to that X
// expect: predcg: where an upper map says what X is, the greedy fit of a Hierarchy is the joint one
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/hierarchy/joined.hpp>
#include <predcg/models/ising/block_maps.hpp>
#include <predcg/models/ising/coarse_chain.hpp>

using namespace predcg;
using Spins = std::vector<ising::Spin>;

int main() {
    const auto level = [](const auto& map, Index sites) {
        return EMCoarseGrainer{SamplesOnly<Spins>{}, ising::coarse_chain({.sites = sites, .pair_range = 1}),
                               map, TransferMatrix{}};
    };
    const auto soft = ising::logistic_map({.level = 2});
#ifdef PREDCG_TWIN
    (void)joined(Hierarchy(level(soft, 4), level(soft, 2)), 1.0);
    (void)JoinedStep::of(soft);
#else
    const auto hard = ising::decimation_map({.level = 2});
    (void)joined(Hierarchy(level(soft, 4)), 1.0);
    (void)joined(Hierarchy(level(hard, 4), level(soft, 2)), 1.0);
    (void)JoinedStep::of(hard);
#endif
}
