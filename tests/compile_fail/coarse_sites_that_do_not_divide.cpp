// expect: predcg: the coarse sites must divide the fine sites
#include <predcg/models/ising/bernoulli_map.hpp>

#ifdef PREDCG_TWIN
constexpr predcg::Index fine_sites = 4;
#else
constexpr predcg::Index fine_sites = 5;
#endif

predcg::Index parameters() { return predcg::ising::bernoulli_map<fine_sites, 2>().parameter_count(); }
