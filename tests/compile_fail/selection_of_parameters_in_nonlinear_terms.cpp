// expect: predcg: select_parameters drops terms of a potential linear in theta (features(X)), and
#include <predcg/engines/enumeration.hpp>
#include <predcg/judge/select_terms.hpp>
#include <predcg/maps/block_with_terms.hpp>
#include <predcg/models/ising/block_maps.hpp>
#include <tiny_models.hpp>

using namespace predcg;

#ifdef PREDCG_TWIN
using Potential = tiny::Field;
#else
using Potential = tiny::SquaredField;
#endif

void choose(const std::vector<tiny::Spins>& data) {
    EMCoarseGrainer grainer{SamplesOnly<tiny::Spins>{}, Potential{}, ising::logistic_map({.level = 2}),
                            Enumeration{}};
    (void)select_parameters(grainer, data, 1.0);
}
