// expect: predcg: an energy of the coarse potential is an integer
#include <predcg/engines/enumeration.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>

using namespace predcg;
using Spins = std::vector<ising::Spin>;
#ifdef PREDCG_TWIN
using Energy = double;
#else
using Energy = int;
#endif

struct Potential {
    ising::SpinSpace<> space() const { return ising::spin_space(2); }
    Index parameter_count() const { return 1; }
    Vector features(const Spins& X) const { return Vector::Constant(1, X[0]); }
    Energy energy_difference(const Spins& X, Index i, ising::Spin v, const Vector& theta) const {
        return i == 0 ? static_cast<Energy>(theta[0] * (v - X[0])) : 0;
    }
};

int main() {
    EMCoarseGrainer grainer{SamplesOnly<Spins>{}, Potential{}, ising::bernoulli_map(), Enumeration{}};
}
