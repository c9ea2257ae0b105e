// expect: predcg: a reconstruction is a probabilistic map, or a function f(X, rng) -> x
#include <predcg/engines/enumeration.hpp>
#include <predcg/models/ising/majority_map.hpp>
#include <predcg/relative_entropy/relative_entropy_fit.hpp>
#include <tiny_models.hpp>

using namespace predcg;

void go_back(const RelativeEntropyFit<tiny::Field, ising::MajorityMap<>, Enumeration>& fit) {
#ifdef PREDCG_TWIN
    (void)fit.reconstructed([](const tiny::Spins& X, auto&) { return X; });
#else
    (void)fit.reconstructed([](const tiny::Spins& X, auto&) { return X[0]; });
#endif
}
