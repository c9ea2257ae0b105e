#include "model/decimation_flow.hpp"

#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/models/ising/block_maps.hpp>
#include <predcg/models/ising/coarse_chain.hpp>

#include <cmath>
#include <utility>

namespace cli {

using namespace predcg;

namespace {

/// Of two sites of the level below, one is kept.
auto halved(Index sites) {
    const auto map = ising::decimation_map({.level = 2});
    return EMCoarseGrainer{SamplesOnly<Configuration>{},
                           ising::coarse_chain({.sites = sites, .pair_range = 1}),
                           map,
                           TransferMatrix{},
                           Newton{},
                           weak_prior(map)};
}

}  // namespace

Flow decimation_flow(const Configurations& data, double beta, RenormaliseSettings settings) {
    const auto sites = static_cast<Index>(data.front().size());
    const Hierarchy hierarchy{halved(sites / 2), halved(sites / 4), halved(sites / 8), halved(sites / 16)};
    settings.hierarchy.fit.beta = beta;
    return renormalise(hierarchy, data, settings);
}

std::vector<double> exact_flow(double coupling) {
    std::vector<double> flow;
    for (Index k = 0; k < flow_levels; ++k) {
        // ln cosh 2K without the overflow of cosh.
        const double twice = 2.0 * std::abs(coupling);
        coupling = 0.5 * (twice + std::log1p(std::exp(-2.0 * twice)) - std::log(2.0));
        flow.push_back(coupling);
    }
    return flow;
}

}  // namespace cli
