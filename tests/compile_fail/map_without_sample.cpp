// expect: predcg: the map needs fine_type, coarse_type, parameter_count(), likelihood(x, eta)
#include <predcg/engines/enumeration.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/coarse_chain.hpp>

using namespace predcg;
using Spins = std::vector<ising::Spin>;

struct NoInfluence {
    double log_density(const Spins&) const { return 0.0; }
};
struct Map {
    using fine_type = Spins;
    using coarse_type = Spins;
    Index parameter_count() const { return 0; }
    NoInfluence likelihood(const Spins&, const Vector&) const { return {}; }
#ifdef PREDCG_TWIN
    template <class R>
    Spins sample(const Spins& X, const Vector&, R&) const {
        return X;
    }
#endif
};

int main() {
    EMCoarseGrainer grainer{SamplesOnly<Spins>{}, ising::coarse_chain({.sites = 2}), Map{}, Enumeration{}};
}
