// expect: predcg: letters are numbered 0 to 255
#include <predcg/models/letters/coarse_chain.hpp>

#ifdef PREDCG_TWIN
const auto space = predcg::letters::space<256>(3);
#else
const auto space = predcg::letters::space<257>(3);
#endif
