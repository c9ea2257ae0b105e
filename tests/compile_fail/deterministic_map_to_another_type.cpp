// expect: predcg: the deterministic map needs fine_type, coarse_type, and operator()(x)
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/relative_entropy/relative_entropy.hpp>

using namespace predcg;
using Spins = std::vector<ising::Spin>;

struct FirstSpins {
    using fine_type = Spins;
    using coarse_type = Spins;
#ifdef PREDCG_TWIN
    Spins operator()(const Spins& x) const { return {x[0], x[2]}; }
#else
    std::vector<int> operator()(const Spins& x) const { return {x[0], x[2]}; }
#endif
};

int main() {
    RelativeEntropy minimiser{ising::coarse_chain({.sites = 2}), FirstSpins{}, TransferMatrix{}};
    (void)minimiser.coarse();
}
