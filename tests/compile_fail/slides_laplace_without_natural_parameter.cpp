// expect: predcg: the slides' Laplace is normal in the map's natural parameter
#include <predcg/engines/enumeration.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/posterior/laplace.hpp>
#include <tiny_models.hpp>

using namespace predcg;

struct Map : tiny::Noise {
#ifdef PREDCG_TWIN
    NaturalParameter natural(Index, double eta) const { return {eta, 1.0, 0.0}; }
    double unconstrained(Index, double value) const { return value; }
    std::vector<std::string> natural_names() const { return {}; }
#endif
};

void approximate(const Estimate& fit, const std::vector<tiny::Spins>& data) {
    EMCoarseGrainer grainer{SamplesOnly<tiny::Spins>{}, tiny::Field{}, Map{}, Enumeration{}};
    (void)laplace_slides(grainer, data, fit);
}
