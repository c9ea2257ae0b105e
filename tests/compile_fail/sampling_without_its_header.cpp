// expect: predcg: a fit with an engine that samples needs #include <predcg/monte_carlo.hpp>
#include <predcg/engines/monte_carlo.hpp>
#include <predcg/kernels/single_site.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/optimize/robbins_monro.hpp>
#ifdef PREDCG_TWIN
#include <predcg/monte_carlo.hpp>
#endif

using namespace predcg;
using Spins = std::vector<ising::Spin>;

int main() {
    EMCoarseGrainer grainer{SamplesOnly<Spins>{}, ising::coarse_chain({.sites = 2}), ising::bernoulli_map(),
                            MonteCarlo(HeatBath{}), RobbinsMonro{}};
    (void)grainer.fit(std::vector<Spins>{}, {.beta = 1.0});
}
