// expect: predcg: a member of the coarse potential is not const
#include <predcg/engines/enumeration.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>

using namespace predcg;
using Spins = std::vector<ising::Spin>;
#ifdef PREDCG_TWIN
#define CONST const
#else
#define CONST
#endif

struct Potential {
    ising::SpinSpace<> space() const { return ising::spin_space(2); }
    Index parameter_count() const { return 1; }
    Vector features(const Spins& X) CONST { return Vector::Constant(1, X[0]); }
};

int main() {
    EMCoarseGrainer grainer{SamplesOnly<Spins>{}, Potential{}, ising::bernoulli_map(), Enumeration{}};
}
