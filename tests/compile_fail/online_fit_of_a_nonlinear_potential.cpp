// expect: predcg: online EM needs a potential that is linear in theta
#include <predcg/engines/enumeration.hpp>
#include <predcg/learning/online.hpp>
#include <tiny_models.hpp>

using namespace predcg;

#ifdef PREDCG_TWIN
using Potential = tiny::Field;
#else
using Potential = tiny::SquaredField;
#endif

void learn(const PreparedData<tiny::Spins>& data) {
    EMCoarseGrainer grainer{SamplesOnly<tiny::Spins>{}, Potential{}, tiny::Noise{}, Enumeration{}};
    (void)fit_online(grainer, data);
}
