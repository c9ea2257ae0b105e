// expect: predcg: the coarse potential cannot be learnt without derivatives
#include <predcg/engines/enumeration.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/coarse_chain.hpp>

using namespace predcg;
using Spins = std::vector<ising::Spin>;

struct Potential {
    ising::SpinSpace<> space() const { return ising::spin_space(2); }
    Index parameter_count() const { return 1; }
    double energy(const Spins& X, const Vector& theta) const { return theta[0] * X[0]; }
#ifdef PREDCG_TWIN
    Vector parameter_gradient(const Spins& X, const Vector&) const { return Vector::Constant(1, X[0]); }
#endif
};

int main() {
    EMCoarseGrainer grainer{SamplesOnly<Spins>{}, Potential{}, ising::bernoulli_map(), Enumeration{}};
}
