// expect: predcg: iterative Boltzmann inversion needs a coarse potential with features(X) and
#include <predcg/engines/enumeration.hpp>
#include <predcg/models/ising/majority_map.hpp>
#include <predcg/relative_entropy/relative_entropy.hpp>

using namespace predcg;
using Spins = std::vector<ising::Spin>;

struct Pair {
    ising::SpinSpace<> space() const { return ising::spin_space(2); }
    Index parameter_count() const { return 1; }
    Vector features(const Spins& X) const { return Vector::Constant(1, -X[0] * X[1]); }
#ifdef PREDCG_TWIN
    std::vector<TwoValuedTerms> two_valued_terms() const { return {{.feature = 0, .count = 1.0}}; }
#endif
};

int main() {
    RelativeEntropy minimiser{Pair{}, ising::majority_map(), Enumeration{}, IterativeBoltzmann{}};
    (void)minimiser.coarse();
}
