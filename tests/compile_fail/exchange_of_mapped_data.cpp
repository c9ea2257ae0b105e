// expect: predcg: exchange_posterior draws X given x from the density of x given X
#include <predcg/engines/enumeration.hpp>
#include <predcg/models/ising/majority_map.hpp>
#include <predcg/posterior/exchange.hpp>
#include <predcg/relative_entropy.hpp>
#include <tiny_models.hpp>

using namespace predcg;

void draw(const Estimate& fit, const std::vector<tiny::Spins>& data) {
#ifdef PREDCG_TWIN
    EMCoarseGrainer grainer{SamplesOnly<tiny::Spins>{}, tiny::Field{}, tiny::Noise{}, Enumeration{}};
#else
    RelativeEntropy grainer{tiny::Field{}, ising::majority_map({.level = 2}), Enumeration{}};
#endif
    (void)exchange_posterior(grainer, data, fit);
}
