// expect: predcg: the engine cannot take expectations under q(X|x) of this potential and map
#include <predcg/engines/enumeration.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/coarse_chain.hpp>

using namespace predcg;
using Spins = std::vector<ising::Spin>;
#include <predcg/engines/transfer_matrix.hpp>

// No window(): not a chain, as far as an engine can tell.
struct Potential {
    ising::SpinSpace<> space() const { return ising::spin_space(2); }
    Index parameter_count() const { return 1; }
    Vector features(const Spins& X) const { return Vector::Constant(1, X[0]); }
};

int main() {
#ifdef PREDCG_TWIN
    const Enumeration engine;
#else
    const TransferMatrix engine;
#endif
    EMCoarseGrainer grainer{SamplesOnly<Spins>{}, Potential{}, ising::bernoulli_map(), engine};
}
