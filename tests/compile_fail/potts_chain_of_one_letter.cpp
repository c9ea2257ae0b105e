// expect: predcg: a Potts chain has two letters or more
#include <predcg/models/potts/chain.hpp>

#ifdef PREDCG_TWIN
const auto tables = predcg::potts::tables<2>();
#else
const auto tables = predcg::potts::tables<1>();
#endif
