// expect: predcg: select_parameters needs with_terms
#include <predcg/engines/enumeration.hpp>
#include <predcg/judge/select_terms.hpp>
#include <tiny_models.hpp>

using namespace predcg;

void choose(const std::vector<tiny::Spins>& data) {
    EMCoarseGrainer grainer{SamplesOnly<tiny::Spins>{}, tiny::Field{}, tiny::Noise{}, Enumeration{}};
#ifdef PREDCG_TWIN
    (void)select_terms(grainer, data, 1.0);
#else
    (void)select_parameters(grainer, data, 1.0);
#endif
}
