// expect: predcg: a divergence needs log Z of p_c
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/models/ising/chain.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/models/ising/majority_map.hpp>
#include <predcg/monte_carlo.hpp>
#include <predcg/relative_entropy.hpp>

using namespace predcg;

int main() {
#ifdef PREDCG_TWIN
    const RelativeEntropy learn{ising::coarse_chain({.sites = 2}), ising::majority_map({.level = 2}),
                                TransferMatrix{}, Newton{}};
#else
    const RelativeEntropy learn{ising::coarse_chain({.sites = 2}), ising::majority_map({.level = 2}),
                                MonteCarlo(HeatBath{}), StochasticNewton{}};
#endif
    const auto fine = ising::chain({.sites = 4});
    (void)relative_entropy_of(fine, learn.fit(std::vector<std::vector<ising::Spin>>{}));
}
