// expect: predcg: Hamiltonian needs the gradient of the target in X
#include <predcg/engines/monte_carlo.hpp>
#include <predcg/kernels/hamiltonian.hpp>

using namespace predcg;

struct Well {
    RealSpace<> space() const { return RealSpace<>(2); }
    double log_density(const Vector& X) const { return -0.5 * X.squaredNorm(); }
#ifdef PREDCG_TWIN
    Vector log_density_gradient(const Vector& X) const { return -X; }
#endif
};

Vector drawn() {
    Philox4x32 rng = make_stream(1, Purpose::predict);
    return MonteCarlo(Hamiltonian{}).chain_sampler(Well{}).draw(rng);
}
