// expect: predcg: a member of the map or of its likelihood is not const
#include <predcg/engines/enumeration.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/ising/coarse_chain.hpp>

using namespace predcg;
using Spins = std::vector<ising::Spin>;
#ifdef PREDCG_TWIN
#define CONST const
#else
#define CONST
#endif

struct Map {
    using fine_type = Spins;
    using coarse_type = Spins;
    struct Likelihood {
        Spins x;
        double log_density(const Spins& X) CONST { return x == X ? 0.0 : -1.0; }
    };
    Index parameter_count() const { return 0; }
    Likelihood likelihood(const Spins& x, const Vector&) const { return {x}; }
    Spins sample(const Spins& X, const Vector&, auto&) const { return X; }
};

int main() {
    EMCoarseGrainer grainer{SamplesOnly<Spins>{}, ising::coarse_chain({.sites = 2}), Map{}, Enumeration{}};
}
