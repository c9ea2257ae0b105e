// expect: predcg: the engine for p_c cannot take expectations of this potential
#include <predcg/engines/enumeration.hpp>
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <tiny_models.hpp>

using namespace predcg;

// No window(): not a chain, as far as an engine can tell.
void learn() {
#ifdef PREDCG_TWIN
    const EngineRoles engines{Enumeration{}, Enumeration{}};
#else
    const EngineRoles engines{Enumeration{}, TransferMatrix{}};
#endif
    EMCoarseGrainer grainer{SamplesOnly<tiny::Spins>{}, tiny::SquaredField{}, tiny::Noise{}, engines};
}
