// expect: predcg: the fine model needs space() and energy(x) -> double
#include <predcg/engines/enumeration.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/coarse_chain.hpp>

using namespace predcg;
using Spins = std::vector<ising::Spin>;

struct Fine {
    ising::SpinSpace<> space() const { return ising::spin_space(4); }
#ifdef PREDCG_TWIN
    double energy(const Spins&) const { return 0.0; }
#endif
};

int main() {
    EMCoarseGrainer grainer{Fine{}, ising::coarse_chain({.sites = 2}), ising::bernoulli_map(), Enumeration{}};
}
