// expect: predcg: a member of the fine model is not const
#include <predcg/engines/enumeration.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/coarse_chain.hpp>

using namespace predcg;
using Spins = std::vector<ising::Spin>;
#ifdef PREDCG_TWIN
#define CONST const
#else
#define CONST
#endif

struct Fine {
    ising::SpinSpace<> space() const { return ising::spin_space(4); }
    double energy(const Spins&) CONST { return 0.0; }
};

int main() {
    EMCoarseGrainer grainer{Fine{}, ising::coarse_chain({.sites = 2}), ising::bernoulli_map(), Enumeration{}};
}
