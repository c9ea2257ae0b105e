// expect: predcg: letters are -1, +1 or -1, 0, +1
#include <predcg/models/ising/spin.hpp>

#ifdef PREDCG_TWIN
constexpr auto letters = predcg::ising::letters<3>();
#else
constexpr auto letters = predcg::ising::letters<4>();
#endif
static_assert(letters[0] == -1);
