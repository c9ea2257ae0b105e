// The flow of couplings of a fine Ising chain, K = 1 on 64 sites, by decimation over four levels: how often
// its intervals hold the exact couplings. A study, not a test: run once, its result stands in
// docs/validation.md.
//     validation_flow_coverage DATA SETS SEED
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/hierarchy/renormalise.hpp>
#include <predcg/models/ising/block_maps.hpp>
#include <predcg/models/ising/chain.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/predict/fine_scale.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>

using namespace predcg;

namespace {
auto level(Index sites) {
    const auto map = ising::decimation_map({.level = 2});
    return EMCoarseGrainer{SamplesOnly<std::vector<ising::Spin>>{},
                           ising::coarse_chain({.sites = sites, .pair_range = 1}),
                           map,
                           TransferMatrix{},
                           Newton{},
                           weak_prior(map)};
}
}  // namespace

int main(int count, char** words) {
    if (count != 4) {
        std::fputs("usage: validation_flow_coverage DATA SETS SEED\n", stderr);
        return 2;
    }
    const Index data = std::stol(words[1]), sets = std::stol(words[2]);
    const std::uint64_t seed = std::stoull(words[3]);
    const Hierarchy hierarchy{level(32), level(16), level(8), level(4)};
    const auto fine = ising::chain({.sites = 64});
    double K = 1.0, exact[4];
    for (double& coupling : exact) coupling = K = 0.5 * std::log(std::cosh(2.0 * K));
    std::printf("%-10s %6s %8s %8s %9s %9s %9s\n", "mode", "level", "exact", "inside", "mean sd", "spread",
                "largest z");
    for (const NextLevel next : {NextLevel::anchored, NextLevel::distilled}) {
        int inside[4] = {};
        double sum_sd[4] = {}, largest[4] = {};
        Matrix found(4, sets);
        for (Index s = 0; s < sets; ++s) {
            const auto samples =
                generate(fine, {.beta = 1.0, .samples = data, .seed = seed + static_cast<std::uint64_t>(s)},
                         TransferMatrix{});
            const Flow flow = renormalise(hierarchy, samples,
                                          {.hierarchy = {.fit = {.starts = 1}, .next = next}, .draws = 100});
            for (std::size_t k = 0; k < 4; ++k) {
                const FlowLevel& one = flow.levels[k];
                inside[k] += one.lower[0] <= exact[k] && exact[k] <= one.upper[0];
                sum_sd[k] += one.sd[0];
                largest[k] = std::max(largest[k], std::abs(one.couplings[0] - exact[k]) / one.sd[0]);
                found(static_cast<Index>(k), s) = one.couplings[0];
            }
        }
        for (std::size_t k = 0; k < 4; ++k) {
            const auto row = found.row(static_cast<Index>(k)).array();
            const double spread =
                std::sqrt((row - row.mean()).square().sum() / static_cast<double>(sets - 1));
            std::printf("%-10s %6zu %8.4f %8d %9.4f %9.4f %9.2f\n",
                        next == NextLevel::anchored ? "anchored" : "distilled", k + 1, exact[k], inside[k],
                        sum_sd[k] / static_cast<double>(sets), spread, largest[k]);
        }
    }
}
