// expect: predcg: the map's fine_type is not the fine model's configuration type
#include <predcg/engines/enumeration.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/coarse_chain.hpp>

using namespace predcg;
using Spins = std::vector<ising::Spin>;

#ifdef PREDCG_TWIN
using Configuration = Spins;
#else
using Configuration = std::vector<double>;
#endif

int main() {
    EMCoarseGrainer grainer{SamplesOnly<Configuration>{}, ising::coarse_chain({.sites = 2}),
                            ising::bernoulli_map(), Enumeration{}};
}
