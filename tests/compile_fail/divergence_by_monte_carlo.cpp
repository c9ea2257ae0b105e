// expect: predcg: a divergence needs log Z of p_c
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/chain.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/monte_carlo.hpp>
#include <predcg/relative_entropy/divergence.hpp>

using namespace predcg;

int main() {
#ifdef PREDCG_TWIN
    const EngineRoles engine{TransferMatrix{}, TransferMatrix{}};
#else
    const EngineRoles engine{MonteCarlo(HeatBath{}), TransferMatrix{}};  // p_c alone is not enough
#endif
    const Fit fit(Estimate{}, ising::coarse_chain({.sites = 2}), ising::bernoulli_map(), engine);
    (void)divergence(ising::chain({.sites = 4}), fit);
}
