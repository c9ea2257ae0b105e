// expect: predcg: the engine for p_c cannot take expectations of this potential
#include <predcg/engines/enumeration.hpp>
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/models/ising/majority_map.hpp>
#include <predcg/relative_entropy/relative_entropy.hpp>
#include <tiny_models.hpp>

using namespace predcg;

// No window(): not a chain, as far as an engine can tell.
void minimise() {
#ifdef PREDCG_TWIN
    const Enumeration engine;
#else
    const TransferMatrix engine;
#endif
    RelativeEntropy minimiser{tiny::SquaredField{}, ising::majority_map(), engine};
    (void)minimiser.coarse();
}
