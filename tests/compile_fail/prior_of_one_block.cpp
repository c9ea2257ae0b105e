// expect: predcg: the prior needs blocks .coarse and .map
#include <predcg/engines/enumeration.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/coarse_chain.hpp>

using namespace predcg;
using Spins = std::vector<ising::Spin>;

int main() {
#ifdef PREDCG_TWIN
    const FlatPrior prior;
#else
    const Flat prior;  // a block, not a pair of blocks
#endif
    EMCoarseGrainer grainer{SamplesOnly<Spins>{},
                            ising::coarse_chain({.sites = 2}),
                            ising::bernoulli_map(),
                            Enumeration{},
                            Newton{},
                            prior};
}
