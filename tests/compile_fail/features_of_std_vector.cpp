// expect: predcg: features(X) and parameter_gradient(X, theta) return a column vector of doubles
#include <predcg/engines/enumeration.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>

using namespace predcg;
using Spins = std::vector<ising::Spin>;

struct Potential {
    ising::SpinSpace<> space() const { return ising::spin_space(2); }
    Index parameter_count() const { return 1; }
#ifdef PREDCG_TWIN
    Vector features(const Spins& X) const { return Vector::Constant(1, X[0]); }
#else
    std::vector<double> features(const Spins& X) const { return {static_cast<double>(X[0])}; }
#endif
};

int main() {
    EMCoarseGrainer grainer{SamplesOnly<Spins>{}, Potential{}, ising::bernoulli_map(), Enumeration{}};
}
