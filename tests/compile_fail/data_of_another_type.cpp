// expect: predcg: the data are no range of the map's fine_type
#include <predcg/predcg.hpp>

using namespace predcg;
using Spins = std::vector<ising::Spin>;

int main() {
    const EMCoarseGrainer grainer{SamplesOnly<Spins>{}, ising::coarse_chain({.sites = 2}),
                                  ising::bernoulli_map(), Enumeration{}};
#ifdef PREDCG_TWIN
    const std::vector<Spins> data(3, Spins(4, 1));
#else
    const Spins data(4, 1);  // one configuration
#endif
    grainer.fit(data, {.beta = 1.0});
}
