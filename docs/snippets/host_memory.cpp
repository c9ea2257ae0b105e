// A fit of spins inside the structs of a simulation, which are not copied.
#include <predcg/core/strided.hpp>
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/coarse_chain.hpp>

#include <cstdint>
#include <cstdio>
#include <vector>

using namespace predcg;

// The host's.
struct Site {
    double field;
    std::int8_t spin;
};

int main() {
    std::vector<std::vector<Site>> host;  // 40 configurations of 24 sites
    unsigned bits = 1;
    for (int k = 0; k < 40; ++k) {
        host.emplace_back();
        std::int8_t spin = 1;
        for (int i = 0; i < 24; ++i) {
            bits = bits * 1664525u + 1013904223u;
            if ((bits >> 24) > 170) spin = static_cast<std::int8_t>(-spin);
            host.back().push_back({0.0, spin});
        }
    }
    const EMCoarseGrainer grainer{SamplesOnly<std::vector<std::int8_t>>{},
                                  ising::coarse_chain({.sites = 12, .pair_range = 1}),
                                  ising::bernoulli_map({.level = 2}),
                                  TransferMatrix{},
                                  Newton{},
                                  weak_prior()};
    std::vector<Strided<std::int8_t>> data;  // an address, a size and a stride for each
    for (const std::vector<Site>& x : host) data.push_back(strided(x, &Site::spin));
    const auto fit = grainer.fit(data, {.beta = 0.5});
    std::printf("%s: pair_1 %.3f\n", to_string(fit.status).data(), fit["pair_1"]);
    return fit.status == Status::converged ? 0 : 1;
}
