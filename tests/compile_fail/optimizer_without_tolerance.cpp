// expect: predcg: the optimizer needs State, tolerance() and step
#include <predcg/engines/enumeration.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/coarse_chain.hpp>

using namespace predcg;
using Spins = std::vector<ising::Spin>;

struct Climber {
    struct State {};
#ifdef PREDCG_TWIN
    double tolerance() const { return 1e-9; }
#endif
    std::optional<Vector> step(State&, const Vector&, const Vector&, const Matrix&) const { return {}; }
};

int main() {
    EMCoarseGrainer grainer{SamplesOnly<Spins>{}, ising::coarse_chain({.sites = 2}), ising::bernoulli_map(),
                            Enumeration{}, Climber{}};
}
