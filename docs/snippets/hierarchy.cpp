#include <predcg/hierarchy/renormalise.hpp>
#include <predcg/models/ising/block_maps.hpp>
#include <predcg/predcg.hpp>

#include <iostream>

using namespace predcg;

auto level(Index sites) {  // of two sites of the level below, one is kept
    const auto map = ising::decimation_map({.level = 2});
    return EMCoarseGrainer{SamplesOnly<std::vector<ising::Spin>>{},
                           ising::coarse_chain({.sites = sites, .pair_range = 1}),
                           map,
                           TransferMatrix{},
                           Newton{},
                           weak_prior(map)};
}

int main() {
    const auto data = generate(ising::chain({.sites = 64}), {.beta = 1.0, .samples = 1000, .seed = 3});
    const Hierarchy hierarchy{level(32), level(16), level(8)};
    for (const NextLevel next : {NextLevel::anchored, NextLevel::distilled}) {
        const Flow flow = renormalise(hierarchy, data, {.hierarchy = {.next = next}});
        for (const FlowLevel& at : flow.levels)
            std::cout << at.sites << " sites: K = " << at.couplings[0] << " +- " << at.sd[0] << '\n';
    }
    const auto fit = hierarchy.fit(data);
    std::cout << "R_2 = " << predict(fit.model(), ising::Correlation{Boundary::periodic}).mean[2] << '\n';
    return 0;
}
