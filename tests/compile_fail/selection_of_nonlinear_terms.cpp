// expect: predcg: select_terms drops terms of a potential linear in theta
#include <predcg/engines/enumeration.hpp>
#include <predcg/judge/select_terms.hpp>
#include <tiny_models.hpp>

using namespace predcg;

#ifdef PREDCG_TWIN
using Potential = tiny::Field;
#else
using Potential = tiny::SquaredField;
#endif

void choose(const std::vector<tiny::Spins>& data) {
    EMCoarseGrainer grainer{SamplesOnly<tiny::Spins>{}, Potential{}, tiny::Noise{}, Enumeration{}};
    (void)select_terms(grainer, data, 1.0);
}
